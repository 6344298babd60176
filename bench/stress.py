# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""stress-ng in Debian's kernel: what an operation of its --timer and --switch costs, a signal of a timer and a switch between two
processes.

Program and libraries are Debian's, fetched by the package manager into the cache. /init runs N operations and then 2N, and
says when each begins; the difference of the two is what is measured, without boot and start-up.
"""
import os
import pathlib
import re
import statistics
import struct
import subprocess

import linux
import processes

METHODS = {"timer": 10000, "switch": 10000} # operations
AIM = 0.7
BEGINS, HALF, DONE = b"INTACT: begins\r\n", b"INTACT: half\r\n", b"INTACT: done\r\n"

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox --install -s /bin
cd /tmp
for word in $(cat /proc/cmdline); do
    case $word in
    intact.method=*) method=${word#*=} ;;
    intact.ops=*) ops=${word#*=} ;;
    esac
done
stress() {
    stress-ng --quiet --temp-path /tmp --timeout 0 --$method 1 --$method-ops $1 || echo "INTACT: failed"
}
stress 1
echo "INTACT: begins"
stress $ops
echo "INTACT: half"
stress $((2 * ops))
echo "INTACT: done"
poweroff -f
"""

PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NEEDED, DT_STRTAB, DT_SONAME = 1, 5, 14


class Elf:
    """What the dynamic loader wants to know of a 64-bit file (System V ABI, chapter 5)."""

    def __init__(self, data):
        self.data = data
        at, size, count = (struct.unpack_from(form, data, offset)[0] for form, offset in (("<Q", 32), ("<H", 54), ("<H", 56)))
        headers = [struct.unpack_from("<IIQQQQ", data, at + i * size) for i in range(count)]
        self.loads = [(address, offset, length) for kind, _, offset, address, _, length in headers if kind == PT_LOAD]
        self.interpreter = next((data[offset:offset + length - 1].decode() for kind, _, offset, _, _, length in headers
                                 if kind == PT_INTERP), None)
        entries = [struct.unpack_from("<QQ", data, at) for kind, _, offset, _, _, length in headers if kind == PT_DYNAMIC
                   for at in range(offset, offset + length, 16)]
        self.strings = next((self.offset(value) for tag, value in entries if tag == DT_STRTAB), 0)
        self.needed = [self.string(value) for tag, value in entries if tag == DT_NEEDED]
        self.name = next((self.string(value) for tag, value in entries if tag == DT_SONAME), None)

    def offset(self, address):
        return next(address - start + offset for start, offset, length in self.loads if start <= address < start + length)

    def string(self, at):
        at += self.strings
        return self.data[at:self.data.index(b"\0", at)].decode()


def dependencies(packages, package):
    text = packages.call("apt-cache", "depends", "--important", package)
    return re.findall(r"^ +Depends: ([\w.+-]+)$", text, re.M)


def libraries_of(packages, package):
    """A package's shared libraries by the name under which they are asked for."""
    deb = packages.download(package)
    files = [Elf(data) for _, data in linux.deb_files(deb, r".*/lib[^/]*/([^/]*/)?[\w+.-]+\.so(\.[\d.]+)?") if data[:4] == b"\x7fELF"]
    deb.unlink()
    return {elf.name: elf for elf in files if elf.name}


def closure(program, known):
    """The names of the libraries that a program needs, directly or not, as far as the known ones tell."""
    needed, todo = set(), set(program.needed)
    while todo:
        needed |= todo
        todo = {name for library in needed & known.keys() for name in known[library].needed} - needed
    return needed


def collect(packages, program):
    """The libraries that a program needs. A package's own dependencies are looked at only when something of it is needed."""
    known, seen, ask = {}, set(), dependencies(packages, "stress-ng")
    needed = closure(program, known)
    while not needed <= known.keys() and ask:
        package = ask.pop(0)
        if package in seen:
            continue
        seen.add(package)
        libraries = libraries_of(packages, package)
        known.update(libraries)
        needed = closure(program, known)
        if libraries.keys() & needed:
            ask += dependencies(packages, package)
    if missing := needed - known.keys():
        raise linux.CannotGet(f"stress-ng: no package has {', '.join(sorted(missing))}")
    return {name: known[name] for name in needed}


def fetch(arch, folder):
    """Fills `folder` with the program, its libraries and the loader."""
    debian = linux.ARCHES[arch]["debian"]
    packages = linux.source(debian)
    if not isinstance(packages, linux.Apt):
        raise linux.CannotGet("stress-ng: needs apt")
    try:
        deb = packages.download("stress-ng")
    except subprocess.CalledProcessError:
        packages.refresh()
        deb = packages.download("stress-ng")
    program = Elf(linux.deb_file(deb, r"\./usr/bin/stress-ng"))
    deb.unlink()
    libraries = collect(packages, program)
    folder.mkdir(parents=True, exist_ok=True)
    for name, library in libraries.items():
        (folder / name).write_bytes(library.data)
    (folder / "interpreter").write_text(program.interpreter)
    (folder / "stress-ng").write_bytes(program.data) # last: the rest is there


def prepare(arch):
    """The initramfs, made from what is in the cache."""
    linux.prepare(arch)
    folder = linux.CACHE / arch / "stress"
    try:
        with linux.cache_lock():
            if not (folder / "stress-ng").exists():
                fetch(arch, folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise linux.CannotGet(f"stress-ng: {error}") from error
    interpreter = pathlib.PurePosixPath((folder / "interpreter").read_text())
    files = [("bin/busybox", linux.CACHE / arch / "busybox"), ("bin/stress-ng", folder / "stress-ng")]
    files += [(f"lib/{path.name}", path) for path in sorted(folder.glob("*.so.*"))]
    if str(interpreter.parent) != "/lib":
        files.append((str(interpreter)[1:], folder / interpreter.name))
    folders = ["bin", "dev", "lib", "proc", "sys", "tmp", *({str(interpreter.parent)[1:]} - {"lib"})]
    image = linux.cpio([*((name, 0o040755, b"", 0, 0) for name in folders), *linux.NODES,
                        *((name, 0o100755, path.read_bytes(), 0, 0) for name, path in files),
                        ("init", 0o100755, INIT.encode(), 0, 0)])
    path = linux.CACHE / arch / "stress.gz"
    if not path.exists() or path.read_bytes() != image:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(image)
        temporary.replace(path)
    return path


def one(command, ops):
    """Nanoseconds of an operation."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        try:
            times = []
            for marker in (BEGINS, HALF, DONE):
                if b"INTACT: failed" in processes.read_until(child, marker):
                    raise RuntimeError(f"stress-ng fails: {' '.join(command)}")
                times.append(processes.cpu_now(child.pid))
        finally:
            child.kill()
    begin, half, done = times
    return ((done - half) - (half - begin)) / ops * 1e9


def measure(emulators, arch, method, rounds):
    """Medians for each emulator."""
    image, ops = prepare(arch), METHODS[method]
    options = linux.boot_options(arch, f"intact.method={method} intact.ops={ops}")
    options[options.index("-initrd") + 1] = str(image)
    samples = [[one([emulator.command, *options, *emulator.options], ops) for emulator in emulators] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*samples)]
