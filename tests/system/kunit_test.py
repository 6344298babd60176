#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""KUnit's own tool, of Debian's kernel source, with its own configuration of QEMU: it finds Intact by a link of QEMU's name, starts
Debian's kernel, and reads the results that /init prints in KUnit's format. kunit_test.py INTACT x86_64|arm64"""
import io
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

import harness
import linux

PACKAGE = "linux-source-6.1" # its tool is the one of the kernels that we boot, or a little older
WANTED = r"[^/]+/(tools/testing/kunit/.*|Kconfig|Kbuild|Makefile|MAINTAINERS|README|COPYING|CREDITS)" # the tool looks for these
ROOT_FOLDERS = ("Documentation", "arch", "include", "drivers", "fs", "init", "ipc", "kernel", "lib", "scripts")
NAMES = {"x86_64": ("cloud-amd64", "qemu-system-x86_64", "arch/x86/boot/bzImage"),
         "arm64": ("cloud-arm64", "qemu-system-aarch64", "arch/arm64/boot/Image.gz")}
INIT = """#!/bin/busybox sh
echo 'KTAP version 1
1..1
    KTAP version 1
    # Subtest: intact
    1..2
    ok 1 the_kernel_is_here
    ok 2 so_is_init
ok 1 intact'
/bin/busybox reboot -f
"""


def fetch(place):
    """The tool, out of the package with all of the kernel's source."""
    debian = linux.source("amd64")
    try:
        deb = debian.download(PACKAGE)
    except subprocess.CalledProcessError:
        debian.refresh()
        deb = debian.download(PACKAGE)
    source = linux.deb_file(deb, r"\./usr/src/linux-source-.*\.tar\.xz")
    deb.unlink()
    with tarfile.open(fileobj=io.BytesIO(source), mode="r|xz") as archive:
        for member in archive:
            if member.isfile() and re.fullmatch(WANTED, member.name):
                path = place / member.name.partition("/")[2]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.extractfile(member).read())
    for name in ROOT_FOLDERS:
        (place / name).mkdir(exist_ok=True)


def tool():
    """The kernel tree as far as the tool needs it, from the cache or fetched."""
    place = linux.CACHE / "kunit"
    try:
        with linux.cache_lock():
            if not (place / "init").exists():
                fetch(place)
    except (OSError, KeyError, subprocess.CalledProcessError) as error:
        raise linux.CannotGet(f"{PACKAGE}: {error}") from error
    return place


def initramfs(arch):
    busybox = (linux.CACHE / arch / "busybox").read_bytes()
    return linux.cpio([("bin", 0o040755, b"", 0, 0), ("dev", 0o040755, b"", 0, 0), *linux.NODES,
                       ("bin/busybox", 0o100755, busybox, 0, 0), ("init", 0o100755, INIT.encode(), 0, 0)])


def main(intact, family):
    arch, name, image = NAMES[family]
    tree = tool()
    kernel, _ = linux.prepare(arch)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / name).symlink_to(pathlib.Path(intact).resolve())
        (folder / image).parent.mkdir(parents=True)
        (folder / image).symlink_to(kernel)
        (folder / "initramfs").write_bytes(initramfs(arch))
        (folder / ".kunitconfig").write_text("CONFIG_KUNIT=y\n")
        command = [sys.executable, tree / "tools/testing/kunit/kunit.py", "exec", f"--build_dir={folder}", f"--arch={family}",
                   "--timeout=200", f"--qemu_args=-initrd {folder}/initramfs"]
        paths = f"{folder}:{os.environ['PATH']}"
        result = subprocess.run([str(word) for word in command], cwd=tree, stdin=subprocess.DEVNULL, capture_output=True,
                                env=os.environ | {"PATH": paths, "TERM": "dumb"}, timeout=250)
        said = harness.text(result.stdout)
        if result.returncode or "Ran 2 tests: passed: 2" not in said or "so_is_init" not in said:
            harness.fail("two tests that pass are expected", result)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except linux.CannotGet as error:
        harness.skip(f"cannot get {error}")
