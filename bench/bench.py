#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What an event costs here and on Debian's QEMU, in pairs, in one run.

    bench/bench.py [--build DIR] [--rounds N] [--only NAME,...] [--quick] [--markdown] [--no-boot]

The unit is processor time, user and system, of the whole process, from the operating system's account of the finished
child. An event's cost is (T(2N) - T(N)) / N: start-up, loader and printing cancel out. Each figure is the median of the
rounds, and within a round both emulators run one after the other, so that a busy host bears on both alike. N grows until
the difference is long enough to be measured. QEMU runs with `-icount shift=0,sleep=off`: the same promise as ours, time
counted in instructions.
"""
import argparse
import contextlib
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import debugger # noqa: E402
import linux # noqa: E402
import processes # noqa: E402
import replay # noqa: E402
import snapshots # noqa: E402
import trace_cost # noqa: E402
from figures import HEAD, HEAD_ABSOLUTE, row, show # noqa: E402
from processes import Emulator # noqa: E402
from replay import ICOUNT # noqa: E402

COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot"]


class Family:
    """What a family's machine needs, how its guests end, and the events: name, guest, first N, options, aim (ratio to
    QEMU, None: no aim). An event is one turn of the guest's loop."""

    def __init__(self, name, suffix, options, status, last_line, events):
        self.name, self.suffix, self.options, self.events = name, suffix, options, events
        self.status, self.last_line = status, last_line


WINDOW = 0.25 # seconds of difference that are enough to measure
LARGEST = 1 << 31

X86_64 = Family("x86_64", "elf", ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], 33, "", [
    ("self-IPI, EOI, IRET", "self_ipi", 20000, [], 0.5),
    ("UART IRQ4 through the 8259", "uart_pic", 20000, [], 0.5),
    ("UART IRQ4 through the IOAPIC", "uart_ioapic", 20000, [], 0.5),
    ("LAPIC one-shot timer and HLT", "lapic_timer", 5000, [], 0.1),
    ("PIT tick and HLT, 8259", "pit_pic", 5000, [], 0.1),
    ("MSI from the HPET and HLT", "hpet_msi", 5000, [], None),
    ("MSI of edu by a register write", "edu_msi", 20000, ["-device", "edu"], 0.3),
    ("IPI ping-pong with HLT, 2 vCPUs", "ping_pong", 10000, ["-smp", "2"], None),
    ("INT 80h and IRET", "int80", 50000, [], None),
    ("device register read (IN)", "register_read", 50000, [], None),
    ("device register read (MMIO)", "mmio_read", 50000, [], None),
    ("patch an instruction and call it", "patch", 5000, [], None),
    ("emit 12 instructions, 4 calls", "emit", 1000, [], None),
    ("ALU mix, one turn", "alu", 500000, [], None),
    ("sieve of 8192", "sieve", 50, [], None),
    ("direct and indirect call", "calls", 200000, [], None),
])

AARCH64 = Family("aarch64", "image", ["-machine", "virt,gic-version=3", "-cpu", "cortex-a57"], 0, "PASS", [
    ("self-SGI, EOI, ERET", "self_sgi", 20000, [], 0.4),
    ("SPI by GICD_ISPENDR", "spi", 20000, [], 0.4),
    ("PL011 level, SPI", "uart_spi", 20000, [], 0.4),
    ("virtual timer and WFI", "timer", 5000, [], 0.1),
    ("MSI of edu by a register write, LPI", "edu_msi", 20000, ["-device", "edu"], 0.3),
    ("SGI ping-pong with WFI, 2 vCPUs", "ping_pong", 10000, ["-smp", "2"], None),
    ("SVC and ERET", "svc", 50000, [], 0.3),
    ("LPI by INT, 1 pending", "lpi", 5000, [], 0.02),
    ("ALU mix, one turn", "alu", 500000, [], None),
    ("sieve of 8192", "sieve", 50, [], None),
    ("direct and indirect call", "calls", 200000, [], None),
])
# Options for QEMU only; kernels; the large number of processors.
QEMU_ONLY = {"hpet_msi": ["-global", "hpet.msi=on"]}
KERNELS = {"x86_64": ["cloud-amd64", "amd64"], "aarch64": ["cloud-arm64"]}
MANY = {"x86_64": 128, "aarch64": 123}
LPIS = 57344 # every LPI that 16 bits can name


class Bench:
    """The guests of one family on one build."""

    def __init__(self, guests, family):
        self.folder, self.family = guests / family.name / "bench", family

    def command(self, emulator, guest, options, n, more=""):
        return [emulator.command, *COMMON, *self.family.options, *emulator.options, *options,
                "-kernel", str(self.folder / f"{guest}.{self.family.suffix}"), "-append", f"n={n} {more}"]

    def seconds(self, emulator, guest, options, n, more=""):
        return processes.cpu_seconds(self.command(emulator, guest, options, n, more), self.family.status, self.family.last_line)

    def enough(self, emulator, guest, options, n, more=""):
        """An N whose double takes long enough more."""
        while n < LARGEST:
            difference = (self.seconds(emulator, guest, options, 2 * n, more)
                          - self.seconds(emulator, guest, options, n, more))
            if difference >= WINDOW * 0.7:
                break
            n = int(n * max(2, min(20, WINDOW / max(difference, WINDOW / 20))))
        return n

    def event(self, emulators, guest, first, options, rounds, more=""):
        """Median nanoseconds per event, one for each emulator."""
        counts = [self.enough(e, guest, options, first, more) for e in emulators]
        samples = [[] for _ in emulators]
        for _ in range(rounds):
            for emulator, n, sample in zip(emulators, counts, samples):
                once = self.seconds(emulator, guest, options, n, more)
                twice = self.seconds(emulator, guest, options, 2 * n, more)
                sample.append((twice - once) / n * 1e9)
        return [statistics.median(s) for s in samples]

    def whole(self, emulators, guest, options, rounds):
        """Median milliseconds of whole runs."""
        samples = [[] for _ in emulators]
        for _ in range(rounds):
            for emulator, sample in zip(emulators, samples):
                sample.append(self.seconds(emulator, guest, options, 1) * 1e3)
        return [statistics.median(s) for s in samples]


def measure_boot(emulators, arch, rounds):
    """Median milliseconds to the marker that /init prints."""
    samples = [[] for _ in emulators]
    options = linux.boot_options(arch)
    for _ in range(rounds):
        for emulator, sample in zip(emulators, samples):
            command = [emulator.command, *options, *emulator.options]
            sample.append(processes.cpu_until(command, linux.MARKER.encode()) * 1e3)
    return [statistics.median(s) for s in samples]


def idle_cost(bench, emulator, rounds):
    """What 127 more processors that never start cost: KiB each, and ns more per self-IPI."""
    def held(vcpus):
        command = bench.command(emulator, "self_ipi", ["-smp", str(vcpus)], LARGEST)
        return statistics.median(processes.resident(command) for _ in range(rounds))

    def event(vcpus):
        return bench.event([emulator], "self_ipi", 200000, ["-smp", str(vcpus)], rounds)[0]

    return (held(128) - held(1)) / 127, event(1), event(128)


def lpi_cost(bench, emulator, rounds):
    """What an LPI costs with one and with all of them pending, ns. (Not against QEMU, whose cost grows with them.)"""
    few, many = [], []
    counts = [bench.enough(emulator, "lpi", [], 5000, f"pending={pending}") for pending in (1, LPIS)]
    for _ in range(rounds):
        for n, pending, sample in zip(counts, (1, LPIS), (few, many)):
            more = f"pending={pending}"
            sample.append((bench.seconds(emulator, "lpi", [], 2 * n, more) - bench.seconds(emulator, "lpi", [], n, more)) / n)
    return statistics.median(few) * 1e9, statistics.median(many) * 1e9


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
        self.ours = Emulator("intact", given.intact or str(self.build / "intact"), [])
        self.started = time.time()
        self.rows, self.figures, self.notes = [], [], []

    def wanted(self, what):
        return not self.only or what in self.only

    def tell(self, what, value):
        print(f"[{time.time() - self.started:5.0f} s] {what}: {value}", file=sys.stderr)

    def add(self, *cells):
        self.rows.append(row(*cells))
        self.tell(self.rows[-1][0], self.rows[-1][3])

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


def measure_events(report, bench, emulators):
    """And start-ups."""
    family = bench.family
    for name, guest, first, options, aim in family.events:
        if report.wanted(guest):
            pair = [emulators[0], Emulator("QEMU", emulators[1].command, [*ICOUNT, *QEMU_ONLY.get(guest, [])])]
            report.add(name, "ns", *bench.event(pair, guest, first, options, report.rounds), aim)
    if report.wanted("empty"):
        for vcpus, aim in ((1, 0.2), (MANY[family.name], None)):
            pair = bench.whole(emulators, "empty", ["-smp", str(vcpus)], report.rounds)
            report.add(f"start-up to exit of an empty guest, {vcpus} vCPU{'s' * (vcpus > 1)}", "ms", *pair, aim)
    if report.wanted("stub"):
        report.add_figures(debugger.measure_stub(bench, emulators, report.rounds))
    if report.wanted("trace"):
        report.add_figures(trace_cost.measure(bench, report.ours, report.rounds))


@contextlib.contextmanager
def unless_missing():
    """Passes over what needs a kernel that cannot be had."""
    try:
        yield
    except linux.CannotGet as error:
        print(f"skipped: cannot get {error}", file=sys.stderr)


def measure_kernels(report, family, emulators):
    """All of a family are booted, and its smallest one does the rest."""
    arch = KERNELS[family.name][0]
    if report.wanted("boot"):
        for each in KERNELS[family.name]:
            with unless_missing():
                report.add(f"boot of {each} to /init, 1 vCPU", "ms", *measure_boot(emulators, each, report.some), 2.0)
    with unless_missing():
        if report.wanted("replay"):
            report.add_figures(replay.measure(emulators, arch, report.rounds))
        if report.wanted("snapshots"):
            report.add_figures(snapshots.measure(report.build, emulators, arch, report.some))
        if report.wanted("back"):
            report.add_figures(debugger.measure_steps(emulators, arch))


def measure_family(report, family):
    bench = Bench(report.build / "guests", family)
    emulators = [report.ours, Emulator("QEMU", f"qemu-system-{family.name}", ICOUNT)]
    measure_events(report, bench, emulators)
    if not report.given.no_boot:
        measure_kernels(report, family, emulators)
    if family is X86_64 and report.wanted("idle"):
        each, one, many = idle_cost(bench, report.ours, report.rounds)
        report.notes.append(f"Idle vCPUs: {each:.1f} KiB each (aim: under 64); self-IPI with 1 vCPU {one:.1f} ns, "
                            f"with 128 {many:.1f} ns")
    if family is AARCH64 and report.wanted("lpis"):
        few, many = lpi_cost(bench, report.ours, report.rounds)
        report.notes.append(f"LPI with 1 pending {few:.1f} ns, with {LPIS} {many:.1f} ns: {many / few:.2f} times (aim: 1.2)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where intact and its guests were built")
    parser.add_argument("--rounds", type=int, default=5, help="runs behind each median (default 5)")
    parser.add_argument("--only", help="names of guests, 'empty', 'stub', 'trace', 'boot', 'replay', 'snapshots', 'back', 'idle', "
                        "'lpis', 'groups', with commas")
    parser.add_argument("--family", choices=["x86_64", "aarch64"], help="this one alone")
    parser.add_argument("--quick", action="store_true", help="one round: a smoke test, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print the tables for docs/benchmarks.md")
    parser.add_argument("--no-boot", action="store_true", help="leave the kernels out")
    parser.add_argument("--intact", help="another command to measure in our place")
    report = Report(parser.parse_args())
    for family in (X86_64, AARCH64):
        if report.given.family in (None, family.name):
            measure_family(report, family)
    if report.wanted("groups"):
        report.notes += group_costs(report.build)
    report.show()


if __name__ == "__main__":
    main()
