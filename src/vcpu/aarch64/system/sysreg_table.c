// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The system registers of EL0 and EL1, in the order of their encodings (Arm ARM section D17.1.1 and D18). What a field of an ID
// register says is not there has no row, and is UNDEFINED: of the performance monitors, for example, none (PMUVer is 0).
//
// A row without functions is its field, of which a write changes the bits of `mask`; without a field it reads as `reset`
// and ignores writes.
#include <stddef.h>

#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/aarch64/system/sysreg_functions.h"

#define R           A64_EL1_READ
#define W           A64_EL1_WRITE
#define RW          A64_EL1_ONLY
#define FIELD(name) .field = offsetof(struct a64_cpu, name)
#define WORD        UINT64_C(0xffffffff)

const struct a64_sysreg a64_sysregs[] = {
    // Debug (op0 = 2)
    { "OSDTRRX_EL1", A64_SYSREG(2, 0, 0, 0, 2), .access = RW },
    { "DBGBVR<n>_EL1", A64_SYSREG(2, 0, 0, 0, 4), 8, A64_BREAKPOINTS, RW, FIELD(dbgbvr),
      .write = a64_write_breakpoint },
    { "DBGBCR<n>_EL1", A64_SYSREG(2, 0, 0, 0, 5), 8, A64_BREAKPOINTS, RW, FIELD(dbgbcr), .reset = 0x1e0,
      .write = a64_write_breakpoint },
    { "DBGWVR<n>_EL1", A64_SYSREG(2, 0, 0, 0, 6), 8, A64_WATCHPOINTS, RW, FIELD(dbgwvr),
      .write = a64_write_breakpoint },
    { "DBGWCR<n>_EL1", A64_SYSREG(2, 0, 0, 0, 7), 8, A64_WATCHPOINTS, RW, FIELD(dbgwcr),
      .write = a64_write_breakpoint },
    { "MDCCINT_EL1", A64_SYSREG(2, 0, 0, 2, 0), .access = RW, FIELD(mdccint), .mask = 0x60000000 },
    { "MDSCR_EL1", A64_SYSREG(2, 0, 0, 2, 2), .access = RW, FIELD(mdscr), .write = a64_write_mdscr },
    { "OSDTRTX_EL1", A64_SYSREG(2, 0, 0, 3, 2), .access = RW },
    { "OSECCR_EL1", A64_SYSREG(2, 0, 0, 6, 2), .access = RW },
    { "MDRAR_EL1", A64_SYSREG(2, 0, 1, 0, 0), .access = R },
    { "OSLAR_EL1", A64_SYSREG(2, 0, 1, 0, 4), .access = W, .write = a64_write_oslar },
    { "OSLSR_EL1", A64_SYSREG(2, 0, 1, 1, 4), .access = R, FIELD(oslsr), .reset = 0xa },
    { "OSDLR_EL1", A64_SYSREG(2, 0, 1, 3, 4), .access = RW, FIELD(osdlr), .write = a64_write_osdlr },
    { "DBGPRCR_EL1", A64_SYSREG(2, 0, 1, 4, 4), .access = RW, FIELD(dbgprcr), .mask = 1 },
    { "DBGCLAIMSET_EL1", A64_SYSREG(2, 0, 7, 8, 6), .access = RW, .read = a64_read_claim, .write = a64_write_claim },
    { "DBGCLAIMCLR_EL1", A64_SYSREG(2, 0, 7, 9, 6), .access = RW, .read = a64_read_claim, .write = a64_write_claim },
    // Non-secure debug is there and disabled; there is no Secure state
    { "DBGAUTHSTATUS_EL1", A64_SYSREG(2, 0, 7, 14, 6), .access = R, .reset = 0x0a },
    { "MDCCSR_EL0", A64_SYSREG(2, 3, 0, 1, 0), .access = R | A64_EL0_READ, .read = a64_read_dcc },
    { "DBGDTR_EL0", A64_SYSREG(2, 3, 0, 4, 0), .access = A64_ALL, .read = a64_read_dcc, .write = a64_write_dcc },
    { "DBGDTRTX_EL0", A64_SYSREG(2, 3, 0, 5, 0), .access = A64_ALL, .read = a64_read_dcc, .write = a64_write_dcc },

    // Identity
    { "MIDR_EL1", A64_SYSREG(3, 0, 0, 0, 0), .access = R, .read = a64_read_midr },
    { "MPIDR_EL1", A64_SYSREG(3, 0, 0, 0, 5), .access = R, .read = a64_read_mpidr },
    { "REVIDR_EL1", A64_SYSREG(3, 0, 0, 0, 6), .access = R },
    { "ID_<n>_EL1", A64_SYSREG(3, 0, 0, 1, 0), 1, 56, R, .read = a64_read_id },

    // Control and translation
    { "SCTLR_EL1", A64_SYSREG(3, 0, 1, 0, 0), .access = RW | A64_ENDS_BLOCK, FIELD(sctlr), .reset = 0x30d00980,
      .write = a64_write_sctlr },
    { "ACTLR_EL1", A64_SYSREG(3, 0, 1, 0, 1), .access = RW },
    { "CPACR_EL1", A64_SYSREG(3, 0, 1, 0, 2), .access = RW | A64_ENDS_BLOCK, FIELD(cpacr), .write = a64_write_cpacr },
    { "TTBR0_EL1", A64_SYSREG(3, 0, 2, 0, 0), .access = RW | A64_ENDS_BLOCK, FIELD(ttbr0), .write = a64_write_ttbr },
    { "TTBR1_EL1", A64_SYSREG(3, 0, 2, 0, 1), .access = RW | A64_ENDS_BLOCK, FIELD(ttbr1), .write = a64_write_ttbr },
    { "TCR_EL1", A64_SYSREG(3, 0, 2, 0, 2), .access = RW | A64_ENDS_BLOCK, FIELD(tcr), .write = a64_write_tcr },

    // Exceptions
    { "SPSR_EL1", A64_SYSREG(3, 0, 4, 0, 0), .access = RW, FIELD(spsr), .mask = WORD },
    { "ELR_EL1", A64_SYSREG(3, 0, 4, 0, 1), .access = RW | A64_PLAIN, FIELD(elr) },
    { "SP_EL0", A64_SYSREG(3, 0, 4, 1, 0), .access = RW | A64_PLAIN, FIELD(r[A64_SP_EL0]) },
    { "SPSel", A64_SYSREG(3, 0, 4, 2, 0), .access = RW | A64_ENDS_BLOCK, .read = a64_read_spsel,
      .write = a64_set_spsel },
    { "CurrentEL", A64_SYSREG(3, 0, 4, 2, 2), .access = R, .read = a64_read_currentel },
    { "ALLINT", A64_SYSREG(3, 0, 4, 3, 0), .access = RW, .read = a64_read_allint, .write = a64_write_allint },
    { "ICC_PMR_EL1", A64_SYSREG(3, 0, 4, 6, 0), .access = RW, .read = a64_read_port, .write = a64_write_port },
    { "AFSR0_EL1", A64_SYSREG(3, 0, 5, 1, 0), .access = RW, FIELD(afsr0), .mask = WORD },
    { "AFSR1_EL1", A64_SYSREG(3, 0, 5, 1, 1), .access = RW, FIELD(afsr1), .mask = WORD },
    { "ESR_EL1", A64_SYSREG(3, 0, 5, 2, 0), .access = RW, FIELD(esr), .mask = WORD },
    { "FAR_EL1", A64_SYSREG(3, 0, 6, 0, 0), .access = RW | A64_PLAIN, FIELD(far) },
    { "PAR_EL1", A64_SYSREG(3, 0, 7, 4, 0), .access = RW | A64_PLAIN, FIELD(par) },
    { "MAIR_EL1", A64_SYSREG(3, 0, 10, 2, 0), .access = RW | A64_PLAIN, FIELD(mair) },
    { "AMAIR_EL1", A64_SYSREG(3, 0, 10, 3, 0), .access = RW },
    { "VBAR_EL1", A64_SYSREG(3, 0, 12, 0, 0), .access = RW, FIELD(vbar), .mask = ~UINT64_C(0x7ff) },
    { "RVBAR_EL1", A64_SYSREG(3, 0, 12, 0, 1), .access = R },
    { "ISR_EL1", A64_SYSREG(3, 0, 12, 1, 0), .access = R, .read = a64_read_isr },
    // ICC_IAR0 to ICC_IGRPEN1: CRm 8-12
    { "ICC_<n>_EL1", A64_SYSREG(3, 0, 12, 8, 0), 1, 40, RW, .read = a64_read_port, .write = a64_write_port },
    { "CONTEXTIDR_EL1", A64_SYSREG(3, 0, 13, 0, 1), .access = RW, FIELD(contextidr), .mask = WORD },
    { "TPIDR_EL1", A64_SYSREG(3, 0, 13, 0, 4), .access = RW | A64_PLAIN, FIELD(tpidr_el1) },
    { "CNTKCTL_EL1", A64_SYSREG(3, 0, 14, 1, 0), .access = RW, FIELD(cntkctl), .mask = 0x3ff },

    // Caches
    { "CCSIDR_EL1", A64_SYSREG(3, 1, 0, 0, 0), .access = R, .read = a64_read_ccsidr },
    { "CLIDR_EL1", A64_SYSREG(3, 1, 0, 0, 1), .access = R, .read = a64_read_clidr },
    { "AIDR_EL1", A64_SYSREG(3, 1, 0, 0, 7), .access = R },
    { "CSSELR_EL1", A64_SYSREG(3, 2, 0, 0, 0), .access = RW, FIELD(csselr), .mask = 15 },

    // EL0
    { "CTR_EL0", A64_SYSREG(3, 3, 0, 0, 1), .access = R | A64_EL0_READ, .read = a64_read_ctr },
    { "DCZID_EL0", A64_SYSREG(3, 3, 0, 0, 7), .access = R | A64_EL0_READ, .read = a64_read_dczid },
    { "NZCV", A64_SYSREG(3, 3, 4, 2, 0), .access = A64_ALL, .read = a64_read_nzcv, .write = a64_write_nzcv },
    { "DAIF", A64_SYSREG(3, 3, 4, 2, 1), .access = A64_ALL, .read = a64_read_daif, .write = a64_write_daif },
    { "FPCR", A64_SYSREG(3, 3, 4, 4, 0), .access = A64_ALL | A64_NEEDS_FP, .read = a64_read_fpcr,
      .write = a64_write_fpcr },
    { "FPSR", A64_SYSREG(3, 3, 4, 4, 1), .access = A64_ALL | A64_NEEDS_FP, .read = a64_read_fpsr,
      .write = a64_write_fpsr },
    { "TPIDR_EL0", A64_SYSREG(3, 3, 13, 0, 2), .access = A64_ALL | A64_PLAIN, FIELD(tpidr_el0) },
    { "TPIDRRO_EL0", A64_SYSREG(3, 3, 13, 0, 3), .access = RW | A64_EL0_READ | A64_PLAIN, FIELD(tpidrro_el0) },
    // For software to read; the counter's frequency stays as it is
    { "CNTFRQ_EL0", A64_SYSREG(3, 3, 14, 0, 0), .access = RW | A64_EL0_READ, FIELD(cntfrq), .reset = A64_COUNTER_HZ,
      .mask = WORD, .read = a64_read_counter },
    { "CNTPCT_EL0, CNTVCT_EL0", A64_SYSREG(3, 3, 14, 0, 1), 1, 2, R | A64_EL0_READ, .read = a64_read_counter },
    { "CNTP_TVAL_EL0-CNTP_CVAL_EL0", A64_SYSREG(3, 3, 14, 2, 0), 1, 3, A64_ALL, .read = a64_read_timer,
      .write = a64_write_timer },
    { "CNTV_TVAL_EL0-CNTV_CVAL_EL0", A64_SYSREG(3, 3, 14, 3, 0), 1, 3, A64_ALL, .read = a64_read_timer,
      .write = a64_write_timer },
};
const unsigned a64_sysreg_count = countof(a64_sysregs);
