#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Records one of Debian's kernels with everything that can come in from outside, and replays it.

    replay_test.py INTACT ARCH [--recorder NOTIFIED] [--recordings N] [--other BUILD]... [--emulated COMMAND]
                   [--keep FOLDER]

Four processors; a disk that is written to (with -snapshot), entropy, a network card on -netdev user that fetches a file and
sends it back, a command typed at a shell key by key, a page of text pasted there, and a file fetched by a command; and, if
NOTIFIED records (notified.c), a notifier that another thread signals. What must hold: a replay prints the same bytes and says
that it is the same run, with the same digest; so do `-icount rr=replay` with the recorded options, another build (--other), and
one for another host (--emulated "qemu-aarch64 BUILD": of the first recording only, as it takes minutes). Every other recording
is made on a host that is busy, and those between them are replayed on one. ./dev check makes 100 recordings on each machine.
With --keep the last journal and the disk are in FOLDER afterwards; after a failure they are kept in any case, and replayed
twice more.
"""
import argparse
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import harness
import linux
import web

TIMEOUT = 600
EMULATED_TIMEOUT = 7200
DISK = 9 << 20
FETCHED = web.content(64 * 1024)
TYPED = b"echo typed $((6 * 7)) | tr a-z A-Z\n"
PASTED = b"md5sum << END\n" + b"".join(b"line %d of a page of text\n" % line for line in range(30)) + b"END\n"
PROMPT = b"/ # "
TAKEN_LEAST = 20 # interrupts of the notifier that the guest has taken
SAME = re.compile(r"^intact: the same run: (\d+) instructions, digest ([0-9a-f]{16})$", re.M)
RECORDED = re.compile(r"^intact: recorded: (\d+) instructions, digest ([0-9a-f]{16})$", re.M)
NOTIFIED = re.compile(r"^notified: (\d+) signals, (\d+) interrupts taken$", re.M)


class Load:
    """Two processes that use the host's processors, for as long as the block lasts."""

    def __enter__(self):
        self.children = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]

    def __exit__(self, *_):
        for child in self.children:
            child.kill()
            child.wait()


class Console:
    """The standard streams of a machine: what it has printed so far, and a keyboard."""

    def __init__(self, child):
        self.child, self.seen = child, b""

    def wait(self, text):
        """Until `text` has come since the last call."""
        at = len(self.seen)
        while text not in self.seen[at:]:
            piece = self.child.stdout.read1(4096)
            if not piece:
                return
            self.seen += piece

    def type(self, text, pause=0.0):
        try:
            for key in ([text[i:i + 1] for i in range(len(text))] if pause else [text]):
                self.child.stdin.write(key)
                self.child.stdin.flush()
                time.sleep(pause)
        except BrokenPipeError:
            pass # it has ended already; the checks tell


def record(command, address):
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        late = threading.Timer(TIMEOUT, child.kill)
        late.start()
        console = Console(child)
        console.wait(PROMPT)
        console.type(TYPED, 0.01)
        console.wait(PROMPT)
        console.type(PASTED)
        console.wait(PROMPT)
        console.type(f"wget -q -O - {address} | md5sum; dd if=/file of=/dev/vda bs=4k conv=fsync; exit\n".encode())
        console.seen += child.stdout.read()
        errors = child.stderr.read()
        status = child.wait()
        late.cancel()
    return subprocess.CompletedProcess(command, status, console.seen, errors)


def check_recording(result):
    out = harness.text(result.stdout)
    fetched = web.checksum(FETCHED)
    page = web.checksum(PASTED.split(b"\n", 1)[1][:-len(b"END\n")])
    for line in (f"INTACT: fetched {fetched}  -", f"INTACT: sent {fetched}", "TYPED 42", f"{page}  -", f"{fetched}  -",
                 "INTACT: done"):
        if line not in out.splitlines():
            harness.fail(f"no line '{line}'", result)
    found = RECORDED.search(harness.text(result.stderr))
    if result.returncode != 0 or not found:
        harness.fail(f"exit status {result.returncode}, or no digest", result)
    return found.groups()


def check_notified(result):
    """How many interrupts the other thread's signals became."""
    found = NOTIFIED.search(harness.text(result.stderr))
    if not found or int(found.group(2)) < TAKEN_LEAST:
        harness.fail(f"the guest has not taken {TAKEN_LEAST} interrupts of another thread", result)
    return f", {found.group(2)} interrupts of {found.group(1)} signals"


def check_replay(command, recording, end, timeout=TIMEOUT):
    result = harness.run(command, timeout)
    found = SAME.search(harness.text(result.stderr))
    if result.returncode != 0 or not found:
        harness.fail("the replay is not the same run", result)
    if found.groups() != end:
        harness.fail(f"the replay ends as {found.groups()}, the recording as {end}", result)
    if result.stdout != recording.stdout:
        harness.fail("the replay printed other bytes than the recording", result)


def options(arch, address, disk):
    more = f"quiet intact.shell intact.fetch={address}"
    try:
        boot = linux.boot_options(arch, more, memory="256M", virtio=True)
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    return [*boot, "-smp", "4", "-snapshot", "-drive", f"if=none,id=disk,format=raw,file={disk}",
            "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci", "-netdev", "user,id=host",
            "-device", "virtio-net-pci,netdev=host"]


def one(given, number, folder, boot, address):
    """A recording and its replays: the first with all of them, each further one with one of its own."""
    journal = str(folder / "journal")
    busy = number % 2 == 0
    recorded = [given.recorder or given.intact, "record", journal, "--", *boot]
    with Load() if busy else contextlib.nullcontext():
        recording = record(recorded, address)
    if "this build has no libslirp" in harness.text(recording.stderr):
        harness.skip("this build has no libslirp")
    end = check_recording(recording)
    notified = check_notified(recording) if given.recorder else ""
    ways = [[build, "replay", journal] for build in (given.intact, *given.other)]
    ways.append([given.intact, *boot, "-icount", f"rr=replay,rrfile={journal}"])
    if number > 0:
        ways = ways[number % len(ways):][:1]
    for way in ways:
        with contextlib.nullcontext() if busy else Load():
            check_replay(way, recording, end)
    if number == 0 and given.emulated:
        check_replay([*given.emulated.split(), "replay", journal], recording, end, EMULATED_TIMEOUT)
    return f"{end[0]} instructions, journal of {os.path.getsize(journal)} bytes{notified}"


def tell_again(intact, folder, arch):
    """After a failure: keeps the journal and the disk, and says whether it is the recording that differs, or one replay."""
    kept = pathlib.Path(tempfile.mkdtemp(prefix=f"intact-replay-failed-{arch}-"))
    for file in folder.iterdir():
        shutil.copy(file, kept)
    print(f"the journal and the disk are kept in {kept}", file=sys.stderr)
    for _ in range(2):
        result = harness.run([intact, "replay", str(folder / "journal")], TIMEOUT)
        print(f"another replay: {harness.text(result.stderr).strip()[-400:]}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("intact")
    parser.add_argument("arch")
    parser.add_argument("--recorder")
    parser.add_argument("--recordings", type=int, default=1)
    parser.add_argument("--other", action="append", default=[])
    parser.add_argument("--emulated")
    parser.add_argument("--keep", type=pathlib.Path)
    given = parser.parse_args()
    place = contextlib.nullcontext(given.keep) if given.keep else tempfile.TemporaryDirectory(prefix="intact-replay-")
    with web.serve(FETCHED) as address, place as name:
        folder = pathlib.Path(name)
        folder.mkdir(exist_ok=True)
        disk = folder / "disk"
        disk.write_bytes(b"".join(hashlib.md5(b"%d" % block).digest() * 32 for block in range(DISK // 512)))
        boot = options(given.arch, address, disk)
        try:
            for number in range(given.recordings):
                print(one(given, number, folder, boot, address), flush=True)
        except SystemExit as end:
            if end.code == 1 and (folder / "journal").exists():
                tell_again(given.intact, folder, given.arch)
            raise


main()
