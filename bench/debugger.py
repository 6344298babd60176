# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What the stub for gdb costs: reverse-stepi after a kernel's boot, and a stub without a client.

Ours goes back in a live machine with four processors. QEMU goes back in a replay only, with one processor.
"""
import contextlib
import os
import statistics
import subprocess
import tempfile

import linux
import processes
from families import Event
from figures import Figure
from gdb_client import Client
from processes import Emulator
from qemu_monitor import write_image

VCPUS = 4
VISITS, STEPS = 4, 10 # the guest runs on between two visits
TIMEOUT = 300


def stub(emulator, folder):
    """Options for a stub, and where it listens."""
    path = os.path.join(folder, "gdb")
    return ["-gdb", f"unix:{path}" + (",server=on,wait=off" if emulator.name == "QEMU" else "")], path


@contextlib.contextmanager
def debugged(emulator, options, folder):
    """A client of an emulator whose kernel has booted."""
    listens, path = stub(emulator, folder)
    with subprocess.Popen([emulator.command, *options, *listens], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as child:
        try:
            processes.read_until(child, linux.MARKER.encode())
            yield child, Client(path, TIMEOUT)
        finally:
            child.kill()


def time_step(child, client, thread):
    """Its processor time, ms."""
    before = processes.cpu_now(child.pid)
    client.step_back(thread)
    return (processes.cpu_now(child.pid) - before) * 1e3


def step_back(emulator, arch, folder):
    """Times of steps of one processor after the other."""
    options = [*linux.boot_options(arch, "intact.shell"), "-smp", str(VCPUS), "-snapshots", "512M", *emulator.options]
    times = []
    with debugged(emulator, options, folder) as (child, client):
        for _ in range(VISITS):
            client.run_for(0.1)
            times += [time_step(child, client, 1 + i % VCPUS) for i in range(STEPS)]
    return times


def qemu_step_back(emulator, arch, folder):
    """Times of three steps in a replay. None: it cannot."""
    image, journal = (os.path.join(folder, name) for name in ("image", "journal"))
    write_image(image)
    options = ["-nodefaults", *linux.boot_options(arch), "-drive", f"if=none,id=state,file={image},format=qcow2",
               "-icount", f"shift=0,sleep=off,rrfile={journal},rrsnapshot=start,rr="]
    try:
        processes.whole([emulator.command, *options[:-1], options[-1] + "record"])
        with debugged(emulator, [*options[:-1], options[-1] + "replay"], folder) as (child, client):
            return [time_step(child, client, 1) for _ in range(3)]
    except (OSError, RuntimeError):
        return None


def stub_cost(bench, emulator, rounds):
    """Ratios with a stub that nobody uses to without: start-up to exit of an empty guest, and an event of computation."""
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        listens, _ = stub(emulator, folder)
        pair = [emulator, Emulator(emulator.name, emulator.command, [*emulator.options, *listens])]
        starts = bench.whole(pair, "empty", [], 4 * rounds)
        events = bench.event(pair, Event("", "alu", 500000, None), rounds)
    return starts[1] / starts[0], events[1] / events[0]


def measure_steps(emulators, arch):
    ours, theirs = emulators
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        times = step_back(ours, arch, folder)
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        qemu = qemu_step_back(theirs, arch, folder)
    median, longest = (statistics.median(qemu), max(qemu)) if qemu else ("none", "none")
    return [
        Figure(f"{arch}: reverse-stepi, median of {len(times)} ({VCPUS} vCPUs; QEMU 1)", "ms", statistics.median(times), median, 50),
        Figure(f"{arch}: reverse-stepi, longest", "ms", max(times), longest, 500),
    ]


def measure_stub(bench, emulators, rounds):
    family = bench.family.name
    (start, event), (qemu_start, qemu_event) = (stub_cost(bench, emulator, rounds) for emulator in emulators)
    return [
        Figure(f"{family}: start-up to exit with a stub and no client / without", "", start, qemu_start, 1.05),
        Figure(f"{family}: ALU mix with a stub and no client / without", "", event, qemu_event, 1.05),
    ]
