#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The monitor on a socket and on standard input, and the run does not notice.

    monitor_test.py INTACT GUESTS x86_64|aarch64

Each test runs a guest of ours of four processors; its output and its number of instructions must be those of a run without a
monitor.
"""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import harness

TIMEOUT = 120
PROMPT = "(intact) "
FAMILIES = {
    "x86_64": {"guest": "x86_64/tests/smp.elf", "options": ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], "status": 33,
               "pc": "rip", "event": "deliver",
               "shown": {"info lapic 0": r"^  TPR = [0-9A-F]{2}h, PPR = [0-9A-F]{2}h: ", "info ioapic": r"^IOAPIC 0: IOAPICID = ",
                         "info pic": r"^8259A slave: IRR = 00h, ", "info gic": r"^info gic: this machine has 8259As",
                         "info irq": r"^  pit\.out0: (high|low)$", "info mtree": r"^  0cf8-0cff  device  pci$",
                         "info pci": r"^00:00\.0 host bridge: 8086:1237, "},
               "taken": ("info lapic", r"^  ISR: [0-9A-F]{2}h")},
    "aarch64": {"guest": "aarch64/tests/smp.image", "options": ["-machine", "virt"], "status": 0, "pc": "pc", "event": "ack",
                "shown": {"info gic 0": r"^distributor of GICv3: GICD_CTLR = ",
                          "info gic": r"^  ICC_PMR_EL1 = [0-9A-F]{2}h, ICC_RPR_EL1 = [0-9A-F]{2}h: ",
                          "info its": r"^ITS: GITS_CTLR = 8000_0000h: disabled", "info irq": r"^  uart\.irq: low$",
                          "info mtree": r"^  0+8000000-000000000800ffff  device  GICD$", "info qtree": r"^  uart: irq$",
                          "info pic": r"^info pic: this machine has a GIC"},
                "taken": ("info gic", r"^  INTID +\d+: Group 1, .*: enabled, active")},
}


class Machine:
    def __init__(self, intact, guests, family, folder):
        self.what = FAMILIES[family]
        self.folder = folder
        self.output = folder / "output"
        self.path = str(folder / "monitor")
        self.journal = str(folder / "journal")
        self.intact = intact
        self.options = ["-m", "64M", "-display", "none", "-nodefaults", "-smp", "4", "-no-reboot", "-d", "exit",
                        "-serial", f"file:{self.output}", *self.what["options"], "-kernel", str(guests / self.what["guest"])]

    def alone(self):
        result = harness.run([self.intact, "run", *self.options], TIMEOUT)
        if result.returncode != self.what["status"]:
            harness.fail("the guest does not pass", result)
        return self.output.read_bytes(), harness.instructions(result)

    def script(self, lines, *options, verb=("run",)):
        """What a run says with these lines on standard input, with the way it ends."""
        given = self.options if verb[0] != "replay" else []
        command = [self.intact, *verb, *given, "-monitor", "stdio", *options]
        try:
            return subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), capture_output=True,
                                  timeout=TIMEOUT)
        except subprocess.TimeoutExpired as late:
            print(harness.text(late.stdout or b"")[-3000:])
            harness.fail(f"does not come to an end: {' '.join(command)}")

    def start(self, *options, verb=("run",)):
        given = self.options if verb[0] != "replay" else []
        command = [self.intact, *verb, *given, "-monitor", f"unix:{self.path},server=on,wait=off", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not os.path.exists(self.path) and self.process.poll() is None:
            time.sleep(0.001)

    def end(self):
        try:
            out, err = self.process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            harness.fail("the machine does not come to an end")
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)


class Client:
    def __init__(self, machine):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(machine.path)
        self.heard = ""
        self.answer()

    def answer(self, until=PROMPT):
        while until not in self.heard:
            data = self.socket.recv(65536)
            if not data:
                harness.fail(f"the monitor goes without '{until}' after '{self.heard}'")
            self.heard += harness.text(data)
        said, self.heard = self.heard.split(until, 1)
        return said

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self.answer()

    def asks(self, line, pattern):
        said = self.ask(line)
        if not re.search(pattern, said, re.M):
            harness.fail(f"the monitor does not say '{pattern}' to '{line}', but '{said}'")
        return said


def expect(result, *patterns):
    said, at = harness.text(result.stdout), 0
    for pattern in patterns:
        found = re.compile(pattern, re.M).search(said, at)
        if not found:
            harness.fail(f"the monitor does not say '{pattern}' there", result)
        at = found.end()


def same_as(machine, result, without):
    if result.returncode != machine.what["status"]:
        harness.fail("another exit status than without a monitor", result)
    if (machine.output.read_bytes(), harness.instructions(result)) != without:
        harness.fail(f"the run is another than without a monitor, which has {without[1]} instructions", result)


def look(machine, without):
    """Commands while the guest runs and while it is stopped, of clients that come and go."""
    machine.start("-S")
    client = Client(machine)
    client.asks("info status", r"^stopped: instruction 0, 0 ns")
    client.asks("step", r"^stopped by step: instruction 1, ")
    client.asks("info instructions", r"^CPU 0: 1 instructions, running")
    client.asks("break instruction:20000", r"^1: break instruction:20000$")
    client.asks(f"break {machine.what['event']}", r"^2: break")
    client.ask("cont")
    for _ in range(4):
        stop = client.answer()
        if "stopped by breakpoint" not in stop:
            harness.fail(f"the event does not stop the machine: {stop}")
        client.asks("info cpus", r"^\* CPU \d: ")
        for line, pattern in machine.what["shown"].items():
            client.asks(line, pattern)
        if "breakpoint 2" in stop:
            client.asks(*machine.what["taken"])
        client.ask("cont")
    client.answer()
    client.asks("delete", "^$")
    client.socket.close()
    client = Client(machine) # it is stopped still
    registers = client.asks("info registers 1", machine.what["pc"])
    if registers.count("\n") < 20:
        harness.fail(f"there are few registers: {registers}")
    client.asks("x $pc 16", r"^[0-9a-f]{16}  ([0-9a-f]{2} ){16}")
    client.asks("x/4xw $pc", r"^[0-9a-f]{16}:( 0x[0-9a-f]{8}){4}$")
    client.asks("p/d ($pc - $pc + 3) * 4", r"^12$")
    client.asks("sum 0x40080000 4096" if machine.what["pc"] == "pc" else "sum 0x100000 4096", r"^\d{5}$")
    client.asks("trace on", "^$")
    client.asks("info trace", r"^the trace is running: 0 events$")
    client.asks("info replay", r"^neither recording nor replaying: instruction \d+$")
    client.asks("info version", r"^intact \d")
    client.asks("help sources", r"\.irq$")
    client.ask("cont")
    for line in ("info registers", "info cpus", "xp 0x40000000", "nonsense", "help"):
        client.socket.sendall(line.encode() + b"\n") # the guest may have ended before the last of them
    same_as(machine, machine.end(), without)


def script(machine, without):
    """The same lines on standard input give the same answers; there and back again."""
    lines = ["snapshots 64M", "break instruction:3000", "cont", "wait", "info instructions", "go 1000", "back", "back instruction:500",
             "reverse", "info snapshots", "delete", "cont"]
    first, second = machine.script(lines, "-S"), machine.script(lines, "-S")
    expect(first, r"the history begins at instruction 0", r"stopped by breakpoint 1, instruction:3000: instruction 3000, ",
           r"^\(intact\) 3000 instructions, ", r"stopped by go: instruction 1000, ", r"stopped by back: instruction 99\d, ",
           r"stopped by back, instruction:500: instruction 500, ", r"reverse: nothing stops the run before",
           r"from instruction 0 to 3000$", r"^ended: .*, exit status %d, after %d " % (machine.what["status"], without[1]))
    if first.stdout != second.stdout:
        harness.fail("two runs answer a script differently", second)
    same_as(machine, first, without)
    end = machine.script(["info status"], "-S")
    if end.returncode != 0 or harness.instructions(end) != 0:
        harness.fail("a stopped machine does not end with standard input", end)
    same_as(machine, machine.script([]), without)


def saved(machine, without):
    """A state that the monitor has saved, halfway, goes on to the same end, loaded by the monitor and by -loadvm."""
    state, half = machine.folder / "state", without[1] // 2
    result = machine.script([f"break instruction:{half}", "cont", "wait", f"savevm {state}", "delete", "cont"], "-S")
    expect(result, f"instruction {half} is in '.*state'")
    same_as(machine, result, without)
    tail = machine.script([], "-loadvm", str(state))
    if tail.returncode != machine.what["status"] or harness.instructions(tail) != without[1]:
        harness.fail("-loadvm does not go on to the same end", tail)
    tail = machine.script([f"loadvm {state}", "info instructions", "cont"], "-S")
    expect(tail, rf"stopped by loadvm: instruction {half}, ", rf"^\(intact\) {half} instructions")
    if tail.returncode != machine.what["status"] or harness.instructions(tail) != without[1]:
        harness.fail("loadvm does not go on to the same end", tail)
    state.write_bytes(state.read_bytes()[:-100])
    broken = machine.script([f"loadvm {state}", "cont"], "-S")
    expect(broken, r"loadvm: .*is a damaged snapshot of a machine")
    same_as(machine, broken, without)


def recorded(machine, without):
    """A run under a monitor is recorded, and repeated without; and repeated under one, back and forth."""
    commands = ["break instruction:7000", "cont", "wait", "step 0", "info registers", "delete", "cont"]
    result = machine.script(commands, "-S", verb=("record", machine.journal, "-digest", "20000"))
    expect(result, r"stopped by breakpoint 1", r"stopped by step")
    same_as(machine, result, without)
    for replay in (harness.run([machine.intact, "replay", machine.journal], TIMEOUT),
                   machine.script(["snapshots", *commands[:-1], "go 5000", "loadvm x", "cont"], "-S", verb=("replay", machine.journal))):
        if replay.returncode != machine.what["status"] or "the same run" not in harness.text(replay.stderr):
            harness.fail("it is another run", replay)
    expect(replay, r"stopped by go: instruction 5000", r"loadvm: the machine has a history")


def pressed(machine, _):
    """The buttons are in a recording; a reset ends a machine without reboot; virt has no NMI."""
    commands = ["break instruction:7000", "cont", "wait", "system_powerdown", "delete", "cont"]
    first = machine.script(commands, "-S", verb=("record", machine.journal, "-digest", "20000"))
    expect(first, r"the power button is pressed when the machine goes on$", r"^ended: ")
    replay = harness.run([machine.intact, "replay", machine.journal], TIMEOUT)
    if replay.returncode != machine.what["status"] or "the same run" not in harness.text(replay.stderr):
        harness.fail("it is another run", replay)
    refused = machine.script(["system_powerdown", "system_reset", "cont"], "-S", verb=("replay", machine.journal))
    expect(refused, *[f"^(\\(intact\\) )?{name}: this is a replay, whose input comes from its journal$"
                      for name in ("system_powerdown", "system_reset")])
    reset = machine.script([*commands[:3], "nmi", "system_reset", "cont"], "-S", verb=("record", machine.journal))
    nmi = r"nmi: virt has no NMI line" if machine.what["pc"] == "pc" else r"the NMI comes when the machine goes on$"
    expect(reset, nmi, r"the machine is reset when the machine goes on$", r"^ended: reset, exit status 0, after 7000 instructions$")
    replay = harness.run([machine.intact, "replay", machine.journal], TIMEOUT)
    if replay.returncode != 0 or "the same run: 7000 instructions" not in harness.text(replay.stderr):
        harness.fail("the reset is not repeated", replay)


def ends(machine, _):
    """quit, a client that goes in the middle of a command, and what is refused."""
    machine.start("-S")
    client = Client(machine)
    client.socket.sendall(b"help\nqui")
    client.socket.close()
    client = Client(machine)
    client.asks("\x00\xff\x1b" * 2000, "A line has at most 1023 characters")
    client.asks("info status", "^stopped: instruction 0")
    client.socket.sendall(b"quit\n")
    client.answer("ended: quit, exit status 0, after 0 instructions\n")
    if machine.end().returncode != 0 or os.path.exists(machine.path):
        harness.fail("quit does not end the machine cleanly", machine.end())
    for options, text in ((["-monitor", "vc"], "-monitor: 'vc' is not stdio, tcp:[HOST]:PORT, unix:PATH or fd:N"),
                          (["-S"], "-S: nothing could start the machine"),
                          (["-break", "deliver"], "-break: nobody would be told")):
        result = harness.run([machine.intact, "run", *machine.options, *options], TIMEOUT)
        if result.returncode != 1 or text not in harness.text(result.stderr):
            harness.fail(f"{options} is taken", result)


def main():
    intact, guests, family = sys.argv[1:]
    for test in (look, script, saved, recorded, pressed, ends):
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine(intact, pathlib.Path(guests), family, pathlib.Path(folder))
            without = machine.alone()
            print(test.__name__, flush=True)
            test(machine, without)


main()
