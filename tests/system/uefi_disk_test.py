#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots Debian's kernel for Arm by UEFI and GRUB, from a disk and from a CD.

    uefi_disk_test.py INTACT

UEFI starts \\EFI\\BOOT\\BOOTAA64.EFI of a virtio disk, or of the boot image for EFI of a CD (El Torito), a read-only virtio disk. The
kernel finds ACPI, and writes a variable, which the second flash bank keeps for the next boot. Of two
disks UEFI starts the one that a bootindex puts first. With INTACT_TWICE set, as ./dev check
sets it, two runs that begin with the same flash agree in every byte and end at the same instruction.
"""
import os
import pathlib
import sys
import tempfile

import harness
import boot_media
import firmware
import linux

ARCH = "cloud-arm64"
TIMEOUT = 300
BANK = 64 << 20
VARIABLE = "Intact-12345678-1234-1234-1234-123456789abc"
CONFIG = """set timeout=0
menuentry "Debian" {
  linux /vmlinuz console=ttyAMA0
  initrd /ramdisk
}
"""
INIT = f"""#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
insmod /modules/efivarfs.ko
mount -t efivarfs efivarfs /sys/firmware/efi/efivars
variable=/sys/firmware/efi/efivars/{VARIABLE}
[ -f $variable ] && echo "INTACT: the variable is $(tail -c +5 $variable)"
printf '\\007\\000\\000\\000kept by flash' > $variable
echo "INTACT: tables $(ls /sys/firmware/acpi/tables | tr '\\n' ' ')"
echo "INTACT: done"
poweroff -f
"""
WANTED = ["BdsDxe: starting Boot", "Welcome to GRUB!", "EFI stub", "INTACT: tables APIC", "INTACT: done", "Power down"]
KEPT = "INTACT: the variable is kept by flash"


def prepare(folder):
    kernel, _ = linux.prepare(ARCH)
    busybox = (linux.CACHE / ARCH / "busybox").read_bytes()
    files = {"vmlinuz": kernel.read_bytes(), "ramdisk": linux.initramfs(busybox, INIT, linux.modules(ARCH, ("efivarfs",)))}
    boot_media.disk(folder / "disk", "arm64", files, CONFIG)
    boot_media.cd(folder / "cd", "arm64", files, CONFIG)
    erase(folder)


def erase(folder):
    with open(folder / "variables", "wb") as bank:
        bank.truncate(BANK)


def boot(intact, folder, medium, options=()):
    result = harness.run([intact, "run", "-machine", "virt", "-cpu", "cortex-a57", "-m", "256M", "-nographic", "-d", "exit", "-lint", "on",
                          "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={firmware.prepare('uefi')}",
                          "-drive", f"if=pflash,unit=1,format=raw,file={folder / 'variables'}",
                          "-drive", f"if=none,id=disk,format=raw,readonly=on,file={folder / medium}",
                          "-device", "virtio-blk-pci,drive=disk", *options], TIMEOUT)
    out, at = harness.text(result.stdout), 0
    for line in WANTED:
        at = out.find(line, at)
        if at < 0:
            harness.fail(f"{medium}: '{line}' does not come in its place", result)
    if result.returncode != 0 or "intact: lint:" in harness.text(result.stderr):
        harness.fail(f"{medium}: exit status {result.returncode}, or the lint blames somebody", result)
    print(f"{medium}: {harness.instructions(result)} instructions")
    return result


def check_order(intact, folder):
    """Of two disks the one with the lower bootindex is first, on PCI and in a virtio-mmio slot."""
    options = [intact, "run", "-machine", "virt", "-cpu", "cortex-a57", "-m", "256M", "-nographic",
               "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={firmware.prepare('uefi')}"]
    for name in ("one", "two"):
        boot_media.disk(folder / name, "arm64", {}, f"set timeout=0\nmenuentry x {{\n  echo INTACT: disk {name}\n  halt\n}}\n")
        options += ["-drive", f"if=none,id={name},format=raw,readonly=on,file={folder / name}"]
    for name, devices in (("one", ["virtio-blk-pci,drive=one", "virtio-blk-pci,drive=two"]),
                          ("two", ["virtio-blk-pci,drive=one,bootindex=7", "virtio-blk-pci,drive=two,bootindex=6"]),
                          ("two", ["virtio-blk-pci,drive=one", "virtio-blk-device,drive=two,bootindex=1"])):
        result = harness.run([*options, "-device", devices[0], "-device", devices[1]], TIMEOUT)
        if result.returncode != 0 or f"INTACT: disk {name}" not in harness.text(result.stdout):
            harness.fail(f"{devices}: it is not disk {name} that starts", result)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            prepare(folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        first = boot(sys.argv[1], folder, "disk")
        if KEPT in harness.text(first.stdout):
            harness.fail("there is a variable in empty flash", first)
        if KEPT not in harness.text(boot(sys.argv[1], folder, "disk").stdout):
            harness.fail("the variable was not kept", first)
        erase(folder)
        boot(sys.argv[1], folder, "cd")
        check_order(sys.argv[1], folder)
        if os.environ.get("INTACT_TWICE"):
            erase(folder)
            harness.same(first, boot(sys.argv[1], folder, "disk"))


main()
