// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A client of the protocol, and a machine of three processors with a few registers and two pages of memory.
#ifndef TESTS_DEBUG_CLIENT_H
#define TESTS_DEBUG_CLIENT_H

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "debug/gdb.h"

enum { CPUS = 3, MEMORY = 8192, MEMORY_AT = 0x1000, MOVED = 0x100000 }; // physical = virtual + MOVED

struct machine_cpu {
    struct vcpu vcpu;
    uint64_t r[2], pc, level;
    uint8_t v[2][16];
};

static struct {
    struct machine_cpu cpu[CPUS];
    uint8_t memory[MEMORY];
    struct gdb_point points[64]; // `types` is not used
    uint32_t except[64];
    unsigned count;
} machine;

static struct gdb gdb;

// --- its registers ---------------------------------------------------------------------------------------------------

enum { R, PC, V, LEVEL };

static void *register_of(const struct vcpu *vcpu, const struct debug_register *row, unsigned index)
{
    struct machine_cpu *cpu = (struct machine_cpu *)(uintptr_t)vcpu;
    switch (row->kind) {
    case R: return &cpu->r[index];
    case PC: return &cpu->pc;
    case V: return cpu->v[index];
    default: return &cpu->level;
    }
}

static inline void read_value(const struct vcpu *cpu, const struct debug_register *row, unsigned index, uint8_t *value)
{
    memcpy(value, register_of(cpu, row, index), row->size);
}

static inline void write_value(struct vcpu *cpu, const struct debug_register *row, unsigned index, const uint8_t *value)
{
    memcpy(register_of(cpu, row, index), value, row->size);
}

static const struct debug_register common_rows[] = {
    { "r", "int64", 8, 2, R, .mask = UINT64_MAX },
    { "pc", "code_ptr", 8, 0, PC, .mask = UINT64_MAX },
    { "v", "uint128", 16, 2, V, .mask = UINT64_MAX },
};
static const struct debug_register level_row[] = { { "level", "int64", 8, 0, LEVEL } };

static const struct debug_family family = {
    .architecture = "none",
    .features = { { "common", "", common_rows, 3 }, { "system", "<x/>", level_row, 1 } },
    .feature_count = 2,
    .common_features = 1,
    .pc = 2,
    .read = read_value,
    .write = write_value,
};

// --- what the protocol asks ------------------------------------------------------------------------------------------

static inline struct vcpu *get_cpu(void *owner, unsigned cpu)
{
    (void)owner;
    return &machine.cpu[cpu].vcpu;
}

static inline const char *cpu_text(void *owner, unsigned cpu)
{
    (void)owner;
    return cpu ? "halted" : "running";
}

static inline uint8_t *place(bool physical, uint64_t address, size_t size)
{
    uint64_t offset = address - MEMORY_AT - (physical ? MOVED : 0);
    return offset < MEMORY && size <= MEMORY - offset ? machine.memory + offset : NULL;
}

static inline bool get_memory(void *owner, unsigned cpu, bool physical, uint64_t address, void *data, size_t size)
{
    const uint8_t *at = place(physical, address, size);
    (void)owner, (void)cpu;
    if (at)
        memcpy(data, at, size);
    return at;
}

static inline bool put_memory(void *owner, unsigned cpu, bool physical, uint64_t address, const void *data, size_t size)
{
    uint8_t *at = place(physical, address, size);
    (void)owner, (void)cpu;
    if (at)
        memcpy(at, data, size);
    return at;
}

static inline unsigned point_at(enum stop_kind kind, uint64_t address, uint64_t size)
{
    unsigned i = 0;
    while (i < machine.count &&
           (machine.points[i].kind != kind || machine.points[i].address != address || machine.points[i].size != size))
        i++;
    return i;
}

static inline int insert(void *owner, enum stop_kind kind, uint64_t address, uint64_t size)
{
    (void)owner;
    if (machine.count == countof(machine.points))
        return -12;
    machine.except[machine.count] = STOP_NO_CPU;
    machine.points[machine.count++] = (struct gdb_point){ .kind = kind, .address = address, .size = size };
    return 0;
}

static inline void remove_it(void *owner, enum stop_kind kind, uint64_t address, uint64_t size)
{
    unsigned i = point_at(kind, address, size);
    (void)owner;
    if (i == machine.count)
        return;
    machine.points[i] = machine.points[--machine.count];
    machine.except[i] = machine.except[machine.count];
}

static inline void except(void *owner, enum stop_kind kind, uint64_t address, uint64_t size, uint32_t cpu)
{
    (void)owner;
    machine.except[point_at(kind, address, size)] = cpu;
}

static inline void monitor(void *owner, struct gdb *conversation, const char *command)
{
    (void)owner;
    if (strcmp(command, "hello") == 0)
        gdb_print(conversation, "hi %d\n", 7);
    else if (strcmp(command, "much") == 0)
        for (unsigned i = 0; i < 20000; i++)
            gdb_print(conversation, "x");
    else if (strcmp(command, "nothing") != 0)
        gdb_print(conversation, "There is no '%s'\n", command);
}

static struct gdb_target target = {
    .cpus = CPUS,
    .family = &family,
    .cpu = get_cpu,
    .cpu_text = cpu_text,
    .read = get_memory,
    .write = put_memory,
    .insert = insert,
    .remove = remove_it,
    .except = except,
    .monitor = monitor,
};

// --- the client ------------------------------------------------------------------------------------------------------

static enum gdb_action action; // of the last packet

// Sends raw bytes, and leaves what is answered in `answered`.
static char answered[GDB_OUTPUT + 1];

static inline void send_bytes(const void *bytes, size_t size)
{
    size_t used;
    answered[0] = 0;
    size_t length = 0;
    for (const uint8_t *at = bytes; size; at += used, size -= used) {
        action = gdb_receive(&gdb, at, size, &used);
        if (length + gdb.output_size < sizeof answered)
            memcpy(answered + length, gdb.output, gdb.output_size);
        length += gdb.output_size;
        gdb.output_size = 0;
    }
    answered[length < sizeof answered ? length : sizeof answered - 1] = 0;
}

static inline void frame(char *out, size_t room, const char *data)
{
    unsigned sum = 0;
    for (const char *at = data; *at; at++)
        sum += (uint8_t)*at;
    snprintf(out, room, "$%s#%02x", data, sum & 0xff);
}

// Sends a packet, and takes the data of the answer out of its frame.
static inline const char *ask(const char *data)
{
    static char packet[GDB_PACKET + 8], answer[GDB_OUTPUT];
    frame(packet, sizeof packet, data);
    send_bytes(packet, strlen(packet));
    const char *begin = strchr(answered, '$'), *end = strrchr(answered, '#');
    answer[0] = 0;
    if (begin && end)
        snprintf(answer, sizeof answer, "%.*s", (int)(end - begin - 1), begin + 1);
    return answer;
}

// What it says of a stop.
static inline const char *stop(enum stop_kind kind, unsigned cpu, uint64_t address)
{
    static char text[128];
    gdb_stopped(&gdb, &(struct stop){ .kind = kind, .cpu = cpu, .address = address });
    snprintf(text, sizeof text, "%.*s", (int)gdb.output_size - 4, gdb.output + 1);
    gdb.output_size = 0;
    return text;
}

static inline void begin_conversation(void)
{
    memset(&machine, 0, sizeof machine);
    for (unsigned i = 0; i < CPUS; i++)
        machine.cpu[i].pc = 0x1000 + i;
    for (unsigned i = 0; i < MEMORY; i++)
        machine.memory[i] = (uint8_t)(i * 7 + (i >> 8));
    target.reverses = false;
    if (gdb_open(&gdb, &target) < 0)
        abort();
}

#endif
