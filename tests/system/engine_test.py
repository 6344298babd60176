#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""docs/engine.md shows a block as instructions, as ops and as host code. This runs its guest, and holds the page to what is logged.

    engine_test.py INTACT

Of host code the pieces must be those of the page, in their order; their instructions depend on the host.
"""
import pathlib
import re
import sys
import tempfile

import harness

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TIMEOUT = 60
PIECE = re.compile(r"^  -- .*", re.M)


def lines(text):
    return [line.rstrip() for line in text.strip().splitlines()]


def after(text, begin):
    """The part of a log from a line on, up to an empty one."""
    found = re.search(begin + r"(?:.*\n)+?(?=\n)", text)
    if not found:
        harness.fail(f"the log has no {begin!r}")
    return found.group(0)


def fenced(page, begin):
    found = re.search(r"^```\n(" + begin + r"(?:.*\n)+?)```$", page, re.M)
    if not found:
        harness.fail(f"docs/engine.md has no {begin!r}")
    return found.group(1)


def same(what, logged, shown):
    if logged != shown:
        harness.fail(f"docs/engine.md shows other {what} than the log\n--- page\n" + "\n".join(shown) + "\n--- log\n" +
                     "\n".join(logged))


def main():
    intact = sys.argv[1]
    page = (ROOT / "docs/engine.md").read_text()
    guest = bytes.fromhex(re.search(r'fromhex\("([0-9a-f]+)"\)', page).group(1))
    options = re.search(r"^    intact run (.*)$", page, re.M).group(1).split()
    disassembles = harness.run([intact, "run", "-d", "in_asm", "-version"], TIMEOUT).returncode == 0
    if not disassembles:
        options = [option.replace("in_asm,", "") for option in options]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "loop.bin")
        file.write_bytes(guest)
        options[options.index("-kernel") + 1] = str(file)
        result = harness.run([intact, "run", *options], TIMEOUT)
    if result.returncode != 0:
        harness.fail("the guest does not power off", result)
    log = harness.text(result.stderr)
    if disassembles:
        same("instructions", lines(after(log, r"IN: \n0x40080010: ")), lines(fenced(page, "IN:\n")))
    same("ops", lines(after(log, r"OP: \n ---- 0x40080010\n")), lines(fenced(page, "OP:\n")))
    if "jit: on" in log:
        shown = fenced(page, r"OUT: \[size=\d+\] 0x40080010\n")
        same("pieces of host code", PIECE.findall(after(log, r"OUT: \[size=\d+\] 0x40080010\n")), PIECE.findall(shown))


main()
