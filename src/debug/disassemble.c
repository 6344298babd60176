// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest code as assembly, by Capstone.
#include "debug/disassemble.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"

#ifdef INTACT_CAPSTONE

#include <capstone/capstone.h>

#if CS_API_MAJOR >= 6
#define CS_ARCH_ARM64 CS_ARCH_AARCH64 // its new name
#endif

bool disassemble_is_built(void)
{
    return true;
}

static bool open_mode(struct disassembler *disassembler, enum disassemble_mode mode)
{
    static const cs_mode modes[] = { CS_MODE_16, CS_MODE_32, CS_MODE_64, CS_MODE_LITTLE_ENDIAN };
    size_t *handle = &disassembler->handles[mode];
    if (*handle)
        return true;
    if (cs_open(mode == DISASSEMBLE_A64 ? CS_ARCH_ARM64 : CS_ARCH_X86, modes[mode], handle) != CS_ERR_OK) {
        *handle = 0;
        return false;
    }
    if (mode != DISASSEMBLE_A64)
        cs_option(*handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
    return true;
}

// What is no instruction.
static void take_unknown(bool a64, const uint8_t *code, struct disassembled *out)
{
    size_t used = 0;
    snprintf(out->mnemonic, sizeof out->mnemonic, "%s", a64 ? ".inst" : ".byte");
    if (a64)
        snprintf(out->operands, sizeof out->operands, "0x%08" PRIx32, (uint32_t)bytes_get(code, 4));
    for (size_t i = 0; !a64 && i < out->size; i++)
        used += (size_t)snprintf(out->operands + used, sizeof out->operands - used, "%s0x%02x", i ? ", " : "", code[i]);
}

bool disassemble(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address, const uint8_t *code,
                 size_t size, size_t unknown, struct disassembled *out)
{
    cs_insn *instruction;
    bool a64 = mode == DISASSEMBLE_A64;
    *out = (struct disassembled){ .size = 0 };
    if (size < (a64 ? 4 : 1) || mode == DISASSEMBLE_MODES || !open_mode(disassembler, mode))
        return false;
    if (cs_disasm(disassembler->handles[mode], code, size, address, 1, &instruction) == 1) {
        out->size = instruction->size;
        snprintf(out->mnemonic, sizeof out->mnemonic, "%s", instruction->mnemonic);
        snprintf(out->operands, sizeof out->operands, "%.100s", instruction->op_str);
        cs_free(instruction, 1);
        return true;
    }
    out->size = a64 ? 4 : unknown == 0 || unknown > size || unknown > 15 ? 1 : unknown;
    take_unknown(a64, code, out);
    return true;
}

void disassemble_free(struct disassembler *disassembler)
{
    for (unsigned mode = 0; mode < DISASSEMBLE_MODES; mode++)
        if (disassembler->handles[mode])
            cs_close(&disassembler->handles[mode]);
    memset(disassembler, 0, sizeof *disassembler);
}

#else

bool disassemble_is_built(void)
{
    return false;
}

bool disassemble(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address, const uint8_t *code,
                 size_t size, size_t unknown, struct disassembled *out)
{
    (void)disassembler, (void)mode, (void)address, (void)code, (void)size, (void)unknown;
    *out = (struct disassembled){ .size = 0 };
    return false;
}

void disassemble_free(struct disassembler *disassembler)
{
    (void)disassembler;
}

#endif

// --- Lines -----------------------------------------------------------------------------------------------------------

enum { LINE_BYTES = 8 }; // of an x86 instruction; the rest is a line of its own

// The bytes of an x86 instruction from `from` on, in a column of LINE_BYTES; or the word of A64.
static size_t write_bytes(bool a64, const uint8_t *code, size_t from, size_t size, char *text, size_t room)
{
    size_t used = 0;
    if (a64)
        return (size_t)snprintf(text, room, " %08" PRIx32, (uint32_t)bytes_get(code, 4));
    for (size_t i = from; i < from + LINE_BYTES; i++)
        used += i < size ? (size_t)snprintf(text + used, room - used, " %02x", code[i])
                         : (size_t)snprintf(text + used, room - used, "%s", from ? "" : "   ");
    return used;
}

static void write_line(enum disassemble_mode mode, uint64_t address, const uint8_t *code, const struct disassembled *is,
                       char text[DISASSEMBLE_TEXT])
{
    const size_t room = DISASSEMBLE_TEXT;
    bool a64 = mode == DISASSEMBLE_A64;
    size_t used = (size_t)snprintf(text, room, "0x%08" PRIx64 ": ", address);
    used += write_bytes(a64, code, 0, is->size, text + used, room - used);
    used += (size_t)snprintf(text + used, room - used, "  %-8s %s\n", is->mnemonic, is->operands);
    if (a64 || is->size <= LINE_BYTES)
        return;
    used += (size_t)snprintf(text + used, room - used, "0x%08" PRIx64 ": ", address + LINE_BYTES);
    used += write_bytes(a64, code, LINE_BYTES, is->size, text + used, room - used);
    snprintf(text + used, room - used, "\n");
}

size_t disassemble_line(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address,
                        const uint8_t *code, size_t size, size_t unknown, char text[DISASSEMBLE_TEXT])
{
    struct disassembled is;
    text[0] = 0;
    if (!disassemble(disassembler, mode, address, code, size, unknown, &is))
        return 0;
    write_line(mode, address, code, &is, text);
    return is.size;
}
