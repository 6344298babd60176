// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What is to be seen of a machine, as plain data: its chips with their registers, its wires, what lets an interrupt into each
// processor, and the lives of its interrupts. Whoever shows a machine draws this, so that all of them show the same.
//
//     struct view *view;
//     view_open(machine, &view);
//     ...
//     intact_machine_run_for(machine, 1);
//     view_look(view);                  // reads everything, and marks what is not as it was at the last look
//     draw(view);
//
// A look changes nothing in the machine, and neither does what listens to its interrupts.
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/debug.h>
#include <intact/trace.h>

// A register as <intact/chips.h> tells it, but `chip_name` and `chip_text` are those of its chip here, and `section` is beside it.
struct view_register {
    struct intact_chip_register is;
    char section[80]; // of a manual; empty: none has it
    uint64_t before;  // at the last look
    bool changed;
};

struct view_chip {
    uint32_t chip, cpu; // as in struct intact_chip_register
    char name[24], text[40];
    unsigned first, count; // its registers
    bool changed;          // one of them has
};

struct view_wire {
    uint32_t gsi;
    bool high, changed;
    bool held;                    // by hand (intact_machine_hold_wire), besides the devices
    char high_by[64], others[64]; // names of the drivers that are high, and of those that are low, with commas
};

// What an interrupt must pass at a processor: a register or a flag of it.
struct view_gate {
    const char *name;    // "IF", "TPR", "PMR"
    const char *section; // of its manual
    char text[64];       // its value, and what it lets pass
    bool open;           // it lets some interrupts pass
    bool changed;
};

#define VIEW_GATES 6
#define VIEW_CODE  4

// An instruction, the first at the program counter.
struct view_code {
    uint64_t address;
    char text[96];
};

struct view_cpu {
    enum intact_cpu_state state;
    uint64_t pc; // virtual; on INTACT_PC RIP
    bool moved;  // since the last look
    struct view_gate gates[VIEW_GATES];
    unsigned gate_count;
    struct view_code code[VIEW_CODE];
    unsigned code_count; // 0: nothing is mapped there, or there is no disassembler
};

// A station that an interrupt has passed.
struct view_station {
    enum intact_trace_id id;
    uint32_t cpu; // or INTACT_NO_CPU
    uint64_t instructions, time;
    char text[INTACT_TRACE_TEXT];
    bool low;   // LINE: the device's line went low
    bool again; // lives.c alone: it was heard again on the way back
};

#define VIEW_STATIONS 16
#define VIEW_LIVES    64

// One raise, and what became of it; of the last VIEW_LIVES raises.
struct view_life {
    uint64_t number;        // the first that was heard is 1; the same again after a way back
    uint64_t cause, raises; // as in struct intact_trace_event
    char source[48];        // what raised it
    char asks
        [48]; // what intact why is asked about: the source, or of an interrupt between processors where it was accepted
    struct view_station stations[VIEW_STATIONS];
    unsigned count;   // of stations
    unsigned missing; // that came behind the last one there is room for
    bool sent;        // by a processor
    bool accepted, withdrawn, taken, acknowledged,
        ended; // `withdrawn`: x86; its line fell before a local APIC or a processor had it; `acknowledged`: Arm; a handler has read IAR
    bool nmi;  // x86: taken as one
};

#define VIEW_WIRE_WORDS 32 // 64 GSIs each whose change is seen

struct view {
    struct intact_machine *machine;
    bool arm;
    unsigned cpu_count;
    uint64_t instructions, time;
    struct view_chip *chips;
    unsigned chip_count;
    struct view_register *registers;
    unsigned register_count;
    struct view_wire *wires;
    unsigned wire_count;
    struct view_cpu *cpus;
    struct view_life lives[VIEW_LIVES]; // the oldest first
    unsigned life_count;

    // view.c alone.
    struct intact_trace_observer observer;
    struct view_register *before; // the registers of the last look; `found`: those that were met again
    unsigned before_count, before_room, found;
    uint64_t high[VIEW_WIRE_WORDS];                     // GSIs that were high then
    unsigned register_room, chip_room, wire_room, told; // `told`: registers, or wires, of this look
    bool first, failed;
    bool travels; // it goes elsewhere, and what is run again on the way, before `heard` instructions, was heard before
    uint64_t heard;
};

// Begins to look at a machine, and to listen to its interrupts. Between two runs, on the machine's thread, as all of this.
// 0; -ENOMEM.
int view_open(struct intact_machine *machine, const struct intact_machine_config *config, struct view **view);
// NULL: nothing. Before the machine is destroyed.
void view_close(struct view *view);

// Looks. 0; -ENOMEM.
int view_look(struct view *view);

// Takes the machine to where all processors had executed `instructions` in all, back or forward (intact_machine_go_to), and forgets
// what came after. The machine has a history (intact_machine_history). As intact_machine_go_to.
int view_go_to(struct view *view, uint64_t instructions, char *why);

// The same to the last of the events that intact_break_event has added, as intact_machine_back without an event.
int view_back(struct view *view, struct intact_exit *end, char *why);

// "running", "halted", "off"
const char *view_cpu_state(enum intact_cpu_state state);
// What became of an interrupt: "waits", "withdrawn", "taken", "active", "ended".
const char *view_fate(const struct view_life *life);

// A register by the name of its chip and its own, and its number; NULL: there is none.
const struct view_register *view_find(const struct view *view, const char *chip, const char *name, uint32_t index);

#endif
