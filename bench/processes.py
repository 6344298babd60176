# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Runs of an emulator, and the processor time, elapsed time and memory that they took."""
import os
import pathlib
import resource
import statistics
import subprocess
import time


ICOUNT = ["-icount", "shift=0,sleep=off"]


class Emulator:
    def __init__(self, name, command, options):
        self.name, self.command, self.options = name, command, options


def qemu_modes(command, vcpus, icount=True):
    """QEMU as fast as it goes, by time of the host, with a thread for all processors and with one for each; and with time
    that is counted in instructions, as ours is."""
    fast = ["single", *(["multi"] if vcpus > 1 else [])]
    modes = [Emulator(mode, command, ["-accel", f"tcg,thread={mode}"]) for mode in fast]
    return modes + ([Emulator("icount", command, ICOUNT)] if icount else [])


def processors(options):
    """How many processors `options` ask for."""
    return int(options[list(options).index("-smp") + 1]) if "-smp" in options else 1


class Stopwatch:
    """Of a with statement: elapsed time, and processor time of the children that have ended in it."""

    def __enter__(self):
        self.begin = self.now()
        return self

    def __exit__(self, *_):
        self.used, self.elapsed = (end - begin for end, begin in zip(self.now(), self.begin))

    @staticmethod
    def now():
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime, time.monotonic()


def cpu_seconds(command, status, last_line):
    """Processor time of a guest that runs to its end and says how it ended, and what it printed."""
    with Stopwatch() as watch:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    told, error = (text.decode("utf-8", "replace").rstrip() for text in (result.stdout, result.stderr))
    if result.returncode != status or not told.endswith(last_line):
        raise RuntimeError(f"exit status {result.returncode}: {' '.join(command)}\n{told}\n{error}")
    return watch.used, told


def whole(command, status=0):
    """Processor time and elapsed time of a run that comes to its end by itself, in seconds."""
    with Stopwatch() as watch:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if result.returncode != status:
        raise RuntimeError(f"exit status {result.returncode}: {' '.join(command)}")
    return watch.used, watch.elapsed


def read_until(child, marker):
    """A child's output up to the marker, and what was read with it."""
    seen = bytearray()
    while marker not in seen:
        piece = child.stdout.read1(65536)
        if not piece:
            raise RuntimeError(f"no marker: {' '.join(child.args)}")
        seen += piece
    return bytes(seen)


def cpu_until(command, marker):
    """Processor time of a child up to the moment its output shows the marker; then it is ended."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        read_until(child, marker)
        used = time_of(child.pid)
        child.kill()
    return used


def time_of(pid):
    """User and system time so far (Linux: proc(5), fields 14 and 15; elsewhere ps)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except FileNotFoundError:
        text = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        total = 0.0
        for part in text.replace("-", ":").split(":"):
            total = total * 60 + float(part)
        return total


def cpu_now(pid):
    """Processor time so far, finely (Linux: /proc/PID/task/TID/schedstat, in ns); of the tasks that it has now."""
    try:
        tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except FileNotFoundError:
        return time_of(pid)


def resident(command, seconds):
    """KiB of memory that a process holds once it has run for `seconds`; then it is ended. (The peak in the system's
    account of a finished child would count the parent's memory at the fork.)"""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while time_of(child.pid) < seconds:
            time.sleep(0.02)
        status = pathlib.Path(f"/proc/{child.pid}/status")
        if status.exists():
            held = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:")).split()[1]
        else:
            held = subprocess.run(["ps", "-o", "rss=", "-p", str(child.pid)], capture_output=True, text=True).stdout
        child.kill()
    return int(held)


def medians(rows):
    """Of each column."""
    return [statistics.median(column) for column in zip(*rows)]
