"""M/M/N by SimPy: prints customers per CPU second and the mean wait. Arguments: servers, rho, customers.

Works with SimPy 3 and 4 (package `simpy`) and with SimPy 2 (package `SimPy`, as Debian ships it).
"""
import random
import sys
import time

servers, rho, customers = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
random.seed(1)
total = 0.0


def with_simpy():
    import simpy

    env = simpy.Environment()
    resource = simpy.Resource(env, capacity=servers)

    def customer():
        global total
        arrived = env.now
        with resource.request() as request:
            yield request
            total += env.now - arrived
            yield env.timeout(random.expovariate(1.0))

    def source():
        for _ in range(customers):
            yield env.timeout(random.expovariate(servers * rho))
            env.process(customer())

    env.process(source())
    env.run()
    return "SimPy " + simpy.__version__


def with_simpy2():
    import SimPy
    import SimPy.Simulation as sim

    sim.initialize()
    resource = sim.Resource(capacity=servers)

    class Customer(sim.Process):
        def go(self):
            global total
            arrived = sim.now()
            yield sim.request, self, resource
            total += sim.now() - arrived
            yield sim.hold, self, random.expovariate(1.0)
            yield sim.release, self, resource

    class Source(sim.Process):
        def go(self):
            for _ in range(customers):
                yield sim.hold, self, random.expovariate(servers * rho)
                one = Customer()
                sim.activate(one, one.go())

    source = Source()
    sim.activate(source, source.go())
    sim.simulate(until=1e18)
    return "SimPy " + SimPy.__version__


begin = time.process_time()
try:
    name = with_simpy()
except ImportError:
    name = with_simpy2()
seconds = time.process_time() - begin
print('{"peer": "%s", "rate": %.6g, "mean": %.6g}' % (name, customers / seconds, total / customers))
