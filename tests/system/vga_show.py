# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A guest that shows something, and waits for a byte on its serial port: pictures by QMP, of Intact as of QEMU."""
import json
import socket
import subprocess
import time

import harness

TIMEOUT = 60


class Show:
    """An emulator with the guest: its serial port, and QMP."""
    def __init__(self, command, folder):
        path = str(folder / "qmp")
        self.process = subprocess.Popen([*command, "-serial", "stdio", "-qmp", f"unix:{path},server=on,wait=off"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(10000):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.001)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                harness.fail(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return

    def next(self, letter):
        """The guest has written the letter: all that came before."""
        out = b""
        while (byte := self.process.stdout.read(1)) != letter:
            out += byte
            if not byte:
                harness.fail(f"ended before {letter}: {harness.text(out)[-3000:]}\n{harness.text(self.process.stderr.read())}")
        return out

    def picture(self, folder):
        self.ask("screendump", filename=str(folder / "picture.ppm"))
        return read_ppm(folder / "picture.ppm")

    def go_on(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def end(self):
        self.process.communicate(timeout=TIMEOUT)
        self.socket.close()
        return self.process.returncode


def read_ppm(path):
    kind, size, _, data = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    return kind, width, height, data


def same(name, ours, theirs, bits=6):
    """Pixel for pixel, as far as `bits` of a colour go."""
    if ours[:3] != theirs[:3]:
        harness.fail(f"{name}: {ours[1]}x{ours[2]}, and with QEMU {theirs[1]}x{theirs[2]}")
    kept = bytes(value & 0x100 - (1 << 8 - bits) for value in range(256))
    mine, its = ours[3].translate(kept), theirs[3].translate(kept)
    if mine == its:
        return
    at = next(at for at in range(len(mine)) if mine[at] != its[at]) // 3
    y, x = divmod(at, ours[1])
    harness.fail(f"{name}: the first pixel that differs is at {x}, {y}: {ours[3][3 * at:3 * at + 3].hex()}, and with QEMU "
                 f"{theirs[3][3 * at:3 * at + 3].hex()}")
