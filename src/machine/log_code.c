// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The items of a log that are about code: in_asm, op, out_asm, exec and cpu. The lines of the first and the last two are in the form of
// QEMU's, whose scripts read them; where QEMU has a pointer of the host, exec has the physical address, and behind it the bits of the code and the number of
// instructions instead of flags.
#include "machine/log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "debug/registers.h"
#include "vcpu/guest.h"
#include "vcpu/op_text.h"
#include "vcpu/x86_64/cpu.h"

static bool is_pc(const struct intact_log *log)
{
    return machine_board(log->machine)->config.type == INTACT_PC;
}

static void tell_instructions(struct intact_log *log, const struct intact_code *code)
{
    char text[DISASSEMBLE_TEXT];
    log_print(log, "----------------\nIN: \n");
    for (uint32_t i = 0; i < code->count; i++) {
        uint16_t start = code->starts[i];
        disassemble_line(&log->disassembler, disassemble_mode_of(!is_pc(log), code->bits), code->address + start,
                         code->bytes + start, (size_t)(code->starts[i + 1] - start),
                         (size_t)(code->starts[i + 1] - start), text);
        log_print(log, "%s", text);
    }
    log_print(log, "\n");
}

// --- ops and host code -----------------------------------------------------------------------------------------------

static void tell_ops(struct intact_log *log, const struct intact_code *code)
{
    const struct block *block = log->machine->code.telling;
    const struct op_names *names = machine_board(log->machine)->type->guest->ops;
    char text[OP_TEXT];
    unsigned before = UINT_MAX;
    log_print(log, "OP: \n");
    for (unsigned i = 1; i < block->op_count; i++) {
        const struct op *op = &block->ops[i];
        if (op->n != before)
            log_print(log, " ---- 0x%08" PRIx64 "\n", code->address + block_offsets(block)[op->n]);
        before = op->n;
        op_text(names, op, text);
        log_print(log, " %2u  %s\n", op->n, text);
    }
    log_print(log, "\n");
}

static void decoded(void *owner, const struct intact_code *code)
{
    struct intact_log *log = owner;
    if (!log_wish_covers(&log->wish, code->address, code->size))
        return;
    if (log->wish.items & LOG_IN_ASM)
        tell_instructions(log, code);
    if (log->wish.items & LOG_OP)
        tell_ops(log, code);
}

enum { HEX_BYTES = 16 }; // of host code in a line, without a disassembler

static size_t tell_bytes(struct intact_log *log, const uint8_t *code, size_t size)
{
    char text[3 * HEX_BYTES + 1] = "";
    size_t count = size < HEX_BYTES ? size : HEX_BYTES;
    for (size_t i = 0; i < count; i++)
        snprintf(text + 3 * i, 4, " %02x", code[i]);
    log_print(log, "0x%08" PRIxPTR ": %s\n", (uintptr_t)code, text);
    return count;
}

static void tell_host_instructions(struct intact_log *log, const uint8_t *code, size_t size)
{
    char text[DISASSEMBLE_TEXT];
    for (size_t at = 0, next; at < size; at += next) {
        next =
            disassemble_line(&log->disassembler, DISASSEMBLE_HOST, (uintptr_t)code + at, code + at, size - at, 1, text);
        if (next)
            log_print(log, "%s", text);
        else
            next = tell_bytes(log, code + at, size - at);
    }
}

static void tell_piece(struct intact_log *log, const struct host_piece *piece)
{
    char text[OP_TEXT];
    if (!piece->op) {
        log_print(log, "  -- %s\n", piece->what);
        return;
    }
    op_text(machine_board(log->machine)->type->guest->ops, piece->op, text);
    log_print(log, "  -- %s%2u  %s\n", strcmp(piece->what, "op") == 0 ? "" : "seldom: ", piece->op->n, text);
}

static void compiled(void *owner, uint64_t address, const struct block *block, const struct host_code *code)
{
    struct intact_log *log = owner;
    if (block && !log_wish_covers(&log->wish, address, block->bytes))
        return;
    if (block)
        log_print(log, "OUT: [size=%zu] 0x%08" PRIx64 "\n", code->size, address);
    else
        log_print(log, "OUT: [size=%zu] shared by all blocks\n", code->size);
    for (unsigned i = 0; i < code->count; i++) {
        size_t at = code->pieces[i].at, end = i + 1 < code->count ? code->pieces[i + 1].at : code->size;
        tell_piece(log, &code->pieces[i]);
        tell_host_instructions(log, code->code + at, end - at);
    }
    log_print(log, "\n");
}

// --- blocks that are entered -----------------------------------------------------------------------------------------

static void tell_registers(struct intact_log *log, const struct vcpu *cpu)
{
    char text[DEBUG_SHORT_TEXT];
    debug_registers_text(is_pc(log) ? &debug_x86_64 : &debug_aarch64, cpu, text);
    log_print(log, "%s", text);
}

static void entered(void *owner, const struct intact_code *code)
{
    struct intact_log *log = owner;
    const struct vcpu *cpu = machine_board(log->machine)->loop.vcpus[code->cpu];
    uint64_t base = is_pc(log) ? ((const struct x86_cpu *)(const void *)cpu)->r[X86_BASE + X86_CS] : 0;
    if (!log_wish_covers(&log->wish, code->address, code->size))
        return;
    if (log->wish.items & LOG_EXEC)
        log_print(log,
                  "Trace %" PRIu32 ": 0x%012" PRIx64 " [%016" PRIx64 "/%016" PRIx64 "/%08" PRIx32 "/%08" PRIx32
                  "] %" PRIu64 "\n",
                  code->cpu, code->physical, base, code->address, code->bits, code->count, code->instructions);
    else
        log_print(log, "CPU %" PRIu32 ", instruction %" PRIu64 "\n", code->cpu, code->instructions);
    if (log->wish.items & LOG_CPU)
        tell_registers(log, cpu);
}

int log_code_begin(struct intact_log *log)
{
    unsigned items = log->wish.items;
    intact_code_observer_init(&log->code, items & (LOG_IN_ASM | LOG_OP) ? decoded : NULL,
                              items & (LOG_EXEC | LOG_CPU) ? entered : NULL, log);
    log->host_code = (struct host_code_observer){ .compiled = compiled, .owner = log };
    if (items & LOG_OUT_ASM)
        code_observe_host(log->machine, &log->host_code);
    return log->code.decoded || log->code.entered ? intact_machine_observe_code(log->machine, &log->code) : 0;
}

void log_code_end(struct intact_log *log)
{
    intact_code_observer_remove(&log->code);
    code_unobserve_host(log->machine, &log->host_code);
}
