#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Runs one guest of ours and compares what it prints with the transcript beside this file.

    guest_test.py EMULATOR GUEST TRANSCRIPT STATUS [OPTIONS...]

EMULATOR is the path of intact, or "qemu": then the same guest and transcript are held against Debian's QEMU. On intact the
guest runs twice, and both runs must agree to the instruction.
"""
import pathlib
import sys

import harness

TIMEOUT = 120
COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot",
          "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


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
    arguments = [*COMMON, *options, "-kernel", guest]
    if emulator == "qemu":
        # Time counted in instructions, so that a busy host changes nothing; several processors hardly get on that way.
        if "-smp" not in options:
            arguments += ["-icount", "shift=0,sleep=off"]
        # Its HPET does not send messages unless it is told to.
        command = [harness.qemu(), *arguments, "-global", "hpet.msi=on"]
        check(harness.run(command, TIMEOUT), transcript, int(status))
        return
    command = [emulator, *arguments, "-d", "exit"]
    first, second = harness.run(command, TIMEOUT), harness.run(command, TIMEOUT)
    check(first, transcript, int(status))
    harness.same(first, second)


main()
