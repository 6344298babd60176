#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""-lint on our guests.

    lint_test.py INTACT GUESTS FAMILY

Guests that keep the rules have no finding, those that break one on purpose have the findings below and no other. What must hold
besides: a lint does not change the run (output, count of instructions, digest); with error the exit status is 74 where something
was found, and else the guest's; a journal does not keep the option, and a replay with it finds the same.
"""
import pathlib
import re
import sys
import tempfile

import harness

TIMEOUT = 120
FOUND = 74
# Of each family: the options of its machine, how a guest's file ends, and the exit status.
FAMILIES = {
    "x86_64": (["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], "elf", 33),
    "aarch64": (["-machine", "virt"], "image", 0),
}
EDU = ["-device", "edu,dma_mask=0xffffffff"]
GOOD = {
    "x86_64": {"demo/demo": [], "tests/interrupts": [], "tests/smp": [], "tests/extint": ["-device", "pc-testdev"],
               "tests/user": [], "tests/intr": ["-device", "edu", "-append", "chip=2"],
               "tests/drivers": [*EDU, "-device", "virtio-rng-pci"]},
    "aarch64": {"demo/demo": [], "tests/interrupts": [], "tests/smp": [], "tests/timer": [],
                "tests/user": [], "tests/intr": ["-device", "edu"], "tests/drivers": [*EDU, "-device", "virtio-rng-pci"]},
}
# This one tries on purpose what an edge makes of a level.
PURPOSE = {
    "x86_64": {},
    "aarch64": {"tests/spi": r"uart\.irq is a level, and INTID 33 is configured as edge-triggered: .*"},
}
# What these do is what they are about; each line of the lint is one of these.
BAD = {
    "x86_64": ("tests/ioapic", ["-device", "pc-testdev"],
               [r"interrupt of testdev\.line5 for destination 0x2, which is no processor, once, at instruction [\d,]+, CPU 0, "
                r"0x10[0-9a-f]{4} \(SDM 3A, Determining IPI Destination\)",
                r"interrupt of testdev\.line5 for destination 0x1c, which is no processor, once, at instruction [\d,]+, CPU 0, "
                r"0x10[0-9a-f]{4} \(SDM 3A, Determining IPI Destination\)"]),
    "aarch64": ("tests/groups", [],
                [r"acknowledge at gic0 of a group while the highest interrupt is of the other one, 12 times; first at instruction "
                 r"[\d,]+, CPU 0, 0x4008[0-9a-f]{4} \(IHI 0069 ICC_IAR1_EL1; IHI 0048B 3\.4\.2\)"]),
}


def findings(result):
    return re.findall(r"^intact: lint: (.*)$", harness.text(result.stderr), re.M)


class Scene:
    def __init__(self, intact, guests, family):
        self.intact, self.guests, self.family = intact, pathlib.Path(guests), family
        self.options, self.suffix, self.status = FAMILIES[family]

    def guest(self, name, more):
        return ["-m", "64M", "-display", "none", "-no-reboot", "-smp", "4", *self.options, *more,
                "-kernel", str(self.guests / self.family / f"{name}.{self.suffix}")]

    def run(self, *words, status):
        result = harness.run([self.intact, *words], TIMEOUT)
        if result.returncode != status:
            harness.fail(f"exit status {result.returncode}, not {status}", result)
        return result


def check_good(scene):
    for name, more in GOOD[scene.family].items():
        result = scene.run("run", *scene.guest(name, more), "-lint", "error", status=scene.status)
        if findings(result):
            harness.fail(f"{name} keeps the rules", result)


def check_purpose(scene):
    for name, expected in PURPOSE[scene.family].items():
        result = scene.run("run", *scene.guest(name, []), "-lint", "on", status=scene.status)
        if [1 for line in findings(result) if re.fullmatch(expected, line)] != [1]:
            harness.fail(f"{name}: not '{expected}' alone", result)


def check_bad(scene):
    name, more, expected = BAD[scene.family]
    guest = scene.guest(name, more)
    for value, status in (("error", FOUND), ("on", scene.status), ("off", scene.status)):
        result = scene.run("run", *guest, "-lint", value, status=status)
        found = findings(result)
        wanted = [] if value == "off" else expected
        if len(found) != len(wanted) or not all(re.fullmatch(*pair) for pair in zip(wanted, found)):
            harness.fail(f"{name} with -lint {value}: other findings", result)


def check_nothing_changes(scene):
    name, more, _ = BAD[scene.family]
    guest = scene.guest(name, more)
    harness.same(*(scene.run("run", *guest, "-d", "exit", *lint, status=scene.status) for lint in ([], ["-lint", "on"])))
    plain, linted = (scene.run("digest", *guest, *lint, status=scene.status) for lint in ([], ["-lint", "on"]))
    if plain.stdout != linted.stdout:
        harness.fail("the digest is another one", linted)


def check_replay(scene, folder):
    name, more, expected = BAD[scene.family]
    journal = str(pathlib.Path(folder) / "journal")
    scene.run("record", journal, *scene.guest(name, more), "-lint", "on", status=scene.status)
    if findings(scene.run("replay", journal, status=scene.status)):
        harness.fail("the journal has kept -lint")
    options = [*scene.guest(name, more), "-icount", f"rr=replay,rrfile={journal}", "-lint", "on"]
    replayed = findings(scene.run("run", *options, status=scene.status))
    if len(replayed) != len(expected):
        harness.fail(f"a replay finds {replayed}")


def main():
    scene = Scene(*sys.argv[1:])
    check_good(scene)
    check_purpose(scene)
    check_bad(scene)
    check_nothing_changes(scene)
    with tempfile.TemporaryDirectory() as folder:
        check_replay(scene, folder)


main()
