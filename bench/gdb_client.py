# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The little of gdb's remote protocol (gdb manual, appendix E) that is needed to time a stub by itself, without gdb's own
work between two packets."""
import socket
import time


class Client:
    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.rest = b""
        # A stub stops the machine for a client, and may tell it that by itself.
        self.send("?")
        time.sleep(0.5)
        self.socket.sendall(b"+" * self.socket.recv(65536).count(b"$"))

    def send(self, text):
        self.socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) % 256))

    def receive(self):
        """The next packet."""
        while b"#" not in self.rest[:-2]:
            piece = self.socket.recv(65536)
            if not piece:
                raise RuntimeError("the stub has ended the connection")
            self.rest += piece
        packet, self.rest = self.rest.split(b"#", 1)
        self.rest = self.rest[2:]
        self.socket.sendall(b"+")
        return packet.split(b"$", 1)[1].decode("latin-1")

    def call(self, text):
        self.send(text)
        return self.receive()

    def run_for(self, seconds):
        """Lets the guest run, and stops it."""
        self.send("c")
        time.sleep(seconds)
        self.socket.sendall(b"\x03")
        return self.receive()

    def step_back(self, thread):
        """reverse-stepi."""
        if self.call(f"Hc{thread:x}") != "OK":
            raise RuntimeError(f"no thread {thread}")
        stopped = self.call("bs")
        if not stopped.startswith("T05") or "replaylog" in stopped:
            raise RuntimeError(f"no step back: {stopped}")

    def close(self):
        self.socket.close()
