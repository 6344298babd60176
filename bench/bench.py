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
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import linux # noqa: E402

COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot",
          "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
PASSED = 33
WINDOW = 0.25 # seconds of difference that are enough to measure
LARGEST = 1 << 31

# name, guest, first N, options, aim (ratio to QEMU, None: no aim). An event is one turn of the guest's loop.
EVENTS = [
    ("self-IPI, EOI, IRET", "self_ipi", 20000, [], 0.5),
    ("UART IRQ4 through the 8259", "uart_pic", 20000, [], 0.5),
    ("UART IRQ4 through the IOAPIC", "uart_ioapic", 20000, [], 0.5),
    ("LAPIC one-shot timer and HLT", "lapic_timer", 5000, [], 0.1),
    ("PIT tick and HLT, 8259", "pit_pic", 5000, [], 0.1),
    ("MSI from the HPET and HLT", "hpet_msi", 5000, [], None),
    ("IPI ping-pong with HLT, 2 vCPUs", "ping_pong", 10000, ["-smp", "2"], None),
    ("INT 80h and IRET", "int80", 50000, [], None),
    ("device register read (IN)", "register_read", 50000, [], None),
    ("device register read (MMIO)", "mmio_read", 50000, [], None),
    ("patch an instruction and call it", "patch", 5000, [], None),
    ("emit 12 instructions, 4 calls", "emit", 1000, [], None),
    ("ALU mix, one turn", "alu", 500000, [], None),
    ("sieve of 8192", "sieve", 50, [], None),
    ("direct and indirect call", "calls", 200000, [], None),
]


class Emulator:
    def __init__(self, name, command, options):
        self.name, self.command, self.options = name, command, options


def cpu_seconds(command, status=PASSED):
    """Runs to the end; processor time of the child as the system accounts it."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.read()
        error = child.stderr.read().decode("utf-8", "replace")
        _, state, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(state)
    if child.returncode != status:
        raise RuntimeError(f"exit status {child.returncode}, not {status}: {' '.join(command)}\n{error}")
    return usage.ru_utime + usage.ru_stime


def guest_command(emulator, guests, guest, options, n):
    return [emulator.command, *COMMON, *emulator.options, *options, "-kernel", str(guests / f"{guest}.elf"),
            "-append", f"n={n}"]


def seconds(emulator, guests, guest, options, n):
    return cpu_seconds(guest_command(emulator, guests, guest, options, n))


def enough(emulator, guests, guest, options, n):
    """An N whose double takes long enough more."""
    while n < LARGEST:
        difference = seconds(emulator, guests, guest, options, 2 * n) - seconds(emulator, guests, guest, options, n)
        if difference >= WINDOW * 0.7:
            break
        n = int(n * max(2, min(20, WINDOW / max(difference, WINDOW / 20))))
    return n


def measure_event(emulators, guests, guest, first, options, rounds):
    """Median nanoseconds per event, one for each emulator."""
    counts = [enough(e, guests, guest, options, first) for e in emulators]
    samples = [[] for _ in emulators]
    for _ in range(rounds):
        for emulator, n, sample in zip(emulators, counts, samples):
            once = seconds(emulator, guests, guest, options, n)
            twice = seconds(emulator, guests, guest, options, 2 * n)
            sample.append((twice - once) / n * 1e9)
    return [statistics.median(s) for s in samples]


def measure_whole(emulators, commands, rounds, status):
    """Median milliseconds of whole runs."""
    samples = [[] for _ in emulators]
    for _ in range(rounds):
        for command, sample in zip(commands, samples):
            sample.append(cpu_seconds(command, status) * 1e3)
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


def idle_cost(emulator, guests, rounds):
    """What 127 more processors that never start cost: KiB each, and ns more per self-IPI."""
    def held(vcpus):
        command = guest_command(emulator, guests, "self_ipi", ["-smp", str(vcpus)], LARGEST)
        return statistics.median(resident(command) for _ in range(rounds))

    def event(vcpus):
        return measure_event([emulator], guests, "self_ipi", 200000, ["-smp", str(vcpus)], rounds)[0]

    return (held(128) - held(1)) / 127, event(1), event(128)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where intact and its guests were built")
    parser.add_argument("--rounds", type=int, default=5, help="runs behind each median (default 5)")
    parser.add_argument("--only", help="names of guests, 'empty', 'boot', 'idle', with commas")
    parser.add_argument("--quick", action="store_true", help="one round: a smoke test, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/benchmarks.md")
    parser.add_argument("--no-boot", action="store_true", help="leave the kernels out")
    parser.add_argument("--intact", help="another command to measure in our place")
    given = parser.parse_args()
    build = pathlib.Path(given.build)
    guests = build / "guests" / "x86_64" / "bench"
    rounds = 1 if given.quick else given.rounds
    only = given.only.split(",") if given.only else None
    emulators = [Emulator("intact", given.intact or str(build / "intact"), []),
                 Emulator("QEMU", "qemu-system-x86_64", ["-icount", "shift=0,sleep=off"])]
    qemu_only = {"hpet_msi": ["-global", "hpet.msi=on"]}
    rows = []
    started = time.time()

    def add(cells):
        rows.append(cells)
        print(f"[{time.time() - started:5.0f} s] {cells[0]}: {cells[3]}", file=sys.stderr)

    for name, guest, first, options, aim in EVENTS:
        if only and guest not in only:
            continue
        emulators[1].options = ["-icount", "shift=0,sleep=off", *qemu_only.get(guest, [])]
        ours, theirs = measure_event(emulators, guests, guest, first, options, rounds)
        add(row(name, "ns", ours, theirs, aim))
    emulators[1].options = ["-icount", "shift=0,sleep=off"]
    if not only or "empty" in only:
        for vcpus, aim in ((1, 0.2), (128, None)):
            commands = [guest_command(e, guests, "empty", ["-smp", str(vcpus)], 1) for e in emulators]
            ours, theirs = measure_whole(emulators, commands, rounds, PASSED)
            add(row(f"start-up to exit of an empty guest, {vcpus} vCPU{'s' * (vcpus > 1)}", "ms", ours, theirs, aim))
    if (not only or "boot" in only) and not given.no_boot:
        for arch in ("cloud-amd64", "amd64"):
            try:
                ours, theirs = measure_boot(emulators, arch, max(1, rounds * 3 // 5))
            except linux.CannotGet as error:
                print(f"skipped: cannot get {error}", file=sys.stderr)
                continue
            add(row(f"boot of {arch} to /init, 1 vCPU", "ms", ours, theirs, 2.0))
    if rows:
        show(rows, given.markdown)
    if not only or "idle" in only:
        each, one, many = idle_cost(emulators[0], guests, rounds)
        print(f"\nIdle vCPUs: {each:.1f} KiB each (aim: under 64); self-IPI with 1 vCPU {one:.1f} ns, with 128 {many:.1f} ns")


if __name__ == "__main__":
    main()
