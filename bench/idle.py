# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What processors cost that never start: memory, and time of another one's interrupts."""
import statistics

import processes
from families import Event
from figures import Figure

LARGEST = 1 << 31
OURS, THEIRS = 0.2, 3 # seconds after which all is there


def kib_of_idle(bench, emulator, rounds, seconds):
    def held(vcpus):
        command = bench.command(emulator, Event("", bench.family.self_event, 0, None, ("-smp", str(vcpus))), LARGEST)
        return statistics.median(processes.resident(command, seconds) for _ in range(rounds))

    many = bench.family.many
    return (held(many) - held(1)) / (many - 1)


def measure(report, bench):
    family, rounds = bench.family, report.some
    theirs = processes.qemu_modes(bench.qemu, 2)[1]
    one, many = (bench.event([report.ours], Event("", family.self_event, 200000, None, ("-smp", str(vcpus))), rounds)[0]
                 for vcpus in (1, family.many))
    report.add_figures([
        Figure(f"{family.name}: memory of an idle vCPU", "KiB", kib_of_idle(bench, report.ours, rounds, OURS),
               kib_of_idle(bench, theirs, rounds, THEIRS), 64),
        Figure(f"{family.name}: {family.self_event} with {family.many} vCPUs / with 1", "", many / one, "not measured", None),
    ])
