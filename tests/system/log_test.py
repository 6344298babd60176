#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""-d, -D and -dfilter on our guests.

    log_test.py [qemu] INTACT GUESTS FAMILY

What must hold: no item changes the run (output, count of instructions, digest); each has lines of its form; a journal keeps none
but `exit`, and a replay, or a run from a snapshot, can be told in the same way; a signal ends a log with its last line. With `qemu` two guests run there as well, with
in_asm and exec: each instruction that both decoded is told by the same line, what we executed QEMU decoded, and blocks that
both have are entered for the first time in the same order. QEMU 7.2 calls some bytes `.byte` that Capstone has decoded when the
block was complete; those are not compared. The device trees differ, so on virt a few blocks may change places.
"""
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import harness

TIMEOUT = 120
COMMON = ["-m", "64M", "-display", "none", "-nodefaults", "-no-reboot"]
# Of each family: more options, how a guest's file ends, its exit status, the addresses of its code, the order that must agree.
FAMILIES = {
    "x86_64": (["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], "elf", 33, "0x100000+0x300000", 1.0),
    "aarch64": (["-machine", "virt,gic-version=3", "-cpu", "cortex-a57"], "image", 0, "0x40080000..0x4037ffff", 0.85),
}
GUEST = "tests/exceptions"
INTERRUPTED = "tests/interrupts" # which executes more
TOGETHER = "in_asm,op,out_asm,jit,exec,cpu,int,guest_errors,unimp,trace:access,nochain"
ITEMS = {"int": INTERRUPTED, "trace:raise,trace:t*": INTERRUPTED, "exit": GUEST, "in_asm": GUEST, "op": GUEST, "out_asm": INTERRUPTED, "jit": GUEST, "exec": GUEST, "cpu": GUEST,
         "guest_errors": GUEST, "unimp": GUEST, "trace:*": GUEST, TOGETHER: GUEST}
BLOCK = re.compile(r"^Trace (\d+): 0x[0-9a-f]{12,} \[[0-9a-f]{16}/([0-9a-f]{16})/[0-9a-f]{8}/[0-9a-f]{8}\] ?(\d*)", re.M)
INSTRUCTION = re.compile(r"^0x([0-9a-f]{8,}):  (.+?) *$", re.M)
EVENT = r"(?m)^ +\d+ +\d+ ns  %s +"
FORMS = {
    "int": EVENT % "pending",
    "trace:raise,trace:t*": EVENT % "take",
    "in_asm": r"^----------------\nIN: \n0x[0-9a-f]{8,}: ",
    "op": r"^OP: \n ---- 0x[0-9a-f]{8,}\n  0  [A-Z]",
    "out_asm": r"(?m)^OUT: \[size=\d+\] (0x[0-9a-f]{8}|shared by all blocks)\n  -- (head|enter)\n0x|\A\Z", # or all is interpreted
    "jit": r"^jit: o(n|ff): ",
    "exec": BLOCK,
    "cpu": {"x86_64": r"^CPU 0, instruction 0\nrax=[0-9a-f]{16} rbx=", "aarch64": r"^CPU 0, instruction 0\nx0=[0-9a-f]{16} x1="},
    "unimp": EVENT % "(unimp|mistake)",
    "trace:*": EVENT % "access",
}


class Scene:
    def __init__(self, intact, guests, family):
        self.intact, self.guests, self.family = intact, pathlib.Path(guests), family
        self.options, self.suffix, self.status, self.code, self.order = FAMILIES[family]
        self.log = None # the file of -D
        self.disassembles = True

    def guest(self, name=GUEST, serial="stdio"):
        return [*COMMON, "-serial", serial, *self.options, "-kernel",
                str(self.guests / self.family / f"{name}.{self.suffix}")]

    def run(self, *words, status=None):
        result = harness.run([self.intact, *words], TIMEOUT)
        if result.returncode != (self.status if status is None else status):
            harness.fail(f"exit status {result.returncode}", result)
        return result

    def told(self, *words, status=None):
        """The text of the file of -D."""
        self.log.unlink(missing_ok=True)
        self.run(*words, "-D", str(self.log), status=status)
        return self.log.read_text()


def need(condition, what):
    if not condition:
        harness.fail(what)


def check_items(scene):
    plain = {name: scene.run("digest", *scene.guest(name)) for name in (GUEST, INTERRUPTED)}
    for item, name in ITEMS.items():
        if "in_asm" in item and not scene.disassembles:
            continue
        result = scene.run("digest", *scene.guest(name), "-d", item, "-D", str(scene.log))
        if result.stdout != plain[name].stdout:
            harness.fail(f"-d {item} changes the run", result)
        form = FORMS.get(item)
        form = form[scene.family] if isinstance(form, dict) else form
        need(not form or re.search(form, scene.log.read_text()), f"-d {item} has no line of its form")
    need(scene.log.stat().st_size > 100000, "all items together are more than that")


def check_range(scene):
    whole = BLOCK.findall(scene.told("run", *scene.guest(), "-d", "exec"))
    counts = [int(count) for _, _, count in whole]
    need(counts == sorted(counts) and counts[0] == 0, "blocks are told in the order of execution")
    first = int(whole[len(whole) // 2][1], 16)
    some = BLOCK.findall(scene.told("run", *scene.guest(), "-d", "exec", "-dfilter", f"{first:#x}+4"))
    need(0 < len(some) < len(whole), f"-dfilter chooses {len(some)} of {len(whole)}")
    need(set(some) <= set(whole), "-dfilter tells what was told without it")
    need(all(int(address, 16) < first + 4 for _, address, _ in some), "-dfilter tells of other addresses")
    return whole


def check_replay(scene, whole, folder):
    journal = str(folder / "journal")
    scene.told("record", journal, *scene.guest(), "-d", "int,exit", "-dfilter", "1..2")
    before = scene.log.read_bytes()
    result = scene.run("replay", journal)
    need(scene.log.read_bytes() == before, "a replay writes over the log of the recording")
    told = harness.text(result.stderr)
    need("intact: exit " in told and not re.search(EVENT % r"\w+", told), "a journal keeps `exit` alone")
    need(BLOCK.findall(scene.told("replay", journal, "-d", "exec")) == whole, "a replay is told as the run was")


def check_snapshot(scene, whole, folder):
    """After the block where the two meet, they are the same."""
    at, state = int(whole[len(whole) // 2][2]), str(folder / "state")
    scene.run("run", *scene.guest(), "-limit", str(at), "-savevm", state, status=66)
    rest = BLOCK.findall(scene.told("run", *scene.guest(), "-loadvm", state, "-d", "exec"))
    need(int(rest[0][2]) == at, f"a run from a snapshot begins at {rest[0]}")
    need(rest[-100:] == whole[-100:], "a run from a snapshot ends in other blocks")


def check_signal(scene):
    """A run that is ended from outside has its last lines."""
    guest = [*scene.guest("bench/alu", "null"), "-append", "n=100000000000", "-d", "unimp,exit", "-D", str(scene.log)]
    process = subprocess.Popen([scene.intact, "run", *guest], stdin=subprocess.DEVNULL)
    time.sleep(1)
    process.terminate()
    need(process.wait(TIMEOUT) == 0, f"SIGTERM ends it with {process.returncode}")
    need(re.search(r"^intact: exit 0 after \d{4,} instructions\n\Z", scene.log.read_text(), re.M), "the log has no end")


def check_no_disassembler(scene):
    result = harness.run([scene.intact, "run", "-d", "in_asm", "-version"], TIMEOUT)
    scene.disassembles = result.returncode == 0
    if not scene.disassembles:
        need("-d in_asm: this build has no disassembler (Capstone)" in harness.text(result.stderr), "no word of Capstone")


def heard(text):
    """What a log of in_asm and exec says: the lines of each instruction, and the blocks in the order of their first entry."""
    lines = {}
    for address, line in INSTRUCTION.findall(text):
        lines.setdefault(int(address, 16), set()).add(line)
    return lines, list(dict.fromkeys(int(address, 16) for _, address, _ in BLOCK.findall(text)))


def check_qemu(scene):
    emulator = harness.qemu(f"qemu-system-{scene.family}")
    for name in ("tests/exceptions", "tests/user"):
        guest = [*scene.guest(name, "null"), "-dfilter", scene.code]
        ours, entered = heard(scene.told("run", *guest, "-d", "in_asm,exec"))
        scene.log.unlink()
        harness.run([*emulator, *guest, "-icount", "shift=0,sleep=off", "-d", "in_asm,exec,nochain", "-D", str(scene.log)],
                    TIMEOUT)
        theirs, also = heard(scene.log.read_text(errors="replace"))
        both = ours.keys() & theirs.keys()
        need(len(both) > 0.98 * len(ours) and len(both) > 500, f"{name}: {len(both)} of {len(ours)} instructions in both")
        for address in both:
            if ours[address] != theirs[address] and not any(".byte" in line for line in theirs[address]):
                harness.fail(f"{name}: {address:#x} is {ours[address]}, in QEMU {theirs[address]}")
        missing = [hex(address) for address in entered if address not in theirs]
        need(len(missing) <= 0.01 * len(entered), f"{name}: executed here alone: {missing}")
        common = set(entered) & set(also)
        order = difflib.SequenceMatcher(None, [at for at in entered if at in common], [at for at in also if at in common],
                                        autojunk=False).ratio()
        need(order >= scene.order, f"{name}: blocks are entered in another order: {order}")


def main():
    with_qemu = sys.argv[1] == "qemu"
    scene = Scene(*sys.argv[1 + with_qemu:])
    with tempfile.TemporaryDirectory() as folder:
        scene.log = pathlib.Path(folder) / "log"
        check_no_disassembler(scene)
        if with_qemu:
            if not scene.disassembles:
                harness.skip("this build has no disassembler")
            check_qemu(scene)
            return
        check_items(scene)
        whole = check_range(scene)
        check_replay(scene, whole, pathlib.Path(folder))
        check_snapshot(scene, whole, pathlib.Path(folder))
        check_signal(scene)


main()
