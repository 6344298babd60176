// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trace: the stations of an interrupt's path, reported as they are passed, for whole machines and for the chips alone.
//
//     static void on_event(void *owner, const struct intact_trace_event *event)
//     {
//         printf("%s of %llu\n", intact_trace_name(event->id), (unsigned long long)event->cause);
//     }
//     ...
//     struct intact_trace_observer observer;
//     intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS, on_event, NULL);
//     intact_machine_trace(machine, &observer); // intact_x86_irq_trace, intact_arm_irq_trace, intact_irq_manager_trace
//
// There may be any number of observers, each with the events it wants. An observer may be added and removed at any time
// on the thread of the machine or of the chips, also within an observer's function. That function must not call any
// other function of the machine or the chips. Observers never change what the guest sees.
//
// Each raise of an interrupt gets a number, the *cause*: a line that rises, a trigger, a device's message, an
// interprocessor interrupt, a processor's timer. All later events of the interrupt have the same cause, through
// routing, messages, pins, acceptance, pending set, taking, acknowledge and end of interrupt; a level that is sent
// again after its end keeps it. When an interrupt comes while one from the same source is still waiting, the two are
// merged: the events have the cause of the first, and `raises` counts both. So the events with one cause are the
// history of one interrupt. Causes start at 1; 0 is that of interrupts raised before there was an observer, and of
// events that belong to no interrupt.
//
// Whatever counts a mistake of the guest also reports it, by one MISTAKE event for each: chips, processors, and the
// devices of a machine.
//
// docs/interrupt-path.md describes the stations.
#ifndef INTACT_TRACE_H
#define INTACT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// Every event: its id, its name, what happened, and the meaning of a, b and c (NULL: not used, 0).
//   chip    the number of a chip, INTACT_CHIP_ below
//   vector  an interrupt: the vector of a local APIC, the INTID of a GIC
#define INTACT_TRACE_EVENTS(EVENT)                                                                                     \
    EVENT(LINE, "line", "a device changed the level of a line", "gsi, or INTACT_NMI_LINE", "level", NULL)              \
    EVENT(TRIGGER, "trigger", "a group was triggered", "first source", "index", NULL)                                  \
    EVENT(ROUTE, "route", "a GSI reached a pin, or a message (chip FFFFFFFFh)", "gsi", "chip", "pin")                  \
    EVENT(MESSAGE, "message", "a device's message was decoded", "address", "data", "device")                           \
    EVENT(PIN, "pin", "the level of a pin of a chip changed", "chip", "pin", "level")                                  \
    EVENT(ACCEPT, "accept", "a processor's interrupt controller accepted", "vector", "delivery mode, or group", NULL)  \
    EVENT(PENDING, "pending", "the pending set of a processor changed", "new set", "old set", NULL)                    \
    EVENT(TAKE, "take", "a processor took it", "vector (Arm: 20h IRQ, 40h FIQ)", "program counter", "Arm: INTID")      \
    EVENT(EOI, "eoi", "an end of interrupt reached a chip", "vector", "chip", "pin")                                   \
    EVENT(IPI, "ipi", "a processor interrupts others", "destination", "mode", "vector")                                \
    EVENT(TIMER, "timer", "a processor's timer fired", "deadline", NULL, NULL)                                         \
    EVENT(ACCESS, "access", "a device register was accessed", "address", "value", "size | write << 8 | I/O port << 9") \
    EVENT(MISTAKE, "mistake", "the guest broke a rule", "chip", "which", "written value, read address, INTID, pin")    \
    EVENT(DROP, "drop", "an interrupt had no receiver", "reason", "destination", "vector")                             \
    EVENT(ACK, "ack", "Arm: the handler read IAR", "vector", "group (0, 1; 2 is Secure 1)", NULL)                      \
    EVENT(MASK, "mask", "an interrupt was raised where it is masked", "chip", "pin",                                   \
          "1: it waits there; 0: it is lost")                                                                          \
    EVENT(RESAMPLE, "resample", "after an end of interrupt a wire's level was looked at", "gsi", "level", NULL)        \
    EVENT(SET, "set", "Arm: software made an interrupt pending by a register or a command", "vector", "chip", NULL)

enum intact_trace_id {
#define INTACT_TRACE_ID(id, name, about, a, b, c) INTACT_TRACE_##id,
    INTACT_TRACE_EVENTS(INTACT_TRACE_ID)
#undef INTACT_TRACE_ID
        INTACT_TRACE_IDS
};

// The set of events that an observer wants: the bit of one event; all events; all but ACCESS.
#define INTACT_TRACE_BIT(id)    (UINT64_C(1) << (id))
#define INTACT_TRACE_ALL        (INTACT_TRACE_BIT(INTACT_TRACE_IDS) - 1)
#define INTACT_TRACE_INTERRUPTS (INTACT_TRACE_ALL & ~INTACT_TRACE_BIT(INTACT_TRACE_ACCESS))

// Chip numbers in events: the 8259A pair, the first IOAPIC (the others follow), the local APICs (pin: LINT0, LINT1); the
// GIC's distributor, ITS, per-CPU parts and message frame.
enum {
    INTACT_CHIP_PIC = 0,
    INTACT_CHIP_IOAPIC = 1,
    INTACT_CHIP_LAPIC = 0x10000,
    INTACT_CHIP_GICD = 0x20000,
    INTACT_CHIP_ITS = 0x20001,
    INTACT_CHIP_GIC_CPU = 0x20002,
    INTACT_CHIP_GIC_V2M = 0x20003,
    INTACT_CHIP_CPU = 0x30000,    // the processor itself: an MSR or a system register that is not there, ...
    INTACT_CHIP_SOURCE = 0x38000, // a source of a device's group; as a pin, its number
    INTACT_CHIP_DEVICE = 0x40000, // and up: the devices of a machine, in a fixed order
};

// The numbers in events.
//
// ACCEPT, `b`. x86: bits 2:0 are the delivery mode, 0 fixed, 1 lowest priority, 2 SMI, 4 NMI, 5 INIT, 6 SIPI, 7 ExtINT; bit 8:
// it is level-triggered. Arm, here and in ACK: the group, 0, 1 (Non-secure 1 with two Security states), or 2 (Secure 1).
//
// IPI, `b`. x86: bits 2:0 are the delivery mode as above; bits 9:8 the destination shorthand of ICR, 0 none, 1 self, 2 all, 3 all
// but self; with one of those `a` says nothing. Arm: the group; `a` is with GICv2 a mask of CPUs, with GICv3 the value
// that was written to ICC_SGI1R_EL1 or its like, whose bit 40 (IRM) means all CPUs but the sender.
//
// DROP, `a`, and what `b` and `c` are with it:
//     1     a line rose on a GSI that leads nowhere        b: the GSI
//     2     a message had no receiver                      b: its address; c: its data
//     100h  x86: no CPU has this destination               b: the destination; c: the vector
//     101h  x86: no CPU of the destination accepts it      b, c: as above
//     102h  x86: a message that is no interrupt's          b: its address; c: its data in bits 31:0
//     200h  Arm: an SGI for no CPU                         b: as `a` of IPI; c: the INTID
//     201h  Arm: no such interrupt, or not for the sender  b: the INTID; c: 0 GICD_SETSPI_NSR, 1 GICD_CLRSPI_NSR, 2
//           GICD_SETSPI_SR, 3 GICD_CLRSPI_SR, 4 the v2m frame, 5 the ITS
//     202h  Arm: a message to no message register          b: its address; c: its data
//     203h  Arm: the ITS has no mapping                    b: DeviceID in bits 63:32, EventID in bits 31:0
//
// PENDING, `a` and `b`: bits of enum intact_x86_pending or enum intact_arm_pending.

#define INTACT_NMI_LINE 0xfffffffeu // in place of a GSI: the board's NMI line

#define INTACT_NO_CPU UINT32_MAX

struct intact_trace_event {
    enum intact_trace_id id;
    uint32_t cpu;          // or INTACT_NO_CPU
    uint64_t time;         // virtual, ns
    uint64_t instructions; // executed by all processors; 0 from chips alone
    uint64_t a, b, c;      // as INTACT_TRACE_EVENTS says
    uint64_t cause;        // which raise it belongs to; 0: unknown, or none
    uint64_t raises;       // how many raises were merged into this one, itself included; 0 with cause 0
    // What raised the interrupt that the event belongs to: "pit.out0", "virtio-blk0.msix1", "lapic2.timer"; NULL: it has
    // no name. Where several raises were merged it is that of the first; a LINE and a TRIGGER have their own. Valid as long
    // as the machine, or the chips.
    const char *source;
    // Of a MISTAKE; NULL in other events. They are valid during the call.
    const char *device;  // INTACT_CHIP_DEVICE: its name, "com1"; else NULL
    const char *mistake; // "eoi", "register", ...: as in intact_x86_irq_mistakes; NULL: `b` alone says which
};

// The observers and the causes of some chips alone. It belongs to them; a manager of groups in front of them may share
// it (`trace` of struct intact_irq_output), so that an interrupt has one number from its trigger to its end.
struct intact_trace;

// An observer. The program owns it and must not move it until it is removed; only the functions here write to it.
struct intact_trace_observer {
    size_t size;     // of this structure
    uint64_t wanted; // INTACT_TRACE_BIT of each event
    void (*event)(void *owner, const struct intact_trace_event *event);
    void *owner;
    // Used by the library.
    struct intact_trace_observer *next;
    void *trace;
};

// Prepares an observer: `event` is called with `owner` for each event of the set `wanted`. Any thread.
void intact_trace_observer_defaults(struct intact_trace_observer *observer, size_t size);
static inline void intact_trace_observer_init(struct intact_trace_observer *observer, uint64_t wanted,
                                              void (*event)(void *owner, const struct intact_trace_event *event),
                                              void *owner)
{
    intact_trace_observer_defaults(observer, sizeof *observer);
    observer->wanted = wanted;
    observer->event = event;
    observer->owner = owner;
}

// Removes an observer; does nothing if it was not added. The machine's thread. (Destroying the machine, or the chips,
// removes all observers.)
void intact_trace_observer_remove(struct intact_trace_observer *observer);

// The name ("line", "take", ...), and the text that describes it; "unknown" for an invalid id. Any thread.
const char *intact_trace_name(enum intact_trace_id id);
const char *intact_trace_about(enum intact_trace_id id);
// Writes what happened as a sentence without its time: "IOAPIC sees pin 2 go high". `arm`: the controllers are a GIC. `text` has
// INTACT_TRACE_TEXT bytes. Any thread.
#define INTACT_TRACE_TEXT 240
void intact_trace_text(const struct intact_trace_event *event, bool arm, char *text);
// What a, b and c (`which` 0 to 2) of such an event are; NULL: nothing. Any thread.
const char *intact_trace_argument(enum intact_trace_id id, unsigned which);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
