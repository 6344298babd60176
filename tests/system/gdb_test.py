#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""gdb debugs a machine, and the run does not notice.

    gdb_test.py INTACT GUESTS x86_64|aarch64

Debian's gdb-multiarch is the client. Each test runs a guest of ours with it, and looks at what it says; the guest's output
and its number of instructions must be those of a run without it, unless the test writes to the guest.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import harness

GDB = "gdb-multiarch"
TIMEOUT = 120
FAMILIES = {
    "x86_64": {
        "guest": "x86_64/tests/smp.elf",
        "symbols": "x86_64/tests/smp.elf64",
        "options": ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
        "status": 33,
        "pc": "rip",
        "forever": "set {short}$pc = 0xfeeb", # jmp .
        "handler": "counting",
        "chips": ("info lapic", r"^local APIC of CPU 1: IA32_APIC_BASE = "),
        "shared": "acknowledged",
    },
    "aarch64": {
        "guest": "aarch64/tests/smp.image",
        "symbols": "aarch64/tests/smp.elf",
        "options": ["-machine", "virt"],
        "status": 0,
        "pc": "pc",
        "forever": "set {int}$pc = 0x14000000", # b .
        "handler": "report",
        "chips": ("info gic", r"^CPU interface of CPU 1: ICC_IGRPEN0_EL1 = "),
        "shared": "taken_by",
    },
}


class Machine:
    """A guest of four processors under -gdb at a Unix socket."""

    def __init__(self, intact, guests, family, folder, *options):
        self.what = FAMILIES[family]
        self.socket = str(folder / "gdb")
        self.symbols = str(guests / self.what["symbols"])
        self.output = folder / "output"
        self.intact = intact
        self.options = ["-m", "64M", "-display", "none", "-nodefaults", "-smp", "4", "-no-reboot", "-d", "exit",
                      "-serial", f"file:{self.output}", *self.what["options"], *options, "-kernel", str(guests / self.what["guest"])]
        self.plain = [intact, "run", *self.options]
        self.journal = str(folder / "journal")
        self.process = None

    def run_alone(self):
        result = harness.run(self.plain, TIMEOUT)
        if result.returncode != self.what["status"]:
            harness.fail("the guest does not pass", result)
        return self.output.read_bytes(), harness.instructions(result)

    def start(self, *options, verb=("run",)):
        given = self.options if verb[0] != "replay" else []
        command = [self.intact, *verb, *given, "-gdb", f"unix:{self.socket}", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while not os.path.exists(self.socket) and self.process.poll() is None:
            pass

    def gdb(self, commands):
        """What gdb says to these commands, one in a line."""
        script = pathlib.Path(self.socket).with_name("commands")
        script.write_text("set pagination off\nset confirm off\nset width 0\n"
                          f"file {self.symbols}\ntarget remote {self.socket}\n" + "\n".join(commands) + "\n")
        try:
            result = subprocess.run([GDB, "-q", "-nx", "-batch", "-x", str(script)], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            print(harness.text(late.stdout or b"")[-4000:])
            harness.fail("gdb does not come to an end")
        said = harness.text(result.stdout)
        if "Error in sourced command file" in said:
            self.process.kill()
            print(said)
            harness.fail("gdb cannot do what it is told to")
        return said

    def end(self):
        try:
            out, err = self.process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            harness.fail("the machine does not come to an end")
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)


def expect(said, *patterns):
    """All of them are in what gdb says, one behind the other."""
    at = 0
    for pattern in patterns:
        found = re.compile(pattern, re.M).search(said, at)
        if not found:
            print(said)
            harness.fail(f"gdb does not say '{pattern}' there")
        at = found.end()


def same_as(machine, without):
    result = machine.end()
    if result.returncode != machine.what["status"]:
        harness.fail("another exit status than without gdb", result)
    if (machine.output.read_bytes(), harness.instructions(result)) != without:
        harness.fail(f"the run is another than without gdb, which has {without[1]} instructions", result)


def look(machine, without):
    """Breakpoints, steps, threads, registers and memory."""
    machine.start("-S")
    pc = machine.what["pc"]
    said = machine.gdb([
        "monitor info instructions", "break *(long)&guest_main", "continue", f"p/x ${pc}", "p/x (long)&guest_main", f"x/2i $pc",
        "info registers", "info all-registers", "monitor info registers", "delete",
        "monitor info instructions", "stepi", "monitor info instructions", "stepi 10", "monitor info instructions",
        "hbreak *(long)&other", "continue", "info threads", "thread 1", f"p ${pc}", "thread 2",
        f"monitor {machine.what['chips'][0]}", "delete", "monitor nonsense", "monitor help",
        "maintenance packet Qqemu.PhyMemMode:1", "x/2xw (long)&guest_main", "maintenance packet Qqemu.PhyMemMode:0",
        "x/2xw (long)&guest_main",
        f"break *(long)&{machine.what['handler']}", "continue", "continue", "continue", "delete", "continue"])
    expect(said, r"^0 instructions, 0 ns", r"Thread 1 hit Breakpoint 1, 0x0*([0-9a-f]+) in guest_main",
           r"CPU 0: (\d+) instructions", r"^\* 2 .*CPU 1, running\) .*in other", machine.what["chips"][1], r"There is no command 'nonsense'",
           r"info registers \[CPU\] +a processor's registers", r"cont\|c .*here: continue", r"hit Breakpoint 3", r"hit Breakpoint 3", r"hit Breakpoint 3",
           r"exited (normally|with code 041)")
    counts = [int(n) for n in re.findall(r"^CPU 0: (\d+) instructions", said, re.M)]
    if counts[2] - counts[1] != 1 or counts[3] - counts[2] != 10:
        harness.fail(f"eleven steps of processor 0 go from {counts[1]} by {counts[2]} to {counts[3]}")
    words = re.findall(r"^0x[0-9a-f]+ <guest_main>:\s+(0x[0-9a-f]+)\s+(0x[0-9a-f]+)$", said, re.M)
    if len(words) != 2 or words[0] != words[1]:
        harness.fail(f"guest_main is {words} at its physical and at its virtual address")
    same_as(machine, without)


def watch(machine, without):
    """Each kind of watchpoint, on memory that several processors use."""
    machine.start("-S")
    shared = machine.what["shared"]
    said = machine.gdb([
        "break *(long)&guest_main", "continue", "delete",
        "watch *(unsigned*)&up", "continue", "continue", "continue", "p *(unsigned*)&up", "delete",
        f"rwatch *(unsigned*)&{shared}", "continue", "continue", "delete",
        f"awatch *(unsigned*)&{shared}", "continue", "continue", "delete", "continue"])
    expect(said, r"Thread 2 hit Hardware watchpoint 2.*\n\nOld value = 0\nNew value = 1",
           r"Thread 3 hit Hardware watchpoint 2.*\n\nOld value = 1\nNew value = 2",
           r"Thread 4 hit Hardware watchpoint 2.*\n\nOld value = 2\nNew value = 3", r"^\$1 = 3$",
           r"hit Hardware read watchpoint 3", r"hit Hardware read watchpoint 3",
           r"hit Hardware access \(read/write\) watchpoint 4", r"hit Hardware access \(read/write\) watchpoint 4",
           r"exited (normally|with code 041)")
    same_as(machine, without)


def many(machine, without):
    """A breakpoint that every processor meets again and again, stepped over each time."""
    machine.start("-S")
    said = machine.gdb([f"break *(long)&{machine.what['handler']}", "commands", "silent", 'printf "at %d\\n", $_thread', "continue",
                        "end", "continue"])
    met = re.findall(r"^at (\d)", said, re.M)
    if sorted(set(met)) != ["1", "2", "3", "4"]:
        print(said)
        harness.fail(f"the handler's breakpoint was met by {met}")
    same_as(machine, without)


def come_and_go(machine, without):
    """A client goes while the machine is stopped, another comes and detaches; the breakpoints of both are gone."""
    machine.start("-S")
    expect(machine.gdb(["break *(long)&guest_main", "continue", "break *(long)&other", "disconnect"]), "hit Breakpoint 1")
    expect(machine.gdb([f"p ${machine.what['pc']}", f"break *(long)&{machine.what['handler']}", "detach"]), "guest_main")
    same_as(machine, without)


STOPS = ["break *(long)&guest_main", "continue", "stepi 20", "break *(long)&other", "watch *(unsigned*)&up",
         *["continue"] * 6, "delete", "stepi 100", "continue"]


def recorded(machine, without):
    """A run under gdb is recorded, and repeated without; the digests of its state agree all along."""
    machine.start("-S", verb=("record", machine.journal, "-digest", "20000"))
    expect(machine.gdb(STOPS), r"hit Breakpoint 1", r"hit Hardware watchpoint", r"exited (normally|with code 041)")
    same_as(machine, without)
    replay = harness.run([machine.intact, "replay", machine.journal], TIMEOUT)
    if replay.returncode != machine.what["status"] or "the same run" not in harness.text(replay.stderr):
        harness.fail("without gdb it is another run", replay)


def repeated(machine, without):
    """A run without gdb is recorded, and repeated under gdb, back and forth; its last state has the same digest."""
    record = harness.run([machine.intact, "record", machine.journal, "-digest", "20000", *machine.options], TIMEOUT)
    if record.returncode != machine.what["status"]:
        harness.fail("it cannot be recorded", record)
    machine.start("-S", verb=("replay", machine.journal))
    said = machine.gdb([*STOPS[:-1], "reverse-stepi", "reverse-stepi", "break *(long)&guest_main", "reverse-continue", "continue"])
    expect(said, r"hit Breakpoint 1", r"hit Hardware watchpoint", r"exited (normally|with code 041)")
    result = machine.end()
    if result.returncode != machine.what["status"] or "the same run" not in harness.text(result.stderr):
        harness.fail("under gdb it is another run", result)
    if machine.output.read_bytes() != without[0]:
        harness.fail("under gdb it prints something else", result)


def back(machine, without):
    """Back to the breakpoint before, back over an instruction, back to the write before the last; then the same end."""
    machine.start("-S")
    where = "monitor info instructions"
    said = machine.gdb([
        f"break *(long)&{machine.what['handler']}", "continue", "continue", where, "continue", where, "reverse-continue", where,
        "stepi", where, "reverse-stepi", where, "continue", where, "delete",
        "watch *(unsigned*)&up", "reverse-continue", "p *(unsigned*)&up", "reverse-continue", "p *(unsigned*)&up", "delete",
        "reverse-continue", where, "monitor go 100", "maintenance flush register-cache", where, "monitor info snapshots", "continue"])
    at = [int(n) for n in re.findall(r"^(\d+) instructions, \d+ ns", said, re.M)]
    expect(said, r"^\$1 = 2$", r"^\$2 = 1$", r"No more reverse-execution history", r"stopped by go: instruction 100, ",
           r"snapshots, \d+ bytes of .* from instruction 0 to \d{4}", r"exited (normally|with code 041)")
    if len(at) != 8 or at[2] != at[0] or at[3] <= at[2] or at[4] != at[2] or at[5] != at[1] or at[6] != 0 or at[7] != 100:
        print(said)
        harness.fail(f"the way there and back went by {at}")
    same_as(machine, without)


def events(machine, without):
    """Stops at events, to and fro; one comes before there is a client, and the machine waits for it."""
    where = "monitor info instructions"
    machine.start("-S", "-break", "deliver", "-break", "instruction:12345")
    said = machine.gdb(["continue", where, "continue", where, "continue", where, "reverse-continue", where, "reverse-continue", where,
                        "detach"])
    expect(said, r"^Stopped by the event (instruction:12345|deliver), after \d+ instructions\.$", r"Stopped by")
    at = [int(n) for n in re.findall(r"^(\d+) instructions, \d+ ns", said, re.M)]
    if len(at) != 5 or 12345 not in at or not at[0] < at[1] < at[2] or at[3:] != [at[1], at[0]]:
        print(said)
        harness.fail(f"the way there and back went by {at}")
    machine.process.kill()
    machine.process.communicate()
    machine.start("-break", "instruction:12345")
    while b"stopped by instruction:12345" not in machine.process.stderr.readline():
        if machine.process.poll() is not None:
            harness.fail("the machine does not stop")
    expect(machine.gdb([where, "detach"]), r"^12345 instructions")
    same_as(machine, without)


def interrupt(machine, _):
    """^C stops a guest that turns in a circle; what is written to registers and memory is there; another client comes while it
    turns, and kills the machine."""
    machine.start("-S")
    said = machine.gdb([
        "break *(long)&guest_main", "continue", "delete", machine.what["forever"],
        "python import os, signal, threading",
        "python threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()", "continue",
        "stepi", "set $sp = $sp - 64", "set {long}$sp = 0x1122334455667788", "x/2xw $sp", "set {char}$sp = 7", "x/2xw $sp", "detach"])
    expect(said, r"hit Breakpoint 1", r"received signal SIGINT, Interrupt", r"in guest_main",
           r"0x55667788\s+0x11223344", r"0x55667707\s+0x11223344")
    expect(machine.gdb(["info threads", "stepi", "kill"]), r"^\* 1 .*in guest_main", r"in guest_main", r"killed")
    result = machine.end()
    if result.returncode != 0:
        harness.fail("kill ends the machine with another status than 0", result)


def beside(machine, without):
    """A monitor beside gdb: its breakpoint stops the machine for gdb, and it hears what gdb does."""
    path = machine.socket + "-monitor"
    machine.start("-S", "-monitor", f"unix:{path}")
    monitor = socket.socket(socket.AF_UNIX)
    monitor.settimeout(TIMEOUT)
    while not os.path.exists(path) and machine.process.poll() is None: # it listens after gdb's
        time.sleep(0.001)
    monitor.connect(path)
    monitor.sendall(b"break instruction:5000\n")
    heard = b""
    while b"1: break instruction:5000" not in heard:
        heard += monitor.recv(65536)
    said = machine.gdb(["continue", "monitor info instructions", "stepi", "monitor info instructions", "reverse-stepi", "detach"])
    expect(said, r"^Stopped by the event instruction:5000, after 5000 instructions\.$", r"received signal SIGTRAP", r"^5000 instructions",
           r"^5001 instructions")
    while b"ended: " not in heard:
        heard += monitor.recv(65536)
    expect(harness.text(heard), r"^stopped by breakpoint 1, instruction:5000: instruction 5000, ", r"^stopped by step: instruction 5001, ",
           r"^stopped by gdb: instruction 5000, ", r"^ended: ")
    same_as(machine, without)


def alone(machine, _):
    """Where no client can come, a machine that is stopped is refused, and so is an address that is none."""
    for options, text in ((["-S"], "-S: nothing could start the machine"), (["-gdb", "tcp:1234"], "is not tcp:[HOST]:PORT"),
                          (["-break", "raise:4"], "-break: nobody would be told"),
                          (["-gdb", f"unix:{machine.socket}", "-break", "rise:4"], "-break: 'rise:4' is no event")):
        result = harness.run([*machine.plain, *options], TIMEOUT)
        if result.returncode != 1 or text not in harness.text(result.stderr):
            harness.fail(f"{options} is taken", result)


def main():
    intact, guests, family = sys.argv[1:]
    if not shutil.which(GDB):
        harness.skip(f"{GDB} is not installed")
    for test in (alone, look, watch, many, come_and_go, back, events, beside, recorded, repeated, interrupt):
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine(intact, pathlib.Path(guests), family, pathlib.Path(folder))
            without = machine.run_alone()
            print(test.__name__, flush=True)
            test(machine, without)


main()
