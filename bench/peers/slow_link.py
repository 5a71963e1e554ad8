"""A link with delay and loss between this network namespace and another one, without kernel support.

Arguments: namespace, round trip in seconds, share of packets lost. Makes the namespace and two tun
devices (10.77.0.1 here, 10.77.0.2 there), prints "ready", carries packets until standard input closes,
and takes everything away again. Needs root, /dev/net/tun and iproute2. TCP on both ends is the kernel's
own: congestion window, retransmissions and all.
"""
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

namespace, rtt, loss = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
random.seed(1)


def ip(*words):
    subprocess.run(["ip", *words], check=True, stderr=subprocess.DEVNULL)


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x0001 | 0x1000))
    os.set_blocking(fd, False)
    return fd


here, there = "vrfa%d" % (os.getpid() % 1000), "vrfb%d" % (os.getpid() % 1000)
ip("netns", "add", namespace)
try:
    ends = [tun(here), tun(there)]
    ip("link", "set", there, "netns", namespace)
    ip("addr", "add", "10.77.0.1/30", "dev", here)
    ip("link", "set", here, "up", "txqueuelen", "10000")
    ip("-n", namespace, "addr", "add", "10.77.0.2/30", "dev", there)
    ip("-n", namespace, "link", "set", there, "up", "txqueuelen", "10000")
    ip("-n", namespace, "link", "set", "lo", "up")
    print("ready", flush=True)
    pending, number = [], 0
    while True:
        wait = None if not pending else max(0.0, pending[0][0] - time.monotonic())
        readable, _, _ = select.select([*ends, sys.stdin], [], [], wait)
        now = time.monotonic()
        if sys.stdin in readable and not sys.stdin.read(1):
            break
        for index, fd in enumerate(ends):
            if fd not in readable:
                continue
            try:
                while True:
                    packet = os.read(fd, 65536)
                    if random.random() >= loss:
                        number += 1
                        heapq.heappush(pending, (now + rtt / 2, number, ends[1 - index], packet))
            except BlockingIOError:
                pass
        now = time.monotonic()
        while pending and pending[0][0] <= now:
            _, _, fd, packet = heapq.heappop(pending)
            try:
                os.write(fd, packet)
            except OSError:
                pass
finally:
    subprocess.run(["ip", "netns", "del", namespace], check=False)
