// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// I/O APIC: pins in, interrupt messages out, one redirection entry for each pin.
//
// Spec: Intel 82093AA data sheet (290566) for version 11h; ICH9 data sheet chapter "APIC registers" for version 20h,
// which has the EOI register. That sheet does not define index 2; it is the arbitration id as in version 11h, as in
// other implementations of version 20h.
//
//      pin 0 -->| entry 0 |         00h IOREGSEL   index of the register that IOWIN shows
//        ...    |   ...   |--> msg  10h IOWIN
//      pin n -->| entry n |         40h IOAPIC_EOI (version 20h)
//
// The wiring drives pins with their **electrical level**: INTPOL decides which one is active, so a line that is active
// low must be high when idle. After each function that returns `true` (a pin may be ready) it runs
//
//      while (ioapic_next(io, &message, &pin))
//          ioapic_answer(io, pin, deliver(&message));
//
// ExtINT is not a message here but a wire: ioapic_extint is true while an ExtINT entry's pin (the 8259A's INT) is
// active, and the 8259A gets INTA only when a CPU really takes the interrupt.
//
// A level entry with a vector below 16: local APICs report the vector as illegal and accept nothing (SDM, "Error
// Handling"), and remote IRR means that one has accepted (82093AA 3.2.4). So remote IRR stays 0 and the interrupt is
// send pending; when software corrects the vector while the pin is active, it is sent at once. If it were treated as
// accepted, no EOI could clear remote IRR.
//
// Several IOAPICs are several structs. GSI bases and window addresses belong to the machine.
//
// Not modelled: the serial APIC bus (arbitration always succeeds at once); VT-d remappable entries (bit 48 stays 0).
//
// Path: irqchip/route.c / irqchip/x86/x86_irq.c
#ifndef IRQCHIP_X86_IOAPIC_H
#define IRQCHIP_X86_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/reg.h"
#include "base/visit.h"
#include "msi/x86_message.h"

struct register_sink;
struct why;

#define IOAPIC_PIN_LIMIT 240 // 82093AA 3.2.2: "range 0 through 239"
#define IOAPIC_WORDS     4

// An EOI storm: a level pin that got this many EOIs without becoming inactive in between rests for this time before its
// message is sent again. A guest whose handler does not make the device deassert its line would otherwise never execute
// another instruction; on hardware some are executed between EOI and the next message.
#define IOAPIC_STORM_LIMIT 10000
#define IOAPIC_STORM_REST  UINT64_C(1000000) // ns

enum ioapic_mistake {
    IOAPIC_MISTAKE_OFFSET,   // access to no register of the window
    IOAPIC_MISTAKE_SIZE,     // IOWIN or EOI not accessed as one aligned doubleword
    IOAPIC_MISTAKE_INDEX,    // IOREGSEL names no register
    IOAPIC_MISTAKE_READONLY, // write to a read-only register
    IOAPIC_MISTAKE_DELIVERY, // an entry unmasked with delivery mode 3 or 6 (reserved): it never sends
    IOAPIC_MISTAKE_EOI,      // EOI register: no level entry with this vector in service
    IOAPIC_MISTAKE_DROPPED,  // a message without a CPU to accept it
    IOAPIC_MISTAKE_VECTOR,   // an entry unmasked with a vector below 16, which no local APIC accepts
    IOAPIC_MISTAKES
};

// The result of a message.
enum ioapic_answer {
    IOAPIC_ACCEPTED, // a local APIC has accepted it
    IOAPIC_RETRY,    // not accepted now: send pending (delivery status), until ioapic_retry or a write to the entry
    IOAPIC_DROPPED,  // no such CPU: an edge is lost; a level waits as for IOAPIC_RETRY
};

// A set of pins.
struct ioapic_pins {
    uint64_t word[IOAPIC_WORDS];
};

struct ioapic {
    // Configuration.
    uint16_t pins;   // 1-240
    uint8_t version; // 11h or 20h
    bool extended;   // entry bits 55:49 are destination[14:8] (the 15-bit form, as in MSIs)
    // Registers.
    uint32_t ioregsel;
    uint32_t id, arb;                 // bits 27:24
    uint64_t entry[IOAPIC_PIN_LIMIT]; // as written; remote IRR and delivery status are below
    // Inputs and latches, one bit for each pin.
    struct ioapic_pins high;       // electrical level
    struct ioapic_pins edge;       // an edge was seen and not accepted yet
    struct ioapic_pins held;       // a level entry was triggered by a source without a level; until accepted
    struct ioapic_pins remote_irr; // a level was accepted and not EOI'd yet
    struct ioapic_pins waiting;    // refused: not sent again before ioapic_retry
    struct ioapic_pins resting;    // a storm: not sent before `rest_until`
    // The flags of the entries, as sets of pins, so that no function needs a loop over the entries; derived after a
    // load.
    struct ioapic_pins enabled;      // unmasked, with a delivery mode that sends messages
    struct ioapic_pins level;        // trigger mode level, where the delivery mode allows it
    struct ioapic_pins low;          // active low
    struct ioapic_pins extint;       // unmasked, delivery mode ExtINT
    uint64_t rest_until;             // ns, CLOCK_NEVER: no pin rests
    uint16_t eois[IOAPIC_PIN_LIMIT]; // successive EOIs with the pin active
    uint16_t last;                   // the pin that sent last; round robin
    uint32_t mistakes[IOAPIC_MISTAKES];
};

// `pins` 1-240, `version` 11h or 20h, `id` 0-15. All pins low, all entries masked. Above 120 pins IOREGSEL has nine
// bits, as the register numbers then need them.
void ioapic_init(struct ioapic *ioapic, unsigned pins, unsigned version, unsigned id, bool extended);
// RESET#: registers and latches as after init with id 0; the electrical levels and the mistakes stay.
void ioapic_reset(struct ioapic *ioapic);

// Drives a pin. True: some pin is ready, call ioapic_next.
bool ioapic_set_pin(struct ioapic *ioapic, unsigned pin, bool high);
// One interrupt of a source that has no level (a notifier), whatever the polarity. An edge entry: an edge, lost while
// it is masked. A level entry: held until accepted, masked or not, so its handler runs once for each trigger, unless
// one was held already. Ignored at an ExtINT entry, the wire of the 8259A.
bool ioapic_trigger(struct ioapic *ioapic, unsigned pin);

// Some pin has a message to send.
bool ioapic_ready(const struct ioapic *ioapic);
// The next message to deliver and its pin; false: none. Changes nothing until ioapic_answer.
bool ioapic_next(const struct ioapic *ioapic, struct x86_message *message, unsigned *pin);
void ioapic_answer(struct ioapic *ioapic, unsigned pin, enum ioapic_answer answer);
// A receiver's state changed (enabled, another id): refused messages may be sent again. True: call ioapic_next.
bool ioapic_retry(struct ioapic *ioapic);

// The ExtINT wire: true while an unmasked ExtINT entry's pin is active; `message` then holds its destination.
bool ioapic_extint(const struct ioapic *ioapic, struct x86_message *message);

// EOI of a local APIC (broadcast to every IOAPIC). `now` in ns. `ended` (may be NULL) gets the pins that left service,
// for resampling. True: some pin is ready again.
bool ioapic_eoi(struct ioapic *ioapic, uint8_t vector, uint64_t now, struct ioapic_pins *ended);

// Storms: when to call ioapic_run next (CLOCK_NEVER: not at all); returns whether some pin is ready.
uint64_t ioapic_deadline(const struct ioapic *ioapic);
bool ioapic_run(struct ioapic *ioapic, uint64_t now);

// Window accesses: `offset` 0-FFFh, `size` 1, 2, 4 or 8 bytes.
uint64_t ioapic_read(struct ioapic *ioapic, uint64_t offset, unsigned size);
// True: some pin is ready. `ended` as for ioapic_eoi: filled by the EOI register and by level-to-edge changes.
bool ioapic_write(struct ioapic *ioapic, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
                  struct ioapic_pins *ended);

// For observers: a request of the pin waits to be sent, an edge that was seen or a level that is there.
bool ioapic_requests(const struct ioapic *ioapic, unsigned pin);
// The pin is at the level at which it asks for an interrupt, by the polarity of its entry.
bool ioapic_active(const struct ioapic *ioapic, unsigned pin);
static inline bool ioapic_masked(const struct ioapic *ioapic, unsigned pin)
{
    return ioapic->entry[pin] >> 16 & 1;
}

// For observers: a redirection entry with delivery status and remote IRR; no effects. `pin` below `pins`.
uint64_t ioapic_entry(const struct ioapic *ioapic, unsigned pin);
static inline bool ioapic_pins_has(const struct ioapic_pins *set, unsigned pin)
{
    return set->word[pin / 64] >> (pin % 64) & 1;
}

// The index space behind IOREGSEL, in the order of the data sheet.
extern const struct reg ioapic_regs[];
extern const unsigned ioapic_reg_count;

// Why a pin sends no message (ioapic_why.c), for one whose interrupt is not at a local APIC now. `index` is the number of
// the IOAPIC in the findings. An ExtINT entry: why its pin drives no INTR.
void ioapic_why(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why);
// The entry of the pin was configured, or that of another one is unmasked.
bool ioapic_used(const struct ioapic *ioapic, unsigned pin);
// An edge that was sent or lost: the pin must become inactive before the next one.
void ioapic_why_edge(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why);
// Why the entry of the pin that the 8259A's INT is wired to does not pass it on.
void ioapic_why_int(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why);
// The message that the entry of a pin sends.
void ioapic_message(const struct ioapic *ioapic, unsigned pin, struct x86_message *message);

// Tells its registers (ioapic_fields.c).
void ioapic_tell(const struct ioapic *ioapic, const struct register_sink *sink);

// "offset", "eoi" and so on.
const char *ioapic_mistake_name(enum ioapic_mistake mistake);

// All state; ioapic_loaded derives the rest after a load.
void ioapic_visit(struct ioapic *ioapic, struct visit *v);
void ioapic_loaded(struct ioapic *ioapic);

#endif
