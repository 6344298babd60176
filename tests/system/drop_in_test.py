#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The command in another program's place: by a link of QEMU's name, with what scripts ask first, and docs/drop-in.md says what is
refused. drop_in_test.py INTACT DOCUMENT GUEST_X86 GUEST_ARM"""
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

import harness

TIMEOUT = 30


def expect(command, status, *words):
    result = harness.run([str(word) for word in command], TIMEOUT)
    said = harness.text(result.stdout + result.stderr)
    if result.returncode != status or not all(word in said for word in words):
        harness.fail(f"status {status} and {words} are expected", result)


def check_names(folder, program, x86, arm):
    for name in ("qemu-system-x86_64", "qemu-system-i386", "qemu-system-aarch64"):
        (folder / name).symlink_to(program)
    for name in ("qemu-system-x86_64", "qemu-system-i386"):
        expect([folder / name, "-m", "64M", "-display", "none", "-no-reboot", "-device", "edu",
                "-device", "isa-debug-exit,iobase=0xf4", "-kernel", x86], 33)
    expect([folder / "qemu-system-aarch64", "-m", "64M", "-display", "none", "-cpu", "max", "-device", "edu", "-kernel", arm], 0,
           "PASS")


def check_default_devices(folder, program, x86, arm):
    """What QEMU's machine has by its name, and the own names and -nodefaults do not."""
    def devices(*command):
        result = subprocess.run([*map(str, command), "-S", "-monitor", "stdio", "-serial", "null", "-display", "none", "-no-reboot"],
                                input=b"info pci\nquit\n", capture_output=True, timeout=TIMEOUT)
        return set(re.findall(r"\b00:\w\w\.\w[^:]*: (\w{4}:\w{4}), class", harness.text(result.stdout)))
    card, vga, ide = "1af4:1041", "1234:1111", "8086:7010"
    for name, kernel, wanted in (("qemu-system-x86_64", x86, {card, vga, ide}), ("qemu-system-i386", x86, {card, vga, ide}),
                                 ("qemu-system-aarch64", arm, {card})):
        found = {device.lower() for device in devices(folder / name, "-kernel", kernel)}
        if not wanted <= found:
            harness.fail(f"{name} has {found}, and should have {wanted}")
    found = devices(folder / "qemu-system-x86_64", "-nodefaults", "-kernel", x86) | devices(program, "-kernel", x86)
    if not found or found & {card, vga, ide}:
        harness.fail(f"without QEMU's devices there are {found}")


# MOVZ W0, #4 (SYS_WRITE0); ADR X1, text; HLT #0xF000; MOVZ W0, #0x18 (SYS_EXIT); ADR X1, block; HLT #0xF000; B .
SEMIHOSTING = struct.pack("<7I", 0x52800080, 0x10000000 | 6 << 5 | 1, 0xd45e0000, 0x52800300, 0x10000000 | 4 << 5 | 1, 0xd45e0000,
                          0x14000000) + b"hi\n\0" + struct.pack("<2Q", 0x20026, 7)


def check_semihosting(folder, program):
    """A bare-metal program that prints and exits, as test runners use: its status is the command's."""
    code = folder / "semihosting.bin"
    code.write_bytes(SEMIHOSTING)
    (folder / "arm").symlink_to(program)
    run = [folder / "arm", "-machine", "virt", "-m", "64M", "-display", "none", "-serial", "none", "-monitor", "none", "-kernel", code]
    expect([*run, "-semihosting"], 7, "hi\n")
    expect([*run, "-semihosting-config", "enable=on,target=native"], 7, "hi\n")


# MOVZ X9, #0x900, LSL #16; MOVZ X10, #0x4030, LSL #16; LDR W1, [X10]; STRB W1, [X9]; PSCI SYSTEM_OFF by HVC #0
LOADED = struct.pack("<7I", 0xd2a12009, 0xd2a8060a, 0xb9400141, 0x39000121, 0xd2b08000, 0xf2800100, 0xd4000002)


def check_loader(folder, program):
    """A program and a number in RAM, without a kernel; a journal knows its file."""
    code = folder / "loaded.bin"
    code.write_bytes(LOADED)
    run = [program, "-machine", "virt", "-m", "64M", "-display", "none", "-device", f"loader,file={code},addr=0x40200000,cpu-num=0",
           "-device", "loader,addr=0x40300000,data=0x42,data-len=4"]
    journal = f"shift=0,rrfile={folder}/journal"
    expect(run, 0, "B")
    expect([*run, "-icount", f"{journal},rr=record"], 0, "B")
    expect([*run, "-icount", f"{journal},rr=replay"], 0, "the same run")
    code.write_bytes(LOADED + bytes(4))
    expect([*run, "-icount", f"{journal},rr=replay"], 1, "is not the file that it was")
    expect(run[:-2], 0)
    expect([*run, "-device", "loader,addr=0x8000000,data=1,data-len=4"], 1, "are not all in RAM")


# Real mode: MOV AX, 2000h (SLP_EN, type 0); MOV DX, 604h; OUT DX, AX; JMP to itself
POWER_OFF = {"pc": (bytes([0xb8, 0, 0x20, 0xba, 4, 6, 0xef, 0xeb, 0xfe]), 0x7c00), "virt": (LOADED, 0x40200000)}


def check_no_shutdown(folder, program):
    """A machine whose power is off is stopped, and system_reset and cont start it again; so does a replay."""
    for machine, (code, address) in POWER_OFF.items():
        file = folder / f"off-{machine}.bin"
        file.write_bytes(code)
        run = [program, "-machine", machine, "-m", "64M", "-display", "none", "-serial", "null", "-device",
               f"loader,file={file},addr={address},cpu-num=0"]
        expect([*run, "-no-shutdown"], 1, "-no-shutdown: nobody could start the machine again")
        journal = ["-icount", f"shift=0,rrfile={folder}/off-{machine}.journal,rr="]
        stays = [*run, "-action", "shutdown=pause", journal[0]]
        result = subprocess.run([*map(str, stays), journal[1] + "record", "-monitor", "stdio"], capture_output=True, timeout=TIMEOUT,
                                input=b"wait\ncont\nsystem_reset\ncont\nwait\nquit\n")
        said = harness.text(result.stdout + result.stderr)
        if result.returncode or said.count("stopped by power off: instruction ") != 2 or said.count("system_reset comes first") != 1:
            harness.fail("two stops with a reset between them are expected", result)
        expect([*stays, journal[1] + "replay"], 0, "the same run")


def check_balloon(folder, program):
    """A monitor's question to a guest without a driver is in a journal, as its configuration is in the digest."""
    code = folder / "balloon.bin"
    code.write_bytes(LOADED)
    run = [program, "-machine", "virt", "-m", "64M", "-display", "none", "-serial", "null", "-balloon", "virtio", "-device",
           f"loader,file={code},addr=0x40200000,cpu-num=0", "-icount", f"shift=0,rrfile={folder}/balloon.journal,rr="]
    result = subprocess.run([*map(str, run[:-1]), run[-1] + "record", "-S", "-monitor", "stdio"], capture_output=True, timeout=TIMEOUT,
                            input=b"balloon 0\nballoon 32\ninfo balloon\ncont\n")
    said = harness.text(result.stdout + result.stderr)
    if result.returncode or not all(words in said for words in ("'0' is not a number of MiB", "the guest is asked when the machine goes on",
                                                                "balloon: actual=64")):
        harness.fail("the monitor's answers about a balloon are others", result)
    expect([*run[:-1], run[-1] + "replay"], 0, "the same run")
    expect([*run[:-2], "-device", "virtio-balloon-device"], 1, "there is a balloon already")
    expect([*run[:-2], "-balloon", "x"], 1, "-balloon: 'x' is not virtio or none")


def check_daemon(folder, program, x86):
    """The first process ends when the machine runs, with its pid in a file; what is wrong is said by the first one."""
    pid, out = folder / "daemon.pid", folder / "daemon.out"
    run = [program, "-daemonize", "-pidfile", pid, "-serial", f"file:{out}", "-device", "isa-debug-exit,iobase=0xf4", "-m", "64M"]
    expect([*run, "-kernel", folder / "nothing"], 1, "could not open kernel")
    config = folder / "config"
    config.write_text(f'[machine]\n  kernel = "{x86}"\n[device "e"]\n  driver = "edu"\n')
    expect([*run, "-readconfig", config], 0)
    end = time.monotonic() + TIMEOUT
    while pid.exists() and time.monotonic() < end:
        time.sleep(0.05)
    if pid.exists() or b"0 unclaimed" not in out.read_bytes():
        sys.exit(f"the daemon has not run its guest: {out.read_bytes()[-200:] if out.exists() else 'no output'}")


def check_host(folder, program, x86):
    """What the host refuses is said: a full disk, a file without an end, a pid file that is in use."""
    run = [program, "-m", "64M", "-display", "none", "-kernel", x86, "-device", "edu", "-device", "isa-debug-exit,iobase=0xf4"]
    if pathlib.Path("/dev/full").exists():
        expect([*run, "-serial", "file:/dev/full"], 33, "cannot write '/dev/full'", "is lost")
    for option in ("-readconfig", "-sendkeys"):
        expect([*run, "-vga", "std", option, "/dev/zero"], 1, f"{option}: cannot read '/dev/zero'")
    (folder / "qemu-system-riscv64").symlink_to(program)
    expect([folder / "qemu-system-riscv64", "-nographic"], 1, "no machines of riscv64")
    pid = folder / "first.pid"
    with subprocess.Popen([*map(str, run), "-S", "-pidfile", str(pid), "-serial", "null", "-monitor", f"unix:{folder}/monitor,server=on,wait=off"],
                          stderr=subprocess.DEVNULL) as first:
        while not pid.exists() or not pid.read_text().endswith("\n"):
            time.sleep(0.01)
        expect([*run, "-pidfile", pid], 1, f"-pidfile: '{pid}' is that of a machine that runs"[:60])
        if pid.read_text() != f"{first.pid}\n":
            harness.fail("the pid file of the first is not what it was")
        first.terminate()


def check_probes(folder):
    """As runners of bare-metal tests ask."""
    pc, arm = folder / "qemu-system-x86_64", folder / "qemu-system-aarch64"
    expect([pc, "-machine", "?"], 0, "pc ")
    expect([arm, "-machine", "?"], 0, "virt ")
    expect([pc, "-device", "?"], 0, 'name "pc-testdev", bus ISA', 'name "virtio-blk-pci", bus PCI')
    expect([arm, "-device", "?"], 0, 'name "virtconsole"', 'name "virtio-rng-device", bus virtio-bus')
    expect([pc, "-kernel", "_NO_FILE_HERE_"], 1, "could not open kernel '_NO_FILE_HERE_'")


# Command lines as tools write them, but for the kernel and the devices that our guest needs.
LINES = {
    "KUnit, x86_64": ("x86", "-nodefaults -m 1024 -kernel {kernel} -append console=ttyS0 -no-reboot -nographic -accel kvm -accel hvf "
                             "-accel tcg -serial stdio"),
    "KUnit, arm64": ("arm", "-nodefaults -m 1024 -kernel {kernel} -append mem=1G -no-reboot -nographic -accel kvm -accel hvf -accel tcg "
                            "-serial stdio -machine virt -cpu max,pauth-impdef=on"),
    "Zephyr, qemu_cortex_a53": ("arm", "-cpu cortex-a53 -nographic -machine virt,gic-version=3 -net none -pidfile {folder}/qemu.pid "
                                       "-chardev stdio,id=con,mux=on -serial chardev:con -mon chardev=con,mode=readline "
                                       "-icount shift=4,align=off,sleep=off -rtc clock=vm -kernel {kernel}"),
    "syzkaller": ("x86", "-m 2048 -smp 2 -chardev socket,id=s,server=on,wait=off,path={folder}/qmp -mon chardev=s,mode=control "
                         "-display none -serial stdio -no-reboot -name VM-0 -device virtio-rng-pci -enable-kvm "
                         "-cpu host,migratable=off -device virtio-net-pci,netdev=net0 -netdev user,id=net0,restrict=on -snapshot "
                         "-kernel {kernel} -append console=ttyS0"),
    "bare-metal tests, x86_64": ("x86", "-nodefaults -device pc-testdev -vnc none -serial stdio -machine accel=kvm:tcg -kernel {kernel} "
                                        "-smp 2 -cpu max"),
    "bare-metal tests, arm64": ("arm", "-nodefaults -machine virt,gic-version=3,accel=tcg -cpu cortex-a57 -device virtio-serial-device "
                                       "-device virtconsole,chardev=ctd -chardev testdev,id=ctd -device pci-testdev "
                                       "-display none -serial stdio -kernel {kernel} -smp 2"),
}


def check_lines(folder, document, x86, arm):
    for name, (family, line) in LINES.items():
        words = line.format(kernel=x86 if family == "x86" else arm, folder=folder).split() + ["-device", "edu"]
        if family == "x86":
            expect([folder / "qemu-system-x86_64", *words, "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"], 33)
        else:
            expect([folder / "qemu-system-aarch64", *words], 0, "PASS")
        if f"| {name} |" not in document.read_text():
            harness.fail(f"{document} does not name '{name}'")


def check_refused(program, document):
    rows = re.findall(r"^\| (.*) \| (.*) \|$", document.read_text().split("## Refused")[1], re.M)[2:]
    if len(rows) < 20:
        harness.fail(f"{document} lists {len(rows)} rows of refused options")
    for names, reason in rows:
        for name in re.findall(r"`(-[\w-]+)`", names):
            expect([program, name, "x"], 1, f"intact: {name}: not here: {reason}")


def check_pid_file(folder, program, x86):
    path = folder / "pid"
    command = [program, "-m", "64M", "-nographic", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4", "-device",
               "edu", "-kernel", x86, "-pidfile", str(path), "-S", "-monitor", f"unix:{folder}/monitor"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + TIMEOUT * harness.PATIENCE
        while not (path.exists() and path.read_text().endswith("\n")) and time.monotonic() < until:
            time.sleep(0.01)
        if path.read_text() != f"{process.pid}\n":
            harness.fail(f"-pidfile: {path.read_text()!r} is not {process.pid}")
        process.terminate()
    expect([program, "-kernel", x86, "-pidfile", folder / "none/pid"], 1, "-pidfile: cannot write")


def main(program, document, x86, arm):
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        program = pathlib.Path(program).resolve()
        check_names(folder, program, x86, arm)
        check_default_devices(folder, program, x86, arm)
        check_daemon(folder, program, x86)
        check_semihosting(folder, program)
        check_loader(folder, program)
        check_no_shutdown(folder, program)
        check_balloon(folder, program)
        check_host(folder, program, x86)
        check_probes(folder)
        check_lines(folder, pathlib.Path(document), x86, arm)
        check_refused(program, pathlib.Path(document))
        check_pid_file(folder, program, x86)


main(*sys.argv[1:])
