#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Presses the power button of `virt` while Debian's kernel waits for it: the kernel reads the key, and powers off.

    button_test.py INTACT cloud-arm64|arm64

The cloud kernel starts by UEFI, and has the button by ACPI: an event of the PL061 (_AEI). The other one has it by the device tree
(gpio-keys). QMP presses the first, the monitor the second. A replay of the recorded run is the same.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

import harness
import firmware
import linux

TIMEOUT = 120
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
for file in /modules/*; do
    insmod $file
done
for input in /sys/class/input/input*; do
    echo "INTACT: input $(cat $input/name)"
done
exec 3< /dev/input/event0
echo "INTACT: waits"
# struct input_event: 16 bytes of time, type, code, value. A release follows.
dd bs=24 count=1 of=/event status=none <&3
echo INTACT: type, code, value: $(od -An -td2 -j16 /event)
poweroff -f
"""
WANTED = {"cloud-arm64": "INTACT: input Power Button", "arm64": "INTACT: input gpio-keys"}
KEY = "INTACT: type, code, value: 1 116 1 0" # EV_KEY, KEY_POWER, pressed


def command(intact, arch, folder):
    kernel, _ = linux.prepare(arch)
    ramdisk = folder / "ramdisk"
    modules = linux.modules(arch, ("evdev", "gpio_keys"))
    ramdisk.write_bytes(linux.initramfs((linux.CACHE / arch / "busybox").read_bytes(), INIT, modules))
    options = ["-machine", "virt", "-cpu", "cortex-a57", "-m", "256M", "-display", "none", "-d", "exit", "-kernel", str(kernel),
               "-initrd", str(ramdisk), "-append", "console=ttyAMA0 quiet", "-serial", f"file:{folder / 'output'}"]
    if arch == "cloud-arm64":
        options += ["-drive", f"if=pflash,format=raw,readonly=on,file={firmware.prepare('uefi')}"]
    return [intact, "run", *options]


def clients(arch):
    """What presses it, and says so: the option, and what is sent."""
    if arch == "arm64":
        return ["-monitor", "stdio"], ["system_powerdown"]
    return ["-qmp", "stdio"], ['{"execute": "qmp_capabilities"}', '{"execute": "system_powerdown"}']


def wait_for(text, output, process):
    end = time.monotonic() + TIMEOUT * harness.PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if output.exists() and text in harness.text(output.read_bytes()):
            return
        time.sleep(0.05)
    process.kill()
    harness.fail(f"no '{text}' in\n{harness.text(output.read_bytes())[-3000:] if output.exists() else ''}")


def main():
    intact, arch = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        output, journal = folder / "output", str(folder / "journal")
        try:
            run = command(intact, arch, folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        option, lines = clients(arch)
        with subprocess.Popen([intact, "record", journal, *run[2:], *option], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as process:
            wait_for("INTACT: waits", output, process)
            process.stdin.write("".join(line + "\n" for line in lines).encode())
            process.stdin.flush()
            wait_for(KEY, output, process)
            process.wait(TIMEOUT)
            if process.returncode != 0 or WANTED[arch] not in harness.text(output.read_bytes()):
                harness.fail(f"exit status {process.returncode}:\n{harness.text(output.read_bytes())[-3000:]}")
        replayed = harness.run([intact, "replay", journal], TIMEOUT)
        if replayed.returncode != 0 or "the same run" not in harness.text(replayed.stderr):
            harness.fail("a replay is another run", replayed)
        print(f"{harness.instructions(replayed)} instructions")


main()
