"""M/M/N by Ciw: prints customers per CPU second and the mean wait. Arguments: servers, rho, customers."""
import sys
import time

import ciw

servers, rho, customers = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
network = ciw.create_network(
    arrival_distributions=[ciw.dists.Exponential(servers * rho)],
    service_distributions=[ciw.dists.Exponential(1.0)],
    number_of_servers=[servers],
)
ciw.seed(1)
begin = time.process_time()
simulation = ciw.Simulation(network)
simulation.simulate_until_max_customers(customers, method="Finish")
waits = [record.waiting_time for record in simulation.get_all_records()]
seconds = time.process_time() - begin
mean = sum(waits) / len(waits)
print('{"peer": "Ciw %s", "rate": %.6g, "mean": %.6g}' % (ciw.__version__, len(waits) / seconds, mean))
