#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots Debian's kernel for Arm with ACPI, through UEFI, and with the device tree.

    acpi_test.py INTACT gic-version=3[,its=off]|gic-version=2

Both ways the kernel must find the same processors, PCI devices and interrupts, by the same controllers. Of the tables, which it hands
out, iasl (acpica-tools) must find nothing wrong, neither taking them apart nor compiling what that gives.
"""
import base64
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import harness
import firmware
import linux

ARCH = "cloud-arm64"
TIMEOUT = 300
TABLES = ["APIC", "DBG2", "DSDT", "FACP", "GTDT", "MCFG", "PPTT", "SPCR"] # and IORT with an ITS
DEVICES = ["-device", "virtio-rng-pci", "-device", "virtio-net-pci", "-drive", "if=none,id=disk,format=raw,snapshot=on,file={disk}",
           "-device", "virtio-blk-device,drive=disk", "-device", "edu,dma_mask=0xffffffff"]
COUNTS = {"ACPI0007": 2, "ARMH0011": 1, "ARMH0061": 1, "LNRO0005": 32, "LNRO0015": 2, "PNP0A08": 1, "PNP0C0C": 1, "PNP0C0F": 4,
          "QEMU0002": 1}

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
dmesg -n 1
dd if=/dev/vda of=/dev/null bs=4k count=4 iflag=direct status=none
echo "INTACT: $(nproc) processors"
for device in /sys/bus/pci/devices/*; do
    echo "INTACT: pci $(basename $device) $(cat $device/vendor $device/device $device/class | tr '\\n' ' ')"
done
sed -n 's/^ *\\([0-9]*\\): *[0-9]* *[0-9]* */INTACT: interrupt /p' /proc/interrupts
for device in /sys/bus/acpi/devices/*:*; do
    [ -e $device ] && echo "INTACT: acpi $(basename $device)"
done
for table in /sys/firmware/acpi/tables/*; do
    [ -f $table ] && echo "INTACT: table $(basename $table) $(base64 $table | tr -d '\\n')"
done
dmesg -r | grep '^<[0-4]>' | grep -iE 'acpi|iort|gic|its|pci|msi|psci|pptt' | grep -v 'PMU IRQ' | sed 's/^/INTACT: warning: /'
echo "INTACT: done"
poweroff -f
""" % " ".join(linux.MODULES)


def prepare(folder):
    kernel, _ = linux.prepare(ARCH)
    where = linux.CACHE / ARCH
    modules = [(path.name, path.read_bytes()) for path in sorted((where / "modules").iterdir())]
    ramdisk, disk = folder / "ramdisk", folder / "disk"
    ramdisk.write_bytes(linux.initramfs((where / "busybox").read_bytes(), INIT, modules))
    disk.write_bytes(bytes(1 << 20))
    image = firmware.prepare("uefi")
    return ["-m", "256M", "-smp", "2", "-cpu", "cortex-a57", "-nographic", "-d", "exit", "-lint", "on", "-drive",
            f"if=pflash,format=raw,readonly=on,file={image}", "-kernel", str(kernel), "-initrd", str(ramdisk),
            *(text.format(disk=disk) for text in DEVICES)]


def boot(intact, options, machine, append):
    result = harness.run([intact, "run", "-machine", f"virt,{machine}", *options, "-append", f"console=ttyAMA0 {append}"], TIMEOUT)
    out = harness.text(result.stdout)
    if result.returncode != 0 or "INTACT: done" not in out:
        harness.fail(f"exit status {result.returncode}, or not done", result)
    if "intact: lint:" in harness.text(result.stderr):
        harness.fail("the lint blames somebody", result)
    return result, re.findall(r"^INTACT: (.*)$", out, re.M)


def check_tables(lines, result, machine, folder):
    found = dict(re.findall(r"^table (\w+) (\S+)$", "\n".join(lines), re.M))
    wanted = sorted(TABLES + (["IORT"] if machine == "gic-version=3" else []))
    if sorted(found) != wanted:
        harness.fail(f"the tables are {sorted(found)}, not {wanted}", result)
    if not shutil.which("iasl"):
        harness.skip("iasl is not installed")
    for name, text in found.items():
        (folder / f"{name}.dat").write_bytes(base64.b64decode(text))
        for command in (["iasl", "-d", f"{name}.dat"], ["iasl", "-we", f"{name}.dsl"]):
            said = subprocess.run(command, cwd=folder, capture_output=True)
            text = harness.text(said.stdout + said.stderr)
            if said.returncode != 0 or re.search(r"(?i)error(?!s)|warning(?!s)|invalid|unknown", text):
                harness.fail(f"{name}: {' '.join(command)}:\n{text}", result)


def of(lines, *kinds):
    """The lines that describe what both ways must find; interrupts of the power button are GPIO's, by two drivers."""
    return sorted(line for line in lines if line.split()[0] in kinds and not re.search(r"ACPI:Event|GPIO|ARMH0061|pl061", line))


def check_acpi(lines, result):
    counts = {}
    for name in re.findall(r"^acpi (\w+):", "\n".join(lines), re.M):
        counts[name] = counts.get(name, 0) + 1
    for name, count in COUNTS.items():
        if counts.get(name) != count:
            harness.fail(f"{counts.get(name)} devices {name}, not {count}", result)
    if not any("ACPI:Event" in line for line in lines):
        harness.fail("the power button has no interrupt", result)
    for line in lines:
        if line.startswith("warning"):
            harness.fail(f"the kernel warns: {line}", result)


def main():
    intact, machine = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            options = prepare(folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        result, lines = boot(intact, options, machine, "acpi=force")
        check_acpi(lines, result)
        tree, others = boot(intact, options, f"{machine},acpi=off", "")
        if any(line.startswith(("table", "acpi")) for line in others):
            harness.fail("ACPI with acpi=off", tree)
        kinds = ("2", "pci", "interrupt")
        if of(lines, *kinds) != of(others, *kinds):
            harness.fail("with ACPI there is\n  " + "\n  ".join(of(lines, *kinds)) + "\nand by the device tree\n  " +
                         "\n  ".join(of(others, *kinds)), result)
        print(f"{harness.instructions(result)} instructions with ACPI, {harness.instructions(tree)} by the device tree")
        check_tables(lines, result, machine, folder)


main()
