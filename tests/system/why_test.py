#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Why an interrupt does not arrive: intact why, a run that gets stuck, the monitor, gdb, a loaded state and a replay say the same.

    why_test.py INTACT GUESTS x86_64|aarch64

The stuck guest is a few instructions that are made here: it asks the UART for an interrupt that it does not take, and halts. The
other one is a guest of ours, with devices.
"""
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile

import harness

TIMEOUT = 120
GDB = "gdb-multiarch"
PLAIN = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "null", "-no-reboot"]
DEVICES = ["-device", "edu,dma_mask=0xffffffff", "-device", "virtio-rng-pci"]
LIMIT, DEADLOCK = 66, 64 # exit statuses


def multiboot():
    """32-bit code at 1 MiB. IMR of the master: IRQ 4 alone; MCR: OUT2; IER: transmitter empty; hlt; again."""
    code = b"".join(b"\x66\xba" + struct.pack("<H", port) + bytes([0xb0, value, 0xee]) # mov dx, port; mov al, value; out dx, al
                    for port, value in ((0x21, 0xef), (0x3fc, 8), (0x3f9, 2))) + b"\xf4\xeb\xfd"
    magic, flags, base = 0x1badb002, 0x10000, 0x100000
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff, base, base, base + 4096, base + 4096, base + 32)
    return (header + code).ljust(4096, b"\0")


def raw():
    return struct.pack("<7I",
                       0xd2a12009, # mov x9, #0x9000000
                       0x52800401, # mov w1, #0x20
                       0xb9003921, # str w1, [x9, #0x38]: UARTIMSC, TXIM
                       0x52800821, # mov w1, #'A'
                       0xb9000121, # str w1, [x9]
                       0xd503207f, # wfi
                       0x17ffffff) # b .-4


FAMILIES = {
    "x86_64": {
        "kernel": multiboot, "options": [], "source": "com1.irq", "guest": "x86_64/tests/drivers.elf", "status": 33,
        "guest options": ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
        "raised": 9, "length": 10, # instructions: the line rises in this one; all
        "low": ["gate   com1.irq is low: its device raises no interrupt now",
                "gate   IRQ 4 is low at the master 8259A (8259A, Edge and Level Triggered Modes)"],
        "high": ["place  com1.irq is high, on GSI 4",
                 "place  INT of the 8259A is up for IRQ 4 (8259A, Interrupt Sequence)",
                 "place  INTR of CPU 0 is up for the 8259A (ExtINT) (MP specification 3.6.2.2)",
                 "gate   CPU 0 takes no interrupts: RFLAGS = 00000002h, bit 9 (IF) is 0, at 0x100036 (SDM 3A, Masking Maskable Hardware Interrupts)"],
        "gate": "CPU 0 takes no interrupts: RFLAGS = 00000002h, bit 9 (IF) is 0, at 0x10003[56] (SDM 3A, Masking Maskable Hardware Interrupts)",
        "sources": ["com1.irq", "edu0.intx", "edu0.msi0", "virtio-rng0.queue0", "virtio-rng0.msix1", "lapic1.timer", "gsi:11",
                    "pin:ioapic0.2", "vector:0x31@0", "nmi"],
    },
    "aarch64": {
        "kernel": raw, "options": ["-machine", "virt"], "source": "uart.irq", "guest": "aarch64/tests/drivers.image", "status": 0,
        "guest options": ["-machine", "virt"],
        "raised": 5, "length": 6,
        "low": ["gate   uart.irq is low: its device raises no interrupt now",
                "gate   INTID 33 is level-sensitive (bit 3 of GICD_ICFGR2 is 0), its line is low, and no message has set it "
                "(IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13)"],
        "high": ["place  uart.irq is high, on GSI 1",
                 "gate   INTID 33 is disabled: bit 1 of GICD_ISENABLER1 is 0 (IHI 0069 GICD_ISENABLER<n>; IHI 0048B 4.3.5)"],
        "gate": "INTID 33 is disabled: bit 1 of GICD_ISENABLER1 is 0 (IHI 0069 GICD_ISENABLER<n>; IHI 0048B 4.3.5)",
        "sources": ["uart.irq", "edu0.intx", "edu0.msi0", "virtio-rng0.queue0", "virtio-rng0.msix1", "cpu1.vtimer", "gsi:4",
                    "intid:36", "lpi:8192", "event:8,0"],
    },
}


class Guest:
    """How to call the emulator with one of the two guests."""

    def __init__(self, intact, what, kernel, options):
        self.intact, self.what = intact, what
        self.options = [*PLAIN, *options, "-kernel", str(kernel)]

    def run(self, *options, verb=("run",), given=True):
        """Without `given`: the options are those of a recording."""
        return harness.run([self.intact, *verb, *(self.options if given else []), *options], TIMEOUT)

    def why(self, source, *options, at=None):
        return self.run(*options, verb=("why", source, *(["-at", str(at)] if at else []), "--"))

    def script(self, lines, *options, verb=("run",)):
        """What the monitor says to each of the lines."""
        given = [] if verb[0] == "replay" else self.options
        command = [self.intact, *verb, *given, "-S", "-monitor", "stdio", *options]
        result = subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), capture_output=True,
                                timeout=TIMEOUT)
        said = harness.text(result.stdout).split("(intact) ")[1:]
        if len(said) < len(lines):
            harness.fail("the monitor does not answer every line", result)
        return [answer.rstrip("\n") for answer in said], result

    def asked(self, sources, at, *options, verb=("run",)):
        """The monitor's answers about the sources after so many instructions. What was earlier is known from the first why on."""
        lines = ["why gsi:0", f"break instruction:{at}", "cont", "wait", *(f"why {source}" for source in sources), "quit"]
        said, result = self.script(lines, *options, verb=verb)
        if f": instruction {at}, " not in said[3]:
            harness.fail(f"the machine does not stop after {at} instructions, but says '{said[3]}'", result)
        return said[4:4 + len(sources)]


def lines_of(result):
    return harness.text(result.stdout).splitlines()


def begins(result, expected, status):
    if lines_of(result)[:len(expected)] != expected or result.returncode != status:
        harness.fail(f"the answer does not begin with {expected}, or the status is not {status}", result)


def same(result, what, first, second):
    if first != second:
        print(f"--- first\n{first}\n--- second\n{second}")
        harness.fail(f"{what}: the answers differ", result)


def stuck(guest, _):
    """A run that gets stuck, or to its limit, says what waits; the other lines of it are no answers."""
    what = guest.what
    for options, status, reason in (([], DEADLOCK, "every processor is halted and nothing can wake one"),
                                    (["-limit", str(what["raised"])], LIMIT, "instruction limit")):
        result = guest.run(*options)
        said = harness.text(result.stderr).splitlines()
        if result.returncode != status or result.stdout or not re.fullmatch(rf"intact: {reason}, after \d+ instructions", said[0]):
            harness.fail(f"the run does not end as it should: {reason}", result)
        gate = re.escape(what["gate"]).replace(r"\[56\]", "[56]")
        if not any(re.fullmatch(rf"intact: {what['source']} does not arrive: {gate}", line) for line in said):
            harness.fail("it does not say what waits", result)
        if not all(re.match(r"intact: [\w.-]+ does not arrive: ", line) for line in said[1:]):
            harness.fail("it says more", result)
    result = guest.run("-limit", str(what["raised"] - 1))
    if f"{what['source']} does not arrive" in harness.text(result.stderr):
        harness.fail("the line is low, and is said to wait", result)


def verb(guest, _):
    """intact why at the end and on the way, and what it refuses."""
    what = guest.what
    begins(guest.why(what["source"]), what["high"], DEADLOCK)
    begins(guest.why(what["source"], at=what["length"]), what["high"], LIMIT)
    begins(guest.run(verb=("why", what["source"])), what["high"], DEADLOCK) # without --
    begins(guest.why(what["source"], at=what["raised"] - 1), what["low"], LIMIT)
    begins(guest.why(what["source"], "-limit", str(what["raised"] - 1)), what["low"], LIMIT)
    for arguments, text in ((["why"], "why: needs the name of a source: intact why SOURCE [-at N|EVENT] [--] OPTIONS"),
                            (["why", "-at", "5"], "why: needs the name of a source"),
                            (["why", what["source"], "-at"], "why: -at needs a number of instructions, or an event as of -break"),
                            (["why", what["source"], "-replay"], "why: -replay needs the file of a journal"),
                            (["why", what["source"], "-at", "0"], "or an event as of -break, not '0'"),
                            (["why", what["source"], "-at", "1x"], "or an event as of -break, not '1x'"),
                            (["why", what["source"], "-at", "rise:4", *guest.options], "'rise:4' is no event: it begins with raise"),
                            (["why", what["source"], "-monitor", "stdio", *guest.options], "why: not with -gdb, -s, -qmp or a monitor"),
                            (["why", "nothing", *guest.options],
                             "no line and no part of a device has this name: 'nothing' is no source of interrupts here"),
                            (["why", "gsi:x", *guest.options], "'gsi:x' is no GSI: 0 to 65535, as in gsi:4"),
                            (["why", what["source"], "--", "-nothing"], "-nothing")):
        # what is wrong is said before the guest starts
        result = harness.run([guest.intact, *arguments], TIMEOUT)
        if result.returncode != 1 or result.stdout or text not in harness.text(result.stderr):
            harness.fail(f"{arguments} is not refused with '{text}'", result)
    for arguments, text in ((["help"], "intact why SOURCE OPTIONS  runs a guest, and says why an interrupt of it does not arrive"),
                            (["why", "-help"], "intact why SOURCE [-at N|EVENT] [--] OPTIONS")):
        result = harness.run([guest.intact, *arguments], TIMEOUT)
        if result.returncode or text not in harness.text(result.stdout):
            harness.fail(f"{arguments} does not say '{text}'", result)


def events(_, guest):
    """intact why where something happens, as where the guest prints a text; and where it does not."""
    def stopped(*options, verb):
        result = guest.run(*options, verb=verb)
        found = re.search(r"stopped by says:virtio-rng by line, after (\d+) instructions$", harness.text(result.stderr), re.M)
        if not found or result.returncode != 0 or "gate " not in harness.text(result.stdout):
            harness.fail("no answer where the guest prints that", result)
        return found.group(1), lines_of(result)

    source = guest.what["source"]
    first = stopped(verb=("why", source, "-at", "says:virtio-rng by line", "--"))
    if stopped(verb=("why", source, "-at", "says:virtio-rng by line", "--")) != first:
        harness.fail("the guest prints that somewhere else the second time", guest.run())
    asked = guest.why(source, at=first[0])
    if lines_of(asked)[-len(first[1]):] != first[1]:
        harness.fail(f"the answer at this instruction is another one: {first[1]}", asked)
    result = guest.run(verb=("why", source, "-at", "says:nothing like it", "--"))
    if "why: says:nothing like it never happened; the answer is of the end of the run" not in harness.text(result.stderr) \
            or result.returncode != guest.what["status"] or "gate " not in harness.text(result.stdout):
        harness.fail("an event that does not happen", result)


def terminal(guest, _):
    """At a terminal the guest's console would wait for keys for ever; a question does not."""
    options = list(guest.options)
    options[options.index("-serial") + 1] = "stdio"
    inner, outer = pty.openpty()
    try:
        result = subprocess.run([guest.intact, "why", guest.what["source"], "--", *options], stdin=outer, capture_output=True,
                                timeout=TIMEOUT)
    finally:
        os.close(inner)
        os.close(outer)
    if "gate " not in harness.text(result.stdout) or result.returncode != DEADLOCK:
        harness.fail("no answer at a terminal", result)


def monitor(guest, _):
    """why and info sources; after going back; and what is refused."""
    what = guest.what
    lines = ["info sources", f"why {what['source']}", "snapshots 64M", f"break instruction:{what['length'] - 1}", "cont",
             "wait", f"why {what['source']}", f"go {what['raised'] - 1}", f"why {what['source']}",
             "why nothing", "why", "why a b", "help why", "quit"]
    said, result = guest.script(lines)
    names = said[0].splitlines()
    if what["source"] not in names or len(names) < 4 or not all(re.fullmatch(r"[\w.-]+", name) for name in names):
        harness.fail("info sources does not list the names", result)
    for at, expected in ((1, what["low"]), (6, what["high"][:1]), (8, what["low"])):
        same(result, f"answer {at}", said[at].splitlines()[:len(expected)], expected)
    for at, text in ((9, "why: no line and no part of a device has this name: 'nothing'"), (10, "why: needs SOURCE"),
                     (11, "why: 'b' is too much"), (12, "why SOURCE  ")):
        if not said[at].startswith(text):
            harness.fail(f"the monitor does not say '{text}', but '{said[at]}'", result)


def everywhere(_, guest):
    """A guest of ours, asked in the middle of its run: by the verb, the monitor, in a replay, and with its state loaded."""
    what = guest.what
    end = guest.run("-d", "exit")
    if end.returncode != what["status"]:
        harness.fail("the guest does not pass", end)
    with tempfile.TemporaryDirectory() as folder:
        journal, state = pathlib.Path(folder) / "journal", pathlib.Path(folder) / "state"
        recorded = guest.run(verb=("record", str(journal)))
        if recorded.returncode != what["status"]:
            harness.fail("the guest cannot be recorded", recorded)
        for part in (0.01, 0.3, 0.9):
            at = int(harness.instructions(end) * part)
            answers = guest.asked(what["sources"], at)
            again = guest.run(verb=("why", what["sources"][0], "-at", str(at), "-replay", str(journal)), given=False)
            same(again, f"intact why of a recording, after {at}", harness.text(again.stdout).rstrip("\n"), answers[0])
            for source, answer in zip(what["sources"], answers):
                result = guest.why(source, at=at)
                same(result, f"{source} after {at}", harness.text(result.stdout).rstrip("\n"), answer)
                if not re.match(r"(gate  |place ) [^ ]", answer):
                    harness.fail(f"{source} after {at} has no answer: '{answer}'", result)
            same(recorded, f"a replay after {at}", guest.asked(what["sources"], at, verb=("replay", str(journal))), answers)
        saved = guest.run("-limit", str(at), "-savevm", str(state))
        said, result = guest.script([f"why {source}" for source in what["sources"]], "-loadvm", str(state))
        for source, answer, loaded in zip(what["sources"], answers, said):
            same(saved, f"{source} in a loaded state", present(loaded), present(answer))


def present(answer):
    """Without what was earlier, which a machine that is loaded has not seen."""
    return [line for line in answer.splitlines() if not line.startswith("past ")]


def gdb(guest, _):
    """monitor why in gdb."""
    if not shutil.which(GDB):
        print(f"{GDB} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/gdb"
        command = [guest.intact, "run", *guest.options, "-S", "-gdb", f"unix:{path}"]
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not pathlib.Path(path).exists() and machine.poll() is None:
            pass
        script = ["set confirm off", "set pagination off", "set width 0", f"target remote {path}",
                  *["stepi"] * (guest.what["length"] - 1), f"monitor why {guest.what['source']}", "monitor why nothing", "kill"]
        said = harness.run([GDB, "-q", "-nx", "-batch", *(word for line in script for word in ("-ex", line))], TIMEOUT)
        machine.communicate(timeout=TIMEOUT)
    answer = harness.text(said.stdout) + harness.text(said.stderr)
    for line in (guest.what["high"][0], "has this name: 'nothing'"):
        if line not in answer:
            harness.fail(f"gdb does not say '{line}'", said)


def main():
    intact, guests, family = sys.argv[1:]
    what = FAMILIES[family]
    with tempfile.TemporaryDirectory() as folder:
        kernel = pathlib.Path(folder) / "kernel"
        kernel.write_bytes(what["kernel"]())
        ours = ["-smp", "2", *what["guest options"], *DEVICES]
        small = Guest(intact, what, kernel, what["options"])
        large = Guest(intact, what, pathlib.Path(guests) / what["guest"], ours)
        for test in (stuck, verb, events, terminal, monitor, everywhere, gdb):
            print(test.__name__, flush=True)
            test(small, large)


main()
