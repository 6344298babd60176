#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Types the commands of README.md, in their order, into a folder that looks like a fresh one of the project: its files, and
build/release, which is the build that is tested. Each must end as its line says: with status 0, or with the one it names."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

import harness
import linux

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TIMEOUT = 900 # seconds for each
STATUS = re.compile(r"# ends with status (\d+)")
LEAVES = "# Ctrl-a x leaves it"
LEFT_OUT = {"./dev test", "./dev site"} # which is what runs this, and what tests/site makes


def commands():
    """The indented lines outside of fences, with those that a backslash continues."""
    found, fenced, going_on = [], False, False
    for line in (ROOT / "README.md").read_text().splitlines():
        fenced ^= line.startswith("```")
        if fenced or not line.startswith("    "):
            continue
        if going_on:
            found[-1] += "\n" + line.strip()
        else:
            found.append(line.strip())
        going_on = line.endswith("\\")
    return found


def fresh_folder(folder, build):
    """Everything of the project but its build and its cache, which are those that the tests share."""
    for path in ROOT.iterdir():
        if path.name not in ("build", ".cache", ".git"):
            (folder / path.name).symlink_to(path)
    (folder / "build").mkdir()
    (folder / "build" / "release").symlink_to(build)
    linux.CACHE.mkdir(parents=True, exist_ok=True)
    (folder / ".cache").symlink_to(linux.CACHE.parent)


def leave(process):
    """Reads until a prompt of the guest's is there, then types what leaves the machine."""
    seen = b""
    while not seen.endswith(b"=> "):
        byte = os.read(process.stdout.fileno(), 1)
        if not byte:
            return seen
        seen += byte
    process.stdin.write(b"\x01x")
    process.stdin.flush()
    return seen


def type_in(command, folder):
    """(exit status, what was printed)"""
    ends = LEAVES not in command
    process = subprocess.Popen(command, shell=True, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL if ends else subprocess.PIPE, start_new_session=True)
    late = threading.Timer(TIMEOUT, lambda: os.killpg(process.pid, 9))
    late.start()
    try:
        seen = b"" if ends else leave(process)
        seen += process.stdout.read()
        return process.wait(), harness.text(seen)
    finally:
        late.cancel()


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    for arch in ("cloud-amd64", "cloud-arm64"):
        try:
            linux.prepare(arch)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fresh_folder(folder, build)
        for command in commands():
            if command.split("#")[0].strip() in LEFT_OUT:
                continue
            print("$", command, flush=True)
            status, text = type_in(command, folder)
            wanted = STATUS.search(command)
            if status != (int(wanted.group(1)) if wanted else 0):
                harness.fail(f"it ends with status {status}:\n{text[-4000:]}")


if __name__ == "__main__":
    main()
