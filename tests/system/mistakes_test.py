#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Mistakes that beginners make with interrupts: intact why, or -lint, names each of them first.

    mistakes_test.py INTACT GUESTS x86_64|aarch64 [MISTAKE]...

guests/mistakes/FAMILY makes each mistake, and does the same without it: then it ends, and a lint finds nothing. With "qemu" as
INTACT only the latter, on QEMU: what is right here is right there.
`--table` before the other arguments prints what docs/why.md shows.
"""
import concurrent.futures
import pathlib
import re
import sys

import harness

TIMEOUT = 120
LIMIT = "1000000" # instructions, for those that are not halted
LINT = "-lint"
SMP, V2 = ["-smp", "2"], ["-machine", "virt,gic-version=2"]
TWO_EDUS = ["-device", "edu,addr=5", "-device", "edu,addr=9"] # on one line
PLAIN = ["-m", "64M", "-display", "none", "-nodefaults", "-serial", "null", "-no-reboot", "-device", "edu,dma_mask=0xffffffff",
         "-device", "virtio-rng-pci"]
# Of each family: options, how the guest's file ends, its exit status without the mistake.
FAMILIES = {
    "x86_64": (["-device", "isa-debug-exit,iobase=0xf4,iosize=4"], "elf", 33),
    "aarch64": (["-cpu", "cortex-a57", "-machine", "virt,gic-version=3"], "image", 0),
}

# Mistake, what people call it, options, the question (a source, or the lint), and the first gate, or the lint's first line.
MISTAKES = {
    "x86_64": [
        ("sti-forgotten", "STI forgotten", [], "com1.irq",
         r"CPU 0 takes no interrupts: RFLAGS = 000000[0-9A-F]{2}h, bit 9 \(IF\) is 0, .*"),
        ("irq-masked", "IRQ masked in IMR", [], "com1.irq",
         r"IRQ 4 is masked: IMR of the master 8259A = FFh, bit 4 .*"),
        ("no-eoi", "no EOI", [], "com1.irq",
         r"IRQ 4 requests again, but its EOI is missing: ISR of the master 8259A = 10h, bit 4 .*"),
        ("eoi-to-lapic", "EOI to the local APIC, for an interrupt of the 8259A", [], LINT,
         r"EOI at lapic0, while the interrupt in service is of another chip, once, .*"),
        ("eoi-to-slave-only", "EOI to the slave only", [], "rtc.irq",
         r"IRQ 8 waits for the second EOI of the last interrupt of the slave, which had only the first: .*"),
        ("eoi-to-master-only", "EOI to the master only", [], "rtc.irq",
         r"IRQ 8 requests again, but its EOI is missing: ISR of the slave 8259A = 01h, bit 0 .*"),
        ("no-eoi-of-another", "another handler has no EOI", [], "com1.irq",
         r"IRQ 4 waits for the EOI of IRQ 0, which has a higher priority: .*"),
        ("cascade-masked", "IRQ 2, the cascade, masked", [], "rtc.irq",
         r"IRQ 8 is held by the mask of the slave's pin: IMR of the master 8259A = FFh, bit 2 .*"),
        ("remap-forgotten", "8259A not remapped", [], LINT,
         r"vector 0Ch of com1\.irq is that of an exception: the 8259A is not remapped, .*"),
        ("register-c-not-read", "register C of the RTC not read", [], "rtc.irq",
         r"IRQ 8 is high, but has not risen since its last acknowledge or ICW1: edge-triggered, .*"),
        ("elcr-edge", "ELCR: a level as an edge", [], "edu0.intx",
         r"IRQ 11 is high, but has not risen since its last acknowledge or ICW1: edge-triggered, as ELCR2 = 00h, .*"),
        ("lint0-masked", "LINT0 masked, with the 8259A", [], "com1.irq",
         r"LVT_LINT0 of CPU 0 is masked: 0001_0700h, bit 16 .*"),
        ("entry-masked", "IOAPIC entry masked", [], "com1.irq",
         r"IOAPIC 0 pin 4 is up, but masked: IOREDTBL4 = 0001_0051h, bit 16 .*"),
        ("no-such-destination", "wrong destination", [], "com1.irq",
         r"the destination 07h names no CPU: no local APIC has this id .*"),
        ("vector-below-16", "vector below 16", [], "com1.irq",
         r"IOAPIC 0 pin 4 has the vector 04h, and no local APIC accepts one below 10h: .*"),
        ("active-low", "wrong polarity", [], "com1.irq",
         r"IOAPIC 0 pin 4 is high, and active low: IOREDTBL4 = 0000_2051h, bit 13 \(INTPOL\) .*"),
        ("edge-for-a-level", "IOAPIC entry edge, for a level", [], "edu0.intx",
         r"IOAPIC 0 pin 11 is active since its last edge, which was sent or lost: .*"),
        ("pin-0-for-the-timer", "timer at pin 0 of the IOAPIC", [], "pit.out0",
         r"IOAPIC 0 pin 2 is up, but masked: IOREDTBL2 = 0001_0000h, bit 16 .*"),
        ("device-not-cleared", "handler does not clear the device", [], LINT,
         r"edu0\.intx is taken again after each EOI, 1,000 times or more: its handler does not quiet the device, .*"),
        ("no-ioapic-eoi", "no EOI at the IOAPIC, with EOI broadcasts off", [], "edu0.intx",
         r"IOAPIC 0 pin 11 waits for the EOI of its last interrupt: .*"),
        ("to-a-cpu-not-started", "to a CPU that was not started", SMP, "com1.irq",
         r"CPU 1 waits for a SIPI, and takes nothing before .*"),
        ("intx-disabled", "INTx disabled in the command register", [], "edu0.intx",
         r"edu0\.intx is disabled: the command register = 0406h, bit 10 .*"),
        ("software-disabled", "SVR bit 8 not set", [], "com1.irq",
         r"the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8 .*"),
        ("tpr-too-high", "TPR too high", [], "com1.irq",
         r"vector 51h has class 5, which TPR = 50h of CPU 0 holds back .*"),
        ("no-lapic-eoi", "no EOI to the local APIC", [], "com1.irq",
         r"vector 51h has class 5, and waits for the EOI of vector 51h, in service on CPU 0: .*"),
        ("eoi-twice", "two EOIs", [], LINT,
         r"EOI with nothing in service at lapic0, once, .*"),
        ("timer-masked", "LVT timer masked", [], "lapic0.timer",
         r"LVT_TIMER of CPU 0 is masked: 0001_0051h, bit 16 .*"),
        ("timer-not-rearmed", "one-shot timer not armed again", [], "lapic0.timer",
         r"the timer of CPU 0 does not count: initial count 000003E8h, LVT_TIMER = 0000_0051h .*"),
        ("timer-not-started", "timer without an initial count", [], "lapic0.timer",
         r"the timer of CPU 0 does not count: initial count 00000000h, .*"),
        ("nmi-without-iret", "NMI handler without IRET", [], "com1.irq",
         r"CPU 0 takes no NMI before the IRET of the last one's handler .*"),
        ("bus-master-off", "MSI with bus mastering off", [], "edu0.msi0",
         r"edu0\.msi0 is not sent: the command register = 0002h, bit 2 \(bus master\) is 0 .*"),
        ("msi-not-enabled", "MSI not enabled", [], "edu0.msi0",
         r"edu0\.msi0 is not sent: MSI is not enabled, message control = 0080h, bit 0 .*"),
        ("msi-to-no-cpu", "MSI to a wrong APIC id", [], "edu0.msi0",
         r"the destination 07h names no CPU: no local APIC has this id .*"),
        ("msi-to-the-ioapic", "MSI to the IOAPIC's address", [], "edu0.msi0",
         r"the address FEC00000h is outside FEE00000h to FEEFFFFFh: .*"),
        ("msi-vector-below-16", "MSI with a vector below 16", [], "edu0.msi0",
         r"the data 0005h has the vector 05h \(bits 7:0\), and no local APIC accepts one below 10h .*"),
        ("msix-row-masked", "MSI-X vector masked", [], "virtio-rng0.queue0",
         r"virtio-rng0\.queue0 is masked: vector control of row 0 = 00000001h, bit 0 .*"),
        ("msix-function-masked", "MSI-X function mask", [], "virtio-rng0.queue0",
         r"virtio-rng0\.queue0 is masked with all others: message control = C001h, bit 14 .*"),
        ("msix-not-enabled", "MSI-X not enabled", [], "virtio-rng0.msix0",
         r"virtio-rng0\.msix0 is not sent: MSI-X is not enabled, message control = 0001h, bit 15 .*"),
        ("no-spurious-gate-for-ir7", "no handler for the 8259A's spurious IRQ 7", [], LINT,
         r"spurious vector 27h of the master 8259A without a handler: the IDT has no present gate for it, once, .*"),
        ("no-spurious-gate", "no handler for the spurious vector in SVR", [], LINT,
         r"spurious vector FFh of lapic0 without a handler: the IDT has no present gate for it, once, .*"),
        ("no-gate", "no handler at all", [], LINT,
         r"vector 51h of com1\.irq taken without a handler: the IDT has no present gate for it, once, .*"),
        ("vector-below-16", "IOAPIC entry unmasked before it has a vector", [], LINT,
         r"entry of ioapic0 unmasked with the vector of 0000_0004h, which is below 16: no local APIC accepts it, once, .*"),
        ("unmasked-before-svr", "IOAPIC entry unmasked before SVR bit 8", [], LINT,
         r"pin 4 of ioapic0 unmasked before the local APIC that it names is enabled by software \(SVR, bit 8\), once, .*"),
        ("edge-for-a-level", "IOAPIC entry edge, for a level: seen at once", [], LINT,
         r"edu0\.intx is a level, and its pin is programmed for edges: while it stays up nothing more comes, once, .*"),
        ("elcr-edge", "ELCR edge, for a level: seen at once", [], LINT,
         r"edu0\.intx is a level, and its pin is programmed for edges: while it stays up nothing more comes, once, .*"),
        ("level-for-an-edge", "IOAPIC entry level, for an edge", [], LINT,
         r"pit\.out0 is an edge of the ISA bus, and its pin is programmed as a level, once, .*"),
        ("shared-line-claimed-alone", "handler of a shared line looks at one device", TWO_EDUS, LINT,
         r"edu1\.intx, on the line of edu0\.intx: taken again after each EOI, 1,000 times or more, "
         r"as the handler quiets only the other device of the line, .*"),
        ("hpet-in-the-past", "HPET comparator behind the counter", [], LINT,
         r"timer 0 of the HPET armed for a time that has passed: it waits until its counter comes round again, once, .*"),
        ("nmi-without-iret", "NMI handler without IRET: when the next one comes", [], LINT,
         r"NMI of CPU 0 is held back: the handler of the last one has left without IRET, once, .*"),
        ("msix-row-in-use", "MSI-X row written while it is not masked", [], LINT,
         r"message of a vector of virtio-rng-pci\.1 changed while it is enabled and not masked, 2 times; .*"),
        ("notified-early", "virtqueue notified before DRIVER_OK", [], LINT,
         r"queue of virtio-rng-pci\.1 notified before DRIVER_OK, once, .*"),
    ],
    "aarch64": [
        ("irqs-masked", "PSTATE.I still set", [], "uart.irq",
         r"CPU 0 masks IRQs: PSTATE\.I is 1, at 0x4008.*"),
        ("pmr-zero", "ICC_PMR_EL1 not written", [], "uart.irq",
         r"INTID 33 has priority A0h at CPU 0, and ICC_PMR_EL1 = 00h masks 00h to FFh .*"),
        ("pmr-zero", "GICC_PMR not written", V2, "uart.irq",
         r"INTID 33 has priority A0h at CPU 0, and GICC_PMR = 00h masks 00h to FFh .*"),
        ("priority-equals-pmr", "priority equal to the mask", [], "uart.irq",
         r"INTID 33 has priority A0h at CPU 0, and ICC_PMR_EL1 = A0h masks A0h to FFh .*"),
        ("interface-group-off", "ICC_IGRPEN1_EL1 not written", [], "uart.irq",
         r"INTID 33 is in Group 1, and ICC_IGRPEN1_EL1 of CPU 0 is 0 .*"),
        ("interface-group-off", "GICC_CTLR not written", V2, "uart.irq",
         r"INTID 33 is in Group 0, and GICC_CTLR\.EnableGrp0 of CPU 0 is 0 .*"),
        ("no-eoi", "no EOI", [], "uart.irq",
         r"INTID 33 is not forwarded while it is active, .*: its write of ICC_EOIR1_EL1 is missing .*"),
        ("no-deactivation", "EOImode 1 without ICC_DIR_EL1", [], "uart.irq",
         r"INTID 33 is not forwarded while it is active; .* as EOImode is 1 a write of ICC_DIR_EL1 must deactivate it .*"),
        ("eoi-of-another", "EOI for another INTID", [], "uart.irq",
         r"INTID 33 is not forwarded while it is active, .*: an EOI named another INTID, .*"),
        ("priority-of-running", "no higher priority than the running one", [], "uart.irq",
         r"INTID 33 with priority A0h does not preempt what CPU 0 handles: the running priority is A0h .*"),
        ("distributor-group-off", "GICD_CTLR without EnableGrp1", [], "uart.irq",
         r"INTID 33 is in Group 1, and GICD_CTLR\.EnableGrp1 is 0 .*"),
        ("distributor-group-off", "GICD_CTLR not written", V2, "uart.irq",
         r"INTID 33 is in Group 0, and GICD_CTLR\.EnableGrp0 is 0 .*"),
        ("spi-in-group-0", "GICD_IGROUPR not written", [], "uart.irq",
         r"INTID 33 is in Group 0 \(bit 1 of GICD_IGROUPR1 is 0\), and GICD_CTLR = 52h enables only Group 1 .*"),
        ("asleep", "GICR_WAKER: asleep", [], "uart.irq",
         r"the redistributor of CPU 0 forwards nothing: GICR_WAKER = 6h .*"),
        ("not-enabled", "INTID not enabled", [], "uart.irq",
         r"INTID 33 is disabled: bit 1 of GICD_ISENABLER1 is 0 .*"),
        ("ppi-at-distributor", "PPI enabled at the distributor alone", [], "cpu0.vtimer",
         r"INTID 27 of CPU 0 is disabled: bit 27 of GICR_ISENABLER0 is 0 .*"),
        ("target-no-cpu", "GICD_IROUTER names no CPU", [], "uart.irq",
         r"GICD_IROUTER of INTID 33 names the affinity 0\.0\.0\.144, which no CPU has .*"),
        ("target-no-cpu", "GICD_ITARGETSR is 0", [*V2, *SMP], "uart.irq",
         r"INTID 33 has no target: byte 1 of GICD_ITARGETSR8 is 0 .*"),
        ("target-cpu-off", "to a CPU that is off", SMP, "uart.irq",
         r"CPU 1 is off: no PSCI CPU_ON has started it .*"),
        ("edge-for-a-level", "GICD_ICFGR: edge, for a level", [], "uart.irq",
         r"INTID 33 is edge-triggered .*, and its line is high without a new edge: .*"),
        ("device-not-cleared", "handler does not clear the device", [], LINT,
         r"uart\.irq is taken again after each EOI, 1,000 times or more: its handler does not quiet the device, .*"),
        ("sgi-in-group-0", "SGI in Group 0", [], "intid:3@0",
         r"SGI 3 of CPU 0 is in Group 0 .*: a write of ICC_SGI1R_EL1 for Non-secure Group 1 does not reach it .*"),
        ("sgi-to-nobody", "SGI with an empty list of targets", [], LINT,
         r"SGI of gic0 without a receiver, once, .*"),
        ("v2-code-on-v3", "code for GICv2 on a GICv3", [], LINT,
         r"GICD_CTLR of gicd written without ARE: there is no legacy operation, once, .*"),
        ("timer-not-enabled", "timer: ENABLE is 0", [], "cpu0.vtimer",
         r"the virtual timer of CPU 0 is off: CNTV_CTL_EL0\.ENABLE is 0 .*"),
        ("timer-masked", "timer: IMASK is 1", [], "cpu0.vtimer",
         r"the virtual timer of CPU 0 is masked: CNTV_CTL_EL0\.IMASK is 1 .*"),
        ("timer-left-masked", "timer left masked by its handler", [], "cpu0.vtimer",
         r"the virtual timer of CPU 0 is masked: CNTV_CTL_EL0\.IMASK is 1 .*"),
        ("no-mapd", "no MAPD", [], "edu0.msi0",
         r"DeviceID 8 is not mapped: no MAPD gave it an ITT .*"),
        ("no-mapti", "no MAPTI", [], "edu0.msi0",
         r"EventID 0 of DeviceID 8 is not mapped: no MAPTI or MAPI gave it an INTID .*"),
        ("no-mapc", "no MAPC", [], "edu0.msi0",
         r"collection 1 of EventID 0 of DeviceID 8 is not mapped: no MAPC gave it a CPU .*"),
        ("lpis-off", "GICR_CTLR.EnableLPIs is 0", [], "edu0.msi0",
         r"LPI 8192 cannot be pending at CPU 0: GICR_CTLR\.EnableLPIs is 0 .*"),
        ("its-off", "MSI before the ITS is enabled", [], "edu0.msi0",
         r"the ITS translates nothing: GITS_CTLR\.Enabled is 0 .*"),
        ("lpi-disabled", "LPI not enabled in its table", [], "edu0.msi0",
         r"LPI 8192 is disabled: bit 0 of its configuration byte A0h at 0x[0-9a-f]+ is 0 .*"),
        ("no-inv", "no INV", [], "edu0.msi0",
         r"LPI 8192 is enabled by its configuration byte A1h .*: INV or INVALL is missing .*"),
        ("bus-master-off", "MSI with bus mastering off", [], "edu0.msi0",
         r"edu0\.msi0 is not sent: the command register = 0002h, bit 2 \(bus master\) is 0 .*"),
        ("msix-row-masked", "MSI-X vector masked", [], "virtio-rng0.queue0",
         r"virtio-rng0\.queue0 is masked: vector control of row 0 = 00000001h, bit 0 .*"),
        ("msix-function-masked", "MSI-X function mask", [], "virtio-rng0.queue0",
         r"virtio-rng0\.queue0 is masked with all others: message control = C001h, bit 14 .*"),
        ("msix-not-enabled", "MSI-X not enabled", [], "virtio-rng0.msix0",
         r"virtio-rng0\.msix0 is not sent: MSI-X is not enabled, message control = 0001h, bit 15 .*"),
        ("mode-while-enabled", "GICD_ICFGR written while the interrupt is enabled", [], LINT,
         r"trigger mode of an interrupt of gicd changed while it is enabled: 0000_0008h written to ICFGR, 2 times; .*"),
        ("edge-for-a-level", "GICD_ICFGR: edge, for a level: seen at once", [], LINT,
         r"uart\.irq is a level, and INTID 33 is configured as edge-triggered: while it stays up nothing more comes, once, .*"),
        ("level-for-a-message", "GICv2m: SPI not configured as an edge", V2, LINT,
         r"message of edu0\.msi0 for INTID 80, which is level-sensitive: a message is an edge, once, .*"),
        ("shared-line-claimed-alone", "handler of a shared line looks at one device", TWO_EDUS, LINT,
         r"edu1\.intx, on the line of edu0\.intx: taken again after each EOI, 1,000 times or more, "
         r"as the handler quiets only the other device of the line, .*"),
        ("spi-in-group-0", "Group 0 where only Group 1 is enabled: when it is raised", [], LINT,
         r"INTID 33, of uart\.irq, raised and enabled in Group 0, while GICD_CTLR enables only Group 1, once, .*"),
        ("asleep", "GICR_WAKER: asleep, when something is raised", [], LINT,
         r"uart\.irq raised for CPU 0, whose redistributor sleeps: GICR_WAKER\.ProcessorSleep is 1, once, .*"),
        ("no-mapd", "MAPTI before MAPD", [], LINT,
         r"command of its for a device that has no ITT, since no MAPD came before it \(error 010A04h\), 2 times; .*"),
        ("no-mapc", "INV before MAPC", [], LINT,
         r"command of its for a collection that has no CPU, since no MAPC came before it \(error 010C09h\), once, .*"),
        ("no-inv", "LPI configured without INV: at the end", [], LINT,
         r"configuration of LPI 8192 of gic0 changed without INV or INVALL: the old one is still used, once, .*"),
        ("alarm-in-the-past", "alarm of the PL031 in the past", [], LINT,
         r"the alarm of the PL031 armed for a time that has passed: it waits until its counter comes round again, once, .*"),
        ("msix-row-in-use", "MSI-X row written while it is not masked", [], LINT,
         r"message of a vector of virtio-rng-pci\.1 changed while it is enabled and not masked, 2 times; .*"),
        ("notified-early", "virtqueue notified before DRIVER_OK", [], LINT,
         r"queue of virtio-rng-pci\.1 notified before DRIVER_OK, once, .*"),
    ],
}


class Scene:
    def __init__(self, intact, guests, family):
        self.intact, self.family = intact, family
        options, suffix, self.status = FAMILIES[family]
        self.options = [*PLAIN, *options, "-kernel", str(pathlib.Path(guests) / family / "mistakes" / f"mistakes.{suffix}")]

    def check_on_qemu(self, name, _, options, *__):
        command = [*harness.qemu(f"qemu-system-{self.family}"), *self.options, *options, "-append", f"right={name}"]
        right = harness.run(command, TIMEOUT)
        if right.returncode != self.status:
            yield f"{name} {options}, right, on QEMU: status {right.returncode}"

    def run(self, verb, append, *options):
        return harness.run([self.intact, *verb, *self.options, *options, "-limit", LIMIT, "-append", append], TIMEOUT)

    def told(self, name, options, question):
        """What is said first of the mistake, and the run."""
        if question == LINT:
            result = self.run(["run"], f"mistake={name}", *options, "-lint", "on")
            lines = re.findall(r"^intact: lint: (.*)$", harness.text(result.stderr), re.M)
        else:
            result = self.run(["why", question, "--"], f"mistake={name}", *options)
            lines = re.findall(r"^gate   (.*)$", harness.text(result.stdout), re.M)
        return lines[0] if lines else "", result

    def check_stuck(self, name, options, question):
        """A run that gets stuck says first what it was asked for, but for what the guest has masked at its pin."""
        said = re.findall(r"^intact: (\S+) does not arrive: (.*)$",
                          harness.text(self.run(["run"], f"mistake={name}", *options).stderr), re.M)
        gate = dict(said).get(question)
        masked = gate and re.search(r"^IRQ \d+ is masked|^IOAPIC \d+ pin \d+ is up, but masked|is disabled: bit", gate)
        if gate and not masked and said[0][0] != question:
            yield f"{name} {options}: says of {said[0][0]} first, not of {question}"

    def check(self, name, _, options, question, expected):
        """A line for each thing that is wrong."""
        yield from self.check_stuck(name, options, question)
        found, result = self.told(name, options, question)
        if not re.fullmatch(expected, found):
            yield f"{name} {options}, {question}: says first '{found}', not '{expected}'"
        if result.returncode == self.status and question != LINT:
            yield f"{name} {options}: the guest ends in spite of the mistake"
        right = self.run(["run"], f"right={name}", *options, "-lint", "error")
        if right.returncode != self.status or b"lint: " in right.stderr:
            yield f"{name} {options}, right: status {right.returncode}, {harness.text(right.stderr)[:300]}"


def print_table(scene, rows):
    for name, words, options, question, _ in rows:
        found, _ = scene.told(name, options, question)
        if question == LINT:
            found = re.sub(r", (once|[\d,]+ times)[,;] .*", "", found)
        found = re.sub(r" \([^()]*(\([^()]*\)[^()]*)*\)$", "", found)
        print(f"| `{name}` | {words} | {'`-lint`' if question == LINT else f'`{question}`'} | {found} |")


def main():
    arguments = sys.argv[1:]
    table = arguments[0] == "--table"
    intact, guests, family, *names = arguments[table:]
    scene = Scene(intact, guests, family)
    rows = [row for row in MISTAKES[family] if not names or row[0] in names]
    if table:
        print_table(scene, rows)
        return
    check = scene.check_on_qemu if intact == "qemu" else scene.check
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        wrong = [line for lines in pool.map(lambda row: list(check(*row)), rows) for line in lines]
    if wrong:
        harness.fail("\n".join(wrong))
    print(f"{len(rows)} mistakes")


main()
