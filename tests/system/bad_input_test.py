#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What is wrong gets one clear line and exit status 1: files that are no kernels, hostile ELF headers, absurd sizes,
unknown words. bad_input_test.py INTACT GUEST, where GUEST is a good kernel to spoil."""
import gzip
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import harness

TIMEOUT = 60


def elf32(segments, machine=3, entry=0x100000, header_count=None):
    """A multiboot ELF32 with the program headers given: (type, offset, physical address, file size, memory size)."""
    count = len(segments) if header_count is None else header_count
    head = b"\x7fELF\x01\x01\x01" + bytes(9)
    head += struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, entry, 52, 0, 0, 52, 32, count, 0, 0, 0)
    for kind, offset, address, filed, memory in segments:
        head += struct.pack("<IIIIIIII", kind, offset, address, address, filed, memory, 7, 4096)
    magic, flags = 0x1BADB002, 3
    body = head + bytes(-len(head) % 4) + struct.pack("<III", magic, flags, -(magic + flags) & 0xffffffff)
    return body.ljust(8192, b"\xf4")


def files(good):
    """(name, contents) of kernels that must be refused."""
    noise = random.Random(1)
    yield "empty", b""
    yield "one byte", b"\x7f"
    yield "text", b"#!/bin/sh\necho not a kernel\n"
    yield "noise", noise.randbytes(100000)
    yield "zeroes", bytes(1 << 20)
    for size in (4, 16, 51, 60, 100):
        yield f"cut to {size}", good[:size]
    yield "gzip of noise", gzip.compress(noise.randbytes(5000), mtime=0)
    yield "gzip cut off", gzip.compress(good, mtime=0)[:200]
    yield "gzip damaged", b"\x1f\x8b\x08" + noise.randbytes(300)
    yield "overlapping segments", elf32([(1, 0, 0x100000, 4096, 8192), (1, 0, 0x101000, 4096, 4096)])
    yield "segment beyond memory", elf32([(1, 0, 0x100000, 4096, 0xf0000000)])
    yield "segment at the top", elf32([(1, 0, 0xfffff000, 4096, 4096)], entry=0xfffff000)
    yield "segment that wraps", elf32([(1, 0, 0xfffff000, 4096, 0xffffffff)], entry=0xfffff000)
    yield "segment outside the file", elf32([(1, 0x7fffffff, 0x100000, 4096, 4096)])
    yield "more in the file than in memory", elf32([(1, 0, 0x100000, 8192, 4096)])
    yield "too many headers", elf32([(1, 0, 0x100000, 4096, 4096)], header_count=0xffff)
    yield "another machine", elf32([(1, 0, 0x100000, 4096, 4096)], machine=40)
    linux = bytearray(8192)
    linux[0x1fe:0x200] = b"\x55\xaa"
    linux[0x202:0x206] = b"HdrS"
    yield "bzImage of nothing", bytes(linux)
    linux[0x1f1], linux[0x206:0x208], linux[0x236:0x238] = 0xff, b"\x0f\x02", b"\x01\x00"
    yield "bzImage that is all setup", bytes(linux)
    for number in range(60):
        spoiled = bytearray(good)
        for _ in range(1 + number % 5):
            spoiled[noise.randrange(20, 148)] = noise.randrange(256)
        yield f"spoiled head {number}", bytes(spoiled)


def image(text_offset=0x80000, image_size=8192, flags=0xa, code=0xd503207f):
    """Linux's Image for arm64: its header, and WFI (or other code) to the end."""
    head = struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, text_offset, image_size, flags, 0, 0, 0, b"ARM\x64", 0)
    return head + struct.pack("<I", code) * ((8192 - len(head)) // 4)


def elf64(segments, machine=183, entry=0x40080000, bits=2, header_count=None):
    """An ELF64 for AArch64 with the program headers given, as for elf32."""
    count = len(segments) if header_count is None else header_count
    head = b"\x7fELF" + bytes([bits]) + b"\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, entry, 64, 0, 0, 64, 56, count, 0, 0, 0)
    for kind, offset, address, filed, memory in segments:
        head += struct.pack("<IIQQQQQQ", kind, 7, offset, address, address, filed, memory, 4096)
    return head + struct.pack("<I", 0xd503207f) * ((8192 - len(head)) // 4)


def virt_files():
    """(name, contents) of kernels that virt must refuse, with 64 MiB. Raw code may be anything, and runs."""
    noise = random.Random(2)
    top = 0xfffffffffffff000
    yield "empty", b""
    yield "gzip of nothing", gzip.compress(b"", mtime=0)
    yield "gzip cut off", gzip.compress(noise.randbytes(5000), mtime=0)[:200]
    yield "gzip damaged", b"\x1f\x8b\x08" + noise.randbytes(300)
    yield "more code than memory", bytes(65 << 20)
    for size in (65 << 20, 1 << 40, top, 2**64 - 1):
        yield f"Image of {size:#x} bytes", image(image_size=size)
    for offset in (65 << 20, 1 << 40, top, 2**64 - 1):
        yield f"Image at {offset:#x}", image(text_offset=offset)
    yield "Image that wraps", image(text_offset=top, image_size=0x100000)
    yield "Image that is big-endian", image(flags=1)
    yield "Image packed and wrong", gzip.compress(image(image_size=1 << 40), mtime=0)
    yield "ELF of another machine", elf64([(1, 0, 0x40080000, 4096, 4096)], machine=62)
    yield "ELF below memory", elf64([(1, 0, 0x3ffff000, 4096, 8192)])
    yield "ELF on the interrupt controller", elf64([(1, 0, 0x08000000, 4096, 4096)], entry=0x08000000)
    yield "ELF beyond memory", elf64([(1, 0, 0x40080000, 4096, 1 << 32)])
    yield "ELF at the top", elf64([(1, 0, top, 4096, 4096)], entry=top)
    yield "ELF that wraps", elf64([(1, 0, top, 4096, 2**64 - 1)], entry=top)
    yield "ELF that overlaps itself", elf64([(1, 0, 0x40080000, 4096, 8192), (1, 0, 0x40081000, 4096, 4096)])
    yield "ELF segment outside the file", elf64([(1, 1 << 40, 0x40080000, 4096, 4096)])
    yield "ELF with too many headers", elf64([(1, 0, 0x40080000, 4096, 4096)], header_count=0xffff)
    for number in range(40):
        spoiled = bytearray(image() if number % 2 else elf64([(1, 0, 0x40080000, 4096, 4096)]))
        for _ in range(1 + number % 5):
            spoiled[noise.randrange(4, 120)] = noise.randrange(256)
        yield f"spoiled head {number}", bytes(spoiled)


VIRT_OPTIONS = (
    *(["-machine", f"virt,{text}"] for text in ("gic-version=1", "gic-version=4", "gic-version=", "gic-version=two",
                                                "its=perhaps", "acpi=sideways", "gic=3")),
    ["-machine", "virt,gic-version=2", "-smp", "9"], ["-smp", "513"], ["-smp", "0"], ["-smp", "two"],
    ["-m", "0"], ["-m", "1"], ["-m", "-5"], ["-m", "99999999T"], ["-m", "2M"],
    ["-cpu", "qemu64"], ["-cpu", "cortex-m0"], ["-cpu", "cortex-a57,+x2apic"],
    ["-rtc", "base=2107-01-01"], ["-rtc", "base=yesterday"],
    ["-initrd", "/nonexistent/initrd"], ["-initrd", "/"],
    ["-bios", "/nonexistent/bios"], ["-bios", "/"],
    ["-drive", "if=pflash,unit=2,file=/dev/null"], ["-drive", "if=floppy,file=/dev/null"], ["-drive", "if=pflash"],
    ["-device", "isa-debug-exit"], ["-device", "pc-testdev"], ["-device", "no-such-device"],
)


def check(command, what, may_run=False):
    """May a spoiled kernel run all the same, it must not crash us: any status but a signal's will do."""
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=3 if may_run else TIMEOUT)
    except subprocess.TimeoutExpired:
        if may_run:
            return
        print(f"FAILED: {what}: no end")
        sys.exit(1)
    if result.returncode < 0 or b"Sanitizer" in result.stderr:
        harness.fail(f"{what}: a crash", result)
    if may_run and result.returncode != 1:
        return
    lines = harness.text(result.stderr).splitlines()
    if result.returncode != 1 or len(lines) != 1 or len(lines[0]) < 20:
        harness.fail(f"{what}: not one clear line and status 1", result)
    print(f"{what}: {lines[0]}")


def main():
    intact, guest = sys.argv[1:]
    good = pathlib.Path(guest).read_bytes()
    base = [intact, "-display", "none", "-serial", "null", "-no-reboot", "-icount", "shift=0"]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "kernel"
        for name, contents in files(good):
            path.write_bytes(contents)
            check([*base, "-m", "64M", "-kernel", str(path)], f"kernel: {name}", may_run=name.startswith("spoiled"))
        path.write_bytes(good)
        huge = pathlib.Path(folder) / "huge"
        with huge.open("wb") as out:
            out.truncate(200 << 20)
        for options in (
            ["-initrd", str(huge), "-m", "64M"],
            ["-initrd", folder],
            ["-initrd", "/nonexistent/initrd"],
            ["-append", "x" * 100000],
            *(["-m", size] for size in ("0", "1", "-5", "99999999T", "abc", "1.5Q", "18446744073709551616")),
            *(["-smp", count] for count in ("0", "-1", "256", "99999999999", "two", "2,sockets=3", "cpus")),
            ["-icount", "shift=11"], ["-icount", "shift=-1"], ["-icount", "nonsense"],
            ["-device", "no-such-device"], ["-device", "isa-debug-exit,iobase=99999"], ["-device", "isa-debug-exit,color=red"],
            ["-machine", "q36"], ["-cpu", "z80"], ["-rtc", "base=yesterday"], ["-serial", "telepathy"],
            ["-no-such-option"], ["-kernl", "x"], ["-smp"], ["stray"],
        ):
            check([*base, "-kernel", str(path), *options], " ".join(options)[:60])
        virt = [*base, "-machine", "virt"]
        for name, contents in virt_files():
            path.write_bytes(contents)
            check([*virt, "-m", "64M", "-kernel", str(path)], f"virt kernel: {name}",
                  may_run=name.startswith("spoiled"))
        path.write_bytes(image())
        check([*virt, "-m", "64M", "-kernel", str(path), "-initrd", str(huge)], "virt: a ramdisk larger than memory")
        for options in VIRT_OPTIONS:
            check([*virt, "-kernel", str(path), *options], "virt: " + " ".join(options)[:60])
        for kernel in ("/nonexistent", folder, "/dev/zero", "/dev/null"):
            check([*base, "-kernel", kernel], f"-kernel {kernel}")


main()
