#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The list of reasons in docs/why.md, from include/intact/why.h, each with a sentence that a test expects.

    tools/reasons.py --write    brings the list up to date
    tools/reasons.py --check    fails if it is not, or if a reason has no test
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include" / "intact" / "why.h"
PAGE = ROOT / "docs" / "why.md"
BEGIN, END = "<!-- made by tools/reasons.py -->", "<!-- end -->"
LISTS = {"SOURCES": "Lines, groups, devices and processors", "X86": "8259A, IOAPIC, local APIC", "ARM": "GIC"}
STRING = r'"(?:[^"\\]|\\.)*"'


def joined(text):
    """C string literals as one string."""
    return "".join(part[1:-1] for part in re.findall(STRING, text)).replace('\\"', '"')


def reasons():
    """(list, id, kind, sentence, section) of each."""
    text = HEADER.read_text().replace("\\\n", "\n")
    for name in LISTS:
        body = text.split(f"#define INTACT_WHY_{name}(R)", 1)[1].split("#define", 1)[0]
        row = rf"R\(\s*(\w+),\s*(GATE|PLACE|PAST),\s*((?:{STRING}\s*)+),\s*((?:{STRING}\s*)+)\)"
        for found in re.finditer(row, body):
            yield name, found[1], found[2], joined(found[3]), joined(found[4])


def pattern(sentence):
    """What a sentence may look like with its values."""
    parts = re.split(r"(\{[^}]*\})", sentence)
    made = ""
    for part in parts:
        if part == "{name}":
            made += r"[\w.-]+"
        elif part.startswith("{") and "?" in part:
            made += "(?:" + "|".join(re.escape(choice) for choice in part[:-1].split("?", 1)[1].split("|")) + ")"
        elif part.startswith("{"):
            made += r"[0-9A-Fa-fxh_,]+"
        else:
            made += re.escape(part)
    return re.compile(made)


def expected():
    """All texts of the tests, literals that stand side by side as one."""
    texts = []
    for file in sorted((ROOT / "tests").rglob("test_*.[ch]")):
        for found in re.finditer(rf"(?:{STRING}\s*)+", file.read_text()):
            texts.append(joined(found[0]).replace("\\n", "\n"))
    return "\n".join(texts)


def page(rows, tests):
    lines, missing = [], []
    for name, title in LISTS.items():
        lines += ["", f"### {title}", "", "| reason | example | manual |", "| --- | --- | --- |"]
        for _, identifier, kind, sentence, section in (row for row in rows if row[0] == name):
            found = pattern(sentence).search(tests)
            if not found:
                missing.append(identifier)
            example = (found[0] if found else sentence).replace("|", "\\|")
            place = {"PLACE": " *(place)*", "PAST": " *(past)*"}.get(kind, "")
            lines.append(f"| `{identifier}`{place} | {example} | {section} |")
    return "\n".join(lines) + "\n", missing


def main():
    rows = list(reasons())
    made, missing = page(rows, expected())
    text = PAGE.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    wanted = f"{before}{BEGIN}\n{made}\n{END}{after}"
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(wanted)
    elif wanted != text:
        sys.exit("reasons: docs/why.md is not up to date: tools/reasons.py --write")
    print(f"reasons: {len(rows)}, without a test: {' '.join(missing) or 'none'}")
    if missing and sys.argv[1:] != ["--write"]:
        sys.exit(1)


main()
