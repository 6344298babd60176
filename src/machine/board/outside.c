// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host input and output of a machine: characters of its serial port, idle time, quitting. All input goes through the
// inbox.
//
//     any thread -- outside_input --> inbox --> ring --> serial port or virtconsole, as it has room
//     idle: the machine waits for the inbox, and with pacing for the host's clock
//
// When a message ends a paced wait early, the time that has passed on the host is posted as a message too, so that a
// replay needs no host clock.
#include "machine/board/outside.h"

#include "machine/board/host_clock.h"

enum { MESSAGE_BYTES = 16 }; // of input in one message, in its `a` and `b`; `kind` is their number
enum { HOST_QUIT = 1, HOST_TIME = 2 };

// --- Output ---------------------------------------------------------------------------------------------------------

void outside_print(struct outside *outside, const struct intact_console *console, unsigned stream, uint8_t byte)
{
    struct outside_recent *recent = &outside->recent[stream];
    recent->bytes[recent->end] = (char)byte;
    recent->end = (uint8_t)((recent->end + 1) % OUTSIDE_RECENT);
    if (outside->printed)
        outside->printed(outside->printed_owner, recent);
    if (console->write && !outside->quiet)
        console->write(console->owner, byte);
}

bool outside_printed_last(const struct outside_recent *recent, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (recent->bytes[(recent->end + OUTSIDE_RECENT - length + i) % OUTSIDE_RECENT] != text[i])
            return false;
    return true;
}

void outside_transmit(void *owner, uint8_t byte)
{
    struct outside *outside = owner;
    outside_print(outside, &outside->config->serial, OUTSIDE_SERIAL, byte);
}

void outside_debug_transmit(void *owner, uint8_t byte)
{
    struct outside *outside = owner;
    outside_print(outside, &outside->config->debugcon, OUTSIDE_DEBUGCON, byte);
}

void outside_flush(struct outside *outside)
{
    if (outside->config->serial.flush)
        outside->config->serial.flush(outside->config->serial.owner);
    if (outside->config->debugcon.flush)
        outside->config->debugcon.flush(outside->config->debugcon.owner);
    for (unsigned i = 0; i < outside->config->chardev_count; i++)
        if (outside->config->chardevs[i].console.flush)
            outside->config->chardevs[i].console.flush(outside->config->chardevs[i].console.owner);
}

// --- Input ----------------------------------------------------------------------------------------------------------

void outside_receive(void *owner)
{
    struct outside *outside = owner;
    while (outside->input_read != outside->input_written && outside->can_receive(outside->port)) {
        uint8_t byte = outside->input[outside->input_read++ % OUTSIDE_INPUT_BYTES];
        atomic_fetch_sub(&outside->input_waiting, 1);
        outside->receive(outside->port, byte, outside->clock->now);
    }
}

// From here on a poster finds the characters counted in the ring; in between it counts them twice. A replay drops them.
static bool console_accept(void *owner, struct inbox_message *message)
{
    struct outside *outside = owner;
    if (!outside->inbox->repeats)
        atomic_fetch_add(&outside->input_waiting, message->kind);
    atomic_fetch_sub(&outside->input_posted, message->kind);
    return true;
}

static void console_handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct outside *outside = owner;
    (void)now;
    for (unsigned i = 0; i < message->kind && i < MESSAGE_BYTES; i++) {
        uint64_t word = i < 8 ? message->a : message->b;
        outside->input[outside->input_written++ % OUTSIDE_INPUT_BYTES] = (uint8_t)(word >> (8 * (i % 8)));
    }
    atomic_store(&outside->input_waiting, outside->input_written - outside->input_read);
    outside_receive(outside);
}

size_t outside_input(struct outside *outside, const uint8_t *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        struct inbox_message message = { .channel = outside->console_channel };
        unsigned count = size - done < MESSAGE_BYTES ? (unsigned)(size - done) : MESSAGE_BYTES;
        unsigned posted = atomic_fetch_add(&outside->input_posted, count) + count;
        if (posted + atomic_load(&outside->input_waiting) > OUTSIDE_INPUT_BYTES) {
            atomic_fetch_sub(&outside->input_posted, count);
            break;
        }
        for (unsigned i = 0; i < count; i++)
            *(i < 8 ? &message.a : &message.b) |= (uint64_t)data[done + i] << (8 * (i % 8));
        message.kind = (uint16_t)count;
        if (inbox_post(outside->inbox, &message, 1) < 0) {
            atomic_fetch_sub(&outside->input_posted, count);
            break;
        }
        done += count;
    }
    return done;
}

// --- Time and quitting ----------------------------------------------------------------------------------------------

static void host_handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct outside *outside = owner;
    uint64_t time = message->a, next = clock_next(outside->clock);
    (void)now;
    if (message->kind == HOST_QUIT) {
        atomic_store(&outside->quit_posted, false);
        loop_stop(outside->loop, LOOP_QUIT, 0);
    } else if (time > outside->clock->now) {
        clock_advance(outside->clock, time < next ? time : next);
    }
}

// A stop is no input: nothing is left to journal or to handle.
static bool stop_accept(void *owner, struct inbox_message *message)
{
    struct outside *outside = owner;
    (void)message;
    atomic_store(&outside->stop_posted, false);
    outside->stop_taken = true;
    stops_request(outside->loop);
    return false;
}

void outside_interrupt(struct outside *outside)
{
    if (!atomic_exchange(&outside->stop_posted, true))
        inbox_post_node(outside->inbox, &outside->stop_node);
}

// Chores cut the wait, and whoever waits does not notice.
static bool wait_for_inbox(struct outside *outside, uint64_t timeout)
{
    uint64_t start = host_clock_ns();
    enum inbox_end end;
    bool whole;
    outside_flush(outside);
    do {
        uint64_t chore = outside->chore ? outside->chore(outside->chore_owner) : UINT64_MAX;
        uint64_t waited = timeout == UINT64_MAX ? 0 : host_clock_ns() - start;
        uint64_t left = waited < timeout ? timeout - waited : 0;
        whole = chore >= left;
        end = inbox_sleep(outside->inbox, whole ? left : chore);
    } while (end == INBOX_TIMEOUT && !whole);
    return end == INBOX_MESSAGE;
}

// The host's clock, in virtual time.
static uint64_t paced_now(const struct outside *outside)
{
    return outside->paced_from + (host_clock_ns() - outside->host_start);
}

void outside_quit(struct outside *outside)
{
    const struct inbox_message message = { .channel = outside->host_channel, .kind = HOST_QUIT };
    atomic_store(&outside->quit_posted, true);
    inbox_post(outside->inbox, &message, 1);
}

// Waits for `until` on the host's clock. False: it was reached without input.
static bool wait_paced(struct outside *outside, uint64_t until)
{
    uint64_t now = paced_now(outside);
    if (until <= now) { // the guest is late: pacing starts again from here
        outside->paced_from = until;
        outside->host_start = host_clock_ns();
        return false;
    }
    if (!wait_for_inbox(outside, until - now) || inbox_empty(outside->inbox))
        return false;
    struct inbox_message message = { .channel = outside->host_channel, .kind = HOST_TIME, .a = paced_now(outside) };
    inbox_post(outside->inbox, &message, 1);
    return true;
}

// Is input possible? From networks, always; from the console, until the end of input; from notifiers, while one is
// attached to a source.
static bool may_come_in(const struct outside *outside)
{
    return atomic_load(&outside->input_open) || outside->sources || manager_listens(outside->manager);
}

// See struct loop. Without a deadline it only waits if input is possible.
bool outside_idle(void *owner, uint64_t until)
{
    struct outside *outside = owner;
    if (!inbox_empty(outside->inbox))
        return true;
    if (until != CLOCK_NEVER)
        return outside->config->paced && wait_paced(outside, until);
    if (!may_come_in(outside))
        return false;
    wait_for_inbox(outside, UINT64_MAX);
    return true;
}

// --- Life -----------------------------------------------------------------------------------------------------------

int outside_init(struct outside *outside, struct error *error)
{
    const struct inbox_channel console = {
        .name = "console", .accept = console_accept, .handle = console_handle, .owner = outside
    };
    const struct inbox_channel host = { .name = "host", .handle = host_handle, .owner = outside, .about_run = true };
    const struct inbox_channel stop = { .name = "stop", .accept = stop_accept, .owner = outside, .about_run = true };
    int result = inbox_init(outside->inbox);
    outside->inbox_ready = result == 0;
    if (result < 0)
        return error_set(error, result, "the host has no mutex left");
    outside->console_channel = (uint16_t)inbox_register(outside->inbox, &console);
    outside->host_channel = (uint16_t)inbox_register(outside->inbox, &host);
    outside->stop_channel = (uint16_t)inbox_register(outside->inbox, &stop);
    outside->stop_node.message.channel = outside->stop_channel;
    atomic_store(&outside->input_open, outside->config->interactive);
    return 0;
}

void outside_destroy(struct outside *outside)
{
    if (outside->inbox_ready)
        inbox_destroy(outside->inbox);
}

void outside_start(struct outside *outside)
{
    inbox_adopt(outside->inbox);
    outside->host_start = host_clock_ns();
    outside->paced_from = outside->clock->now;
    outside->stop_taken = false;
}

void outside_input_end(struct outside *outside)
{
    atomic_store(&outside->input_ended, true);
    atomic_store(&outside->input_open, false);
    inbox_wake(outside->inbox);
}

// --- State ----------------------------------------------------------------------------------------------------------

void outside_visit(struct outside *outside, struct visit *v)
{
    VISIT(v, outside->input_read);
    VISIT(v, outside->input_written);
    VISIT(v, outside->reset_due);
    VISIT(v, outside->reset_left);
    for (unsigned i = 0; i < OUTSIDE_CHARDEV + outside->config->chardev_count; i++) {
        VISIT_ARRAY(v, outside->recent[i].bytes);
        VISIT_BELOW(v, outside->recent[i].end, OUTSIDE_RECENT);
    }
    // What waits, which may go round the end of the ring.
    uint32_t count = outside->input_written - outside->input_read, first = outside->input_read % OUTSIDE_INPUT_BYTES;
    count = count < OUTSIDE_INPUT_BYTES ? count : OUTSIDE_INPUT_BYTES;
    uint32_t before_end = count < OUTSIDE_INPUT_BYTES - first ? count : OUTSIDE_INPUT_BYTES - first;
    VISIT_VARIABLE(v, &outside->input[first], before_end);
    VISIT_VARIABLE(v, outside->input, count - before_end);
}

void outside_loaded(struct outside *outside)
{
    atomic_store(&outside->input_waiting, outside->input_written - outside->input_read);
}
