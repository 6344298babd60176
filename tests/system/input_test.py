#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Debian's kernel with the keyboard and the mouse of the PC.

    input_test.py INTACT

The kernel's drivers (i8042, atkbd, psmouse) find both, the mouse with its five buttons, by IRQ 1 and 12. What a
monitor types and does with the mouse comes out of its event devices. A recording is replayed as the same run, without the monitor.
"""
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import harness
import linux

ARCH = "amd64"
TIMEOUT = 900
MODULES = ["serio", "libps2", "vivaldi-fmap", "i8042", "atkbd", "psmouse", "evdev"]
READY = 0x500 # a port that the guest writes to when it reads its events
EV_KEY, EV_REL = 1, 2
KEYS = [(EV_KEY, code, value) for code, value in ((42, 1), (35, 1), (35, 0), (42, 0), (23, 1), (23, 0), (28, 1), (28, 0))] # "Hi\n"
MOVES = [(EV_REL, 0, 40), (EV_REL, 1, -7), (EV_KEY, 0x110, 1), (EV_REL, 8, -1), (EV_KEY, 0x110, 0)] # BTN_LEFT, the wheel

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
while [ $i -lt 50 ] && ! grep -q 'mouse0' /proc/bus/input/devices; do
    sleep 0.1
    i=$((i + 1))
done
sed -n 's/^N: Name="\\(.*\\)"/INTACT: device \\1/p' /proc/bus/input/devices
for name in kbd mouse; do
    event=$(grep "^H: .*$name" /proc/bus/input/devices | grep -o 'event[0-9]*')
    dd if=/dev/input/$event of=/$name bs=24 status=none &
done
sleep 0.5
printf x | dd of=/dev/port bs=1 seek=%d conv=notrunc status=none
sleep 3
for name in kbd mouse; do
    echo "INTACT: $name $(hexdump -v -e '24/1 "%%02x" " "' /$name)"
done
grep i8042 /proc/interrupts | sed 's/^/INTACT: interrupt /'
poweroff -f
""" % (" ".join(MODULES), READY)


def options(folder):
    kernel, _ = linux.prepare(ARCH)
    ramdisk = folder / "ramdisk"
    ramdisk.write_bytes(linux.initramfs((linux.CACHE / ARCH / "busybox").read_bytes(), INIT, linux.modules(ARCH, MODULES)))
    return ["-machine", "pc", "-m", "256M", "-display", "none", "-no-reboot", "-d", "exit", "-kernel", str(kernel), "-initrd", str(ramdisk),
            "-append", "console=ttyS0 quiet"]


def events(data):
    """(type, code, value) of each struct input_event, but reports and scan codes."""
    found = [struct.unpack("<16xHHi", bytes.fromhex(word)) for word in data.split()]
    return [event for event in found if event[0] in (EV_KEY, EV_REL)]


def check(out, result):
    lines = dict(line.split(" ", 1) for line in re.findall(r"^INTACT: ((?:kbd|mouse) .*?)\r?$", out, re.M))
    devices = re.findall(r"^INTACT: device (.*?)\r?$", out, re.M)
    if not any("AT Translated Set 2 keyboard" in name for name in devices) or not any("Explorer Mouse" in name for name in devices):
        harness.fail(f"the kernel has found {devices}", result)
    if events(lines.get("kbd", "")) != KEYS:
        harness.fail(f"the keyboard's events are {events(lines.get('kbd', ''))}", result)
    if events(lines.get("mouse", "")) != MOVES:
        harness.fail(f"the mouse's events are {events(lines.get('mouse', ''))}", result)
    counts = {int(number): int(count) for number, count in re.findall(r"^INTACT: interrupt +(\d+): +(\d+) ", out, re.M)}
    if counts.get(1, 0) < 8 or counts.get(12, 0) < 16:
        harness.fail(f"interrupts 1 and 12 came {counts} times", result)


def main():
    intact = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            common = options(folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        serial, journal = folder / "serial", folder / "journal"
        script = [f"break out:{READY:#x}", "cont", "wait", "delete", "sendkey shift-h 5", "sendkey i 5", "sendkey ret 5", "mouse_move 40 -7",
                  "mouse_button 1", "mouse_button 0", "mouse_move 0 0 -1", "cont", "wait"]
        result = subprocess.run([intact, "record", str(journal), *common, "-serial", f"file:{serial}", "-S", "-monitor",
                                 "stdio"], input="\n".join([*script, ""]).encode(), capture_output=True, timeout=TIMEOUT)
        out = serial.read_text(errors="replace")
        if result.returncode != 0:
            print(out[-2000:])
            harness.fail(f"exit status {result.returncode}", result)
        check(out, result)
        print(f"{harness.instructions(result)} instructions")
        again = harness.run([intact, "replay", str(journal)], TIMEOUT)
        if again.returncode != 0 or "the same run" not in harness.text(again.stderr):
            harness.fail("a replay is another run", again)


main()
