// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Sums of parts of a state: one element that is another is found by its place, with the value that it had; several name
// their part.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/parts.h"

TestSuite(parts, .timeout = 60);

enum { CHIPS = 3, PAGES = 200 };

struct chip {
    uint32_t value;
    uint16_t table[300];
};

struct machine {
    uint64_t time;
    uint8_t queued, queue[8]; // `queued` of them are there
    struct chip chips[CHIPS];
};

static uint8_t ram[PAGES * RAM_PAGE];
static char text[400];

static void visit_chip(struct chip *chip, struct visit *v)
{
    VISIT(v, chip->value);
    VISIT_NESTED(v, "inner", VISIT_ARRAY(v, chip->table));
}

static void visit(void *object, struct visit *v)
{
    struct machine *machine = object;
    VISIT(v, machine->time);
    for (unsigned i = 0; i < CHIPS; i++) {
        visit_enter_numbered(v, "chip", i);
        visit_chip(&machine->chips[i], v);
        visit_leave(v);
    }
    VISIT(v, machine->queued);
    VISIT_VARIABLE(v, machine->queue, machine->queued);
}

static uint64_t address_of(void *owner, uint64_t page)
{
    (void)owner;
    return 0x40000000 + page * RAM_PAGE;
}

static struct digest digest;

static struct parts sums_of(struct machine *machine)
{
    const struct state_list list = { visit, machine };
    struct parts parts;
    uint64_t value;
    if (!digest.ram)
        cr_assert_eq(digest_init(&digest, ram, sizeof ram), 0);
    page_set_fill(&digest.written);
    cr_assert(digest_of(&digest, &list, &value));
    parts_of(&parts, &list, &digest);
    return parts;
}

// How the state differs from the one of the sums.
static const char *differs(struct machine *machine, const struct parts *was)
{
    sums_of(machine); // the digest
    bool any =
        parts_describe(was, &(struct state_list){ visit, machine }, &digest, address_of, NULL, text, sizeof text);
    cr_assert_eq(any, text[0] != 0);
    return text;
}

static struct machine some_machine(void)
{
    struct machine machine;
    uint8_t *bytes = (uint8_t *)&machine;
    srand(3);
    for (size_t i = 0; i < sizeof machine; i++)
        bytes[i] = (uint8_t)rand();
    machine.queued = 3;
    return machine;
}

Test(parts, one_field_is_named_with_both_values)
{
    struct machine machine = some_machine();
    machine.chips[1].table[123] = 0x1234;
    machine.chips[0].value = 70000;
    struct parts was = sums_of(&machine);
    cr_assert_eq(was.count, 1 + CHIPS);
    cr_assert_str_eq(differs(&machine, &was), "");
    machine.chips[1].table[123] = 0x1334; // a bit
    cr_assert_str_eq(differs(&machine, &was), "chip1/inner/table[123] (1334, was 1234)");
    machine.chips[0].value += 100;
    cr_assert_str_eq(differs(&machine, &was),
                     "chip0/value (000111d4, was 00011170), chip1/inner/table[123] (1334, was 1234)");
    machine = some_machine();
    was = sums_of(&machine);
    machine.time ^= UINT64_C(0x123456789abcdef);
    cr_assert(strncmp(differs(&machine, &was), "time (", 6) == 0 && !strstr(text, "was"), "%s", text);
}

Test(parts, every_element_is_found)
{
    struct machine machine = some_machine();
    struct parts was = sums_of(&machine);
    for (unsigned i = 0; i < 300; i++) {
        char path[40];
        snprintf(path, sizeof path, "chip2/inner/table[%u] (", i);
        machine.chips[2].table[i] ^= 0x5a5a;
        cr_assert(strncmp(differs(&machine, &was), path, strlen(path)) == 0, "%s", text);
        machine.chips[2].table[i] ^= 0x5a5a;
    }
}

Test(parts, a_field_with_a_count_of_its_own_moves_no_other)
{
    struct machine machine = some_machine();
    struct parts was = sums_of(&machine);
    machine.queue[1]++;
    cr_assert(strncmp(differs(&machine, &was), "queue (", 7) == 0, "%s", text);
    machine.queued++;
    cr_assert_str_eq(differs(&machine, &was), "several fields of the run");
    machine = some_machine();
    machine.queue[3]++; // not there
    cr_assert_str_eq(differs(&machine, &was), "");
}

Test(parts, several_fields_name_their_part)
{
    struct machine machine = some_machine();
    struct parts was = sums_of(&machine);
    machine.chips[1].value++;
    machine.chips[1].table[7]--;
    machine.chips[2].table[7]--;
    cr_assert(strncmp(differs(&machine, &was), "chip2/inner/table[7] (", 22) == 0, "%s", text);
    cr_assert(strstr(text, "), several fields of chip1") && !strstr(text, "chip1/"), "%s", text);
}

Test(parts, pages_of_ram_are_named)
{
    struct machine machine = some_machine();
    struct parts was = sums_of(&machine);
    for (unsigned page = 0; page < PAGES; page++) {
        char expected[60];
        snprintf(expected, sizeof expected, "RAM in the page at %lx", 0x40000000ul + page * RAM_PAGE);
        ram[page * RAM_PAGE + page] = 1;
        cr_assert_str_eq(differs(&machine, &was), expected);
        ram[page * RAM_PAGE + page] = 0;
    }
    ram[5] = ram[99 * RAM_PAGE] = 1;
    cr_assert_str_eq(differs(&machine, &was), "RAM in several pages");
}

Test(parts, a_text_without_room_is_cut)
{
    struct machine machine = some_machine();
    struct parts was = sums_of(&machine);
    for (unsigned i = 0; i < CHIPS; i++)
        machine.chips[i].value++;
    for (size_t size = 1; size < 60; size++) {
        memset(text, 0x55, sizeof text);
        parts_describe(&was, &(struct state_list){ visit, &machine }, &digest, address_of, NULL, text, size);
        cr_assert_eq(strlen(text), size - 1);
    }
}
