#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""-display sdl and curses of a machine with a display.

    screen_test.py INTACT

A run with a window (by SDL's driver that shows nothing), or on a terminal, ends as one without, at the same instruction and with the
same picture. At a terminal SeaBIOS's text comes with its place, and Esc opens its menu.
"""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

import harness
import firmware
import linux

LIMIT = 30_000_000
TIMEOUT = 60


def options(display):
    return ["run", "-machine", "pc", "-bios", firmware.prepare("seabios"), "-vga", "std", "-display", display, "-d", "exit",
            "-boot", "menu=on"]


def picture(intact, folder, display):
    file = pathlib.Path(folder) / f"{display}.ppm"
    result = harness.run([intact, *options(display), "-serial", "null", "-icount", "sleep=off", "-limit", str(LIMIT),
                          "-screendump-at", f"{LIMIT // 2}:{file}"], TIMEOUT)
    if "without SDL" in harness.text(result.stderr):
        return None
    if result.returncode != 66 or harness.instructions(result) != LIMIT:
        harness.fail(f"-display {display}: the run does not end at its limit", result)
    return file.read_bytes()


def at_terminal(intact):
    """Reads until the menu is there, after Esc; Ctrl-a x ends it."""
    main, other = pty.openpty()
    process = subprocess.Popen([intact, *options("curses")], stdin=other, stdout=other, stderr=subprocess.PIPE, close_fds=True)
    os.close(other)
    out, steps = b"", [(b"Press ESC for boot menu", b"\x1b"), (b"Select boot device", b"\x01x")]
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        if select.select([main], [], [], 0.1)[0]:
            try:
                out += os.read(main, 65536)
            except OSError:
                break
        if steps and steps[0][0] in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", out):
            os.write(main, steps.pop(0)[1])
    else:
        process.kill()
    said = process.stderr.read().decode()
    if steps or process.wait() != 0:
        print(out.decode(errors="replace"), said)
        sys.exit(f"FAILED: -display curses: {steps or 'the exit status'}")
    os.close(main)


def refused(intact, arguments, complaint):
    result = harness.run([intact, "run", *arguments], TIMEOUT)
    if result.returncode != 1 or complaint not in harness.text(result.stderr):
        harness.fail(f"'{complaint}' is not said", result)


def main():
    intact = sys.argv[1]
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    with tempfile.TemporaryDirectory() as folder:
        try:
            plain = picture(intact, folder, "none")
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        window = picture(intact, folder, "sdl")
        if window is not None and window != plain:
            sys.exit("FAILED: -display sdl: the picture is another one")
    at_terminal(intact)
    refused(intact, ["-display", "curses", "-vga", "std", "-kernel", "x", "-serial", "stdio"], "the terminal is taken")
    refused(intact, [*options("curses")[1:], "-serial", "null"], "-display curses: standard input and output are no terminal")


main()
