#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Sources the completions of bash, and asks for options, machines and devices. completion_test.py INTACT"""
import re
import subprocess
import sys
import tempfile

import harness

TIMEOUT = 30


def complete(script, *words):
    """What bash offers for the last of the words."""
    ask = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _intact; printf "%s\\n" "${COMPREPLY[@]}"'
    result = harness.run(["bash", "--norc", "-c", ask, "bash", script, *words], TIMEOUT)
    if result.returncode or result.stderr:
        harness.fail(f"bash completes {words}", result)
    return [word for word in harness.text(result.stdout).split("\n") if word]


def check(what, got, *wanted):
    missing = [word for word in wanted if word not in got]
    if missing:
        sys.exit(f"{what}: {missing} is missing, there is {got}")


def main():
    program = sys.argv[1]
    script = subprocess.run([program, "-completion", "bash"], check=True, stdout=subprocess.PIPE).stdout
    listed = subprocess.run([program, "-device", "help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    devices = re.findall(r'^name "([^"]+)"', listed, re.M)
    with tempfile.NamedTemporaryFile(suffix=".bash") as file:
        file.write(script)
        file.flush()
        check("verbs", complete(file.name, "intact", "re"), "record", "replay")
        check("options", complete(file.name, "intact", "-ma"), "-machine")
        check("options", complete(file.name, "intact", "-no-"), "-no-reboot", "-no-acpi")
        check("machines", complete(file.name, "intact", "-machine", ""), "pc", "virt")
        check("devices", complete(file.name, "intact", "-device", ""), *devices)
        check("one device", complete(file.name, "intact", "-device", "ed"), "edu")
        check("a file", complete(file.name, "intact", "-kernel", file.name[:-3]), file.name)
        names = complete(file.name, "intact", "")
        check("every option", names, *re.findall(r"^  (-\S+)", harness.text(harness.run([program, "-help"], TIMEOUT).stdout), re.M))


if __name__ == "__main__":
    main()
