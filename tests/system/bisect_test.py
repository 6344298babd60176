#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A run that is not the recorded one: found by a replay, and narrowed down to its instruction by replay --bisect.

    bisect_test.py INTACT PLANTED GUESTS x86_64|aarch64

PLANTED is the command with a fault in it (planted.c).
"""
import os
import pathlib
import re
import sys
import tempfile

import harness

TIMEOUT = 120
DIVERGED = 70
FAMILIES = {
    "x86_64": (["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", "x86_64/tests/smp.elf"], 33, 0x700000),
    "aarch64": (["-machine", "virt", "-kernel", "aarch64/tests/smp.image"], 0, 0x40700000),
}


def run(command, planted=None, status=None):
    os.environ.pop("INTACT_PLANTED", None)
    if planted:
        os.environ["INTACT_PLANTED"] = planted
    result = harness.run([str(word) for word in command], TIMEOUT)
    if status is not None and result.returncode != status:
        harness.fail(f"exit status {result.returncode} instead of {status}", result)
    return result


def expect(result, stream, pattern):
    text = harness.text(getattr(result, stream))
    found = re.search(pattern, text, re.M)
    if not found:
        harness.fail(f"it does not say '{pattern}'", result)
    return found


def main():
    intact, planted, guests, family = sys.argv[1:]
    options, status, address = FAMILIES[family]
    options = [str(pathlib.Path(guests) / word) if "/tests/" in word else word for word in options]
    options = ["-m", "64M", "-display", "none", "-nodefaults", "-smp", "4", "-no-reboot", "-serial", "stdio", *options]
    with tempfile.TemporaryDirectory() as folder:
        journal = pathlib.Path(folder) / "journal"
        recorded = run([intact, "record", journal, "-digest", "10000", *options], status=status)
        end = int(expect(recorded, "stderr", r"recorded: (\d+) instructions").group(1))
        run([intact, "replay", journal], status=status)
        same = run([intact, "replay", "--bisect", journal], status=0)
        expect(same, "stdout", f"both replays are the same to their end, after {end} instructions")

        # A bit of RAM, and a field of a chip, at one instruction.
        when = end // 2 + 123
        for fault, what, sums in ((f"ram:{when}:{address:x}", rf"^  RAM at {address:x}: 00 and 04$",
                                   rf"; after \d+ instructions these differ: RAM in the page at {address:x}$"),
                                  (f"chip:{when}", r"^  memory/unanswered_reads: 0 and 0*1$",
                                   r"these differ: memory/unanswered_reads \(0*1, was 0*\)$")):
            print(fault, flush=True)
            other = run([planted, "replay", journal], fault, DIVERGED)
            interval = expect(other, "stderr", r"between instructions (\d+) and (\d+)")
            if not int(interval.group(1)) < when <= int(interval.group(2)):
                harness.fail("it is another interval", other)
            expect(other, "stderr", sums)
            expect(other, "stderr", r"^intact: two more replays by this program are the same up to there, so another program")
            found = run([intact, "replay", "--bisect", journal, "--with", planted], fault, DIVERGED)
            expect(found, "stdout", rf"the same after {when - 1} instructions, and differ after the next one:")
            expect(found, "stdout", what)

        # The host's clock in what a device answers: two replays by the same program differ.
        print("clock", flush=True)
        told = run([planted, "replay", journal], "clock", DIVERGED)
        expect(told, "stderr", r"between instructions \d+ and \d+")
        expect(told, "stderr", r"^intact: this program does not make the same run twice, .* differ after the next one:$")
        expect(told, "stderr", r"^  cpu\d/")
        found = run([planted, "replay", "--bisect", journal], "clock", DIVERGED)
        expect(found, "stdout", r"the same after \d+ instructions, and differ after the next one:")
        expect(found, "stdout", r"^  cpu\d/")

        # Another command line, by an option of the replay.
        changed = run([intact, "replay", journal, "--", "-append", "x"], status=DIVERGED)
        expect(changed, "stderr", r"^intact: the options have made it another run: the machines differ before the first instruction:$")
        expect(changed, "stderr", r"^  RAM at [0-9a-f]+: [0-9a-f]+ and [0-9a-f]+$")

        run([intact, "replay", "--bisect", pathlib.Path(folder) / "none"], status=1)
        run([intact, "replay", "--bisect", journal, "--with", "/does/not/exist"], status=1)
        run([intact, "replay", "--bisect"], status=1)


main()
