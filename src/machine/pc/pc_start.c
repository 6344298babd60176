// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sets the registers of the first processor to the state that the loader returned. The others wait for their SIPI.
#include <errno.h>
#include <inttypes.h>

#include "machine/pc/pc.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

enum {
    PRESENT = X86_ATTR_P | X86_ATTR_S,
    CODE = 0xb, // execute, read, accessed
    DATA = 0x3, // read, write, accessed
    BUSY_TSS = 0xb,
    TSS_LIMIT = 0x67,
    FLAT = 0xffffffff,
    RFLAGS_FIXED = 2,
};

static void set_segments(struct x86_cpu *cpu, const struct boot_x86_state *state)
{
    uint16_t size = state->mode == BOOT_X86_LONG ? X86_ATTR_L : X86_ATTR_DB;
    x86_set_segment(cpu, X86_CS, state->cs, 0, FLAT, (uint16_t)(CODE | PRESENT | size | X86_ATTR_G));
    for (unsigned segment = X86_ES; segment <= X86_GS; segment++)
        if (segment != X86_CS)
            x86_set_segment(cpu, (enum x86_segment)segment, state->ds, 0, FLAT,
                            DATA | PRESENT | X86_ATTR_DB | X86_ATTR_G);
    x86_set_segment(cpu, X86_TR, 0, 0, TSS_LIMIT, BUSY_TSS | X86_ATTR_P);
}

void pc_start(struct pc *pc, const struct boot_x86_state *state)
{
    struct x86_cpu *cpu = pc->cpus[0];
    if (state->mode == BOOT_X86_REAL)
        return;
    cpu->cr0 = state->cr0;
    cpu->cr3 = state->cr3;
    cpu->cr4 = state->cr4;
    cpu->efer = state->efer;
    cpu->cpl = 0;
    cpu->eflags = RFLAGS_FIXED;
    cpu->gdt_base = state->gdt_base;
    cpu->gdt_limit = state->gdt_limit;
    cpu->idt_base = 0;
    cpu->idt_limit = 0x3ff; // the real-mode interrupt vectors
    for (unsigned i = X86_RAX; i <= X86_R15; i++)
        cpu->r[i] = 0;
    cpu->r[X86_RAX] = state->rax;
    cpu->r[X86_RBX] = state->rbx;
    cpu->r[X86_RSI] = state->rsi;
    cpu->r[X86_RSP] = state->rsp;
    cpu->r[X86_RIP] = state->rip;
    set_segments(cpu, state);
    x86_update_mode(cpu);
    tlb_flush(&cpu->vcpu);
}

// Real mode, CS:IP for the address. (QEMU sets EIP alone, so that a program is fetched from FFFF0000h + EIP.)
int pc_start_at(struct board *board, uint32_t cpu, uint64_t address)
{
    struct pc *pc = pc_of(board);
    struct x86_cpu *processor = pc->cpus[cpu];
    if (address >= PC_ROM_END)
        return error_set(&board->error, -EINVAL,
                         "-device loader: cpu-num=%" PRIu32 ": 0x%" PRIx64
                         " is not below 1 MiB, where a processor starts in real mode; -kernel starts other programs",
                         cpu, address);
    x86_reset(processor);
    if (!pc->runs_flash)
        x86_leave_firmware(processor);
    x86_set_segment(processor, X86_CS, (uint16_t)(address >> 4), address & ~UINT64_C(15), 0xffff, DATA | PRESENT);
    processor->r[X86_RIP] = address & 15;
    x86_update_mode(processor);
    tlb_flush(&processor->vcpu);
    return 0;
}
