// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Cases of "why does this interrupt not arrive": messages of devices. The form is described in test_why.h.
#ifndef TEST_WHY_MSI_H
#define TEST_WHY_MSI_H

#include "test_why.h"

static const struct why_case why_msi_cases[] = {
    { "ready", APIC "M0xfee00000,31", "msi:0xfee00000,0x31", "= vector 31h is in IRR of CPU 0, and its INTR is up\n" },
    { "in service", APIC "M0xfee00000,31 !0", "msi:0xfee00000,0x31",
      "= vector 31h is in service on CPU 0, and has had no EOI\n" },
    { "over", APIC "M0xfee00000,31 !0 c0.0b0:0", "msi:0xfee00000,0x31",
      "- vector 31h is neither in IRR nor in ISR of CPU 0: nothing requested it, it was lost, or its interrupt is "
      "over\n" },
    { "not an interrupt", APIC, "msi:0xfed00000,0x31",
      "- the address FED00000h is outside FEE00000h to FEEFFFFFh: a write to memory, no interrupt\n" },
    { "remappable", APIC, "msi:0xfee00010,0x31",
      "- the address FEE00010h has the remappable format (bit 4), and there is no interrupt remapping\n" },
    { "bits 11:5", APIC, "msi:0xfee00020,0x31",
      "- the address FEE00020h has reserved bits set (bits 11:5), as destinations have 8 bits here\n" },
    { "bits 11:5 of 15-bit destinations", APIC, "msi:0xfee00020,0x31",
      "- the destination 100h names no CPU: no local APIC has this id (physical destination)\n",
      .msi_flags = MSI_X86_EXTENDED },
    { "two high parts", APIC, "msi:0x10000fee00020,0x31",
      "- the address 0x10000fee00020 has a high part of the destination in bits 11:5 and in bits 63:40\n",
      .msi_flags = MSI_X86_EXTENDED | MSI_X86_UPPER },
    { "a reserved delivery mode", APIC, "msi:0xfee00000,0x331",
      "- the data 0331h has the reserved delivery mode 3 (bits 10:8)\n" },
    { "a reserved delivery mode, and a reserved bit above", APIC, "msi:0xfee00000,0xb31",
      "- the data 0B31h has the reserved delivery mode 3 (bits 10:8)\n" },
    { "the last of many CPUs", "c65.0f0:1ff M0xfee41000,31", "msi:0xfee41000,0x31",
      "= vector 31h is in IRR of CPU 65, and its INTR is up\n"
      "- CPU 65 waits for a SIPI, and takes nothing before\n",
      .cpus = 66 },
    { "a level de-assert", APIC, "msi:0xfee00000,0x8031",
      "- the data 8031h is a level (bit 15) without assert (bit 14), which no message can withdraw\n" },
    { "a vector below 16", APIC, "msi:0xfee00000,0x5",
      "- the data 0005h has the vector 05h (bits 7:0), and no local APIC accepts one below 10h\n" },
    { "the last vector below 16", APIC, "msi:0xfee00000,0xf",
      "- the data 000Fh has the vector 0Fh (bits 7:0), and no local APIC accepts one below 10h\n" },
    { "the first vector from 16 on", APIC "M0xfee00000,10", "msi:0xfee00000,0x10",
      "= vector 10h is in IRR of CPU 0, and its INTR is up\n" },
    { "an NMI without a vector", APIC "M0xfee00000,405", "msi:0xfee00000,0x405", "= an NMI is pending for CPU 0\n" },
    { "an NMI, and the APIC is disabled by software", "M0xfee00000,400 n0", "msi:0xfee00000,0x400",
      "- no NMI is pending for CPU 0\n" },
    { "an NMI, and the APIC is off", "m0.1b:fee00100", "msi:0xfee00000,0x400",
      "- the local APIC of CPU 0 is disabled: IA32_APIC_BASE = FEE00100h, bit 11\n" },
    { "no CPU", APIC, "msi:0xfee07000,0x31",
      "- the destination 07h names no CPU: no local APIC has this id (physical destination)\n" },
    { "no CPU, as its APIC is off", "m0.1b:fee00100", "msi:0xfee00000,0x31",
      "- the local APIC of CPU 0 is disabled: IA32_APIC_BASE = FEE00100h, bit 11\n"
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n" },
    { "disabled by software", "M0xfee00000,31", "msi:0xfee00000,0x31",
      "- the local APIC of CPU 0 is disabled by software: SVR = 0FFh, bit 8\n"
      "- vector 31h is neither in IRR nor in ISR of CPU 0: nothing requested it, it was lost, or its interrupt is "
      "over\n" },
    { "no CPU in the flat model", APIC "c0.0d0:01000000", "msi:0xfee02004,0x31",
      "- the destination 02h names no CPU (logical): CPU 0 has LDR = 0100_0000h and DFR = FFFF_FFFFh, flat model\n" },
    { "an NMI", APIC "M0xfee00000,400", "msi:0xfee00000,0x400", "= an NMI is pending for CPU 0\n" },
    { "an NMI, not sent", APIC, "msi:0xfee00000,0x400", "- no NMI is pending for CPU 0\n" },
    { "an SMI", APIC "M0xfee00000,200", "msi:0xfee00000,0x200", "= an SMI is pending for CPU 0\n" },
    { "an INIT", APIC "M0xfee00000,500", "msi:0xfee00000,0x500", "= an INIT is pending for CPU 0\n" },
    { "ExtINT", APIC, "msi:0xfee00000,0x700",
      "- the local APIC of CPU 0 accepts no ExtINT message: INT of the 8259A is a wire here\n" },
    { "one of two CPUs has it", APIC "c1.0f0:1ff c0.0d0:01000000 c1.0d0:02000000 M0xfee0300c,31", "msi:0xfee0300c,0x31",
      "= vector 31h is in IRR of CPU 1, and its INTR is up\n"
      "- CPU 1 waits for a SIPI, and takes nothing before\n",
      .cpus = 2 },
};

#endif
