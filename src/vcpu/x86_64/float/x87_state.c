// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x87's state in memory: environment and registers in the 16-bit and 32-bit formats, of protected and of real mode
// (SDM vol. 1, 8.1.10, figures 8-9 to 8-12), and the tag word.
#include "base/bits.h"
#include "vcpu/x86_64/float/x87_unit.h"

#define REGISTER_BYTES 10

static unsigned environment_bytes(const struct x86_x87_operand *operand)
{
    return operand->size == 2 ? 14 : 28;
}

static bool real_format(const struct x86_cpu *cpu)
{
    return !(cpu->cr0 & X86_CR0_PE) || cpu->eflags & X86_VM;
}

void x86_x87_init(struct x86_cpu *cpu)
{
    struct x86_x87 *x87 = &cpu->x87;
    x87->control = 0x37f;
    x87->status = 0;
    x87->valid = 0;
    x87->ip = x87->dp = 0;
    x87->opcode = x87->cs = x87->ds = 0;
}

void x87_update_pending(struct x86_cpu *cpu)
{
    struct x86_x87 *x87 = &cpu->x87;
    x87->status &= (uint16_t) ~(X87_ES | X87_B);
    if (x87->status & ~x87->control & 0x3f) {
        x87->status |= X87_ES | X87_B;
    }
}

// --- tags: 0 valid, 1 zero, 2 special, 3 empty -----------------------------------------------------------------------

static unsigned tag(const struct x86_x87 *x87, unsigned physical)
{
    if (!(x87->valid >> physical & 1)) {
        return 3;
    }
    const unsigned exponent = x87->exponent[physical] & 0x7fff;
    const uint64_t mantissa = x87->mantissa[physical];
    if (exponent == 0 && mantissa == 0) {
        return 1;
    }
    return exponent == 0 || exponent == 0x7fff || !(mantissa >> 63) ? 2 : 0;
}

uint16_t x86_x87_tags(const struct x86_cpu *cpu)
{
    unsigned tags = 0;
    for (unsigned i = 0; i < 8; i++) {
        tags |= tag(&cpu->x87, i) << 2 * i;
    }
    return (uint16_t)tags;
}

static uint8_t valid_of_tags(unsigned tags)
{
    unsigned valid = 0;
    for (unsigned i = 0; i < 8; i++) {
        valid |= (unsigned)((tags >> 2 * i & 3) != 3) << i;
    }
    return (uint8_t)valid;
}

// --- environment: seven words of `size` bytes ------------------------------------------------------------------------

static bool load_words(struct x86_cpu *cpu, const struct x86_x87_operand *operand, uint32_t words[7])
{
    const unsigned size = operand->size == 2 ? 2 : 4;
    for (unsigned i = 0; i < 7; i++) {
        uint64_t value;
        if (!x86_load(cpu, operand->linear + i * size, size, &value)) {
            return false;
        }
        words[i] = (uint32_t)value;
    }
    return true;
}

static void enter_environment(struct x86_cpu *cpu, const struct x86_x87_operand *operand, const uint32_t words[7])
{
    struct x86_x87 *x87 = &cpu->x87;
    x87->control = (uint16_t)((words[0] & 0x1f3f) | 0x40);
    x87->status = (uint16_t)words[1];
    x87->valid = valid_of_tags(words[2]);
    if (real_format(cpu)) {
        x87->ip = (words[3] & 0xffff) | (uint64_t)(words[4] >> 12 & 0xffff) << 16;
        x87->opcode = words[4] & 0x7ff;
        x87->dp = (words[5] & 0xffff) | (uint64_t)(words[6] >> 12 & 0xffff) << 16;
        x87->cs = x87->ds = 0;
    } else {
        x87->ip = words[3];
        x87->cs = (uint16_t)words[4];
        x87->opcode = operand->size == 2 ? 0 : words[4] >> 16 & 0x7ff;
        x87->dp = words[5];
        x87->ds = (uint16_t)words[6];
    }
    x87_update_pending(cpu);
}

bool x87_load_environment(struct x86_cpu *cpu, const struct x86_x87_operand *operand)
{
    uint32_t words[7];
    if (!load_words(cpu, operand, words)) {
        return false;
    }
    enter_environment(cpu, operand, words);
    return true;
}

// The upper halves of 32-bit words are ones where the figures say "reserved".
static bool store_words(struct x86_cpu *cpu, const struct x86_x87_operand *operand)
{
    const struct x86_x87 *x87 = &cpu->x87;
    const unsigned size = operand->size == 2 ? 2 : 4;
    const uint32_t reserved = 0xffff0000;
    uint32_t words[7] = { x87->control | reserved, x87->status | reserved, x86_x87_tags(cpu) | reserved };
    if (real_format(cpu)) {
        const uint32_t ip = (uint32_t)(x87->ip + (uint64_t)x87->cs * 16),
                       dp = (uint32_t)(x87->dp + (uint64_t)x87->ds * 16);
        words[3] = (ip & 0xffff) | reserved;
        words[4] = (ip >> 16) << 12 | x87->opcode;
        words[5] = (dp & 0xffff) | reserved;
        words[6] = (dp >> 16) << 12;
    } else {
        words[3] = (uint32_t)x87->ip;
        words[4] = (uint32_t)x87->opcode << 16 | x87->cs;
        words[5] = (uint32_t)x87->dp;
        words[6] = x87->ds | reserved;
    }
    for (unsigned i = 0; i < 7; i++) {
        if (!x86_store(cpu, operand->linear + i * size, size, words[i])) {
            return false;
        }
    }
    return true;
}

static bool can_store(struct x86_cpu *cpu, uint64_t linear, unsigned bytes)
{
    return tlb_probe(&cpu->vcpu, linear, bytes, cpu->cpl == 3, ACCESS_WRITE);
}

bool x87_store_environment(struct x86_cpu *cpu, const struct x86_x87_operand *operand)
{
    if (!can_store(cpu, operand->linear, environment_bytes(operand)) || !store_words(cpu, operand)) {
        return false;
    }
    cpu->x87.control |= 0x3f;
    x87_update_pending(cpu);
    return true;
}

// --- environment and registers, ST(0) first --------------------------------------------------------------------------

bool x87_restore(struct x86_cpu *cpu, const struct x86_x87_operand *operand)
{
    const uint64_t registers = operand->linear + environment_bytes(operand);
    uint32_t words[7];
    uint64_t mantissa[8], exponent[8];
    if (!load_words(cpu, operand, words)) {
        return false;
    }
    for (unsigned i = 0; i < 8; i++) {
        if (!x86_load(cpu, registers + i * REGISTER_BYTES, 8, &mantissa[i]) ||
            !x86_load(cpu, registers + i * REGISTER_BYTES + 8, 2, &exponent[i])) {
            return false;
        }
    }
    enter_environment(cpu, operand, words);
    for (unsigned i = 0; i < 8; i++) {
        const unsigned physical = (x86_x87_top(cpu) + i) & 7;
        cpu->x87.mantissa[physical] = mantissa[i];
        cpu->x87.exponent[physical] = (uint16_t)exponent[i];
    }
    return true;
}

bool x87_save(struct x86_cpu *cpu, const struct x86_x87_operand *operand)
{
    const uint64_t registers = operand->linear + environment_bytes(operand);
    if (!can_store(cpu, operand->linear, environment_bytes(operand) + 8 * REGISTER_BYTES) ||
        !store_words(cpu, operand)) {
        return false;
    }
    for (unsigned i = 0; i < 8; i++) {
        const unsigned physical = (x86_x87_top(cpu) + i) & 7;
        if (!x86_store(cpu, registers + i * REGISTER_BYTES, 8, cpu->x87.mantissa[physical]) ||
            !x86_store(cpu, registers + i * REGISTER_BYTES + 8, 2, cpu->x87.exponent[physical])) {
            return false;
        }
    }
    x86_x87_init(cpu);
    return true;
}
