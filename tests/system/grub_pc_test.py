#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""SeaBIOS starts Debian's GRUB for a PC's BIOS, and that a Linux, from an IDE disk, a virtio disk, and an AHCI disk of q35.

    grub_pc_test.py INTACT

GRUB reads the kernel by the BIOS's disk functions (INT 13h). Two runs from IDE agree in every byte and end at the same instruction.
"""
import pathlib
import sys
import tempfile

import harness
import firmware
import grub_pc
import linux

ARCH = "cloud-amd64"
TIMEOUT = 300
LIMIT = "8000000000"
MODULES = ["biosdisk", "part_msdos", "fat", "linux", "echo"]
CONFIG = """set root=hd0,msdos1
echo INTACT: GRUB runs
linux /vmlinuz console=ttyS0 panic=-1 quiet
initrd /ramdisk
boot
"""
WANTED = ["SeaBIOS (version", "Booting from Hard Disk...", "INTACT: GRUB runs", linux.MARKER]
DISKS = {"IDE": ("pc", ["-hda", "{}"]),
         "virtio": ("pc", ["-drive", "if=none,id=disk,format=raw,file={}", "-device", "virtio-blk-pci,drive=disk,bootindex=0"]),
         "AHCI": ("q35", ["-hda", "{}"])}


def boot(intact, disk, name):
    kind, options = DISKS[name]
    result = harness.run([intact, "run", "-machine", kind, "-m", "512M", "-nographic", "-no-reboot", "-snapshot", "-d", "exit", "-limit", LIMIT,
                          "-bios", firmware.prepare("seabios"), *(text.format(disk) for text in options)], TIMEOUT)
    out, at = harness.text(result.stdout), 0
    for line in WANTED:
        at = out.find(line, at)
        if at < 0:
            harness.fail(f"{name}: '{line}' does not come in its place", result)
    if result.returncode != 0:
        harness.fail(f"{name}: exit status {result.returncode}", result)
    print(f"{name}: {harness.instructions(result)} instructions")
    return result


def main():
    with tempfile.TemporaryDirectory() as folder:
        disk = pathlib.Path(folder) / "disk"
        try:
            kernel, ramdisk = linux.prepare(ARCH)
            grub_pc.disk(disk, MODULES, CONFIG, {"vmlinuz": kernel.read_bytes(), "ramdisk": ramdisk.read_bytes()})
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        first = boot(sys.argv[1], disk, "IDE")
        harness.same(first, boot(sys.argv[1], disk, "IDE"))
        boot(sys.argv[1], disk, "virtio")
        boot(sys.argv[1], disk, "AHCI")


main()
