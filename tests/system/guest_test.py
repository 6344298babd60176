#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Runs one of our guests and compares its output with the transcript next to this file.

    guest_test.py EMULATOR GUEST TRANSCRIPT STATUS [OPTIONS...]

EMULATOR is the path of intact, or "qemu": then the same guest and transcript are held against Debian's QEMU, and with "qemu9"
against one of version 9 or later, for what an older one lacks. On intact the guest runs twice, and both runs must agree to
the instruction. TRANSCRIPT is below transcripts/; its folder says which family the guest is of.
"""
import pathlib
import re
import sys

import harness

TIMEOUT = 120
COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot"]
# More options for each machine, and options that QEMU needs: without them its HPET sends no messages.
FAMILIES = {
    "x86_64": (["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], ["-global", "hpet.msi=on"]),
    "aarch64": (["-cpu", "cortex-a57"], []),
}


def check(result, transcript, status):
    got = harness.text(result.stdout)
    if result.returncode != status:
        harness.fail(f"exit status {result.returncode}, not {status}", result)
    if got != transcript:
        for number, (have, want) in enumerate(zip(got.splitlines() + [""], transcript.splitlines() + [""]), 1):
            if have != want:
                harness.fail(f"line {number} is\n  {have}\nand should be\n  {want}", result)
        harness.fail("the transcript has another length", result)


def main():
    emulator, guest, name, status, *options = sys.argv[1:]
    transcript = (pathlib.Path(__file__).parent / "transcripts" / name).read_text()
    family = pathlib.PurePath(name).parent.name
    needed, qemu_only = FAMILIES[family]
    arguments = [*COMMON, *needed, *options, "-kernel", guest]
    version = re.fullmatch(r"qemu(\d*)", emulator)
    if version:
        # Time counted in instructions, so that a busy host changes nothing; several processors hardly get on that way.
        if "-smp" not in options:
            arguments += ["-icount", "shift=0,sleep=off"]
        command = [*harness.qemu(f"qemu-system-{family}", int(version[1] or 0)), *arguments, *qemu_only]
        check(harness.run(command, TIMEOUT), transcript, int(status))
        return
    command = [emulator, *arguments, "-d", "exit"]
    first, second = harness.run(command, TIMEOUT), harness.run(command, TIMEOUT)
    check(first, transcript, int(status))
    harness.same(first, second)


main()
