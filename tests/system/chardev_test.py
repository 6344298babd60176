#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Character devices that lead to other programs: sockets of each kind, pseudo-terminals, pipes, several users of one, testdev;
what peers do wrong; and a recorded run replays without any of them.

    chardev_test.py INTACT

The guest is a few instructions, and sends back what comes in at a serial port, up to a Q.
"""
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import tty

import harness

TIMEOUT = 60
BASE, START = 0x100000, 32
PATH_LIMIT = 108 if sys.platform == "linux" else 104


def echo(port):
    """again: mov dx, PORT+5; in al, dx; test al, 1; jz again; mov dx, PORT; in al, dx; out dx, al; cmp al, 'Q'; jne again;
    mov al, 0; out 0f4h, al"""
    return (b"\x66\xba" + struct.pack("<H", port + 5) + bytes.fromhex("ec a801 74f7") + b"\x66\xba" + struct.pack("<H", port) +
            bytes.fromhex("ec ee 3c51 75ed b000 e6f4"))


def flood(count):
    """mov ecx, COUNT; mov dx, 3f8h; mov al, 'x'; again: out dx, al; loop again; mov al, 0; out 0f4h, al"""
    return b"\xb9" + struct.pack("<I", count) + bytes.fromhex("66baf803 b078 ee e2fd b000 e6f4")


def say(text):
    """mov dx, 2f8h; for each character: mov al, C; out dx, al; then cli; hlt"""
    return bytes.fromhex("66baf802") + b"".join(bytes([0xb0, byte, 0xee]) for byte in text) + bytes.fromhex("fa f4")


def kernel(path, code):
    """A flat multiboot file."""
    magic, flags = 0x1badb002, 0x10000
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff, BASE, BASE, BASE + 4096, BASE + 4096, BASE + START)
    path.write_bytes((header + code).ljust(4096, b"\0"))
    return str(path)


def poll(what, why):
    end = time.monotonic() + TIMEOUT * harness.PATIENCE
    while not (result := what()):
        if time.monotonic() > end:
            harness.fail(why)
        time.sleep(0.005)
    return result


class Run:
    """The command on one of the guests, which a test talks to."""

    def __init__(self, test, guest, *options, verb=("run",)):
        self.command = [test.intact, *verb, "-m", "16M", "-kernel", guest, "-device", "isa-debug-exit,iobase=0xf4", "-display", "none",
                        *options]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def line(self, pattern, stream="stderr"):
        """Reads its lines up to one of this form."""
        for line in getattr(self.process, stream):
            if found := re.search(pattern, line.decode()):
                return found
        harness.fail(f"no line '{pattern}': {' '.join(self.command)}")

    def end(self, status=1, says=None):
        try:
            out, err = self.process.communicate(timeout=TIMEOUT * harness.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            harness.fail("does not come to an end", subprocess.CompletedProcess(self.command, None, out, err))
        if self.process.returncode != status or (says and not re.search(says, err.decode())):
            harness.fail(f"status {status} and '{says}' are expected",
                         subprocess.CompletedProcess(self.command, self.process.returncode, out, err))
        return out, err


def talk(connection, text, wanted=None):
    """Sends it and hears the same again."""
    connection.sendall(text)
    hear(connection, wanted or text)


def hear(connection, wanted):
    heard = b""
    connection.settimeout(TIMEOUT)
    while len(heard) < len(wanted):
        more = connection.recv(65536)
        if not more:
            break
        heard += more
    if heard != wanted:
        harness.fail(f"{wanted!r} is expected, not {heard!r}")


def to_unix(path):
    def connect():
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return connection
        except OSError:
            connection.close()
            return None

    return poll(connect, f"nothing listens at {path}")


class Test:
    def __init__(self, intact, folder):
        self.intact, self.folder = intact, folder
        self.echo = kernel(folder / "echo", echo(0x3f8))
        self.second = kernel(folder / "second", echo(0x2f8))

    def unix_server(self):
        """Clients come and go; what the guest says in between is kept for the next one."""
        path = self.folder / "unix"
        run = Run(self, self.echo, "-serial", f"unix:{path},server=on,wait=off")
        with to_unix(path) as client:
            talk(client, b"first")
            client.sendall(b"kept")
        with to_unix(path) as client:
            hear(client, b"kept")
            for byte in b"byte by byte":
                client.sendall(bytes([byte]))
            hear(client, b"byte by byte")
            talk(client, b"Q")
        run.end()
        if path.exists():
            harness.fail("the socket's name stays")

    def tcp_server(self):
        run = Run(self, self.echo, "-chardev", "socket,id=c,host=127.0.0.1,port=0,server=on,wait=off", "-serial", "chardev:c")
        port = int(run.line(r"listens at port (\d+)").group(1))
        with socket.create_connection(("127.0.0.1", port)) as client:
            talk(client, b"hello" * 2000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        with socket.create_connection(("127.0.0.1", port)) as client:
            talk(client, b"againQ")
        run.end()

    def waits(self):
        """With wait=on nothing is executed before the client is there."""
        path = self.folder / "waits"
        run = Run(self, self.echo, "-serial", f"unix:{path},server=on", "-d", "exit")
        run.line("waits for a client at unix:")
        with to_unix(path) as client:
            talk(client, b"Q")
        run.end()

    def client(self):
        path = self.folder / "client"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            run = Run(self, self.echo, "-serial", f"unix:{path},reconnect=1")
            with listener.accept()[0] as peer:
                talk(peer, b"one")
            with listener.accept()[0] as peer:
                talk(peer, b"twoQ")
            run.end()
            # Without reconnect the end of the peer is that of the input, and a guest that waits for more is stuck.
            halt = kernel(self.folder / "halt", bytes.fromhex("f4 ebfd"))
            run = Run(self, halt, "-serial", f"unix:{path}")
            listener.accept()[0].close()
            run.end(64)

    def telnet(self):
        run = Run(self, self.echo, "-serial", "telnet:127.0.0.1:0,server,nowait")
        port = int(run.line(r"listens at port (\d+)").group(1))
        with socket.create_connection(("127.0.0.1", port)) as client:
            hear(client, bytes([255, 251, 1, 255, 251, 3, 255, 251, 0, 255, 253, 0]))
            client.sendall(bytes([255, 253, 1, 255, 250, 31, 0, 80, 255, 240]))
            talk(client, b"a\xff\xffb\xff\xf3", b"a\xff\xffb")
            talk(client, b"Q")
        run.end()

    def pty(self):
        run = Run(self, self.echo, "-serial", "pty")
        name = run.line(r"^char device redirected to (\S+) \(label serial0\)$", "stdout").group(1)
        terminal = os.open(name, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(terminal)
        os.write(terminal, b"by terminal")
        heard = b""
        while len(heard) < 11 and select.select([terminal], [], [], TIMEOUT)[0]:
            heard += os.read(terminal, 100)
        if heard != b"by terminal":
            harness.fail(f"the terminal has {heard!r}")
        os.write(terminal, b"Q")
        os.read(terminal, 1)
        run.end()
        os.close(terminal)

    def pipes(self):
        path = self.folder / "pipe"
        for suffix in (".in", ".out"):
            os.mkfifo(str(path) + suffix)
        run = Run(self, self.echo, "-serial", f"pipe:{path}")
        with open(str(path) + ".in", "wb", 0) as into, open(str(path) + ".out", "rb", 0) as out:
            into.write(b"pipesQ")
            heard = b""
            while len(heard) < 6:
                heard += out.read(6)
            if heard != b"pipesQ":
                harness.fail(f"the pipe has {heard!r}")
            run.end()

    def second_port(self):
        """COM2 at a socket, COM1 in a file, with a copy of what COM2 says."""
        path, log = self.folder / "com2", self.folder / "log"
        run = Run(self, self.second, "-serial", "null", "-chardev", f"socket,id=c,path={path},server=on,wait=off,logfile={log}",
                  "-serial", "chardev:c")
        with to_unix(path) as client:
            talk(client, b"com2Q")
        run.end()
        if log.read_bytes() != b"com2Q":
            harness.fail(f"the log has {log.read_bytes()!r}")

    def mux(self):
        """COM1 and COM2 at one socket, Ctrl-a c between them, and -echr takes Ctrl-a's place."""
        path = self.folder / "mux"
        run = Run(self, self.second, "-chardev", f"socket,id=c,path={path},server=on,wait=off,mux=on", "-serial", "chardev:c",
                  "-serial", "chardev:c", "-echr", "2")
        with to_unix(path) as client:
            client.sendall(b"COM1 has these\2c")
            talk(client, b"COM2")
            talk(client, b"\2\2\1Q", b"\2\1Q")
        run.end()

    def monitors(self):
        """A monitor behind Ctrl-a c of a socket, one by telnet, and QMP that the run waits for."""
        path, qmp = self.folder / "shared", self.folder / "qmp"
        run = Run(self, self.echo, "-chardev", f"socket,id=c,path={path},server=on,wait=off,mux=on", "-serial", "chardev:c", "-mon",
                  "chardev=c", "-monitor", "telnet:127.0.0.1:0,server,nowait", "-qmp", f"unix:{qmp},server=on,wait=on")
        port = int(run.line(r"-monitor listens at port (\d+)").group(1))
        with to_unix(qmp) as client:
            heard = client.makefile("rwb", 0)
            if b'"QMP"' not in heard.readline():
                harness.fail("QMP does not greet")
            heard.write(b'{"execute": "qmp_capabilities"}\n')
            heard.readline()
            with to_unix(path) as shared:
                shared.sendall(b"typed\1cinfo status\n\1c")
                answer = shared.makefile("rb", 0)
                poll(lambda: b"running" in answer.readline(), "the monitor behind Ctrl-a c does not answer")
            with socket.create_connection(("127.0.0.1", port)) as telnet:
                telnet.sendall(b"\xff\xfb\x22info status\r\n")
                answer = telnet.makefile("rb", 0)
                poll(lambda: b"running" in answer.readline(), "the monitor does not answer by telnet")
            heard.write(b'{"execute": "quit"}\n')
            run.end(0)

    def testdev(self):
        """A guest that says Nq ends the run, here and on QEMU."""
        options = ["-chardev", "testdev,id=t", "-serial", "null", "-serial", "chardev:t"]
        for text, status in ((b"  21 q", 43), (b"q", 1), (b"x5y\n7q", 15), (b"1 2q", 1), (b"255q", 255)):
            guest = kernel(self.folder / "testdev", say(text))
            commands = [[self.intact, "run"]]
            if shutil.which(harness.QEMU):
                commands.append([harness.QEMU])
            for command in commands:
                result = harness.run([*command, "-m", "16M", "-display", "none", "-kernel", guest, *options], TIMEOUT)
                if result.returncode != status:
                    harness.fail(f"{text} is to end the run with {status}", result)

    def nobody_reads(self):
        """More than is kept, with nobody there and with a peer that does not read: the run comes to its end, and says it."""
        guest = kernel(self.folder / "flood", flood(3 << 20))
        path = self.folder / "flood.socket"
        run = Run(self, guest, "-serial", f"unix:{path},server=on,wait=off")
        run.end(1, r"more than 1048576 bytes of output that nobody reads(.|\n)* 2097152 bytes of output were dropped\n"
                   r"intact: -serial: 1048576 bytes of output were read by nobody")
        run = Run(self, guest, "-serial", f"unix:{path},server=on")
        with to_unix(path) as client:
            heard = 0
            while more := client.recv(1 << 16):
                heard += len(more)
                time.sleep(0.001)
        run.end()
        if heard != 3 << 20:
            harness.fail(f"a slow reader gets {heard} bytes of {3 << 20}")

    def replays(self):
        path, journal = self.folder / "recorded", self.folder / "journal"
        options = ("-serial", "null", "-serial", f"unix:{path},server=on,wait=on", "-d", "exit")
        run = Run(self, self.second, *options, verb=("record", str(journal), "--"))
        with to_unix(path) as client:
            for _ in range(20):
                talk(client, b"typed ")
            talk(client, b"Q")
        _, err = run.end()
        count = harness.COUNT.search(harness.text(err))
        again = harness.run([self.intact, "replay", str(journal), "-d", "exit"], TIMEOUT)
        if not count or harness.COUNT.search(harness.text(again.stderr)).group(0) != count.group(0):
            harness.fail("the replay is another run", again)

    def refused(self):
        taken = self.folder / "taken"
        taken.write_text("a file")
        long = "x" * PATH_LIMIT
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            port = listener.getsockname()[1]
            rows = (
                (f"unix:{taken},server=on,wait=off", "it is another file"),
                (f"unix:{self.folder}/none/x,server=on,wait=off", "cannot listen at"),
                (f"unix:{long},server=on,wait=off", f"is no path of at most {PATH_LIMIT - 1} characters"),
                (f"unix:{self.folder}/nobody", "cannot connect to"),
                (f"tcp:127.0.0.1:{port},server=on,wait=off", "cannot listen at"),
                ("tcp:127.0.0.1", "is not [HOST]:PORT"),
                ("tcp:127.0.0.1:65536,server", "is not [HOST]:PORT"),
                ("tcp:127.0.0.1:1,server,reconnect=1", "reconnect is for what connects"),
                ("tcp:127.0.0.1:1,wait=on", "wait=on is for server=on"),
                (f"pipe:{self.folder}/no-pipe", "mkfifo makes them"),
                ("udp::1234", "there is no 'udp' here: datagrams may be lost"),
                ("vc", "there is no 'vc' here"),
            )
            for where, words in rows:
                result = harness.run([self.intact, "run", "-kernel", self.echo, "-serial", where], TIMEOUT)
                if result.returncode != 1 or words not in harness.text(result.stderr) or result.stderr.count(b"\n") != 1:
                    harness.fail(f"one line with '{words}' is expected", result)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test = Test(sys.argv[1], pathlib.Path(folder))
        checks = [test.unix_server, test.tcp_server, test.waits, test.client, test.telnet, test.pty, test.pipes, test.second_port,
                  test.mux, test.monitors, test.testdev, test.nobody_reads, test.replays, test.refused]
        for check in checks:
            start = time.monotonic()
            check()
            print(f"{check.__name__}: {time.monotonic() - start:.1f} s", flush=True)


main()
