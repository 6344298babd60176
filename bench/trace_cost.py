# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What a trace costs that is kept in memory (-trace file=F): a guest that interrupts itself, with the trace and without. The ring
wraps around. An interrupt is six events on x86, seven on Arm: one figure is for an interrupt, one for an event, each about every
1,000 instructions."""
from families import Event
from figures import Figure
from processes import Emulator

# The guest, and turns of its work for 1,000 instructions less an interrupt's own, and for so many thousands as an interrupt has events.
GUESTS = {"x86_64": ("busy_ipi", 46, 284), "aarch64": ("busy_sgi", 75, 536)}
FIRST = 200000 # interrupts: enough to fill the ring, so that what is written at the end cancels out


def measure(bench, emulator, rounds):
    traced = Emulator("intact", emulator.command, [*emulator.options, "-trace", "file=/dev/null"])
    family = bench.family.name
    guest, often, seldom = GUESTS[family]
    figures = []
    for what, work, aim in (("event", seldom, 1.10), ("interrupt", often, None)):
        plain, ring = bench.event([emulator, traced], Event("", guest, FIRST, None, (), f"work={work}"), rounds)
        figures.append(Figure(f"{family}: an {what} every 1,000 instructions: trace in memory / none", "", ring / plain, "none", aim))
    return figures
