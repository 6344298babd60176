#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Disk images against QEMU's qemu-img: what Intact writes to them, and whether they are whole afterwards.

    image_test.py INTACT_IMAGE [--long]

INTACT_IMAGE (image.c) reads and writes images that qemu-img has made: with clusters of several sizes, backing files, internal
snapshots, compressed clusters. Every answer is that of a model in memory; afterwards `qemu-img check` finds nothing wrong and
`qemu-img convert` finds the same bytes. Two processes cannot write to one image. Killed at any moment, it is whole but for clusters that nothing points to, and has
what was flushed; on a disk that becomes full, too.
"""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import harness

SECTOR = 512
QEMU_IMG = os.environ.get("QEMU_IMG") or "qemu-img"


def fnv(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return f"{value:016x}"


def img(*arguments, status=(0,)):
    result = subprocess.run([QEMU_IMG, *map(str, arguments)], capture_output=True)
    if result.returncode not in status:
        harness.fail(f"qemu-img ended with status {result.returncode}", result)
    return result.stdout


def traced_call(line):
    """Of strace's line: bytes and place of a write to the image, a sync of it, or an answer."""
    write = re.search(r"^pwrite64\(.*, (\d+), (\d+)\)", line)
    return tuple(map(int, write.groups())) if write else "sync" if line.startswith("fdatasync") else "answer"


class Disk:
    """The running program, and what the disk has."""
    def __init__(self, program, path, form, model, *flags, limit=None):
        self.model = model
        self.flushed = bytes(model)
        self.options = flags
        before = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))) if limit else None
        self.process = subprocess.Popen([program, path, form, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=before)
        self.expect("ok", self.process.stdout.readline().decode().strip())

    def expect(self, wanted, got):
        if wanted != got:
            self.process.kill()
            harness.fail(f"'{got}' instead of '{wanted}' of {self.process.args}")

    def ask(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()

    def change(self, verb, offset, size, byte=0):
        """False: refused, as of a full disk."""
        answer = self.ask(verb, offset, size, byte)
        if answer.startswith("error"):
            return False
        if verb != "discard" or "discard" in self.options:
            self.model[offset:offset + size] = bytes([byte]) * size
        return True

    def flush(self):
        answer = self.ask("flush")
        if answer == "ok":
            self.flushed = bytes(self.model)
        return answer == "ok"

    def check(self, offset, size):
        self.expect("ok " + fnv(self.model[offset:offset + size]), self.ask("read", offset, size))

    def end(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            harness.fail(f"status {self.process.returncode}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def contents(path, form, folder):
    raw = folder / "read.raw"
    img("convert", "-f", form, "-O", "raw", path, raw)
    return raw.read_bytes()


def whole(path, leaks=False):
    """No errors; and no leaks either, unless there may be some."""
    result = json.loads(img("check", "--output=json", "-f", "qcow2", path, status=(0, 3) if leaks else (0,)))
    if result.get("corruptions") or (not leaks and result.get("leaks")):
        harness.fail(f"{path}: {result}")


def random_work(disk, rng, count, size, verbs=("write", "write", "write", "zero", "release", "discard", "read", "flush")):
    for _ in range(count):
        verb = rng.choice(verbs)
        offset = rng.randrange(size // SECTOR)
        length = min(rng.choice((1, 2, 7, 8, 64, 128, 300)), size // SECTOR - offset) * SECTOR
        offset *= SECTOR
        if verb == "read":
            disk.check(offset, min(length, 8 * SECTOR))
        elif verb == "flush":
            if not disk.flush():
                harness.fail("a flush failed")
        elif not disk.change(verb, offset, length, rng.randrange(1, 256) if verb == "write" else 0):
            harness.fail(f"{verb} failed")


SHAPES = { # qemu-img create's options, and the size
    "default": ([], 4 << 20),
    "version-2": (["-o", "compat=0.10"], 4 << 20),
    "small-clusters": (["-o", "cluster_size=512"], 9 << 20), # and a refcount table that becomes too small
    "one-bit-counts": (["-o", "refcount_bits=1,cluster_size=4096"], 4 << 20),
    "wide-counts": (["-o", "refcount_bits=64,cluster_size=512"], 6 << 20),
    "large-clusters": (["-o", "cluster_size=2M"], 9 << 20),
    "lazy": (["-o", "lazy_refcounts=on,preallocation=metadata"], 4 << 20),
    "odd-size": ([], (3 << 20) + 512),
}


class Test:
    def __init__(self, program, folder, seed, count):
        self.program, self.folder, self.count = program, pathlib.Path(folder), count
        self.rng = random.Random(seed)

    def make(self, name, shape, *more):
        options, size = SHAPES[shape]
        path = self.folder / f"{name}.qcow2"
        path.unlink(missing_ok=True)
        img("create", "-q", "-f", "qcow2", *options, *more, path, size)
        return path, size

    def same(self, path, model):
        found = contents(path, "qcow2", self.folder)
        if found != bytes(model):
            at = next(i for i, (a, b) in enumerate(zip(found, model)) if a != b)
            harness.fail(f"{path}: other bytes from {at} on")

    def shapes(self):
        for shape in SHAPES:
            path, size = self.make(shape, shape)
            model = bytearray(size)
            for flags in ([], ["discard"]):
                disk = Disk(self.program, path, "qcow2", model, *flags)
                random_work(disk, self.rng, self.count, size)
                disk.end()
                whole(path)
                self.same(path, model)

    def backing(self, shape):
        """A qcow2 image on one on a raw file that is shorter."""
        _, size = SHAPES[shape]
        base = bytearray(self.rng.randbytes(size // 2 // SECTOR * SECTOR))
        (self.folder / "base.raw").write_bytes(base)
        middle, _ = self.make("middle", shape, "-b", "base.raw", "-F", "raw")
        model = base + bytes(size - len(base))
        disk = Disk(self.program, middle, "qcow2", model)
        random_work(disk, self.rng, self.count // 2, size)
        disk.end()
        before = middle.read_bytes()
        top, _ = self.make("top", shape, "-b", "middle.qcow2", "-F", "qcow2")
        disk = Disk(self.program, top, "probe", model, "discard")
        random_work(disk, self.rng, self.count, size)
        disk.end()
        whole(top)
        self.same(top, model)
        if middle.read_bytes() != before or (self.folder / "base.raw").read_bytes() != base:
            harness.fail("a backing file was changed")
        kept = top.read_bytes()
        disk = Disk(self.program, top, "qcow2", bytearray(model), "snapshot", "discard")
        random_work(disk, self.rng, self.count // 2, size)
        disk.end()
        if top.read_bytes() != kept:
            harness.fail("a snapshot changed its image")

    def compressed(self, kind):
        data = bytearray(b"".join(bytes([self.rng.randrange(4)]) * self.rng.randrange(1, 900) for _ in range(6000))[:2 << 20])
        raw, path = self.folder / "plain.raw", self.folder / f"{kind}.qcow2"
        raw.write_bytes(data)
        path.unlink(missing_ok=True)
        img("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", f"compression_type={kind}", raw, path)
        disk = Disk(self.program, path, "qcow2", data, "discard")
        for offset in range(0, len(data), 256 << 10):
            disk.check(offset, 4096)
        random_work(disk, self.rng, self.count, len(data))
        disk.end()
        whole(path)
        self.same(path, data)

    def internal_snapshots(self):
        path, size = self.make("snapshots", "default")
        model, kept = bytearray(size), {}
        for name in ("one", "two"):
            disk = Disk(self.program, path, "qcow2", model, "discard")
            random_work(disk, self.rng, self.count // 2, size)
            disk.end()
            img("snapshot", "-c", name, path)
            kept[name] = bytes(model)
        disk = Disk(self.program, path, "qcow2", model, "discard")
        random_work(disk, self.rng, self.count, size)
        disk.end()
        whole(path)
        self.same(path, model)
        for name, data in kept.items():
            img("snapshot", "-a", name, path)
            self.same(path, data)

    def killed(self, shape, times):
        """Between two requests, at random."""
        path, size = self.make("killed", shape)
        model = bytearray(size)
        for _ in range(times):
            disk = Disk(self.program, path, "qcow2", model, "discard")
            random_work(disk, self.rng, self.rng.randrange(2, 60), size, ("write", "write", "release", "discard"))
            disk.flush()
            flushed = bytearray(disk.flushed)
            for _ in range(self.rng.randrange(200)): # unanswered: the kill comes within one of them
                offset = self.rng.randrange(size // SECTOR - 300) * SECTOR
                disk.process.stdin.write(f"{self.rng.choice(('write', 'release'))} {offset} {SECTOR} 0\n".encode())
                flushed[offset:offset + SECTOR] = bytes(SECTOR)
                model[offset:offset + SECTOR] = bytes(SECTOR)
            disk.process.stdin.flush()
            disk.kill()
            whole(path, leaks=True)
            found = contents(path, "qcow2", self.folder)
            # what came after the flush is there, or is not
            for at in range(0, size, SECTOR):
                if found[at:at + SECTOR] not in (disk.flushed[at:at + SECTOR], flushed[at:at + SECTOR]):
                    harness.fail(f"{path}: sector {at // SECTOR} is neither as flushed nor as written later")
            model = bytearray(found)

    def full(self, form):
        """The file may not grow: the guest's writes fail, and what was flushed before stays."""
        path, size = self.make("full", "default")
        if form == "raw":
            path = self.folder / "full.raw"
            path.write_bytes(bytes(size))
        model = bytearray(size)
        disk = Disk(self.program, path, form, model, limit=2 << 20)
        failed = 0
        for i in range(0, size, 64 << 10):
            failed += not disk.change("write", i, 64 << 10, i >> 16 & 0xff | 1)
        if not failed or failed == size >> 16:
            harness.fail(f"{failed} writes failed")
        if not disk.flush():
            harness.fail("the flush of what could be written failed")
        for i in range(0, size, 64 << 10):
            disk.check(i, SECTOR)
        disk.kill()
        if form == "qcow2":
            whole(path)
            self.same(path, model)
        elif path.read_bytes() != bytes(model):
            harness.fail("the raw file is not what was written")
        disk = Disk(self.program, path, form, model)
        if not disk.change("write", size - SECTOR, SECTOR, 7) or not disk.flush():
            harness.fail("with room it does not go on")
        disk.end()

    def grown(self):
        """Until the refcount table is too small."""
        path, size = self.make("grown", "wide-counts")
        model = bytearray(size)
        disk = Disk(self.program, path, "qcow2", model)
        for at in range(0, size, 64 << 10):
            disk.change("write", at, 64 << 10, at >> 16 & 0xff | 1)
        disk.end()
        whole(path)
        self.same(path, model)

    def locked(self):
        """Two processes, and qemu-img, at one image: only readers together."""
        path, size = self.make("locked", "default")
        for flags, others in ([], ["qcow2", "readonly", "snapshot"]), (["readonly"], ["qcow2"]):
            disk = Disk(self.program, path, "qcow2", bytearray(size), *flags)
            for other in others:
                result = subprocess.run([self.program, path, "qcow2", other], input=b"", capture_output=True)
                if result.returncode != 1 or b'"write" lock' not in result.stdout:
                    harness.fail(f"{other} beside {flags}", result)
            img("info", path, status=(0,) if flags else (1,))
            if flags:
                Disk(self.program, path, "qcow2", bytearray(size), "readonly").end()
            disk.end()

    def flushed_in_order(self):
        """What a flush does: data and counts; a sync; an L2 entry; a sync; an L1 entry; a sync; only then its answer."""
        path, size = self.make("order", "default")
        log = self.folder / "order.log"
        traced = ["strace", "-o", str(log), "-e", "trace=pwrite64,fdatasync,write", self.program, str(path), "qcow2"]
        result = subprocess.run(traced, input=b"write 0 65536 1\nflush\n", capture_output=True)
        calls = [traced_call(line) for line in log.read_text().splitlines() if "(" in line]
        l1, data, l2 = 196608, 262144, 327680 # as qemu-img and the first write place them
        steps = [(65536, data), (8, l2), (8, l1)]
        at = [calls.index(step) for step in steps if step in calls]
        last = max((i for i, call in enumerate(calls) if call == "answer"), default=0)
        parts = [calls[a:b] for a, b in zip(at, [*at[1:], last])]
        if len(parts) != 3 or any("sync" not in part for part in parts):
            harness.fail(f"the calls were {calls}", result)

    def disguise(self):
        """A raw disk without format= is not to become qcow2."""
        path = self.folder / "probed.raw"
        path.write_bytes(bytes(1 << 20))
        for flags in ([], ["snapshot"]):
            disk = Disk(self.program, path, "probe", bytearray(1 << 20), *flags)
            disk.change("write", 0, SECTOR, 1)
            disk.end()


def main(arguments):
    if not shutil.which(QEMU_IMG):
        harness.skip("qemu-img is not installed")
    long = "--long" in arguments
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(20 if long else 1):
            test = Test(arguments[0], folder, seed, 400 if long else 150)
            test.shapes()
            for shape in ("default", "version-2", "small-clusters"):
                test.backing(shape)
            for kind in ("zlib", "zstd"):
                test.compressed(kind)
            test.internal_snapshots()
            for shape in ("default", "small-clusters"):
                test.killed(shape, 40 if long else 6)
            for form in ("raw", "qcow2"):
                test.full(form)
            test.grown()
            if shutil.which("strace"):
                test.flushed_in_order()
            test.locked()
            test.disguise()
    print("the images are as they should be")


if __name__ == "__main__":
    main(sys.argv[1:])
