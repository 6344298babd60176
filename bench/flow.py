# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A flow of TCP over virtio-net and the user network, between a program of this host and busybox's nc in Debian's kernel, each way:
what a MiB costs.

A shell on the guest's serial port is told to send or to take. The processor time is that of the emulator, between the moments at
which this program has received, or has got rid of, BYTES and twice as many: start-up, boot and the beginnings of a flow are
before that.
"""
import os
import select
import socket
import statistics
import subprocess

import linux
import processes

BYTES = 8 << 20
AIM = 1.5
WAYS = {"from the guest": "nc 10.0.2.2 {port} < /dev/zero", "to the guest": "nc 10.0.2.2 {port} > /dev/null"}


def pass_bytes(connection, way, piece):
    """Some bytes of the flow; how many."""
    if way == "to the guest":
        return connection.send(piece)
    count = len(connection.recv(1 << 16))
    if not count:
        raise RuntimeError("the flow ends")
    return count


def measure_flow(child, connection, way):
    """Seconds for BYTES."""
    piece, count, marks = bytes(1 << 16), 0, []
    for goal in (BYTES, 2 * BYTES):
        while count < goal:
            count += pass_bytes(connection, way, piece)
        marks.append(processes.cpu_now(child.pid))
    return marks[1] - marks[0]


def tell(child, line):
    """Waits for the shell, and says it."""
    seen = b""
    while b"# " not in seen:
        select.select([child.stdout], [], [])
        more = os.read(child.stdout.fileno(), 65536)
        if not more:
            raise RuntimeError(f"no shell: {' '.join(child.args)}")
        seen += more
    child.stdin.write(line.encode() + b"\n")
    child.stdin.flush()


def one(emulator, arch, way):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        network = ["-netdev", "user,id=n,ipv6=off", "-device", "virtio-net-pci,netdev=n"]
        options = linux.boot_options(arch, "quiet intact.shell", virtio=True)
        command = [emulator.command, *options, *network, *emulator.options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            flow = WAYS[way].format(port=listener.getsockname()[1])
            tell(child, f"ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; {flow}")
            with listener.accept()[0] as connection:
                seconds = measure_flow(child, connection, way)
            child.kill()
    return seconds


def measure(emulators, arch, way, rounds):
    """Median milliseconds for a MiB, for each emulator."""
    samples = [[one(emulator, arch, way) / (BYTES >> 20) * 1e3 for emulator in emulators] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*samples)]
