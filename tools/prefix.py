#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Keeps src/prefix.h, which gives every internal global name of the library the prefix intact_private_, so that a program
may have its own bus_read. Sources keep the short names: each is compiled with that file included first.

  prefix.py BUILD            adds what the static libraries in BUILD lack, and drops what no source names any more
  prefix.py BUILD --check    says what they lack, and fails if that is anything
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "src/prefix.h"
HEAD = """// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The library's internal global names, each with a prefix that keeps it apart from the names of a program that links with
// it. Every source of src/ and tests/ is compiled with this file included first; a debugger and nm show the long names.
//
// Made by tools/prefix.py from the symbols of the static libraries: ./dev prefix.
"""


def symbols(build):
    """The global names that the static libraries define, and where."""
    libraries = sorted(build.glob("libintact*.a"))
    if not libraries:
        sys.exit(f"prefix: no libintact*.a in {build}: build it first")
    for library in libraries:
        out = subprocess.run(["nm", "-g", "--defined-only", "-P", library], check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            words = line.split()
            if len(words) >= 3 and len(words[1]) == 1:
                name = words[0][1:] if sys.platform == "darwin" else words[0]
                if not name.startswith("__"): # the compiler's own
                    yield name, library.name


def lacking(build):
    return {name: library for name, library in symbols(build) if not name.startswith("intact_")}


def named_in_sources():
    words = set()
    for path in (ROOT / "src").rglob("*.[ch]"):
        if path != HEADER:
            words |= set(re.findall(r"\w+", path.read_text()))
    return words


def update(build):
    old = set(re.findall(r"^#define (\w+) ", HEADER.read_text(), re.MULTILINE)) if HEADER.exists() else set()
    new = lacking(build)
    words = named_in_sources()
    names = {name for name in old if name in words or pasted(name, words)} | set(new)
    lines = (f"#define {name} intact_private_{name}\n" for name in sorted(names))
    HEADER.write_text(HEAD + "#ifndef PREFIX_H\n#define PREFIX_H\n\n" + "".join(lines) + "\n#endif\n")
    print(f"prefix: {len(names)} names, {len(names - old)} new, {len(old - names)} gone")


def pasted(name, words):
    """Whether a macro may make the name of two or three words: it stays in the list rather than be lost."""
    parts = name.split("_")
    return any("_".join(parts[:i]) + "_" in words or "_" + "_".join(parts[i:]) in words for i in range(1, len(parts)))


def check(build):
    found = lacking(build)
    for name, library in sorted(found.items()):
        print(f"{library}: {name} lacks the prefix intact_")
    if found:
        sys.exit("prefix: run ./dev prefix, and commit src/prefix.h")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit("usage: prefix.py BUILD [--check]")
    (check if sys.argv[2:] else update)(pathlib.Path(sys.argv[1]))
