// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC and the world: characters to and from COM1, idle time, quitting. All that comes in passes the inbox.
//
//     any thread -- pc_input --> inbox --> ring --> COM1, as its FIFO has room
//     idle: the machine waits for the inbox, and with pacing for the host's clock
//
// When a paced wait is cut short by a message, the time that has passed on the host is posted as a message too, so that
// a replay needs no host clock.
#include <string.h>

#include "machine/host_clock.h"
#include "machine/pc.h"

enum { MESSAGE_BYTES = 16 }; // of input in one message: its `a` and `b`; `kind` is their number
enum { HOST_QUIT = 1, HOST_TIME = 2 };

// --- Output ---------------------------------------------------------------------------------------------------------

void pc_transmit(void *owner, uint8_t byte)
{
    struct pc *pc = owner;
    if (pc->config.serial.write)
        pc->config.serial.write(pc->config.serial.owner, byte);
}

void pc_debug_transmit(void *owner, uint8_t byte)
{
    struct pc *pc = owner;
    if (pc->config.debugcon.write)
        pc->config.debugcon.write(pc->config.debugcon.owner, byte);
}

void pc_flush(struct pc *pc)
{
    if (pc->config.serial.flush)
        pc->config.serial.flush(pc->config.serial.owner);
    if (pc->config.debugcon.flush)
        pc->config.debugcon.flush(pc->config.debugcon.owner);
}

// --- Input ----------------------------------------------------------------------------------------------------------

// COM1 has room again, or something new is in the ring.
void pc_receive(void *owner)
{
    struct pc *pc = owner;
    while (pc->input_read != pc->input_written && uart16550_can_receive(&pc->com1)) {
        uint8_t byte = pc->input[pc->input_read++ % PC_INPUT_BYTES];
        atomic_fetch_sub(&pc->input_waiting, 1);
        uart16550_receive(&pc->com1, byte, pc->clock.now);
    }
}

static void console_handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct pc *pc = owner;
    (void)now;
    for (unsigned i = 0; i < message->kind && i < MESSAGE_BYTES; i++) {
        uint64_t word = i < 8 ? message->a : message->b;
        pc->input[pc->input_written++ % PC_INPUT_BYTES] = (uint8_t)(word >> (8 * (i % 8)));
    }
    pc_receive(pc);
}

size_t pc_input(struct pc *pc, const uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        struct inbox_message message = { .channel = pc->console_channel };
        unsigned count = size - done < MESSAGE_BYTES ? (unsigned)(size - done) : MESSAGE_BYTES;
        if (atomic_fetch_add(&pc->input_waiting, count) + count > PC_INPUT_BYTES) {
            atomic_fetch_sub(&pc->input_waiting, count);
            break;
        }
        for (unsigned i = 0; i < count; i++)
            *(i < 8 ? &message.a : &message.b) |= (uint64_t)data[done + i] << (8 * (i % 8));
        message.kind = (uint16_t)count;
        if (inbox_post(&pc->inbox, &message, 1) < 0) {
            atomic_fetch_sub(&pc->input_waiting, count);
            break;
        }
        done += count;
    }
    return done;
}

// --- Time and quitting -----------------------------------------------------------------------------------------------

static void host_handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct pc *pc = owner;
    uint64_t time = message->a, next = clock_next(&pc->clock);
    (void)now;
    if (message->kind == HOST_QUIT)
        loop_stop(&pc->loop, LOOP_QUIT, 0);
    else if (time > pc->clock.now)
        clock_advance(&pc->clock, time < next ? time : next);
}

static bool wait_for_inbox(struct pc *pc, uint64_t timeout)
{
    pc_flush(pc);
    return inbox_wait(&pc->inbox, timeout);
}

// The host's clock, in virtual time.
static uint64_t paced_now(const struct pc *pc)
{
    return pc->paced_from + (host_clock_ns() - pc->host_start);
}

void pc_quit(struct pc *pc)
{
    const struct inbox_message message = { .channel = pc->host_channel, .kind = HOST_QUIT };
    inbox_post(&pc->inbox, &message, 1);
}

// Waits for `until` on the host's clock. False: it is reached, and nothing came in.
static bool wait_paced(struct pc *pc, uint64_t until)
{
    uint64_t now = paced_now(pc);
    if (until <= now) { // the guest lags behind: from here on it is on time
        pc->paced_from = until;
        pc->host_start = host_clock_ns();
        return false;
    }
    if (!wait_for_inbox(pc, until - now) || inbox_empty(&pc->inbox))
        return false;
    struct inbox_message message = { .channel = pc->host_channel, .kind = HOST_TIME, .a = paced_now(pc) };
    inbox_post(&pc->inbox, &message, 1);
    return true;
}

// See struct loop. Without a deadline there is something to wait for only as long as somebody may send it.
bool pc_idle(void *owner, uint64_t until)
{
    struct pc *pc = owner;
    if (!inbox_empty(&pc->inbox))
        return true;
    if (until != CLOCK_NEVER)
        return pc->config.paced && wait_paced(pc, until);
    if (!atomic_load(&pc->input_open))
        return false;
    wait_for_inbox(pc, UINT64_MAX);
    return true;
}

int pc_outside(struct pc *pc)
{
    const struct inbox_channel console = { .name = "console", .handle = console_handle, .owner = pc };
    const struct inbox_channel host = { .name = "host", .handle = host_handle, .owner = pc };
    int result = inbox_init(&pc->inbox);
    pc->inbox_ready = result == 0;
    if (result < 0)
        return error_set(&pc->error, result, "the host has no mutex left");
    pc->console_channel = (uint16_t)inbox_register(&pc->inbox, &console);
    pc->host_channel = (uint16_t)inbox_register(&pc->inbox, &host);
    atomic_store(&pc->input_open, pc->config.interactive);
    return 0;
}
