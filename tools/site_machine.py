# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The machine in WebAssembly for the site (docs/browser.md): the module, the lessons in one file, and the scripts that load them.

write(root, out, lessons) fills the folder `out`/machine. `lessons` is a folder with lessons and their guests as programs, as
./dev build leaves them in build/release/share/intact/lessons.
"""
import gzip
import io
import pathlib
import shutil
import struct
import sys
import tarfile

import cross

FILES = ("lesson.md", "expect", "why")
GUESTS = ("guest.elf", "broken.elf")
PT_LOAD = 1
HEADER, SEGMENT = 64, "<IIQQQQQQ" # sizes and layout of ELF64: its header; type, flags, offset, two addresses, sizes, alignment


def lean(elf):
    """A program without sections and without padding between its segments: a loader needs no more, and what many guests have in
    common is then near enough in the pack for gzip to find it."""
    first, = struct.unpack_from("<Q", elf, 32)
    count, = struct.unpack_from("<H", elf, 56)
    size = struct.calcsize(SEGMENT)
    segments = [list(struct.unpack_from(SEGMENT, elf, first + i * size)) for i in range(count)]
    out = bytearray(elf[:HEADER]) + bytes(count * size)
    struct.pack_into("<QQ", out, 32, HEADER, 0) # where segments are described, and sections
    struct.pack_into("<HHH", out, 58, 0, 0, 0)
    moved = {} # by the offset of a segment that is loaded
    for segment in sorted((one for one in segments if one[0] == PT_LOAD and one[5]), key=lambda one: one[2]):
        moved[segment[2]] = len(out)
        out += elf[segment[2]:segment[2] + segment[5]]
    for i, segment in enumerate(segments):
        if segment[5]: # a note is within a segment that is loaded
            within = max(offset for offset in moved if offset <= segment[2])
            segment[2] = moved[within] + segment[2] - within
        struct.pack_into(SEGMENT, out, HEADER + i * size, *segment)
    return bytes(out)


def head(text):
    """Of lesson.md what the machine reads: the heading and the first paragraph."""
    return b"\n\n".join(text.split(b"\n\n")[:2]) + b"\n"


def pack(lessons):
    """All lessons as a tar archive, packed by gzip: the same bytes each time."""
    out = io.BytesIO()
    folders = sorted(lessons.glob("[0-9][0-9]-*"))
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for names, change in ((FILES, {"lesson.md": head}), (GUESTS, {name: lean for name in GUESTS})):
            for file in [folder / name for folder in folders for name in names if (folder / name).exists()]:
                data = change.get(file.name, bytes)(file.read_bytes())
                entry = tarfile.TarInfo(f"lessons/{file.parent.name}/{file.name}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue(), 9, mtime=0)


def write(root, out, lessons):
    if not (lessons / "01-inta-cycle/guest.elf").exists():
        sys.exit(f"site: {lessons} has no lessons with their guests; ./dev build makes them")
    place = pathlib.Path(out) / "machine"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(root / "site/machine", place)
    shutil.copyfile(cross.module(), place / "intact.wasm")
    (place / "lessons.pack").write_bytes(pack(lessons))
