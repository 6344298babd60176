#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Lessons: their guests, and the command.

    lesson_test.py INTACT LESSON     the lesson of this folder's name: all of its guests, as they are built and as a learner builds them
    lesson_test.py INTACT --command  the list, start, check, new, JSON, statuses, and what is refused
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import harness

TIMEOUT = 60
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LESSONS = ROOT / "lessons"
INSTRUCTIONS = 12000000 # of a guest: less than a second, also by the interpreter
# The headings of the manuals that lessons name: Intel 8259A data sheet (231468), SDM volume 3A, Arm IHI 0069 and DDI 0487.
SECTIONS = {
    "Interrupt Request Register (IRR) and In-Service Register (ISR)", "Interrupt Mask Register (IMR)", "Interrupt Sequence",
    "Initialization Command Words", "Initialization Command Words 1 and 2 (ICW1, ICW2)", "Initialization Command Word 3 (ICW3)",
    "Initialization Command Word 4 (ICW4)", "Operation Control Word 1 (OCW1)", "Operation Control Word 2 (OCW2)",
    "Operation Control Word 3 (OCW3)", "Fully Nested Mode", "End of Interrupt (EOI)", "Automatic End of Interrupt (AEOI) Mode",
    "Automatic Rotation (Equal Priority Devices)", "Specific Rotation (Specific Priority)", "Interrupt Masks", "Special Mask Mode",
    "Poll Command", "Reading the 8259A Status", "Edge and Level Triggered Modes", "The Special Fully Nest Mode", "Buffered Mode",
    "Cascade Mode", "Masking Maskable Hardware Interrupts", "Local Vector Table", "Interrupt Acceptance for Fixed Interrupts",
    "Signaling Interrupt Servicing Completion", "Task and Processor Priorities", "APIC Timer", "Interrupt Command Register (ICR)",
    "Determining IPI Destination", "MP Initialization Protocol Algorithm for MP Systems", "Interrupt, Task, and Processor Priority",
    "x2APIC Register Address Space", "ICR Operation in x2APIC Mode", "SELF IPI Register", "INTIDs", "Logical Destination Mode", "Lowest Priority Delivery Mode",
    "Message Address Register Format", "Message Data Register Format", "Asynchronous exception types",
    "Locality-specific Peripheral Interrupts and the ITS",
}


class Command:
    def __init__(self, intact):
        self.intact = intact

    def run(self, *words, status=0):
        result = harness.run([self.intact, "lesson", *map(str, words)], TIMEOUT)
        if result.returncode != status:
            harness.fail(f"exit status {result.returncode}, not {status}", result)
        return result

    def json(self, *words, status=0):
        result = self.run(*words, "--json", status=status)
        lines = harness.text(result.stdout).splitlines()
        if len(lines) != 1:
            harness.fail("not one line of JSON", result)
        return json.loads(lines[0])

    def says(self, text, *words, status=0):
        result = self.run(*words, status=status)
        if text not in harness.text(result.stdout):
            harness.fail(f"it does not say '{text}'", result)
        return result

    def refuses(self, line, *words, status=2):
        """One line on standard error, and nothing else."""
        result = self.run(*words, status=status)
        if not re.fullmatch(f"intact: {line}\n", harness.text(result.stderr)) or result.stdout:
            harness.fail(f"it is not refused with '{line}'", result)


def compiler():
    return shutil.which("clang") or shutil.which("gcc")


# --- One lesson --------------------------------------------------------------------------------------------------------

def lines_of_why(folder):
    """The lines of `why` by their first word."""
    found = {"lacks": [], "breaks": [], "says": [], "exit": ["passed"], "source": []}
    for line in (folder / "why").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word in found:
            found[word] = [rest] if word in ("exit", "source") else [*found[word], rest]
    found["says"] = [line.strip('"') for line in found["says"]]
    return found


def expected(folder, result, what):
    """Does the JSON of the broken guest say what `why` says?"""
    why = lines_of_why(folder)
    seen = {"lacks": [event["event"] for event in result["missing"]],
            "breaks": [event["event"] for event in result["forbidden"]], "exit": [result["exit"]], "source": [result["source"]]}
    for key, value in seen.items():
        if value != why[key]:
            harness.fail(f"{what}: '{key}' is {value}, and the file why says {why[key]}")
    for line in why["says"]:
        pattern = re.escape(line).replace(r"\*", ".*")
        if not any(re.fullmatch(pattern, said) for said in result["why"]):
            harness.fail(f"{what}: intact why does not say '{line}', but {result['why']}")
    if not why["says"]:
        harness.fail(f"{what}: the file why has no answer of intact why")


def check_text(folder):
    lesson = (folder / "lesson.md").read_text()
    for part in ("\n## What ", "\n## The guest\n", "\n## The task\n", "\nThe manual"):
        if part not in lesson:
            harness.fail(f"{folder.name}: lesson.md has no part '{part.strip()}'")
    manuals = " ".join(lesson.split("\nThe manual", 1)[1].split("\n\n", 1)[0].split())
    cited = re.findall(r'"([^"]*)"', manuals)
    named = {int(n) for n in re.findall(r"intact lesson(?: start)? (\d+)", lesson)}
    if named != {int(folder.name[:2])}:
        harness.fail(f"{folder.name}: the commands of lesson.md are for the lessons {named}")
    if not (cited or re.search("IHI 0069|PCI Local Bus|82093AA", manuals)) or not set(cited) <= SECTIONS:
        harness.fail(f"{folder.name}: lesson.md names sections that no manual has: {sorted(set(cited) - SECTIONS)}")
    words = len(re.sub(r"```.*?```", "", lesson, flags=re.DOTALL).split())
    if words > 1000: # 200 in a minute
        harness.fail(f"{folder.name}: lesson.md has {words} words, which is more than five minutes of reading")
    for source in folder.glob("*.c"):
        if len(source.read_text().splitlines()) > 100:
            harness.fail(f"{source.name} has more than 100 lines")


def check_lesson(command, name):
    folder = LESSONS / name
    number = int(name[:2])
    check_text(folder)
    first = command.json(number)
    if not first["passed"] or first["missing"] or first["forbidden"] or first["why"] or first["exit"] != "passed":
        harness.fail(f"the given guest does not pass: {first}")
    if first != command.json(number):
        harness.fail("two runs differ")
    if first["instructions"] > INSTRUCTIONS:
        harness.fail(f"the lesson takes {first['instructions']} instructions")
    broken = command.json(number, "--broken", status=1)
    expected(folder, broken, "the broken guest")
    if not command.json(number, "--repaired")["passed"]:
        harness.fail("the repaired guest does not pass")
    command.says("passed: ", number)
    command.says("intact why " + broken["source"], number, "--broken", status=1)
    command.says((folder / "lesson.md").read_text().replace("\n    intact ", f"\n    {command.intact} "), number, "--text")
    if not compiler():
        print("no compiler here: what a learner builds is not tried")
        return
    with tempfile.TemporaryDirectory() as place:
        own = pathlib.Path(place) / "own"
        command.run("start", number, own)
        expected(folder, command.json("check", own, status=1), "the learner's copy")
        shutil.copy(folder / "guest.c", own / "guest.c")
        if not command.json("check", own)["passed"]:
            harness.fail("the learner's repair does not pass")
        teacher = pathlib.Path(place) / name
        shutil.copytree(folder, teacher)
        command.says("broken.c fails in the way that the file why says", "check", "--all", teacher)


# --- The command -------------------------------------------------------------------------------------------------------

def check_list(command):
    result = command.run()
    names = sorted(path.parent.name for path in LESSONS.glob("[0-9]*/expect"))
    listed = re.findall(r"^ +(\d+)  ([\w-]+) +\S", harness.text(result.stdout), re.M)
    if sorted(f"{int(number):02}-{name}" for number, name in listed) != names:
        harness.fail(f"the list is not {names}", result)
    headings = re.findall(r"^(\S.*)\n +\d", harness.text(result.stdout), re.M)
    if headings != ["8259", "APIC", "GIC", "whole path"]:
        harness.fail(f"the tracks are listed as {headings}", result)
    by_name = command.json(names[0][3:])
    if by_name != command.json(1) or by_name != command.json(names[0]):
        harness.fail("a lesson has another result by its name")
    command.says("intact lesson check DIR", "-help")
    command.says("8259A sees IRQ 5 go high", 1, "--trace")
    command.says("#1 testdev.line5: ended", 1, "--watch", "--keys", "nnn")
    command.says("bit 9 (IF) is 0", 1, "--broken", "--keys", "gw")
    command.says("#1 testdev.line5: withdrawn", 6, "--watch", "--keys", "gi")
    command.says("intid:5@0\nINTID 5 is in Group 0", 22, "--broken", "--watch", "--keys", "gw") # not that the CPU is off
    command.says("vector:0x41@1\n", 11, "--watch", "--keys", "nnnnnw")
    if "error" not in json.loads(harness.text(command.run("check", "/nonexistent", "--json", status=2).stdout)):
        harness.fail("what cannot be graded has no error as JSON")
    traced = harness.text(command.run(1, "-trace").stdout) # one dash is enough
    if not re.search(r"^ +instructions +seconds  raise     CPU      what happens$", traced, re.M):
        harness.fail("the trace of the first lesson does not say what its columns are")
    if "IOAPIC" in traced or "CPU 0 takes vector 25h (testdev.line5)" not in traced:
        harness.fail("the trace of the first lesson is not that of the 8259A alone")


def check_refusals(command, place):
    command.refuses("lesson: no lesson 'inta-cycel'; the nearest is 'inta-cycle'", "inta-cycel")
    command.refuses("lesson: no lesson '99'; intact lesson lists them", 99)
    command.refuses("lesson: unknown option '--brokn'; the nearest is --broken", 1, "--brokn")
    command.refuses("lesson: --cc: needs a value", "check", place, "--cc")
    command.refuses("watch: standard input is no terminal; -keys KEYS says what to do", 1, "--watch")
    command.refuses("lesson: one lesson at a time; .*", 1, 2)
    command.refuses("lesson: 'e' is too much; .*", "a", "b", "c", "d", "e")
    command.refuses("lesson: start needs a lesson: .*", "start")
    command.refuses("lesson: check needs the folder of a lesson: .*", "check")
    command.refuses("lesson: new needs a folder and the lesson's name: .*", "new", "x")
    command.refuses("lesson: cannot read the folder '/nowhere': No such file or directory; --lessons DIR says where they are",
                    "--lessons", "/nowhere")
    command.refuses(f"lesson: the folder '{place}' has no lessons, folders such as 01-name", "--lessons", place)
    command.refuses(f"lesson: cannot read '{place}/lesson.md': No such file or directory", "check", place)
    folder = place / "01-empty"
    folder.mkdir()
    (folder / "lesson.md").write_text("text\n")
    command.refuses(f"lesson: '{folder}/lesson.md' does not begin with a heading, '# Title', and a paragraph", "check", folder)
    (folder / "lesson.md").write_text("# Title\n\nA gist.\n")
    command.refuses(f"cannot read '{folder}/expect': No such file or directory", "check", folder)
    (folder / "expect").write_text("track own\nmachine pc\nmust tke\n")
    command.refuses(f"{folder}/expect:3: no event 'tke'; the nearest is 'take'", "check", folder)
    (folder / "expect").write_text("track own\nmachine pc\nmust take\n")
    command.refuses(f"lesson: cannot read the guest '{folder}/guest.c': No such file or directory", "check", folder)
    command.refuses(f"lesson: there is no guest '{folder}/guest.elf'; .*", "--lessons", place, 1)
    command.refuses(f"lesson: --all needs the file '{folder}/why', which says what broken.c lacks", "check", "--all", folder)
    command.refuses(f"lesson: '{folder}' is there already; name another folder", "new", folder, "x")
    (folder / "guest.c").write_text("int guest_main(void) { return nothing; }\n")
    command.refuses("lesson: --cc: there is no program 'no-such-compiler'", "check", folder, "--cc", "no-such-compiler")
    (folder / "why").write_text("source nobody\n")
    if compiler():
        result = command.run("check", folder, status=2)
        if "does not compile it; its messages are above" not in harness.text(result.stderr):
            harness.fail("a guest that does not compile", result)
        (folder / "guest.c").write_text('#include "lib/guest.h"\n\nint guest_main(void)\n{\n    return EXIT_FAILED;\n}\n')
        result = command.run("check", folder, status=2)
        if f"{folder}/why: no line and no part of a device has this name: 'nobody'" not in harness.text(result.stderr):
            harness.fail("a source that is none", result)
        (folder / "why").unlink()
        found = command.json("check", folder, status=1)
        if found["exit"] != "failed" or [event["line"] for event in found["missing"]] != [3] or found["why"]:
            harness.fail(f"a guest that fails: {found}")
        (folder / "expect").write_text("track own\nmachine pc\noptions -nothing\nmust take\n")
        result = command.run("check", folder, status=2)
        if "unknown option '-nothing'" not in harness.text(result.stderr):
            harness.fail("an option that is none", result)


def check_new(command, place):
    for machine in ("pc", "virt", "virt,gic-version=2"):
        own = place / f"new-{machine}"
        command.run("new", own, "My title", "--machine", machine)
        if not (own / "lesson.md").read_text().startswith("# My title\n"):
            harness.fail("the new lesson has another title")
        command.says("broken.c fails in the way that the file why says", "check", "--all", own)
        found = command.json("check", own)
        if not found["passed"] or found["title"] != "My title" or found["variant"] != "yours":
            harness.fail(f"the new lesson does not pass: {found}")
        lines = harness.text(command.run("check", "--all", own, "--json").stdout).splitlines()
        if [json.loads(line)["variant"] for line in lines] != ["given", "broken"]:
            harness.fail(f"not one line of JSON for each guest: {lines}")
        # A file why that says something else is found out.
        why = (own / "why").read_text()
        (own / "why").write_text(why.replace("exit stuck", "exit failed"))
        command.run("check", "--all", own, status=1)
        (own / "why").write_text(why.replace("lacks eoi source=edu0.intx\n", ""))
        command.run("check", "--all", own, status=1)
        (own / "why").write_text(why.replace("is low", "is high"))
        command.run("check", "--all", own, status=1)


def check_compilers(command, place):
    """The guest of the first lesson by whatever compilers are here."""
    for name in ("clang", "gcc"):
        if not shutil.which(name):
            continue
        own = place / name
        shutil.copytree(LESSONS / "01-inta-cycle", own)
        if name == "gcc" and subprocess.run([name, "-dumpmachine"], capture_output=True).stdout[:6] != b"x86_64":
            continue
        if not command.json("check", own, "--cc", name)["passed"]:
            harness.fail(f"a guest compiled by {name} does not pass")


def check_makefile(command, place):
    if not shutil.which("make"):
        return
    own = place / "made"
    command.run("start", 1, own)
    for target, text in (("check", "not passed"), ("trace", "8259A sees IRQ 5 go high")):
        result = subprocess.run(["make", "-C", own, target], capture_output=True, timeout=TIMEOUT)
        if text not in harness.text(result.stdout):
            harness.fail(f"make {target} does not say '{text}'", result)


def main():
    command = Command(str(pathlib.Path(sys.argv[1]).resolve()))
    if sys.argv[2] != "--command":
        check_lesson(command, sys.argv[2])
        return
    check_list(command)
    with tempfile.TemporaryDirectory() as place:
        check_refusals(command, pathlib.Path(place).resolve())
        if not compiler():
            harness.skip("no compiler")
        place = pathlib.Path(place).resolve()
        check_new(command, place)
        check_compilers(command, place)
        check_makefile(command, place)


main()
