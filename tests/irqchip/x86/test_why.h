// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Cases of "why does this interrupt not arrive": a script that brings the chips into a state as a guest does, a source, and
// the whole answer.
//
//      20:11            port 20h = 11h
//      r0.4:8031        redirection entry of IOAPIC 0 pin 4
//      c0.0f0:1ff       CPU 0 writes its local APIC, in the page; m0.1b:fee00800  or an MSR
//      +p4 -p4 ^p4      IRQ 4 high, low; an edge without a level
//      +i0.4 -i0.4      pin 4 of IOAPIC 0
//      +n -n            the NMI line
//      M0xfee00000,31   a message
//      !0 n0 I0         CPU 0 takes INTR, an NMI, an INIT
//      t0:1000          1000h ns: the timer of CPU 0
//      *10000           so often: CPU 0 takes INTR and writes EOI
//
// An answer has a line for each finding: "- " and a gate, "= " and a place.
#ifndef TEST_WHY_H
#define TEST_WHY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/why.h"
#include "msi/msi_x86.h"
#include "test_x86_irq.h"

struct why_case {
    const char *name, *script, *source, *answer;
    uint32_t cpus; // 0: one
    bool imcr;
    unsigned msi_flags;
    bool no_pic_pin;
};

// The 8259A pair as firmware sets it up: vectors 20h and 28h, all lines unmasked.
#define PIC  "20:11 21:20 21:04 21:01 21:00 a0:11 a1:28 a1:02 a1:01 a1:00 "
#define WIRE "c0.0f0:1ff c0.350:700 " // LINT0 is ExtINT
#define APIC "c0.0f0:1ff "

struct why_answer {
    char text[4096];
    bool found[INTACT_WHY_REASON_COUNT];
};

static inline void why_add(void *owner, const struct intact_why_finding *finding)
{
    struct why_answer *answer = owner;
    char text[INTACT_WHY_TEXT];
    size_t used = strlen(answer->text);
    intact_why_text(finding, text, sizeof text);
    snprintf(answer->text + used, sizeof answer->text - used, "%s%s\n",
             intact_why_kind(finding->reason) == INTACT_WHY_GATE ? "- " : "= ", text);
    answer->found[finding->reason] = true;
}

// --- Scripts --------------------------------------------------------------------------------------------------------

// The numbers of "r0.4:8031", hexadecimal but for those of a CPU, a chip and a pin.
struct why_word {
    uint64_t first, second, value;
};

static inline struct why_word why_numbers(const char *at, bool second_is_hex)
{
    struct why_word word = { 0 };
    char *end;
    word.first = strtoull(at, &end, 10);
    if (*end == '.')
        word.second = strtoull(end + 1, &end, second_is_hex ? 16 : 10);
    if (*end == ':')
        word.value = strtoull(end + 1, &end, 16);
    cr_assert_eq(*end, 0, "%s", at);
    return word;
}

static inline void why_level(struct board *b, const char *word)
{
    bool high = word[0] == '+';
    struct why_word pin = why_numbers(word + 2, false);
    if (word[1] == 'n')
        x86_irq_set_nmi(&b->irq, high);
    else if (word[1] == 'i')
        x86_irq_set_pin(&b->irq, X86_IRQ_IOAPIC + (uint32_t)pin.first, (uint32_t)pin.second, high);
    else if (word[0] == '^')
        x86_irq_trigger(&b->irq, X86_IRQ_PIC, (uint32_t)pin.first);
    else
        x86_irq_set_pin(&b->irq, X86_IRQ_PIC, (uint32_t)pin.first, high);
}

static inline void why_message_word(struct board *b, const char *word)
{
    char *end;
    uint64_t address = strtoull(word, &end, 16);
    x86_irq_msi(&b->irq, address, (uint32_t)strtoull(end + 1, NULL, 16), 0);
}

static inline void why_repeat(struct board *b, const char *word)
{
    for (long left = atol(word); left; left--) {
        cr_assert_geq(take(b, 0), 0);
        eoi(b, 0);
    }
}

static inline void why_word(struct board *b, const char *word)
{
    struct why_word n;
    switch (word[0]) {
    case '+':
    case '-':
    case '^': why_level(b, word); return;
    case '!': cr_assert_geq(take(b, (uint32_t)atoi(word + 1)), 0, "%s", word); return;
    case 'n': cr_assert_eq(x86_irq_acknowledge(&b->irq, (uint32_t)atoi(word + 1), PENDING_NMI, b->now), 0); return;
    case 'I': cr_assert_eq(x86_irq_acknowledge(&b->irq, (uint32_t)atoi(word + 1), PENDING_INIT, b->now), 0); return;
    case 'M': why_message_word(b, word + 1); return;
    case '*': why_repeat(b, word + 1); return;
    case 'c':
        n = why_numbers(word + 1, true);
        put(b, (uint32_t)n.first, (uint32_t)n.second, (uint32_t)n.value);
        return;
    case 'm':
        n = why_numbers(word + 1, true);
        put_msr(b, (uint32_t)n.first, (uint32_t)n.second, n.value);
        return;
    case 'r':
        n = why_numbers(word + 1, false);
        route(b, (uint32_t)n.first, (unsigned)n.second, n.value);
        return;
    case 't':
        n = why_numbers(word + 1, false);
        b->now = n.value;
        x86_irq_timer(&b->irq, (uint32_t)n.first, n.value);
        return;
    default:
        x86_irq_port_write(&b->irq, (uint16_t)strtoul(word, NULL, 16),
                           (uint8_t)strtoul(strchr(word, ':') + 1, NULL, 16));
    }
}

static inline void why_script(struct board *b, const char *script)
{
    char words[1024], *rest = words;
    snprintf(words, sizeof words, "%s", script);
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        why_word(b, word);
}

static inline void why_board(struct board *board, const struct why_case *row)
{
    board_config(board, (struct x86_irq_config){ .cpus = row->cpus ? row->cpus : 1,
                                                 .pic = true,
                                                 .imcr = row->imcr,
                                                 .pic_pin = row->no_pic_pin ? -1 : 0,
                                                 .msi_flags = row->msi_flags,
                                                 .ioapic_count = 2,
                                                 .ioapics = board_ioapics });
    why_script(board, row->script);
}

// "chip:0.77" is a pin that may not exist.
static inline void why_ask(const struct board *board, const char *source, struct why_answer *answer)
{
    struct why why = { why_add, answer, 0, 0 };
    struct error error = { 0 };
    memset(answer, 0, sizeof *answer);
    if (strncmp(source, "chip:", 5) == 0) {
        struct why_word pin = why_numbers(source + 5, false);
        x86_irq_why_pin(&board->irq, (uint32_t)pin.first, (uint32_t)pin.second, &why);
        return;
    }
    cr_assert_eq(x86_irq_why_source(&board->irq, source, &why, &error), 0, "%s", error.text);
}

#endif
