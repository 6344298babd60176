# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A firmware from reset to the end of what it can do: SeaBIOS finds its devices, and a disk that is not bootable."""
import os
import statistics
import tempfile

import firmware
import processes

DISK = 16 << 20
MARKER = b"No bootable device"
# Where the disk is, and SeaBIOS's screen on COM1 as well.
PLACES = {"IDE": ["-machine", "pc,graphics=off", "-drive", "file={disk},format=raw,if=ide,snapshot=on"],
          "virtio": ["-machine", "pc,graphics=off", "-drive", "file={disk},format=raw,if=none,id=disk,snapshot=on",
                     "-device", "virtio-blk-pci,drive=disk"],
          "AHCI": ["-machine", "q35,graphics=off", "-drive", "file={disk},format=raw,if=ide,snapshot=on"]}


def measure(emulators, place, rounds):
    """Median milliseconds, one for each emulator."""
    bios = firmware.prepare("seabios")
    with tempfile.NamedTemporaryFile() as disk:
        os.truncate(disk.name, DISK)
        options = ["-bios", bios, "-m", "256M", "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
                   *(option.replace("{disk}", disk.name) for option in PLACES[place])]
        samples = [[processes.cpu_until([emulator.command, *options, *emulator.options], MARKER) * 1e3 for emulator in emulators]
                   for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*samples)]
