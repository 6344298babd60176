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
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import linux # noqa: E402

COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot"]
ICOUNT = ["-icount", "shift=0,sleep=off"]


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


class Emulator:
    def __init__(self, name, command, options):
        self.name, self.command, self.options = name, command, options


def cpu_seconds(command, family):
    """Runs a guest to its end; processor time of the child as the system accounts it."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        told = child.stdout.read().decode("utf-8", "replace").rstrip()
        error = child.stderr.read().decode("utf-8", "replace")
        _, state, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(state)
    if child.returncode != family.status or not told.endswith(family.last_line):
        raise RuntimeError(f"exit status {child.returncode}: {' '.join(command)}\n{told}\n{error}")
    return usage.ru_utime + usage.ru_stime


class Bench:
    """The guests of one family on one build."""

    def __init__(self, guests, family):
        self.folder, self.family = guests / family.name / "bench", family

    def command(self, emulator, guest, options, n, more=""):
        return [emulator.command, *COMMON, *self.family.options, *emulator.options, *options,
                "-kernel", str(self.folder / f"{guest}.{self.family.suffix}"), "-append", f"n={n} {more}"]

    def seconds(self, emulator, guest, options, n, more=""):
        return cpu_seconds(self.command(emulator, guest, options, n, more), self.family)

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


def cpu_until(command, marker):
    """Processor time of a child up to the moment its output shows the marker; then it is ended."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        seen = b""
        while marker not in seen:
            piece = child.stdout.read1(65536)
            if not piece:
                raise RuntimeError(f"no marker: {' '.join(command)}")
            seen = seen[-len(marker):] + piece
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


def measure_boot(emulators, arch, rounds):
    """Median milliseconds to the marker that /init prints."""
    samples = [[] for _ in emulators]
    options = linux.boot_options(arch)
    for _ in range(rounds):
        for emulator, sample in zip(emulators, samples):
            command = [emulator.command, *options, *emulator.options]
            sample.append(cpu_until(command, linux.MARKER.encode()) * 1e3)
    return [statistics.median(s) for s in samples]


def cpu_whole(command):
    """Processor time of a run that comes to its end by itself."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, state, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(state)
    if child.returncode != 0:
        raise RuntimeError(f"exit status {child.returncode}: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime


def record_commands(emulator, options, journal):
    """Of one run: plain, recorded (here without and with digests), replayed."""
    start = [emulator.command, *options]
    if emulator.name == "QEMU":
        rr = ["-icount", f"shift=0,sleep=off,rrfile={journal},rr="]
        return [[*start, *ICOUNT], *([*start, rr[0], rr[1] + way] for way in ("record", "replay"))]
    record = [emulator.command, "record", journal, "-digest"]
    return [start, [*record, "0", "--", *options], [*record, "1000000", "--", *options], [emulator.command, "replay", journal]]


def record_cost(emulator, arch, rounds):
    """A boot to its end without input: medians of the ratios of each command to the one before it in time (a replay to its
    recording, a recording to the plain run), within a round; and the journal's bytes."""
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        journal = os.path.join(folder, "journal")
        commands = record_commands(emulator, linux.boot_options(arch), journal)
        ratios = []
        for _ in range(rounds):
            times = [cpu_whole(command) for command in commands]
            ratios.append([*(recorded / times[0] for recorded in times[1:-1]), times[-1] / times[-2]])
        return [statistics.median(column) for column in zip(*ratios)], os.path.getsize(journal)


def record_notes(emulators, arch, rounds):
    ours, theirs = emulators
    (bare, recorded, replayed), size = record_cost(ours, arch, rounds)
    text = (f"Recording a boot of {arch}: {bare:.3f} of a plain run (aim: 1.03), with digests {recorded:.3f} (1.06); replay "
            f"{replayed:.3f} of it (1.05); journal {size:,} bytes (4,096)")
    try:
        (recorded, replayed), size = record_cost(theirs, arch, 1)
        return f"{text}. QEMU: {recorded:.2f}, {replayed:.2f}, {size:,} bytes"
    except (OSError, RuntimeError) as error:
        return f"{text}. QEMU: none ({str(error)[:40]})"


def resident(command):
    """KiB of memory that a process holds once it has run for a while; then it is ended. (The peak in the system's
    account of a finished child would count the parent's memory at the fork.)"""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while time_of(child.pid) < 0.2:
            time.sleep(0.02)
        status = pathlib.Path(f"/proc/{child.pid}/status")
        if status.exists():
            held = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:")).split()[1]
        else:
            held = subprocess.run(["ps", "-o", "rss=", "-p", str(child.pid)], capture_output=True, text=True).stdout
        child.kill()
    return int(held)


def idle_cost(bench, emulator, rounds):
    """What 127 more processors that never start cost: KiB each, and ns more per self-IPI."""
    def held(vcpus):
        command = bench.command(emulator, "self_ipi", ["-smp", str(vcpus)], LARGEST)
        return statistics.median(resident(command) for _ in range(rounds))

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


def row(name, unit, ours, theirs, aim):
    ratio = ours / theirs if theirs > 0 else float("nan")
    verdict = "" if aim is None else f"<= {aim:g}" + ("" if ratio <= aim else "  missed")
    return (name, f"{ours:,.1f} {unit}", f"{theirs:,.1f} {unit}", f"{ratio:.3f}", verdict)


def show(rows, markdown):
    head = ("event", "intact", "QEMU icount", "ratio", "aim")
    if markdown:
        for cells in (head, ("---", "---:", "---:", "---:", "---"), *rows):
            print("| " + " | ".join(cells) + " |")
        return
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(5)]
    for cells in (head, *rows):
        print("  ".join(c.ljust(w) if i in (0, 4) else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths))).rstrip())


def group_costs(build):
    """Groups by themselves, without a machine: what bench-groups prints, one line for each."""
    text = subprocess.run([str(build / "bench" / "bench-groups")], check=True, capture_output=True, text=True).stdout
    return ["Groups alone:\n" + "\n".join("  " + " ".join(line.split("\t")) for line in text.splitlines())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where intact and its guests were built")
    parser.add_argument("--rounds", type=int, default=5, help="runs behind each median (default 5)")
    parser.add_argument("--only", help="names of guests, 'empty', 'boot', 'replay', 'idle', 'lpis', 'groups', with commas")
    parser.add_argument("--family", choices=["x86_64", "aarch64"], help="this one alone")
    parser.add_argument("--quick", action="store_true", help="one round: a smoke test, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/benchmarks.md")
    parser.add_argument("--no-boot", action="store_true", help="leave the kernels out")
    parser.add_argument("--intact", help="another command to measure in our place")
    given = parser.parse_args()
    build = pathlib.Path(given.build)
    rounds = 1 if given.quick else given.rounds
    only = given.only.split(",") if given.only else None
    ours = Emulator("intact", given.intact or str(build / "intact"), [])
    rows = []
    notes = []
    started = time.time()

    def wanted(what):
        return not only or what in only

    def add(*cells):
        rows.append(row(*cells))
        print(f"[{time.time() - started:5.0f} s] {rows[-1][0]}: {rows[-1][3]}", file=sys.stderr)

    def boots(family, emulators):
        for arch in KERNELS[family.name]:
            try:
                figures = measure_boot(emulators, arch, max(1, rounds * 3 // 5))
            except linux.CannotGet as error:
                print(f"skipped: cannot get {error}", file=sys.stderr)
                continue
            add(f"boot of {arch} to /init, 1 vCPU", "ms", *figures, 2.0)

    linux_name = {"x86_64": "amd64", "aarch64": "arm64"}
    for family in (X86_64, AARCH64):
        if given.family and given.family != family.name:
            continue
        bench = Bench(build / "guests", family)
        qemu = f"qemu-system-{family.name}"
        emulators = [ours, Emulator("QEMU", qemu, ICOUNT)]
        for name, guest, first, options, aim in family.events:
            if wanted(guest):
                pair = [ours, Emulator("QEMU", qemu, [*ICOUNT, *QEMU_ONLY.get(guest, [])])]
                add(name, "ns", *bench.event(pair, guest, first, options, rounds), aim)
        if wanted("empty"):
            for vcpus, aim in ((1, 0.2), (MANY[family.name], None)):
                figures = bench.whole(emulators, "empty", ["-smp", str(vcpus)], rounds)
                add(f"start-up to exit of an empty guest, {vcpus} vCPU{'s' * (vcpus > 1)}", "ms", *figures, aim)
        if wanted("boot") and not given.no_boot:
            boots(family, emulators)
        if wanted("replay") and not given.no_boot:
            notes.append(record_notes(emulators, f"cloud-{linux_name[family.name]}", rounds))
        if family is X86_64 and wanted("idle"):
            each, one, many = idle_cost(bench, ours, rounds)
            notes.append(f"Idle vCPUs: {each:.1f} KiB each (aim: under 64); self-IPI with 1 vCPU {one:.1f} ns, "
                         f"with 128 {many:.1f} ns")
        if family is AARCH64 and wanted("lpis"):
            few, many = lpi_cost(bench, ours, rounds)
            notes.append(f"LPI with 1 pending {few:.1f} ns, with {LPIS} {many:.1f} ns: {many / few:.2f} times (aim: 1.2)")
    if wanted("groups"):
        notes += group_costs(build)
    if rows:
        show(rows, given.markdown)
    for note in notes:
        print("\n" + note)


if __name__ == "__main__":
    main()
