// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The list of state is complete: the state saved at one time and loaded into another machine continues to the same
// bytes. The PC's guest is the demo's, which takes an interrupt in each of five ways with two processors; those of
// `virt` take a timer's on either GIC, and start a second processor. Another guest of either meets breakpoints.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "base/state.h"
#include "guests/embedded.h"
#include "machine/arm64_code.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_interrupts.h"

enum { FURTHER = 30000, ALL = 20000000 };

// --- Machines --------------------------------------------------------------------------------------------------------

static void be_demo(struct intact_machine_config *config)
{
    config->cpus = 2;
    config->memory = UINT64_C(8) << 20;
    config->kernel_data = demo_x86_64;
    config->kernel_size = demo_x86_64_size;
    config->debug_exit_port = 0xf4;
    config->debug_exit_size = 4;
    config->testdev = true;
}

static void be_gicv3(struct intact_machine_config *config)
{
    config->kernel_data = code_timer3;
    config->kernel_size = sizeof code_timer3;
}

static void be_gicv2(struct intact_machine_config *config)
{
    config->gic_version = 2;
    config->kernel_data = code_timer2;
    config->kernel_size = sizeof code_timer2;
}

static void be_smp(struct intact_machine_config *config)
{
    config->cpus = 2;
    config->kernel_data = code_smp;
    config->kernel_size = sizeof code_smp;
}

// Ten rounds of an instruction with a breakpoint (INC EDI), a store and an OUT that are watched. The handler of #DB counts
// in ESI and sets RF; the count is stored at the end.
enum { BREAKS = 10, DATA = 0xf00, COUNT = 0xf08 };

static void make_breakpoint_guest(struct code *code)
{
    const uint32_t handler = CODE_BASE + HANDLER;
    code_begin(code);
    make_tables(code);
    put32(code->bytes + IDT + 8, (uint32_t)CODE_SELECTOR << 16 | (handler & 0xffff));
    put32(code->bytes + IDT + 12, (handler & 0xffff0000) | 0x8e00);
    CODE(code, 0xbc, 0x00, 0x00, 0x09, 0x00); // mov esp, 0x90000
    load_table(code, 0x15, GDTR);
    load_table(code, 0x1d, IDTR);
    const size_t at = code->size + 1;                                                    // of the breakpoint's address
    CODE(code, 0xb8, 0x00, 0x00, CODE_BASE >> 16, 0x00, 0x0f, 0x23, 0xc0);               // mov eax, ...; mov dr0, eax
    CODE(code, 0xb8, (uint8_t)DATA, DATA >> 8, CODE_BASE >> 16, 0x00, 0x0f, 0x23, 0xc8); // ... dr1
    CODE(code, 0x6a, 0x08, 0x58, 0x0f, 0x22, 0xe0, 0xb0, 0x80, 0x0f, 0x23, 0xd0);        // CR4.DE; port 80h in dr2
    CODE(code, 0xb8, 0x2a, 0x04, 0xd0, 0x02, 0x0f, 0x23, 0xf8, 0x6a, BREAKS, 0x59);      // mov dr7, ...; ecx
    code->bytes[at] = (uint8_t)code->size;
    CODE(code, 0x47, 0x89, 0x0d, (uint8_t)DATA, DATA >> 8, CODE_BASE >> 16, 0x00);         // inc edi; mov [DATA], ecx
    CODE(code, 0xe6, 0x80, 0x49, 0x75, 0xf4);                                              // out 80h, al; dec ecx; jnz
    CODE(code, 0x89, 0x35, (uint8_t)COUNT, COUNT >> 8, CODE_BASE >> 16, 0x00, 0xe7, 0xf4); // mov [COUNT], esi; out f4h
    code->size = HANDLER;
    CODE(code, 0x46, 0x81, 0x4c, 0x24, 0x08, 0x00, 0x00, 0x01, 0x00, 0xcf); // inc esi; or dword [esp + 8], 10000h; iret
}

static void be_x86_breakpoints(struct intact_machine_config *config)
{
    static struct code code;
    make_breakpoint_guest(&code);
    config->kernel_data = code.bytes;
    config->kernel_size = sizeof code.bytes;
    config->debug_exit_port = 0xf4;
    config->debug_exit_size = 4;
}

static void be_a64_breakpoints(struct intact_machine_config *config)
{
    config->kernel_data = code_breakpoints;
    config->kernel_size = sizeof code_breakpoints;
}

struct sort {
    const char *name;
    const struct board_type *type;
    void (*be)(struct intact_machine_config *config);
    uint64_t middle; // a time in the middle of the run
    enum loop_stop end;
};

static const struct sort sorts[] = {
    { "pc", &pc_type, be_demo, 14260, LOOP_EXIT },
    { "virt with GICv3", &virt_type, be_gicv3, 20, LOOP_POWER_OFF },
    { "virt with GICv2", &virt_type, be_gicv2, 20, LOOP_POWER_OFF },
    { "virt with two processors", &virt_type, be_smp, 10, LOOP_POWER_OFF },
    { "pc with breakpoints", &pc_type, be_x86_breakpoints, 80, LOOP_EXIT },
    { "virt with breakpoints", &virt_type, be_a64_breakpoints, 80, LOOP_POWER_OFF },
};

static struct board *make(const struct sort *sort)
{
    struct board *board = calloc(1, sort->type->size);
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.memory = INTACT_MEMORY_MIN;
    config.kernel = "kernel";
    sort->be(&config);
    cr_assert_eq(board_create(board, sort->type, &config), 0, "%s", board->error.text);
    return board;
}

static void destroy(struct board *board)
{
    board_destroy(board);
    free(board);
}

static enum loop_stop run_to(struct board *board, uint64_t instructions)
{
    board->loop.limit = instructions;
    return vcpu_run(&board->loop);
}

// --- State -----------------------------------------------------------------------------------------------------------

static struct visit_save save(struct board *board)
{
    struct visit_save saved;
    visit_save_init(&saved);
    board_visit(board, &saved.visit);
    cr_assert(!saved.failed);
    return saved;
}

static void visit_whole(void *board, struct visit *v)
{
    board_visit(board, v);
}

struct file {
    void *data;
    size_t size;
};

static struct file save_file(struct board *board)
{
    const struct state_list list = { visit_whole, board };
    struct file file = { .size = state_save(&list, NULL, 0) };
    file.data = malloc(file.size);
    cr_assert_eq(state_save(&list, file.data, file.size), file.size);
    return file;
}

static int load_file(struct board *board, const struct file *file, struct error *error)
{
    int result = state_load(&(struct state_list){ visit_whole, board }, file->data, file->size, error);
    if (result == 0)
        board_loaded(board);
    return result;
}

// What `one` is becomes of `other`.
static void carry(struct board *one, struct board *other)
{
    struct error error = { 0 };
    struct file file = save_file(one);
    cr_assert_eq(load_file(other, &file, &error), 0, "%s", error.text);
    free(file.data);
}

static void same(struct board *one, struct board *other, uint64_t when)
{
    struct visit_save saved = save(one);
    struct visit_differ differ;
    visit_differ_init(&differ, saved.data, saved.size);
    board_visit(other, &differ.visit);
    cr_assert(!differ.differs, "%s is not the same after %lu instructions", differ.path, (unsigned long)when);
    cr_assert_eq(differ.position, saved.size);
    free(saved.data);
}

static void both_end_alike(const struct sort *sort, struct board *one, struct board *other)
{
    cr_assert_eq(run_to(one, ALL), sort->end, "%s", sort->name);
    cr_assert_eq(run_to(other, ALL), sort->end, "%s", sort->name);
    same(one, other, one->loop.instructions);
}

// --- It goes on elsewhere --------------------------------------------------------------------------------------------

// From the moment `when` on, a machine that has run there and one that was loaded go the same way. False: it had ended.
static bool continues_from(const struct sort *sort, uint64_t when)
{
    struct board *one = make(sort), *other = make(sort);
    bool there = run_to(one, when) == LOOP_LIMIT;
    if (there) {
        carry(one, other);
        same(one, other, when);
        cr_assert_eq(run_to(one, when + FURTHER), run_to(other, when + FURTHER), "%s", sort->name);
        same(one, other, when + FURTHER);
        if (one->loop.stop == LOOP_LIMIT)
            both_end_alike(sort, one, other);
    }
    destroy(one);
    destroy(other);
    return there;
}

Test(state, a_saved_machine_continues_elsewhere_to_the_same_byte)
{
    static const uint64_t moments[] = { 1, 5000, 14260, 14300, 14950, 15660, 10000000, 10016680, 10017490 };
    for (unsigned i = 0; i < countof(moments); i++)
        cr_assert(continues_from(&sorts[0], moments[i]));
}

Test(state, a_saved_machine_continues_elsewhere_from_every_instruction)
{
    for (unsigned i = 0; i < countof(sorts); i++) {
        uint64_t when = 1;
        if (sorts[i].middle > 1000)
            continue; // too many
        while (continues_from(&sorts[i], when))
            when++;
        cr_assert_gt(when, sorts[i].middle, "%s", sorts[i].name);
    }
}

// The blocks and TLBs of what ran before must not be found again.
Test(state, a_machine_can_go_back_to_where_it_was)
{
    for (unsigned i = 0; i < countof(sorts); i++) {
        const struct sort *sort = &sorts[i];
        struct board *one = make(sort), *other = make(sort);
        cr_assert_eq(run_to(one, sort->middle), LOOP_LIMIT);
        cr_assert_eq(run_to(other, sort->middle), LOOP_LIMIT);
        struct error error;
        struct file file = save_file(one);
        cr_assert_eq(run_to(one, ALL), sort->end);
        memset(one->ram + one->ram_size / 4, 0xcc, one->ram_size / 2);
        cr_assert_eq(load_file(one, &file, &error), 0);
        same(one, other, sort->middle);
        both_end_alike(sort, one, other);
        free(file.data);
        destroy(one);
        destroy(other);
    }
}

// Breakpoints are taken from the state alone, whatever the machine that it is loaded into had: none yet, or those of its
// own end.
Test(state, breakpoints_are_met_as_often_after_a_load)
{
    static const struct {
        const char *sort;
        uint64_t count, expected; // where the guest stores how many it met
    } guests[] = {
        { "pc with breakpoints", CODE_BASE + COUNT, 3 * BREAKS },
        { "virt with breakpoints", VIRT_RAM + 0x80000 + CODE_BREAKPOINTS_COUNT, 2 * BREAKS },
    };
    for (unsigned i = 0; i < countof(sorts); i++)
        for (unsigned k = 0; k < countof(guests); k++) {
            if (strcmp(sorts[i].name, guests[k].sort) != 0)
                continue;
            for (uint64_t when = 1; when <= sorts[i].middle; when++) {
                struct board *one = make(&sorts[i]);
                struct error error;
                uint8_t count = 0;
                cr_assert_eq(run_to(one, when), LOOP_LIMIT);
                struct file file = save_file(one);
                for (unsigned turn = 0; turn < 2; turn++) {
                    cr_assert_eq(run_to(one, ALL), sorts[i].end);
                    cr_assert(bus_read_memory(&one->memory, guests[k].count, &count, 1));
                    cr_assert_eq(count, guests[k].expected, "%s: %u met", sorts[i].name, count);
                    cr_assert_eq(load_file(one, &file, &error), 0);
                }
                free(file.data);
                destroy(one);
            }
        }
}

Test(state, two_fresh_machines_run_to_the_same_bytes)
{
    for (unsigned i = 0; i < countof(sorts); i++) {
        struct board *one = make(&sorts[i]), *other = make(&sorts[i]);
        same(one, other, 0);
        both_end_alike(&sorts[i], one, other);
        destroy(one);
        destroy(other);
    }
}

// More than a receiver holds at once. The guests leave it there.
Test(state, characters_that_wait_for_the_serial_port_are_part_of_it)
{
    static const uint8_t text[100] = "some characters";
    for (unsigned i = 0; i < countof(sorts); i++) {
        struct board *one = make(&sorts[i]), *other = make(&sorts[i]);
        cr_assert_eq(outside_input(&one->outside, OUTSIDE_SERIAL, text, sizeof text), sizeof text);
        cr_assert_eq(run_to(one, sorts[i].middle), LOOP_LIMIT);
        cr_assert_gt(one->outside.ports[OUTSIDE_SERIAL].input_written - one->outside.ports[OUTSIDE_SERIAL].input_read,
                     sizeof text / 2);
        carry(one, other);
        same(one, other, sorts[i].middle);
        cr_assert_eq(atomic_load(&other->outside.ports[OUTSIDE_SERIAL].input_waiting),
                     atomic_load(&one->outside.ports[OUTSIDE_SERIAL].input_waiting));
        both_end_alike(&sorts[i], one, other);
        destroy(one);
        destroy(other);
    }
}

// --- Written pages ---------------------------------------------------------------------------------------------------

// `copy` is RAM as it was when the set was last taken.
static void changed_pages_are_in(const struct page_set *set, const struct board *board, const uint8_t *copy)
{
    for (uint64_t page = 0; page < set->pages; page++)
        cr_assert(page_set_has(set, page) || !memcmp(board->ram + page * RAM_PAGE, copy + page * RAM_PAGE, RAM_PAGE),
                  "page %lu", (unsigned long)page);
}

Test(state, every_page_that_changes_is_recorded_as_written)
{
    for (unsigned i = 0; i < countof(sorts); i++) {
        struct board *board = make(&sorts[i]);
        struct page_set set;
        uint64_t most = 0;
        uint8_t *copy = calloc(1, board->ram_size); // what memory is before anything is loaded
        cr_assert_eq(page_set_init(&set, board->ram_size), 0);
        for (uint64_t at = 0; board->loop.stop != sorts[i].end; at += at < 200 ? 1 : 4999) {
            page_set_clear(&set);
            board_take_written(board, (struct page_set *const[]){ NULL, &set }, 2);
            changed_pages_are_in(&set, board, copy);
            memcpy(copy, board->ram, board->ram_size);
            most = at && page_set_count(&set) > most ? page_set_count(&set) : most;
            run_to(board, at + 1);
        }
        cr_assert_lt(most, 32, "%s: %lu pages in 5,000 instructions", sorts[i].name, (unsigned long)most);
        page_set_free(&set);
        free(copy);
        destroy(board);
    }
}

// --- Schema ----------------------------------------------------------------------------------------------------------

static uint64_t schema_of(struct board *board)
{
    struct visit_schema schema;
    visit_schema_init(&schema);
    board_visit(board, &schema.visit);
    cr_assert(!schema.failed);
    free(schema.text);
    return schema.hash;
}

Test(state, its_schema_depends_on_the_configuration_alone)
{
    for (unsigned i = 0; i < countof(sorts); i++) {
        struct board *board = make(&sorts[i]);
        uint64_t fresh = schema_of(board);
        run_to(board, sorts[i].middle);
        cr_assert_eq(schema_of(board), fresh, "%s", sorts[i].name);
        run_to(board, ALL);
        cr_assert_eq(schema_of(board), fresh, "%s", sorts[i].name);
        destroy(board);
    }
}

static void be_small(struct intact_machine_config *config)
{
    be_demo(config);
    config->cpus = 1;
}

static void be_without_testdev(struct intact_machine_config *config)
{
    be_demo(config);
    config->testdev = false;
}

static void be_large(struct intact_machine_config *config)
{
    be_demo(config);
    config->memory *= 2;
}

Test(state, that_of_another_machine_is_refused_by_name_and_changes_nothing)
{
    static const struct {
        void (*be)(struct intact_machine_config *config);
        const char *text;
    } others[] = {
        { be_small, "the saved state has 'cpus = 2' where 'cpus = 1' belongs" },
        { be_without_testdev, "the saved state has 'testdev/' where 'level 1' belongs" },
        { be_large, "the saved state has 'ram 1 8388608' where 'ram 1 16777216' belongs" },
    };
    struct board *one = make(&sorts[0]);
    run_to(one, sorts[0].middle);
    struct file file = save_file(one);
    for (unsigned i = 0; i < countof(others); i++) {
        const struct sort sort = { "another", &pc_type, others[i].be, 0, LOOP_EXIT };
        struct board *other = make(&sort), *fresh = make(&sort);
        struct error error;
        cr_assert_eq(load_file(other, &file, &error), -EINVAL);
        cr_assert_str_eq(error.text, others[i].text);
        same(other, fresh, 0);
        destroy(other);
        destroy(fresh);
    }
    free(file.data);
    destroy(one);
}
