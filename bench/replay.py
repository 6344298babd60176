# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What recording and replay cost: a kernel boots to its end without input, plain, recorded and replayed. QEMU records with one
processor only, and needs -nodefaults for it on the PC."""
import os
import subprocess
import tempfile

import linux
import processes
from figures import Figure
from processes import ICOUNT

DIGEST = "1000000" # instructions between two digests, as by default
VCPUS = 4


def qemu_records(emulator, options, journal, way):
    return [emulator.command, *options, "-icount", f"shift=0,sleep=off,rrfile={journal},rr={way}"]


def commands(emulator, options, journal):
    """Of one run: plain, recorded (here without and with digests), replayed."""
    start = [emulator.command, *options]
    if emulator.name == "QEMU":
        return [[*start, *ICOUNT], *(qemu_records(emulator, options, journal, way) for way in ("record", "replay"))]
    record = [emulator.command, "record", journal, "-digest"]
    return [start, [*record, "0", "--", *options], [*record, DIGEST, "--", *options], [emulator.command, "replay", journal]]


def cost(emulator, options, rounds):
    """Medians of the ratios within a round (each recording to the plain run, the replay to the last recording and to the
    plain run), and the journal's bytes."""
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        journal = os.path.join(folder, "journal")
        ratios = []
        for _ in range(rounds):
            times = [processes.whole(command)[0] for command in commands(emulator, options, journal)]
            plain, replay, recording = times[0], times[-1], times[-2]
            ratios.append([*(recorded / plain for recorded in times[1:-1]), replay / recording, replay / plain])
        return processes.medians(ratios), os.path.getsize(journal)


def refusal(emulator, options):
    """What QEMU does when it is to record several processors."""
    with tempfile.TemporaryDirectory(prefix="intact-bench-") as folder:
        command = qemu_records(emulator, options, os.path.join(folder, "journal"), "record")
        try:
            result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        except (OSError, subprocess.TimeoutExpired):
            return "none"
    return "recorded" if result.returncode == 0 else "refused"


def measure(emulators, arch, rounds):
    ours, theirs = emulators
    options = ["-nodefaults", *linux.boot_options(arch)]
    several = [*options, "-smp", str(VCPUS)]
    (bare, recorded, replayed, replayed_plain), size = cost(ours, [*options, *ours.options], rounds)
    (_, recorded_several, replayed_several, _), size_several = cost(ours, [*several, *ours.options], max(1, rounds // 2))
    try:
        (qemu_recorded, qemu_replayed, qemu_plain), qemu_size = cost(theirs, options, 1)
    except (OSError, RuntimeError):
        qemu_recorded = qemu_replayed = qemu_plain = qemu_size = "none"
    refused = refusal(theirs, several)
    return [
        Figure(f"{arch}: recorded without digests / plain", "", bare, qemu_recorded, 1.03),
        Figure(f"{arch}: recorded with digests / plain", "", recorded, "none", 1.06),
        Figure(f"{arch}: replayed / recorded", "", replayed, qemu_replayed, 1.05),
        Figure(f"{arch}: replayed / plain", "", replayed_plain, qemu_plain, None),
        Figure(f"{arch}: journal", "bytes", size, qemu_size, 4096),
        Figure(f"{arch}, {VCPUS} vCPUs: recorded with digests / plain", "", recorded_several, refused, 1.06),
        Figure(f"{arch}, {VCPUS} vCPUs: replayed / recorded", "", replayed_several, refused, 1.05),
        Figure(f"{arch}, {VCPUS} vCPUs: journal", "bytes", size_several, refused, 4096),
    ]
