// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Cases of "why does this interrupt not arrive": local APIC: vectors, NMI, LVT. The form is described in test_why.h.
#ifndef TEST_WHY_LAPIC_H
#define TEST_WHY_LAPIC_H

#include "test_why.h"

static const struct why_case why_lapic_cases[] = {
    { "waits for TPR", APIC "c0.080:40 M0xfee00000,31", "vector:0x31@0",
      "- vector 31h has class 3, which TPR = 40h of CPU 0 holds back\n" },
    { "TPR of the same class", APIC "c0.080:30 M0xfee00000,31", "vector:0x31@0",
      "- vector 31h has class 3, which TPR = 30h of CPU 0 holds back\n" },
    { "TPR was lowered", APIC "c0.080:40 M0xfee00000,31 c0.080:20", "vector:0x31@0",
      "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "waits for a vector in service", APIC "M0xfee00000,55 !0 M0xfee00000,31", "vector:0x31@0",
      "- vector 31h has class 3, and waits for the EOI of vector 55h, in service on CPU 0: PPR = 50h\n" },
    { "waits for its own EOI", APIC "M0xfee00000,31 !0 M0xfee00000,31", "vector:0x31@0",
      "- vector 31h has class 3, and waits for the EOI of vector 31h, in service on CPU 0: PPR = 30h\n" },
    { "a higher vector goes first", APIC "M0xfee00000,31 M0xfee00000,35", "vector:0x31@0",
      "- vector 31h waits for vector 35h, the highest in IRR of CPU 0\n" },
    { "TPR, service and a higher vector", APIC "M0xfee00000,41 !0 c0.080:50 M0xfee00000,31 M0xfee00000,44",
      "vector:0x31@0",
      "- vector 31h has class 3, which TPR = 50h of CPU 0 holds back\n"
      "- vector 31h has class 3, and waits for the EOI of vector 41h, in service on CPU 0: PPR = 50h\n"
      "- vector 31h waits for vector 44h, the highest in IRR of CPU 0\n" },
    { "the 8259A goes first", PIC WIRE "+p4 M0xfee00000,31", "vector:0x31@0",
      "- vector 31h waits for the 8259A, whose ExtINT CPU 0 takes before IRR\n" },
    { "in service", APIC "M0xfee00000,31 !0", "vector:0x31@0",
      "= vector 31h is in service on CPU 0, and has had no EOI\n" },
    { "ready", APIC "M0xfee00000,31", "vector:0x31@0", "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "nothing requested it", APIC, "vector:0x31@0",
      "- vector 31h is neither in IRR nor in ISR of CPU 0: nothing requested it, it was lost, or its interrupt is "
      "over\n" },
    { "nothing requested it, and TPR is high", APIC "c0.080:f0", "vector:0x31@0",
      "- vector 31h is neither in IRR nor in ISR of CPU 0: nothing requested it, it was lost, or its interrupt is "
      "over\n"
      "- vector 31h has class 3, which TPR = F0h of CPU 0 holds back\n" },
    { "disabled by software", "M0xfee00000,31", "vector:0x31@0",
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- vector 31h is neither in IRR nor in ISR of CPU 0: nothing requested it, it was lost, or its interrupt is "
      "over\n" },
    { "disabled", "m0.1b:fee00100 M0xfee00000,31", "vector:0x31@0",
      "- the local APIC of CPU 0 is disabled: IA32_APIC_BASE = FEE00100h, bit 11\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- vector 31h is neither in IRR nor in ISR of CPU 0: nothing requested it, it was lost, or its interrupt is "
      "over\n" },
    { "no such vector", APIC, "vector:15@0", "- the local APIC of CPU 0 accepts no vector below 10h, such as 0Fh\n" },
    { "the lowest vector", APIC "M0xfee00000,10", "vector:16@0",
      "= vector 10h is in IRR of CPU 0, and its INTR is up\n" },
    { "a vector of a CPU whose APIC is on", APIC "m1.1b:fee00000 M0xfee00000,31", "vector:0x31@0",
      "= vector 31h is in IRR of CPU 0, and its INTR is up\n", .cpus = 2 },
    { "a processor that was not started", APIC "c1.0f0:1ff M0xfee01000,31", "vector:0x31@1",
      "= vector 31h is in IRR of CPU 1, and its INTR is up\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
    { "a pending INIT", APIC "c1.0f0:1ff M0xfee01000,500", "vector:0x31@1",
      "- CPU 1 waits for a SIPI, and takes nothing before\n"
      "- CPU 1 has a pending INIT, which it takes first, and which resets its local APIC\n"
      "- vector 31h is neither in IRR nor in ISR of CPU 1: nothing requested it, it was lost, or its interrupt is "
      "over\n",
      .cpus = 2 },
    { "the NMI line is low", APIC "c0.360:400", "nmi", "- the NMI line is low\n" },
    { "the NMI line is low, and LINT1 masked", "", "nmi",
      "- the NMI line is low\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_LINT1 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT1 of CPU 0, which has the NMI line, is not NMI: 0001_0000h, bits 10:8\n" },
    { "an NMI is pending", APIC "c0.360:400 +n", "nmi", "= an NMI is pending for CPU 0\n" },
    { "the NMI line stayed high", APIC "c0.360:400 +n n0", "nmi",
      "- LINT1 of CPU 0 is active since its last edge, which was taken or lost: LVT_LINT1 = 0000_0400h\n" },
    { "LINT1 is masked", APIC "+n", "nmi",
      "- LVT_LINT1 of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT1 of CPU 0, which has the NMI line, is not NMI: 0001_0000h, bits 10:8\n"
      "- LINT1 of CPU 0 is active since its last edge, which was taken or lost: LVT_LINT1 = 0001_0000h\n" },
    { "LINT1 is fixed", APIC "c0.360:50 +n", "nmi",
      "- LVT_LINT1 of CPU 0, which has the NMI line, is not NMI: 0000_0050h, bits 10:8\n"
      "- LINT1 of CPU 0 is active since its last edge, which was taken or lost: LVT_LINT1 = 0000_0050h\n" },
    { "LINT1 is active low", APIC "c0.360:2400 +n", "nmi",
      "- LINT1 of CPU 0, which has the NMI line, is active low: LVT_LINT1 = 0000_2400h, bit 13\n" },
    { "the NMI line past the APIC", "+n", "nmi", "= an NMI is pending for CPU 0\n", .imcr = true },
    { "the NMI line past the APIC stayed high", "+n n0", "nmi",
      "- the NMI line is high, but has not risen since the last NMI\n", .imcr = true },
    { "LINT1 is the NMI pin of a disabled APIC", "m0.1b:fee00100 +n n0", "nmi",
      "- LINT1 of CPU 0 is active since its last edge, which was taken or lost: LVT_LINT1 = 0001_0000h\n" },
    { "an NMI waits for the SIPI", APIC "c1.0f0:1ff c1.360:400 +n", "nmi",
      "= an NMI is pending for CPU 1\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
    { "the NMI line is low, and a processor was not started", APIC "c0.360:400 c1.0f0:1ff c1.360:400", "nmi",
      "- the NMI line is low\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
    { "the NMI line is low, and LINT1 active low", APIC "c0.360:2400", "nmi",
      "- the NMI line is low\n"
      "- LINT1 of CPU 0, which has the NMI line, is active low: LVT_LINT1 = 0000_2400h, bit 13\n" },
    { "the NMI line past the APIC leads to CPU 0 alone", "", "nmi", "- the NMI line is low\n", .cpus = 2,
      .imcr = true },
    { "LINT0 in PIC mode", PIC APIC "c0.350:700 +p4", "lint0@0",
      "- LINT0 of CPU 0 is not connected: IMCR = 00h, bit 0 (PIC mode)\n"
      "- LINT0 of CPU 0 is low, which is inactive: LVT_LINT0 = 0000_0700h, bit 13 is 0\n",
      .imcr = true },
    { "LINT1 in PIC mode", APIC "c0.360:400 +n n0", "lint1@0",
      "- LINT1 of CPU 0 is not connected: IMCR = 00h, bit 0 (PIC mode)\n"
      "- LINT1 of CPU 0 is low, which is inactive: LVT_LINT1 = 0000_0400h, bit 13 is 0\n",
      .imcr = true },
    { "LINT0 is up for the 8259A", PIC WIRE "+p4", "lint0@0", "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "LINT0 is low", PIC WIRE, "lint0@0",
      "- LINT0 of CPU 0 is low, which is inactive: LVT_LINT0 = 0000_0700h, bit 13 is 0\n" },
    { "LINT0 is the INTR pin of a disabled APIC", PIC "m0.1b:fee00100 +p4", "lint0@0",
      "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "LINT0, a level in service", PIC APIC "c0.350:8050 +p4 !0", "lint0@0",
      "= vector 50h is in service on CPU 0, and has had no EOI\n" },
    { "LINT0, remote IRR", PIC APIC "c0.350:8050 +p4 !0 c0.350:8060 c0.0b0:0", "lint0@0",
      "- LVT_LINT0 of CPU 0 waits for the EOI of its last interrupt: 0000_C060h, bit 14 (remote IRR)\n" },
    { "LINT0 with a vector below 16", PIC APIC "c0.350:8005 +p4", "lint0@0",
      "- LVT_LINT0 of CPU 0 has a vector below 10h, which is not accepted: 0000_8005h, bits 7:0\n" },
    { "LINT0 with a reserved delivery mode", PIC APIC "c0.350:150 +p4", "lint0@0",
      "- LVT_LINT0 of CPU 0 has delivery mode 1, with which it raises nothing: 0000_0150h, bits 10:8\n"
      "- LINT0 of CPU 0 is active since its last edge, which was taken or lost: LVT_LINT0 = 0000_0150h\n" },
    { "LINT1, an edge that was taken", APIC "c0.360:50 +n !0 c0.0b0:0", "lint1@0",
      "- LINT1 of CPU 0 is active since its last edge, which was taken or lost: LVT_LINT1 = 0000_0050h\n" },
    { "LINT1 as NMI pin", "m0.1b:fee00100 +n", "lint1@0", "= an NMI is pending for CPU 0\n" },
    { "the timer runs", APIC "c0.320:50 c0.380:1000", "timer@0", "- the timer of CPU 0 expires at 9,192 ns\n" },
    { "the timer runs, masked", APIC "c0.320:10050 c0.380:1000", "timer@0",
      "- LVT_TIMER of CPU 0 is masked: 0001_0050h, bit 16\n"
      "- the timer of CPU 0 expires at 9,192 ns\n" },
    { "the timer expired", APIC "c0.320:50 c0.380:1000 t0:100000", "timer@0",
      "= vector 50h is in IRR of CPU 0, and its INTR is up\n" },
    { "the timer expired and had its EOI", APIC "c0.320:50 c0.380:1000 t0:100000 !0 c0.0b0:0", "timer@0",
      "- the timer of CPU 0 does not count: initial count 00001000h, LVT_TIMER = 0000_0050h\n" },
    { "no initial count", APIC "c0.320:50", "timer@0",
      "- the timer of CPU 0 does not count: initial count 00000000h, LVT_TIMER = 0000_0050h\n" },
    { "no deadline", APIC "c0.320:40050", "timer@0",
      "- the timer of CPU 0 has no deadline: IA32_TSC_DEADLINE = 0, LVT_TIMER = 0004_0050h\n" },
    { "a deadline", APIC "c0.320:40050 m0.6e0:123456", "timer@0", "- the timer of CPU 0 expires at 1,193,046 ns\n" },
    { "timer mode 3", APIC "c0.320:60050", "timer@0",
      "- the timer of CPU 0 has the reserved mode 3, and never counts: LVT_TIMER = 0006_0050h, bits 18:17\n" },
    { "the timer runs, and TPR is high", APIC "c0.320:50 c0.380:1000 c0.080:60", "timer@0",
      "- the timer of CPU 0 expires at 9,192 ns\n"
      "- vector 50h has class 5, which TPR = 60h of CPU 0 holds back\n" },
    { "the timer with the lowest vector", APIC "c0.320:10 c0.380:1000", "timer@0",
      "- the timer of CPU 0 expires at 9,192 ns\n" },
    { "the timer of a CPU that was not started", "", "timer@1",
      "- the local APIC of CPU 1 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_TIMER of CPU 1 is masked: 0001_0000h, bit 16\n"
      "- LVT_TIMER of CPU 1 has a vector below 10h, which is not accepted: 0001_0000h, bits 7:0\n"
      "- the timer of CPU 1 does not count: initial count 00000000h, LVT_TIMER = 0001_0000h\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
    { "LINT1 with a level bit, in service", APIC "c0.360:8050 +n !0", "lint1@0",
      "= vector 50h is in service on CPU 0, and has had no EOI\n" },
    { "LINT1, ExtINT and active", APIC "c0.360:700 +n", "lint1@0", "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "LINT1, INIT", APIC "c0.360:500 +n", "lint1@0", "= an INIT is pending for CPU 0\n" },
    { "LINT1, SMI", APIC "c0.360:200 +n", "lint1@0", "= an SMI is pending for CPU 0\n" },
    { "LINT0, SMI with a level bit", PIC APIC "c0.350:8200 +p4", "lint0@0", "= an SMI is pending for CPU 0\n" },
    { "LINT0, active low", PIC APIC "c0.350:2700", "lint0@0", "= INTR of CPU 0 is up for the 8259A (ExtINT)\n" },
    { "LINT0 of a CPU without wires", PIC APIC, "lint0@1",
      "- LINT0 of CPU 1 is low, which is inactive: LVT_LINT0 = 0001_0000h, bit 13 is 0\n"
      "- the local APIC of CPU 1 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_LINT0 of CPU 1 is masked: 0001_0000h, bit 16\n"
      "- LVT_LINT0 of CPU 1 has a vector below 10h, which is not accepted: 0001_0000h, bits 7:0\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
    { "a performance counter that cannot be INIT", APIC "c0.340:500", "pmc@0",
      "- LVT_PMC of CPU 0 has delivery mode 5, with which it raises nothing: 0000_0500h, bits 10:8\n"
      "- nothing has raised LVT_PMC of CPU 0 since its last interrupt, or it was lost\n" },
    { "the timer of a disabled APIC", "m0.1b:fee00100", "timer@0",
      "- the local APIC of CPU 0 is disabled: IA32_APIC_BASE = FEE00100h, bit 11\n"
      "- the timer of CPU 0 does not count: initial count 00000000h, LVT_TIMER = 0001_0000h\n" },
    { "the timer after reset", "", "timer@0",
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- LVT_TIMER of CPU 0 is masked: 0001_0000h, bit 16\n"
      "- LVT_TIMER of CPU 0 has a vector below 10h, which is not accepted: 0001_0000h, bits 7:0\n"
      "- the timer of CPU 0 does not count: initial count 00000000h, LVT_TIMER = 0001_0000h\n" },
    { "no error", APIC "c0.370:51", "error@0",
      "- CPU 0 has detected no error that is new since the last write to its ESR: detected 00h\n" },
    { "an error", APIC "c0.370:51 M0xfee00000,5", "error@0", "= vector 51h is in IRR of CPU 0, and its INTR is up\n" },
    { "an error that was taken", APIC "c0.370:51 M0xfee00000,5 !0 c0.0b0:0", "error@0",
      "- CPU 0 has detected no error that is new since the last write to its ESR: detected 40h\n" },
    { "no event", APIC "c0.340:52", "pmc@0",
      "- nothing has raised LVT_PMC of CPU 0 since its last interrupt, or it was lost\n" },
    { "an entry that cannot be ExtINT", APIC "c0.330:700", "thermal@0",
      "- LVT_THERMAL of CPU 0 has delivery mode 7, with which it raises nothing: 0000_0700h, bits 10:8\n"
      "- nothing has raised LVT_THERMAL of CPU 0 since its last interrupt, or it was lost\n" },
    { "an SMI entry", APIC "c0.2f0:200", "cmci@0",
      "- nothing has raised LVT_CMCI of CPU 0 since its last interrupt, or it was lost\n" },
};

#endif
