// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Packets in, answers out (gdb manual, E.1 to E.8). What a client sends is not trusted: a packet that breaks a rule is
// answered with an error, or with an empty packet if we do not know it.
//
//     gdb_receive --> handle --> by the first letter: registers, memory, threads, points, resumption, queries
#include "debug/gdb.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "debug/gdb_text.h"

static const char MALFORMED[] = "E16", REFUSED[] = "E0d", NO_MEMORY[] = "E0e", NO_THREAD[] = "E03";

int gdb_open(struct gdb *gdb, const struct gdb_target *target)
{
    enum { DESCRIPTION = 32768 };
    memset(gdb, 0, sizeof *gdb);
    gdb->target = target;
    gdb->stop = (struct stop){ .kind = STOP_STEP };
    gdb->description = malloc(DESCRIPTION);
    if (!gdb->description || !debug_describe(target->family, gdb->description, DESCRIPTION))
        return -ENOMEM;
    return 0;
}

void gdb_close(struct gdb *gdb)
{
    for (unsigned i = 0; i < gdb->count; i++)
        gdb->target->remove(gdb->target->owner, gdb->points[i].kind, gdb->points[i].address, gdb->points[i].size);
    free(gdb->points);
    free(gdb->description);
    free(gdb->text);
    gdb->text = NULL;
    gdb->points = NULL;
    gdb->description = NULL;
    gdb->count = gdb->room = 0;
}

static struct vcpu *cpu_of(const struct gdb *gdb, unsigned cpu)
{
    return gdb->target->cpu(gdb->target->owner, cpu);
}

// --- threads ---------------------------------------------------------------------------------------------------------

// A thread's number: 0 is any, and -1 all of them, for which the vCPU that stopped last stands.
static bool scan_thread(struct gdb *gdb, struct scan *scan, unsigned *cpu, bool *all)
{
    uint64_t number;
    *cpu = gdb->stop.cpu;
    *all = scan_text(scan, "-1");
    if (*all)
        return true;
    if (!scan_hex(scan, &number) || number > gdb->target->cpus)
        return false;
    if (number)
        *cpu = (unsigned)number - 1;
    return true;
}

static void select_thread(struct gdb *gdb, struct scan *scan)
{
    bool for_registers = scan_text(scan, "g"), all;
    unsigned cpu;
    if ((!for_registers && !scan_text(scan, "c")) || !scan_thread(gdb, scan, &cpu, &all)) {
        answer(gdb, NO_THREAD);
        return;
    }
    *(for_registers ? &gdb->general : &gdb->resumed) = cpu;
    answer(gdb, "OK");
}

static void is_alive(struct gdb *gdb, struct scan *scan)
{
    unsigned cpu;
    bool all;
    answer(gdb, scan_thread(gdb, scan, &cpu, &all) ? "OK" : NO_THREAD);
}

static void list_threads(struct gdb *gdb)
{
    answer_begin(gdb);
    for (unsigned i = 0; i < gdb->target->cpus; i++)
        answer_text(gdb, "%s%x", i ? "," : "m", i + 1);
    answer_end(gdb);
}

static void describe_thread(struct gdb *gdb, struct scan *scan)
{
    unsigned cpu;
    bool all;
    char text[64];
    if (!scan_thread(gdb, scan, &cpu, &all)) {
        answer(gdb, NO_THREAD);
        return;
    }
    int length = snprintf(text, sizeof text, "CPU %u, %s", cpu, gdb->target->cpu_text(gdb->target->owner, cpu));
    answer_begin(gdb);
    answer_hex(gdb, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    answer_end(gdb);
}

// --- registers -------------------------------------------------------------------------------------------------------

static void read_registers(struct gdb *gdb)
{
    uint8_t value[DEBUG_REGISTER_BYTES];
    unsigned count = debug_register_count(gdb->target->family, true);
    answer_begin(gdb);
    for (unsigned i = 0; i < count; i++)
        answer_hex(gdb, value, debug_register_read(gdb->target->family, cpu_of(gdb, gdb->general), i, value));
    answer_end(gdb);
}

static bool scan_value(struct scan *scan, unsigned size, uint8_t value[DEBUG_REGISTER_BYTES])
{
    for (unsigned i = 0; i < size; i++)
        if (!scan_byte(scan, &value[i]))
            return false;
    return true;
}

static void write_registers(struct gdb *gdb, struct scan *scan)
{
    const struct debug_family *family = gdb->target->family;
    struct vcpu *cpu = cpu_of(gdb, gdb->general);
    uint8_t value[DEBUG_REGISTER_BYTES];
    bool readonly;
    struct scan check = *scan;
    for (unsigned i = 0; i < debug_register_count(family, true); i++)
        if (!scan_value(&check, debug_register_write(family, cpu, i, NULL, &readonly), value)) {
            answer(gdb, MALFORMED);
            return;
        }
    for (unsigned i = 0; i < debug_register_count(family, true); i++) {
        scan_value(scan, debug_register_write(family, cpu, i, NULL, &readonly), value);
        debug_register_write(family, cpu, i, value, &readonly);
    }
    answer(gdb, "OK");
}

static void read_register(struct gdb *gdb, struct scan *scan)
{
    uint8_t value[DEBUG_REGISTER_BYTES];
    uint64_t number;
    unsigned size = 0;
    if (scan_hex(scan, &number) && number <= UINT32_MAX)
        size = debug_register_read(gdb->target->family, cpu_of(gdb, gdb->general), (unsigned)number, value);
    if (!size) {
        answer(gdb, MALFORMED);
        return;
    }
    answer_begin(gdb);
    answer_hex(gdb, value, size);
    answer_end(gdb);
}

static void write_register(struct gdb *gdb, struct scan *scan)
{
    const struct debug_family *family = gdb->target->family;
    struct vcpu *cpu = cpu_of(gdb, gdb->general);
    uint8_t value[DEBUG_REGISTER_BYTES];
    uint64_t number;
    bool readonly = false;
    unsigned size = 0;
    if (scan_hex(scan, &number) && number <= UINT32_MAX && scan_text(scan, "="))
        size = debug_register_write(family, cpu, (unsigned)number, NULL, &readonly);
    if (!size || !scan_value(scan, size, value)) {
        answer(gdb, MALFORMED);
        return;
    }
    debug_register_write(family, cpu, (unsigned)number, value, &readonly);
    answer(gdb, readonly ? REFUSED : "OK");
}

static void set_program_counter(struct gdb *gdb, unsigned cpu, uint64_t address)
{
    uint8_t value[DEBUG_REGISTER_BYTES];
    bool readonly;
    bytes_put(value, 8, address);
    debug_register_write(gdb->target->family, cpu_of(gdb, cpu), gdb->target->family->pc, value, &readonly);
}

// --- memory ----------------------------------------------------------------------------------------------------------

static bool scan_range(struct scan *scan, uint64_t *address, uint64_t *size)
{
    return scan_hex(scan, address) && scan_text(scan, ",") && scan_hex(scan, size);
}

static bool read_target(struct gdb *gdb, uint64_t address, void *data, size_t size)
{
    return gdb->target->read(gdb->target->owner, gdb->general, gdb->physical, address, data, size);
}

// As much as there is: of a range that begins in memory and goes beyond it, the first part.
static void read_memory(struct gdb *gdb, struct scan *scan)
{
    uint8_t data[GDB_PACKET / 2];
    uint64_t address, size;
    if (!scan_range(scan, &address, &size)) {
        answer(gdb, MALFORMED);
        return;
    }
    size = size < sizeof data ? size : sizeof data;
    if (size && !read_target(gdb, address, data, size)) {
        uint64_t within = PAGE_SIZE - (address & ~PAGE_MASK), done = 0;
        while (done + within < size && read_target(gdb, address + done, data + done, within)) {
            done += within;
            within = PAGE_SIZE;
        }
        if (!done) {
            answer(gdb, NO_MEMORY);
            return;
        }
        size = done;
    }
    answer_begin(gdb);
    answer_hex(gdb, data, size);
    answer_end(gdb);
}

static void write_memory(struct gdb *gdb, struct scan *scan, bool binary)
{
    uint8_t data[GDB_PACKET];
    uint64_t address, size;
    bool is_good = scan_range(scan, &address, &size) && scan_text(scan, ":") && size <= sizeof data;
    for (uint64_t i = 0; is_good && i < size; i++)
        is_good = binary ? scan_binary(scan, &data[i]) : scan_byte(scan, &data[i]);
    if (!is_good)
        answer(gdb, MALFORMED);
    else if (size && !gdb->target->write(gdb->target->owner, gdb->general, gdb->physical, address, data, size))
        answer(gdb, NO_MEMORY);
    else
        answer(gdb, "OK");
}

// --- breakpoints and watchpoints -------------------------------------------------------------------------------------

static struct gdb_point *find_point(struct gdb *gdb, enum stop_kind kind, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < gdb->count; i++)
        if (gdb->points[i].kind == kind && gdb->points[i].address == address && gdb->points[i].size == size)
            return &gdb->points[i];
    return NULL;
}

static int add_point(struct gdb *gdb, const struct gdb_point *point)
{
    if (gdb->count == gdb->room) {
        unsigned room = gdb->room ? 2 * gdb->room : 16;
        struct gdb_point *points = realloc(gdb->points, room * sizeof *points);
        if (!points)
            return -ENOMEM;
        gdb->points = points;
        gdb->room = room;
    }
    int result = gdb->target->insert(gdb->target->owner, point->kind, point->address, point->size);
    if (result == 0)
        gdb->points[gdb->count++] = *point;
    return result;
}

// Types 0 (software) and 1 (hardware) are one here: neither changes memory. `size` says of them what the instruction's is.
static bool scan_point(struct scan *scan, struct gdb_point *point)
{
    static const enum stop_kind kinds[] = { STOP_EXECUTE, STOP_EXECUTE, STOP_WRITE, STOP_READ, STOP_ACCESS };
    uint64_t type;
    if (!scan_hex(scan, &type) || type >= countof(kinds) || !scan_text(scan, ","))
        return false;
    if (!scan_range(scan, &point->address, &point->size))
        return false;
    point->kind = kinds[type];
    point->types = (uint8_t)BIT32(type);
    if (point->kind == STOP_EXECUTE)
        point->size = 0;
    return point->kind == STOP_EXECUTE || (point->size && point->size <= PAGE_SIZE);
}

static void change_point(struct gdb *gdb, struct scan *scan, bool insert)
{
    struct gdb_point asked, *point;
    if (!scan_point(scan, &asked)) {
        answer(gdb, MALFORMED);
        return;
    }
    point = find_point(gdb, asked.kind, asked.address, asked.size);
    if (point)
        point->types = insert ? point->types | asked.types : point->types & (uint8_t)~asked.types;
    answer(gdb, point || !insert || add_point(gdb, &asked) == 0 ? "OK" : NO_MEMORY);
}

// Before the machine runs: what was taken out goes, or with a step of one vCPU alone stops only the others.
static void settle_points(struct gdb *gdb, bool alone, unsigned cpu)
{
    const struct gdb_target *target = gdb->target;
    for (unsigned i = 0; i < gdb->count;) {
        struct gdb_point *point = &gdb->points[i];
        if (point->types || alone) {
            target->except(target->owner, point->kind, point->address, point->size, point->types ? STOP_NO_CPU : cpu);
            i++;
            continue;
        }
        target->remove(target->owner, point->kind, point->address, point->size);
        *point = gdb->points[--gdb->count];
    }
}

void gdb_left_alone(struct gdb *gdb)
{
    settle_points(gdb, false, 0);
}

// --- resumption ------------------------------------------------------------------------------------------------------

static enum gdb_action resume(struct gdb *gdb, const struct gdb_resume *how, bool alone)
{
    settle_points(gdb, alone && how->steps, how->cpu);
    gdb->resume = *how;
    return GDB_RESUME;
}

// c, s [ADDRESS] and C, S SIGNAL[;ADDRESS]: a guest has no signals.
static enum gdb_action resume_at(struct gdb *gdb, struct scan *scan, bool steps, bool has_signal)
{
    struct gdb_resume how = { .steps = steps, .cpu = gdb->resumed };
    uint64_t signal, address;
    if (has_signal && (!scan_hex(scan, &signal) || (scan->at < scan->end && !scan_text(scan, ";")))) {
        answer(gdb, MALFORMED);
        return GDB_STAY;
    }
    if (scan->at < scan->end) {
        if (!scan_hex(scan, &address)) {
            answer(gdb, MALFORMED);
            return GDB_STAY;
        }
        set_program_counter(gdb, how.cpu, address);
    }
    return resume(gdb, &how, false);
}

// One action of vCont, without its thread.
static bool scan_action(struct scan *scan, struct gdb_resume *how)
{
    uint64_t signal;
    how->steps = false;
    how->first = how->behind = 0;
    if (scan_text(scan, "c") || scan_text(scan, "t"))
        return true;
    if (scan_text(scan, "C"))
        return scan_hex(scan, &signal);
    how->steps = true;
    if (scan_text(scan, "s"))
        return true;
    if (scan_text(scan, "S"))
        return scan_hex(scan, &signal);
    return scan_text(scan, "r") && scan_range(scan, &how->first, &how->behind);
}

// vCont;ACTION[:THREAD]...: for each thread its first action counts. The vCPUs always run in the machine's own order, so
// what is asked for is which of them stops after an instruction; a thread that is not named goes on as well.
static enum gdb_action resume_by_actions(struct gdb *gdb, struct scan *scan)
{
    struct gdb_resume found = { .cpu = gdb->stop.cpu }, how = { 0 };
    bool others = false, any = false, all;
    while (scan_text(scan, ";")) {
        unsigned cpu = gdb->stop.cpu;
        bool is_good = scan_action(scan, &how);
        all = !scan_text(scan, ":");
        if (!is_good || (!all && !scan_thread(gdb, scan, &cpu, &all))) {
            answer(gdb, MALFORMED);
            return GDB_STAY;
        }
        how.cpu = cpu;
        if (how.steps && !found.steps)
            found = how;
        others |= !how.steps;
        any = true;
    }
    if (!any || scan->at < scan->end) {
        answer(gdb, MALFORMED);
        return GDB_STAY;
    }
    return resume(gdb, &found, !others);
}

static enum gdb_action go_back(struct gdb *gdb, struct scan *scan)
{
    struct gdb_resume how = { .cpu = gdb->resumed };
    if (!gdb->target->reverses || (!scan_text(scan, "s") && !scan_text(scan, "c")) || scan->at < scan->end) {
        answer(gdb, "");
        return GDB_STAY;
    }
    how.steps = scan->at[-1] == 's';
    how.direction = how.steps ? GDB_BACK_STEP : GDB_BACK;
    return resume(gdb, &how, false);
}

// --- stops -----------------------------------------------------------------------------------------------------------

static void tell_point(struct gdb *gdb)
{
    const struct gdb_point *point;
    switch (gdb->stop.kind) {
    case STOP_WRITE: answer_text(gdb, "watch:%" PRIx64 ";", gdb->stop.address); break;
    case STOP_READ: answer_text(gdb, "rwatch:%" PRIx64 ";", gdb->stop.address); break;
    case STOP_ACCESS: answer_text(gdb, "awatch:%" PRIx64 ";", gdb->stop.address); break;
    case STOP_EXECUTE:
        point = find_point(gdb, STOP_EXECUTE, gdb->stop.address, 0);
        if (gdb->hwbreak && point && point->types == BIT32(1))
            answer_text(gdb, "hwbreak:;");
        else if (gdb->swbreak)
            answer_text(gdb, "swbreak:;");
        break;
    case STOP_NONE:
    case STOP_STEP:
    case STOP_REQUEST:
    case STOP_EVENT: break; // gdb knows no such stop
    }
}

static void tell_stop(struct gdb *gdb)
{
    enum { SIGNAL_INTERRUPT = 2, SIGNAL_TRAP = 5 };
    answer_begin(gdb);
    answer_text(gdb, "T%02xthread:%x;", gdb->stop.kind == STOP_REQUEST ? SIGNAL_INTERRUPT : SIGNAL_TRAP,
                gdb->stop.cpu + 1);
    tell_point(gdb);
    answer_end(gdb);
}

void gdb_stopped(struct gdb *gdb, const struct stop *stop)
{
    gdb->stop = *stop;
    gdb->general = gdb->resumed = stop->cpu;
    tell_stop(gdb);
}

void gdb_say(struct gdb *gdb, const char *text)
{
    answer_begin(gdb);
    answer_text(gdb, "O");
    answer_hex(gdb, text, strlen(text));
    answer_end(gdb);
}

void gdb_no_history(struct gdb *gdb)
{
    gdb->stop = (struct stop){ .kind = STOP_STEP, .cpu = gdb->stop.cpu };
    answer_begin(gdb);
    answer_text(gdb, "T05thread:%x;replaylog:begin;", gdb->stop.cpu + 1);
    answer_end(gdb);
}

void gdb_exited(struct gdb *gdb, int status)
{
    answer_begin(gdb);
    answer_text(gdb, "W%02x", status & 0xff);
    answer_end(gdb);
}

// --- queries ---------------------------------------------------------------------------------------------------------

static bool packet_has(const struct gdb *gdb, const char *feature)
{
    return strstr((const char *)gdb->packet, feature) != NULL;
}

static void tell_features(struct gdb *gdb)
{
    gdb->swbreak = packet_has(gdb, "swbreak+");
    gdb->hwbreak = packet_has(gdb, "hwbreak+");
    answer_begin(gdb);
    answer_text(gdb, "PacketSize=%x;qXfer:features:read+;vContSupported+;swbreak+;hwbreak+;QStartNoAckMode+%s",
                GDB_PACKET, gdb->target->reverses ? ";ReverseStep+;ReverseContinue+" : "");
    answer_end(gdb);
}

// qXfer:features:read:ANNEX:OFFSET,LENGTH
static void send_description(struct gdb *gdb, struct scan *scan)
{
    uint64_t offset, length, size = strlen(gdb->description);
    if (!scan_text(scan, "target.xml:") || !scan_range(scan, &offset, &length)) {
        answer(gdb, "E00");
        return;
    }
    offset = offset < size ? offset : size;
    length = length < GDB_PACKET / 2 ? length : GDB_PACKET / 2;
    length = length < size - offset ? length : size - offset;
    answer_begin(gdb);
    answer_text(gdb, offset + length < size ? "m" : "l");
    answer_binary(gdb, gdb->description + offset, length);
    answer_end(gdb);
}

static void monitor(struct gdb *gdb, struct scan *scan)
{
    char command[256];
    uint8_t byte;
    size_t size = 0;
    while (size + 1 < sizeof command && scan_byte(scan, &byte))
        command[size++] = (char)byte;
    command[size] = 0;
    gdb->text_size = gdb->text_sent = 0;
    gdb->text_waits = false;
    if (scan->at < scan->end) {
        answer(gdb, MALFORMED);
        return;
    }
    gdb->target->monitor(gdb->target->monitor_owner, gdb, command);
    gdb->text_waits = gdb->text_size > GDB_TEXT;
    if (gdb->text_waits)
        return; // gdb_more
    answer_begin(gdb);
    if (gdb->text_size)
        answer_hex(gdb, gdb->text, gdb->text_size);
    else
        answer_text(gdb, "OK");
    answer_end(gdb);
}

// An answer that no packet has room for: console output, and OK (gdb manual, E.4, qRcmd).
bool gdb_more(struct gdb *gdb)
{
    if (!gdb->text_waits)
        return false;
    size_t left = gdb->text_size - gdb->text_sent, piece = left < GDB_TEXT ? left : GDB_TEXT;
    answer_begin(gdb);
    answer_text(gdb, piece ? "O" : "OK");
    answer_hex(gdb, gdb->text + gdb->text_sent, piece);
    answer_end(gdb);
    gdb->text_sent += piece;
    gdb->text_waits = piece != 0;
    return true;
}

static void query(struct gdb *gdb, struct scan *scan)
{
    if (scan_text(scan, "Supported")) {
        tell_features(gdb);
    } else if (scan_text(scan, "Xfer:features:read:")) {
        send_description(gdb, scan);
    } else if (scan_text(scan, "fThreadInfo")) {
        list_threads(gdb);
    } else if (scan_text(scan, "sThreadInfo")) {
        answer(gdb, "l");
    } else if (scan_text(scan, "ThreadExtraInfo,")) {
        describe_thread(gdb, scan);
    } else if (scan_text(scan, "Rcmd,")) {
        monitor(gdb, scan);
    } else if (scan_text(scan, "Attached")) {
        answer(gdb, "1"); // it lives on without the client
    } else if (scan_text(scan, "Symbol::")) {
        answer(gdb, "OK");
    } else if (scan_text(scan, "qemu.PhyMemMode")) {
        answer(gdb, gdb->physical ? "1" : "0");
    } else if (scan_text(scan, "C")) {
        answer_begin(gdb);
        answer_text(gdb, "QC%x", gdb->stop.cpu + 1);
        answer_end(gdb);
    } else {
        answer(gdb, "");
    }
}

static void set(struct gdb *gdb, struct scan *scan)
{
    uint64_t value;
    if (scan_text(scan, "StartNoAckMode")) {
        answer(gdb, "OK");
        gdb->no_ack = true;
    } else if (scan_text(scan, "qemu.PhyMemMode:")) {
        bool is_good = scan_hex(scan, &value) && value <= 1;
        if (is_good)
            gdb->physical = value;
        answer(gdb, is_good ? "OK" : MALFORMED);
    } else {
        answer(gdb, "");
    }
}

// --- packets ---------------------------------------------------------------------------------------------------------

static enum gdb_action verbose(struct gdb *gdb, struct scan *scan)
{
    if (scan_text(scan, "Cont?")) {
        answer(gdb, "vCont;c;C;s;S;t;r");
    } else if (scan_text(scan, "Cont")) {
        return resume_by_actions(gdb, scan);
    } else if (scan_text(scan, "Kill;")) {
        answer(gdb, "OK");
        return GDB_KILL;
    } else {
        answer(gdb, "");
    }
    return GDB_STAY;
}

static enum gdb_action handle(struct gdb *gdb)
{
    struct scan scan = { gdb->packet, gdb->packet + gdb->size };
    uint8_t letter = 0;
    if (gdb->size)
        letter = *scan.at++;
    switch (letter) {
    case '?': tell_stop(gdb); break;
    case 'D': answer(gdb, "OK"); return GDB_DETACH;
    case 'G': write_registers(gdb, &scan); break;
    case 'H': select_thread(gdb, &scan); break;
    case 'M': write_memory(gdb, &scan, false); break;
    case 'P': write_register(gdb, &scan); break;
    case 'Q': set(gdb, &scan); break;
    case 'T': is_alive(gdb, &scan); break;
    case 'X': write_memory(gdb, &scan, true); break;
    case 'b': return go_back(gdb, &scan);
    case 'g': read_registers(gdb); break;
    case 'k': return GDB_KILL;
    case 'm': read_memory(gdb, &scan); break;
    case 'p': read_register(gdb, &scan); break;
    case 'q': query(gdb, &scan); break;
    case 'v': return verbose(gdb, &scan);
    case 'Z': change_point(gdb, &scan, true); break;
    case 'z': change_point(gdb, &scan, false); break;
    case 'c':
    case 'C':
    case 's':
    case 'S': return resume_at(gdb, &scan, letter == 's' || letter == 'S', letter == 'C' || letter == 'S');
    default: answer(gdb, ""); break;
    }
    return GDB_STAY;
}

static void send(struct gdb *gdb, const void *bytes, size_t size)
{
    if (gdb->output_size + size > sizeof gdb->output)
        return;
    memcpy(gdb->output + gdb->output_size, bytes, size);
    gdb->output_size += size;
}

static enum gdb_action end_packet(struct gdb *gdb)
{
    bool is_good = gdb->sum == gdb->sum_given && !gdb->sum_malformed;
    gdb->state = GDB_OUTSIDE;
    gdb->packet[gdb->size] = 0;
    if (!gdb->no_ack)
        send(gdb, is_good ? "+" : "-", 1);
    if (!is_good && !gdb->no_ack)
        return GDB_STAY;
    if (gdb->too_long) {
        answer(gdb, MALFORMED);
        return GDB_STAY;
    }
    return handle(gdb);
}

static void outside(struct gdb *gdb, uint8_t byte)
{
    enum { CTRL_C = 3 };
    if (byte == '$') {
        gdb->state = GDB_DATA;
        gdb->size = 0;
        gdb->sum = gdb->sum_given = 0;
        gdb->too_long = gdb->sum_malformed = false;
    } else if (byte == '-') {
        send(gdb, gdb->last, gdb->last_size);
    } else if (byte == CTRL_C) {
        gdb->interrupt = true;
    }
}

static void data(struct gdb *gdb, uint8_t byte)
{
    if (byte == '#') {
        gdb->state = GDB_SUM_HIGH;
    } else if (byte == '$') { // it cannot be in one: the end of the last one was lost
        outside(gdb, byte);
    } else {
        gdb->sum = (uint8_t)(gdb->sum + byte);
        gdb->too_long |= gdb->size == GDB_PACKET;
        if (!gdb->too_long)
            gdb->packet[gdb->size++] = byte;
    }
}

static void add_sum(struct gdb *gdb, uint8_t byte)
{
    uint8_t pair[2] = { '0', byte }, value = 0;
    struct scan scan = { pair, pair + 2 };
    gdb->sum_malformed |= !scan_byte(&scan, &value);
    gdb->sum_given = (uint8_t)(gdb->sum_given << 4 | value);
}

enum gdb_action gdb_receive(struct gdb *gdb, const uint8_t *bytes, size_t size, size_t *used)
{
    for (*used = 0; *used < size;) {
        uint8_t byte = bytes[(*used)++];
        switch (gdb->state) {
        case GDB_OUTSIDE: outside(gdb, byte); break;
        case GDB_DATA: data(gdb, byte); break;
        case GDB_SUM_HIGH:
            add_sum(gdb, byte);
            gdb->state = GDB_SUM_LOW;
            break;
        case GDB_SUM_LOW: add_sum(gdb, byte); return end_packet(gdb);
        }
        if (gdb->output_size)
            return GDB_STAY;
    }
    return GDB_STAY;
}
