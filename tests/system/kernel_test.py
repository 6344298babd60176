#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels to our /init and looks at what it has to say.

    kernel_test.py INTACT ARCH VCPUS [--twice] [-machine PROPERTIES] [KERNEL PARAMETERS...]

The marker must come, with the right number of processors online, without a warning about timers, APICs or the TSC that
the parameters did not ask for, and the machine must end with exit status 0. With --twice (or INTACT_TWICE set, as
./dev check does) two runs must agree in every byte and end at the same instruction; the second one has a lint, which must find
nothing.
"""
import os
import re
import sys

import harness
import linux

TIMEOUT = 900

# What a parameter itself makes the kernel warn about.
ASKED_FOR = {
    "tsc=unstable": r"Unstable clock detected|keep using the local clock|trace_clock=local",
    "nolapic": r"NR_CPUS/possible_cpus limit of 1 reached",
    "acpi=off": r"MPS support code is not built-in",
    "hpet=disable": r"hpet_acpi_add: no address or irqs in _CRS",
}


def online(arch, vcpus, parameters):
    """How many processors the kernel can start: none but the first without its local APIC, or, for the cloud kernel,
    which has no support for the MP table, without ACPI."""
    if "nolapic" in parameters or (arch == "cloud-amd64" and "acpi=off" in parameters):
        return 1
    return vcpus


def check(result, arch, vcpus, parameters):
    out = harness.text(result.stdout)
    if result.returncode != 0:
        harness.fail(f"exit status {result.returncode}, not 0", result)
    want = f"{linux.MARKER}, {online(arch, vcpus, parameters)} cpus online"
    if want not in out:
        harness.fail(f"no line '{want}'", result)
    if arch.endswith("amd64") and "DMI: Intact pc, BIOS 1 01/01/2026" not in out:
        harness.fail("the kernel does not find the SMBIOS tables", result)
    for line in re.findall(r"^INTACT: warning: .*$", out, re.M):
        if not any(re.search(ASKED_FOR[p], line) for p in parameters if p in ASKED_FOR):
            harness.fail(f"the kernel warns: {line}", result)


def main():
    intact, arch, vcpus, *parameters = sys.argv[1:]
    twice = "--twice" in parameters or os.environ.get("INTACT_TWICE")
    parameters = [p for p in parameters if p != "--twice"]
    machine = []
    if parameters[:1] == ["-machine"]:
        machine, parameters = parameters[:2], parameters[2:]
    try:
        options = linux.boot_options(arch, " ".join(parameters))
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    command = [intact, *options, *machine, "-smp", vcpus, "-d", "exit"]
    first = harness.run(command, TIMEOUT)
    check(first, arch, int(vcpus), parameters)
    print(f"{harness.instructions(first)} instructions")
    if twice:
        second = harness.run([*command, "-lint", "on"], TIMEOUT)
        harness.same(first, second)
        if "intact: lint:" in harness.text(second.stderr):
            harness.fail("the lint blames the kernel", second)


main()
