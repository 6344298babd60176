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

static void write_line(enum disassemble_mode mode, uint64_t address, const uint8_t *code, size_t size,
                       const char *mnemonic, const char *operands, char text[DISASSEMBLE_TEXT])
{
    const size_t room = DISASSEMBLE_TEXT;
    bool a64 = mode == DISASSEMBLE_A64;
    size_t used = (size_t)snprintf(text, room, "0x%08" PRIx64 ": ", address);
    used += write_bytes(a64, code, 0, size, text + used, room - used);
    used += (size_t)snprintf(text + used, room - used, "  %-8s %.100s\n", mnemonic, operands);
    if (a64 || size <= LINE_BYTES)
        return;
    used += (size_t)snprintf(text + used, room - used, "0x%08" PRIx64 ": ", address + LINE_BYTES);
    used += write_bytes(a64, code, LINE_BYTES, size, text + used, room - used);
    snprintf(text + used, room - used, "\n");
}

// What is no instruction.
static void write_unknown(enum disassemble_mode mode, uint64_t address, const uint8_t *code, size_t size,
                          char text[DISASSEMBLE_TEXT])
{
    char operands[16 * 6] = "";
    size_t used = 0;
    if (mode == DISASSEMBLE_A64)
        snprintf(operands, sizeof operands, "0x%08" PRIx32, (uint32_t)bytes_get(code, 4));
    for (size_t i = 0; mode != DISASSEMBLE_A64 && i < size; i++)
        used += (size_t)snprintf(operands + used, sizeof operands - used, "%s0x%02x", i ? ", " : "", code[i]);
    write_line(mode, address, code, size, mode == DISASSEMBLE_A64 ? ".inst" : ".byte", operands, text);
}

size_t disassemble_line(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address,
                        const uint8_t *code, size_t size, size_t unknown, char text[DISASSEMBLE_TEXT])
{
    cs_insn *instruction;
    text[0] = 0;
    if (size < (mode == DISASSEMBLE_A64 ? 4 : 1) || mode == DISASSEMBLE_MODES || !open_mode(disassembler, mode))
        return 0;
    if (cs_disasm(disassembler->handles[mode], code, size, address, 1, &instruction) == 1) {
        size = instruction->size;
        write_line(mode, address, code, size, instruction->mnemonic, instruction->op_str, text);
        cs_free(instruction, 1);
        return size;
    }
    if (mode == DISASSEMBLE_A64)
        unknown = 4;
    else if (unknown == 0 || unknown > size || unknown > 15)
        unknown = 1;
    write_unknown(mode, address, code, unknown, text);
    return unknown;
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

size_t disassemble_line(struct disassembler *disassembler, enum disassemble_mode mode, uint64_t address,
                        const uint8_t *code, size_t size, size_t unknown, char text[DISASSEMBLE_TEXT])
{
    (void)disassembler, (void)mode, (void)address, (void)code, (void)size, (void)unknown;
    text[0] = 0;
    return 0;
}

void disassemble_free(struct disassembler *disassembler)
{
    (void)disassembler;
}

#endif
