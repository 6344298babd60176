#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The monitor at a terminal: lines are edited and completed, and Ctrl-a c switches between it and the guest's console.

    monitor_terminal_test.py INTACT libedit|plain

The guest is a few instructions, and echoes what is typed on its serial port.
"""
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

import harness

TIMEOUT = 60
BASE, START = 0x100000, 32
# again: mov dx, 3fdh; in al, dx; test al, 1; jz again; mov dx, 3f8h; in al, dx; out dx, al; jmp again
ECHO = bytes.fromhex("66bafd03 ec a801 74f7 66baf803 ec ee ebef")


def kernel(path, code):
    """A flat multiboot file."""
    magic, flags = 0x1badb002, 0x10000
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff, BASE, BASE, BASE + 4096, BASE + 4096, BASE + START)
    path.write_bytes((header + code).ljust(4096, b"\0"))
    return str(path)


class Terminal:
    """The command with a pseudo-terminal as its standard input, output and error."""

    def __init__(self, intact, *options, verb="run"):
        self.command = [intact, verb, *([] if verb == "why" else ["-m", "16M", "-d", "exit"]), *options]
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        environment = {**os.environ, "TERM": "vt100"}
        self.process = subprocess.Popen(self.command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
        self.slave = slave
        self.heard = ""

    def hear(self, pattern):
        """Waits for the text, and forgets what was said up to there."""
        end = time.monotonic() + TIMEOUT
        while not (found := re.search(pattern, self.heard, re.M)):
            if time.monotonic() > end:
                self.process.kill()
                harness.fail(f"the terminal does not show '{pattern}', but {self.heard!r}: {' '.join(self.command)}")
            if select.select([self.master], [], [], 0.1)[0]:
                self.heard += os.read(self.master, 65536).decode(errors="replace").replace("\r", "")
        self.heard = self.heard[found.end():]
        return found

    def raw(self):
        """Waits until the terminal is the guest's: before, it echoes by itself."""
        end = time.monotonic() + TIMEOUT
        while termios.tcgetattr(self.slave)[3] & termios.ICANON:
            if time.monotonic() > end:
                harness.fail(f"the terminal does not become raw: {' '.join(self.command)}")
            time.sleep(0.01)

    def type(self, text):
        os.write(self.master, text.encode())

    def says(self, typed, pattern):
        self.type(typed)
        return self.hear(pattern)

    def end(self, status):
        if status is not None:
            self.hear(r"intact: exit \d+ after \d+ instructions")
        if self.process.wait(timeout=TIMEOUT) != (status or 0):
            harness.fail(f"exit status {self.process.returncode} instead of {status}: {' '.join(self.command)}")
        if termios.tcgetattr(self.slave) != self.before:
            harness.fail("the terminal is not as it was")
        os.close(self.master)
        os.close(self.slave)


def alone(intact, folder, edits):
    """-monitor stdio: the terminal is the monitor's."""
    terminal = Terminal(intact, "-S", "-smp", "2", "-kernel", kernel(folder / "echo", ECHO), "-monitor", "stdio")
    terminal.hear(r"^\(intact\) ")
    terminal.says("p 1+2\r", r"^0x3$")
    terminal.says("p 4\x7f5\r", r"^0x5$")  # backspace
    terminal.says("x $nothing\r", r"there is no register 'nothing'")
    terminal.says("break instruction:5\r", r"^1: break instruction:5$")
    if edits:
        terminal.says("p 8-2\x1b[D\x1b[D\x1b[C5\r", r"^0xffffffffffffffd4$")  # p 8-52: the cursor goes left, and right
        terminal.says("\x1b[A\x1b[A\x1b[A\x1b[A\r", r"^0x5$")  # history: four lines ago
        terminal.says("info ver\t\r", r"^intact \d")
        terminal.says("inf\tst\t\r", r"^stopped: instruction 0, ")
        terminal.says("info s\t", r"^snapshots  sources  status")
        terminal.says("\x15why pit\t\r", r"^place  pit\.out0 is ")
        terminal.says("break instr\t6\r", r"^2: break instruction:6$")
        terminal.says("info registers \t", r"^0  1")
        terminal.says(f"\x15trace on\rtrace write {folder}/trace te\t\rinfo trace\r", r"^the trace is running: ")
        if "what happens" not in (folder / "trace").read_text():
            harness.fail("the trace is not written as text")
    terminal.says("cont\r", r"stopped by breakpoint 1, instruction:5")
    terminal.says("p 77\r", r"^0x4d$")
    terminal.type("quit\r")
    terminal.end(0)


def stops(intact, folder, edits):
    """A stop that comes while a line is typed is shown above it."""
    terminal = Terminal(intact, "-S", "-kernel", kernel(folder / "echo", ECHO), "-monitor", "stdio", "-serial", "null")
    terminal.says("break instruction:300000000\r", r"^1: break")
    terminal.hear(r"^\(intact\) ")
    terminal.says("cont\r", r"^\(intact\) ")
    terminal.type("p 40")
    terminal.hear(r"stopped by breakpoint 1, instruction:300000000: ")
    terminal.hear(r"\(intact\) p 40")
    terminal.says("+2\r", r"^0x2a$")
    terminal.type("\x04")  # the end of the input: a stopped machine ends
    terminal.end(0)


def shared(intact, folder, edits):
    """Ctrl-a c: the monitor and the guest's console have one terminal."""
    terminal = Terminal(intact, "-kernel", kernel(folder / "echo", ECHO), "-nographic")
    terminal.raw()
    terminal.says("abc", r"abc")
    terminal.says("\x01h", r"Ctrl-a c  switch between the console and the monitor")
    terminal.says("\x01c", r"intact's monitor: Ctrl-a c goes back to the console")
    terminal.hear(r"^\(intact\) ")
    terminal.says("p 6*7\r", r"^0x2a$")
    terminal.says("info status\r", r"^running: instruction \d+, ")
    terminal.says("p 1\x01cdef", r"def")  # the rest of the line is given up
    terminal.says("\x01cstop\r", r"^stopped by stop: ")
    terminal.hear(r"^\(intact\) ")
    terminal.says("\x01cxyz\x01c", r"^\(intact\) ")
    terminal.says("cont\r", r"xyz")  # it was stopped
    terminal.says("p 2\r", r"^0x2$")
    terminal.says("\x01c\x01a!", "\x01!")
    terminal.type("\x01x")
    terminal.end(0)
    terminal = Terminal(intact, "-kernel", kernel(folder / "echo", ECHO), "-nographic", "-S", "-break", "instruction:9")
    terminal.hear(r"waits for cont in the monitor: Ctrl-a c$")
    terminal.raw()
    terminal.says("\x01c", r"^\(intact\) ")
    terminal.says("cont\r", r"stopped by a breakpoint, instruction:9: ")
    terminal.type("quit\r")
    terminal.end(0)
    terminal = Terminal(intact, "-kernel", kernel(folder / "echo", ECHO), "-nographic", "-monitor", "none")
    terminal.raw()
    terminal.says("\x01cabc", r"abc")  # Ctrl-a c is no key here
    terminal.says("\x01h", r"Ctrl-a a  send Ctrl-a")
    terminal.type("\x01x")
    terminal.end(0)


def asked(intact, folder, edits):
    """`intact why` at a terminal stops at its place, asks, and ends: no monitor waits for anybody."""
    terminal = Terminal(intact, "pit.out0", "-at", "instruction:9", "--", "-kernel", kernel(folder / "echo", ECHO), verb="why")
    terminal.hear(r"^place +pit\.out0 is |pit\.out0")
    terminal.end(None)


def main():
    intact, how = sys.argv[1:]
    if not hasattr(os, "openpty"):
        harness.skip("no pseudo-terminals here")
    for test in (alone, stops, shared, asked):
        with tempfile.TemporaryDirectory() as folder:
            print(test.__name__, flush=True)
            test(intact, pathlib.Path(folder), how == "libedit")


main()
