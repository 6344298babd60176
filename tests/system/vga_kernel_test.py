#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Linux on a display, on Intact and on QEMU.

    vga_kernel_test.py INTACT DEVICE

Debian's kernel loads its driver of the Bochs display (bochs-drm), the console appears on it in the mode that the monitor's EDID
prefers, and shows a text, which is QEMU's pixel for pixel.
"""
import pathlib
import sys
import tempfile

import harness
import linux
import vga_show

MODULES = ("cec", "rc-core", "syscopyarea", "sysfillrect", "sysimgblt", "fb_sys_fops", "drm", "drm_kms_helper", "ttm", "drm_ttm_helper",
           "drm_vram_helper", "bochs")
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
for module in %s; do
    for file in /modules/$module.ko*; do
        [ -f $file ] && insmod $file
    done
done
echo "INTACT: $(cat /sys/class/graphics/fb0/name) $(cat /sys/class/graphics/fb0/virtual_size)"
dmesg -n 1
exec 3>/dev/tty1
printf '\\033[2J\\033[H\\033[?25l' >&3
i=0
while [ $i -lt 60 ]; do
    printf '\\033[%%d;%%dmline %%d of the guest\\n' $((30 + i %% 8)) $((40 + i / 8)) $i >&3
    i=$((i + 1))
done
echo "INTACT: shown~"
read line
poweroff -f
""" % " ".join(MODULES)
FRAMEBUFFER = "INTACT: bochs-drmdrmfb 1280,800"


def boot(command, folder):
    shown = vga_show.Show(command, folder)
    out = shown.next(b"~")
    if FRAMEBUFFER not in harness.text(out):
        harness.fail(f"no line '{FRAMEBUFFER}': {harness.text(out)[-3000:]}")
    picture = shown.picture(folder)
    shown.go_on()
    if shown.end() != 0:
        harness.fail(f"exit status {shown.process.returncode}")
    return picture


def main():
    intact, device = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            kernel, _ = linux.prepare("amd64")
            modules = linux.modules("amd64", MODULES)
        except linux.CannotGet as error:
            harness.skip(f"cannot get {error}")
        initrd = folder / "initrd"
        initrd.write_bytes(linux.initramfs((linux.CACHE / "amd64/busybox").read_bytes(), INIT, modules))
        options = ["-machine", "pc", "-m", "512M", "-vga", "none", "-device", device, "-display", "none", "-no-reboot", "-kernel",
                   str(kernel), "-initrd", str(initrd), "-append", "console=ttyS0 panic=-1 quiet"]
        ours = boot([intact, "run", *options], folder)
        vga_show.same(device, ours, boot([*harness.qemu(), *options, "-net", "none"], folder))
        print(f"{device}: {ours[1]}x{ours[2]}, as QEMU's")


main()
