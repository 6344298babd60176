#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels with four processors, a disk and a network card, and follows every interrupt.

    provenance_test.py INTACT ARCH

What must hold: each delivery names its raise and each end of interrupt its delivery (provenance.py), none is left over at the
end but what the kernel never ends, and the times between them are those of the format `latency`; of the disk, the card, the
timers and the interrupts between processors there are many.
"""
import pathlib
import sys
import tempfile

import harness
import linux
import provenance
import web

TIMEOUT = 600
CPUS = 4
# The source, and how many interrupts of it there are at least, by all processors.
EXPECTED = {
    "cloud-amd64": {"virtio-blk0": 100, "virtio-net0": 20, "timer": 100, "ipi": 100},
    "cloud-arm64": {"virtio-blk0": 100, "virtio-net0": 20, "vtimer": 100, "sgi": 100},
}


def boot(intact, arch, folder):
    disk, trace, table = folder / "disk", folder / "trace", folder / "table"
    disk.write_bytes(bytes(9 << 20))
    with web.serve(web.content(64 * 1024)) as address:
        try:
            options = linux.boot_options(arch, f"quiet intact.fetch={address}", memory="256M", virtio=True)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        result = harness.run([intact, *options, "-smp", str(CPUS), "-snapshot",
                              "-drive", f"if=none,id=disk,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=disk",
                              "-device", "virtio-rng-pci", "-netdev", "user,id=host", "-device", "virtio-net-pci,netdev=host",
                              "-trace", f"file={trace},format=json", "-trace", f"file={table},format=latency"], TIMEOUT)
    if "this build has no libslirp" in harness.text(result.stderr):
        harness.skip("this build has no libslirp")
    if result.returncode != 0 or "INTACT: done" not in harness.text(result.stdout).splitlines():
        harness.fail(f"exit status {result.returncode}", result)
    return trace, table


def check_sources(history, arch):
    for part, least in EXPECTED[arch].items():
        count = sum(len(moments) for source, moments in history.delivered.items() if part in source.replace(".", " ").split())
        if count < least:
            harness.fail(f"{count} interrupts of {part}, less than {least}")


def main():
    intact, arch = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        history = provenance.check(*boot(intact, arch, pathlib.Path(folder)))
    check_sources(history, arch)
    # A processor that is stopped by an interrupt never ends it: Linux does so to all but one as it powers off.
    if len(history.left()) >= CPUS:
        harness.fail(f"delivered, and never ended: {history.left()}")
    print(f"{history.whole} interrupts from the raise to the end")


main()
