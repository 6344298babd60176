// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Cases of "why does this interrupt not arrive": IOAPIC pins. The form is described in test_why.h.
#ifndef TEST_WHY_IOAPIC_H
#define TEST_WHY_IOAPIC_H

#include "test_why.h"

static const struct why_case why_ioapic_cases[] = {
    { "a pin is low", APIC "r0.4:31", "pin:ioapic0.4", "- IOAPIC 0 pin 4 is low\n" },
    { "low, and what holds it afterwards", "r0.4:10031", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is low\n"
      "- IOAPIC 0 pin 4 is masked: IOREDTBL4 = 0001_0031h, bit 16\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n" },
    { "active low, and high", APIC "+i0.4 r0.4:a031", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is high, and active low: IOREDTBL4 = 0000_A031h, bit 13 (INTPOL)\n" },
    { "ready", APIC "r0.4:31 +i0.4", "pin:ioapic0.4", "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "ready, with the line low again", APIC "r0.4:31 +i0.4 -i0.4", "pin:ioapic0.4",
      "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "masked", APIC "r0.4:18031 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is up, but masked: IOREDTBL4 = 0001_8031h, bit 16\n" },
    { "active low and masked", APIC "r0.4:1a031", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is active, but masked: IOREDTBL4 = 0001_A031h, bit 16\n" },
    { "unmasked", APIC "r0.4:18031 +i0.4 r0.4:8031", "pin:ioapic0.4",
      "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "an edge that came while it was masked", APIC "r0.4:10031 +i0.4 r0.4:31", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0031h, bit 15 is 0 "
      "(edge)\n" },
    { "an edge that had its EOI", APIC "r0.4:31 +i0.4 !0 c0.0b0:0", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0031h, bit 15 is 0 "
      "(edge)\n" },
    { "in service", APIC "r0.4:31 +i0.4 !0", "pin:ioapic0.4",
      "= vector 31h is in service on CPU 0, and has had no EOI\n" },
    { "a level in service", APIC "r0.4:8031 +i0.4 !0", "pin:ioapic0.4",
      "= vector 31h is in service on CPU 0, and has had no EOI\n" },
    { "a level in service that fell", APIC "r0.4:8031 +i0.4 !0 -i0.4", "pin:ioapic0.4",
      "= vector 31h is in service on CPU 0, and has had no EOI\n" },
    { "a reserved delivery mode", APIC "r0.4:331 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 has the reserved delivery mode 3: IOREDTBL4 = 0000_0331h, bits 10:8\n"
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0331h, bit 15 is 0 "
      "(edge)\n" },
    { "a vector below 16", APIC "r0.4:8005 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 has the vector 05h, and no local APIC accepts one below 10h: IOREDTBL4 = 0000_9005h, bits 7:0\n"
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9005h, bit 12\n" },
    { "an edge with a vector below 16", APIC "r0.4:5 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 has the vector 05h, and no local APIC accepts one below 10h: IOREDTBL4 = 0000_0005h, bits 7:0\n"
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0005h, bit 15 is 0 "
      "(edge)\n" },
    { "remote IRR, as the vector was changed in service", APIC "r0.4:8031 +i0.4 !0 r0.4:8041 c0.0b0:0", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 waits for the EOI of its last interrupt: IOREDTBL4 = 0000_C041h, bit 14 (remote IRR), and no "
      "local APIC has vector 41h in IRR or ISR\n" },
    { "remote IRR, as EOIs are not broadcast", "c0.0f0:11ff r0.4:8031 +i0.4 !0 c0.0b0:0", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 waits for the EOI of its last interrupt: IOREDTBL4 = 0000_C031h, bit 14 (remote IRR), and no "
      "local APIC has vector 31h in IRR or ISR\n"
      "- CPU 0 sends its EOIs to no IOAPIC: SVR = 11FFh, bit 12; the EOI register of the IOAPIC ends the interrupt\n" },
    { "a level that no APIC accepted", "r0.4:8031 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9031h, bit 12\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n" },
    { "a level that no APIC accepted, until one did", "r0.4:8031 +i0.4 c0.0f0:1ff", "pin:ioapic0.4",
      "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "a level to no CPU", APIC "r0.4:0700000000008031 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9031h, bit 12\n"
      "- the destination 07h names no CPU: no local APIC has this id (physical destination)\n" },
    { "a level to an APIC that is off", "m0.1b:fee00100 r0.4:8031 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9031h, bit 12\n"
      "- the local APIC of CPU 0 is disabled: IA32_APIC_BASE = FEE00100h, bit 11\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n" },
    { "a storm", APIC "r0.4:8031 +i0.4 *10000", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 stayed active over 10,000 EOIs, and rests until 1,001,000 ns\n" },
    { "the destination was changed in service", APIC "r0.4:8031 +i0.4 !0 r0.4:0700000000008031", "pin:ioapic0.4",
      "= vector 31h is in service on CPU 0, and has had no EOI\n" },
    { "logical, flat, to no CPU", APIC "c0.0d0:01000000 r0.4:0200000000008831 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9831h, bit 12\n"
      "- the destination 02h names no CPU (logical): CPU 0 has LDR = 0100_0000h and DFR = FFFF_FFFFh, flat model\n" },
    { "logical, cluster, to no CPU", APIC "c0.0e0:0fffffff c0.0d0:11000000 r0.4:2100000000008831 +i0.4",
      "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9831h, bit 12\n"
      "- the destination 21h names no CPU (logical): CPU 0 has LDR = 1100_0000h and DFR = 0FFF_FFFFh, cluster "
      "model\n" },
    { "logical, x2APIC, to no CPU", APIC "m0.1b:fee00d00 r0.4:0200000000008831 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9831h, bit 12\n"
      "- the destination 0000_0002h names no CPU (logical): CPU 0 has LDR = 0000_0001h, x2APIC mode\n" },
    { "lowest priority, and one of two is disabled", APIC "c0.0d0:01000000 c1.0d0:02000000 r0.4:0300000000000931 +i0.4",
      "pin:ioapic0.4", "= vector 31h is in IRR of CPU 0, and its INTR is up\n", .cpus = 2 },
    { "to all, and all hold it", APIC "c1.0f0:1ff c1.080:40 r0.4:ff00000000000031 +i0.4", "pin:ioapic0.4",
      "= vector 31h is in IRR of CPU 0, and its INTR is up\n"
      "- vector 31h has class 3, which TPR = 40h of CPU 1 holds back\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
    { "to a processor that was not started", APIC "r0.4:0100000000000031 +i0.4", "pin:ioapic0.4",
      "- CPU 1 waits for a SIPI, and takes nothing before\n"
      "- the local APIC of CPU 1 is disabled by software: SVR = 0FFh, bit 8\n"
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0031h, bit 15 is 0 "
      "(edge)\n",
      .cpus = 2 },
    { "an NMI", APIC "r0.4:400 +i0.4", "pin:ioapic0.4", "= an NMI is pending for CPU 0\n" },
    { "an NMI that was taken", APIC "r0.4:400 +i0.4 n0", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0400h, bit 15 is 0 "
      "(edge)\n" },
    { "an ExtINT entry without an 8259A", APIC "r1.4:700 +i1.4", "pin:ioapic1.4",
      "- IOAPIC 1 pin 4 is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL4 = 0000_0700h, bits 10:8\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "an ExtINT entry, masked", APIC "r1.4:10700 +i1.4", "pin:ioapic1.4",
      "- IOAPIC 1 pin 4 is up, but masked: IOREDTBL4 = 0001_0700h, bit 16\n"
      "- IOAPIC 1 pin 4 is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL4 = 0001_0700h, bits 10:8\n" },
    { "an ExtINT entry to an APIC that software disabled", "r1.4:700 +i1.4", "pin:ioapic1.4",
      "- IOAPIC 1 pin 4 is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL4 = 0000_0700h, bits 10:8\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n" },
    { "an ExtINT entry to no CPU", APIC "r1.4:0700000000000700 +i1.4", "pin:ioapic1.4",
      "- IOAPIC 1 pin 4 is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL4 = 0000_0700h, bits 10:8\n"
      "- the destination 07h names no CPU: no local APIC has this id (physical destination)\n" },
    { "the first ExtINT entry is not active", APIC "r1.3:700 r1.4:700 +i1.4", "pin:ioapic1.4",
      "- IOAPIC 1 pin 4 is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL4 = 0000_0700h, bits 10:8\n"
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "delivery mode 6", APIC "r0.4:600 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 has the reserved delivery mode 6: IOREDTBL4 = 0000_0600h, bits 10:8\n"
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0600h, bit 15 is 0 "
      "(edge)\n" },
    { "an SMI", APIC "r0.4:200 +i0.4", "pin:ioapic0.4", "= an SMI is pending for CPU 0\n" },
    { "the last vector that is refused", APIC "r0.4:800f +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 has the vector 0Fh, and no local APIC accepts one below 10h: IOREDTBL4 = 0000_900Fh, bits 7:0\n"
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_900Fh, bit 12\n" },
    { "the first vector that is accepted", APIC "r0.4:8010 +i0.4", "pin:ioapic0.4",
      "= vector 10h is in IRR of CPU 0, and its INTR is up\n" },
    { "no CPU, and an APIC that is off is not meant", APIC "m1.1b:fee00000 r0.4:0700000000008031 +i0.4",
      "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is send pending, as no local APIC accepted its message: IOREDTBL4 = 0000_9031h, bit 12\n"
      "- the destination 07h names no CPU: no local APIC has this id (physical destination)\n",
      .cpus = 2 },
    { "an edge lost in the past, and TPR now", APIC "r0.4:31 +i0.4 !0 c0.0b0:0 c0.080:40", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0031h, bit 15 is 0 "
      "(edge)\n"
      "- vector 31h has class 3, which TPR = 40h of CPU 0 holds back\n" },
    { "masked, with the lowest vector", APIC "r0.4:18010 +i0.4", "pin:ioapic0.4",
      "- IOAPIC 0 pin 4 is up, but masked: IOREDTBL4 = 0001_8010h, bit 16\n" },
    { "two ExtINT entries", APIC "r1.3:700 r1.4:700 +i1.3 +i1.4", "pin:ioapic1.4",
      "- IOAPIC 1 pin 4 is ExtINT, and so is pin 3, which is active and goes first\n"
      "- IOAPIC 1 pin 4 is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL4 = 0000_0700h, bits 10:8\n" },
    { "an ExtINT entry, and INT is low", PIC APIC "r0.0:700", "pin:ioapic0.0", "- IOAPIC 0 pin 0 is low\n" },
    { "an ExtINT entry, and INT is up", PIC APIC "r0.0:700 +p4", "pin:ioapic0.0",
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
};

#endif
