#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The traces of our guests, in every format, opened by programs that others have made.

    trace_test.py INTACT GUESTS FAMILY

jq reads JSON Lines and Chrome's events, vcd2fst of GTKWave the waves, rsvg-convert of librsvg the picture (svg_test.py looks at it). What must hold
besides: a trace does not change the run; that of a replay is that of the recording; one that was kept and written at the end is
the one that was written as it came, also when the run was stopped by -limit or a signal; each delivery names the interrupt that
was raised before, and each end one that was delivered; what is wrong is refused in one line before the guest starts.
"""
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

import harness
import png
import provenance

TIMEOUT = 120
FORMATS = ("text", "json", "vcd", "chrome", "svg", "latency")
REFUSED, LIMIT = 1, 66
PCI = ["-device", "edu,dma_mask=0xffffffff", "-device", "virtio-rng-pci"]
# Of each family: the options of its machine, how a guest's file ends, the exit status, the first source of the demo, and a guest
# that can run for long.
FAMILIES = {
    "x86_64": (["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], "elf", 33, "pit.out0", "self_ipi"),
    "aarch64": (["-machine", "virt"], "image", 0, "uart.irq", "self_sgi"),
}
DEMO_SOURCES = 5 # that it delivers, at least
DRIVEN = {"edu0.intx", "edu0.msi0", "virtio-rng0.intx", "virtio-rng0.msix0"}


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            harness.skip(f"{program} is not installed")


class Scene:
    """The guests of a family, and a folder for what is written."""

    def __init__(self, intact, guests, family, folder):
        self.intact, self.folder, self.guests = intact, folder, guests / family
        self.options, self.suffix, self.good, self.source, self.long = FAMILIES[family]

    def guest(self, name, *more):
        return ["-m", "64M", "-display", "none", "-no-reboot", *self.options,
                "-kernel", str(self.guests / f"{name}.{self.suffix}"), *more]

    def demo(self):
        return self.guest("demo/demo", "-smp", "2")

    def path(self, name):
        return self.folder / name

    def run(self, *words, status=None, folder=None):
        """Its result; the command must end with that exit status, by default that of a good run of a guest."""
        command = [self.intact, *map(str, words)]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, cwd=folder)
        if result.returncode != (self.good if status is None else status):
            harness.fail(f"exit status {result.returncode}", result)
        return result


def tool(*command, data=None):
    result = subprocess.run(list(map(str, command)), input=data, capture_output=True, timeout=TIMEOUT)
    if result.returncode != 0 or result.stderr:
        harness.fail(f"{command[0]} does not take it", result)
    return result.stdout


def same_file(one, other):
    if one.read_bytes() != other.read_bytes():
        harness.fail(f"{one.name} and {other.name} differ")


# --- The readers of others ----------------------------------------------------------------------------------------------------------------


def read_text(scene, path):
    lines = path.read_text().splitlines()
    if not any(scene.source in line and "raises" in line for line in lines) or len(lines) < 40:
        harness.fail("the text does not tell what the source raises")


def read_json(scene, path):
    counts = json.loads(tool("jq", "-s", "-c", "[.[0].intact_trace, (.[1:] | map(select(.event == \"take\").source) | unique)]", path))
    if counts[0] != 1 or scene.source not in counts[1] or len(counts[1]) < DEMO_SOURCES:
        harness.fail(f"jq finds other sources: {counts}")


def read_chrome(_, path):
    """What the trace processor wants: each event has its phase, track and time, a complete one its duration, and an arrow begins
    before it goes on."""
    events = json.loads(tool("jq", "-c", ".traceEvents", path))
    begun = set()
    for event in events:
        phase = event["ph"]
        if phase not in "MXistf" or not {"pid", "tid", "name"} <= event.keys() or (phase != "M" and event["ts"] < 0):
            harness.fail(f"no event of a Chrome trace: {event}")
        if phase == "X" and event["dur"] <= 0:
            harness.fail(f"a slice without a duration: {event}")
        if phase == "s":
            begun.add(event["id"])
        elif phase in "tf" and event["id"] not in begun:
            harness.fail(f"an arrow from nowhere: {event}")
    ends = sum(event["ph"] == "f" for event in events)
    if ends < DEMO_SOURCES:
        harness.fail(f"{ends} arrows have an end")


def signals(vcd):
    """The last value of each signal, by its path."""
    scope, names, values, body = [], {}, {}, vcd.split("$enddefinitions $end")
    for line in body[0].splitlines():
        words = line.split()
        if words[:1] == ["$scope"]:
            scope.append(words[2])
        elif words[:1] == ["$upscope"]:
            scope.pop()
        elif words[:1] == ["$var"]:
            names[words[3]] = ".".join([*scope, words[4]])
            if words[1] == "event":
                del names[words[3]]
    for line in body[1].splitlines():
        value, name = (line.split() if line[:1] == "b" else (line[:1], line[1:])) if line[:1] in tuple("b01xz") else (0, 0)
        if name in names:
            digits = value.lstrip("b")
            values[names[name]] = digits[0] if digits[0] in "xz" else digits.lstrip("0") or "0" # the first digit is repeated
    return values


def read_vcd(scene, path):
    wave = scene.path("wave.fst")
    tool("vcd2fst", path, wave)
    back, given = signals(harness.text(tool("fst2vcd", wave))), signals(path.read_text())
    if back != given or not any(name.endswith(scene.source) for name in given):
        harness.fail(f"GTKWave reads other waves: {back}, {given}")


def read_svg(scene, path):
    root = xml.etree.ElementTree.parse(path).getroot()
    words = " ".join(root.itertext())
    if not root.tag.endswith("}svg") or scene.source not in words:
        harness.fail("the picture is not of the first interrupt")
    width, height, _, _ = png.decode(tool("rsvg-convert", path))
    if width < 400 or height < 200:
        harness.fail(f"a picture of {width} x {height}")


def read_latency(scene, path):
    rows = [line.split() for line in path.read_text().splitlines()]
    found = [row for row in rows if row[:1] == [scene.source] and "instructions" in row]
    if len(found) != 2:
        harness.fail(f"the table does not have {scene.source} twice")


READERS = {"text": read_text, "json": read_json, "vcd": read_vcd, "chrome": read_chrome, "svg": read_svg, "latency": read_latency}


def formats(scene):
    """Each is taken by its reader, and is the same whether it is written as it comes, or from a file that was kept."""
    kept, options = scene.path("kept"), []
    for name in FORMATS:
        options += ["-trace", f"file={scene.path('live.' + name)},format={name}"]
    scene.run("run", *scene.demo(), "-trace", f"file={kept}", *options)
    for name in FORMATS:
        live, verb, read = scene.path(f"live.{name}"), scene.path(f"verb.{name}"), scene.path(f"read.{name}")
        READERS[name](scene, live)
        scene.run("trace", "-format", name, "-o", verb, "--", *scene.demo())
        scene.run("trace", "-format", name, "-o", read, kept, status=0)
        same_file(live, verb)
        same_file(live, read)
    shown = scene.run("trace", kept, status=0)
    if shown.stdout != scene.path("live.text").read_bytes():
        harness.fail("text is not what a trace is shown as", shown)
    piped = scene.run("trace", "-o", "-", "-replay", journal_of(scene), "-serial", "null")
    if piped.stdout != scene.path("live.text").read_bytes():
        harness.fail("- is not standard output", piped)


def journal_of(scene):
    journal = scene.path("demo.journal")
    scene.run("record", journal, *scene.demo())
    return journal


# --- The run -------------------------------------------------------------------------------------------------------------


def unchanged(scene):
    traces = ["-trace", f"file={scene.path('digest')},events=all", "-trace", f"file={scene.path('digest.json')},format=json,events=all"]
    for options in (scene.demo(), scene.guest("tests/drivers", *PCI)):
        without, traced = scene.run("digest", *options), scene.run("digest", *options, *traces)
        if without.stdout != traced.stdout or not scene.path("digest.json").stat().st_size:
            harness.fail("a trace changes the run", traced)


def replayed(scene):
    journal, recorded, again = scene.path("journal"), scene.path("recorded"), scene.path("again")
    scene.run("record", journal, *scene.guest("tests/drivers", *PCI), "-trace", f"file={recorded},format=json")
    first = recorded.read_bytes()
    recorded.unlink()
    scene.run("replay", journal)
    if recorded.exists():
        harness.fail("a replay writes the trace of the recording")
    recorded.write_bytes(first)
    scene.run("replay", journal, "-trace", f"file={again},format=json")
    same_file(recorded, again)
    scene.run("trace", "-format", "json", "-o", again, "-replay", journal, "-serial", "null")
    same_file(recorded, again)


def chosen(scene):
    """Filters: of a run and of a file alike; a ring has the last events of the run, and says that there were more."""
    everything, kept, some = scene.path("all.text"), scene.path("kept"), scene.path("some")
    demo = scene.demo()
    scene.run("trace", "-o", everything, "--", *demo)
    for words in (["-source", scene.source], ["-events", "raise+end", "-cpu", "0"], ["-from", "1000", "-to", "40000"]):
        scene.run("trace", *words, "-o", some, "--", *demo)
        shown = scene.run("trace", *words, kept, status=0)
        if shown.stdout != some.read_bytes() or not 0 < len(shown.stdout.splitlines()) < len(everything.read_text().splitlines()):
            harness.fail(f"another choice of {words}", shown)
    scene.run("run", *demo, "-trace", f"file={kept},records=10,events=take+eoi+pin")
    shown = scene.run("trace", kept, status=0)
    last = shown.stdout.splitlines()[1:]
    scene.run("trace", "-events", "take+eoi+pin", "-o", some, "--", *demo)
    if len(last) < 4 or some.read_bytes().splitlines()[-len(last):] != last or b"records that were not kept" not in shown.stderr:
        harness.fail("a ring does not have the last events", shown)


def stopped(scene):
    """The end of a run is the end of its trace, whatever ends it."""
    kept, live = scene.path("kept"), scene.path("stopped.json")
    traces = ["-trace", f"file={kept}", "-trace", f"file={live},format=json"]
    scene.run("run", *scene.demo(), "-limit", "34000", *traces, status=LIMIT)
    if scene.run("trace", "-format", "json", kept, status=0).stdout != live.read_bytes():
        harness.fail("-limit: the two traces differ")
    command = [scene.intact, *scene.guest(f"bench/{scene.long}", "-append", "n=1000000000"), *traces]
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            begun = time.time()
            while (not live.exists() or live.stat().st_size < 100000) and time.time() < begun + TIMEOUT and child.poll() is None:
                time.sleep(0.01)
            child.send_signal(number)
            child.send_signal(number) # as timeout(1) does
            _, errors = child.communicate(timeout=TIMEOUT)
        shown = scene.run("trace", "-format", "json", "-events", "take", kept, status=0)
        for line in shown.stdout.splitlines():
            json.loads(line)
        if child.returncode != 0 or live.read_bytes()[-2:] != b"}\n" or len(shown.stdout.splitlines()) < 100:
            harness.fail(f"{number.name}: exit status {child.returncode}, {errors}", shown)
        live.unlink()


def histories(scene, options, sources):
    """Each delivery is of an interrupt that was raised before, each end one of a delivery, and `latency` has their times."""
    path, table = scene.path("history"), scene.path("table")
    scene.run("run", *options, "-trace", f"file={path},format=json", "-trace", f"file={table},format=latency")
    history = provenance.check(path, table)
    found = set(history.delivered)
    if not sources <= found or len(found) < DEMO_SOURCES - 1:
        harness.fail(f"the sources are others: {found}")


# --- What is wrong ----------------------------------------------------------------------------------------------------------


def refused(scene, words, *command, status=REFUSED):
    result = scene.run(*command, status=status)
    said = harness.text(result.stderr)
    if words not in said or len(said.splitlines()) != 1 or result.stdout:
        harness.fail(f"one line with '{words}' was expected", result)


def bad_input(scene):
    demo, kept = scene.demo(), scene.path("kept")
    refused(scene, "cannot write '/nowhere/x': No such file", "run", *demo, "-trace", "file=/nowhere/x")
    refused(scene, "cannot write '/nowhere/x': No such file", "run", *demo, "-trace", "file=/nowhere/x,format=text")
    refused(scene, "no format 'jsn'; the nearest is 'json'", "run", *demo, "-trace", "file=x,format=jsn")
    refused(scene, "trace: cannot write", "trace", "-o", scene.folder, "--", *demo)
    refused(scene, "trace: -o FILE", "trace", "--", *demo)
    refused(scene, "trace: vector: 'x' is no number", "trace", "-vector", "x", kept)
    refused(scene, "'-kernal'; the nearest is '-kernel'", "trace", "-o", scene.path("x"), "--", "-kernal", "x")
    refused(scene, "cannot read", "trace", "-o", scene.path("x"), "-replay", scene.path("nothing"))
    refused(scene, "-o needs another file", "trace", "-o", kept, kept)
    refused(scene, "two traces go to '", "run", *demo, "-trace", f"file={scene.path('x')}", "-trace", f"file={scene.path('x')},format=json")
    good = kept.read_bytes()
    for damaged, words in ((b"", "is no trace"), (b"INTACTTR", "is no trace"), (good[:100], "is damaged"),
                           (good[:8] + b"\xff" + good[9:], "version"), (good[:-1], "is damaged")):
        kept.write_bytes(damaged)
        refused(scene, words, "trace", kept)
    if pathlib.Path("/dev/full").exists():
        for trace in ("file=/dev/full", "file=/dev/full,format=json"):
            result = scene.run("run", *demo, "-trace", trace, status=REFUSED)
            if "'/dev/full' is not complete: " not in harness.text(result.stderr):
                harness.fail("a full disk is not reported", result)


def main():
    intact, guests, family = sys.argv[1:]
    need("jq", "vcd2fst", "fst2vcd", "rsvg-convert")
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(intact, pathlib.Path(guests), family, pathlib.Path(folder))
        formats(scene)
        unchanged(scene)
        replayed(scene)
        chosen(scene)
        stopped(scene)
        histories(scene, scene.demo(), {scene.source})
        histories(scene, scene.guest("tests/drivers", *PCI), DRIVEN)
        bad_input(scene)


main()
