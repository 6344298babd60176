#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The window, by SDL's driver that shows nothing: what its events do to a machine is what the terminal's keys do, and a picture is a
PNG file of the right size, the same every time. Without SDL, what is said then.

    window_test.py INTACT GUESTS ON|OFF
"""
import os
import pathlib
import struct
import sys
import tempfile

import harness
import png

TIMEOUT = 60
INTACT, GUESTS, BUILT = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3] == "ON"
PC = ["-m", "64M", "-nodefaults", "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
      "-kernel", str(GUESTS / "x86_64/bench/uart_pic.elf"), "-append", "n=5"]
os.environ["SDL_VIDEODRIVER"] = "dummy"


def watch(keys, *more):
    result = harness.run([INTACT, "watch", "-keys", keys, "-size", "110x36", *more], TIMEOUT)
    if result.returncode:
        harness.fail(f"keys {keys}", result)
    return harness.text(result.stdout)


def refused(text, *words):
    result = harness.run([INTACT, *words], TIMEOUT)
    said = harness.text(result.stderr)
    if result.returncode != 1 or text not in said or said.count("\n") != 1:
        harness.fail(f"'{text}' was expected", result)


def same_as_the_terminal():
    for keys in ("nnTts", "nno<Down><Down><Enter>", "nn<click 8,3><click 62,3>w", "nnn<click 12,26>", "C", "nnp?<Esc>?i"):
        here, there = watch(keys, "--", *PC, "-display", "sdl"), watch(keys, "--", *PC)
        if here != there:
            harness.fail(f"keys {keys}: the window shows\n{here}\nand the terminal\n{there}")


def size_of(path):
    return struct.unpack(">8x8xII", path.read_bytes()[:24])


def pictures():
    with tempfile.TemporaryDirectory() as folder:
        first, second = pathlib.Path(folder) / "1.png", pathlib.Path(folder) / "2.png"
        watch("nn", "-shot", str(first), "--", *PC, "-display", "none,font-size=8")
        watch("nn", "-shot", str(second), "--", *PC, "-display", "sdl,font-size=8")
        if first.read_bytes() != second.read_bytes():
            harness.fail("two pictures of the same screen are not the same")
        width, height = size_of(first)
        rows = png.decode(first.read_bytes())[3]
        if not (110 * 3 < width < 110 * 8 and 36 * 6 < height < 36 * 15) or len(set(map(bytes, rows))) < 100:
            harness.fail(f"a picture of {width} by {height} pixels, or an empty one")
        watch("nn", "-shot", str(second), "--", *PC, "-display", "none,font-size=16")
        if not 1.8 < size_of(second)[0] / width < 2.2:
            harness.fail("font-size=16 is not twice as large as 8")


def rows_of_bmp(data):
    """An uncompressed bitmap of 24 bits a pixel, from the top, as RGB; its rows are of whole words."""
    start, width, height = struct.unpack("<10xI4xii", data[:26])
    stride = (width * 3 + 3) // 4 * 4
    rows = [data[start + y * stride:start + y * stride + width * 3] for y in range(height)]
    return [bytes(row[x - x % 3 + 2 - x % 3] for x in range(len(row))) for row in reversed(rows)]


def what_the_window_has():
    """SDL's driver writes each frame to a file: the last one is the picture of the grid, though only lines that change are drawn."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SDL_VIDEO_DUMMY_SAVE_FRAMES"] = "1"
        here, path = os.getcwd(), pathlib.Path(folder) / "shot.png"
        os.chdir(folder)
        watch("nnsTj", "-shot", str(path), "--", *PC, "-display", "sdl,font-size=8")
        os.chdir(here)
        del os.environ["SDL_VIDEO_DUMMY_SAVE_FRAMES"]
        frames = sorted(pathlib.Path(folder).glob("*.bmp"))
        if len(frames) < 3:
            harness.fail(f"{len(frames)} frames were drawn")
        if rows_of_bmp(frames[-1].read_bytes()) != list(map(bytes, png.decode(path.read_bytes())[3])):
            harness.fail("the window does not show what the picture has")


def lesson():
    result = harness.run([INTACT, "lesson", "1", "--window", "--keys", "nnn"], TIMEOUT)
    if result.returncode or "#1 testdev.line5: ended" not in harness.text(result.stdout):
        harness.fail("a lesson in a window", result)


def main():
    if not BUILT:
        refused("-display sdl: this intact is built without SDL; install", "run", *PC, "-display", "sdl")
        refused("a picture as PNG: this intact is built without SDL", "watch", "-keys", "n", "-shot", "x.png", "--", *PC)
    else:
        same_as_the_terminal()
        pictures()
        what_the_window_has()
        lesson()
        refused("there is no font 'No Such'", "run", *PC, "-display", "sdl,font=No Such")
        refused("cannot write '/nowhere/x.png'", "watch", "-keys", "n", "-shot", "/nowhere/x.png", "--", *PC)
    refused("font-size=1 is not", "run", *PC, "-display", "sdl,font-size=1")
    refused("only 'none', 'sdl' and 'curses'", "run", *PC, "-display", "gtk")
    refused("-display sdl: not with -gdb", "run", *PC, "-display", "sdl", "-gdb", "tcp::0")
    refused("only intact run and intact watch", "digest", *PC, "-display", "sdl")
    print("passed")


main()
