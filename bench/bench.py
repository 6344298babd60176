#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What an event costs here and on Debian's QEMU, in turn, in one run.

    bench/bench.py [--build DIR] [--rounds N] [--only NAME,...] [--quick] [--markdown] [--no-boot] [--no-icount]

The unit is processor time, user and system, of the whole process, from the operating system's account of the finished
child. An event's cost is (T(2N) - T(N)) / N: start-up, loader and printing cancel out. Each figure is the median of the
rounds, and within a round all emulators run one after the other, so that a busy host bears on all alike. N grows until
the difference is long enough to be measured. What the guest prints must be the same on all.

QEMU runs as fast as it can (`-accel tcg,thread=single`, and with several processors `thread=multi` too), which is what
the aims are for, and with `-icount shift=0,sleep=off`: the same promise as ours, time counted in instructions.
"""
import argparse
import contextlib
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import boot_firmware # noqa: E402
import debugger # noqa: E402
import flow # noqa: E402
import growth # noqa: E402
import idle # noqa: E402
import linux # noqa: E402
import processes # noqa: E402
import replay # noqa: E402
import snapshots # noqa: E402
import stress # noqa: E402
import trace_cost # noqa: E402
from families import AARCH64, FAMILIES, QEMU_ONLY, SEVERAL, X86_64, Event # noqa: E402
from figures import HEAD, HEAD_ABSOLUTE, row, show # noqa: E402
from processes import ICOUNT, Emulator # noqa: E402

COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot"]
WINDOW = 0.25 # seconds of difference that are enough to measure
LARGEST = 1 << 31
DISK_SIZE = 64 << 20
LPIS = 57344 # every LPI that 16 bits can name


class Bench:
    """The guests of one family on one build."""

    def __init__(self, guests, family):
        self.folder, self.family, self.qemu = guests / family.name / "bench", family, f"qemu-system-{family.name}"

    def disk(self):
        """An image of bytes that are the same on every host, in the host's page cache as long as this takes."""
        path = self.folder / "disk.img"
        if not path.exists():
            path.write_bytes(random.Random(1).randbytes(DISK_SIZE))
        return str(path)

    def command(self, emulator, event, n):
        options = [option.replace("{disk}", self.disk()) if "{disk}" in option else option for option in event.options]
        return [emulator.command, *COMMON, *self.family.options, *emulator.options, *options,
                "-kernel", str(self.folder / f"{event.guest}.{self.family.suffix}"), "-append", f"n={n} {event.more}"]

    def run(self, emulator, event, n):
        """Seconds, and what the guest printed."""
        return processes.cpu_seconds(self.command(emulator, event, n), self.family.status, self.family.last_line)

    def seconds(self, emulator, event, n):
        return self.run(emulator, event, n)[0]

    def agree(self, emulators, event):
        """That all compute the same."""
        printed = {emulator.name: self.run(emulator, event, event.first)[1] for emulator in emulators}
        if len(set(printed.values())) != 1:
            raise RuntimeError(f"{event.guest}: not the same on all: {printed}")

    def enough(self, emulator, event):
        """An N whose double takes long enough more, also compared with what both have in common."""
        n = event.first
        while n < LARGEST:
            once = self.seconds(emulator, event, n)
            difference = self.seconds(emulator, event, 2 * n) - once
            want = max(WINDOW, once / 6)
            if difference >= want * 0.7:
                break
            n = int(n * max(2, min(20, want / max(difference, want / 20))))
        return n

    def event(self, emulators, event, rounds):
        """Median nanoseconds per event, one for each emulator."""
        self.agree(emulators, event)
        counts = [self.enough(emulator, event) for emulator in emulators]
        samples = [[] for _ in emulators]
        for _ in range(rounds):
            for emulator, n, sample in zip(emulators, counts, samples):
                once, twice = self.seconds(emulator, event, n), self.seconds(emulator, event, 2 * n)
                sample.append((twice - once) / n * 1e9)
        return [statistics.median(s) for s in samples]

    def whole(self, emulators, guest, options, rounds):
        """Median milliseconds of whole runs."""
        samples = [[] for _ in emulators]
        for _ in range(rounds):
            for emulator, sample in zip(emulators, samples):
                sample.append(self.seconds(emulator, Event("", guest, 1, None, options), 1) * 1e3)
        return [statistics.median(s) for s in samples]


def measure_boot(emulators, options, rounds):
    """Median milliseconds to the marker that /init prints."""
    samples = [[] for _ in emulators]
    for _ in range(rounds):
        for emulator, sample in zip(emulators, samples):
            command = [emulator.command, *options, *emulator.options]
            sample.append(processes.cpu_until(command, linux.MARKER.encode()) * 1e3)
    return [statistics.median(s) for s in samples]


def lpi_cost(bench, emulator, rounds):
    """What an LPI costs with one and with all of them pending, ns. (Not against QEMU, whose cost grows with them.)"""
    return [bench.event([emulator], Event("", "lpi", 5000, None, (), f"pending={pending}"), rounds)[0] for pending in (1, LPIS)]


def group_costs(build):
    """Groups by themselves, without a machine: what bench-groups prints, one line for each."""
    text = subprocess.run([str(build / "bench" / "bench-groups")], check=True, capture_output=True, text=True).stdout
    return ["Groups alone:\n" + "\n".join("  " + " ".join(line.split("\t")) for line in text.splitlines())]


class Report:
    """What is to be measured, and what was."""

    def __init__(self, given):
        self.given = given
        self.build = pathlib.Path(given.build)
        self.rounds = 1 if given.quick else given.rounds
        self.some = max(1, self.rounds * 3 // 5) # rounds of what takes long
        self.only = given.only.split(",") if given.only else None
        self.ours = Emulator("intact", given.intact or str(self.build / "intact"), shlex.split(given.intact_options))
        self.started = time.time()
        self.rows, self.figures, self.notes = [], [], []

    def wanted(self, what):
        return not self.only or what in self.only

    def rivals(self, command, vcpus, options=(), icount=True):
        """QEMU's modes."""
        modes = processes.qemu_modes(command, vcpus, icount and not self.given.no_icount)
        return [Emulator(mode.name, mode.command, [*mode.options, *options]) for mode in modes]

    def tell(self, what, value):
        print(f"[{time.time() - self.started:5.0f} s] {what}: {value}", file=sys.stderr)

    def add(self, name, unit, rivals, values, aim):
        """A row of `values`, ours first."""
        ours, *theirs = values
        theirs = {rival.name: value for rival, value in zip(rivals, theirs)}
        self.rows.append(row(name, unit, ours, theirs, aim))
        self.tell(name, " | ".join(self.rows[-1][1:]))
        return ours, theirs

    def measure(self, bench, event, rounds, icount=True):
        """Adds an event's row."""
        rivals = self.rivals(bench.qemu, processes.processors(event.options), QEMU_ONLY.get(event.guest, ()), icount)
        return self.add(event.name, "ns", rivals, bench.event([self.ours, *rivals], event, rounds), event.aim)

    def add_figures(self, figures):
        for figure in figures:
            self.figures.append(figure.cells())
            self.tell(*self.figures[-1][:2])

    def show(self):
        if self.rows:
            show(HEAD, self.rows, self.given.markdown)
        if self.figures:
            print(end="\n" if self.rows else "")
            show(HEAD_ABSOLUTE, self.figures, self.given.markdown)
        for note in self.notes:
            print("\n" + note)


def count(vcpus):
    return f"{vcpus} vCPU{'s' * (vcpus > 1)}"


def measure_events(report, bench):
    """And start-ups."""
    family = bench.family
    for event in family.events:
        if report.wanted(event.guest):
            report.measure(bench, event, report.rounds)
    if report.wanted("empty"):
        for vcpus, aim in ((1, 0.2), (family.many, None)):
            rivals = report.rivals(bench.qemu, vcpus)
            values = bench.whole([report.ours, *rivals], "empty", ["-smp", str(vcpus)], report.rounds)
            report.add(f"start-up to exit of an empty guest, {count(vcpus)}", "ms", rivals, values, aim)
    if report.wanted("growth"):
        growth.measure(report, bench)
    if report.wanted("idle"):
        idle.measure(report, bench)
    if report.wanted("trace"):
        report.add_figures(trace_cost.measure(bench, report.ours, report.rounds))


@contextlib.contextmanager
def unless_missing():
    """Passes over what needs a kernel that cannot be had."""
    try:
        yield
    except linux.CannotGet as error:
        print(f"skipped: cannot get {error}", file=sys.stderr)


def measure_boots(report, bench):
    """Of all kernels of a family. With -icount QEMU does not come to the end where several processors wait for each other."""
    for arch, aims in bench.family.kernels.items():
        for what, vcpus, aim in zip(("boot", "boot_smp"), (1, SEVERAL), aims):
            if report.wanted(what):
                with unless_missing():
                    options = [*linux.boot_options(arch), "-smp", str(vcpus)]
                    rivals = report.rivals(bench.qemu, vcpus, icount=vcpus == 1)
                    values = measure_boot([report.ours, *rivals], options, report.some)
                    report.add(f"boot of {arch} to /init, {count(vcpus)}", "ms", rivals, values, aim)


def measure_firmware(report, bench):
    """On the PC: to a disk that is empty."""
    rivals = report.rivals(bench.qemu, 1)
    for place in boot_firmware.PLACES:
        with unless_missing():
            values = boot_firmware.measure([report.ours, *rivals], place, report.some)
            report.add(f"SeaBIOS to an empty {place} disk", "ms", rivals, values, None)


def measure_stress(report, bench):
    """Programs of one kernel."""
    arch = next(iter(bench.family.kernels))
    rivals = report.rivals(bench.qemu, 1)
    for method in stress.METHODS:
        with unless_missing():
            values = stress.measure([report.ours, *rivals], arch, method, report.some)
            report.add(f"stress-ng --{method} in {arch}, an operation", "ns", rivals, values, stress.AIM)


def measure_flow(report, bench):
    arch = next(iter(bench.family.kernels))
    rivals = report.rivals(bench.qemu, 1)
    for way in flow.WAYS:
        with unless_missing():
            values = flow.measure([report.ours, *rivals], arch, way, report.some)
            report.add(f"TCP over virtio-net {way}, {arch}, a MiB", "ms", rivals, values, flow.AIM)


def measure_kernels(report, bench, pair):
    """A family's smallest kernel, against QEMU with -icount, without which it neither records nor goes back."""
    arch = next(iter(bench.family.kernels))
    with unless_missing():
        if report.wanted("replay"):
            report.add_figures(replay.measure(pair, arch, report.rounds))
        if report.wanted("snapshots"):
            report.add_figures(snapshots.measure(report.build, pair, arch, report.some))
        if report.wanted("back"):
            report.add_figures(debugger.measure_steps(pair, arch))


def measure_family(report, family):
    bench = Bench(report.build / "guests", family)
    pair = [report.ours, Emulator("QEMU", bench.qemu, ICOUNT)]
    measure_events(report, bench)
    if report.wanted("stub"):
        report.add_figures(debugger.measure_stub(bench, pair, report.rounds))
    if not report.given.no_boot:
        measure_boots(report, bench)
        if report.wanted("stress"):
            measure_stress(report, bench)
        if family is X86_64 and report.wanted("firmware"):
            measure_firmware(report, bench)
        if report.wanted("flow"):
            measure_flow(report, bench)
        measure_kernels(report, bench, pair)
    if family is AARCH64 and report.wanted("lpis"):
        few, many = lpi_cost(bench, report.ours, report.rounds)
        report.notes.append(f"LPI with 1 pending {few:.1f} ns, with {LPIS} {many:.1f} ns: {many / few:.2f} times (aim: 1.2)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where intact and its guests were built")
    parser.add_argument("--rounds", type=int, default=5, help="runs behind each median (default 5)")
    parser.add_argument("--only", help="names of guests, 'empty', 'growth', 'idle', 'stub', 'trace', 'boot', 'boot_smp', 'stress', "
                        "'flow', 'firmware', 'replay', 'snapshots', 'back', 'lpis', 'groups', with commas")
    parser.add_argument("--family", choices=["x86_64", "aarch64"], help="this one alone")
    parser.add_argument("--quick", action="store_true", help="one round: a smoke test, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print the tables for docs/benchmarks.md")
    parser.add_argument("--no-boot", action="store_true", help="leave the kernels out")
    parser.add_argument("--no-icount", action="store_true", help="QEMU's fastest mode alone")
    parser.add_argument("--intact", help="another command to measure in our place")
    parser.add_argument("--intact-options", default="", help="more options for it, in one word: '-accel tcg,jit=off'")
    report = Report(parser.parse_args())
    for family in FAMILIES:
        if report.given.family in (None, family.name):
            measure_family(report, family)
    if report.wanted("groups"):
        report.notes += group_costs(report.build)
    report.show()


if __name__ == "__main__":
    main()
