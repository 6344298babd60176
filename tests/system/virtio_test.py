#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels with virtio devices and has its drivers use them.

    virtio_test.py INTACT ARCH pci|mmio|legacy [-machine PROPERTIES] [-smp N] [KERNEL PARAMETERS...]

A disk, an entropy source, a console and two network cards on one hub. What must hold: 2,048 direct reads of 4 KiB give
2,048 interrupts of the disk's queue (by /proc/interrupts), the data is right, what is written is in the file afterwards, a
read beyond the end is none, a line typed at the console comes back, and pings cross the hub. tools/linux.py has the
guest's part.
"""
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import harness
import linux

TIMEOUT = 300
READS = 2048
DISK = 9 << 20          # bytes; the guest reads the first 8 MiB
WRITTEN = 64 << 10      # copied from the begin to 8 MiB
DISCARDED = 4096
SERIAL = "intact-virtio"
TYPED = "the quick brown fox"

# Devices in the order of the command line, by the number of their type.
DRIVERS = ("virtio-blk", "virtio-rng", "virtio-serial", "virtio-net", "virtio-net")
TYPES = ["0x0001", "0x0001", "0x0002", "0x0003", "0x0004"]

# Without local APICs the kernel tries messages all the same, and warns about itself.
WARNS_OF_MESSAGES = ("nolapic", "acpi=off")


def pattern():
    return b"".join(hashlib.md5(b"%d" % block).digest() * 32 for block in range(DISK // 512))


def devices(transport, disk):
    suffix = "pci" if transport == "pci" else "device"
    legacy = ",force-legacy=on" if transport == "legacy" else ""
    options = ["-drive", f"if=none,id=disk,format=raw,file={disk}", "-chardev", "stdio,id=typed"]
    for port in range(2):
        options += ["-netdev", f"hubport,id=port{port},hubid=0"]
    extra = {"virtio-blk": f",drive=disk,serial={SERIAL}"}
    cards = 0
    for driver in DRIVERS:
        more = extra.get(driver, "")
        if driver == "virtio-net":
            more = f",netdev=port{cards}"
            cards += 1
        options += ["-device", f"{driver}-{suffix}{more}{legacy}"]
        if driver == "virtio-serial":
            options += ["-device", "virtconsole,chardev=typed"]
    return options


def run(command):
    """Runs it, and types a line when the guest says that its console is there."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        late = threading.Timer(TIMEOUT, child.kill)
        late.start()
        console = b""
        while b"is ready\r\n" not in console:
            piece = child.stdout.read1(4096)
            if not piece:
                break
            console += piece
        try:
            child.stdin.write(TYPED.encode() + b"\n")
            child.stdin.close()
        except BrokenPipeError:
            pass # it has ended already; the checks tell
        console += child.stdout.read()
        errors = child.stderr.read()
        status = child.wait()
        late.cancel()
    return subprocess.CompletedProcess(command, status, console, errors)


def counts(out, when):
    """Interrupts by name, of all processors together: {'virtio0-req.0': 2050, ...}."""
    found = re.search(rf"^INTACT: counts {when}\n(.*?)^INTACT: end$", out, re.M | re.S)
    table = {}
    for line in found.group(1).splitlines() if found else []:
        words = line.split()
        numbers = [int(word) for word in words[1:] if word.isdigit()]
        online = next((i for i, word in enumerate(words[1:]) if not word.isdigit()), len(words) - 1)
        names = re.findall(r"virtio\d+[\w.-]*", line)
        for name in names:
            table[name] = sum(numbers[:online])
    return table


def disk_interrupts(table, disk):
    """Those of the disk's queues, or of its line."""
    queues = {name: number for name, number in table.items() if re.fullmatch(rf"{disk}(-req\.\d+)?", name)}
    return sum(queues.values())


def check_disk(out, disk, image, result):
    data = pattern()
    before, reads = counts(out, "before"), counts(out, "reads")
    number = disk_interrupts(reads, disk) - disk_interrupts(before, disk)
    if number != READS:
        harness.fail(f"{number} interrupts for {READS} reads", result)
    wanted = [f"INTACT: disk {DISK // 512} sectors, serial {SERIAL}",
              f"INTACT: read {hashlib.md5(data[:READS * 4096]).hexdigest()}  -",
              f"INTACT: wrote {hashlib.md5(data[:WRITTEN]).hexdigest()}  -", "INTACT: error 0+0 records in",
              "INTACT: discarded"]
    for line in wanted:
        if line not in out:
            harness.fail(f"no line '{line}'", result)
    after = image.read_bytes()
    want = data[:8 << 20] + data[:WRITTEN] + data[(8 << 20) + WRITTEN:]
    if after[DISCARDED:] != want[DISCARDED:]:
        harness.fail("the file does not hold what the guest has written", result)


def check(out, console, result, transport, parameters):
    status = "0x00000007" if transport == "legacy" else "0x0000000f"
    found = re.findall(r"^INTACT: device (virtio\d+) (0x\w+) (0x\w+)$", out, re.M)
    if sorted(kind for _, kind, _ in found) != TYPES or any(state != status for _, _, state in found):
        harness.fail(f"the devices are {found}", result)
    for line in (r"^INTACT: rng virtio_rng\.0 [0-9a-f]{32}  -$", r"^INTACT: ping: 4 packets transmitted, 4 packets received",
                 r"^INTACT: done$"):
        if not re.search(line, out, re.M):
            harness.fail(f"no line like '{line}'", result)
    if f"hvc0 heard: {TYPED}" not in console:
        harness.fail("the console has not heard what was typed", result)
    silent = [name for name, number in counts(out, "after").items() if number == 0 and "config" not in name]
    if silent and transport == "pci":
        harness.fail(f"no interrupt ever of {silent}", result)
    warnings = re.findall(r"^INTACT: warning: .*$", out, re.M)
    if any(parameter in parameters for parameter in WARNS_OF_MESSAGES):
        warnings = [line for line in warnings if re.search(r"nobody cared|I/O error|timed out", line)]
    if warnings:
        harness.fail(f"the kernel warns: {warnings[0]}", result)
    if result.returncode != 0:
        harness.fail(f"exit status {result.returncode}, not 0", result)


def main():
    intact, arch, transport, *parameters = sys.argv[1:]
    machine = []
    while parameters[:1] in (["-machine"], ["-smp"]):
        machine, parameters = machine + parameters[:2], parameters[2:]
    try:
        options = linux.boot_options(arch, " ".join(["quiet", *parameters]), virtio=True)
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    with tempfile.TemporaryDirectory(prefix="intact-virtio-") as folder:
        image, log = pathlib.Path(folder, "disk"), pathlib.Path(folder, "serial")
        image.write_bytes(pattern())
        options[options.index("-serial") + 1] = f"file:{log}"
        result = run([intact, *options, *machine, *devices(transport, image)])
        out = harness.text(log.read_bytes()) if log.exists() else ""
        console = harness.text(result.stdout)
        result.stdout = (out + console).encode()
        found = re.search(r"^INTACT: device (virtio\d+) 0x0002 ", out, re.M)
        if not found:
            harness.fail("the kernel has no disk", result)
        check_disk(out, found.group(1), image, result)
        check(out, console, result, transport, parameters)
    print(f"{READS} reads, {READS} interrupts")


main()
