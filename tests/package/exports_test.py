#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A shared library exports the functions that its public headers declare, and nothing else.

exports_test.py LIBRARY HEADER...
"""
import re
import subprocess
import sys


def declared(path):
    text = open(path, encoding="utf-8").read()
    text = re.sub(r"//[^\n]*|/\*.*?\*/|^\s*#(?:[^\n\\]|\\.|\\\n)*", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r'extern "C" \{', "", text)
    while re.search(r"\{[^{}]*\}", text): # bodies of structures, enumerations and inline functions
        text = re.sub(r"\{[^{}]*\}", "@", text)
    for statement in re.split(r"[;@]", text):
        found = re.search(r"(?<!\(\*)\b(intact_\w+)\s*\(", statement)
        if found and not re.search(r"\b(static|typedef)\b", statement[:found.start()]):
            yield found.group(1)
        found = re.search(r"\bextern\b.*\b(intact_\w+)\s*(\[|$)", statement, re.DOTALL)
        if found:
            yield found.group(1)


def exported(library):
    flags = ["-gU"] if sys.platform == "darwin" else ["-D", "--defined-only"]
    out = subprocess.run(["nm", *flags, "-P", library], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        name = line.split()[0]
        yield name[1:] if sys.platform == "darwin" else name


library, headers = sys.argv[1], sys.argv[2:]
promised = {name for header in headers for name in declared(header)}
found = {name for name in exported(library) if name not in {"_init", "_fini"} and not name.startswith("__")}
for name in sorted(promised - found):
    print(f"{library}: {name} is declared and not exported: is its declaration between the visibility pragmas?")
for name in sorted(found - promised):
    print(f"{library}: {name} is exported and not declared in {' '.join(headers)}")
sys.exit(0 if promised == found and promised else 1)
