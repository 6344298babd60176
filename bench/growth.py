# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Whether an instruction costs more where there is more: from 1 to 64 busy processors, and from 1 to 64 MiB of code."""
from families import Event
from figures import Figure

VCPUS = (1, 4, 16, 64)
MIBS = (1, 4, 16, 64)
TURNS = 30000000 # of all processors: on a PC it takes seconds until 64 are started
FUNCTIONS_OF_A_MIB = 16384
ROUNDS = 32 # at first: what runs in turn has become host code by then


def busy(vcpus):
    return Event(f"ALU mix, one turn, {vcpus} busy vCPU{'s' * (vcpus > 1)}", "busy", TURNS, None, ("-smp", str(vcpus)))


def code(mib):
    return Event(f"function of 8 instructions, {mib} MiB of them", "code", ROUNDS * mib * FUNCTIONS_OF_A_MIB, None, ("-m", "256M"),
                 f"mib={mib}")


def fastest(modes):
    return min(value for mode, value in modes.items() if mode != "icount")


def measure(report, bench):
    """Adds a row for each, and figures that compare the last with the first. (With -icount QEMU takes minutes to start 64.)"""
    for what, events, aim in ((f"{VCPUS[-1]} busy vCPUs / 1", [busy(vcpus) for vcpus in VCPUS], 1.1),
                              (f"{MIBS[-1]} MiB of code / {MIBS[0]}", [code(mib) for mib in MIBS], None)):
        values = [report.measure(bench, event, report.some, icount=False) for event in events]
        (ours, theirs), (ours_many, theirs_many) = values[0], values[-1]
        report.add_figures([Figure(f"{bench.family.name}: {what}", "", ours_many / ours, fastest(theirs_many) / fastest(theirs), aim)])
