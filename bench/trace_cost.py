# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What a trace costs that is kept in memory (-trace file=F): a guest that is interrupted about every 1,000 instructions, with the
trace and without. Such a guest passes five stations with each interrupt, and the ring wraps around."""
from figures import Figure
from processes import Emulator

GUESTS = {"x86_64": "busy_ipi", "aarch64": "busy_sgi"}
FIRST = 200000 # interrupts: enough to fill the ring, so that what is written at the end cancels out


def measure(bench, emulator, rounds):
    traced = Emulator("intact", emulator.command, [*emulator.options, "-trace", "file=/dev/null"])
    plain, ring = bench.event([emulator, traced], GUESTS[bench.family.name], FIRST, [], rounds)
    return [
        Figure(f"{bench.family.name}: an interrupt and 1,000 instructions, no trace", "ns", plain, "none", None),
        Figure(f"{bench.family.name}: with a trace in memory / without", "", ring / plain, "none", 1.10),
    ]
