#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What a VGA shows, on Intact and on QEMU.

    vga_test.py INTACT GUESTS

SeaBIOS runs the card's BIOS from its expansion ROM and starts a CD whose boot image (guests/tests/x86_64/boot_video.S) shows one
picture after the other, in text and graphics modes. Each is equal to QEMU's, pixel for pixel, in the six bits that the DAC has of a
colour. The picture of SeaBIOS's banner is the same in two runs, and that of a run that goes on from a saved state.
"""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import harness
import firmware
import linux
import png
import seabios_cd

TIMEOUT = 60
BANNER = 4_500_000 # instructions: the banner is on the screen
HALF = 3_000_000
PICTURES = ["banner", "text", "linear", "split", "unchained", "CGA", "CGA, two colours", "low planes", "planes", "write modes", "VBE 8",
            "VBE 15", "VBE 16", "VBE 24", "VBE 32", "VBE offset"]
FIVE_BITS = {"VBE 15", "VBE 16"} # QEMU's lower bits of these colours are 0


class Show:
    """An emulator with the guest: its serial port, and QMP."""
    def __init__(self, command, folder):
        path = str(folder / "qmp")
        self.process = subprocess.Popen([*command, "-serial", "stdio", "-qmp", f"unix:{path},server=on,wait=off"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(10000):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.001)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                harness.fail(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return

    def next(self, letter):
        """The guest has written the letter."""
        while (byte := self.process.stdout.read(1)) != letter:
            if not byte:
                harness.fail(f"ended before picture {letter}: {harness.text(self.process.stderr.read())}")

    def go_on(self):
        self.process.stdin.write(b".")
        self.process.stdin.flush()

    def end(self):
        self.process.communicate(timeout=TIMEOUT)
        self.socket.close()
        return self.process.returncode


def read_ppm(path):
    kind, size, _, data = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    return kind, width, height, data


def show(command, folder):
    shown = Show(command, folder)
    pictures = []
    for number in range(len(PICTURES)):
        shown.next(bytes([ord("a") + number]))
        shown.ask("screendump", filename=str(folder / "picture.ppm"))
        pictures.append(read_ppm(folder / "picture.ppm"))
        shown.go_on()
    if shown.end() != 33:
        harness.fail(f"exit status {shown.process.returncode}, not 33")
    return pictures


def check_pictures(ours, theirs):
    for name, one, other in zip(PICTURES, ours, theirs):
        if one[:3] != other[:3]:
            harness.fail(f"{name}: {one[1]}x{one[2]}, and with QEMU {other[1]}x{other[2]}")
        kept = bytes(value & (0xf8 if name in FIVE_BITS else 0xfc) for value in range(256))
        mine, its = one[3].translate(kept), other[3].translate(kept)
        if mine != its:
            at = next(at for at in range(len(mine)) if mine[at] != its[at]) // 3
            y, x = divmod(at, one[1])
            harness.fail(f"{name}: the first pixel that differs is at {x}, {y}: {one[3][3 * at:3 * at + 3].hex()}, and with QEMU "
                         f"{other[3][3 * at:3 * at + 3].hex()}")


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
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            bios, rom = firmware.prepare("seabios"), firmware.prepare("vgabios-stdvga")
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        cd = seabios_cd.make(folder, pathlib.Path(guests) / "x86_64/tests/boot_video.sector")
        options = ["-machine", "pc", "-m", "32M", "-bios", bios, "-vga", "none", "-device", f"VGA,romfile={rom}", "-display", "none",
                   "-cdrom", str(cd), "-boot", "d", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4"]
        ours = show([intact, "run", *options], folder)
        check_pictures(ours, show([*harness.qemu(), *options, "-net", "none"], folder))
        check_banner(intact, options, folder)
        print(f"{len(ours)} pictures are QEMU's")


main()
