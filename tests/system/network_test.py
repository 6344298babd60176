#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels with a virtio network card on -netdev user and has it reach a server of ours.

    network_test.py INTACT ARCH

In the guest busybox gets a lease, fetches a file by HTTP from 10.0.2.2, which is the host, and sends it back;
tools/linux.py has that part. What must hold: the lease is the one that libslirp's network gives, both sides have the same
bytes, and the card's queues have interrupted. Nothing here depends on how long it takes.
"""
import re
import sys

import harness
import linux
import web

TIMEOUT = 600
CONTENT = web.content(256 * 1024)
SUM = web.checksum(CONTENT)


def check(out, result):
    for line in ("INTACT: lease 10.0.2.15/24 from 10.0.2.2, router 10.0.2.2", f"INTACT: fetched {SUM}  -",
                 f"INTACT: sent {SUM}", "INTACT: done"):
        if line not in out.splitlines():
            harness.fail(f"no line '{line}'", result)
    for queue in ("input", "output"):
        found = re.search(rf"^ *\d+: +([\d ]*\d) .*virtio0-{queue}\.0$", out, re.M)
        if not found or not any(int(number) for number in found.group(1).split()):
            harness.fail(f"no interrupt of the {queue} queue", result)
    warning = re.search(r"^INTACT: warning: .*$", out, re.M)
    if warning:
        harness.fail(f"the kernel warns: {warning.group(0)}", result)
    if result.returncode != 0:
        harness.fail(f"exit status {result.returncode}, not 0", result)


def main():
    intact, arch = sys.argv[1:]
    with web.serve(CONTENT) as address:
        try:
            options = linux.boot_options(arch, f"quiet intact.fetch={address}", virtio=True)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        result = harness.run([intact, *options, "-netdev", "user,id=host", "-device", "virtio-net-pci,netdev=host"], TIMEOUT)
    if "this build has no libslirp" in harness.text(result.stderr):
        harness.skip("this build has no libslirp")
    check(harness.text(result.stdout), result)
    print(f"{len(CONTENT)} bytes to the guest and back")


main()
