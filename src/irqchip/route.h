// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Routing: a GSI (global system interrupt) is a wire; it leads to pins of chips, or to a message.
//
//     UART line ──┐                       ┌── 8259 pin 4
//                 ├─(OR)── GSI 4 ── wire ─┤                 sink.pin(chip, pin, level)
//     group ──────┘                       └── IOAPIC pin 4
//     group ── address, data, device ──────── message       sink.message(address, data, device)
//
// Every driver of a wire is a separate source; the wire is high while any of them is (counted, so O(1) for any number
// of sources), and a pin is high while any wire that reaches it is. Sources are allocated by their users and linked
// into lists, so changing a level, an edge and attaching allocate nothing. There is no table of a fixed size.
//
// All of it on the machine thread; the wiring may change while the machine runs, but not while another thread
// configures legacy groups. A GSI or chip number is a small index (the machine's own enumeration).
// Path: groups/group.c (or a device's line) / msi/msi_x86.c, msi/msi_arm.c and the chips' wiring
#ifndef IRQCHIP_ROUTE_H
#define IRQCHIP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/irq_line.h>

#include "base/trace.h"
#include "base/visit.h"

#define ROUTE_GSI_LIMIT  65536 // no board has more pins; sources beyond these are messages
#define ROUTE_CHIP_LIMIT 256
#define ROUTE_NO_GSI     UINT32_MAX // a source attached to a pin directly

// Where routing ends: filled in by the wiring of the machine.
struct route_sink {
    // A pin changed its level. Called only for changes. It may trigger sources and set levels; a call that comes from
    // inside another one has the newer level.
    void (*pin)(void *owner, uint32_t chip, uint32_t pin, bool level);
    // A message was sent. False: it had no receiver (it was malformed, or for a CPU that does not exist).
    bool (*message)(void *owner, uint64_t address, uint32_t data, uint32_t device);
    void *owner;
    // Is there a receiver of messages at `address`? Called when a source is configured, which fails if there is none;
    // NULL: every address is accepted, and a message without a receiver is dropped when it is sent.
    bool (*reaches)(void *owner, uint64_t address, uint32_t device);
    // An edge happened at a pin that is low: one request of a source that has no level; the chip keeps it until it is
    // taken. NULL: the pin is raised and lowered at once, and a chip that samples it later misses it.
    void (*edge)(void *owner, uint32_t chip, uint32_t pin);
};

// The result of an edge.
enum route_edge {
    ROUTE_EDGE_LOST,   // it leads nowhere, or its message had no receiver (counted and traced)
    ROUTE_EDGE_TAKEN,  // it reached a pin or a receiver
    ROUTE_EDGE_JOINED, // the wire or all its pins were high already: there was no edge, as on a real wire
};

enum route_drop {             // the reason in TRACE_DROP: a
    ROUTE_DROP_NO_OUTPUT = 1, // b = gsi: the wire rose and leads nowhere
    ROUTE_DROP_MESSAGE,       // b = address, c = data: the message had no receiver
};

// b in TRACE_ROUTE where the output is a message.
#define ROUTE_TO_MESSAGE UINT32_MAX

struct route_wire;
struct route_chip;

// One driver of a wire, embedded in its user. Zero it before the first use.
struct route_source {
    struct route_wire *wire; // NULL: not attached
    struct route_source *next, *previous;
    bool level;
    const char *name; // in traces; NULL: none
    // Called by route_eoi while attached; may change the level of this source and attach or detach none. May be NULL.
    void (*resample)(void *owner, struct route_source *source);
    void *owner;
};

struct route_line;

struct route {
    struct route_sink sink;
    struct trace *trace;       // may be NULL
    struct route_wire **wires; // by GSI; NULL: none
    uint32_t wire_count;
    struct route_chip *chips; // by chip number; no pins: not there
    uint32_t chip_count;
    struct route_line **lines; // sources of connected lines
    uint32_t line_count;
    uint64_t drops; // edges and messages without a receiver
};

// `trace` may be NULL.
void route_init(struct route *route, const struct route_sink *sink, struct trace *trace);
void route_free(struct route *route);

// Construction. Declares that chip number `chip` has pins 0 to `pins` - 1. -EEXIST: declared already; -EINVAL: a number
// out of range; -ENOMEM.
int route_add_chip(struct route *route, uint32_t chip, uint32_t pins);

// Construction. Adds an output to the wire of `gsi`; a wire may have any number. A wire that is high raises the new pin
// at once. -ENXIO: no such chip or pin; -EEXIST: the wire reaches that pin already; -EINVAL: gsi; -ENOMEM.
int route_add_pin(struct route *route, uint32_t gsi, uint32_t chip, uint32_t pin);
// The message is sent on each rising edge of the wire (and never for its fall: a message is an event).
int route_add_message(struct route *route, uint32_t gsi, uint64_t address, uint32_t data, uint32_t device);
// Construction. Adds an output that leads nowhere yet, until route_lead_output says where; and room at a pin for `wires` more
// wires, which it needs for that. -EINVAL: gsi; -ENXIO: no such chip or pin; -ENOMEM.
int route_add_open(struct route *route, uint32_t gsi);
int route_reserve_pin(struct route *route, uint32_t chip, uint32_t pin, uint32_t wires);
#define ROUTE_OPEN UINT32_MAX // a chip that is none
// Leads output `index` of the wire of `gsi` to that pin, or nowhere: the old pin falls unless another wire holds it high, and the new
// one takes the level of the wire.
void route_lead_output(struct route *route, uint32_t gsi, uint32_t index, uint32_t chip, uint32_t pin);
// The same after a load, when levels are loaded already.
void route_output_loaded(struct route *route, uint32_t gsi, uint32_t index, uint32_t chip, uint32_t pin);
// Removes all outputs of `gsi`; pins that only it held high fall. Its sources stay attached.
void route_clear(struct route *route, uint32_t gsi);

// Does `gsi` have an output? Does that pin exist? Would a message have a receiver?
bool route_has_gsi(const struct route *route, uint32_t gsi);
bool route_has_pin(const struct route *route, uint32_t chip, uint32_t pin);
bool route_reaches(const struct route *route, uint64_t address, uint32_t device);

// Connects a device's line to `gsi` as one more source of the wire; a line that is high already raises it. The GSI
// needs no output yet. -EINVAL: gsi; -EBUSY: the line is connected; -ENOMEM.
int route_connect(struct route *route, uint32_t gsi, struct intact_irq_line *line);
// The same, and `resample(owner, line)` is called when a chip reports the end of the interrupt (route_eoi).
int route_connect_resample(struct route *route, uint32_t gsi, struct intact_irq_line *line,
                           void (*resample)(void *owner, struct intact_irq_line *line), void *owner);
// Disconnects the line; its wire falls unless another source holds it high.
void route_disconnect(struct route *route, struct intact_irq_line *line);

// Attaches a source to the wire of `gsi`, or directly to a pin. No allocation where the GSI has an output or was
// attached to before. A source with level high raises the wire. -ENXIO: no output / no such pin; -EBUSY: attached.
int route_attach(struct route *route, uint32_t gsi, struct route_source *source);
int route_attach_pin(struct route *route, uint32_t chip, uint32_t pin, struct route_source *source);
// Detaches a source from its wire; its level is low afterwards. Does nothing if it is not attached.
void route_detach(struct route *route, struct route_source *source);

// The level of one source. Nothing happens if it has that level already.
void route_set_level(struct route *route, struct route_source *source, bool level);
// One edge, which leaves the wire as it was.
enum route_edge route_trigger(struct route *route, const struct route_source *source);
// The same on the wire of `gsi` itself, for callers without a source.
enum route_edge route_trigger_gsi(struct route *route, uint32_t gsi);

// Sends a message. False: it had no receiver (counted and traced).
bool route_message(struct route *route, uint64_t address, uint32_t data, uint32_t device);

// The GSI and the level of the connected line with this name. False: there is none.
bool route_find_line(const struct route *route, const char *name, uint32_t *gsi, bool *level);
// Its name and how many others raise `gsi` now; NULL: none does, or it has no name.
const char *route_raised_by(const struct route *route, uint32_t gsi, uint32_t *others);
// The names of connected lines, in the order in which they were connected: NULL behind the last one.
const char *route_line_name(const struct route *route, uint32_t index);
// The sources attached to the wire of `gsi`: source `index`, its name (NULL: none) and its level. False: it has no more.
bool route_source_at(const struct route *route, uint32_t gsi, uint32_t index, const char **name, bool *level);
// The outputs of a wire that lead somewhere: output `index` in *chip and *pin; a message has ROUTE_TO_MESSAGE for a chip. False: it has no more.
bool route_output_at(const struct route *route, uint32_t gsi, uint32_t index, uint32_t *chip, uint32_t *pin);

// A chip ended the interrupt of `pin` (EOI broadcast, 8259 EOI, GIC deactivation): every source with a `resample`
// function, of every wire of that pin, is resampled. Call it when the chip has left its in-service state (remote IRR
// cleared) and before it samples the pin again: a source that was only triggered falls here, and must not interrupt
// twice.
void route_eoi(struct route *route, uint32_t chip, uint32_t pin);

// Is the pin high now? For a chip that samples (reset, unmask) and for tests.
bool route_pin_level(const struct route *route, uint32_t chip, uint32_t pin);
bool route_gsi_level(const struct route *route, uint32_t gsi);

// Levels of connected lines, of wires and of pins. Sources embedded elsewhere are saved by their owners, who attach
// them again without a level before loading. The wiring itself is configuration.
void route_visit(struct route *route, struct visit *v);

#endif
