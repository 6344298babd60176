// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of an AArch64 processor for a debugger (gdb manual, G.5.1 "AArch64 Features"; Arm ARM chapter D17).
//
// A write changes what instructions of the guest could change without a side effect; what decides how code is executed
// (SCTLR_EL1, TCR_EL1, the exception level) can only be read.
//
// Not modelled: writes of system registers with side effects; registers of the interrupt controller and the timers.
#include "debug/registers.h"

#include "base/bits.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/sysreg.h"

enum kind {
    FIELD,   // a member of the CPU
    GENERAL, // X0 to X30
    STACK,   // SP
    PSTATE,
    VECTOR,
    LEVEL, // CurrentEL
};

#define ALL     UINT64_MAX
#define WORD    UINT64_C(0xffffffff)
#define INT(m)  offsetof(struct a64_cpu, m)
#define SLOT(s) offsetof(struct a64_cpu, r[s])

static const char core_types[] =
    "<flags id=\"cpsr_flags\" size=\"4\">"
    "<field name=\"SP\" start=\"0\" end=\"0\"/><field name=\"EL\" start=\"2\" end=\"3\"/>"
    "<field name=\"F\" start=\"6\" end=\"6\"/><field name=\"I\" start=\"7\" end=\"7\"/>"
    "<field name=\"A\" start=\"8\" end=\"8\"/><field name=\"D\" start=\"9\" end=\"9\"/>"
    "<field name=\"IL\" start=\"20\" end=\"20\"/><field name=\"SS\" start=\"21\" end=\"21\"/>"
    "<field name=\"V\" start=\"28\" end=\"28\"/><field name=\"C\" start=\"29\" end=\"29\"/>"
    "<field name=\"Z\" start=\"30\" end=\"30\"/><field name=\"N\" start=\"31\" end=\"31\"/>"
    "</flags>\n";

static const struct debug_register core[] = {
    { "x", "int64", 8, 31, GENERAL, .mask = ALL },
    { "sp", "data_ptr", 8, 0, STACK, .mask = ALL },
    { "pc", "code_ptr", 8, 0, FIELD, SLOT(A64_PC), ALL },
    { "cpsr", "cpsr_flags", 4, 0, PSTATE, .mask = A64_NZCV | A64_DAIF },
};

static const char fpu_types[] =
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
    "<vector id=\"v2u\" type=\"uint64\" count=\"2\"/>"
    "<vector id=\"v2i\" type=\"int64\" count=\"2\"/>"
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
    "<vector id=\"v4u\" type=\"uint32\" count=\"4\"/>"
    "<vector id=\"v4i\" type=\"int32\" count=\"4\"/>"
    "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/>"
    "<vector id=\"v8i\" type=\"int16\" count=\"8\"/>"
    "<vector id=\"v16u\" type=\"uint8\" count=\"16\"/>"
    "<vector id=\"v16i\" type=\"int8\" count=\"16\"/>"
    "<vector id=\"v1u\" type=\"uint128\" count=\"1\"/>"
    "<vector id=\"v1i\" type=\"int128\" count=\"1\"/>"
    "<union id=\"vnd\"><field name=\"f\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/>"
    "<field name=\"s\" type=\"v2i\"/></union>"
    "<union id=\"vns\"><field name=\"f\" type=\"v4f\"/><field name=\"u\" type=\"v4u\"/>"
    "<field name=\"s\" type=\"v4i\"/></union>"
    "<union id=\"vnh\"><field name=\"u\" type=\"v8u\"/><field name=\"s\" type=\"v8i\"/></union>"
    "<union id=\"vnb\"><field name=\"u\" type=\"v16u\"/><field name=\"s\" type=\"v16i\"/></union>"
    "<union id=\"vnq\"><field name=\"u\" type=\"v1u\"/><field name=\"s\" type=\"v1i\"/></union>"
    "<union id=\"aarch64v\"><field name=\"d\" type=\"vnd\"/><field name=\"s\" type=\"vns\"/>"
    "<field name=\"h\" type=\"vnh\"/><field name=\"b\" type=\"vnb\"/>"
    "<field name=\"q\" type=\"vnq\"/></union>\n";

static const struct debug_register fpu[] = {
    { "v", "aarch64v", 16, 32, VECTOR, .mask = ALL },
    { "fpsr", "int", 4, 0, FIELD, INT(fpsr), 0x0800009f },
    { "fpcr", "int", 4, 0, FIELD, INT(fpcr), 0x07c00000 },
};

static const struct debug_register system_rows[] = {
    { "CurrentEL", "int64", 8, 0, LEVEL },
    { "SP_EL0", "data_ptr", 8, 0, FIELD, SLOT(A64_SP_EL0), ALL },
    { "SP_EL1", "data_ptr", 8, 0, FIELD, SLOT(A64_SP_EL1), ALL },
    { "ELR_EL1", "code_ptr", 8, 0, FIELD, INT(elr), ALL },
    { "SPSR_EL1", "int64", 8, 0, FIELD, INT(spsr), WORD },
    { "ESR_EL1", "int64", 8, 0, FIELD, INT(esr), WORD },
    { "FAR_EL1", "int64", 8, 0, FIELD, INT(far), ALL },
    { "VBAR_EL1", "int64", 8, 0, FIELD, INT(vbar), ~UINT64_C(0x7ff) },
    { "SCTLR_EL1", "int64", 8, 0, FIELD, INT(sctlr) },
    { "CPACR_EL1", "int64", 8, 0, FIELD, INT(cpacr) },
    { "TCR_EL1", "int64", 8, 0, FIELD, INT(tcr) },
    { "TTBR0_EL1", "int64", 8, 0, FIELD, INT(ttbr0) },
    { "TTBR1_EL1", "int64", 8, 0, FIELD, INT(ttbr1) },
    { "MAIR_EL1", "int64", 8, 0, FIELD, INT(mair) },
    { "PAR_EL1", "int64", 8, 0, FIELD, INT(par), ALL },
    { "AFSR0_EL1", "int64", 8, 0, FIELD, INT(afsr0), WORD },
    { "AFSR1_EL1", "int64", 8, 0, FIELD, INT(afsr1), WORD },
    { "CONTEXTIDR_EL1", "int64", 8, 0, FIELD, INT(contextidr), WORD },
    { "TPIDR_EL0", "int64", 8, 0, FIELD, INT(tpidr_el0), ALL },
    { "TPIDRRO_EL0", "int64", 8, 0, FIELD, INT(tpidrro_el0), ALL },
    { "TPIDR_EL1", "int64", 8, 0, FIELD, INT(tpidr_el1), ALL },
    { "CNTKCTL_EL1", "int64", 8, 0, FIELD, INT(cntkctl) },
    { "MDSCR_EL1", "int64", 8, 0, FIELD, INT(mdscr) },
};

static unsigned sp_slot(const struct a64_cpu *cpu)
{
    return cpu->el == 1 && cpu->spsel ? A64_SP_EL1 : A64_SP_EL0;
}

static void aarch64_read(const struct vcpu *vcpu, const struct debug_register *row, unsigned index, uint8_t *value)
{
    const struct a64_cpu *cpu = (const struct a64_cpu *)(const void *)vcpu;
    switch ((enum kind)row->kind) {
    case FIELD: bytes_put(value, row->size, bytes_get((const char *)cpu + row->field, row->size)); break;
    case GENERAL: bytes_put(value, 8, cpu->r[index]); break;
    case STACK: bytes_put(value, 8, cpu->r[sp_slot(cpu)]); break;
    case PSTATE: bytes_put(value, 4, a64_pstate(cpu)); break;
    case VECTOR:
        bytes_put(value, 8, cpu->v[index].d[0]);
        bytes_put(value + 8, 8, cpu->v[index].d[1]);
        break;
    case LEVEL: bytes_put(value, 8, (uint64_t)cpu->el << 2); break;
    }
}

static void aarch64_write(struct vcpu *vcpu, const struct debug_register *row, unsigned index, const uint8_t *value)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    char *field = (char *)cpu + row->field;
    switch ((enum kind)row->kind) {
    case FIELD:
        bytes_put(field, row->size, bits_merge(bytes_get(field, row->size), bytes_get(value, row->size), row->mask));
        break;
    case GENERAL: cpu->r[index] = bytes_get(value, 8); break;
    case STACK: cpu->r[sp_slot(cpu)] = bytes_get(value, 8); break;
    case PSTATE: // the condition flags and masks; the rest decides what code means
        a64_set_nzcv(cpu, (uint32_t)bytes_get(value, 4) & A64_NZCV);
        cpu->daif = (uint32_t)bytes_get(value, 4) & A64_DAIF;
        a64_update_mode(cpu);
        break;
    case VECTOR:
        cpu->v[index].d[0] = bytes_get(value, 8);
        cpu->v[index].d[1] = bytes_get(value + 8, 8);
        break;
    case LEVEL: break; // it can only be read
    }
}

const struct debug_family debug_aarch64 = {
    .architecture = "aarch64",
    .features = {
        { "org.gnu.gdb.aarch64.core", core_types, core, countof(core) },
        { "org.gnu.gdb.aarch64.fpu", fpu_types, fpu, countof(fpu) },
        { "org.intact.aarch64.system", "", system_rows, countof(system_rows) },
    },
    .feature_count = 3,
    .common_features = 2,
    .pc = 32,
    .in_short = { { 0, 4 } }, // x0 to cpsr
    .read = aarch64_read,
    .write = aarch64_write,
};
