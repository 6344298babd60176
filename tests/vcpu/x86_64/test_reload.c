// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CS and SS that an interrupt or IRET would load from where they came from, in 64-bit mode; and the arithmetic flags.
#include <criterion/criterion.h>

#include "vcpu/x86_64/rig.h"
#include "vcpu/x86_64/system/protect.h"

enum { GATE_INTERRUPT = 0x8e, GATE_TRAP = 0x8f, GATE_USER = 0x60 };

static struct rig *rig;
static struct x86_cpu *cpu;

static void setup(void)
{
    rig = rig_new();
    cpu = rig->cpu;
}

static void teardown(void)
{
    rig_free(rig);
}

TestSuite(reload, .init = setup, .fini = teardown, .timeout = 120);

static void push_long(uint64_t ss, uint64_t sp, uint64_t cs, uint64_t ip)
{
    const uint64_t words[] = { ss, sp, X86_IF | 2, cs, ip };
    for (unsigned i = 0; i < countof(words); i++)
        cr_assert(x86_push(cpu, words[i], 8));
}

// What is loaded already is not loaded again. With and without that knowledge the same must happen, whatever the frame says and
// whatever became of the descriptors: everything in the list of state, the fault, and memory.

static uint64_t seed = 1;

static uint64_t below(uint64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % n;
}

struct outcome {
    bool done;
    struct x86_fault fault;
    struct visit_save state;
    uint8_t *ram;
};

static struct outcome outcome_of(bool done)
{
    struct outcome o = { .done = done, .fault = cpu->fault, .ram = malloc(RIG_RAM) };
    memcpy(o.ram, rig->ram.ram, RIG_RAM);
    visit_save_init(&o.state);
    x86_cpu_visit(cpu, &o.state.visit);
    return o;
}

static void back_to(const struct outcome *o)
{
    struct visit_load load;
    visit_load_init(&load, o->state.data, o->state.size);
    x86_cpu_visit(cpu, &load.visit);
    x86_cpu_loaded(cpu); // knows nothing of what the segments came from
    memcpy(rig->ram.ram, o->ram, RIG_RAM);
}

static void drop(struct outcome *o)
{
    free(o->state.data);
    free(o->ram);
}

static void change_descriptors(void)
{
    static const uint16_t selectors[] = { RIG_CODE64, RIG_CODE64_3, RIG_DATA0, RIG_DATA3 };
    unsigned selector = selectors[below(countof(selectors))];
    switch (below(6)) {
    case 0: cpu->gdt_limit = (uint16_t)(selector & ~7u) + 6; break;
    case 1: rig_put(rig, RIG_GDT + (selector & ~7u) + 5, 1, below(256)); break; // type, S, DPL, P
    case 2: rig_put(rig, RIG_GDT + (selector & ~7u) + 6, 1, below(256)); break; // L, D/B
    case 3: tlb_flush(&cpu->vcpu); break;
    default: break;
    }
}

static uint16_t some_selector(uint16_t usual)
{
    static const uint16_t others[] = { 0,         3,         4,         RIG_CODE64,    RIG_CODE64_3,
                                       RIG_DATA0, RIG_DATA3, RIG_CODE0, RIG_CONFORMING };
    return below(4) ? usual : others[below(countof(others))];
}

static uint64_t some_address(void)
{
    return below(5) ? 0x5000 + below(0x1000) : UINT64_C(0x7ffffffff000) + below(0x2000);
}

Test(reload, a_segment_that_is_loaded_already_is_as_if_it_were_loaded_again)
{
    for (unsigned n = 0; n < 1500; n++) {
        unsigned cpl = below(2) ? 3 : 0;
        uint16_t code = cpl ? RIG_CODE64_3 : RIG_CODE64, data = cpl ? RIG_DATA3 : below(2) ? RIG_DATA0 : 0;
        rig_long(rig, 0);
        push_long(data, 0x7000, code, 0x4000);
        cr_assert(x86_iret(cpu, 8)); // from here on it is known
        rig_idt64(rig, 0x30, some_selector(below(2) ? code : RIG_CODE64), some_address(),
                  (below(2) ? GATE_INTERRUPT : GATE_TRAP) | GATE_USER, (unsigned)below(2));
        rig_put(rig, RIG_TSS + 36, 8, 0x9000);
        const uint64_t words[5] = { some_address(), some_selector(code), below(0x400000), some_address(),
                                    some_selector(data) };
        memcpy(rig->ram.ram + 0x6f00, words, sizeof words);
        cpu->r[X86_RSP] = 0x6f00;
        change_descriptors();
        bool delivers = below(2), saved_error = below(2);
        struct outcome before = outcome_of(true);
        struct outcome known, unknown;
        // back_to forgets, so what knows goes first.
        for (unsigned i = 0; i < 2; i++) {
            bool done = !delivers     ? x86_iret(cpu, 8)
                        : saved_error ? x86_deliver(cpu, 0x30, X86_EVENT_EXCEPTION, true, 0x77, cpu->r[X86_RIP])
                                      : x86_deliver(cpu, 0x30, X86_EVENT_SOFTWARE, false, 0, cpu->r[X86_RIP] + 2);
            *(i ? &unknown : &known) = outcome_of(done);
            back_to(&before);
        }
        cr_assert_eq(known.done, unknown.done, "trial %u", n);
        if (!known.done)
            cr_assert(known.fault.vector == unknown.fault.vector && known.fault.error == unknown.fault.error,
                      "trial %u: %u(%x), not %u(%x)", n, known.fault.vector, (unsigned)known.fault.error,
                      unknown.fault.vector, (unsigned)unknown.fault.error);
        cr_assert_eq(known.state.size, unknown.state.size);
        cr_assert_arr_eq(known.state.data, unknown.state.data, known.state.size, "trial %u", n);
        cr_assert_arr_eq(known.ram, unknown.ram, RIG_RAM, "trial %u", n);
        drop(&before);
        drop(&known);
        drop(&unknown);
    }
}

Test(reload, what_a_load_of_state_brings_is_not_taken_for_what_was_loaded_before)
{
    rig_long(rig, 0);
    x86_set_segment(cpu, X86_CS, RIG_CODE64, 0, 0x1234, 0xa9b); // another limit than that of its descriptor
    struct outcome other = outcome_of(true);
    push_long(RIG_DATA0, 0x7000, RIG_CODE64, 0x4000);
    cr_assert(x86_iret(cpu, 8));
    back_to(&other);
    cr_assert_eq(cpu->segment[X86_CS].limit, 0x1234);
    uint64_t value;
    cr_assert(x86_load(cpu, RIG_GDT, 8, &value)); // now it is in the TLB
    push_long(RIG_DATA0, 0x7000, RIG_CODE64, 0x4000);
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->segment[X86_CS].limit, UINT32_MAX);
    drop(&other);
}

Test(reload, what_came_from_no_descriptor_is_loaded_and_checked)
{
    rig_long(rig, 0);
    push_long(0, 0x7000, RIG_CODE64, 0x4000);
    cr_assert(x86_iret(cpu, 8));
    x86_set_segment(cpu, X86_SS, 0, 0, 0, 0x93); // null, but not as IRET leaves it
    push_long(0, 0x7000, RIG_CODE64, 0x4000);
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->segment[X86_SS].attributes, 0);
    x86_set_segment(cpu, X86_CS, RIG_FREE, 0, UINT32_MAX, 0xa9b); // as SYSCALL does
    push_long(0, 0x7000, RIG_FREE, 0x4000);
    cr_assert_not(x86_iret(cpu, 8));
    assert_fault(cpu, X86_GP, RIG_FREE);
}

Test(reload, the_six_flags_are_what_their_conditions_say)
{
    for (unsigned n = 0; n < 100000; n++) {
        cpu->result = below(4) ? below(UINT32_MAX) << below(40) : below(3) - 1;
        cpu->aux = below(UINT32_MAX) << 32 | below(UINT32_MAX);
        uint64_t want = (x86_cf(cpu) ? X86_CF : 0u) | (x86_pf(cpu) ? X86_PF : 0u) | (x86_af(cpu) ? X86_AF : 0u) |
                        (x86_zf(cpu) ? X86_ZF : 0u) | (x86_sf(cpu) ? X86_SF : 0u) | (x86_of_flag(cpu) ? X86_OF : 0u);
        cr_assert_eq(x86_arithmetic_flags(cpu), want);
    }
    for (uint64_t flags = 0; flags < 0x1000; flags++) {
        x86_set_arithmetic_flags(cpu, flags);
        cr_assert_eq(x86_arithmetic_flags(cpu), flags & X86_ARITHMETIC);
    }
}
