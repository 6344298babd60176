#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Takes snapshots at many points of a run, and goes on from each of them in a process of its own.

    points_test.py POINTS INTACT FAMILY --guests FOLDER [OPTIONS]   all of our guests for x86_64 or aarch64
    points_test.py POINTS INTACT ARCH [OPTIONS]                     one of Debian's kernels, with a disk, entropy, two network cards

    --vcpus N     processors, 1 by default
    --every N     of a guest, a point at every Nth instruction, 1000 by default; 0: none
    --dense N     up to this instruction, 2 million by default
    --random N    so many points behind it, or of a run of Debian's kernel
    --seed N      of the latter

POINTS is the command that stops at points (points.c). The run is not disturbed by it: it ends with the digest of a plain run.
INTACT starts from each file, in a new process, and goes on for 5 million instructions or to the end, and every 20th time to
the end in any case: the digest must be that of the run at the same place, and what it prints must be what the run printed
between both.
"""
import argparse
import hashlib
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import harness
import linux

TIMEOUT = 900
WINDOW = 5_000_000
WHOLE = 20
LONGEST = 50_000_000 # of a guest, which may wait for ever for processors that are not there
DISK = 9 << 20
DIGEST = re.compile(rb"digest ([0-9a-f]{16}) after (\d+) instructions\n$")
MACHINES = {
    "x86_64": ["-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-device", "pc-testdev"],
    "aarch64": ["-machine", "virt", "-cpu", "cortex-a57"],
}


def limited(limit):
    return ["-limit", str(limit)] if limit else []


def end_of(intact, options, limit):
    """What a run prints, its instructions, and the digest of its last state."""
    result = harness.run([intact, "digest", *options, *limited(limit)], TIMEOUT)
    found = DIGEST.search(result.stdout)
    if not found:
        harness.fail("no digest", result)
    return result.stdout[:found.start()], int(found.group(2)), found.group(1).decode()


class Course:
    """The run that is stopped at points."""

    def __init__(self, points, options, limit, folder):
        self.file, self.output = folder / "state", folder / "output"
        there, self.ask = os.pipe()
        answers, back = os.pipe()
        self.answers = os.fdopen(answers)
        with open(self.output, "wb") as output:
            self.child = subprocess.Popen([points, "digest", *options, *limited(limit)], stdin=subprocess.DEVNULL,
                                          stdout=output, pass_fds=(there, back),
                                          env={**os.environ, "INTACT_POINTS": f"{there} {back} {self.file}"})
        os.close(there)
        os.close(back)

    def go_to(self, point, save):
        """The digest there, and how much the run has printed so far."""
        os.write(self.ask, f"{'s' if save else 'd'} {point}\n".encode())
        answer = self.answers.readline().split()
        if not answer or int(answer[0]) != point:
            harness.fail(f"the run does not come to instruction {point}: {answer}")
        return answer[1], self.output.stat().st_size

    def end(self):
        os.close(self.ask)
        self.child.wait(TIMEOUT)
        self.answers.close()
        output = self.output.read_bytes()
        found = DIGEST.search(output)
        return output[:found.start()], int(found.group(2)), found.group(1).decode()


class Given:
    """What the command line says, and what was seen."""

    def __init__(self):
        parser = argparse.ArgumentParser()
        parser.add_argument("points")
        parser.add_argument("intact")
        parser.add_argument("machine")
        parser.add_argument("--guests", type=pathlib.Path)
        for name, value in (("vcpus", 1), ("every", 1000), ("dense", 2_000_000), ("random", 0), ("seed", 1)):
            parser.add_argument(f"--{name}", type=int, default=value)
        parser.parse_args(namespace=self)
        self.done = 0

    def places(self, last):
        """The points, in order."""
        dense = min(last, self.dense) if self.guests else 0
        places = list(range(self.every, dense, self.every)) if self.every else []
        rest = range(max(dense, 1), last)
        return places + sorted(random.Random(self.seed).sample(rest, min(self.random, len(rest))))


def targets(places, last):
    """How far each snapshot is to go on."""
    return [last if i % WHOLE == 0 else min(place + WINDOW, last) for i, place in enumerate(places)]


def check(name, course, found, last, end):
    """`found`: for each point its place, the place up to which it went on, and what came of it."""
    output, instructions, digest = course.end()
    if (output, instructions, digest) != end:
        harness.fail(f"{name}: the run that was stopped ends as {instructions}, {digest}, the plain one as {end[1:]}")
    course.seen[last] = digest, len(output)
    for place, target, (text, reached, digest) in found:
        was, to = course.seen[target]
        if (reached, digest) != (target, was):
            harness.fail(f"{name}: from {place} to {target}: {reached}, {digest} instead of {was}")
        if text != output[course.seen[place][1]:to]:
            harness.fail(f"{name}: from {place} to {target} it prints other bytes: {text}")


def one(given, name, options, longest, folder):
    """A run, and what comes of all its snapshots."""
    end = end_of(given.intact, options, longest)
    last = end[1]
    places = given.places(last)
    goals = dict(zip(places, targets(places, last)))
    course = Course(given.points, options, longest, folder)
    course.seen, found = {}, []
    for place in sorted({*goals, *goals.values()} - {last}):
        course.seen[place] = course.go_to(place, place in goals)
        if place in goals:
            loaded = [*options, "-loadvm", str(course.file)]
            found.append((place, goals[place], end_of(given.intact, loaded, goals[place] if goals[place] < last else longest)))
    check(name, course, found, last, end)
    given.done += len(found)


def guests(given, folder):
    ending = "elf" if given.machine == "x86_64" else "image"
    for kind in ("demo", "tests"):
        for guest in sorted((given.guests / given.machine / kind).glob(f"*.{ending}")):
            options = ["-m", "32M", "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot", *MACHINES[given.machine],
                       "-device", "edu", "-device", "virtio-rng-pci", "-smp", str(given.vcpus), "-kernel", str(guest)]
            one(given, guest.name, options, LONGEST, folder)


def kernel(given, folder):
    try:
        boot = linux.boot_options(given.machine, "quiet", memory="192M", virtio=True)
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
    disk = folder / "disk"
    disk.write_bytes(b"".join(hashlib.md5(b"%d" % block).digest() * 32 for block in range(DISK // 512)))
    cards = [word for port in "ab" for word in ("-netdev", f"hubport,id={port},hubid=0", "-device", f"virtio-net-pci,netdev={port}")]
    one(given, given.machine, [*boot, "-smp", str(given.vcpus), "-snapshot", "-drive",
                               f"if=none,id=disk,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=disk", "-device",
                               "virtio-rng-pci", *cards], None, folder)


def main():
    given = Given()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="intact-points-") as name:
        (guests if given.guests else kernel)(given, pathlib.Path(name))
    print(f"{given.machine}, {given.vcpus} processors: {given.done} snapshots go on to the same digests "
          f"({time.monotonic() - began:.0f} s)")


main()
