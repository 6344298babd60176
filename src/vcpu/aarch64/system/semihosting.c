// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See semihosting.h. "Semihosting for AArch32 and AArch64", 2.0: chapter 3 (the interface), 4 (extensions), 5 (operations).
//
// The only files are :tt, by its mode the console's input, output or errors, and :semihosting-features. Requests take no time of
// their own, and time is virtual.
//
// Not modelled: files, programs and names of the host (SYS_OPEN of others, SYS_REMOVE, SYS_RENAME, SYS_SYSTEM, SYS_TMPNAM: they
// fail); input at the console, which has ended; requests of EL0 (HLT is undefined there); SYS_EXIT of other reasons ends with 1.
#include "vcpu/aarch64/system/semihosting.h"

#include <string.h>

#include "base/bits.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/loop.h"

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_READC = 0x07,
    SYS_ISERROR = 0x08,
    SYS_ISTTY = 0x09,
    SYS_SEEK = 0x0a,
    SYS_FLEN = 0x0c,
    SYS_TMPNAM = 0x0d,
    SYS_REMOVE = 0x0e,
    SYS_RENAME = 0x0f,
    SYS_CLOCK = 0x10,
    SYS_TIME = 0x11,
    SYS_SYSTEM = 0x12,
    SYS_ERRNO = 0x13,
    SYS_GET_CMDLINE = 0x15,
    SYS_HEAPINFO = 0x16,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_ELAPSED = 0x30,
    SYS_TICKFREQ = 0x31,
};

// Handles. A file may be opened several times: they share what there is to share.
enum { INPUT = 1, OUTPUT, ERRORS, FEATURES };

enum { NO_FILE = 2, NO_HANDLE = 9, NO_ADDRESS = 14, NO_VALUE = 22, NO_CALL = 38 }; // as errno of Linux and newlib

#define APPLICATION_EXIT UINT64_C(0x20026) // ADP_Stopped_ApplicationExit
#define FAILED           UINT64_MAX
#define NS_PER_S         UINT64_C(1000000000)
#define CENTISECOND      UINT64_C(10000000) // ns

// Section 4.1: SYS_EXIT_EXTENDED is there, and :tt has an output for errors.
static const uint8_t features[] = { 'S', 'H', 'F', 'B', 1 << 0 | 1 << 1 };

static uint64_t fail(struct a64_semihosting *host, uint32_t error)
{
    host->error = error;
    return FAILED;
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static void put64(uint8_t *at, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

// --- Memory of the guest ---------------------------------------------------------------------------------------------

// The physical address, and in `size` at most what is left of a page.
static bool place(struct a64_cpu *cpu, uint64_t address, enum access access, uint64_t *physical, size_t *size)
{
    struct a64_walk walk;
    size_t left = 4096 - (address & 4095);
    if (!a64_translate(cpu, address, access, false, &walk) || !(access == ACCESS_WRITE ? walk.write : walk.read))
        return false;
    *physical = walk.physical;
    *size = *size < left ? *size : left;
    return true;
}

static bool read_guest(struct a64_cpu *cpu, uint64_t address, void *data, size_t size)
{
    for (size_t part; size; size -= part, address += part, data = (uint8_t *)data + part) {
        uint64_t physical;
        part = size;
        if (!place(cpu, address, ACCESS_READ, &physical, &part) ||
            !bus_read_memory(cpu->vcpu.loop->memory, physical, data, part))
            return false;
    }
    return true;
}

static bool write_guest(struct a64_cpu *cpu, uint64_t address, const void *data, size_t size)
{
    for (size_t part; size; size -= part, address += part, data = (const uint8_t *)data + part) {
        uint64_t physical;
        part = size;
        if (!place(cpu, address, ACCESS_WRITE, &physical, &part) ||
            !bus_write_memory(cpu->vcpu.loop->memory, physical, data, part))
            return false;
    }
    return true;
}

// `count` fields of 64 bits of the parameter block.
static bool read_block(struct a64_cpu *cpu, uint64_t *fields, unsigned count)
{
    uint8_t bytes[32];
    if (!read_guest(cpu, cpu->r[1], bytes, 8 * count))
        return false;
    for (unsigned i = 0; i < count; i++)
        fields[i] = get64(bytes + 8 * i);
    return true;
}

// --- Files -----------------------------------------------------------------------------------------------------------

static uint64_t open_file(struct a64_cpu *cpu, struct a64_semihosting *host, const uint64_t *block)
{
    char name[32] = "";
    bool readable = block[1] < 4;
    if (block[1] > 11)
        return fail(host, NO_VALUE);
    if (block[2] >= sizeof name)
        return fail(host, NO_FILE);
    if (!read_guest(cpu, block[0], name, block[2]))
        return fail(host, NO_ADDRESS);
    if (strcmp(name, ":tt") == 0)
        return readable ? INPUT : block[1] < 8 ? OUTPUT : ERRORS;
    if (strcmp(name, ":semihosting-features") != 0 || !readable)
        return fail(host, NO_FILE);
    host->position = 0;
    return FEATURES;
}

// Returns how many bytes were not written.
static uint64_t write_file(struct a64_cpu *cpu, struct a64_semihosting *host, const uint64_t *block)
{
    uint64_t left = block[2], address = block[1];
    if (block[0] != OUTPUT && block[0] != ERRORS) {
        host->error = NO_HANDLE;
        return left;
    }
    for (uint8_t byte; left && read_guest(cpu, address, &byte, 1); left--, address++)
        host->put(host->owner, byte);
    if (left)
        host->error = NO_ADDRESS;
    return left;
}

// Returns how many bytes were not read: all of them at the end of a file.
static uint64_t read_file(struct a64_cpu *cpu, struct a64_semihosting *host, const uint64_t *block)
{
    uint64_t size = sizeof features - host->position;
    if (block[0] == INPUT)
        return block[2];
    if (block[0] != FEATURES)
        return fail(host, NO_HANDLE);
    size = size < block[2] ? size : block[2];
    if (!write_guest(cpu, block[1], features + host->position, size))
        return fail(host, NO_ADDRESS);
    host->position += (uint32_t)size;
    return block[2] - size;
}

static uint64_t seek(struct a64_semihosting *host, const uint64_t *block)
{
    if (block[0] != FEATURES)
        return fail(host, NO_HANDLE);
    if (block[1] > sizeof features)
        return fail(host, NO_VALUE);
    host->position = (uint32_t)block[1];
    return 0;
}

static uint64_t file_operation(struct a64_cpu *cpu, struct a64_semihosting *host, uint32_t operation)
{
    uint64_t block[3] = { 0 };
    bool long_one = operation == SYS_OPEN || operation == SYS_WRITE || operation == SYS_READ;
    if (!read_block(cpu, block, long_one ? 3 : operation == SYS_SEEK ? 2 : 1))
        return fail(host, NO_ADDRESS);
    switch (operation) {
    case SYS_OPEN: return open_file(cpu, host, block);
    case SYS_WRITE: return write_file(cpu, host, block);
    case SYS_READ: return read_file(cpu, host, block);
    case SYS_SEEK: return seek(host, block);
    case SYS_ISERROR: return (int64_t)block[0] < 0;
    default: break;
    }
    if (block[0] < INPUT || block[0] > FEATURES)
        return fail(host, NO_HANDLE);
    if (operation == SYS_ISTTY)
        return block[0] != FEATURES;
    return operation == SYS_FLEN && block[0] == FEATURES ? sizeof features : 0;
}

// --- The others ------------------------------------------------------------------------------------------------------

static uint64_t write_text(struct a64_cpu *cpu, struct a64_semihosting *host)
{
    uint64_t address = cpu->r[1], start = address;
    for (uint8_t byte; address - start < host->ram_end - host->ram && read_guest(cpu, address, &byte, 1) && byte;
         address++)
        host->put(host->owner, byte);
    return cpu->r[0]; // the register is corrupted: it stays as it was
}

static uint64_t write_character(struct a64_cpu *cpu, struct a64_semihosting *host)
{
    uint8_t byte;
    if (read_guest(cpu, cpu->r[1], &byte, 1))
        host->put(host->owner, byte);
    return cpu->r[0];
}

// The buffer and its size; the size becomes the length, without the final zero.
static uint64_t command_line(struct a64_cpu *cpu, struct a64_semihosting *host)
{
    const char *line = host->line ? host->line : "";
    uint64_t block[2];
    uint8_t length[8];
    if (!read_block(cpu, block, 2))
        return fail(host, NO_ADDRESS);
    if (block[1] <= strlen(line))
        return fail(host, NO_VALUE);
    put64(length, strlen(line));
    if (!write_guest(cpu, block[0], line, strlen(line) + 1) || !write_guest(cpu, cpu->r[1] + 8, length, sizeof length))
        return fail(host, NO_ADDRESS);
    return 0;
}

// The third quarter of RAM for the heap, and the last one for the stack, which grows down from its base.
static uint64_t heap_info(struct a64_cpu *cpu, struct a64_semihosting *host)
{
    uint64_t quarter = align_down((host->ram_end - host->ram) / 4, 4096), block;
    const uint64_t fields[] = { host->ram + 2 * quarter, host->ram + 3 * quarter, host->ram_end,
                                host->ram + 3 * quarter };
    uint8_t bytes[sizeof fields];
    for (unsigned i = 0; i < 4; i++)
        put64(bytes + 8 * i, fields[i]);
    if (!read_block(cpu, &block, 1) || !write_guest(cpu, block, bytes, sizeof bytes))
        return fail(host, NO_ADDRESS);
    return 0;
}

static uint64_t elapsed(struct a64_cpu *cpu, struct a64_semihosting *host)
{
    uint8_t bytes[8];
    put64(bytes, vcpu_now(&cpu->vcpu));
    return write_guest(cpu, cpu->r[1], bytes, sizeof bytes) ? 0 : fail(host, NO_ADDRESS);
}

// A program that ends gives its status; other reasons are failures.
static uint64_t end(struct a64_cpu *cpu, struct a64_semihosting *host)
{
    uint64_t block[2];
    if (!read_block(cpu, block, 2))
        return fail(host, NO_ADDRESS);
    vcpu_set_state(&cpu->vcpu, VCPU_STOPPED);
    loop_stop(cpu->vcpu.loop, LOOP_EXIT, block[0] == APPLICATION_EXIT ? (int)(block[1] & 0xff) : 1);
    return cpu->r[0];
}

void a64_semihosting_call(struct a64_cpu *cpu)
{
    struct a64_semihosting *host = cpu->semihosting;
    uint32_t operation = (uint32_t)cpu->r[0];
    uint64_t now = vcpu_now(&cpu->vcpu), result;
    switch (operation) {
    case SYS_OPEN:
    case SYS_CLOSE:
    case SYS_WRITE:
    case SYS_READ:
    case SYS_ISERROR:
    case SYS_ISTTY:
    case SYS_SEEK:
    case SYS_FLEN: result = file_operation(cpu, host, operation); break;
    case SYS_WRITEC: result = write_character(cpu, host); break;
    case SYS_WRITE0: result = write_text(cpu, host); break;
    case SYS_READC: result = FAILED; break;
    case SYS_CLOCK: result = now / CENTISECOND; break;
    case SYS_TIME: result = (uint32_t)((uint64_t)host->date + now / NS_PER_S); break;
    case SYS_ERRNO: result = host->error; break;
    case SYS_GET_CMDLINE: result = command_line(cpu, host); break;
    case SYS_HEAPINFO: result = heap_info(cpu, host); break;
    case SYS_EXIT:
    case SYS_EXIT_EXTENDED: result = end(cpu, host); break;
    case SYS_ELAPSED: result = elapsed(cpu, host); break;
    case SYS_TICKFREQ: result = NS_PER_S; break;
    default: result = fail(host, NO_CALL); break;
    }
    cpu->r[0] = result;
}

void a64_semihosting_visit(struct a64_semihosting *semihosting, struct visit *v)
{
    VISIT(v, semihosting->error);
    VISIT_BELOW(v, semihosting->position, sizeof features + 1);
}
