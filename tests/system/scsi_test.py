#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels with a virtio-scsi adapter, and has its drivers sd and sr use disks and a CD.

    scsi_test.py INTACT ARCH [--qemu]

A qcow2 disk with a backing file is unit 3 of target 2, a raw disk target 0, a CD target 5. What is read is right, what is written is
in the image (of which qemu-img finds nothing wrong), what is discarded is free again, and the CD is a CD. Two runs are the same. With
--qemu, QEMU runs the same line, in place of Intact.
"""
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile

import harness
import image_test
import linux

TIMEOUT = 300
MODULES = ("scsi_common", "scsi_mod", "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "crc-t10dif",
           "crct10dif_common", "crc64", "crc64-rocksoft", "t10-pi", "sd_mod", "cdrom", "sr_mod", "virtio_scsi")
SIZE = 8 << 20

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
i=0
while [ $i -lt 50 ] && ! [ -b /dev/sr0 ]; do sleep 0.1; i=$((i + 1)); done
for device in /sys/bus/scsi/devices/[0-9]*:*; do
    echo "INTACT: unit $(basename $device) $(cat $device/type) $(cat $device/model)"
done
for disk in /sys/block/sd?; do
    case $(basename $(readlink -f $disk/device)) in
    *:2:3) image=/dev/$(basename $disk) ;;
    *:0:0) raw=/dev/$(basename $disk) ;;
    esac
done
echo "INTACT: image $(cat /sys/block/${image#/dev/}/size), raw $(cat /sys/block/${raw#/dev/}/size)"
echo "INTACT: read $(dd if=$image bs=64k iflag=direct status=none | md5sum)"
dd if=$raw of=$image bs=64k count=16 seek=32 oflag=direct conv=fsync status=none
dd if=$raw of=$image bs=512 count=3 seek=9001 oflag=direct conv=fsync status=none
dd if=$image of=$raw bs=4k count=64 oflag=direct conv=fsync status=none
echo "INTACT: wrote $(dd if=$image bs=64k iflag=direct status=none | md5sum)"
blkdiscard -o 0 -l 1048576 $image && echo "INTACT: discarded"
echo "INTACT: discarded $(dd if=$image bs=64k count=16 iflag=direct status=none | md5sum)"
echo "INTACT: error $(dd if=$image of=/dev/null bs=512 skip=$(cat /sys/block/${image#/dev/}/size) count=1 2>&1 | head -1)"
echo "INTACT: cd $(cat /sys/block/sr0/size) $(dd if=/dev/sr0 bs=2k status=none | md5sum)"
echo "INTACT: cache $(cat /sys/class/scsi_disk/*/cache_type | sort -u)"
dmesg -r | grep '^<[0-4]>' | grep -iE 'scsi|sd[a-z]|sr0|virtio|I/O' | sed 's/^/INTACT: warning: /'
echo "INTACT: done"
poweroff -f
""" % " ".join(MODULES)


def pattern(seed, size):
    return b"".join(hashlib.md5(b"%d %d" % (seed, block)).digest() * 32 for block in range(size // 512))


class Files:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.raw, self.cd, self.base, self.image = (folder / name for name in ("raw", "cd", "base", "image.qcow2"))
        self.raw_data, self.base_data, self.cd_data = pattern(1, SIZE), pattern(2, SIZE // 2), pattern(3, 300 << 10)
        self.raw.write_bytes(self.raw_data)
        self.base.write_bytes(self.base_data)
        self.cd.write_bytes(self.cd_data)
        image_test.img("create", "-q", "-f", "qcow2", "-b", "base", "-F", "raw", self.image, SIZE)

    def options(self):
        return ["-device", "virtio-scsi-pci,id=scsi0", "-drive", f"if=none,id=raw,format=raw,file={self.raw}",
                "-device", "scsi-hd,drive=raw,bus=scsi0.0,scsi-id=0",
                "-blockdev", f"driver=qcow2,node-name=image,discard=unmap,file.driver=file,file.filename={self.image},"
                "file.discard=unmap", "-device", "scsi-hd,drive=image,bus=scsi0.0,scsi-id=2,lun=3,serial=intact-scsi",
                "-drive", f"if=none,id=cd,format=raw,readonly=on,file={self.cd}", "-device", "scsi-cd,drive=cd,bus=scsi0.0,scsi-id=5"]

    def image_data(self):
        """As the guest has left it, before the discard."""
        data = bytearray(self.base_data + bytes(SIZE - len(self.base_data)))
        data[32 << 16:48 << 16] = self.raw_data[:16 << 16]
        data[9001 * 512:9004 * 512] = self.raw_data[:1536]
        return bytes(data)


def md5(data):
    return hashlib.md5(data).hexdigest() + "  -"


def check(files, result):
    out = harness.text(result.stdout)
    data = files.image_data()
    wanted = [f"INTACT: image {SIZE // 512}, raw {SIZE // 512}",
              f"INTACT: read {md5(files.base_data + bytes(SIZE - len(files.base_data)))}", f"INTACT: wrote {md5(data)}",
              "INTACT: discarded", f"INTACT: discarded {md5(bytes(1 << 20))}", "INTACT: error 0+0 records in",
              f"INTACT: cd {len(files.cd_data) // 512} {md5(files.cd_data)}", "INTACT: done"]
    for line in wanted:
        if line not in out:
            harness.fail(f"no line '{line}'", result)
    units = re.findall(r"^INTACT: unit \d+:(\S+) (\d+)", out, re.M)
    if units != [("0:0:0", "0"), ("0:2:3", "0"), ("0:5:0", "5")]:
        harness.fail(f"the units are {units}", result)
    warnings = re.findall(r"^INTACT: warning: .*$", out, re.M)
    if warnings:
        harness.fail(f"the kernel warns: {warnings}", result)
    image_test.whole(files.image)
    if image_test.contents(files.image, "qcow2", files.image.parent) != bytes(1 << 20) + data[1 << 20:]:
        harness.fail("the image has other bytes", result)
    if files.raw.read_bytes() != data[:256 << 10] + files.raw_data[256 << 10:]:
        harness.fail("the raw file has other bytes", result)


def main(intact, arch, *more):
    if subprocess.run(["which", image_test.QEMU_IMG], capture_output=True).returncode:
        harness.skip("qemu-img is not installed")
    try:
        boot = linux.boot_options(arch, "panic=-1", "256M")
        modules = linux.modules(arch, MODULES)
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    name = "qemu-system-aarch64" if "arm64" in arch else harness.QEMU
    start = harness.qemu(name) if "--qemu" in more else [intact, "run"] if "arm64" in arch else [intact, "run", "-machine", "pc"]
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        ramdisk = pathlib.Path(folder) / "initrd"
        ramdisk.write_bytes(linux.initramfs((linux.CACHE / arch / "busybox").read_bytes(), INIT, modules))
        boot[boot.index("-initrd") + 1] = ramdisk
        for _ in range(1 if "--qemu" in more else 2):
            files = Files(folder)
            last = [] if "--qemu" in more else ["-d", "exit"]
            runs.append(harness.run([*start, *map(str, boot), *files.options(), *last], TIMEOUT))
            check(files, runs[-1])
    if runs[0].stdout != runs[-1].stdout or runs[0].stderr != runs[-1].stderr:
        harness.fail("the second run was another", runs[-1])
    print("disks and a CD on virtio-scsi")


if __name__ == "__main__":
    main(*sys.argv[1:])
