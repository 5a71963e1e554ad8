"""M/M/N by SimPy: prints customers per CPU second and the mean wait. Arguments: servers, rho, customers.

Works with SimPy 3 and 4 (package `simpy`) and with SimPy 2 (package `SimPy`, as Debian ships it). Keeps
what the recursion beside it keeps: mean, variance, maximum and percentiles of the wait, share of those who
waited; in the cheapest way that Python has for them, a list that is sorted at the end. The time counts
from the first event to the last figure; importing the package does not count.
"""
import random
import sys
import time

servers, rho, customers = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
random.seed(1)
waits = []
wait = waits.append


def with_simpy():
    import simpy

    def run():
        env = simpy.Environment()
        resource = simpy.Resource(env, capacity=servers)

        def customer():
            arrived = env.now
            with resource.request() as request:
                yield request
                wait(env.now - arrived)
                yield env.timeout(random.expovariate(1.0))

        def source():
            for _ in range(customers):
                yield env.timeout(random.expovariate(servers * rho))
                env.process(customer())

        env.process(source())
        env.run()

    return "SimPy " + simpy.__version__, run


def with_simpy2():
    import SimPy
    import SimPy.Simulation as sim

    def run():
        sim.initialize()
        resource = sim.Resource(capacity=servers)

        class Customer(sim.Process):
            def go(self):
                arrived = sim.now()
                yield sim.request, self, resource
                wait(sim.now() - arrived)
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

    return "SimPy " + SimPy.__version__, run


def figures():
    count = len(waits)
    mean = sum(waits) / count
    squares = sum([one * one for one in waits]) / count
    waits.sort()
    return {
        "mean": mean,
        "variance": squares - mean * mean,
        "waited": sum([one > 0 for one in waits]) / count,
        "max": waits[-1],
        "p50": waits[count // 2],
        "p95": waits[count * 95 // 100],
        "p99": waits[count * 99 // 100],
    }


try:
    name, run = with_simpy()
except ImportError:
    name, run = with_simpy2()
begin = time.process_time()
run()
found = figures()
seconds = time.process_time() - begin
print('{"peer": "%s", "rate": %.6g, "mean": %.6g}' % (name, customers / seconds, found["mean"]))
