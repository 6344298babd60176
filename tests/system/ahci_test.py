#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Debian's kernel with its ahci driver, on q35, or on pc or virt with -device ahci.

    ahci_test.py INTACT pc|q35|virt VCPUS [KERNEL PARAMETERS...]

A disk and a CD drive. What must hold: the driver finds a disk with a queue of 32 commands, has the interrupt that the parameters leave
it (MSI, IOAPIC, 8259A, GIC), and one interrupt for each of its direct reads; the data is right, also of the CD; what is written is in the
file afterwards; a read beyond the end is none. The run is recorded, and its replay is the same run.
"""
import hashlib
import pathlib
import re
import sys
import tempfile

import harness
import linux

TIMEOUT = 300
READS = 512
DISK = 3 << 20     # bytes; the guest reads the first 2 MiB
WRITTEN = 64 << 10 # copied from the begin to 2 MiB
CD = 256 << 10

MODULES = ("scsi_common", "scsi_mod", "crct10dif_common", "crct10dif_generic", "crc-t10dif", "crc64", "crc64_rocksoft_generic",
           "crc64-rocksoft", "t10-pi", "libata", "libahci", "ahci", "sd_mod", "cdrom", "sr_mod")
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
for module in %s; do
    for file in /modules/$module.ko*; do
        [ -f $file ] && insmod $file
    done
done
while [ ! -b /dev/sda ] || [ ! -b /dev/sr0 ]; do sleep 0.1; done
counts() {
    echo "INTACT: counts $1 $(grep ahci /proc/interrupts)"
}
dmesg | grep -E 'NCQ|ATAPI|link up|impl SATA' | sed 's/^/INTACT: /'
echo "INTACT: disk $(cat /sys/block/sda/size) sectors, queue $(cat /sys/block/sda/device/queue_depth), CD $(cat /sys/block/sr0/size)"
counts before
dd if=/dev/sda bs=4k count=%d iflag=direct status=none > /data
counts reads
echo "INTACT: read $(md5sum < /data)"
dd if=/data of=/dev/sda bs=4k count=16 seek=%d oflag=direct conv=fsync status=none
echo "INTACT: wrote $(dd if=/dev/sda bs=4k count=16 skip=%d iflag=direct status=none | md5sum)"
echo "INTACT: error $(dd if=/dev/sda of=/dev/null bs=512 skip=$(cat /sys/block/sda/size) count=1 2>&1 | head -1)"
echo "INTACT: CD $(dd if=/dev/sr0 bs=2k status=none | md5sum)"
echo "INTACT: done"
dmesg -r | grep '^<[0-4]>' | grep -iE 'ata[0-9]|sd[a]|sr0|ahci|irq|I/O' | sed 's/^/INTACT: warning: /'
case "$(cat /proc/cmdline)" in
*acpi=off*) reboot -f ;;
esac
poweroff -f
""" % (" ".join(MODULES), READS, READS, READS)


def pattern(size, name):
    return b"".join(hashlib.md5(b"%s %d" % (name, block)).digest() * 32 for block in range(size // 512))


def interrupts(out, when, result):
    found = re.search(rf"^INTACT: counts {when} +(\d+):((?: +\d+)+) +(.*)$", out, re.M)
    if not found:
        harness.fail(f"no interrupt counts '{when}'", result)
    return sum(int(number) for number in found.group(2).split()), found.group(3)


def wanted_kind(machine, parameters):
    """How /proc/interrupts calls the controller."""
    if "pci=nomsi" not in parameters:
        return "ITS-MSI" if machine == "virt" else "PCI-MSI"
    if machine == "virt":
        return "GICv3"
    return "XT-PIC" if "noapic" in parameters else "IO-APIC"


def check(result, machine, parameters, disk, cd, image):
    out = harness.text(result.stdout)
    before, kind = interrupts(out, "before", result)
    number = interrupts(out, "reads", result)[0] - before
    if wanted_kind(machine, parameters) not in kind:
        harness.fail(f"the interrupt is '{kind}'", result)
    if number != READS:
        harness.fail(f"{number} interrupts for {READS} reads", result)
    for line in (f"INTACT: disk {DISK // 512} sectors, queue 32, CD {CD // 512}", "LBA48 NCQ (depth 32)",
                 f"INTACT: read {hashlib.md5(disk[:READS * 4096]).hexdigest()}  -",
                 f"INTACT: wrote {hashlib.md5(disk[:WRITTEN]).hexdigest()}  -", "INTACT: error 0+0 records in",
                 f"INTACT: CD {hashlib.md5(cd).hexdigest()}  -", "INTACT: done"):
        if line not in out:
            harness.fail(f"no line '{line}'", result)
    if "INTACT: warning" in out:
        harness.fail("the kernel warns", result)
    if image.read_bytes() != disk[:2 << 20] + disk[:WRITTEN] + disk[(2 << 20) + WRITTEN:]:
        harness.fail("the file does not hold what the guest has written", result)
    print(f"{machine}: {kind}, {number} interrupts, {harness.instructions(result)} instructions")


def drives(machine, image, cd):
    if machine == "q35":
        return ["-hda", str(image), "-cdrom", str(cd)]
    return ["-drive", f"if=none,format=raw,id=d,file={image}", "-drive", f"if=none,format=raw,id=c,readonly=on,file={cd}", "-device",
            "ahci,id=sata", "-device", "ide-hd,drive=d,bus=sata.0", "-device", "ide-cd,drive=c,bus=sata.3"]


def main():
    intact, machine, cpus, *parameters = sys.argv[1:]
    arch = "arm64" if machine == "virt" else "amd64"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            kernel, _ = linux.prepare(arch)
            modules = linux.modules(arch, MODULES)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        initrd, image, cd, journal = (folder / part for part in ("initrd", "disk", "cd", "journal"))
        initrd.write_bytes(linux.initramfs((linux.CACHE / arch / "busybox").read_bytes(), INIT, modules))
        image.write_bytes(pattern(DISK, b"disk"))
        cd.write_bytes(pattern(CD, b"CD"))
        kind = linux.MACHINES["arm64"] if machine == "virt" else ["-machine", machine]
        command = [*kind, "-smp", cpus, "-m", "256M", "-display", "none", "-no-reboot", "-d", "exit", "-kernel", str(kernel),
                   "-initrd", str(initrd), "-append", " ".join([f"console={linux.ARCHES[arch]['console']} panic=-1 quiet", *parameters]),
                   *drives(machine, image, cd)]
        result = harness.run([intact, "record", str(journal), *command, "-serial", "stdio"], TIMEOUT)
        check(result, machine, parameters, pattern(DISK, b"disk"), pattern(CD, b"CD"), image)
        image.write_bytes(pattern(DISK, b"disk"))
        again = harness.run([intact, "replay", str(journal)], TIMEOUT)
        if again.returncode != result.returncode or "the same run" not in harness.text(again.stderr):
            harness.fail("a replay is another run", again)


main()
