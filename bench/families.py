# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""What is measured of each family, and the aims: our share of the time of QEMU's fastest mode."""
import typing


class Event(typing.NamedTuple):
    """One turn of a guest's loop."""
    name: str
    guest: str
    first: int # turns, from which the measurement goes up
    aim: float | None
    options: tuple = ()
    more: str = "" # for the guest's command line


class Family(typing.NamedTuple):
    """What a family's machine needs, how its guests end, and what is measured with it."""
    name: str
    suffix: str
    options: list
    status: int # of an emulator whose guest has passed
    last_line: str
    events: list
    self_event: str # the guest that interrupts itself
    kernels: dict # Debian's: aims for the boot with one processor and with several
    many: int # the large number of processors


SEVERAL = 4 # processors of a boot
DISK = ("-drive", "file={disk},format=raw,if=none,id=disk,readonly=on", "-device", "virtio-blk-pci,drive=disk")
BOTH = [
    Event("ALU mix, one turn", "alu", 500000, 1.0),
    Event("sieve of 8192", "sieve", 50, 0.7),
    Event("copy of 8 KiB", "copy", 2000, 0.8),
    Event("direct and indirect call", "calls", 200000, 1.0),
    Event("direct call", "call", 500000, 0.5),
    Event("indirect call", "indirect", 500000, 0.5),
    Event("doubles: five bodies, one step", "float", 10000, 1.0),
    Event("strings: twelve copied and measured", "string", 5000, 1.0),
    Event("4 KiB of virtio-blk, MSI-X, block by block", "disk", 2000, 1.0, DISK),
    Event("4 KiB of virtio-blk, MSI-X, at random", "disk", 2000, 1.0, DISK, "random=1"),
]

X86_64 = Family("x86_64", "elf", ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], 33, "", [
    Event("self-IPI, EOI, IRET", "self_ipi", 20000, 0.3),
    Event("UART IRQ4 through the 8259", "uart_pic", 20000, 0.35),
    Event("UART IRQ4 through the IOAPIC", "uart_ioapic", 20000, 0.35),
    Event("LAPIC one-shot timer and HLT", "lapic_timer", 5000, 0.01),
    Event("PIT tick and HLT, 8259", "pit_pic", 5000, 0.01),
    Event("MSI from the HPET and HLT", "hpet_msi", 5000, 0.01),
    Event("MSI of edu by a register write", "edu_msi", 20000, 0.2, ("-device", "edu")),
    Event("IPI ping-pong with HLT, 2 vCPUs", "ping_pong", 10000, 0.15, ("-smp", "2")),
    Event("INT 80h and IRET", "int80", 50000, 0.4),
    Event("device register read (IN)", "register_read", 50000, None),
    Event("device register read (MMIO)", "mmio_read", 50000, None),
    Event("patch an instruction and call it", "patch", 5000, 0.03),
    Event("emit 12 instructions, 4 calls", "emit", 1000, 0.11),
    *BOTH,
    Event("switch of address spaces, 64 pages touched", "pages", 5000, 0.12),
], "self_ipi", {"cloud-amd64": (0.65, 0.5), "amd64": (0.8, 0.5)}, 128)

AARCH64 = Family("aarch64", "image", ["-machine", "virt,gic-version=3", "-cpu", "cortex-a57"], 0, "PASS", [
    Event("self-SGI, EOI, ERET", "self_sgi", 20000, 0.12),
    Event("SPI by GICD_ISPENDR", "spi", 20000, 0.4),
    Event("PL011 level, SPI", "uart_spi", 20000, 0.4),
    Event("virtual timer and WFI", "timer", 5000, 0.01),
    Event("MSI of edu by a register write, LPI", "edu_msi", 20000, 0.2, ("-device", "edu")),
    Event("SGI ping-pong with WFI, 2 vCPUs", "ping_pong", 10000, 0.15, ("-smp", "2")),
    Event("SVC and ERET", "svc", 50000, 0.05),
    Event("LPI by INT, 1 pending", "lpi", 5000, 0.02),
    Event("patch an instruction and call it", "patch", 5000, 0.03),
    Event("emit 12 instructions, 4 calls", "emit", 1000, 0.05),
    *BOTH,
    Event("switch of address spaces, 64 pages touched", "pages", 5000, 0.3),
], "self_sgi", {"cloud-arm64": (0.55, 0.5)}, 123)

FAMILIES = (X86_64, AARCH64)
# Options for QEMU only.
QEMU_ONLY = {"hpet_msi": ["-global", "hpet.msi=on"]}
