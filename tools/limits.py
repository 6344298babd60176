#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The second half of docs/limits.md: what each source file says under "Not modelled:".

    tools/limits.py            print it
    tools/limits.py --write    put it into docs/limits.md
    tools/limits.py --check    exit status 1 if docs/limits.md says something else
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "limits.md"
TITLE = "## By source file"


def said(path):
    """The sentence of a file's head comment, or None."""
    head = []
    for line in path.read_text().splitlines():
        if not line.startswith("//"):
            break
        head.append(line[2:].strip())
    found = re.search(r"Not modelled: (.*?)(?:\n\n|\n?Path:|\Z)", "\n".join(head), re.DOTALL)
    return " ".join(found.group(1).split()) if found else None


def section():
    """The section as text: a row for each file that leaves something out."""
    rows = []
    for path in sorted([*(ROOT / "src").rglob("*.[ch]"), *(ROOT / "include").rglob("*.h")]):
        text = said(path)
        if text:
            rows.append(f"| `{path.relative_to(ROOT)}` | {text.replace('|', chr(92) + '|')} |")
    return "\n".join([TITLE, "", "| file | not modelled |", "| --- | --- |", *rows, ""])


def main():
    if sys.argv[1:] == ["--write"]:
        before = PAGE.read_text().split(TITLE)[0].rstrip()
        PAGE.write_text(f"{before}\n\n{section()}")
    elif sys.argv[1:] == ["--check"]:
        if not PAGE.read_text().endswith(section()):
            sys.exit("docs/limits.md: does not say what the source files do; tools/limits.py --write")
    else:
        print(section(), end="")


if __name__ == "__main__":
    main()
