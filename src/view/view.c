// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A look at a machine. See view.h.
#include "view/view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/snapshot.h>

#include "view/gates.h"
#include "view/lives.h"

// Makes room for one element more than `count`. NULL and `failed`: the host has no memory left; what there was stays.
static void *room_for(struct view *view, void *array, unsigned count, unsigned *room, size_t size)
{
    if (count < *room)
        return array;
    unsigned more = *room ? *room * 2 : 64;
    void *larger = realloc(array, more * size);
    if (!larger) {
        view->failed = true;
        return NULL;
    }
    *room = more;
    return larger;
}

// --- Chips and their registers ---------------------------------------------------------------------------------------

static bool same_chip(const struct view_chip *chip, const struct intact_chip_register *reg)
{
    return chip->chip == reg->chip && chip->cpu == reg->cpu && strcmp(chip->name, reg->chip_name) == 0;
}

static bool begin_chip(struct view *view, const struct intact_chip_register *reg)
{
    void *room = room_for(view, view->chips, view->chip_count, &view->chip_room, sizeof *view->chips);
    if (!room)
        return false;
    view->chips = room;
    struct view_chip *chip = &view->chips[view->chip_count++];
    *chip = (struct view_chip){ .chip = reg->chip, .cpu = reg->cpu, .first = view->told };
    snprintf(chip->name, sizeof chip->name, "%s", reg->chip_name);
    snprintf(chip->text, sizeof chip->text, "%s", reg->chip_text);
    return true;
}

static bool same_register(const struct view_register *was, const struct intact_chip_register *now)
{
    return was->is.chip == now->chip && was->is.cpu == now->cpu && was->is.index == now->index &&
           strcmp(was->is.name, now->name) == 0;
}

// The register as it was at the last look, or NULL. They come in the same order each time, but for those that a chip has in one
// mode only.
static const struct view_register *register_before(struct view *view, const struct intact_chip_register *now)
{
    for (unsigned i = view->found; i < view->before_count; i++)
        if (same_register(&view->before[i], now)) {
            view->found = i + 1;
            return &view->before[i];
        }
    return NULL;
}

static void take_register(void *owner, const struct intact_chip_register *reg)
{
    struct view *view = owner;
    if (view->chip_count == 0 || !same_chip(&view->chips[view->chip_count - 1], reg))
        if (!begin_chip(view, reg))
            return;
    void *room = room_for(view, view->registers, view->told, &view->register_room, sizeof *view->registers);
    if (!room)
        return;
    view->registers = room;
    struct view_chip *chip = &view->chips[view->chip_count - 1];
    const struct view_register *was = register_before(view, reg);
    struct view_register *mine = &view->registers[view->told++];
    *mine = (struct view_register){ .is = *reg, .before = was ? was->is.value : reg->value };
    mine->changed = was ? was->is.value != reg->value : !view->first;
    snprintf(mine->section, sizeof mine->section, "%s", reg->section);
    mine->is.chip_name = mine->is.chip_text = mine->is.section = NULL;
    chip->changed |= mine->changed;
    chip->count++;
}

// What was read at the last look is what is compared with now.
static void keep_registers(struct view *view)
{
    struct view_register *registers = view->before;
    unsigned room = view->before_room;
    view->before = view->registers;
    view->before_room = view->register_room;
    view->before_count = view->register_count;
    view->registers = registers;
    view->register_room = room;
    view->register_count = view->found = 0;
}

// --- Wires -----------------------------------------------------------------------------------------------------------

static void add_name(char *names, size_t size, const char *name)
{
    size_t used = strlen(names);
    snprintf(names + used, size - used, "%s%s", used ? ", " : "", name ? name : "without a name");
}

static void begin_wire(struct view *view, const struct intact_wire *told)
{
    void *room = room_for(view, view->wires, view->told, &view->wire_room, sizeof *view->wires);
    if (!room)
        return;
    view->wires = room;
    bool was = told->gsi < 64 * VIEW_WIRE_WORDS && view->high[told->gsi / 64] >> (told->gsi % 64) & 1;
    view->wires[view->told++] =
        (struct view_wire){ .gsi = told->gsi, .high = told->high, .changed = !view->first && was != told->high };
}

static void take_wire(void *owner, const struct intact_wire *told)
{
    struct view *view = owner;
    if (view->told == 0 || view->wires[view->told - 1].gsi != told->gsi)
        begin_wire(view, told);
    if (view->failed || !view->wires)
        return;
    struct view_wire *wire = &view->wires[view->told - 1];
    char hand[24];
    snprintf(hand, sizeof hand, "gsi:%" PRIu32, told->gsi);
    wire->held |= told->drives && told->driver && strcmp(told->driver, hand) == 0;
    if (told->drives)
        add_name(wire->high_by, sizeof wire->high_by, told->driver);
    else
        add_name(wire->others, sizeof wire->others, told->driver);
}

static void keep_wires(struct view *view)
{
    memset(view->high, 0, sizeof view->high);
    for (unsigned i = 0; i < view->wire_count; i++)
        if (view->wires[i].high && view->wires[i].gsi < 64 * VIEW_WIRE_WORDS)
            view->high[view->wires[i].gsi / 64] |= UINT64_C(1) << (view->wires[i].gsi % 64);
}

// --- Processors ------------------------------------------------------------------------------------------------------

static void take_code(void *owner, const struct intact_instruction *instruction)
{
    struct view_cpu *cpu = owner;
    struct view_code *code = &cpu->code[cpu->code_count++];
    code->address = instruction->address;
    snprintf(code->text, sizeof code->text, "%s %s", instruction->mnemonic, instruction->operands);
}

// The address that RIP is the offset of: linear, which is RIP but for real mode and segments with a base.
static uint64_t linear(const struct view *view, unsigned index, uint64_t pc)
{
    uint64_t base = 0;
    if (!view->arm)
        intact_machine_read_register(view->machine, index, "cs_base", &base);
    return pc + base;
}

static void look_at_cpu(struct view *view, unsigned index)
{
    struct view_cpu *cpu = &view->cpus[index];
    struct view_cpu before = *cpu;
    cpu->state = (enum intact_cpu_state)intact_machine_cpu_state(view->machine, index);
    intact_machine_read_register(view->machine, index, view->arm ? "pc" : "rip", &cpu->pc);
    cpu->moved = !view->first && cpu->pc != before.pc;
    cpu->code_count = 0;
    intact_machine_disassemble(view->machine, index, linear(view, index, cpu->pc), VIEW_CODE, take_code, cpu);
    gates_look(view, index);
    for (unsigned i = 0; i < cpu->gate_count; i++)
        cpu->gates[i].changed = !view->first && strcmp(cpu->gates[i].text, before.gates[i].text) != 0;
}

// --- A view ----------------------------------------------------------------------------------------------------------

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct view *view = owner;
    bool again = view->travels && lives_hear_again(view, event);
    if (!again && (!view->travels || event->instructions >= view->heard))
        lives_hear(view, event);
}

int view_look(struct view *view)
{
    view->failed = false;
    keep_registers(view);
    keep_wires(view);
    view->chip_count = view->told = 0;
    intact_machine_chip_registers(view->machine, INTACT_NO_CPU, take_register, view);
    view->register_count = view->told;
    view->told = 0;
    intact_machine_wires(view->machine, take_wire, view);
    view->wire_count = view->told;
    for (unsigned i = 0; i < view->cpu_count; i++)
        look_at_cpu(view, i);
    view->instructions = intact_machine_instructions(view->machine);
    view->time = intact_machine_time(view->machine);
    view->first = false;
    return view->failed ? -ENOMEM : 0;
}

int view_open(struct intact_machine *machine, const struct intact_machine_config *config, struct view **out)
{
    struct view *view = calloc(1, sizeof *view);
    *out = NULL;
    if (!view)
        return -ENOMEM;
    view->machine = machine;
    view->arm = config->type == INTACT_VIRT;
    view->cpu_count = config->cpus;
    view->cpus = calloc(config->cpus, sizeof *view->cpus);
    view->first = true;
    intact_trace_observer_init(&view->observer, INTACT_TRACE_INTERRUPTS, hear, view);
    if (!view->cpus || view_look(view) < 0) {
        view_close(view);
        return -ENOMEM;
    }
    intact_machine_trace(machine, &view->observer);
    *out = view;
    return 0;
}

void view_close(struct view *view)
{
    if (!view)
        return;
    intact_trace_observer_remove(&view->observer);
    free(view->chips);
    free(view->registers);
    free(view->before);
    free(view->wires);
    free(view->cpus);
    free(view);
}

// On the way, also on one forward, a part of the run is run again, and its events come again.
static void begin_travel(struct view *view)
{
    view->travels = true;
    view->heard = intact_machine_instructions(view->machine);
    lives_begin_again(view);
}

static int end_travel(struct view *view, int result)
{
    view->travels = false;
    lives_forget_after(view, intact_machine_instructions(view->machine));
    return result;
}

int view_go_to(struct view *view, uint64_t instructions, char *why)
{
    begin_travel(view);
    return end_travel(view, intact_machine_go_to(view->machine, instructions, why));
}

int view_back(struct view *view, struct intact_exit *end, char *why)
{
    begin_travel(view);
    return end_travel(view, intact_machine_back(view->machine, NULL, end, why));
}

const struct view_register *view_find(const struct view *view, const char *chip, const char *name, uint32_t index)
{
    for (unsigned i = 0; i < view->chip_count; i++) {
        const struct view_chip *is = &view->chips[i];
        for (unsigned r = is->first; r < is->first + is->count && strcmp(is->name, chip) == 0; r++)
            if (view->registers[r].is.index == index && strcmp(view->registers[r].is.name, name) == 0)
                return &view->registers[r];
    }
    return NULL;
}

const char *view_cpu_state(enum intact_cpu_state state)
{
    return state == INTACT_CPU_RUNNING ? "running" : state == INTACT_CPU_HALTED ? "halted" : "off";
}

const char *view_fate(const struct view_life *life)
{
    return life->ended          ? "ended"
           : life->acknowledged ? "active"
           : life->taken        ? "taken"
           : life->withdrawn    ? "withdrawn"
                                : "waits";
}
