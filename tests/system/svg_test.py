#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The picture of an interrupt's life, drawn by Chromium and by librsvg.

    svg_test.py INTACT GUESTS FAMILY

What must hold: both draw a picture of the size that the file names, and the same one. They draw the edges of letters in
different ways, so squares of 16 pixels are compared.
"""
import os
import pathlib
import shutil
import sys
import tempfile
import xml.etree.ElementTree

import harness
import png

TIMEOUT = 120
TILE, DIFFERENT = 16, 32 # of 255
COLOURS = 8              # squares of so many colours at least: it is no empty page
FAMILIES = {
    "x86_64": ["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", "demo/demo.elf"],
    "aarch64": ["-machine", "virt", "-kernel", "demo/demo.image"],
}


def chromium(picture, width, height, folder):
    screen = folder / "screen.png"
    # Without its sandbox, which root cannot have.
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
               f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}", f"--screenshot={screen}",
               picture.as_uri()]
    result = harness.run(command, TIMEOUT)
    if result.returncode != 0 or not screen.exists():
        harness.fail("Chromium does not draw it", result)
    return screen.read_bytes()


def librsvg(picture):
    result = harness.run(["rsvg-convert", str(picture)], TIMEOUT)
    if result.returncode != 0:
        harness.fail("librsvg does not draw it", result)
    return result.stdout


def main():
    intact, guests, family = sys.argv[1:]
    for program in ("chromium", "rsvg-convert"):
        if not shutil.which(program):
            harness.skip(f"{program} is not installed")
    *options, kernel = FAMILIES[family]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        picture = folder / "life.svg"
        harness.run([intact, "trace", "-format", "svg", "-o", str(picture), "--", "-m", "64M", "-smp", "2", "-display", "none",
                     "-no-reboot", *options, os.path.join(guests, family, kernel)], TIMEOUT)
        root = xml.etree.ElementTree.parse(picture).getroot()
        size = int(root.get("width")), int(root.get("height"))
        drawn = [png.tiles(image, TILE) for image in (chromium(picture, *size, folder), librsvg(picture))]
    for width, height, means in drawn:
        if (width, height) != size or len({tuple(map(round, mean)) for mean in means}) < COLOURS:
            harness.fail(f"{width} x {height} pixels, not {size}, or an empty page")
    worst = max(abs(one - other) for pair in zip(drawn[0][2], drawn[1][2]) for one, other in zip(*pair))
    if worst > DIFFERENT:
        harness.fail(f"the two pictures differ by {worst:.0f} of 255 in a square of {TILE} pixels")
    print(f"{size[0]} x {size[1]}, the pictures differ by {worst:.1f} of 255 at most")


main()
