#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Runs guests and Debian's kernels with the code generator in all its ways, which must make no difference.

    jit_test.py INTACT [--guests FOLDER RUN...] [--kernels RUN...] [--all] [--ways WAY,...] [--other BUILD]...
                [--emulated COMMAND]

A RUN of a guest is the name of one in GUESTS, below; of a kernel it is ARCH or ARCH:VCPUS. --all: every one of both, 20 runs. Each is
interpreted, and then done once in each way: with the generator as it is, with each block as host code from its first run on, with a
memory for code that is full all the time, and compared with the interpreter (`jit=check`). What must hold: the same output, exit status,
count of instructions, and digest of the last state. --other: another build, which does it as it is and with each block as host code; with
--emulated "qemu-aarch64 BUILD" one for another host, which does guests and the kernels with one processor.
"""
import argparse
import pathlib
import re
import tempfile

import harness
import linux

TIMEOUT = 1700
RECORDED = re.compile(r"^intact: recorded: (\d+) instructions, digest ([0-9a-f]{16})$", re.M)
WAYS = {
    "on": "tcg,jit=on",
    "eager": "tcg,jit=on,jit-threshold=1",
    "full": "tcg,jit=on,jit-threshold=1,tb-size=64K",
    "check": "tcg,jit=check,jit-threshold=1",
}
COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot"]
PC = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
VIRT = ["-cpu", "cortex-a57", "-machine"]
GUESTS = {
    "exceptions": ["x86_64/tests/exceptions.elf", *PC],
    "user": ["x86_64/tests/user.elf", *PC],
    "interrupts": ["x86_64/tests/interrupts.elf", *PC],
    "smp": ["x86_64/tests/smp.elf", *PC, "-smp", "4"],
    "demo": ["x86_64/demo/demo.elf", *PC, "-smp", "2"],
    "drivers": ["x86_64/tests/drivers.elf", *PC, "-device", "edu,dma_mask=0xffffffff", "-device", "virtio-rng-pci"],
    "virt-exceptions": ["aarch64/tests/exceptions.image", *VIRT, "virt"],
    "virt-debug": ["aarch64/tests/debug.image", *VIRT, "virt"],
    "virt-user": ["aarch64/tests/user.image", *VIRT, "virt,gic-version=2"],
    "virt-interrupts": ["aarch64/tests/interrupts.image", *VIRT, "virt,its=off"],
    "virt-smp": ["aarch64/tests/smp.image", *VIRT, "virt", "-smp", "4"],
    "virt-demo": ["aarch64/demo/demo.image", *VIRT, "virt", "-smp", "2"],
    "virt-drivers": ["aarch64/tests/drivers.image", *VIRT, "virt", "-device", "edu,dma_mask=0xffffffff", "-device",
                     "virtio-rng-pci"],
}
KERNELS = ["cloud-amd64:1", "cloud-amd64:4", "amd64:1", "cloud-arm64:1", "cloud-arm64:4", "arm64:1", "cloud-arm64:8"]


def outcome(build, options, accel):
    """What must be the same: output, status, instructions, digest. As a recording, which has the digest."""
    with tempfile.TemporaryDirectory(prefix="intact-jit-") as folder:
        result = harness.run([*build, "record", str(pathlib.Path(folder, "journal")), "--", *options, "-accel", accel], TIMEOUT)
    found = RECORDED.search(harness.text(result.stderr))
    if not found:
        harness.fail("no count and digest on standard error", result)
    return result, (result.returncode, *found.groups())


def check(name, options, builds):
    first, wanted = outcome(builds[0][0], options, "tcg,jit=off")
    for build, accel in builds:
        result, got = outcome(build, options, accel)
        if got != wanted:
            harness.fail(f"{name}: status, instructions and digest are {got}, and {wanted} interpreted", result)
        if result.stdout != first.stdout:
            harness.fail(f"{name}: the output is not that of the interpreter", result)
    print(f"{name}: {wanted[1]} instructions, digest {wanted[2]}, the same in {len(builds)} ways", flush=True)


def kernel_options(run):
    arch, _, vcpus = run.partition(":")
    try:
        return [*linux.boot_options(arch, memory="256M"), "-smp", vcpus or "1"]
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("intact")
    parser.add_argument("--guests", nargs="+", default=[])
    parser.add_argument("--kernels", nargs="+", default=[])
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--other", action="append", default=[])
    parser.add_argument("--emulated")
    given = parser.parse_args()
    guests, names = (given.guests[0], given.guests[1:]) if given.guests else (None, [])
    if given.all:
        names, given.kernels = list(GUESTS), KERNELS
    own = [([given.intact], WAYS[way]) for way in given.ways.split(",")]
    own += [([build], WAYS[way]) for build in given.other for way in ("on", "eager")]
    emulated = [(given.emulated.split(), WAYS["eager"])] if given.emulated else []
    for name in names:
        file, *options = GUESTS[name]
        check(name, [*COMMON, *options, "-kernel", str(pathlib.Path(guests, file))], own + emulated)
    for run in given.kernels:
        check(run, kernel_options(run), own + (emulated if run.endswith(":1") else []))


main()
