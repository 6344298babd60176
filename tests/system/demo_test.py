#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""`intact demo` tells all five interrupts, from the first station to the EOI, in the same words and numbers every time."""
import sys

import harness

HEADINGS = ["PIT tick through the 8259", "PIT tick through the IOAPIC", "LAPIC timer", "IPI to processor 1 and back",
            "MSI from the HPET"]


def main():
    command = [sys.argv[1], "demo"]
    first, second = harness.run(command, 60), harness.run(command, 60)
    told = harness.text(first.stdout)
    if first.returncode != 0:
        harness.fail(f"exit status {first.returncode}", first)
    places = [told.find(f"\n{heading}\n") for heading in HEADINGS]
    if -1 in places or places != sorted(places):
        harness.fail("not all five interrupts are told, in their order", first)
    for start, end in zip(places, places[1:] + [len(told)]):
        story = told[start:end]
        if " 8 taken " not in story or " 9 EOI " not in story:
            harness.fail(f"a story has no end:{story}", first)
    if first.stdout != second.stdout:
        harness.fail("two runs tell different things", second)


main()
