#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Recordings that cannot be replayed to their end, or at all, with small guests.

    replay_refusal_test.py INTACT GUESTS

What must hold: a replay with something changed (an option, the kernel's file, a disk, the type of the machine) is refused
with exit status 1 and a line that names it; a recording that was killed is replayed up to what its journal has, with exit
status 72; a replay that is stopped says how far it came; a journal that cannot be written, read or understood is refused with
a line that says why, and one whose disk becomes full is reported at the end of the recording.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import harness

TIMEOUT = 120
EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
GUEST_DONE = 33 # (16 << 1) | 1, by isa-debug-exit
REFUSED, DEADLOCK, LIMIT, DIVERGED, JOURNAL_ENDS = 1, 64, 66, 70, 72


def expect(command, status, words, change="", folder=None):
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, cwd=folder)
    said = harness.text(result.stderr)
    lines = [line for line in said.splitlines() if line.startswith("intact: ")]
    if result.returncode != status or words not in said or len(lines) != 1 and status not in (GUEST_DONE, DEADLOCK, LIMIT):
        harness.fail(f"{change or words}: exit status {status} and one line with '{words}' were expected", result)


class Scene:
    """A guest with a disk, recorded once, whose files can be changed."""

    def __init__(self, intact, guests, folder):
        self.intact, self.folder = intact, folder
        self.kernel, self.disk, self.journal = folder / "kernel", folder / "disk", folder / "journal"
        self.good = (guests / "x86_64" / "bench" / "self_ipi.elf").read_bytes()
        self.kernel.write_bytes(self.good)
        self.disk.write_bytes(bytes(1 << 16))
        self.options = ["-m", "64M", *EXIT, "-drive", f"if=none,id=d,format=raw,file={self.disk}",
                        "-device", "virtio-blk-pci,drive=d", "-kernel", str(self.kernel), "-append", "n=1000"]
        expect([intact, "record", str(self.journal), "--", *self.options], GUEST_DONE, "intact: recorded: ")
        expect(self.replay(), GUEST_DONE, "intact: the same run: ")

    def replay(self, *more):
        return [self.intact, "replay", str(self.journal), *more]

    def with_options(self, *options):
        return [self.intact, *options, "-icount", f"rr=replay,rrfile={self.journal}"]


def changed_options(scene):
    expect(scene.with_options(*scene.options), GUEST_DONE, "intact: the same run: ")
    expect(scene.with_options(*scene.options, "-d", "exit"), GUEST_DONE, "intact: the same run: ", "an option of output")
    other = [word.replace("64M", "65M") for word in scene.options]
    expect(scene.with_options(*other), REFUSED, "'65M' was '64M' in the recorded run")
    expect(scene.with_options(*scene.options[2:]), REFUSED, "was '-m' in the recorded run", "an option that is gone")
    expect(scene.with_options(*scene.options, "-smp", "2"), REFUSED, "the recorded run was without '-smp'")
    expect(scene.with_options(*scene.options[:-2]), REFUSED, "the recorded run had '-append' as well")
    expect(scene.with_options("-machine", "virt", "-m", "64M"), REFUSED, "'-machine' was '-m' in the recorded run")
    expect(scene.replay("-smp", "2"), REFUSED, "the recorded run is of another machine: -smp was 1, and is 2")


def two_wishes(scene):
    """What would record over the journal, over the kernel, or twice; and a limit, which is no other run."""
    good, journal = scene.journal.read_bytes(), str(scene.journal)
    for verb in (["replay", journal], ["record", str(scene.folder / "second"), "--", *scene.options]):
        expect([scene.intact, *verb, "-icount", f"rr=record,rrfile={journal}"], REFUSED,
               "-icount: rr=record: this run is recorded or replayed already")
    expect([scene.intact, "record", str(scene.kernel), "--", *scene.options], REFUSED,
           f"'{scene.kernel}' is the file of -kernel: the journal would overwrite it")
    run = [scene.intact, "record", str(scene.folder / "second"), "--", *scene.options]
    expect([*run, "-loadvm", journal], REFUSED, "-loadvm: a run is recorded from its first instruction")
    expect([*run, "-snapshots", "64M"], REFUSED, "-snapshots: a run that is recorded cannot go back")
    expect([scene.intact, "run", *scene.options, "-icount", "digest=5"], REFUSED, "digest=5 is of a recording")
    for words in ([journal, "-digest"], [journal, "-digest", "x", "--", *scene.options]):
        expect([scene.intact, "record", *words], REFUSED, "record: -digest needs a number of instructions, not '")
    if scene.journal.read_bytes() != good or scene.kernel.read_bytes() != scene.good:
        harness.fail("a run that was refused has written to a file")
    expect(scene.replay("-limit", "20000"), LIMIT, "intact: stopped after 20000 instructions, before the end")
    expect(scene.replay("-serial", "null"), GUEST_DONE, "intact: the same run: ")
    for name in (str(scene.folder), "", f"{scene.folder}/nowhere/state"):
        expect([scene.intact, "run", *scene.options, "-savevm", name], REFUSED, "-savevm: ")


def changed_files(scene):
    scene.kernel.write_bytes(scene.good + b"\0")
    expect(scene.replay(), REFUSED, f"-kernel: '{scene.kernel}' is not the file that it was")
    scene.kernel.write_bytes(scene.good)
    scene.disk.write_bytes(bytes((1 << 16) - 1) + b"x")
    expect(scene.replay(), REFUSED, f"-drive: '{scene.disk}' is not the file that it was")
    scene.disk.unlink()
    expect(scene.replay(), REFUSED, f"'{scene.disk}': No such file or directory")
    scene.disk.write_bytes(bytes(1 << 16))
    expect(scene.replay(), GUEST_DONE, "intact: the same run: ")


def changed_modules(scene):
    """Of a list of multiboot modules each file is looked at; a comma or a space in the name of a ramdisk makes no list."""
    one, two = scene.folder / "one", scene.folder / "two"
    one.write_bytes(b"first")
    two.write_bytes(b"second")
    expect([scene.intact, "record", str(scene.journal), "--", *scene.options, "-initrd", f"{one} its words,{two}"],
           GUEST_DONE, "intact: recorded: ")
    expect(scene.replay(), GUEST_DONE, "intact: the same run: ", "nothing of two modules")
    two.write_bytes(b"other!")
    expect(scene.replay(), REFUSED, f"-initrd: '{two}' is not the file that it was")
    two.write_bytes(b"second")
    one.unlink()
    expect(scene.replay(), REFUSED, f"-initrd: cannot read '{one}'")
    # A kernel that takes one ramdisk.
    kernel, disk = scene.folder / "raw", scene.folder / "a ramdisk, of one file"
    kernel.write_bytes(bytes.fromhex("5f2003d5ffffff17")) # wfe; b .-4
    disk.write_bytes(b"good")
    limit = ["-machine", "virt", "-m", "64M", "-kernel", str(kernel), "-initrd", str(disk), "-icount", "shift=0"]
    expect([scene.intact, "record", str(scene.journal), "--", *limit], DEADLOCK, "intact: recorded: ")
    expect(scene.replay(), DEADLOCK, "intact: the same run: ", "nothing of a ramdisk")
    disk.write_bytes(b"evil")
    expect(scene.replay(), REFUSED, f"-initrd: '{disk}' is not the file that it was")


def stopped(scene):
    """By Ctrl-C: it is no end of the recorded run, and nothing is said of what was not compared."""
    endless = [word.replace("n=1000", "n=2000000000") for word in scene.options]
    command = [scene.intact, "record", str(scene.journal), "--", *endless, "-serial", "mon:stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        time.sleep(4)
        child.communicate(b"\x01x", timeout=TIMEOUT)
    for words, more in (("the same run up to ", []), ("before the end and the first digest", ["-snapshots", "1M"])):
        with subprocess.Popen(scene.replay(*more), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as child:
            time.sleep(0.7)
            child.send_signal(signal.SIGINT)
            said = harness.text(child.communicate(timeout=TIMEOUT)[1])
        if child.returncode != 0 or words not in said or "intact: stopped after " not in said:
            harness.fail(f"a replay that was stopped: exit status {child.returncode}, {said}")


def recording_stopped(scene):
    """By a signal: the journal has its end there."""
    endless = [word.replace("n=1000", "n=2000000000") for word in scene.options]
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen([scene.intact, "record", str(scene.journal), "--", *endless], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as child:
            time.sleep(0.5)
            child.send_signal(number)
            said = harness.text(child.communicate(timeout=TIMEOUT)[1])
        if child.returncode != 0 or "intact: recorded: " not in said:
            harness.fail(f"a recording that was stopped: exit status {child.returncode}, {said}")
        expect(scene.replay(), 0, "intact: the same run: ")


def bad_journals(scene):
    good = scene.journal.read_bytes()
    run = ["--", *scene.options]
    for size, words in ((0, "is no journal of a run"), (20, "is no journal of a run"), (60, "it ends within its header")):
        scene.journal.write_bytes(good[:size])
        expect(scene.replay(), REFUSED, words)
    scene.journal.write_bytes(good[:8] + b"\x63" + good[9:])
    expect(scene.replay(), REFUSED, "is a journal of format 99; this version reads format ")
    scene.journal.write_bytes(good[:40] + bytes([good[40] ^ 1]) + good[41:])
    expect(scene.replay(), REFUSED, "the check value of its header is another")
    damaged = bytearray(good)
    damaged[-1] ^= 1
    scene.journal.write_bytes(damaged)
    expect(scene.replay(), JOURNAL_ENDS, "the journal is damaged after instruction ")
    scene.journal.write_bytes(good)
    nowhere = str(scene.folder / "nowhere")
    expect([scene.intact, "replay", nowhere], REFUSED, f"cannot read '{nowhere}': No such file or directory")
    expect([scene.intact, "replay", str(scene.folder)], REFUSED, f"'{scene.folder}'", "a folder is replayed")
    expect([scene.intact, "record", str(scene.folder), *run], REFUSED, f"cannot write '{scene.folder}': Is a directory")
    expect([scene.intact, "record", f"{nowhere}/journal", *run], REFUSED, f"cannot write '{nowhere}/journal': No such file")
    if os.access("/dev/full", os.W_OK):
        expect([scene.intact, "record", "/dev/full", *run], REFUSED, "cannot write '/dev/full': No space left on device")
    if os.geteuid() != 0: # who may write everything
        scene.journal.chmod(0o444)
        expect([scene.intact, "record", str(scene.journal), *run], REFUSED, "Permission denied")
        scene.journal.chmod(0o644)


def full_disk(scene):
    """A limit of the file's size is to a process what a full disk is: a write fails in the middle of the journal."""
    many = [word.replace("n=1000", "n=3000000") for word in scene.options]
    limit = len(scene.journal.read_bytes()) // 512 * 512 + 512
    script = f"ulimit -f {limit // 512}; trap '' XFSZ; exec \"$@\""
    command = ["sh", "-c", script, "sh", scene.intact, "record", str(scene.journal), "-digest", "1000", "--", *many]
    expect(command, REFUSED, "the journal could not be written to its end: File too large")
    expect(scene.replay(), JOURNAL_ENDS, "intact: the journal ends after instruction ")


def killed(scene):
    """By SIGKILL, at any moment: what was on the disk by then is replayed."""
    endless = [word.replace("n=1000", "n=2000000000") for word in scene.options]
    for seconds in (0.2, 1.2, 2.5):
        scene.journal.unlink()
        with subprocess.Popen([scene.intact, "record", str(scene.journal), "--", *endless], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            while not scene.journal.exists() or scene.journal.stat().st_size == 0:
                time.sleep(0.01)
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)
        expect(scene.replay(), JOURNAL_ENDS, "intact: the journal ends after instruction ")


def main():
    intact, guests = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="intact-refusal-") as name:
        scene = Scene(intact, pathlib.Path(guests), pathlib.Path(name))
        for test in (changed_options, two_wishes, changed_files, bad_journals, full_disk, killed, changed_modules, stopped,
                     recording_stopped):
            test(scene)
            print(f"{test.__name__}: good", flush=True)


main()
