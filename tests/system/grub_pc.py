# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A disk from which a PC's BIOS starts Debian's GRUB (package grub-pc-bin), without GRUB's own tools:

    sector 0      boot.img with a partition table: loads sector 1
    sector 1      diskboot.img: loads the rest by a list of blocks at its end
    sector 2...   lzma_decompress.img, then by LZMA: kernel.img, and behind it the modules
    sector 2048   the partition, a FAT file system

How they fit together: GRUB 2.06, include/grub/offsets.h, include/grub/kernel.h, util/mkimage.c.
"""
import lzma
import struct
import subprocess

import boot_media
import linux

PACKAGE, FOLDER = "grub-pc-bin", "usr/lib/grub/i386-pc"
SECTOR, PARTITION = 512, 2048
LINK_ADDRESS = 0x9000
ELF, CONFIG, PREFIX = 0, 2, 3 # what is behind a module's header
LZMA = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]


def files():
    """Those of the package, by name. linux.CannotGet."""
    packages = linux.source("amd64")
    with linux.cache_lock():
        try:
            try:
                deb = packages.download(PACKAGE)
            except (KeyError, subprocess.CalledProcessError):
                packages.refresh()
                deb = packages.download(PACKAGE)
        except (KeyError, subprocess.CalledProcessError) as error:
            raise linux.CannotGet(f"{PACKAGE}: {error}") from error
        found = {name.rsplit("/", 1)[1]: data for name, data in linux.deb_files(deb, rf"\./{FOLDER}/[^/]*\.(img|mod|lst)")}
        deb.unlink()
    return found


def with_needed(found, names):
    """Modules, each behind those that it needs (moddep.lst)."""
    needs = dict(line.split(":", 1) for line in found["moddep.lst"].decode().splitlines())
    order = []

    def add(name):
        for needed in needs[name].split():
            add(needed)
        if name not in order:
            order.append(name)

    for name in names:
        add(name)
    return order


def kernel(image):
    """What its segment to load has, from the link address on."""
    at, size, count = struct.unpack_from("<I", image, 28)[0], *struct.unpack_from("<2H", image, 42)
    for i in range(count):
        kind, offset, address, _, length = struct.unpack_from("<5I", image, at + i * size)
        if kind == 1:
            assert address == LINK_ADDRESS
            return image[offset:offset + length]
    raise ValueError("kernel.img has no segment to load")


def module(kind, data):
    data += bytes(-len(data) % 4)
    return struct.pack("<2I", kind, 8 + len(data)) + data


def core(found, names, config):
    parts = [module(ELF, found[f"{name}.mod"]) for name in with_needed(found, names)]
    parts += [module(CONFIG, config.encode() + b"\0"), module(PREFIX, b"(hd0,msdos1)/grub\0")]
    modules = b"".join(parts)
    plain = kernel(found["kernel.img"]) + struct.pack("<4s2I", b"mimg", 12, 12 + len(modules)) + modules
    packed = lzma.compress(plain, lzma.FORMAT_RAW, filters=LZMA)
    start = bytearray(found["lzma_decompress.img"])
    struct.pack_into("<2I", start, 8, len(packed), len(plain))
    rest = bytes(start) + packed
    rest += bytes(-len(rest) % SECTOR)
    first = bytearray(found["diskboot.img"])
    struct.pack_into("<Q2H", first, SECTOR - 12, 2, len(rest) // SECTOR, 0x820)
    assert len(rest) < (PARTITION - 2) * SECTOR
    return bytes(first) + rest


def disk(path, names, config, contents, size=64 << 20):
    """`contents`: of the files on the FAT file system, by path."""
    found = files()
    boot_media.fat(path, contents, size)
    partition = path.read_bytes()
    boot = bytearray(found["boot.img"])
    # One partition, of type FAT32 by LBA; a floppy's code is where the table is.
    boot[446:510] = struct.pack("<B3xB3x2I", 0x80, 0x0c, PARTITION, size // SECTOR).ljust(64, b"\0")
    image = bytes(boot) + core(found, names, config)
    path.write_bytes(image.ljust(PARTITION * SECTOR, b"\0") + partition)
