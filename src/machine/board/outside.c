// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host input and output of a machine: characters of its ports, idle time, quitting. All input goes through the
// inbox.
//
//     any thread -- outside_input --> inbox --> ring of the port --> serial port or virtconsole, as it has room
//     idle: the machine waits for the inbox, and with pacing for the host's clock
//
// When a message ends a paced wait early, the time that has passed on the host is posted as a message too, so that a
// replay needs no host clock.
#include "machine/board/outside.h"

#include <errno.h>
#include <stdlib.h>

#include "machine/board/host_clock.h"

enum { MESSAGE_BYTES = 16 }; // of input in one message, in its `a` and `b`; `kind` is their number
enum { HOST_QUIT = 1, HOST_TIME = 2 };

// --- Output ---------------------------------------------------------------------------------------------------------

// As QEMU's testdev: white space, a number, white space, and a character that says what to do; only q is something.
static void test_command(struct outside_port *port, uint8_t byte)
{
    enum { BEFORE, IN_NUMBER, BEHIND };
    bool is_digit = byte >= '0' && byte <= '9', is_space = byte == ' ' || (byte >= '\t' && byte <= '\r');
    if (is_digit && port->number_at != BEHIND) {
        port->number = port->number * 10 + (byte - '0');
        port->number_at = IN_NUMBER;
        return;
    }
    if (is_space) {
        port->number_at = port->number_at == BEFORE ? BEFORE : BEHIND;
        return;
    }
    if (byte == 'q')
        loop_stop(port->outside->loop, LOOP_EXIT, (int)((port->number << 1 | 1) & 0xff));
    port->number = 0;
    port->number_at = BEFORE;
}

void outside_transmit(void *owner, uint8_t byte)
{
    struct outside_port *port = owner;
    struct outside *outside = port->outside;
    struct outside_recent *recent = &outside->recent[port - outside->ports];
    recent->bytes[recent->end] = (char)byte;
    recent->end = (uint8_t)((recent->end + 1) % OUTSIDE_RECENT);
    if (outside->printed)
        outside->printed(outside->printed_owner, recent);
    if (port->console->write && !outside->quiet)
        port->console->write(port->console->owner, byte);
    if (port->testdev)
        test_command(port, byte);
}

bool outside_printed_last(const struct outside_recent *recent, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (recent->bytes[(recent->end + OUTSIDE_RECENT - length + i) % OUTSIDE_RECENT] != text[i])
            return false;
    return true;
}

void outside_flush(struct outside *outside)
{
    for (unsigned i = 0; i < OUTSIDE_STREAMS; i++)
        if (outside->ports[i].console && outside->ports[i].console->flush)
            outside->ports[i].console->flush(outside->ports[i].console->owner);
}

// --- Input ----------------------------------------------------------------------------------------------------------

int outside_connect(struct outside *outside, unsigned number, bool (*can_receive)(void *device),
                    void (*receive)(void *device, uint8_t byte, uint64_t now), void *device, struct error *error)
{
    struct outside_port *port = &outside->ports[number];
    port->input = calloc(1, OUTSIDE_INPUT_BYTES);
    if (!port->input)
        return error_set(error, -ENOMEM, "the host has no memory left");
    port->can_receive = can_receive;
    port->receive = receive;
    port->device = device;
    return 0;
}

void outside_receive(void *owner)
{
    struct outside_port *port = owner;
    while (port->input_read != port->input_written && port->can_receive(port->device)) {
        uint8_t byte = port->input[port->input_read++ % OUTSIDE_INPUT_BYTES];
        atomic_fetch_sub(&port->input_waiting, 1);
        port->receive(port->device, byte, port->outside->clock->now);
    }
}

// From here on a poster finds the characters counted in the ring; in between it counts them twice. A replay drops them.
static bool console_accept(void *owner, struct inbox_message *message)
{
    struct outside *outside = owner;
    struct outside_port *port = &outside->ports[message->id];
    if (!outside->inbox->repeats)
        atomic_fetch_add(&port->input_waiting, message->kind);
    atomic_fetch_sub(&port->input_posted, message->kind);
    return true;
}

static void console_handle(void *owner, const struct inbox_message *message, uint64_t now)
{
    struct outside *outside = owner;
    (void)now;
    if (message->id >= OUTSIDE_STREAMS || !outside->ports[message->id].input)
        return;
    struct outside_port *port = &outside->ports[message->id];
    for (unsigned i = 0; i < message->kind && i < MESSAGE_BYTES; i++) {
        uint64_t word = i < 8 ? message->a : message->b;
        port->input[port->input_written++ % OUTSIDE_INPUT_BYTES] = (uint8_t)(word >> (8 * (i % 8)));
    }
    atomic_store(&port->input_waiting, port->input_written - port->input_read);
    outside_receive(port);
}

static bool input_post(struct outside *outside, unsigned number, const uint8_t *data, unsigned count)
{
    struct inbox_message message = { .channel = outside->console_channel, .id = number, .kind = (uint16_t)count };
    for (unsigned i = 0; i < count; i++)
        *(i < 8 ? &message.a : &message.b) |= (uint64_t)data[i] << (8 * (i % 8));
    return inbox_post(outside->inbox, &message, 1) == 0;
}

size_t outside_input(struct outside *outside, unsigned number, const uint8_t *data, size_t size)
{
    struct outside_port *port = &outside->ports[number];
    size_t done = 0;
    if (!port->input || atomic_load(&port->input_ended))
        return 0;
    while (done < size) {
        unsigned count = size - done < MESSAGE_BYTES ? (unsigned)(size - done) : MESSAGE_BYTES;
        unsigned posted = atomic_fetch_add(&port->input_posted, count) + count;
        if (posted + atomic_load(&port->input_waiting) > OUTSIDE_INPUT_BYTES ||
            !input_post(outside, number, data + done, count)) {
            atomic_fetch_sub(&port->input_posted, count);
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

// Is input possible? From networks, always; to a port, until the end of its input; from notifiers, while one is
// attached to a source.
static bool may_come_in(const struct outside *outside)
{
    for (unsigned i = 0; i < OUTSIDE_STREAMS; i++)
        if (atomic_load(&outside->ports[i].input_open))
            return true;
    return outside->sources || manager_listens(outside->manager);
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

static void init_ports(struct outside *outside)
{
    const struct intact_machine_config *config = outside->config;
    for (unsigned i = 0; i < OUTSIDE_STREAMS; i++)
        outside->ports[i].outside = outside;
    outside->ports[OUTSIDE_SERIAL].console = &config->serial;
    outside->ports[OUTSIDE_DEBUGCON].console = &config->debugcon;
    for (unsigned i = 0; i < config->chardev_count; i++) {
        struct outside_port *port = &outside->ports[OUTSIDE_CHARDEV + i];
        port->console = &config->chardevs[i].console;
        atomic_store(&port->input_open, config->chardevs[i].interactive);
        port->testdev = config->chardevs[i].testdev;
        if (config->chardevs[i].input && outside->main == OUTSIDE_SERIAL)
            outside->main = OUTSIDE_CHARDEV + i;
    }
    if (config->interactive)
        atomic_store(&outside->ports[outside->main].input_open, true);
}

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
    init_ports(outside);
    return 0;
}

void outside_destroy(struct outside *outside)
{
    if (outside->inbox_ready)
        inbox_destroy(outside->inbox);
    for (unsigned i = 0; i < OUTSIDE_STREAMS; i++)
        free(outside->ports[i].input);
}

void outside_start(struct outside *outside)
{
    inbox_adopt(outside->inbox);
    outside->host_start = host_clock_ns();
    outside->paced_from = outside->clock->now;
    outside->stop_taken = false;
}

void outside_input_end(struct outside *outside, unsigned port)
{
    atomic_store(&outside->ports[port].input_ended, true);
    atomic_store(&outside->ports[port].input_open, false);
    inbox_wake(outside->inbox);
}

// --- State ----------------------------------------------------------------------------------------------------------

// What waits may go round the end of the ring.
static void visit_port(struct outside_port *port, struct visit *v)
{
    if (port->testdev) {
        VISIT(v, port->number);
        VISIT(v, port->number_at);
    }
    VISIT(v, port->input_read);
    VISIT(v, port->input_written);
    uint32_t count = port->input_written - port->input_read, first = port->input_read % OUTSIDE_INPUT_BYTES;
    count = count < OUTSIDE_INPUT_BYTES ? count : OUTSIDE_INPUT_BYTES;
    uint32_t before_end = count < OUTSIDE_INPUT_BYTES - first ? count : OUTSIDE_INPUT_BYTES - first;
    VISIT_VARIABLE(v, &port->input[first], before_end);
    VISIT_VARIABLE(v, port->input, count - before_end);
}

void outside_visit(struct outside *outside, struct visit *v)
{
    VISIT(v, outside->reset_due);
    VISIT(v, outside->reset_left);
    for (unsigned i = 0; i < OUTSIDE_CHARDEV + outside->config->chardev_count; i++) {
        VISIT_ARRAY(v, outside->recent[i].bytes);
        VISIT_BELOW(v, outside->recent[i].end, OUTSIDE_RECENT);
    }
    for (unsigned i = 0; i < OUTSIDE_STREAMS; i++)
        if (outside->ports[i].input)
            visit_port(&outside->ports[i], v);
}

void outside_loaded(struct outside *outside)
{
    for (unsigned i = 0; i < OUTSIDE_STREAMS; i++)
        atomic_store(&outside->ports[i].input_waiting, outside->ports[i].input_written - outside->ports[i].input_read);
}
