#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The monitor saves a Debian kernel of two processors in the middle of its boot, and another process loads it.

    monitor_kernel_test.py INTACT cloud-amd64|cloud-arm64

Three runs: without a monitor; stopped halfway, looked into, saved, and let go; and one that loads that state before its first
instruction. All end at the same instruction, and print the same bytes from there on. A fourth, on x86, is sent an NMI.
"""
import pathlib
import subprocess
import sys
import tempfile

import harness
import linux

TIMEOUT = 600


def run(command, lines):
    try:
        return subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        harness.fail(f"does not come to an end: {' '.join(command)}")


def check(result, printed, without, *texts):
    if result.returncode != 0 or harness.instructions(result) != without[1]:
        harness.fail(f"the run is another than without a monitor, which has {without[1]} instructions", result)
    if not printed or not without[0].endswith(printed):
        harness.fail("the kernel prints something else", result)
    for text in texts:
        if text not in harness.text(result.stdout):
            harness.fail(f"the monitor does not say '{text}'", result)


def main():
    intact, arch = sys.argv[1:]
    try:
        boot = linux.boot_options(arch, "quiet", memory="256M")
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    with tempfile.TemporaryDirectory() as folder:
        state, output = pathlib.Path(folder) / "state", pathlib.Path(folder) / "output"
        boot[boot.index("-serial") + 1] = f"file:{output}"
        command = [intact, "run", *boot, "-smp", "2", "-d", "exit"]
        plain = harness.run(command, TIMEOUT)
        without = output.read_bytes(), harness.instructions(plain)
        half = without[1] // 2
        monitor = [*command, "-S", "-monitor", "stdio"]
        saved = run(monitor, [f"break instruction:{half}", "cont", "wait", "info registers", "info cpus", "x $sp 64", "stop",
                              f"savevm {state}", "step", "delete", "cont"])
        check(saved, output.read_bytes(), without, f"instruction:{half}: instruction {half}, ", f"instruction {half} is in", "by step")
        loaded = run(monitor, [f"loadvm {state}", "break deliver", "cont", "wait", "delete", "cont"])
        check(loaded, output.read_bytes(), without, f"stopped by loadvm: instruction {half}, ", "breakpoint 1, deliver: ")
        if "amd64" in arch:
            pressed = run(monitor, [f"break instruction:{half}", "cont", "wait", "nmi", "delete", "cont"])
            if pressed.returncode != 0 or b"NMI received for unknown reason" not in output.read_bytes():
                harness.fail("the kernel is not told of the NMI", pressed)


main()
