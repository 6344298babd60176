// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// gdb's remote serial protocol (gdb manual, appendix E): bytes in, bytes out. It knows no socket and no machine; what it
// asks of a machine is in struct gdb_target.
//
// All-stop: while the machine runs the client can only interrupt it. vCPU n is thread n + 1.
//
// A client takes its breakpoints out whenever it stops, and steps over one without them. So a point that was taken out
// stays in the machine until the next resumption, and if that is a step of one thread it stops the others still: they
// run in their turns meanwhile, and would pass it.
//
// Not modelled: non-stop mode, several processes, file transfer, tracepoints, agent expressions.
#ifndef DEBUG_GDB_H
#define DEBUG_GDB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/registers.h"
#include "vcpu/stops.h"

#define GDB_PACKET 0x4000 // bytes of the longest packet's data
#define GDB_OUTPUT (2 * GDB_PACKET)
#define GDB_TEXT   (GDB_PACKET / 2 - 1) // characters of a monitor command's answer in one packet

struct gdb;

// `owner` is that of the struct; `cpu` is below `cpus`. The functions are called while the machine is stopped.
struct gdb_target {
    void *owner;
    unsigned cpus;
    const struct debug_family *family;
    struct vcpu *(*cpu)(void *owner, unsigned cpu);
    const char *(*cpu_text)(void *owner, unsigned cpu); // a word or two on its state
    // By the tables of the vCPU, or at a physical address. False: some byte of it is not memory, or not mapped.
    bool (*read)(void *owner, unsigned cpu, bool physical, uint64_t address, void *data, size_t size);
    bool (*write)(void *owner, unsigned cpu, bool physical, uint64_t address, const void *data, size_t size);
    // As the functions of vcpu/stops.h.
    int (*insert)(void *owner, enum stop_kind kind, uint64_t address, uint64_t size);
    void (*remove)(void *owner, enum stop_kind kind, uint64_t address, uint64_t size);
    void (*except)(void *owner, enum stop_kind kind, uint64_t address, uint64_t size, uint32_t cpu);
    // A command of `monitor`: answers with gdb_print. It has an owner of its own.
    void (*monitor)(void *owner, struct gdb *gdb, const char *command);
    void *monitor_owner;
    // Whether the machine can go back: bs and bc are offered. (They are the caller's, as every resumption.)
    bool reverses;
};

enum gdb_action {
    GDB_STAY, // there is nothing to do but to send the output
    GDB_RESUME,
    GDB_DETACH, // the machine runs on, alone
    GDB_KILL,
};

enum gdb_direction { GDB_FORWARD, GDB_BACK, GDB_BACK_STEP };

struct gdb_resume {
    enum gdb_direction direction;
    bool steps;             // vCPU `cpu` executes one instruction; false: until something stops it
    unsigned cpu;           // of a step, forward or back
    uint64_t first, behind; // with first < behind: steps are repeated while the program counter is in [first, behind)
};

struct gdb_point {
    enum stop_kind kind;
    uint8_t types; // bit per type of the packets Z0 to Z4 that asked for it; 0: it was taken out
    uint64_t address, size;
};

struct gdb {
    const struct gdb_target *target;
    char *description;

    // The packet being received.
    uint8_t packet[GDB_PACKET + 1]; // and a 0
    size_t size;
    enum { GDB_OUTSIDE, GDB_DATA, GDB_SUM_HIGH, GDB_SUM_LOW } state;
    bool too_long, sum_malformed;
    uint8_t sum, sum_given;

    // To be sent; the caller empties it. The last packet is repeated on request.
    uint8_t output[GDB_OUTPUT];
    size_t output_size, last_start, last_size;
    bool output_full; // the answer being written does not fit
    uint8_t last[GDB_OUTPUT];

    // The conversation.
    bool no_ack, swbreak, hwbreak, physical;
    bool interrupt;            // ^C came
    unsigned general, resumed; // vCPUs of Hg and Hc
    struct stop stop;          // the last one
    struct gdb_resume resume;  // of GDB_RESUME
    struct gdb_point *points;
    unsigned count, room;
    // The answer of a monitor command; one of more than GDB_TEXT is sent in pieces, of which text_sent characters are gone.
    char *text;
    size_t text_size, text_room, text_sent;
    bool text_waits; // there is more to send
};

// A new conversation. -ENOMEM. gdb_close removes what points are left from the machine.
int gdb_open(struct gdb *gdb, const struct gdb_target *target);
void gdb_close(struct gdb *gdb);

// Takes at most `size` bytes of the client's, up to the end of a packet; *used of them. What it answers is in the output.
enum gdb_action gdb_receive(struct gdb *gdb, const uint8_t *bytes, size_t size, size_t *used);

// To be called when the output was sent. True: there is more of an answer in the output.
bool gdb_more(struct gdb *gdb);

// The machine has stopped, or ended with an exit status: tells the client.
void gdb_stopped(struct gdb *gdb, const struct stop *stop);
// Before that: a text for the user.
void gdb_say(struct gdb *gdb, const char *text);
// The machine is resumed by somebody else while the client does not wait for a stop: what the client has taken out goes.
void gdb_left_alone(struct gdb *gdb);
void gdb_no_history(struct gdb *gdb); // it is at its beginning, and went back
void gdb_exited(struct gdb *gdb, int status);

// Adds to the answer of a monitor command; what the host has no memory for is lost.
void gdb_print(struct gdb *gdb, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
