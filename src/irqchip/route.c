// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Routing: wires, their sources and their outputs.
//
//     source ─┐
//     source ─┴─ wire (high: how many sources) ─┬─ pin (high: how many wires) ── sink.pin
//                                               └─ message ───────────────────── sink.message
//
// Two counters make the wired OR exact at any number of sharers. Every pin has a private wire too, for sources that
// name a pin and no GSI; so a source is always on a wire, and a pin's sources are those of its wires.
// Path: groups/group.c / the chips' wiring
#include "irqchip/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

struct route_pin;

struct route_output {
    struct route_pin *pin; // NULL: the message
    bool open;             // or neither: it leads nowhere now
    bool driven;           // the wire holds the pin high by this output
    uint64_t address;
    uint32_t data, device;
};

struct route_wire {
    uint32_t gsi;  // ROUTE_NO_GSI: the private wire of a pin
    uint32_t high; // sources that hold it high
    struct route_source *sources;
    struct route_output *outputs;
    uint32_t output_count;
};

struct route_pin {
    uint32_t chip, pin;
    uint32_t high; // wires that hold it high
    struct route_wire own;
    struct route_output self;  // the one output of `own`
    struct route_wire **wires; // all that reach it, but for `own`
    uint32_t wire_count, wire_room;
};

struct route_chip {
    struct route_pin *pins;
    uint32_t count;
};

struct route_line {
    struct route_source source;
    struct intact_irq_line *line;
    void (*resample)(void *owner, struct intact_irq_line *line);
    void *owner;
};

void route_init(struct route *route, const struct route_sink *sink, struct trace *trace)
{
    *route = (struct route){ .sink = *sink, .trace = trace };
}

static void free_chip(struct route_chip *chip)
{
    for (uint32_t i = 0; i < chip->count; i++)
        free(chip->pins[i].wires);
    free(chip->pins);
}

void route_free(struct route *route)
{
    for (uint32_t i = 0; i < route->line_count; i++)
        if (route->lines[i])
            route_disconnect(route, route->lines[i]->line);
    for (uint32_t i = 0; i < route->wire_count; i++) {
        if (route->wires[i])
            free(route->wires[i]->outputs);
        free(route->wires[i]);
    }
    for (uint32_t i = 0; i < route->chip_count; i++)
        free_chip(&route->chips[i]);
    free(route->wires);
    free(route->chips);
    free(route->lines);
}

// --- Finding and growing ---------------------------------------------------------------------------------------------

// Makes room for element `index` in an array of `*count` elements; new ones are zero.
static bool grow(void **array, uint32_t *count, uint32_t index, size_t size)
{
    if (index < *count)
        return true;
    uint32_t wanted = index + 1 > *count * 2 ? index + 1 : *count * 2;
    void *bigger = realloc(*array, wanted * size);
    if (!bigger)
        return false;
    memset((char *)bigger + *count * size, 0, (wanted - *count) * size);
    *array = bigger;
    *count = wanted;
    return true;
}

static struct route_wire *find_wire(const struct route *route, uint32_t gsi)
{
    return gsi < route->wire_count ? route->wires[gsi] : NULL;
}

static struct route_pin *find_pin(const struct route *route, uint32_t chip, uint32_t pin)
{
    return chip < route->chip_count && pin < route->chips[chip].count ? &route->chips[chip].pins[pin] : NULL;
}

static struct route_wire *make_wire(struct route *route, uint32_t gsi)
{
    struct route_wire *wire = find_wire(route, gsi);
    if (wire || !grow((void **)&route->wires, &route->wire_count, gsi, sizeof(struct route_wire *)))
        return wire;
    wire = calloc(1, sizeof *wire);
    if (wire)
        wire->gsi = gsi;
    return route->wires[gsi] = wire;
}

bool route_has_gsi(const struct route *route, uint32_t gsi)
{
    const struct route_wire *wire = find_wire(route, gsi);
    return wire && wire->output_count;
}

bool route_has_pin(const struct route *route, uint32_t chip, uint32_t pin)
{
    return find_pin(route, chip, pin) != NULL;
}

bool route_reaches(const struct route *route, uint64_t address, uint32_t device)
{
    return !route->sink.reaches || route->sink.reaches(route->sink.owner, address, device);
}

bool route_pin_level(const struct route *route, uint32_t chip, uint32_t pin)
{
    const struct route_pin *found = find_pin(route, chip, pin);
    return found && found->high;
}

bool route_gsi_level(const struct route *route, uint32_t gsi)
{
    const struct route_wire *wire = find_wire(route, gsi);
    return wire && wire->high;
}

// --- Levels ----------------------------------------------------------------------------------------------------------

static void move_pin(struct route *route, struct route_pin *pin, bool level)
{
    uint32_t before = pin->high;
    pin->high = level ? before + 1 : before - 1;
    if (!before != !pin->high)
        route->sink.pin(route->sink.owner, pin->chip, pin->pin, level);
}

// The output takes the level that its wire has now. The receiver of a pin may call routing again and change the wire
// while other outputs have not followed yet; each output stores the level that it drives, so all end at the last level.
static void follow(struct route *route, const struct route_wire *wire, struct route_output *output)
{
    bool level = wire->high;
    if (output->driven == level)
        return;
    output->driven = level;
    if (level)
        TRACE(route->trace, TRACE_ROUTE, TRACE_NO_CPU, wire->gsi, output->pin->chip, output->pin->pin);
    move_pin(route, output->pin, level);
}

static bool send(struct route *route, const struct route_wire *wire, const struct route_output *output)
{
    TRACE(route->trace, TRACE_ROUTE, TRACE_NO_CPU, wire->gsi, ROUTE_TO_MESSAGE, 0);
    return route_message(route, output->address, output->data, output->device);
}

static void drop(struct route *route, uint32_t gsi)
{
    route->drops++;
    TRACE(route->trace, TRACE_DROP, TRACE_NO_CPU, ROUTE_DROP_NO_OUTPUT, gsi, 0);
}

static bool leads_nowhere(const struct route_wire *wire)
{
    for (uint32_t i = 0; i < wire->output_count; i++)
        if (!wire->outputs[i].open)
            return false;
    return true;
}

// The wire has risen or fallen. A message is sent for each rise.
static void move_outputs(struct route *route, struct route_wire *wire, bool rise)
{
    if (rise && leads_nowhere(wire))
        drop(route, wire->gsi);
    for (uint32_t i = 0; i < wire->output_count; i++)
        if (wire->outputs[i].pin)
            follow(route, wire, &wire->outputs[i]);
        else if (rise && !wire->outputs[i].open)
            send(route, wire, &wire->outputs[i]);
}

// Where the interrupt of a wire waits, for causes in traces: as long as the wire is high. A pin's own wire has no number.
static uint64_t wire_key(const struct route_wire *wire)
{
    if (wire->gsi != ROUTE_NO_GSI)
        return trace_key(TRACE_AT_GSI, 0, wire->gsi);
    return trace_key(TRACE_AT_GSI, wire->outputs[0].pin->chip + 1, wire->outputs[0].pin->pin);
}

static void report_line(struct route *route, const struct route_wire *wire, const char *name, bool level)
{
    trace_name(route->trace, name);
    if (level)
        trace_raise(route->trace, wire_key(wire), TRACE_LINE, TRACE_NO_CPU, wire->gsi, level, 0);
    else
        trace_lower(route->trace, wire_key(wire), TRACE_LINE, TRACE_NO_CPU, wire->gsi, level, 0);
}

static void line_reported(struct route *route, const struct route_wire *wire)
{
    if (!wire->high)
        trace_drop(route->trace, wire_key(wire));
    trace_end(route->trace);
}

// Counts a source, `name`, that starts or stops holding the wire high.
static void drive(struct route *route, struct route_wire *wire, const char *name, bool level)
{
    bool heard = trace_heard(route->trace);
    if (heard)
        report_line(route, wire, name, level);
    uint32_t before = wire->high;
    wire->high = level ? before + 1 : before - 1;
    if (!before != !wire->high)
        move_outputs(route, wire, level);
    if (heard)
        line_reported(route, wire);
}

void route_set_level(struct route *route, struct route_source *source, bool level)
{
    if (source->level == level)
        return;
    source->level = level;
    if (source->wire)
        drive(route, source->wire, source->name, level);
}

// --- Edges -----------------------------------------------------------------------------------------------------------

// There is no edge at a pin that another wire holds high.
static enum route_edge trigger_pin(struct route *route, const struct route_wire *wire, struct route_pin *pin)
{
    if (pin->high)
        return ROUTE_EDGE_JOINED;
    TRACE(route->trace, TRACE_ROUTE, TRACE_NO_CPU, wire->gsi, pin->chip, pin->pin);
    if (route->sink.edge) {
        route->sink.edge(route->sink.owner, pin->chip, pin->pin);
    } else {
        move_pin(route, pin, true);
        move_pin(route, pin, false);
    }
    return ROUTE_EDGE_TAKEN;
}

static enum route_edge trigger_outputs(struct route *route, const struct route_wire *wire)
{
    bool taken = false, lost = leads_nowhere(wire);
    if (lost)
        drop(route, wire->gsi);
    for (uint32_t i = 0; i < wire->output_count; i++) {
        const struct route_output *output = &wire->outputs[i];
        if (output->pin)
            taken |= trigger_pin(route, wire, output->pin) == ROUTE_EDGE_TAKEN;
        else if (!output->open)
            lost |= !send(route, wire, output), taken = true;
    }
    if (lost)
        return ROUTE_EDGE_LOST;
    return taken ? ROUTE_EDGE_TAKEN : ROUTE_EDGE_JOINED;
}

static enum route_edge trigger(struct route *route, const struct route_wire *wire, const char *name)
{
    bool heard = trace_heard(route->trace);
    if (heard)
        report_line(route, wire, name, true);
    enum route_edge result = wire->high ? ROUTE_EDGE_JOINED : trigger_outputs(route, wire);
    if (heard) {
        trace_lower(route->trace, wire_key(wire), TRACE_LINE, TRACE_NO_CPU, wire->gsi, wire->high != 0, 0);
        trace_end(route->trace);
        line_reported(route, wire);
    }
    return result;
}

enum route_edge route_trigger(struct route *route, const struct route_source *source)
{
    return source->wire ? trigger(route, source->wire, source->name) : ROUTE_EDGE_LOST;
}

enum route_edge route_trigger_gsi(struct route *route, uint32_t gsi)
{
    const struct route_wire *wire = find_wire(route, gsi);
    if (wire)
        return trigger(route, wire, NULL);
    drop(route, gsi);
    return ROUTE_EDGE_LOST;
}

// --- Messages and ends -----------------------------------------------------------------------------------------------

bool route_message(struct route *route, uint64_t address, uint32_t data, uint32_t device)
{
    if (route->sink.message(route->sink.owner, address, data, device))
        return true;
    route->drops++;
    TRACE(route->trace, TRACE_DROP, TRACE_NO_CPU, ROUTE_DROP_MESSAGE, address, data);
    return false;
}

// A source that says nothing at the end of an interrupt is looked at too: it still holds the wire, or it does not.
static void resample(const struct route *route, const struct route_wire *wire)
{
    bool looked = wire->high;
    for (struct route_source *source = wire->sources, *next; source; source = next) {
        next = source->next;
        looked |= source->resample != NULL;
        if (source->resample)
            source->resample(source->owner, source);
    }
    if (looked)
        TRACE(route->trace, TRACE_RESAMPLE, TRACE_NO_CPU, wire->gsi, wire->high != 0, 0);
}

void route_eoi(struct route *route, uint32_t chip, uint32_t pin)
{
    const struct route_pin *found = find_pin(route, chip, pin);
    if (!found)
        return;
    resample(route, &found->own);
    for (uint32_t i = 0; i < found->wire_count; i++)
        resample(route, found->wires[i]);
}

// --- Wiring ----------------------------------------------------------------------------------------------------------

static void wire_chip(struct route_chip *chip, uint32_t number)
{
    for (uint32_t i = 0; i < chip->count; i++) {
        struct route_pin *pin = &chip->pins[i];
        pin->chip = number;
        pin->pin = i;
        pin->self.pin = pin;
        pin->own = (struct route_wire){ .gsi = ROUTE_NO_GSI, .outputs = &pin->self, .output_count = 1 };
    }
}

int route_add_chip(struct route *route, uint32_t chip, uint32_t pins)
{
    if (chip >= ROUTE_CHIP_LIMIT || !pins || pins > ROUTE_GSI_LIMIT)
        return -EINVAL;
    if (chip < route->chip_count && route->chips[chip].count)
        return -EEXIST;
    if (!grow((void **)&route->chips, &route->chip_count, chip, sizeof(struct route_chip)))
        return -ENOMEM;
    struct route_pin *array = calloc(pins, sizeof *array);
    if (!array)
        return -ENOMEM;
    route->chips[chip] = (struct route_chip){ .pins = array, .count = pins };
    wire_chip(&route->chips[chip], chip);
    return 0;
}

static int add_output(struct route *route, uint32_t gsi, const struct route_output *output)
{
    struct route_wire *wire = gsi < ROUTE_GSI_LIMIT ? make_wire(route, gsi) : NULL;
    if (!wire)
        return gsi < ROUTE_GSI_LIMIT ? -ENOMEM : -EINVAL;
    struct route_output *bigger = realloc(wire->outputs, (wire->output_count + 1) * sizeof *bigger);
    if (!bigger)
        return -ENOMEM;
    wire->outputs = bigger;
    bigger[wire->output_count++] = *output;
    if (wire->high && output->pin)
        follow(route, wire, &bigger[wire->output_count - 1]);
    else if (wire->high && !output->open)
        send(route, wire, output);
    return 0;
}

static bool pin_lists(const struct route_pin *pin, const struct route_wire *wire)
{
    for (uint32_t i = 0; wire && i < pin->wire_count; i++)
        if (pin->wires[i] == wire)
            return true;
    return false;
}

static bool make_room(struct route_pin *pin, uint32_t wires)
{
    if (pin->wire_count + wires <= pin->wire_room)
        return true;
    struct route_wire **bigger = realloc(pin->wires, (pin->wire_count + wires) * sizeof *bigger);
    if (!bigger)
        return false;
    pin->wires = bigger;
    pin->wire_room = pin->wire_count + wires;
    return true;
}

int route_add_pin(struct route *route, uint32_t gsi, uint32_t chip, uint32_t pin)
{
    struct route_pin *found = find_pin(route, chip, pin);
    if (!found)
        return -ENXIO;
    if (pin_lists(found, find_wire(route, gsi)))
        return -EEXIST;
    // The pin's list has room before the output exists: both are added, or neither.
    if (!make_room(found, 1))
        return -ENOMEM;
    int result = add_output(route, gsi, &(struct route_output){ .pin = found });
    if (!result)
        found->wires[found->wire_count++] = find_wire(route, gsi);
    return result;
}

int route_add_message(struct route *route, uint32_t gsi, uint64_t address, uint32_t data, uint32_t device)
{
    return add_output(route, gsi, &(struct route_output){ .address = address, .data = data, .device = device });
}

static void unlist(struct route_pin *pin, const struct route_wire *wire)
{
    for (uint32_t i = 0; i < pin->wire_count; i++) {
        if (pin->wires[i] != wire)
            continue;
        memmove(&pin->wires[i], &pin->wires[i + 1], (pin->wire_count - i - 1) * sizeof pin->wires[0]);
        pin->wire_count--;
        return;
    }
}

int route_add_open(struct route *route, uint32_t gsi)
{
    return add_output(route, gsi, &(struct route_output){ .open = true });
}

int route_reserve_pin(struct route *route, uint32_t chip, uint32_t pin, uint32_t wires)
{
    struct route_pin *found = find_pin(route, chip, pin);
    if (!found)
        return -ENXIO;
    return make_room(found, wires) ? 0 : -ENOMEM;
}

static void lead(struct route_wire *wire, struct route_output *output, struct route_pin *to)
{
    if (output->pin)
        unlist(output->pin, wire);
    output->pin = to;
    output->open = !to;
    if (to)
        to->wires[to->wire_count++] = wire;
}

// The old pin falls before the new one rises; the receiver may use the wire in between.
void route_lead_output(struct route *route, uint32_t gsi, uint32_t index, uint32_t chip, uint32_t pin)
{
    struct route_wire *wire = find_wire(route, gsi);
    struct route_output *output = &wire->outputs[index];
    struct route_pin *from = output->pin, *to = find_pin(route, chip, pin);
    if (from == to)
        return;
    bool driven = output->driven;
    lead(wire, output, to);
    output->driven = false;
    if (driven)
        move_pin(route, from, false);
    if (output->pin == to && to)
        follow(route, wire, output);
}

void route_output_loaded(struct route *route, uint32_t gsi, uint32_t index, uint32_t chip, uint32_t pin)
{
    struct route_wire *wire = find_wire(route, gsi);
    struct route_output *output = &wire->outputs[index];
    struct route_pin *to = find_pin(route, chip, pin);
    if (output->pin != to)
        lead(wire, output, to);
}

// The outputs are removed from the wire before their pins fall, since the receiver may use the wire.
void route_clear(struct route *route, uint32_t gsi)
{
    struct route_wire *wire = find_wire(route, gsi);
    if (!wire)
        return;
    struct route_output *outputs = wire->outputs;
    uint32_t count = wire->output_count;
    wire->outputs = NULL;
    wire->output_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!outputs[i].pin)
            continue;
        unlist(outputs[i].pin, wire);
        if (outputs[i].driven)
            move_pin(route, outputs[i].pin, false);
    }
    free(outputs);
}

// --- Sources ---------------------------------------------------------------------------------------------------------

static void attach(struct route *route, struct route_wire *wire, struct route_source *source)
{
    source->wire = wire;
    source->previous = NULL;
    source->next = wire->sources;
    if (source->next)
        source->next->previous = source;
    wire->sources = source;
    if (source->level)
        drive(route, wire, source->name, true);
}

int route_attach(struct route *route, uint32_t gsi, struct route_source *source)
{
    if (source->wire)
        return -EBUSY;
    if (!route_has_gsi(route, gsi))
        return -ENXIO;
    attach(route, route->wires[gsi], source);
    return 0;
}

int route_attach_pin(struct route *route, uint32_t chip, uint32_t pin, struct route_source *source)
{
    struct route_pin *found = find_pin(route, chip, pin);
    if (source->wire)
        return -EBUSY;
    if (!found)
        return -ENXIO;
    attach(route, &found->own, source);
    return 0;
}

void route_detach(struct route *route, struct route_source *source)
{
    if (!source->wire)
        return;
    route_set_level(route, source, false);
    if (source->previous)
        source->previous->next = source->next;
    else
        source->wire->sources = source->next;
    if (source->next)
        source->next->previous = source->previous;
    source->wire = NULL;
}

// --- Devices' lines --------------------------------------------------------------------------------------------------

static void line_set(void *owner, uint32_t pin, bool level)
{
    struct route *route = owner;
    route_set_level(route, &route->lines[pin]->source, level);
}

static void line_trigger(void *owner, uint32_t pin)
{
    struct route *route = owner;
    route_trigger(route, &route->lines[pin]->source);
}

static void line_resample(void *owner, struct route_source *source)
{
    const struct route_line *line = owner;
    (void)source;
    line->resample(line->owner, line->line);
}

static struct route_line *make_line(struct route *route, uint32_t *place)
{
    for (*place = 0; *place < route->line_count; ++*place)
        if (!route->lines[*place])
            break;
    if (!grow((void **)&route->lines, &route->line_count, *place, sizeof(struct route_line *)))
        return NULL;
    return route->lines[*place] = calloc(1, sizeof(struct route_line));
}

int route_connect_resample(struct route *route, uint32_t gsi, struct intact_irq_line *line,
                           void (*callback)(void *owner, struct intact_irq_line *line), void *owner)
{
    uint32_t place;
    if (gsi >= ROUTE_GSI_LIMIT)
        return -EINVAL;
    if (line->set)
        return -EBUSY;
    struct route_wire *wire = make_wire(route, gsi);
    struct route_line *made = wire ? make_line(route, &place) : NULL;
    if (!made)
        return -ENOMEM;
    *made = (struct route_line){ .line = line, .resample = callback, .owner = owner };
    made->source.level = line->level;
    made->source.name = line->name;
    made->source.resample = callback ? line_resample : NULL;
    made->source.owner = made;
    line->set = line_set;
    line->trigger = line_trigger;
    line->owner = route;
    line->pin = place;
    attach(route, wire, &made->source);
    return 0;
}

int route_connect(struct route *route, uint32_t gsi, struct intact_irq_line *line)
{
    return route_connect_resample(route, gsi, line, NULL, NULL);
}

void route_disconnect(struct route *route, struct intact_irq_line *line)
{
    if (line->set != line_set || line->owner != route)
        return;
    struct route_line *made = route->lines[line->pin];
    route_detach(route, &made->source);
    route->lines[line->pin] = NULL;
    line->set = NULL;
    line->trigger = NULL;
    line->owner = NULL;
    free(made);
}

// --- Questions -------------------------------------------------------------------------------------------------------

bool route_find_line(const struct route *route, const char *name, uint32_t *gsi, bool *level)
{
    for (uint32_t i = 0; i < route->line_count; i++) {
        const struct route_line *line = route->lines[i];
        if (!line || !line->source.name || strcmp(line->source.name, name) != 0)
            continue;
        *gsi = line->source.wire->gsi;
        *level = line->source.level;
        return true;
    }
    return false;
}

const char *route_raised_by(const struct route *route, uint32_t gsi, uint32_t *others)
{
    const struct route_wire *wire = find_wire(route, gsi);
    const char *name = NULL;
    uint32_t raised = 0;
    for (const struct route_source *source = wire ? wire->sources : NULL; source; source = source->next) {
        raised += source->level;
        if (source->level && !name)
            name = source->name;
    }
    *others = raised ? raised - 1 : 0;
    return name;
}

// The lines that were disconnected leave a gap.
const char *route_line_name(const struct route *route, uint32_t index)
{
    for (uint32_t i = 0; i < route->line_count; i++)
        if (route->lines[i] && route->lines[i]->source.name && index-- == 0)
            return route->lines[i]->source.name;
    return NULL;
}

bool route_source_at(const struct route *route, uint32_t gsi, uint32_t index, const char **name, bool *level)
{
    const struct route_wire *wire = find_wire(route, gsi);
    const struct route_source *source = wire ? wire->sources : NULL;
    while (source && index-- > 0)
        source = source->next;
    if (!source)
        return false;
    *name = source->name;
    *level = source->level;
    return true;
}

bool route_output_at(const struct route *route, uint32_t gsi, uint32_t index, uint32_t *chip, uint32_t *pin)
{
    const struct route_wire *wire = find_wire(route, gsi);
    uint32_t at = 0;
    for (; wire && at < wire->output_count; at++)
        if (!wire->outputs[at].open && index-- == 0)
            break;
    if (!wire || at == wire->output_count)
        return false;
    const struct route_pin *to = wire->outputs[at].pin;
    *chip = to ? to->chip : ROUTE_TO_MESSAGE;
    *pin = to ? to->pin : 0;
    return true;
}

// --- State -----------------------------------------------------------------------------------------------------------

static void visit_wire(struct route_wire *wire, struct visit *v)
{
    VISIT(v, wire->high);
    for (uint32_t i = 0; i < wire->output_count; i++)
        VISIT(v, wire->outputs[i].driven);
}

static void visit_wires(struct route *route, struct visit *v)
{
    for (uint32_t i = 0; i < route->wire_count; i++)
        if (route->wires[i])
            visit_wire(route->wires[i], v);
}

static void visit_pins(struct route_chip *chip, struct visit *v)
{
    for (uint32_t i = 0; i < chip->count; i++) {
        VISIT(v, chip->pins[i].high);
        visit_wire(&chip->pins[i].own, v);
    }
}

void route_visit(struct route *route, struct visit *v)
{
    visit_enter(v, "route");
    VISIT(v, route->drops);
    for (uint32_t i = 0; i < route->line_count; i++)
        if (route->lines[i])
            VISIT(v, route->lines[i]->source.level);
    visit_wires(route, v);
    for (uint32_t i = 0; i < route->chip_count; i++)
        visit_pins(&route->chips[i], v);
    visit_leave(v);
}
