#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""gdb debugs Debian's kernel, and the kernel does not notice.

    gdb_kernel_test.py INTACT cloud-amd64|cloud-arm64

Where the kernel's functions are its own /proc/kallsyms says, in a first run without gdb (Debian's System.map is in its package of
debug information alone). In the second gdb stops at two of them and at writes to a stack, and reads the kernel's memory. Both runs must
agree in every byte and end at the same instruction.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import harness
import linux

GDB = "gdb-multiarch"
TIMEOUT = 900
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox grep -E ' (kernel_init|__[a-z0-9]*_sys_reboot)$' /proc/kallsyms
/bin/busybox poweroff -f
"""


def command(intact, arch, folder):
    kernel, _ = linux.prepare(arch)
    initrd = folder / "initramfs.gz"
    busybox = kernel.with_name("busybox").read_bytes()
    initrd.write_bytes(linux.initramfs(busybox, INIT, []))
    what = linux.ARCHES[arch]
    return [intact, "run", *linux.MACHINES[what["debian"]], "-m", "512M", "-smp", "2", "-display", "none", "-serial", "stdio", "-no-reboot",
            "-d", "exit", "-kernel", str(kernel), "-initrd", str(initrd),
            "-append", f"console={what['console']} panic=-1 nokaslr"]


def symbols(result):
    found = dict(reversed(pair) for pair in re.findall(r"^([0-9a-f]{16}) \w (\w+)$", harness.text(result.stdout), re.M))
    reboot = [name for name in found if re.fullmatch(r"__(x64|arm64)_sys_reboot", name)]
    if len(reboot) != 1 or "kernel_init" not in found:
        harness.fail(f"the kernel names {sorted(found)}", result)
    return found, reboot[0]


def debug(run, folder, commands):
    script = folder / "commands"
    script.write_text("set pagination off\nset confirm off\nset width 0\n" + "\n".join(commands) + "\n")
    socket = folder / "gdb"
    process = subprocess.Popen([*run, "-gdb", f"unix:{socket}", "-S"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    while not os.path.exists(socket) and process.poll() is None:
        pass
    try:
        client = subprocess.Popen([GDB, "-q", "-nx", "-batch", "-ex", f"target remote {socket}", "-x", str(script)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out, err = process.communicate(timeout=TIMEOUT)
        said = harness.text(client.communicate(timeout=60)[0])
    except subprocess.TimeoutExpired:
        process.kill()
        client.kill()
        print(harness.text(client.communicate()[0])[-4000:])
        harness.fail("the debugged kernel does not come to an end")
    return said, subprocess.CompletedProcess(process.args, process.returncode, out, err)


def main():
    intact, arch = sys.argv[1:]
    if not shutil.which(GDB):
        harness.skip(f"{GDB} is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            run = command(intact, arch, folder)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        alone = harness.run(run, TIMEOUT)
        found, reboot = symbols(alone)
        said, debugged = debug(run, folder, [
            f"hbreak *0x{found['kernel_init']}", "continue", "p/x $pc", "x/2i $pc", "info threads", "delete",
            "set $written = $sp - 16", "watch *(long*)$written", "continue", "continue", "delete",
            f"break *0x{found[reboot]}", "continue", "p/x $pc", "stepi", "info threads", "monitor info instructions", "delete", "continue"])
    for pattern in (rf"= 0x{found['kernel_init']}$", rf"^=> 0x{found['kernel_init']}:\s+\w+", r"CPU 1, ", r"hit Hardware watchpoint 2",
                    r"hit Hardware watchpoint 2", rf"= 0x{found[reboot]}$", r"^\d+ instructions", r"exited normally"):
        place = re.search(pattern, said, re.M)
        if not place:
            print(said)
            harness.fail(f"gdb does not say '{pattern}' there", debugged)
        said = said[place.end():]
    harness.same(alone, debugged)
    print(f"{harness.instructions(alone)} instructions")


main()
