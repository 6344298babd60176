# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""QEMU's monitor over QMP (QEMU, docs/interop/qmp-spec.txt), and an image for its snapshots, without qemu-img."""
import json
import socket
import struct
import time


class Monitor:
    """A connection to the socket of -qmp unix:PATH,server=on,wait=off."""

    def __init__(self, path, timeout=120):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        end = time.monotonic() + timeout
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
        self.lines = self.socket.makefile("r")
        self.lines.readline() # the greeting
        self.execute("qmp_capabilities")

    def execute(self, name, **arguments):
        """Its answer; events on the way are skipped."""
        self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"QEMU: {name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise RuntimeError(f"QEMU: {name}: no answer")

    def command(self, line):
        """A command of the monitor for people that answers nothing."""
        said = self.execute("human-monitor-command", **{"command-line": line})
        if said.strip():
            raise RuntimeError(f"QEMU: {line}: {said.strip()}")

    def quit(self, child):
        self.execute("quit")
        self.lines.close()
        self.socket.close()
        child.wait()


def write_image(path, size=1 << 20):
    """An empty qcow2 image (QEMU, docs/interop/qcow2.txt, version 2): header, refcount table, its one block, L1 table."""
    cluster = 1 << 16
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, size, 0, 1, 3 * cluster, cluster, 1, 0, 0)
    table = struct.pack(">Q", 2 * cluster)
    counts = struct.pack(">4H", 1, 1, 1, 1)
    with open(path, "wb") as image:
        image.write(b"".join(part.ljust(cluster, b"\0") for part in (header, table, counts, b"")))
