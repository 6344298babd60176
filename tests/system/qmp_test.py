#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""QMP: the same conversation with QEMU and with Intact, several debuggers at once, bad clients, and the run does not notice.

    qmp_test.py INTACT GUESTS x86_64|aarch64
"""
import json
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

import harness

TIMEOUT = 120
FAMILIES = {
    "x86_64": {"guest": "x86_64/tests/smp.elf", "options": ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], "status": 33,
               "qemu": ["qemu-system-x86_64"], "source": "pit.out0", "reason": "guest-shutdown"},
    "aarch64": {"guest": "aarch64/tests/smp.image", "options": ["-machine", "virt"], "status": 0,
                "qemu": ["qemu-system-aarch64", "-machine", "virt", "-cpu", "max"], "source": "intid:27@1", "reason": "guest-shutdown"},
}
# Members that QEMU's schema calls optional, and that a machine without such a thing has not.
OPTIONAL = {"default-ram-id", "cluster-id", "is-default", "alias", "default-cpu-type", "filename"}


class Client:
    def __init__(self, path, process=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        for _ in range(10000):
            try:
                self.socket.connect(path)
                break
            except OSError: # QEMU's path exists before it listens
                time.sleep(0.001)
        self.data, self.events, self.number = b"", [], 0

    def message(self):
        """The next one, or None at the end of the connection."""
        while b"\n" not in self.data:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.data += data
        line, self.data = self.data.split(b"\n", 1)
        if not line.endswith(b"\r"):
            harness.fail(f"a message does not end with CR LF: {line}")
        return json.loads(line)

    def answer(self):
        while True:
            message = self.message()
            if message is None:
                harness.fail("the server has gone without an answer")
            if "event" not in message:
                return message
            self.events.append(message)

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, name, **arguments):
        self.number += 1
        command = {"execute": name, "id": self.number}
        if arguments:
            command["arguments"] = {key.replace("_", "-"): value for key, value in arguments.items()}
        self.send(json.dumps(command).encode() + b"\r\n")
        answer = self.answer()
        if answer.get("id") != self.number:
            harness.fail(f"another id is answered to {command}: {answer}")
        return answer

    def returns(self, name, **arguments):
        answer = self.ask(name, **arguments)
        if "return" not in answer:
            harness.fail(f"{name} does not work: {answer}")
        return answer["return"]

    def event(self, name):
        """The next event of this name; those before it are forgotten."""
        while True:
            event = self.events.pop(0) if self.events else self.message()
            if event is None:
                harness.fail(f"the event {name} does not come")
            if event.get("event") == name:
                return event

    def begin(self):
        greeting = self.message()
        self.returns("qmp_capabilities")
        return greeting


# --- the same conversation --------------------------------------------------------------------------------------------------

# Lines as they are sent. The first answers of both must have the same shape, and errors the same class.
CONVERSATION = [
    b'{"execute": "query-status"}', b'{"execute": "nonsense"}', b'{"execute": "qmp_capabilities", "arguments": {"enable": ["x"]}}',
    b'{"execute": "qmp_capabilities", "id": "begin"}', b'{"execute": "qmp_capabilities"}',
    b'{"execute": "query-version"}', b'{"execute": "query-status", "id": {"a": [1, null, true]}}', b'{"execute": "query-name"}',
    b'{"execute": "query-kvm"}', b'{"execute": "query-target"}', b'{"execute": "query-uuid"}', b'{"execute": "query-replay"}',
    b'{"execute": "query-cpus-fast"}', b'{"execute": "query-machines"}', b'{"execute": "query-commands"}',
    b'{"execute": "query-memory-size-summary"}', b'{"execute": "x-query-jit"}',
    # What is wrong.
    b'garbage', b'}', b'{]', b'123', b'[]', b'"stop"', b'{}', b'{"execute": 3}', b'{"id": 5}', b'{"execute": "nonsense", "id": [1]}',
    b'{"execute": "stop", "arguments": []}', b'{"execute": "stop", "arguments": {"x": 1}}', b'{"execute": "stop", "x": 1}',
    b'{"execute": "human-monitor-command"}', b'{"execute": "human-monitor-command", "arguments": {"command-line": 5}}',
    b'{"execute": "human-monitor-command", "arguments": {"command-line": "x", "cpu-index": 99}}',
    b'{"execute": "pmemsave", "arguments": {"val": 0, "size": 1, "filename": "/nonexistent/a"}}',
    b'{"execute": "replay-seek", "arguments": {"icount": 5}}', b'{"execute": "stop", "execute": "stop"}',
    b'{"execute": "\xc3("}', b'{"execute": 99999999999999999999}', b'[' * 3000 + b']' * 3000,
    # What is done.
    b'{"execute": "human-monitor-command", "arguments": {"command-line": "info status"}}', b'{"execute": "stop"}',
    b'{"execute": "cont"}', b'{"execute": "cont"}', b'{"execute": "query-status"}', b'{"execute": "stop"}', b'{"execute": "stop"}',
    b'{"execute": "query-status"}', b'{"execute":\n"query-status"\n}', b'{"execute": "inject-nmi"}',
    b'{"execute": "send-key", "arguments": {"keys": [{"type": "qcode", "data": "a"}], "hold-time": 1}}',
    b'{"execute": "send-key", "arguments": {"keys": [{"type": "qcode", "data": "nokey"}]}}',
    b'{"execute": "input-send-event", "arguments": {"events": [{"type": "rel", "data": {"axis": "x", "value": 5}}]}}',
    b'{"execute": "system_reset"}', b'{"execute": "cont"}', b'{"execute": "system_powerdown"}', # the guest has no handler of the NMI
]


def endless(family):
    """A kernel that runs for ever."""
    if family == "aarch64":
        return struct.pack("<I", 0x14000000) # b .
    magic, base, start = 0x1badb002, 0x100000, 0x60
    code = struct.pack("<III", magic, 0, -magic & 0xffffffff) + b"\xeb\xfe" # a multiboot header; jmp
    header = b"\x7fELF\1\1\1" + bytes(9) + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + 12, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<IIIIIIII", 1, start, base, base, len(code), len(code), 5, 4)
    return (header + segment).ljust(start, b"\0") + code


def shape(value):
    if isinstance(value, dict):
        return {key: shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value).__name__


def same_shape(ours, theirs, where):
    """Of an array the first element stands for all, and of theirs all that have a name which no other one has."""
    if isinstance(ours, list) and isinstance(theirs, list):
        if ours and theirs:
            same_shape(ours[0], theirs[0], where + "[]")
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        for key in (set(ours) ^ set(theirs)) - OPTIONAL:
            harness.fail(f"{where}: '{key}' is only in {'ours' if key in ours else 'theirs'}: {ours}, {theirs}")
        for key in set(ours) & set(theirs):
            same_shape(ours[key], theirs[key], f"{where}.{key}")
    elif ours != theirs:
        harness.fail(f"{where}: it is {ours}, and theirs is {theirs}")


def converse(command, path):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        client = Client(path)
        answers = [client.message()]
        for number, line in enumerate(CONVERSATION):
            client.send(line + b"\n" + b'{"execute": "query-version", "id": "behind %d"}\n' % number)
            answers.append(client.answer())
            while client.answer().get("id") != f"behind {number}": # QEMU answers some lines with several errors
                pass
        wanted = {"RESET", "POWERDOWN"} # in any order
        while wanted:
            wanted.discard((client.events.pop(0) if client.events else client.message())["event"])
        client.send(b'{"execute": "quit", "id": 1}')
        last = [client.message() for _ in range(2)]
        while client.message():
            pass
        answers += sorted(last, key=lambda message: "event" in message)
        status = process.wait(TIMEOUT)
    finally:
        process.kill()
    return answers, status


# Answered otherwise on purpose: QEMU drops the key of a machine without a keyboard, where an error says so here, and has an error for a
# mouse that the guest has not switched on, which does not move here.
UNLIKE = {("aarch64", CONVERSATION.index(line)) for line in CONVERSATION if b'"send-key"' in line and b'"a"' in line}
UNLIKE |= {("x86_64", CONVERSATION.index(line)) for line in CONVERSATION if b'"input-send-event"' in line}


def compare(intact, family, folder):
    """Every answer has the members of QEMU's, of the same types."""
    what, guest = FAMILIES[family], pathlib.Path(folder) / "endless"
    guest.write_bytes(endless(family))
    options = ["-S", "-display", "none", "-nodefaults", "-m", "64", "-smp", "2", "-kernel", str(guest)]
    ours, status = converse([intact, "run", *what["options"][:2 if family == "aarch64" else 0], *options, "-qmp",
                             f"unix:{folder}/ours,server=on,wait=off"], f"{folder}/ours")
    if status != 0:
        harness.fail(f"the status after quit is {status}")
    theirs, _ = converse([*harness.qemu(what["qemu"][0]), *what["qemu"][1:], *options, "-net", "none", "-qmp",
                          f"unix:{folder}/theirs,server=on,wait=off"], f"{folder}/theirs")
    if len(ours) != len(theirs):
        harness.fail(f"{len(ours)} answers, and theirs are {len(theirs)}")
    unlike = [CONVERSATION[index] for where, index in UNLIKE if where == family]
    for line, mine, other in zip([b"greeting", *CONVERSATION, b"quit", b"SHUTDOWN"], ours, theirs):
        if line in unlike:
            continue
        name = line.decode("utf-8", "replace")[:200]
        if "machines" in name:
            other["return"] = [one for one in other["return"] if not one["deprecated"]]
        same_shape(shape(mine), shape(other), name)
        for key in ("id", "event", "data"):
            if mine.get(key) != other.get(key):
                harness.fail(f"{name}: {key} is {mine.get(key)}, and theirs is {other.get(key)}")
        if "error" in mine and mine["error"]["class"] != other["error"]["class"]:
            harness.fail(f"{name}: {mine['error']}, and theirs is {other['error']}")
        if "status" in name and "return" in mine and isinstance(mine["return"], dict) and mine["return"] != other["return"]:
            harness.fail(f"{name}: {mine['return']}, and theirs is {other['return']}")
    known = {one["name"] for answer in theirs if isinstance(answer.get("return"), list) for one in answer["return"] if "name" in one}
    mine = {one["name"] for answer in ours if isinstance(answer.get("return"), list) for one in answer["return"] if "name" in one}
    for name in mine - known - {"pc", "q35", "virt"}:
        if not name.startswith("x-intact-"):
            harness.fail(f"QEMU has no command '{name}'")


# --- several at once, and the same run -----------------------------------------------------------------------------------

class Machine:
    def __init__(self, intact, guests, family, folder):
        self.what, self.folder, self.intact = FAMILIES[family], folder, intact
        self.output = folder / "output"
        self.options = ["-m", "64M", "-display", "none", "-nodefaults", "-smp", "4", "-no-reboot", "-d", "exit",
                        "-serial", f"file:{self.output}", *self.what["options"], "-kernel", str(guests / self.what["guest"])]

    def path(self, name):
        return str(self.folder / name)

    def start(self, *options, verb=("run",)):
        given = self.options if verb[0] != "replay" else []
        self.process = subprocess.Popen([self.intact, *verb, *given, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)

    def end(self):
        try:
            out, err = self.process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            harness.fail("the machine does not come to an end")
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)

    def alone(self):
        result = harness.run([self.intact, "run", *self.options], TIMEOUT)
        if result.returncode != self.what["status"]:
            harness.fail("the guest does not pass", result)
        return self.output.read_bytes(), harness.instructions(result)

    def same(self, result, without):
        if result.returncode != self.what["status"] or (self.output.read_bytes(), harness.instructions(result)) != without:
            harness.fail(f"the run is another than without clients, which has {without[1]} instructions", result)


class Lines:
    """A client of a monitor, or of gdb's protocol."""
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(path)
        self.heard = ""

    def hears(self, pattern):
        while not (found := re.search(pattern, self.heard)):
            data = self.socket.recv(65536)
            if not data:
                harness.fail(f"'{pattern}' does not come after '{self.heard}'")
            self.heard += harness.text(data)
        self.heard = self.heard[found.end():]

    def say(self, text):
        self.socket.sendall(text.encode())

    def packet(self, data):
        self.say(f"${data}#{sum(data.encode()) & 255:02x}")


def together(machine, without):
    """gdb, two monitors and two of QMP, one of each by -mon: who stops the machine is told to all, and anybody starts it."""
    at = machine.path
    machine.start("-S", "-gdb", f"unix:{at('gdb')}", "-monitor", f"unix:{at('one')}", "-qmp", f"unix:{at('qmp')},server=on,wait=off",
                  "-chardev", f"socket,id=m,path={at('two')},server=on,wait=off", "-mon", "m",
                  "-chardev", f"socket,id=c,path={at('control')},server=on,wait=off", "-mon", "chardev=c,mode=control")
    qmp, control = Client(at("qmp")), None
    qmp.begin()
    control = Client(at("control"))
    control.begin()
    one, two, gdb = Lines(at("one")), Lines(at("two")), Lines(at("gdb"))
    one.hears(r"\(intact\) ")
    two.hears(r"\(intact\) ")
    gdb.packet("QStartNoAckMode")
    gdb.hears(r"\+\$OK#9a")
    qmp.returns("human-monitor-command", command_line="break instruction:5000")
    gdb.packet("c")
    control.event("RESUME")
    gdb.hears(r"\$T05thread:[0-9a-f]+;")
    one.hears("stopped by a breakpoint, instruction:5000: instruction 5000, 5000 ns")
    for client in (qmp, control):
        stop = client.event("STOP")
        if stop["timestamp"] != {"seconds": 0, "microseconds": 5}:
            harness.fail(f"the time of the stop is {stop}")
    if control.returns("query-status") != {"status": "debug", "singlestep": False, "running": False}:
        harness.fail(f"another status: {control.returns('query-status')}")
    findings = control.returns("x-intact-why", source=machine.what["source"])
    if not findings or {"kind", "reason", "text", "section", "values"} - set(findings[0]):
        harness.fail(f"findings of another kind: {findings}")
    two.say("step 0\n")
    two.hears("stopped by step: instruction 5001, ")
    for client in (qmp, control):
        client.event("STOP")
    control.returns("replay-break", icount=9000)
    gdb.packet("c")
    gdb.hears(r"\$T05thread:[0-9a-f]+;")
    two.hears("stopped by a breakpoint, instruction:9000: ")
    qmp.event("STOP")
    one.say("cont\nquit now\n")
    one.hears("'now' is too much")
    end = qmp.event("SHUTDOWN")
    if end["data"] != {"guest": True, "reason": machine.what["reason"]}:
        harness.fail(f"another end: {end}")
    one.hears(f"ended: .*, exit status {machine.what['status']}, after {without[1]} instructions")
    gdb.hears(rf"\$W{machine.what['status']:02x}#")
    machine.same(machine.end(), without)


def stdio(machine, without):
    """A script by QMP on standard input; the serial port's output does not come in between."""
    lines = ['{"execute": "qmp_capabilities"}', '{"execute": "query-status"}', '{"execute": "cont"}']
    command = [machine.intact, "run", *machine.options, "-S", "-qmp", "stdio"]
    result = subprocess.run(command, input="\n".join(lines).encode(), capture_output=True, timeout=TIMEOUT)
    said = [json.loads(line) for line in result.stdout.splitlines()]
    if [("QMP" in one, "return" in one, one.get("event")) for one in said] != [
            (True, False, None), (False, True, None), (False, True, None), (False, False, "RESUME"), (False, True, None),
            (False, False, "SHUTDOWN")]:
        harness.fail("other messages on standard output", result)
    machine.same(result, without)


def recorded(machine, without):
    """A run with clients is recorded, and repeated with and without them."""
    def visit(journal_verb, *commands):
        machine.start("-S", "-qmp", f"unix:{machine.path('qmp')}", verb=journal_verb)
        client = Client(machine.path("qmp"))
        client.begin()
        client.returns("replay-break", icount=7000)
        client.returns("cont")
        client.event("STOP")
        seen = [client.returns("x-intact-digest")]
        for name, arguments in commands:
            client.returns(name, **arguments)
        seen.append(client.returns("query-replay"))
        client.send(b'{"execute": "cont"}\n')
        result = machine.end()
        os.path.exists(machine.path("qmp")) and harness.fail("the path of -qmp is left")
        return seen, result
    journal = machine.path("journal")
    first, result = visit(("record", journal, "-digest", "20000"))
    machine.same(result, without)
    second, result = visit(("replay", journal), ("human-monitor-command", {"command_line": "info registers"}),
                           ("human-monitor-command", {"command_line": "step"}))
    if "the same run" not in harness.text(result.stderr):
        harness.fail("a replay with QMP is another run", result)
    if first[0] != second[0] or first[1]["mode"] != "record" or second[1]["mode"] != "play":
        harness.fail(f"the record and the replay differ: {first} {second}")
    result = harness.run([machine.intact, "replay", journal], TIMEOUT)
    if "the same run" not in harness.text(result.stderr):
        harness.fail("a replay is another run", result)


def rude(machine, without):
    """Clients that break off, send anything, read nothing, and come one after the other, while the machine runs."""
    machine.start("-S", "-qmp", f"unix:{machine.path('qmp')}", "-monitor", f"unix:{machine.path('one')}")
    Client(machine.path("qmp")).socket.close()
    client = Client(machine.path("qmp"))
    client.send(b'{"execute": "qu')
    client.socket.close()
    client = Client(machine.path("qmp"))
    client.begin()
    second = Client(machine.path("qmp")) # has to wait until the first one goes
    for junk, least in ((b"\x00\xff" * 5000, 1), (b"[" * 300000 + b"\n", 1), (b'{"a":' * 5000 + b"\n\x00", 1), (random.Random(1).randbytes(4000) + b"\n\x00", 1),
                        (b'{"execute": "\xf0\x28\x8c\x28"}\n', 1)):
        client.send(junk)
        for _ in range(least):
            if "error" not in client.answer():
                harness.fail("junk is obeyed")
    client.send(b"\x00")
    client.send(b'{"execute": "query-status", "id": "here"}\n')
    while client.answer().get("id") != "here":
        pass
    client.returns("cont")
    client.socket.close()
    second.begin()
    try:
        for _ in range(200):
            second.send(b'{"execute": "query-commands"}{"execute": "human-monitor-command", "arguments": {"command-line": "help"}}')
    except OSError:
        pass # it was given up, or the guest has ended
    machine.same(machine.end(), without)


def refusals(machine, _):
    socket_ = "socket,id=c,path=/tmp/x,server=on,wait=off"
    for options, text in (
            (["-qmp", "vc"], "-qmp: 'vc' is not stdio, tcp:[HOST]:PORT, unix:PATH or fd:N"),
            (["-mon", "c"], "-mon: no id 'c'"),
            (["-mon", "mode=control"], "-mon: needs chardev=ID"),
            (["-chardev", socket_, "-mon", "c,mode=x"], "-mon: no mode 'x'; there is readline, control"),
            (["-chardev", socket_, "-mon", "c,pretty=on"], "-mon: pretty can only be off"),
            (["-chardev", socket_, "-mon", "c", "-mon", "c"], "has a monitor already"),
            (["-chardev", "null,id=c", "-mon", "c"], "the chardev 'c' cannot be read"),
            (["-chardev", "socket,id=c,path=/tmp/none/x", "-mon", "chardev=c,mode=control"], "cannot connect to 'unix:/tmp/none/x'"),
            (["-qmp", "stdio", "-monitor", "stdio"], "'stdio' has a monitor already"),
            (["-qmp", "stdio", "-debugcon", "stdio"], "-qmp: stdio is taken by -debugcon")):
        result = harness.run([machine.intact, "run", *machine.options, *options], TIMEOUT)
        if result.returncode != 1 or text not in harness.text(result.stderr):
            harness.fail(f"{options} is taken", result)


def main():
    intact, guests, family = sys.argv[1:]
    for test in (together, stdio, recorded, rude, refusals):
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine(intact, pathlib.Path(guests), family, pathlib.Path(folder))
            without = machine.alone()
            print(test.__name__, flush=True)
            test(machine, without)
    with tempfile.TemporaryDirectory() as folder:
        print("compare", flush=True)
        compare(intact, family, folder)


main()
