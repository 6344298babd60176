// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host input and output of a machine: characters of its ports, idle time, quitting. The same for every board.
#ifndef MACHINE_BOARD_OUTSIDE_H
#define MACHINE_BOARD_OUTSIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/machine.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/inbox.h"
#include "base/visit.h"
#include "groups/manager.h"
#include "vcpu/loop.h"

#define OUTSIDE_INPUT_BYTES 65536 // characters that wait for a port; a power of two

// The ports, by what they are: the chardevs of devices follow in their order. A message's id in a journal is this number.
enum { OUTSIDE_SERIAL, OUTSIDE_DEBUGCON, OUTSIDE_CHARDEV, OUTSIDE_STREAMS = OUTSIDE_CHARDEV + INTACT_CHARDEVS_MAX };

// What it printed last there: a ring, for who looks for a text.
#define OUTSIDE_RECENT 64
struct outside_recent {
    char bytes[OUTSIDE_RECENT];
    uint8_t end; // where the next one goes
};

struct outside;

// A port of the guest and the characters that wait for its device: a ring on the machine's thread. Other threads see how much
// is in the inbox and how much is in the ring.
struct outside_port {
    struct outside *outside;
    const struct intact_console *console;
    bool (*can_receive)(void *device);
    void (*receive)(void *device, uint8_t byte, uint64_t now);
    void *device;
    uint8_t *input; // OUTSIDE_INPUT_BYTES; NULL: nothing is received here
    uint32_t input_read, input_written;
    atomic_uint input_posted, input_waiting;
    atomic_bool input_open, input_ended; // open: the run waits for it; ended: none is taken any more
    // A port that ends the run (intact_chardev_config.testdev): the number that is being read, and where in it the guest is.
    bool testdev;
    uint32_t number;
    uint8_t number_at;
};

struct outside {
    // Set by the board.
    const struct intact_machine_config *config;
    struct clock *clock;
    struct inbox *inbox;
    struct loop *loop;
    struct intact_irq_manager *manager; // set after outside_init

    struct outside_port ports[OUTSIDE_STREAMS];
    unsigned main;            // the port of intact_machine_input
    bool reset_due;           // the machine is reset before it goes on
    atomic_bool reset_posted; // a message that asks for it is on its way
    uint64_t reset_left;      // of the time of a reset that has begun: instructions
    bool reset_by_guest;      // that one
    bool quiet;               // what the guest writes was written before: a part of a run is repeated
    unsigned sources;         // other sources of input, which never end: networks
    uint16_t console_channel, host_channel, stop_channel;
    struct inbox_node stop_node; // of the message that a debugger sends
    atomic_bool stop_posted;     // it is on its way
    bool stop_taken;             // in this run
    atomic_bool quit_posted;     // the end of the run has been asked for

    struct outside_recent recent[OUTSIDE_STREAMS];
    // Hears every character that the guest prints, also in a part of a run that is repeated. NULL: nobody does.
    void (*printed)(void *owner, const struct outside_recent *recent);
    void *printed_owner;

    // What the host has to do while the machine waits, as to bring a journal to its disk. It does what is due, and returns in
    // how many ns it is to be called again (UINT64_MAX: no more in this wait). NULL: there is nothing.
    uint64_t (*chore)(void *owner);
    void *chore_owner;

    // Pacing: the host's clock when virtual time was `paced_from`.
    uint64_t host_start, paced_from;
    bool inbox_ready; // outside_destroy destroys it
};

// Makes the inbox and its channels. A negative errno with a line in `error`.
int outside_init(struct outside *outside, struct error *error);
void outside_destroy(struct outside *outside);
// The calling thread runs the machine from now on, and pacing starts.
void outside_start(struct outside *outside);

// Are the characters that were printed last the `length` ones of `text`, at most OUTSIDE_RECENT?
bool outside_printed_last(const struct outside_recent *recent, const char *text, size_t length);
// A character of a port to its console (`owner` is the struct outside_port); and a flush of all.
void outside_transmit(void *owner, uint8_t byte);
void outside_flush(struct outside *outside);

// The device behind a port, which receives from now on. Before any other thread knows the machine. -ENOMEM with a line in
// `error`.
int outside_connect(struct outside *outside, unsigned port, bool (*can_receive)(void *device),
                    void (*receive)(void *device, uint8_t byte, uint64_t now), void *device, struct error *error);
// The device has room again, or there are new characters in the ring. `owner` is the struct outside_port.
void outside_receive(void *owner);
// Any thread. Returns how many of the bytes were accepted: none without a device.
size_t outside_input(struct outside *outside, unsigned port, const uint8_t *data, size_t size);
// Any thread. No more input will come to that port.
void outside_input_end(struct outside *outside, unsigned port);
// Any thread.
void outside_quit(struct outside *outside);
// Any thread. Ends the run soon, for a debugger: the guest and a journal do not notice.
void outside_interrupt(struct outside *outside);

// The characters that wait for the ports; outside_loaded follows a load.
void outside_visit(struct outside *outside, struct visit *v);
void outside_loaded(struct outside *outside);

// `idle` of struct loop; `owner` is the struct outside.
bool outside_idle(void *owner, uint64_t until);

#endif
