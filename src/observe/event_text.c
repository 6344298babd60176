// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One sentence for each event of a trace, in the terms of the machine's architecture. See event_text.h.
//
// Vectors are hexadecimal with an h, as in Intel's and AMD's manuals; INTIDs are decimal, as in Arm's. With either stands the
// name of what raised the interrupt, where it has one: "vector 31h (pit.out0)".
#include "observe/event_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "observe/chips.h"

// --- Numbers and names -----------------------------------------------------------------------------------------------

void count_text(uint64_t number, char *out, size_t size)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;
    for (int i = 0; i < length && used + 2 < size; i++) {
        if (i && (length - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = 0;
}

const char *const pending_bits[PENDING_BITS] = { "INTR", "NMI", "SMI", "INIT", "SIPI", "IRQ", "FIQ" };

void pending_text(uint64_t word, char *out, size_t size)
{
    size_t used = 0;
    snprintf(out, size, "nothing");
    for (unsigned bit = 0; bit < PENDING_BITS && used < size; bit++)
        if (word >> bit & 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", pending_bits[bit]);
}

const char *delivery_text(uint64_t mode)
{
    static const char *const names[8] = {
        "fixed", "lowest priority", "SMI", "mode 3", "NMI", "INIT", "SIPI", "ExtINT"
    };
    return names[mode & 7];
}

const char *shorthand_text(uint64_t shorthand)
{
    static const char *const names[4] = { "none", "self", "all", "others" };
    return names[shorthand & 3];
}

// "vector 31h (pit.out0)"
static void interrupt_text(bool arm, const struct intact_trace_event *event, uint64_t number, char *out, size_t size)
{
    int used = snprintf(out, size, arm ? "INTID %" PRIu64 : "vector %02" PRIX64 "h", number);
    if (event->source && used > 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, " (%s)", event->source);
}

// --- Drops -----------------------------------------------------------------------------------------------------------

// The reasons: irqchip/route.h, irqchip/x86/x86_irq.h, irqchip/arm/arm_irq.h.
enum {
    NO_OUTPUT = 1,
    NO_RECEIVER,
    X86_NO_CPU = 0x100,
    X86_REFUSED,
    X86_MALFORMED,
    ARM_NO_CPU = 0x200,
    ARM_REFUSED,
    ARM_MALFORMED,
    ARM_UNTRANSLATED
};

static const struct drop drops[] = {
    { NO_OUTPUT, "no output", "gsi", NULL },
    { NO_RECEIVER, "no receiver", "address", "data" },
    { X86_NO_CPU, "no CPU", "destination", "vector" },
    { X86_REFUSED, "refused", "destination", "vector" },
    { X86_MALFORMED, "malformed", "address", "data" },
    { ARM_NO_CPU, "no CPU", "target", "intid" },
    { ARM_REFUSED, "refused", "intid", "kind" },
    { ARM_MALFORMED, "malformed", "address", "data" },
    { ARM_UNTRANSLATED, "untranslated", "event", NULL },
};

const struct drop *drop_of(uint64_t reason)
{
    for (unsigned i = 0; i < sizeof drops / sizeof drops[0]; i++)
        if (drops[i].reason == reason)
            return &drops[i];
    return NULL;
}

// The targets of an SGI, from a mask of CPUs or from the value of ICC_SGI1R (IHI 0069, ICC_SGI1R_EL1): "target 2",
// "targets 0 3 of affinity 0.0.1", "all other CPUs".
static void sgi_targets(uint64_t value, char *out, size_t size)
{
    unsigned aff3 = value >> 48 & 0xff, aff2 = value >> 32 & 0xff, aff1 = value >> 16 & 0xff;
    unsigned first = (unsigned)(value >> 44 & 15) * 16; // RS
    unsigned list = value & 0xffff;
    bool several = list & (list - 1);
    if (value >> 40 & 1) { // IRM
        snprintf(out, size, "all other CPUs");
        return;
    }
    size_t used = (size_t)snprintf(out, size, "%s", several ? "targets" : list ? "target" : "no target");
    for (unsigned i = 0; i < 16 && used < size; i++)
        if (list >> i & 1)
            used += (size_t)snprintf(out + used, size - used, " %u", first + i);
    if ((aff3 | aff2 | aff1) && used < size)
        snprintf(out + used, size - used, " of affinity %u.%u.%u", aff3, aff2, aff1);
}

static void drop_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char lost[96], targets[96];
    uint64_t b = event->b, c = event->c;
    interrupt_text(arm, event, event->a == ARM_REFUSED ? b : c, lost, sizeof lost);
    switch (event->a) {
    case NO_OUTPUT: snprintf(out, size, "dropped: GSI %" PRIu64 " leads nowhere", b); break;
    case X86_NO_CPU: snprintf(out, size, "%s is dropped: no CPU is destination 0x%" PRIx64, lost, b); break;
    case X86_REFUSED:
        snprintf(out, size, "%s is dropped: no CPU of destination 0x%" PRIx64 " accepts it", lost, b);
        break;
    case NO_RECEIVER:
    case X86_MALFORMED:
    case ARM_MALFORMED:
        snprintf(out, size, "dropped: 0x%" PRIx64 " to address 0x%" PRIx64 " is no interrupt message here",
                 c & UINT32_MAX, b);
        break;
    case ARM_NO_CPU:
        sgi_targets(b, targets, sizeof targets);
        snprintf(out, size, "%s is dropped: no CPU for %s", lost, targets);
        break;
    case ARM_REFUSED: snprintf(out, size, "%s is dropped: it is not there, or not for the sender", lost); break;
    case ARM_UNTRANSLATED:
        snprintf(out, size, "dropped: the ITS has no mapping for event %" PRIu64 " of device 0x%" PRIx64,
                 b & UINT32_MAX, b >> 32);
        break;
    default: snprintf(out, size, "dropped: reason 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64, event->a, b, c); break;
    }
}

// --- Events ----------------------------------------------------------------------------------------------------------

static void line_text(const struct intact_trace_event *event, char *out, size_t size)
{
    bool nmi = event->a == INTACT_NMI_LINE;
    const char *who = event->source ? event->source : nmi ? "the board" : "a device";
    const char *does = event->b ? "raises" : "lowers";
    if (nmi)
        snprintf(out, size, "%s %s the NMI line", who, does);
    else
        snprintf(out, size, "%s %s GSI %" PRIu64, who, does, event->a);
}

static void trigger_text(const struct intact_trace_event *event, char *out, size_t size)
{
    if (event->source)
        snprintf(out, size, "%s is triggered", event->source);
    else
        snprintf(out, size, "source %" PRIu64 " of the group at %" PRIu64 " is triggered", event->b, event->a);
}

static void route_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[48], pin[48];
    if (event->b == CHIP_MESSAGE) {
        snprintf(out, size, "GSI %" PRIu64 " leads to a message", event->a);
        return;
    }
    chip_text(event, event->b, chip, sizeof chip);
    pin_text(event->b, event->c, pin, sizeof pin);
    snprintf(out, size, "GSI %" PRIu64 " leads to %s of the %s", event->a, pin, chip);
}

static void message_text(const struct intact_trace_event *event, char *out, size_t size)
{
    snprintf(out, size, "%s sends a message: 0x%" PRIx64 " to address 0x%" PRIx64,
             event->source ? event->source : "a device", event->b, event->a);
}

static void pin_event_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[48], pin[48];
    chip_text(event, event->a, chip, sizeof chip);
    pin_text(event->a, event->b, pin, sizeof pin);
    snprintf(out, size, "%s sees %s go %s", chip, pin, event->c ? "high" : "low");
}

static void mask_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[48], pin[48], where[112];
    const char *then = event->c ? "the interrupt waits" : "the interrupt is lost";
    chip_text(event, event->a, chip, sizeof chip);
    pin_text(event->a, event->b, pin, sizeof pin);
    if (event->a == INTACT_CHIP_SOURCE && event->source)
        snprintf(where, sizeof where, "%s", event->source);
    else
        snprintf(where, sizeof where, "%s of the %s", pin, chip);
    snprintf(out, size, "%s is masked: %s", where, then);
}

static void resample_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char wire[48] = "the wire";
    if (event->a != UINT32_MAX)
        snprintf(wire, sizeof wire, "GSI %" PRIu64, event->a);
    snprintf(out, size, "after the end %s is %s", wire, event->b ? "still high" : "low");
}

static void set_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[48];
    chip_text(event, event->b, chip, sizeof chip);
    snprintf(out, size, "software makes INTID %" PRIu64 " pending at the %s", event->a, chip);
}

// Only fixed and lowest priority have a vector of their own; that of a SIPI is an address.
static void accept_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char what[96];
    interrupt_text(arm, event, event->a, what, sizeof what);
    if (arm)
        snprintf(out, size, "%s is forwarded to CPU %" PRIu32, what, event->cpu);
    else if ((event->b & 7) <= 1)
        snprintf(out, size, "local APIC of CPU %" PRIu32 " accepts %s", event->cpu, what);
    else
        snprintf(out, size, "local APIC of CPU %" PRIu32 " accepts %s", event->cpu, delivery_text(event->b));
}

static void take_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char what[96], bits[64];
    pending_text(event->a, bits, sizeof bits);
    if (!arm)
        interrupt_text(arm, event, event->a, what, sizeof what);
    else if (event->source)
        snprintf(what, sizeof what, "the %s exception (%s)", bits, event->source);
    else
        snprintf(what, sizeof what, "the %s exception", bits);
    if (event->b || event->instructions) // chips alone know no program counter
        snprintf(out, size, "CPU %" PRIu32 " takes %s at 0x%" PRIx64, event->cpu, what, event->b);
    else
        snprintf(out, size, "CPU %" PRIu32 " takes %s", event->cpu, what);
}

static void eoi_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char what[96], chip[48], pin[48];
    interrupt_text(arm, event, event->a, what, sizeof what);
    chip_text(event, event->b, chip, sizeof chip);
    pin_text(event->b, event->c, pin, sizeof pin);
    if (event->b < INTACT_CHIP_LAPIC)
        snprintf(out, size, "end of %s at %s of the %s", what, pin, chip);
    else
        snprintf(out, size, "end of %s at the %s", what, chip);
}

// Arm: `a` is the list of targets, or with GICv3 the value of ICC_SGI1R, whose bit 40 says: all but the sender.
static void ipi_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    static const char *const who[4] = { "", "itself", "all CPUs", "all other CPUs" };
    char target[96];
    unsigned shorthand = arm ? 0 : event->b >> 8 & 3;
    if (arm)
        sgi_targets(event->a, target, sizeof target);
    else if (shorthand)
        snprintf(target, sizeof target, "%s", who[shorthand]);
    else
        snprintf(target, sizeof target, "destination 0x%" PRIx64, event->a);
    if (arm)
        snprintf(out, size, "CPU %" PRIu32 " sends SGI %" PRIu64 " to %s", event->cpu, event->c, target);
    else if ((event->b & 7) <= 1)
        snprintf(out, size, "CPU %" PRIu32 " sends an IPI to %s: vector %02" PRIX64 "h, %s", event->cpu, target,
                 event->c, delivery_text(event->b));
    else
        snprintf(out, size, "CPU %" PRIu32 " sends an IPI to %s: %s", event->cpu, target, delivery_text(event->b));
}

static void access_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char who[24] = "a CPU";
    bool write = event->c >> 8 & 1, port = event->c >> 9 & 1;
    if (event->cpu != INTACT_NO_CPU)
        snprintf(who, sizeof who, "CPU %" PRIu32, event->cpu);
    snprintf(out, size, "%s %s 0x%" PRIx64 " %s %s 0x%" PRIx64, who, write ? "writes" : "reads", event->b,
             write ? "to" : "from", port ? "port" : "register", event->a);
}

static void mistake_text(const struct intact_trace_event *event, char *out, size_t size)
{
    char chip[48], number[24];
    chip_text(event, event->a, chip, sizeof chip);
    snprintf(number, sizeof number, "number %" PRIu64, event->b);
    snprintf(out, size, "a mistake of the guest at %s%s: %s (0x%" PRIx64 ")", event->a >= INTACT_CHIP_CPU ? "" : "the ",
             chip, event->mistake ? event->mistake : number, event->c);
}

void event_text(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char what[96];
    switch (event->id) {
    case INTACT_TRACE_LINE: line_text(event, out, size); break;
    case INTACT_TRACE_TRIGGER: trigger_text(event, out, size); break;
    case INTACT_TRACE_ROUTE: route_text(event, out, size); break;
    case INTACT_TRACE_MESSAGE: message_text(event, out, size); break;
    case INTACT_TRACE_PIN: pin_event_text(event, out, size); break;
    case INTACT_TRACE_ACCEPT: accept_text(arm, event, out, size); break;
    case INTACT_TRACE_PENDING:
        pending_text(event->a, what, sizeof what);
        snprintf(out, size, "CPU %" PRIu32 " has %s pending", event->cpu, what);
        break;
    case INTACT_TRACE_TAKE: take_text(arm, event, out, size); break;
    case INTACT_TRACE_EOI: eoi_text(arm, event, out, size); break;
    case INTACT_TRACE_IPI: ipi_text(arm, event, out, size); break;
    case INTACT_TRACE_TIMER:
        snprintf(what, sizeof what, "local APIC timer of CPU %" PRIu32, event->cpu);
        snprintf(out, size, "%s fires", event->cpu == INTACT_NO_CPU ? "a timer" : what);
        break;
    case INTACT_TRACE_ACCESS: access_text(event, out, size); break;
    case INTACT_TRACE_MISTAKE: mistake_text(event, out, size); break;
    case INTACT_TRACE_DROP: drop_text(arm, event, out, size); break;
    case INTACT_TRACE_MASK: mask_text(event, out, size); break;
    case INTACT_TRACE_RESAMPLE: resample_text(event, out, size); break;
    case INTACT_TRACE_SET: set_text(event, out, size); break;
    case INTACT_TRACE_ACK:
        interrupt_text(arm, event, event->a, what, sizeof what);
        snprintf(out, size, "CPU %" PRIu32 " acknowledges %s", event->cpu, what);
        break;
    case INTACT_TRACE_IDS: snprintf(out, size, "nothing"); break;
    }
}

void intact_trace_text(const struct intact_trace_event *event, bool arm, char *text)
{
    event_text(arm, event, text, INTACT_TRACE_TEXT);
}

void event_cause_text(const struct intact_trace_event *event, char *out, size_t size)
{
    if (event->raises > 1)
        snprintf(out, size, "#%" PRIu64 "x%" PRIu64, event->cause, event->raises);
    else if (event->cause)
        snprintf(out, size, "#%" PRIu64, event->cause);
    else
        snprintf(out, size, "-");
}

void event_line_head(char *out, size_t size)
{
    snprintf(out, size, "%15s  %17s  %-8s  %-7s  %s", "instructions", "seconds", "raise", "CPU", "what happens");
}

void event_line(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char instructions[32], cause[48], cpu[16] = "-", text[EVENT_TEXT_SIZE];
    count_text(event->instructions, instructions, sizeof instructions);
    event_cause_text(event, cause, sizeof cause);
    if (event->cpu != INTACT_NO_CPU)
        snprintf(cpu, sizeof cpu, "CPU %" PRIu32, event->cpu);
    event_text(arm, event, text, sizeof text);
    snprintf(out, size, "%15s  %7" PRIu64 ".%09u  %-8s  %-7s  %s", instructions, event->time / 1000000000,
             (unsigned)(event->time % 1000000000), cause, cpu, text);
}
