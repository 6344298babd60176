// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Cases of "why does this interrupt not arrive": 8259A pair, and its INT. The form is described in test_why.h.
#ifndef TEST_WHY_PIC_H
#define TEST_WHY_PIC_H

#include "test_why.h"

static const struct why_case why_pic_cases[] = {
    { "a line is low", PIC WIRE, "pin:pic.4", "- IRQ 4 is low at the master 8259A\n" },
    { "low, and what holds it afterwards", PIC WIRE "21:10", "pin:pic.4",
      "- IRQ 4 is low at the master 8259A\n"
      "- IRQ 4 is masked: IMR of the master 8259A = 10h, bit 4\n" },
    { "a line of the slave is low", PIC WIRE, "pin:pic.12", "- IRQ 12 is low at the slave 8259A\n" },
    { "ready", PIC WIRE "+p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "ready at the slave", PIC WIRE "+p12", "pin:pic.12",
      "= INT of the 8259A is up for IRQ 12\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "after reset", "+p4", "pin:pic.4",
      "- the master 8259A is not initialised: it has had no ICW1\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- IOAPIC 0 pin 0 is masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n" },
    { "the slave had no ICW1", "20:11 21:20 21:04 21:01 21:00 c0.0f0:1ff c0.350:700 +p12", "pin:pic.12",
      "- the slave 8259A is not initialised: it has had no ICW1\n" },
    { "waits for ICW2", WIRE "20:11 +p4", "pin:pic.4", "- the master 8259A is not initialised: it waits for ICW2\n" },
    { "waits for ICW3", WIRE "20:11 21:20 +p4", "pin:pic.4",
      "- the master 8259A is not initialised: it waits for ICW3\n" },
    { "the slave waits for ICW4", PIC WIRE "a0:11 a1:28 a1:02 +p12", "pin:pic.12",
      "- the slave 8259A is not initialised: it waits for ICW4\n" },
    { "masked", PIC WIRE "21:10 +p4", "pin:pic.4", "- IRQ 4 is masked: IMR of the master 8259A = 10h, bit 4\n" },
    { "unmasked after the request", PIC WIRE "21:10 +p4 21:00", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "masked at the slave", PIC WIRE "a1:10 +p12", "pin:pic.12",
      "- IRQ 12 is masked: IMR of the slave 8259A = 10h, bit 4\n" },
    { "the slave's pin is masked at the master", PIC WIRE "21:04 +p12", "pin:pic.12",
      "- IRQ 12 is held by the mask of the slave's pin: IMR of the master 8259A = 04h, bit 2\n" },
    { "no device is at the slave's pin", PIC WIRE "+p2", "pin:pic.2",
      "- IRQ 2 is the slave 8259A's INT, which is low, and no device's pin\n" },
    { "the slave's pin requests for the slave", PIC WIRE "+p12", "pin:pic.2",
      "= INT of the 8259A is up for IRQ 2\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "a line stayed high after its EOI", PIC WIRE "+p4 !0 20:20", "pin:pic.4",
      "- IRQ 4 is high, but has not risen since its last acknowledge or ICW1: edge-triggered, as ELCR1 = 00h, bit 4 is "
      "0\n" },
    { "a line stayed high and AEOI ended it", WIRE "20:11 21:20 21:04 21:03 21:00 +p4 !0", "pin:pic.4",
      "- IRQ 4 is high, but has not risen since its last acknowledge or ICW1: edge-triggered, as ELCR1 = 00h, bit 4 is "
      "0; its last interrupt was ended by AEOI (ICW4 bit 1)\n" },
    { "a line was high at ICW1", WIRE "+p4 " PIC, "pin:pic.4",
      "- IRQ 4 is high, but has not risen since its last acknowledge or ICW1: edge-triggered, as ELCR1 = 00h, bit 4 is "
      "0\n" },
    { "level-triggered by ELCR: it requests again", PIC WIRE "4d0:20 +p5 !0 20:20", "pin:pic.5",
      "= INT of the 8259A is up for IRQ 5\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "in service", PIC WIRE "+p4 !0", "pin:pic.4",
      "= IRQ 4 is in service, and has had no EOI: ISR of the master 8259A = 10h, bit 4\n" },
    { "in service, and the line fell", PIC WIRE "+p4 !0 -p4", "pin:pic.4",
      "= IRQ 4 is in service, and has had no EOI: ISR of the master 8259A = 10h, bit 4\n" },
    { "in service, and another edge", PIC WIRE "+p4 !0 -p4 +p4", "pin:pic.4",
      "- IRQ 4 requests again, but its EOI is missing: ISR of the master 8259A = 10h, bit 4\n" },
    { "a level is in service", PIC WIRE "4d0:20 +p5 !0", "pin:pic.5",
      "- IRQ 5 requests again, but its EOI is missing: ISR of the master 8259A = 20h, bit 5\n" },
    { "a higher level is in service", PIC WIRE "+p1 !0 +p4", "pin:pic.4",
      "- IRQ 4 waits for the EOI of IRQ 1, which has a higher priority: ISR of the master 8259A = 02h\n" },
    { "the EOI lets it through", PIC WIRE "+p1 !0 +p4 20:20", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "rotated: a lower number has no priority", PIC WIRE "20:c3 +p5 !0 +p1", "pin:pic.1",
      "- IRQ 1 waits for the EOI of IRQ 5, which has a higher priority: ISR of the master 8259A = 20h\n" },
    { "special mask mode, and the level in service is not masked", PIC WIRE "+p1 !0 20:68 +p4", "pin:pic.4",
      "- IRQ 4 waits for the EOI of IRQ 1, as special mask mode passes over masked levels only: ISR of the master "
      "8259A = 02h, IMR = 00h\n" },
    { "special mask mode, and the level in service is masked", PIC WIRE "+p1 !0 20:68 21:02 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "another requests with a higher priority", PIC WIRE "+p4 +p1", "pin:pic.4",
      "- IRQ 4 waits for IRQ 1, which requests with a higher priority: IRR of the master 8259A = 12h, IMR = 00h\n" },
    { "a higher level of the slave is in service", PIC WIRE "+p8 !0 +p12", "pin:pic.12",
      "- IRQ 12 waits for the EOI of IRQ 8, which has a higher priority: ISR of the slave 8259A = 01h\n"
      "- IRQ 12 waits for another interrupt of the slave: ISR of the master 8259A = 04h, bit 2, and ICW4 = 01h, bit 4: "
      "no special fully nested mode\n" },
    { "a lower level of the slave is in service", PIC WIRE "+p12 !0 +p8", "pin:pic.8",
      "- IRQ 8 waits for another interrupt of the slave: ISR of the master 8259A = 04h, bit 2, and ICW4 = 01h, bit 4: "
      "no special fully nested mode\n" },
    { "special fully nested mode", WIRE "20:11 21:20 21:04 21:11 21:00 a0:11 a1:28 a1:02 a1:01 a1:00 +p12 !0 +p8",
      "pin:pic.8",
      "= INT of the 8259A is up for IRQ 8\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "the EOI was sent to the slave only", PIC WIRE "+p12 !0 a0:20 +p8", "pin:pic.8",
      "- IRQ 8 waits for the second EOI of the last interrupt of the slave, which had only the first: ISR of the slave "
      "8259A = 00h, of the master = 04h, bit 2\n" },
    { "ICW3 of the slave is wrong", PIC WIRE "a0:11 a1:28 a1:03 a1:01 a1:00 +p12", "pin:pic.12",
      "= INT of the 8259A is up for IRQ 12\n"
      "- the slave 8259A gives no vector for IRQ 12: it is at pin 2, and ICW3 of the master = 04h, of the slave = 03h\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "8080 mode", WIRE "20:10 21:20 21:04 21:00 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- the master 8259A is in 8080 mode and gives an x86 CPU no vector: ICW4 = 00h, bit 0\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "8080 mode of the slave", PIC WIRE "a0:10 a1:28 a1:02 a1:00 +p12", "pin:pic.12",
      "= INT of the 8259A is up for IRQ 12\n"
      "- the slave 8259A is in 8080 mode and gives an x86 CPU no vector: ICW4 = 00h, bit 0\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "buffered mode as slave", WIRE "20:11 21:20 21:04 21:09 21:00 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- the master 8259A was made a slave: ICW4 = 09h, bits 3:2 (buffered mode)\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "buffered mode as master, of the slave", PIC WIRE "a0:11 a1:28 a1:02 a1:0d a1:00 +p12", "pin:pic.12",
      "= INT of the 8259A is up for IRQ 12\n"
      "- the slave 8259A was made a master: ICW4 = 0Dh, bits 3:2 (buffered mode)\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "poll command", PIC WIRE "+p4 20:0c", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= the next read of port 20h acknowledges the master 8259A in place of INTA: poll command (OCW3 bit 2)\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "poll command to the slave", PIC WIRE "+p12 a0:0c", "pin:pic.12",
      "= INT of the 8259A is up for IRQ 12\n"
      "= the next read of port A0h acknowledges the slave 8259A in place of INTA: poll command (OCW3 bit 2)\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "INT has no way to the CPU", PIC APIC "+p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- IOAPIC 0 pin 0 is up, but masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n" },
    { "LINT0 is masked by reset", PIC "+p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- IOAPIC 0 pin 0 is up, but masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n" },
    { "LINT0 is active low", PIC APIC "c0.350:2700 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LINT0 of CPU 0, which has INT of the 8259A, is active low: LVT_LINT0 = 0000_2700h, bit 13\n"
      "- IOAPIC 0 pin 0 is up, but masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n" },
    { "LINT0 is active low, and INT is low", PIC APIC "c0.350:12700", "pin:pic.4",
      "- IRQ 4 is low at the master 8259A\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_2700h, bit 16\n"
      "- LINT0 of CPU 0, which has INT of the 8259A, is active low: LVT_LINT0 = 0001_2700h, bit 13\n"
      "- IOAPIC 0 pin 0 is masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n" },
    { "LINT0 is not ExtINT", PIC APIC "c0.350:400 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0000_0400h, bits 10:8\n"
      "- IOAPIC 0 pin 0 is up, but masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n" },
    { "LINT0 with the APIC off is INTR", PIC "m0.1b:fee00100 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "by the pin of the IOAPIC", PIC APIC "r0.0:700 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "by the pin of the IOAPIC, to no CPU", PIC APIC "r0.0:0700000000000700 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- the destination 07h names no CPU: no local APIC has this id (physical destination)\n" },
    { "by the pin of the IOAPIC, to a CPU that software disabled", PIC "r0.0:700 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n" },
    { "the pin of the IOAPIC is active low", PIC APIC "r0.0:2700 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is active low: IOREDTBL0 = 0000_2700h, bit 13 (INTPOL)\n" },
    { "the pin of the IOAPIC is fixed", PIC APIC "r0.0:30 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0000_0030h, bits 10:8\n" },
    { "PIC mode", PIC "+p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n",
      .imcr = true },
    { "APIC mode", PIC "22:70 23:01 +p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- INT of the 8259A does not bypass the local APIC: IMCR = 01h, bit 0 (APIC mode)\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n"
      "- IOAPIC 0 pin 0 is up, but masked: IOREDTBL0 = 0001_0000h, bit 16\n"
      "- IOAPIC 0 pin 0, which has INT of the 8259A, is not ExtINT: IOREDTBL0 = 0001_0000h, bits 10:8\n",
      .imcr = true },
    { "no pin of an IOAPIC has INT", PIC APIC "+p4", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "- LVT_LINT0 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 0, which has INT of the 8259A, is not ExtINT: 0001_0000h, bits 10:8\n",
      .no_pic_pin = true },
    { "no such pin", "", "chip:0.77", "- the chip has no pin 77\n" },
    { "the slave's first line in service", PIC WIRE "+p8 !0 +p0", "pin:pic.8",
      "= IRQ 8 is in service, and has had no EOI: ISR of the slave 8259A = 01h, bit 0\n" },
    { "no such IOAPIC", "", "chip:3.1", "- the chip has no pin 1\n" },
    { "a whole set of gates at the slave", PIC WIRE "+p9 !0 +p8 +p14 21:04 a1:40", "pin:pic.14",
      "- IRQ 14 is masked: IMR of the slave 8259A = 40h, bit 6\n"
      "- IRQ 14 waits for IRQ 8, which requests with a higher priority: IRR of the slave 8259A = 41h, IMR = 40h\n"
      "- IRQ 14 waits for the EOI of IRQ 9, which has a higher priority: ISR of the slave 8259A = 02h\n"
      "- IRQ 14 is held by the mask of the slave's pin: IMR of the master 8259A = 04h, bit 2\n"
      "- IRQ 14 waits for another interrupt of the slave: ISR of the master 8259A = 04h, bit 2, and ICW4 = 01h, bit 4: "
      "no special fully nested mode\n" },
    { "two lines in service, and both wait", PIC WIRE "+p4 !0 +p1 !0 -p4 +p4", "pin:pic.4",
      "- IRQ 4 waits for the EOI of IRQ 1, which has a higher priority: ISR of the master 8259A = 12h\n"
      "- IRQ 4 requests again, but its EOI is missing: ISR of the master 8259A = 12h, bit 4\n" },
    { "the master's priority holds the slave", PIC WIRE "+p1 !0 +p12", "pin:pic.12",
      "- IRQ 12 waits for the EOI of IRQ 1, which has a higher priority: ISR of the master 8259A = 02h\n" },
    { "the master's request goes before the slave's", PIC WIRE "+p1 +p12", "pin:pic.12",
      "- IRQ 12 waits for IRQ 1, which requests with a higher priority: IRR of the master 8259A = 06h, IMR = 00h\n" },
    { "LTIM: all lines are levels", WIRE "20:19 21:20 21:04 21:01 21:00 +p4 !0 20:20", "pin:pic.4",
      "= INT of the 8259A is up for IRQ 4\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "an edge without a level is held", PIC WIRE "21:10 ^p4", "pin:pic.4",
      "- IRQ 4 is masked: IMR of the master 8259A = 10h, bit 4\n" },
};

#endif
