#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""intact watch: what the last screen shows after some keys, on both machines; at a pseudo-terminal; and what it refuses.

    watch_test.py INTACT GUESTS
"""
import fcntl
import os
import pathlib
import pty
import select
import signal
import struct
import sys
import tempfile
import termios
import time

import harness

TIMEOUT = 60
INTACT, GUESTS = sys.argv[1], pathlib.Path(sys.argv[2])
PC = ["-m", "64M", "-nodefaults", "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
      "-kernel", str(GUESTS / "x86_64/bench/uart_pic.elf"), "-append", "n=5"]
VIRT = ["-machine", "virt,gic-version=3", "-cpu", "cortex-a57", "-m", "64M", "-smp", "2",
        "-kernel", str(GUESTS / "aarch64/bench/ping_pong.image"), "-append", "n=5"]


def shot(keys, options, *more):
    result = harness.run([INTACT, "watch", "-keys", keys, *more, "--", *options], TIMEOUT)
    if result.returncode:
        harness.fail(f"keys {keys}", result)
    return harness.text(result.stdout)


def expect(screen, *texts):
    for text in texts:
        if text not in screen:
            harness.fail(f"the screen does not show '{text}':\n{screen}")


def refused(text, *words):
    result = harness.run([INTACT, "watch", *words], TIMEOUT)
    said = harness.text(result.stderr)
    if result.returncode != 1 or text not in said or said.count("\n") != 1:
        harness.fail(f"'{text}' was expected", result)


def screens():
    screen = shot("n", PC, "-size", "100x30")
    expect(screen, "#1 com1.irq: taken", "take     CPU 0 takes vector 24h (com1.irq)", "ISR      10h 4")
    lines = screen.split("\n")
    if len(lines) != 31 or max(map(len, lines)) > 100:
        harness.fail(f"not 100 by 30:\n{screen}")
    expect(shot("nn", PC), "#1 com1.irq: ended")
    expect(shot("nnp", PC), "#1 com1.irq: taken")
    expect(shot("nw", PC), "-- why ", "com1.irq", "8259A")
    expect(shot("g", PC), "ended: isa-debug-exit", "uart_pic 5")
    expect(shot("nnnn", VIRT), "#1 cpu0.sgi: ended", "-- distributor ")
    expect(shot("nnnnTTT", VIRT), "-- CPU interface of CPU 0 ", "ICC_PMR_EL1")
    expect(shot("?", VIRT), "-- keys ")
    expect(shot("o<Down><Down><Enter>", PC, "-size", "120x40"), "-- register ", "of the 8259A master: ")
    expect(shot("<click 10,1>", PC, "-size", "120x40"), "-- 8259A slave ")
    expect(shot("C", PC), "-- the guest's console ", "uart_pic 5", "ended: isa-debug-exit")
    if shot("nnnpnnw", PC) != shot("nnnpnnw", PC):
        harness.fail("two runs with the same keys show different screens")


def to_a_file():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "screen.txt"
        if shot("n", PC, "-shot", str(path)) != "" or path.read_text() != shot("n", PC):
            harness.fail("-shot does not write what is printed without it")
    refused("cannot write", "-keys", "n", "-shot", "/nowhere/x", "--", *PC)


def read_for(master, seconds):
    heard, end = b"", time.time() + seconds
    while time.time() < end and select.select([master], [], [], 0.2)[0]:
        try:
            heard += os.read(master, 65536)
        except OSError:
            break
    return heard


def at_a_terminal():
    """n, Tab as an escape sequence backwards, q; the terminal's other screen comes and goes."""
    child, master = pty.fork()
    if child == 0:
        os.execv(INTACT, [INTACT, "watch", "-size", "80x24", "--", *PC])
    heard = b""
    for key in (b"n", b"\033[Z", b"q"):
        end = time.time() + TIMEOUT
        while b"q quit" not in heard.rsplit(b"\033[H", 1)[-1] and time.time() < end:
            heard += read_for(master, 1)
        os.write(master, key)
        heard += read_for(master, 1)
    _, status = os.waitpid(child, 0)
    screen = heard.decode()
    expect(screen, "\033[?1049h", "\033[?1049l", "com1.irq", " local APIC of CPU 0 ")
    if status:
        harness.fail(f"the exit status is {status}")


def hear(master, text):
    heard, end = b"", time.time() + TIMEOUT
    while text not in heard and time.time() < end:
        heard += read_for(master, 0.2)
    if text not in heard:
        harness.fail(f"the terminal does not show '{text}': {heard}")


def resize(child, master, lines, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    os.kill(child, signal.SIGWINCH)


def at_a_terminal_of_another_size():
    """It is drawn at once, without a key; and what is typed at the guest's console ends nothing."""
    child, master = pty.fork()
    if child == 0:
        os.execv(INTACT, [INTACT, "watch", "--", *PC])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    os.kill(child, signal.SIGCONT)
    hear(master, b"q quit")
    resize(child, master, 20, 70)
    hear(master, b"80x24 characters are needed")
    resize(child, master, 40, 120)
    hear(master, b"C console")
    os.write(master, b"C")
    hear(master, b"ended: isa-debug-exit")
    os.write(master, b"q\x03\x01x")
    hear(master, b"\033[?1049l") # what nobody reads would hold it up
    _, status = os.waitpid(child, 0)
    if status:
        harness.fail(f"the exit status is {status}")


def main():
    screens()
    to_a_file()
    at_a_terminal()
    at_a_terminal_of_another_size()
    refused("no terminal; -keys", "--", *PC)
    refused("-size '10x10': needs", "-size", "10x10", "--", *PC)
    refused("-keys needs a value", "-keys")
    refused("there is no key '<Entr>'", "-keys", "n<Entr>", "--", *PC)
    refused("there is no key 'x'", "-keys", "Cx<Ctrl-a>cx", "--", *PC)
    refused("watch: not with -trace", "-keys", "n", "--", *PC, "-trace", "file=x")
    refused("watch: not with -gdb", "-keys", "n", "--", *PC, "-gdb", "tcp::0")
    refused("-serial to a file", "-keys", "n", "--", "-m", "64M", "-serial", "file:x", "-kernel", PC[PC.index("-kernel") + 1])
    refused("could not open kernel", "-keys", "n", "--", "-m", "64M", "-kernel", "/nowhere")
    print("passed")


main()
