# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What the whole-machine tests share: running an emulator to its end, saying that a test cannot run here, and the way to the
modules of tools/."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))
import linux # noqa: E402
import qemu as newer_qemu # noqa: E402

SKIPPED = 77 # ctest's SKIP_RETURN_CODE
QEMU = "qemu-system-x86_64"
COUNT = re.compile(r"^intact: exit (\d+) after (\d+) instructions$", re.M)


def skip(why):
    """Ends the test as skipped; where nothing may be skipped (CI), as failed."""
    print(f"skipped: {why}")
    sys.exit(1 if os.environ.get("INTACT_NO_SKIP") else SKIPPED)


def fail(why, result=None):
    print(f"FAILED: {why}")
    if result:
        print("command:", " ".join(result.args))
        print("status:", result.returncode)
        print("--- standard output, its end\n" + text(result.stdout)[-6000:])
        print("--- standard error, its end\n" + text(result.stderr)[-3000:])
    sys.exit(1)


def text(data):
    return data.decode("utf-8", "replace").replace("\r\n", "\n")


PATIENCE = int(os.environ.get("INTACT_PATIENCE", 1)) # how many times the usual time may pass: a build that compares is slow


def run(command, timeout):
    timeout *= PATIENCE
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        late.args, late.returncode = command, f"none within {timeout} s"
        late.stdout, late.stderr = late.stdout or b"", late.stderr or b""
        fail("does not come to an end", late)


def qemu(name=QEMU, version=0):
    """How to call it: a list. `version`: the first that has what the test needs."""
    if not shutil.which(name):
        skip(f"{name} is not installed")
    try:
        return newer_qemu.prepare(name, version) if version else [name]
    except linux.CannotGet as error:
        skip(f"cannot get {error}")


def instructions(result):
    """The count that `-d exit` prints."""
    found = COUNT.search(text(result.stderr))
    if not found:
        fail("no instruction count on standard error", result)
    return int(found.group(2))


def same(first, second):
    """Two runs of one command print the same bytes and end at the same instruction."""
    if first.stdout != second.stdout:
        a, b = text(first.stdout).splitlines(), text(second.stdout).splitlines()
        for number, (x, y) in enumerate(zip(a, b), 1):
            if x != y:
                fail(f"two runs differ first in line {number}:\n  {x}\n  {y}", second)
        fail("two runs differ in length", second)
    if instructions(first) != instructions(second):
        fail(f"two runs end after {instructions(first)} and {instructions(second)} instructions", second)
