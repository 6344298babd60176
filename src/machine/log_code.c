// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The items of a log that are about code: in_asm, exec and cpu. Their lines are in the form of QEMU's, whose scripts read them;
// where QEMU has a pointer of the host, exec has the physical address, and behind it the bits of the code and the number of
// instructions instead of flags.
#include "machine/log.h"

#include <inttypes.h>

#include "debug/registers.h"
#include "vcpu/x86_64/cpu.h"

static bool is_pc(const struct intact_log *log)
{
    return machine_board(log->machine)->config.type == INTACT_PC;
}

static void decoded(void *owner, const struct intact_code *code)
{
    struct intact_log *log = owner;
    char text[DISASSEMBLE_TEXT];
    if (!log_wish_covers(&log->wish, code->address, code->size))
        return;
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
    intact_code_observer_init(&log->code, items & LOG_IN_ASM ? decoded : NULL,
                              items & (LOG_EXEC | LOG_CPU) ? entered : NULL, log);
    return items & (LOG_IN_ASM | LOG_EXEC | LOG_CPU) ? intact_machine_observe_code(log->machine, &log->code) : 0;
}
