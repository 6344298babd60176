#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Debian's firmware for both machines, fetched from the package manager as the kernels are (linux.py).

    tools/firmware.py NAME    fetch one of FIRMWARE (u-boot, uefi, seabios, ovmf-code, ovmf-vars, vgabios-stdvga...), unless it is cached, and print where it is

Everything lies below .cache/firmware.
"""
import shutil
import subprocess
import sys

import linux

CACHE = linux.CACHE.parent / "firmware"

FIRMWARE = {
    "u-boot": {"package": "u-boot-qemu", "file": r"\./usr/lib/u-boot/qemu_arm64/u-boot\.bin"},
    "uefi": {"package": "qemu-efi-aarch64", "file": r"\./usr/share/AAVMF/AAVMF_CODE\.fd"},
    "ovmf-code": {"package": "ovmf", "file": r"\./usr/share/OVMF/OVMF_CODE_4M\.fd"},
    "ovmf-vars": {"package": "ovmf", "file": r"\./usr/share/OVMF/OVMF_VARS_4M\.fd"},
    "seabios": {"package": "seabios", "file": r"\./usr/share/seabios/bios-256k\.bin"},
    "vgabios-stdvga": {"package": "seabios", "file": r"\./usr/share/seabios/vgabios-stdvga\.bin"},
    "vgabios-bochs-display": {"package": "seabios", "file": r"\./usr/share/seabios/vgabios-bochs-display\.bin"},
    "vgabios-ramfb": {"package": "seabios", "file": r"\./usr/share/seabios/vgabios-ramfb\.bin"},
}


def native():
    """The packages are for every architecture, so that the host's own lists have them."""
    if shutil.which("dpkg"):
        return linux.run("dpkg", "--print-architecture").strip()
    return "amd64"


def fetch(name, path):
    what = FIRMWARE[name]
    print(f"firmware: fetching {what['package']}", file=sys.stderr)
    try:
        packages = linux.source(native())
        try:
            deb = packages.download(what["package"])
        except subprocess.CalledProcessError:
            packages.refresh()
            deb = packages.download(what["package"])
        path.write_bytes(linux.deb_file(deb, what["file"]))
        deb.unlink()
    except (OSError, KeyError, subprocess.CalledProcessError) as error:
        raise linux.CannotGet(f"{what['package']}: {error}") from error


def prepare(name):
    """Where the image is, from the cache or fetched. linux.CannotGet when that is impossible."""
    path = CACHE / f"{name}.bin"
    with linux.cache_lock():
        CACHE.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fetch(name, path)
    return str(path)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in FIRMWARE:
        sys.exit(__doc__)
    try:
        print(prepare(sys.argv[1]))
    except linux.CannotGet as error:
        sys.exit(f"firmware: cannot get {error}")
