#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Starts Debian's SeaBIOS on the PC.

    seabios_test.py INTACT GUESTS

Without a disk it comes to "No bootable device", waits and resets. Its log, at port 402h, says what it has found. With a disk, on IDE
or virtio, it starts the first sector (guests/tests/x86_64/boot_sector.S), which reads and writes others, or a CD's boot image
(boot_cd.S); on QEMU the screen is the same. A disk with a bootindex is tried before others. The same disks and CDs start on q35, at its AHCI
controller. Two runs agree in every byte and end at the same instruction; so do a replay of a recorded run, and a run that goes on from a
saved state.
"""
import pathlib
import struct
import sys
import tempfile

import harness
import firmware
import linux
import seabios_cd

TIMEOUT = 60
LIMIT = 2_000_000_000
HALF = 3_000_000 # instructions: in the middle
IN_SECTOR = 24_000 # instructions before the end of a boot from IDE: within the boot sector's work
SECTOR = 512
DISK = 1 << 20
DISKS = {
    "IDE": ["-hda", "{}"],
    "virtio": ["-drive", "if=none,format=raw,id=disk,file={}", "-device", "virtio-blk-pci,drive=disk"],
}

MENU = ["Press ESC for boot menu.", "Select boot device:", "1. ata0-0: INTACT", "Booting from Hard Disk...", "the boot sector runs"]
SCREEN = ["SeaBIOS (version", "Booting from Hard Disk...", "No bootable device.  Retrying in 5 seconds."]
LOG = ["Running on QEMU (i440fx)", "QEMU fw_cfg DMA interface supported", "Moving pm_base to 0x600", "PIIX3/PIIX4 init: elcr=00 0c",
       "Using pmtimer, ioport 0x608", "Found 1 cpu(s) max supported 1 cpu(s)", "Copying SMBIOS from", "ACPI: parse DSDT at", "sercon: using ioport 0x3f8", "PS2 keyboard initialized",
       "All threads complete."]
BOOT = ["Booting from Hard Disk...", "the boot sector runs", "the second sector", "the third sector",
        "the fourth sector was written"]
CD_BOOT = ["Booting from DVD/CD...", "the CD's boot image runs", "a sector of the CD"]


def in_order(out, wanted, result):
    at = 0
    for line in wanted:
        at = out.find(line, at)
        if at < 0:
            harness.fail(f"'{line}' does not come in its place", result)
        at += len(line)


class Machine:
    def __init__(self, intact, folder, kind="pc"):
        self.intact, self.folder, self.kind = intact, pathlib.Path(folder), kind
        self.log = self.folder / "log"
        self.options = ["-machine", kind, "-m", "128M", "-nographic", "-no-reboot", "-d", "exit", "-bios",
                        firmware.prepare("seabios"), "-chardev", f"file,id=log,path={self.log}",
                        "-device", "isa-debugcon,iobase=0x402,chardev=log"]

    def run(self, options, verb=("run",), status=0):
        result = harness.run([self.intact, *verb, *self.options, *options], TIMEOUT)
        if result.returncode != status:
            harness.fail(f"exit status {result.returncode}, not {status}", result)
        return result


def check_prompt(machine):
    wait = machine.folder / "wait"
    wait.write_bytes(struct.pack("<I", 5000))
    limit = ["-limit", str(LIMIT), "-fw_cfg", f"name=etc/boot-fail-wait,file={wait}"]
    first = machine.run(limit)
    in_order(harness.text(first.stdout), SCREEN, first)
    in_order(machine.log.read_text(), LOG, first)
    print(f"{harness.instructions(first)} instructions")
    harness.same(first, machine.run(limit))
    return first, limit


def check_replay(machine, options, status=0):
    journal = str(machine.folder / "journal")
    machine.run([*options, "-snapshot"], ("record", journal), status)
    result = harness.run([machine.intact, "replay", journal], TIMEOUT)
    if result.returncode != status or "the same run" not in harness.text(result.stderr):
        harness.fail("a replay is another run", result)


def check_snapshot(machine, whole, half=HALF, options=()):
    state = str(machine.folder / "state")
    first = machine.run([*options, "-limit", str(half), "-savevm", state], status=66)
    second = machine.run([*options, "-loadvm", state, "-limit", str(LIMIT)], status=whole.returncode)
    if first.stdout + second.stdout != whole.stdout or harness.instructions(second) != harness.instructions(whole):
        harness.fail("what follows a saved state is not what follows in one run", second)


def make_disk(machine, guests):
    """A boot sector, and two with texts."""
    disk = machine.folder / "disk"
    sector = (pathlib.Path(guests) / "x86_64/tests/boot_sector.sector").read_bytes()
    texts = [text.ljust(SECTOR, b"\0") for text in (b"the second sector\r\n", b"the third sector\r\n")]
    disk.write_bytes((sector + b"".join(texts)).ljust(DISK, b"\0"))
    return disk


def from_disk(result):
    """What a boot from a disk has printed."""
    out = harness.text(result.stdout)
    return out[out.find("Booting from"):]


def check_keys(machine, guests):
    """Esc at its prompt shows the menu, and there 1 starts the disk. The keys are in a journal: a replay needs no file."""
    keys = machine.folder / "keys"
    keys.write_text("# while it waits, halted\n3450K esc\n+500ms 1 20\n")
    options = ["-hda", str(make_disk(machine, guests)), "-snapshot", "-device", "isa-debug-exit,iobase=0xf4", "-boot", "menu=on",
               "-limit", str(LIMIT), "-sendkeys", str(keys)]
    first = machine.run(options, status=33)
    in_order(harness.text(first.stdout), MENU, first)
    harness.same(first, machine.run(options, status=33))
    check_replay(machine, options, 33)
    for text, complaint in (("1 a\nx b", "keys:2: a line begins with a count"), ("5 ctrl-nokey", "keys:1: there is no key 'nokey'")):
        keys.write_text(text)
        result = machine.run(["-sendkeys", str(keys)], status=1)
        if complaint not in harness.text(result.stderr):
            harness.fail(f"'{complaint}' is not said", result)


def check_disk(machine, guests, name):
    results = []
    for _ in range(2):
        disk = make_disk(machine, guests)
        options = [text.format(disk) for text in DISKS[name]] + ["-device", "isa-debug-exit,iobase=0xf4"]
        results.append(machine.run([*options, "-limit", str(LIMIT)], status=33))
        if b"the fourth sector was written" not in disk.read_bytes()[3 * SECTOR:4 * SECTOR]:
            harness.fail(f"{name}: the fourth sector was not written", results[-1])
    in_order(harness.text(results[0].stdout), BOOT, results[0])
    harness.same(*results)
    print(f"{name}: {harness.instructions(results[0])} instructions")
    check_replay(machine, options, 33)
    return results[0], options


def check_cd(machine, guests):
    options = ["-cdrom", str(seabios_cd.make(machine.folder, pathlib.Path(guests) / "x86_64/tests/boot_cd.sector", b"a sector of the CD\r\n")), "-boot", "d", "-device", "isa-debug-exit,iobase=0xf4"]
    first = machine.run([*options, "-lint", "on", "-limit", str(LIMIT)], status=33)
    in_order(harness.text(first.stdout), CD_BOOT, first)
    if "intact: lint:" in harness.text(first.stderr):
        harness.fail("the lint blames the firmware", first)
    print(f"CD: {harness.instructions(first)} instructions")
    check_replay(machine, options, 33)
    check_qemu(machine, options, first)


def check_order(machine, guests):
    """A bootindex goes before SeaBIOS's own order, in which -hda is first; with strict=on nothing else is tried."""
    disk = make_disk(machine, guests)
    other = machine.folder / "other"
    other.write_bytes(disk.read_bytes().replace(b"the second sector", b"of another disk.."))
    virtio = ["-drive", f"if=none,format=raw,id=disk,file={disk}", "-device", "virtio-blk-pci,drive=disk,bootindex=1"]
    options = ["-hda", str(other), *virtio, "-device", "isa-debug-exit,iobase=0xf4", "-snapshot"]
    first = machine.run([*options, "-limit", str(LIMIT)], status=33)
    in_order(harness.text(first.stdout), BOOT, first)
    in_order(machine.log.read_text(), ["boot order:", "1: /pci@i0cf8/scsi@"], first)
    check_qemu(machine, options, first)
    disk.write_bytes(bytes(DISK))
    result = machine.run([*options, "-boot", "strict=on", "-limit", str(LIMIT)])
    in_order(harness.text(result.stdout), ["Booting from Hard Disk...", "Boot failed", "No bootable device."], result)
    if "runs" in harness.text(result.stdout):
        harness.fail("a disk without a bootindex was started", result)


def check_kernel(machine):
    """Linux by its 16-bit entry point: QEMU's option ROM takes it out of fw_cfg."""
    options = linux.boot_options("cloud-amd64", "quiet")
    options = options[options.index("-kernel"):]
    results = [machine.run(options, status=0) for _ in range(2)]
    in_order(harness.text(results[0].stdout), ["SeaBIOS (version", "Booting from ROM..", linux.MARKER], results[0])
    harness.same(*results)
    print(f"Linux by SeaBIOS: {harness.instructions(results[0])} instructions")


def check_qemu(machine, options, ours):
    image = machine.options[machine.options.index("-bios") + 1]
    result = harness.run([*harness.qemu(), "-machine", machine.kind, "-m", "128M", "-nographic", "-vga", "none", "-net", "none", "-no-reboot",
                          "-bios", image, *options], TIMEOUT)
    if from_disk(result) != from_disk(ours):
        harness.fail(f"QEMU's screen is another:\n{from_disk(result)}", ours)


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            machine = Machine(sys.argv[1], folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        whole, options = check_prompt(machine)
        check_replay(machine, options)
        check_snapshot(machine, whole, options=options)
        for name in DISKS:
            ours, options = check_disk(machine, sys.argv[2], name)
            check_qemu(machine, options, ours)
            if name == "IDE":
                check_snapshot(machine, ours, harness.instructions(ours) - IN_SECTOR, options)
        check_cd(machine, sys.argv[2])
        check_keys(machine, sys.argv[2])
        check_order(machine, sys.argv[2])
        check_kernel(machine)
        machine = Machine(sys.argv[1], folder, "q35") # where -hda is at an AHCI controller
        ours, options = check_disk(machine, sys.argv[2], "IDE")
        check_qemu(machine, options, ours)
        check_snapshot(machine, ours, harness.instructions(ours) - IN_SECTOR, options)
        check_cd(machine, sys.argv[2])
        check_order(machine, sys.argv[2])


main()
