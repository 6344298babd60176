#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""`intact demo` describes all five interrupts of each machine, from the first station to the EOI, with the same text and numbers
every time."""
import sys

import harness

HEADINGS = {
    "pc": ["PIT tick through the 8259", "PIT tick through the IOAPIC", "LAPIC timer", "IPI to processor 1 and back",
           "MSI from the HPET"],
    "virt": ["PL011 level through an SPI", "PL031 alarm through an SPI", "virtual timer", "SGI to processor 1 and back",
             "LPI through the ITS"],
    "virt,gic-version=2": ["PL011 level through an SPI", "PL031 alarm through an SPI", "virtual timer",
                           "SGI to processor 1 and back", "message through the v2m frame"],
    "virt,gic-version=3,its=off": ["PL011 level through an SPI", "PL031 alarm through an SPI", "virtual timer",
                                   "SGI to processor 1 and back", "message: neither ITS nor v2m frame"],
}


def check(command, headings):
    first, second = harness.run(command, 60), harness.run(command, 60)
    told = harness.text(first.stdout)
    if first.returncode != 0:
        harness.fail(f"exit status {first.returncode}", first)
    places = [told.find(f"\n{heading}\n") for heading in headings]
    if -1 in places or places != sorted(places):
        harness.fail("not all five interrupts are told, in their order", first)
    for heading, start, end in zip(headings, places, places[1:] + [len(told)]):
        story = told[start:end]
        if ": " not in heading and (" 6 settle " not in story or " 8 taken " not in story or " 9 EOI " not in story):
            harness.fail(f"a story has no end:{story}", first)
    if first.stdout != second.stdout:
        harness.fail("two runs tell different things", second)


def main():
    check([sys.argv[1], "demo"], HEADINGS["pc"])
    for machine, headings in HEADINGS.items():
        check([sys.argv[1], "demo", "-machine", machine], headings)
    wrong = harness.run([sys.argv[1], "demo", "virt"], 60)
    if wrong.returncode != 1 or "demo: takes -machine" not in harness.text(wrong.stderr):
        harness.fail("a wrong argument is taken", wrong)


main()
