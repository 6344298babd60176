#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Starts Debian's firmware for the Arm machine.

    firmware_test.py INTACT u-boot|u-boot-env|uefi GIC_VERSION

U-Boot comes to its prompt, answers commands and reads a disk on PCI, or saves its environment to flash and finds it there
in the next run; UEFI starts a kernel that fw_cfg hands to it. Each powers off with exit status 0. What is typed comes from a
file, so that two runs agree in every byte and end at the same instruction; the second one has a lint, which must find nothing.
"""
import subprocess
import sys
import tempfile

import harness
import firmware
import linux

TIMEOUT = 300
LIMIT = 6_000_000_000 # instructions: U-Boot would wait for ever for what it does not get

# What is typed, and what must come, in this order. U-Boot's first key ends its countdown, and some commands look for a
# Ctrl-c and take what comes.
TAKEN = 40 * " "
U_BOOT = (" version\nfdt addr $fdtcontroladdr\nfdt get value cpu /cpus/cpu@0 compatible\nprintenv cpu\n"
          "fdt print /flash@0\nmd.l 0x04000000 1\n" + TAKEN + "virtio read 41000000 0 1\n" + TAKEN + "poweroff\n",
          ["U-Boot 20", "DRAM:  256 MiB", "Hit any key", "=> version", "U-Boot 20", "=> fdt addr", "Working FDT set to",
           "=> printenv cpu", "cpu=arm,cortex-a57", "bank-width = <0x00000004>", "04000000: ffffffff",
           "1 blocks read: OK", "poweroff ..."])
SAVE = (" setenv kept by-flash\nprotect off all\nsaveenv\n" + TAKEN + "poweroff\n",
        ["bad CRC", "Writing to Flash... done", "OK"])
LOAD = (" printenv kept\npoweroff\n", ["Loading Environment from Flash... OK", "kept=by-flash"])
UEFI = ("", ["UEFI firmware", "EFI stub", "efi: EFI v2.", linux.MARKER, "Power down"])


def options(name, disk):
    """Files and options of the run, what is typed and what must come."""
    if name == "u-boot":
        return ["-bios", firmware.prepare("u-boot"), "-drive", f"if=none,id=disk,format=raw,readonly=on,file={disk}",
                "-device", "virtio-blk-pci,drive=disk"], *U_BOOT
    kernel, ramdisk = linux.prepare("cloud-arm64")
    image = firmware.prepare("uefi")
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={image}", "-kernel", str(kernel), "-initrd", str(ramdisk),
            "-append", "console=ttyAMA0"], *UEFI


def run(command, typed):
    with tempfile.TemporaryFile() as keys:
        keys.write(typed.encode())
        keys.seek(0)
        try:
            return subprocess.run(command, stdin=keys, capture_output=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired as late:
            late.args, late.returncode = command, f"none within {TIMEOUT} s"
            late.stdout, late.stderr = late.stdout or b"", late.stderr or b""
            harness.fail("does not come to an end", late)


def check(result, wanted):
    out, at = harness.text(result.stdout), 0
    for line in wanted:
        at = out.find(line, at)
        if at < 0:
            harness.fail(f"'{line}' does not come in its place", result)
        at += len(line)
    if result.returncode != 0:
        harness.fail(f"exit status {result.returncode}, not 0", result)


def keep_environment(command):
    with tempfile.NamedTemporaryFile() as bank:
        bank.truncate(64 << 20)
        command += ["-bios", firmware.prepare("u-boot"), "-drive", f"if=pflash,unit=1,format=raw,file={bank.name}"]
        for typed, wanted in (SAVE, LOAD):
            check(run(command, typed), wanted)


def run_twice(command, name):
    with tempfile.NamedTemporaryFile() as disk:
        disk.truncate(1 << 20)
        extra, typed, wanted = options(name, disk.name)
        first = run(command + extra, typed)
        check(first, wanted)
        print(f"{harness.instructions(first)} instructions")
        second = run([*command, *extra, "-lint", "on"], typed)
        harness.same(first, second)
        if "intact: lint:" in harness.text(second.stderr):
            harness.fail("the lint blames the firmware", second)


def main():
    intact, name, version = sys.argv[1:]
    command = [intact, "run", "-machine", f"virt,gic-version={version}", "-cpu", "cortex-a57", "-m", "256M", "-nographic",
               "-d", "exit", "-limit", str(LIMIT)]
    try:
        if name == "u-boot-env":
            keep_environment(command)
        else:
            run_twice(command, name)
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")


main()
