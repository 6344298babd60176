#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A QEMU that is younger than the host's, for tests of what an older one lacks.

    tools/qemu.py PROGRAM MAJOR    print how to call qemu-system-... of version MAJOR or later

It is the installed one where that is young enough; else it comes from Debian's backports, unpacked below .cache/qemu and
not installed. That one is called with the installed QEMU's data and libraries.
"""
import re
import shutil
import subprocess
import sys

import firmware
import linux

CACHE = linux.CACHE.parent / "qemu"
SUITE = f"{linux.SUITE}-backports"
PACKAGES = {"qemu-system-x86_64": "qemu-system-x86", "qemu-system-aarch64": "qemu-system-arm"}
DATA = ["-L", "/usr/share/qemu", "-L", "/usr/share/seabios"]


def major(program):
    """0: it does not start."""
    try:
        found = re.search(r"version (\d+)", linux.run(program, "--version", stderr=subprocess.DEVNULL))
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(found.group(1)) if found else 0


def fetch(program, path):
    package = PACKAGES[program]
    print(f"qemu: fetching {package} of {SUITE}", file=sys.stderr)
    try:
        packages = linux.Apt(firmware.native(), SUITE)
        packages.refresh()
        deb = packages.download(package)
        path.write_bytes(linux.deb_file(deb, rf"\./usr/bin/{program}"))
        path.chmod(0o755)
        deb.unlink()
    except (OSError, subprocess.CalledProcessError) as error:
        raise linux.CannotGet(f"{package} of {SUITE}: {error}") from error


def prepare(program, version):
    """How to call it. linux.CannotGet when there is none."""
    if major(program) >= version:
        return [program]
    if not shutil.which(program) or not shutil.which("apt-get"):
        raise linux.CannotGet(f"{program} {version} or later, or Debian's apt beside an older one")
    path = CACHE / program
    with linux.cache_lock():
        CACHE.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fetch(program, path)
    if major(path) < version:
        raise linux.CannotGet(f"{program} {version} or later: {path} is older, or lacks libraries here")
    return [str(path), *DATA]


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in PACKAGES or not sys.argv[2].isdigit():
        sys.exit(__doc__)
    try:
        print(*prepare(sys.argv[1], int(sys.argv[2])))
    except linux.CannotGet as error:
        sys.exit(f"qemu: cannot get {error}")
