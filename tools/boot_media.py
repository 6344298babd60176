# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Disks and CDs from which UEFI starts GRUB, for whole-machine tests: made by mtools and xorriso, with fixed serial numbers and times,
so that the same files make the same image.

The files are given as a dictionary: the path on the medium, and the contents."""
import os
import pathlib
import shutil
import subprocess

import linux

TIME = "1767225600" # 2026-01-01
# The package of GRUB for a processor, what it calls it, and the file that UEFI starts by itself (UEFI 2.10, 3.5.1.1).
GRUB = {"arm64": ("grub-efi-arm64-bin", "arm64-efi", "aa64", "BOOTAA64.EFI"),
        "amd64": ("grub-efi-amd64-bin", "x86_64-efi", "x64", "BOOTX64.EFI")}


def run(*command, **options):
    environment = dict(os.environ, SOURCE_DATE_EPOCH=TIME, MTOOLS_SKIP_CHECK="1", TZ="UTC")
    try:
        return subprocess.run(command, check=True, capture_output=True, env=environment, **options)
    except FileNotFoundError as error:
        raise linux.CannotGet(f"{command[0]}: it is not installed") from error


def grub(debian, cd=False):
    """Debian's GRUB in one file for an EFI system partition, or for a CD: contents. linux.CannotGet."""
    package, folder, suffix, _ = GRUB[debian]
    name = f"{'gcd' if cd else 'grub'}{suffix}.efi"
    path = linux.CACHE.parent / "grub" / name
    with linux.cache_lock():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            packages = linux.source(debian)
            try:
                deb = packages.download(package)
            except (KeyError, subprocess.CalledProcessError):
                packages.refresh()
                try:
                    deb = packages.download(package)
                except (KeyError, subprocess.CalledProcessError) as error:
                    raise linux.CannotGet(f"{package}: {error}") from error
            path.write_bytes(linux.deb_file(deb, rf"\./usr/lib/grub/{folder}/monolithic/{name}"))
            deb.unlink()
    return path.read_bytes()


def fat(image, files, size):
    """A FAT file system of `size` bytes, without partitions."""
    image.write_bytes(b"")
    with open(image, "r+b") as out:
        out.truncate(size)
    run("mformat", "-i", str(image), "-v", "INTACT", "-N", "12345678", "::")
    made = set()
    for name, contents in files.items():
        for folder in reversed(pathlib.PurePosixPath(name).parents):
            if str(folder) not in (".", *made):
                run("mmd", "-i", str(image), f"::/{folder}")
                made.add(str(folder))
        run("mcopy", "-i", str(image), "-", f"::/{name}", input=contents)


def disk(image, debian, files, config, size=96 << 20):
    """A disk with Debian's GRUB, its configuration, and files."""
    fat(image, {f"EFI/BOOT/{GRUB[debian][3]}": grub(debian), "EFI/debian/grub.cfg": config.encode(), **files}, size)


def cd(image, debian, files, config):
    """A CD whose boot image for EFI (El Torito) has Debian's GRUB, which finds its configuration on the CD."""
    tree = image.with_suffix(".tree")
    shutil.rmtree(tree, ignore_errors=True)
    for name, contents in {"boot/grub/grub.cfg": config.encode(), ".disk/info": b"", **files}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(contents)
    fat(tree / "boot" / "efi.img", {f"EFI/BOOT/{GRUB[debian][3]}": grub(debian, cd=True)}, 8 << 20)
    run("xorriso", "-as", "mkisofs", "-quiet", "-V", "INTACT", "-R", "-e", "boot/efi.img", "-no-emul-boot", "-o", str(image), str(tree))
    shutil.rmtree(tree)
