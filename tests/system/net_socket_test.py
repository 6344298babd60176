#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Two Linux guests ping each other over sockets of the host: each in an Intact, by a stream and by datagrams, and one of them in QEMU. A
recording of one of them replays without a socket.

    net_socket_test.py INTACT

A shell on each guest's serial port is told what to do.
"""
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

import harness
import linux

TIMEOUT = 300
PORTS = 47821, 47822


class Guest:
    def __init__(self, program, network):
        options = linux.boot_options("amd64", "quiet intact.shell", virtio=True)
        self.command = [*program, *options, "-netdev", f"{network},id=n", "-device", "virtio-net-pci,netdev=n"]
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.heard = ""

    def hear(self, text):
        end = time.monotonic() + TIMEOUT * harness.PATIENCE
        while text not in self.heard:
            if time.monotonic() > end:
                self.process.kill()
                harness.fail(f"'{text}' is not heard of {' '.join(self.command)}, but:\n{self.heard[-3000:]}")
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                more = os.read(self.process.stdout.fileno(), 65536)
                if not more:
                    harness.fail(f"ended without '{text}': {' '.join(self.command)}\n{self.heard[-3000:]}")
                self.heard += harness.text(more)
        self.heard = self.heard[self.heard.index(text) + len(text):]

    def tell(self, line, answer):
        """The answer's words come only when the line has succeeded: what the shell echoes has them with a _ in between."""
        self.process.stdin.write(f"{line} && echo {answer.replace(' ', '_')} | tr _ ' '\n".encode())
        self.process.stdin.flush()
        self.hear(answer)

    def up(self, number):
        self.hear("# ")
        self.tell(f"ip addr add 10.9.0.{number}/24 dev eth0 && ip link set eth0 up", "it is up")

    def off(self):
        self.process.stdin.write(b"poweroff -f\n")
        self.process.stdin.flush()
        try:
            self.process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            harness.fail(f"does not power off: {' '.join(self.command)}")


def check(what, first, second):
    one = Guest(*first)
    time.sleep(1)
    other = Guest(*second)
    one.up(1)
    other.up(2)
    one.tell("ping -c 3 -s 1400 10.9.0.2 | grep -q ' 0% packet loss'", "all came")
    other.tell("ping -c 3 10.9.0.1 | grep -q ' 0% packet loss'", "all came")
    one.off()
    other.off()
    print(what, flush=True)


def main():
    intact, qemu = [sys.argv[1]], harness.qemu()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "net"
        check("two of ours, a stream", (intact, f"stream,server=on,addr.type=unix,addr.path={path}"),
              (intact, f"stream,addr.type=unix,addr.path={path},reconnect=1"))
        journal = folder + "/journal"
        check("two of ours, a stream that is recorded",
              ([*intact, "record", journal, "--"], f"stream,server=on,addr.type=unix,addr.path={path}"),
              (intact, f"stream,addr.type=unix,addr.path={path},reconnect=1"))
        again = harness.run([*intact, "replay", journal], TIMEOUT)
        if again.returncode or "the same run" not in harness.text(again.stderr) or "all came" not in harness.text(again.stdout):
            harness.fail("the replay is another run", again)
        check("two of ours, datagrams", (intact, f"socket,udp=127.0.0.1:{PORTS[0]},localaddr=127.0.0.1:{PORTS[1]}"),
              (intact, f"socket,udp=127.0.0.1:{PORTS[1]},localaddr=127.0.0.1:{PORTS[0]}"))
        check("QEMU connects", (intact, f"socket,listen=127.0.0.1:{PORTS[0]}"), (qemu, f"socket,connect=127.0.0.1:{PORTS[0]}"))
        check("QEMU listens", (qemu, f"socket,listen=127.0.0.1:{PORTS[1]}"), (intact, f"socket,connect=127.0.0.1:{PORTS[1]}"))


try:
    main()
except linux.CannotGet as error:
    harness.skip(f"cannot get {error}")
