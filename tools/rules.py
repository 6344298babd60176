#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Project rules that neither compiler nor formatter checks; one line for each breach, exit status 1 if there is any.

- every file names its licence
- includes of src/, include/ and guests/ are written from their root, never with ".."
- a device does not depend on a controller: src/devices/ includes nothing of a controller, a processor or a machine
- no file of ours is longer than 1000 lines, but the generated src/prefix.h
- the tests of one file that have a timeout have the same one: Criterion's runner forgets a running test's timeout, and
  leaks its record, when another test with an earlier end starts beside it
- whatever a document names in backquotes as a file, or links to, exists
- whatever a document names as a test, `suite::name`, is one
- every file on the path of an interrupt names those before and after it ("Path:"), and they exist
"""
import functools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPDX = "SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause"
CODE = {".c", ".h", ".S", ".py", ".sh", ".cmake", ".lds", ".map", ".js", ".mjs", ".css", ".html"}
BY_NAME = {"CMakeLists.txt", "dev", "run", ".clang-format", ".clang-tidy"}
FILE = re.compile(r"`((?:src|include|tests|guests|bench|docs|tools|examples|cmake)/[\w./-]*\w\.?\w*)`")
TEST = re.compile(r"`([a-z]\w*)::(\w+_\w+_\w+)`") # a sentence
# Headers that a device must not include; it has its lines and messages through <intact/irq_line.h> and similar headers.
CONTROLLER = re.compile(r'\s*#\s*include\s+[<"]((?:irqchip|groups|vcpu|machine)/|intact/(?:\w+_irq|machine)\.h)')
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def files():
    if not (ROOT / ".git").exists():
        built = {"build", ".cache"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not built & set(p.relative_to(ROOT).parts)]
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def exists(name):
    return bool((ROOT / name).exists() or ("*" in name and list(ROOT.glob(name))))


def check_timeouts(text):
    timeouts = re.findall(r"\.timeout = (\w+)", text)
    if len(set(timeouts)) > 1:
        yield 1, f"tests with different timeouts: {', '.join(sorted(set(timeouts)))}"


def check_code(path, text):
    lines = text.splitlines()
    if path.name.startswith("test_"):
        yield from check_timeouts(text)
    if SPDX not in "\n".join(lines[:3]):
        yield 1, "no SPDX line"
    if len(lines) > 1000 and path.name != "prefix.h":
        yield len(lines), f"{len(lines)} lines: split it"
    for number, line in enumerate(lines, 1):
        ours = path.relative_to(ROOT).parts[0] in {"src", "include", "guests"}
        if ours and re.match(r'\s*#\s*include\s+"\.\./', line):
            yield number, 'an include with ".."'
        if path.is_relative_to(ROOT / "src/devices") and CONTROLLER.match(line):
            yield number, f"a device knows no controller: give it a line or a source instead of '{line.strip()}'"
        found = re.match(r"//\s*Path:\s*(.*)", line)
        if found:
            for name in re.findall(r"[\w/]+/[\w/]*\w+\.[ch]", found.group(1)):
                if not exists(name) and not exists(f"src/{name}"):
                    yield number, f"Path: names {name}, which is not there"


@functools.cache
def tests():
    text = "\n".join(path.read_text() for path in files() if path.name.startswith("test_") and path.suffix == ".c")
    return set(re.findall(r"^(?:Test|ParameterizedTest)\((?:[^()]*, )?(\w+), (\w+)", text, re.MULTILINE))


def check_document(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for suite, name in TEST.findall(line):
            if (suite, name) not in tests():
                yield number, f"names the test {suite}::{name}, which is not there"
        for name in FILE.findall(line):
            if not exists(name.rstrip("/")):
                yield number, f"names {name}, which is not there"
        for name in LINK.findall(line):
            if not (path.parent / name).exists():
                yield number, f"links to {name}, which is not there"


def main():
    breaches = 0
    for path in files():
        if path.suffix in CODE or path.name in BY_NAME:
            found = check_code(path, path.read_text())
        elif path.suffix == ".md":
            found = check_document(path, path.read_text())
        else:
            continue
        for number, what in found:
            print(f"{path.relative_to(ROOT)}:{number}: {what}")
            breaches += 1
    sys.exit(1 if breaches else 0)


main()
