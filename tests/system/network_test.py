#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Boots one of Debian's kernels with a virtio network card on -netdev user and has it reach a server of ours.

    network_test.py INTACT ARCH

In the guest busybox gets a lease, fetches a file by HTTP from 10.0.2.2, which is the host, and sends it back;
tools/linux.py has that part. What must hold: the lease is the one that libslirp's network gives, both sides have the same
bytes, and the card's queues have interrupted. Nothing here depends on how long it takes.
"""
import hashlib
import http.server
import re
import sys
import threading

import harness
import linux

TIMEOUT = 600
# Letters and digits, because busybox ends what it sends at the first zero byte.
CONTENT = "".join(hashlib.md5(b"%d" % block).hexdigest() for block in range(256 * 1024 // 32)).encode()
SUM = hashlib.md5(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the file, and answers what is sent with its checksum."""

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(CONTENT)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(hashlib.md5(body).hexdigest().encode())

    def log_message(self, *_):
        """The guest says what came of it."""


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
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            options = linux.boot_options(arch, f"quiet intact.fetch=http://10.0.2.2:{server.server_port}/file", virtio=True)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        result = harness.run([intact, *options, "-netdev", "user,id=host", "-device", "virtio-net-pci,netdev=host"], TIMEOUT)
        server.shutdown()
    if "this build has no libslirp" in harness.text(result.stderr):
        harness.skip("this build has no libslirp")
    check(harness.text(result.stdout), result)
    print(f"{len(CONTENT)} bytes to the guest and back")


main()
