#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots Debian's kernel by OVMF and GRUB on the PC, from disks and a CD.

    ovmf_test.py INTACT [--long]

OVMF starts \\EFI\\BOOT\\BOOTX64.EFI. The kernel finds ACPI tables that say where the firmware has put ports and BARs, and writes a
variable, which the second flash bank keeps for the next boot. A replay of a recorded boot is the same run, and flash that it may not
write stays as it is. With --long two runs agree in every byte and end at the same instruction, QEMU's firmware loads the same
files, and the firmware also runs as ROM (-bios).
"""
import pathlib
import re
import sys
import tempfile

import harness
import boot_media
import firmware
import linux

ARCH = "cloud-amd64"
TIMEOUT = 300
VARIABLE = "Intact-12345678-1234-1234-1234-123456789abc"
CONFIG = """set timeout=0
menuentry "Debian" {
  linux /vmlinuz console=ttyS0
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
dmesg -r | sed -n 's/^<[0-4]>/INTACT: warning: /p'
dmesg | grep "can't claim" | sed 's/^/INTACT: warning: /'
echo "INTACT: tables $(ls /sys/firmware/acpi/tables | tr '\\n' ' ')"
echo "INTACT: done"
poweroff -f
"""
WANTED = ["BdsDxe: starting Boot", "Welcome to GRUB!", "INTACT: tables APIC", "INTACT: done", "Power down"]
KEPT = "INTACT: the variable is kept by flash"
MEDIA = {"IDE disk": ["-drive", "if=ide,index=0,format=raw,snapshot=on,file={}/disk"],
         "virtio disk": ["-drive", "if=none,id=d,format=raw,readonly=on,file={}/disk", "-device", "virtio-blk-pci,drive=d"],
         "CD": ["-cdrom", "{}/cd"]}


class Machine:
    def __init__(self, intact, folder):
        self.intact, self.folder = intact, folder
        self.code = firmware.prepare("ovmf-code")
        self.vars = pathlib.Path(firmware.prepare("ovmf-vars")).read_bytes()
        self.variables = folder / "variables"
        kernel, _ = linux.prepare(ARCH)
        self.kernel = kernel
        busybox = (linux.CACHE / ARCH / "busybox").read_bytes()
        files = {"vmlinuz": kernel.read_bytes(),
                 "ramdisk": linux.initramfs(busybox, INIT, linux.modules(ARCH, ("efivarfs",)))}
        (folder / "ramdisk").write_bytes(files["ramdisk"])
        boot_media.disk(folder / "disk", "amd64", files, CONFIG)
        boot_media.cd(folder / "cd", "amd64", files, CONFIG)

    def options(self, medium):
        return ["-machine", "pc", "-m", "256M", "-nographic", "-no-reboot", "-drive",
                f"if=pflash,unit=0,format=raw,readonly=on,file={self.code}", "-drive",
                f"if=pflash,unit=1,format=raw,file={self.variables}", *(text.format(self.folder) for text in MEDIA[medium])]

    def erase(self):
        self.variables.write_bytes(self.vars)

    # A firmware waits much, for devices that answer at once: each instruction takes 16 ns.
    def run(self, options, verb=("run",), wanted=WANTED):
        result = harness.run([self.intact, *verb, *options, "-icount", "shift=4", "-d", "exit", "-lint", "on"], TIMEOUT)
        self.check(result, wanted)
        if "intact: lint:" in harness.text(result.stderr):
            harness.fail("the lint blames somebody", result)
        return result

    def check(self, result, wanted=WANTED):
        out, at = harness.text(result.stdout), 0
        for line in wanted:
            at = out.find(line, at)
            if at < 0:
                harness.fail(f"'{line}' does not come in its place", result)
        if result.returncode != 0 or "INTACT: warning" in out:
            harness.fail(f"exit status {result.returncode}, or the kernel warns", result)


def check_kept(machine):
    machine.erase()
    first = machine.run(machine.options("IDE disk"))
    if KEPT in harness.text(first.stdout):
        harness.fail("there is a variable in empty flash", first)
    second = machine.run(machine.options("IDE disk"))
    if KEPT not in harness.text(second.stdout):
        harness.fail("the variable was not kept", second)
    print(f"IDE disk: {harness.instructions(first)} instructions")
    return first


def check_replay(machine):
    journal = str(machine.folder / "journal")
    machine.erase()
    options = machine.options("virtio disk")
    machine.run([*options, "-snapshot"], ("record", journal))
    if machine.variables.read_bytes() != machine.vars:
        harness.fail("a snapshot has changed the variables")
    result = harness.run([machine.intact, "replay", journal], TIMEOUT)
    if result.returncode != 0 or "the same run" not in harness.text(result.stderr):
        harness.fail("a replay is another run", result)


def loaded(result):
    """What the firmware says that it starts, without the names of devices, which are QEMU's or ours."""
    return re.findall(r"BdsDxe: starting \w+ \".*?\" from (.*)", harness.text(result.stdout))


def check_qemu(machine, ours):
    machine.erase()
    theirs = harness.run([*harness.qemu(), *machine.options("IDE disk"), "-vga", "none", "-net", "none"], TIMEOUT)
    machine.check(theirs)
    if loaded(theirs) != loaded(ours):
        harness.fail(f"QEMU's firmware starts {loaded(theirs)}, ours {loaded(ours)}", theirs)


# OVMF starts a -kernel itself.
def check_kernel(machine):
    machine.erase()
    options = machine.options("IDE disk")
    options = options[:options.index("-drive") + 4] + ["-kernel", str(machine.kernel), "-initrd", str(machine.folder / "ramdisk"), "-append",
                                                       "console=ttyS0"]
    machine.run(options, wanted=WANTED[2:])


def check_long(machine, first):
    check_qemu(machine, first)
    check_kernel(machine)
    machine.erase()
    harness.same(first, machine.run(machine.options("IDE disk")))
    machine.erase()
    machine.run(machine.options("CD"))
    image = machine.folder / "whole"
    image.write_bytes(machine.vars + pathlib.Path(machine.code).read_bytes())
    options = machine.options("virtio disk")
    machine.run(["-bios", str(image), *options[:options.index("-drive")], *options[options.index("-drive") + 4:]])


def main():
    with tempfile.TemporaryDirectory() as name:
        try:
            machine = Machine(sys.argv[1], pathlib.Path(name))
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        first = check_kept(machine)
        if "--long" in sys.argv:
            check_replay(machine)
            check_long(machine, first)


main()
