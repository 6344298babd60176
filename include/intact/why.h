// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: findings, each with a sentence.
//
//     static void on_finding(void *owner, const struct intact_why_finding *finding)
//     {
//         char text[INTACT_WHY_TEXT];
//         intact_why_text(finding, text, sizeof text);
//         printf("%s (%s)\n", text, intact_why_section(finding->reason));
//     }
//     ...
//     intact_machine_why(machine, "pit.out0", on_finding, NULL, why); // intact_x86_irq_why, intact_arm_irq_why
//
// An answer is a list of findings in the order of the interrupt's path, from its source to the processor. A *gate* holds
// the interrupt back; the first one is why it does not arrive, and the others would hold it back afterwards. A *place* is
// where the interrupt is now. The answer is never empty. Nothing is changed by asking.
#ifndef INTACT_WHY_H
#define INTACT_WHY_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

enum intact_why_kind {
    INTACT_WHY_GATE,  // holds it back
    INTACT_WHY_PLACE, // it is there
};

// Every reason: its id, its kind, its sentence, and where the manuals say so. {0} to {5} in a sentence stand for the
// values of a finding: {0} decimal, {0:h2} hexadecimal with two digits and an h, {0:u} a register of 32 bits
// (0001_0031h), {0:n} decimal with commas, {0?low|high} one of these texts; {name} for its name.
//
// Sources, lines and messages.
#define INTACT_WHY_SOURCES(R) R(LINE_LOW, PLACE, "{name} is low: its device raises no interrupt now", "")

// 8259A, IOAPIC, local APIC. The manuals: Intel 8259A data sheet, 82093AA (IOAPIC), SDM volume 3A, MP specification.
#define INTACT_WHY_X86(R) R(X86_NO_PIN, GATE, "the chip has no pin {0}", "")

// Arm GIC. The manuals: IHI 0048 (GICv2), IHI 0069 (GICv3), DDI 0487.
#define INTACT_WHY_ARM(R) R(ARM_NO_INTID, GATE, "there is no INTID {0}", "")

#define INTACT_WHY_REASONS(R) INTACT_WHY_SOURCES(R) INTACT_WHY_X86(R) INTACT_WHY_ARM(R)

enum intact_why_reason {
#define INTACT_WHY_ID(id, kind, sentence, section) INTACT_WHY_##id,
    INTACT_WHY_REASONS(INTACT_WHY_ID)
#undef INTACT_WHY_ID
        INTACT_WHY_REASON_COUNT
};

#define INTACT_WHY_VALUES 6
#define INTACT_WHY_TEXT   400 // bytes that hold any sentence, with the terminating 0

struct intact_why_finding {
    enum intact_why_reason reason;
    uint64_t value[INTACT_WHY_VALUES]; // as the sentence says; those that it does not have are 0
    const char *name;                  // of a source or a device, valid during the call; NULL: the sentence has none
};

typedef void intact_why_found(void *owner, const struct intact_why_finding *finding);

// Writes the sentence with its values into `out`, `size` bytes, cut where it is too small. Any thread.
void intact_why_text(const struct intact_why_finding *finding, char *out, size_t size);

// What a reason is called ("IOAPIC_MASKED"), its kind, its sentence as in the lists above, and the manual with its section;
// "" for none, and for a number that is no reason. Any thread.
const char *intact_why_name(enum intact_why_reason reason);
enum intact_why_kind intact_why_kind(enum intact_why_reason reason);
const char *intact_why_sentence(enum intact_why_reason reason);
const char *intact_why_section(enum intact_why_reason reason);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
