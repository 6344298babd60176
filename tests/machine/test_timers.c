// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A guest of the PC that sleeps between the interrupts of GSI 2: the PIT's, which a firmware left ticking, and those of
// an HPET comparator in edge mode. At each it halts and starts the counter, and gives the comparator the route again:
// neither makes an interrupt, or the guest would never sleep.
#include <intact/machine.h>

#include <criterion/criterion.h>

#include "machine/x86_interrupts.h"

enum { VECTOR = 0x30, TICKS = 12 };
enum { HPET_EDGE_PIN_2 = 1 << 2 | 2 << 9 };

#define HPET_CONF    UINT32_C(0xfed00010)
#define HPET_T0_CONF UINT32_C(0xfed00100)
#define HPET_T0_COMP UINT32_C(0xfed00108)
#define MS           UINT64_C(1000000)

static struct intact_machine *machine;
static unsigned taken;
static uint64_t times[TICKS];

static void note(void *owner, uint8_t vector)
{
    (void)owner;
    if (vector != VECTOR)
        return;
    times[taken++] = intact_machine_time(machine);
    if (taken == TICKS)
        intact_machine_quit(machine);
}

static void make_guest(struct code *code)
{
    code_begin(code);
    CODE(code, 0xbc, 0x00, 0x00, 0x09, 0x00); // mov esp, 0x90000
    load_table(code, 0x15, GDTR);
    load_table(code, 0x1d, IDTR);
    CODE(code, 0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1); // mov al, ffh; out 21h, al; out a1h, al: the 8259As are silent
    store(code, LAPIC_SPURIOUS, 0x1ff);
    store_ioapic(code, 0x10 + 2 * 2, VECTOR);
    store(code, HPET_T0_CONF, HPET_EDGE_PIN_2);
    store(code, HPET_T0_COMP, 4000000); // 40 ms, when the PIT's output is low
    store(code, HPET_T0_COMP + 4, 0);
    store(code, HPET_CONF, 1);
    CODE(code, 0xfb, 0xf4, 0xeb, 0xfc); // again: sti; hlt; jmp again
    make_stubs(code);
    code->size = HANDLER;
    CODE(code, 0x50, 0x8a, 0x44, 0x24, 0x04); // push eax; mov al, [esp + 4]
    CODE(code, 0xe6, GUEST_DEBUG_PORT);       // out GUEST_DEBUG_PORT, al
    store(code, HPET_CONF, 0);
    store(code, HPET_CONF, 1);
    store(code, HPET_T0_CONF, 1 << 2 | 20 << 9);
    store(code, HPET_T0_CONF, HPET_EDGE_PIN_2);
    store(code, LAPIC_EOI, 0);
    CODE(code, 0x58, 0x83, 0xc4, 0x04, 0xcf); // pop eax; add esp, 4; iret
    make_tables(code);
}

static uint64_t tick(unsigned n)
{
    return n * 65536 * UINT64_C(1000000000) / 1193182;
}

Test(timers, a_guest_gets_each_tick_of_the_pit_and_each_match_of_the_hpet_once, .timeout = 60)
{
    static struct code code;
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    make_guest(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = note };
    config.reboot = false;
    config.limit = 1000000;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_QUIT);
    intact_machine_destroy(machine);
    cr_assert_eq(taken, TICKS);
    for (unsigned i = 0; i < TICKS; i++) {
        uint64_t expected = i == 0 ? 40 * MS : tick(i);
        cr_assert(times[i] >= expected && times[i] < expected + MS / 100, "%u: %llu", i, (unsigned long long)times[i]);
    }
}
