#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Starts Debian's SeaBIOS on the PC.

    seabios_test.py INTACT

Without a disk it comes to "No bootable device", waits and resets. Its log, at port 402h, says what it has found. Two runs agree in
every byte and end at the same instruction; so do a replay of a recorded run, and a run that goes on from a saved state.
"""
import pathlib
import sys
import tempfile

import harness
import firmware
import linux

TIMEOUT = 60
LIMIT = 2_000_000_000
HALF = 3_000_000 # instructions: in the middle

SCREEN = ["SeaBIOS (version", "Booting from Hard Disk...", "No bootable device.  Retrying in 60 seconds."]
LOG = ["Running on QEMU (i440fx)", "QEMU fw_cfg DMA interface supported", "PIIX3/PIIX4 init: elcr=00 0c",
       "Found 1 cpu(s) max supported 1 cpu(s)", "sercon: using ioport 0x3f8", "PS2 keyboard initialized",
       "All threads complete."]


def in_order(out, wanted, result):
    at = 0
    for line in wanted:
        at = out.find(line, at)
        if at < 0:
            harness.fail(f"'{line}' does not come in its place", result)
        at += len(line)


class Machine:
    def __init__(self, intact, folder):
        self.intact, self.folder = intact, pathlib.Path(folder)
        self.log = self.folder / "log"
        self.options = ["-machine", "pc", "-m", "128M", "-nographic", "-no-reboot", "-d", "exit", "-bios",
                        firmware.prepare("seabios"), "-chardev", f"file,id=log,path={self.log}",
                        "-device", "isa-debugcon,iobase=0x402,chardev=log"]

    def run(self, options, verb=("run",), status=0):
        result = harness.run([self.intact, *verb, *self.options, *options], TIMEOUT)
        if result.returncode != status:
            harness.fail(f"exit status {result.returncode}, not {status}", result)
        return result


def check_prompt(machine):
    limit = ["-limit", str(LIMIT)]
    first = machine.run(limit)
    in_order(harness.text(first.stdout), SCREEN, first)
    in_order(machine.log.read_text(), LOG, first)
    print(f"{harness.instructions(first)} instructions")
    harness.same(first, machine.run(limit))
    return first


def check_replay(machine):
    journal = str(machine.folder / "journal")
    machine.run([], ("record", journal))
    result = harness.run([machine.intact, "replay", journal], TIMEOUT)
    if result.returncode != 0 or "the same run" not in harness.text(result.stderr):
        harness.fail("a replay is another run", result)


def check_snapshot(machine, whole):
    state = str(machine.folder / "state")
    first = machine.run(["-limit", str(HALF), "-savevm", state], status=66)
    second = machine.run(["-loadvm", state, "-limit", str(LIMIT)])
    if first.stdout + second.stdout != whole.stdout or harness.instructions(second) != harness.instructions(whole):
        harness.fail("what follows a saved state is not what follows in one run", second)


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            machine = Machine(sys.argv[1], folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        whole = check_prompt(machine)
        check_replay(machine)
        check_snapshot(machine, whole)


main()
