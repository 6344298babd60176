// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of an AArch64 processor by name, for programs that look into a machine between two runs.
#include "machine/virt/virt.h"

#include <errno.h>
#include <string.h>

#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/sysreg.h"

static const char *const general[] = {
    "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",     "x10", "x11",
    "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",    "x22", "x23",
    "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "pc",  "pstate",
};
enum { SP = A64_X30 + 1, PC, PSTATE };

// System registers that are a member of the processor and no more, behind the general ones.
static const struct a64_sysreg *system_register(unsigned index)
{
    for (unsigned i = 0; i < a64_sysreg_count; i++)
        if (a64_sysregs[i].field && a64_sysregs[i].count <= 1 && index-- == 0)
            return &a64_sysregs[i];
    return NULL;
}

const char *virt_register_name(const struct board *board, unsigned index)
{
    (void)board;
    if (index < countof(general))
        return general[index];
    const struct a64_sysreg *row = system_register(index - countof(general));
    return row ? row->name : NULL;
}

// The slot of a general register, PSTATE's number, or countof(general).
static unsigned find(const char *name)
{
    unsigned i = 0;
    while (i < countof(general) && strcmp(general[i], name) != 0)
        i++;
    return i;
}

static const struct a64_sysreg *find_system(const char *name)
{
    const struct a64_sysreg *row;
    for (unsigned i = 0; (row = system_register(i)); i++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static uint64_t *slot_of(struct a64_cpu *cpu, unsigned number)
{
    if (number == SP)
        return &cpu->r[cpu->el == 1 && cpu->spsel ? A64_SP_EL1 : A64_SP_EL0];
    return &cpu->r[number == PC ? A64_PC : number];
}

int virt_read_register(struct board *board, uint32_t index, const char *name, uint64_t *value)
{
    struct a64_cpu *cpu = virt_of(board)->cpus[index];
    unsigned number = find(name);
    const struct a64_sysreg *row = number == countof(general) ? find_system(name) : NULL;
    if (number == countof(general) && !row)
        return -ENOENT;
    if (row)
        *value = bytes_get((const char *)cpu + row->field, 8);
    else
        *value = number == PSTATE ? a64_pstate(cpu) : *slot_of(cpu, number);
    return 0;
}

int virt_write_register(struct board *board, uint32_t index, const char *name, uint64_t value)
{
    struct a64_cpu *cpu = virt_of(board)->cpus[index];
    unsigned number = find(name);
    if (number == countof(general))
        return find_system(name) ? -EROFS : -ENOENT;
    if (number != PSTATE) {
        *slot_of(cpu, number) = value;
        return 0;
    }
    a64_set_nzcv(cpu, (uint32_t)value & A64_NZCV); // the condition flags and masks; the rest decides what code means
    cpu->daif = (uint32_t)value & A64_DAIF;
    a64_update_mode(cpu);
    return 0;
}
