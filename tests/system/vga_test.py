#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What a VGA shows, on Intact and on QEMU.

    vga_test.py INTACT GUESTS

SeaBIOS runs the card's BIOS from its expansion ROM and starts a CD whose boot image (guests/tests/x86_64/boot_video.S) shows one
picture after the other, in text and graphics modes. Each is equal to QEMU's, pixel for pixel, in the six bits that the DAC has of a
colour. The picture of SeaBIOS's banner is the same in two runs, and that of a run that goes on from a saved state.
"""
import pathlib
import sys
import tempfile

import harness
import firmware
import linux
import png
import seabios_cd
import vga_show

TIMEOUT = 60
BANNER = 4_500_000 # instructions: the banner is on the screen
HALF = 3_000_000
PICTURES = ["banner", "text", "linear", "split", "unchained", "CGA", "CGA, two colours", "low planes", "planes", "write modes", "VBE 8",
            "VBE 15", "VBE 16", "VBE 24", "VBE 32", "VBE offset"]
FIVE_BITS = {"VBE 15", "VBE 16"} # QEMU's lower bits of these colours are 0


def show(command, folder):
    shown = vga_show.Show(command, folder)
    pictures = []
    for number in range(len(PICTURES)):
        shown.next(bytes([ord("a") + number]))
        pictures.append(shown.picture(folder))
        shown.go_on()
    if shown.end() != 33:
        harness.fail(f"exit status {shown.process.returncode}, not 33")
    return pictures


def dump(intact, options, folder, more, status=66):
    """The banner's picture, as PPM and PNG."""
    names = [folder / "banner.ppm", folder / "banner.png"]
    dumps = [word for path in names for word in ("-screendump-at", f"{BANNER}:{path}")]
    result = harness.run([intact, "run", *options, "-serial", "null", "-limit", str(BANNER), *dumps, *more], TIMEOUT)
    if result.returncode != status:
        harness.fail(f"exit status {result.returncode}, not {status}", result)
    return [path.read_bytes() for path in names]


def check_banner(intact, options, folder):
    first = dump(intact, options, folder, [])
    if first != dump(intact, options, folder, []):
        harness.fail("two runs show different pictures")
    state = str(folder / "state")
    half = harness.run([intact, "run", *options, "-serial", "null", "-limit", str(HALF), "-savevm", state], TIMEOUT)
    if half.returncode != 66 or first != dump(intact, options, folder, ["-loadvm", state]):
        harness.fail("the picture after a saved state is another", half)
    width, height, _, rows = png.decode(first[1])
    if f"P6\n{width} {height}\n255\n".encode() + b"".join(rows) != first[0]:
        harness.fail("the PNG is not the PPM")


def main():
    intact, guests = sys.argv[1:]
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        try:
            bios, rom = firmware.prepare("seabios"), firmware.prepare("vgabios-stdvga")
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        cd = seabios_cd.make(folder, pathlib.Path(guests) / "x86_64/tests/boot_video.sector")
        options = ["-machine", "pc", "-m", "32M", "-bios", bios, "-vga", "none", "-device", f"VGA,romfile={rom}", "-display", "none",
                   "-cdrom", str(cd), "-boot", "d", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4"]
        ours = show([intact, "run", *options], folder)
        for name, one, other in zip(PICTURES, ours, show([*harness.qemu(), *options, "-net", "none"], folder)):
            vga_show.same(name, one, other, 5 if name in FIVE_BITS else 6)
        check_banner(intact, options, folder)
        print(f"{len(ours)} pictures are QEMU's")


main()
