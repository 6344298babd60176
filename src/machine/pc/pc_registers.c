// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of an x86-64 processor by name, for programs that look into a machine between two runs.
#include "machine/pc/pc.h"

#include <errno.h>
#include <string.h>

#include "vcpu/x86_64/system/interrupt.h"
#include "vcpu/x86_64/system/sysreg.h"

// RFLAGS has its arithmetic flags elsewhere; the others are members.
enum { FLAGS = 0 };

struct row {
    const char *name;
    uint16_t field; // offset in struct x86_cpu; FLAGS: none
    uint8_t size;
    bool writable;
};

#define SLOT(name, slot)                                                                                               \
    {                                                                                                                  \
        name, offsetof(struct x86_cpu, r[slot]), 8, true                                                               \
    }
#define READS(name, member)                                                                                            \
    {                                                                                                                  \
        name, offsetof(struct x86_cpu, member), sizeof(((struct x86_cpu *)NULL)->member), false                        \
    }

static const struct row rows[] = {
    SLOT("rax", X86_RAX),
    SLOT("rbx", X86_RBX),
    SLOT("rcx", X86_RCX),
    SLOT("rdx", X86_RDX),
    SLOT("rsi", X86_RSI),
    SLOT("rdi", X86_RDI),
    SLOT("rbp", X86_RBP),
    SLOT("rsp", X86_RSP),
    SLOT("r8", X86_R8),
    SLOT("r9", X86_R9),
    SLOT("r10", X86_R10),
    SLOT("r11", X86_R11),
    SLOT("r12", X86_R12),
    SLOT("r13", X86_R13),
    SLOT("r14", X86_R14),
    SLOT("r15", X86_R15),
    SLOT("rip", X86_RIP),
    { "rflags", FLAGS, 8, true },
    READS("cs", segment[X86_CS].selector),
    READS("ss", segment[X86_SS].selector),
    READS("ds", segment[X86_DS].selector),
    READS("es", segment[X86_ES].selector),
    READS("fs", segment[X86_FS].selector),
    READS("gs", segment[X86_GS].selector),
    READS("ldtr", segment[X86_LDTR].selector),
    READS("tr", segment[X86_TR].selector),
    READS("cs_base", r[X86_BASE + X86_CS]),
    READS("ss_base", r[X86_BASE + X86_SS]),
    READS("ds_base", r[X86_BASE + X86_DS]),
    READS("es_base", r[X86_BASE + X86_ES]),
    SLOT("fs_base", X86_BASE + X86_FS),
    SLOT("gs_base", X86_BASE + X86_GS),
    READS("gdtr_base", gdt_base),
    READS("gdtr_limit", gdt_limit),
    READS("idtr_base", idt_base),
    READS("idtr_limit", idt_limit),
    READS("cr0", cr0),
    READS("cr2", cr2),
    READS("cr3", cr3),
    READS("cr4", cr4),
    READS("efer", efer),
    READS("dr0", dr[0]),
    READS("dr1", dr[1]),
    READS("dr2", dr[2]),
    READS("dr3", dr[3]),
    READS("dr6", dr[6]),
    READS("dr7", dr[7]),
    READS("star", star),
    READS("lstar", lstar),
    READS("cstar", cstar),
    READS("sfmask", sfmask),
    READS("kernel_gs_base", kernel_gs_base),
    READS("cpl", cpl),
    READS("mxcsr", mxcsr),
};

const char *pc_register_name(const struct board *board, unsigned index)
{
    (void)board;
    return index < countof(rows) ? rows[index].name : NULL;
}

static const struct row *find(const char *name)
{
    for (unsigned i = 0; i < countof(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

int pc_read_register(struct board *board, uint32_t index, const char *name, uint64_t *value)
{
    const struct x86_cpu *cpu = pc_of(board)->cpus[index];
    const struct row *row = find(name);
    if (!row)
        return -ENOENT;
    *value = row->field == FLAGS ? x86_flags(cpu) : bytes_get((const char *)cpu + row->field, row->size);
    return 0;
}

// What POPF may change at CPL 0.
static void write_flags(struct x86_cpu *cpu, uint64_t value)
{
    const uint64_t own = X86_ARITHMETIC | X86_TF | X86_IF | X86_DF | X86_IOPL | X86_NT | X86_AC | X86_ID;
    x86_set_flags(cpu, bits_merge(x86_flags(cpu), value, own));
}

int pc_write_register(struct board *board, uint32_t index, const char *name, uint64_t value)
{
    struct x86_cpu *cpu = pc_of(board)->cpus[index];
    const struct row *row = find(name);
    if (!row || !row->writable)
        return row ? -EROFS : -ENOENT;
    if (row->field == FLAGS)
        write_flags(cpu, value);
    else
        bytes_put((char *)cpu + row->field, row->size, value);
    return 0;
}
