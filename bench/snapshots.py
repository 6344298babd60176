# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What snapshots of a booted kernel in 256 MiB cost, in memory and in a file. The start from a file is measured in elapsed time
too.

Ours in memory are measured by bench/snapshots.c, which leaves the file from which the command then starts. QEMU has one kind,
in a qcow2 image, from which it also starts.
"""
import contextlib
import os
import subprocess
import tempfile

import linux
import processes
from figures import Figure
from qemu_monitor import Monitor, write_image
from processes import ICOUNT

MEMORY = "256M"
LIMIT = 66 # exit status of -limit


def options_of(arch):
    return linux.boot_options(arch, "intact.shell", MEMORY)


def in_memory(build, arch, file):
    """What bench-snapshots prints: values by name."""
    kernel, initrd = linux.prepare(arch)
    options = options_of(arch)
    command = [str(build / "bench" / "bench-snapshots"), "virt" if linux.MACHINES[linux.ARCHES[arch]["debian"]] else "pc",
               str(kernel), str(initrd), options[options.index("-append") + 1], linux.MARKER, file]
    text = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    return {name: float(value) for name, value, _ in (line.split("\t") for line in text.splitlines())}


def start(command, rounds):
    """Medians of processor time and elapsed time, ms."""
    return [seconds * 1e3 for seconds in processes.medians([processes.whole(command, LIMIT) for _ in range(rounds)])]


@contextlib.contextmanager
def monitored(command, folder):
    """A QEMU that is started, with its monitor; it ends afterwards."""
    path = os.path.join(folder, "qmp")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with subprocess.Popen([*command, "-qmp", f"unix:{path},server=on,wait=off"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as child:
        try:
            yield child, path
        finally:
            child.kill()


def qemu_snapshots(emulator, arch, rounds, folder):
    """Medians, ms: savevm, loadvm, processor and elapsed time of a start with -loadvm; and the image's bytes."""
    image = os.path.join(folder, "image")
    write_image(image)
    command = [emulator.command, "-nodefaults", *options_of(arch), *ICOUNT, "-drive", f"if=none,id=state,file={image},format=qcow2"]
    with monitored(command, folder) as (child, path):
        processes.read_until(child, linux.MARKER.encode())
        monitor = Monitor(path)
        monitor.command("stop")
        times = [[cpu_of(child, monitor, f"{command} state") for command in ("savevm", "loadvm")] for _ in range(rounds)]
        monitor.quit(child)
    times = [*processes.medians(times), *processes.medians(
        [qemu_start([*command, "-loadvm", "state", "-S"], folder) for _ in range(rounds)])]
    return [*(seconds * 1e3 for seconds in times), os.path.getsize(image)]


def cpu_of(child, monitor, command):
    before = processes.cpu_now(child.pid)
    monitor.command(command)
    return processes.cpu_now(child.pid) - before


def qemu_start(command, folder):
    """Processor time and elapsed time from its start until it has loaded and ended."""
    with processes.Stopwatch() as watch, monitored(command, folder) as (child, path):
        Monitor(path).quit(child)
    return watch.used, watch.elapsed


def measure(build, emulators, arch, rounds):
    ours, theirs = emulators
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        file = os.path.join(folder, "state")
        memory = in_memory(build, arch, file)
        load = [ours.command, *options_of(arch), *ours.options, "-loadvm", file, "-limit", str(int(memory["booted"]) + 1)]
        used, elapsed = start(load, 3 * rounds)
        size = os.path.getsize(file)
        try:
            saved, loaded, qemu_used, qemu_elapsed, image = qemu_snapshots(theirs, arch, rounds, folder)
        except (OSError, RuntimeError):
            saved = loaded = qemu_used = qemu_elapsed = image = "none"
    return [
        Figure(f"{arch}: take a snapshot in memory, 200 pages written", "ms", memory["take"], saved, 5),
        Figure(f"{arch}: restore it", "ms", memory["restore"], loaded, 0.3),
        Figure(f"{arch}: take the first one", "ms", memory["first"], saved, None),
        Figure(f"{arch}: write one to a file", "ms", memory["save"], saved, None),
        Figure(f"{arch}: the file", "bytes", size, image, None),
        Figure(f"{arch}: start from the file, to the end of the program", "ms", elapsed, qemu_elapsed, 150),
        Figure(f"{arch}: processor time of that", "ms", used, qemu_used, None),
    ]
