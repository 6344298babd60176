#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels with PCI devices of every kind of BAR, and reads what it says of them.

    pci_test.py INTACT ARCH [-machine PROPERTIES] [KERNEL PARAMETERS...]

Each must be found at its place with its BARs, and nothing said of a window that does not fit, of a conflict, or of a
firmware's mistake.
"""
import re
import sys

import harness
import linux

TIMEOUT = 900
DEVICES = ["-device", "edu,addr=3", "-device", "pci-testdev,addr=5,membar=4G", "-device", "edu,addr=1f.0,bus=pci.0"]
FOUND = {
    "03.0": (r"\[1234:11e8\]", "mem"),
    "05.0": (r"\[1b36:0005\]", "mem io mem"),
    "1f.0": (r"\[1234:11e8\]", "mem"),
}
BAR = r"pci 0000:00:%s: (?:BAR \d|reg 0x..):? \[%s [^\]]*\]"
COMPLAINT = re.compile(r"(?i)(can't claim|no compatible bridge|failed to assign|conflict|overlap|not reserved|firmware bug|"
                       r"no space for|exceeds|invalid BAR|MMCONFIG.*not|irq .*nobody cared|can't find IRQ|no GSI)")
# Said of every window above 4 GiB that is not called prefetchable, QEMU's too; U-Boot can use no other.
WIDE = "Memory resource size exceeds max for 32 bits"


def check(out):
    for place, (identity, bars) in FOUND.items():
        if not re.search(rf"pci 0000:00:{place}: {identity}", out):
            return f"no {identity} at {place}"
        at = 0
        for kind in bars.split():
            match = re.compile(BAR % (place, kind)).search(out, at)
            if not match:
                return f"{place} has no more BARs in {kind}"
            at = match.end()
    for line in out.splitlines():
        if re.search(r"(?i)pci|mmconfig|ecam", line) and COMPLAINT.search(line) and WIDE not in line:
            return f"the kernel complains: {line}"
    return None if linux.MARKER in out else "the kernel does not come to its end"


def main():
    intact, arch, *parameters = sys.argv[1:]
    machine = []
    if parameters[:1] == ["-machine"]:
        machine, parameters = parameters[:2], parameters[2:]
    try:
        options = linux.boot_options(arch, " ".join(parameters))
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    result = harness.run([intact, *options, *machine, *DEVICES], TIMEOUT)
    wrong = check(harness.text(result.stdout)) or (result.returncode and "exit status is not 0")
    if wrong:
        harness.fail(wrong, result)


main()
