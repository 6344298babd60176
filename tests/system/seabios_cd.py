# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A CD that a BIOS starts, without emulation of another medium (El Torito 1.0, 2.0)."""
import pathlib
import struct

SECTOR = 2048
BLOCK = 512


def make(folder, boot, text=b""):
    """A volume with a boot catalogue, whose one image is the file `boot`, loaded as it is; and a text in sector 21."""
    def descriptor(kind, rest=b""):
        return (bytes([kind]) + b"CD001\1" + rest).ljust(SECTOR, b"\0")

    entry = struct.pack("<BBHBBHI", 0x88, 0, 0, 0, 0, SECTOR // BLOCK, 20).ljust(32, b"\0")
    header = struct.pack("<BBH24sHBB", 1, 0, 0, b"", 0, 0x55, 0xaa)
    total = sum(struct.unpack("<16H", header))
    header = header[:28] + struct.pack("<H", -total & 0xffff) + header[30:]
    sectors = [descriptor(1), descriptor(0, b"EL TORITO SPECIFICATION".ljust(64, b"\0") + struct.pack("<I", 19)), descriptor(255),
               header + entry, pathlib.Path(boot).read_bytes(), text]
    image = folder / "cd"
    image.write_bytes(bytes(16 * SECTOR) + b"".join(sector.ljust(SECTOR, b"\0") for sector in sectors))
    return image
