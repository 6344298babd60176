// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The eight threads against a whole machine: a guest on the PC takes every interrupt, tells which by its debug port,
// which is where the device's work is taken away, and ends it. Messages go to its local APIC, the level line by the
// IOAPIC.
#include <intact/machine.h>

#include "machine/x86_code.h"
#include "threads/fight.h"

// What the guest tells: that its local APIC is on, or a vector. END is the lowest, so that it comes when all others have been.
enum { READY = 0, END = 0x20, LINE = 0x28, NOBODY = 0x2f, FIRST = 0x30, LAST = FIRST + FIGHT_SOURCES - 1 };
enum { GSI = 20, DEBUG_PORT = 0xe9, CODE_SELECTOR = 16 };
enum { STUBS = 0x200, STUB = 8, HANDLER = 0x600, GDT = 0x700, GDTR = 0x720, IDTR = 0x728, IDT = 0x800 };

#define IOAPIC_INDEX   UINT32_C(0xfec00000)
#define IOAPIC_DATA    UINT32_C(0xfec00010)
#define IOAPIC_LEVEL   UINT32_C(0x8000)
#define LAPIC_EOI      UINT32_C(0xfee000b0)
#define LAPIC_SPURIOUS UINT32_C(0xfee000f0)

struct bench {
    struct fight fight; // first: so that it leads here
    struct intact_machine *machine;
    struct intact_irq_group *end;
    atomic_bool ready;
};

// --- The guest -------------------------------------------------------------------------------------------------------

// mov dword [address], value
static void store(struct code *code, uint32_t address, uint32_t value)
{
    CODE(code, 0xc7, 0x05, (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16),
         (uint8_t)(address >> 24), (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
         (uint8_t)(value >> 24));
}

static void store_ioapic(struct code *code, uint32_t index, uint32_t value)
{
    store(code, IOAPIC_INDEX, index);
    store(code, IOAPIC_DATA, value);
}

// lgdt or lidt [CODE_BASE + at]
static void load_table(struct code *code, uint8_t modrm, uint32_t at)
{
    CODE(code, 0x0f, 0x01, modrm, (uint8_t)at, (uint8_t)(at >> 8), CODE_BASE >> 16, 0x00);
}

static void make_start(struct code *code)
{
    CODE(code, 0xbc, 0x00, 0x00, 0x09, 0x00); // mov esp, 0x90000
    load_table(code, 0x15, GDTR);
    load_table(code, 0x1d, IDTR);
    store(code, LAPIC_SPURIOUS, 0x1ff);
    store_ioapic(code, 0x10 + 2 * GSI + 1, 0);
    store_ioapic(code, 0x10 + 2 * GSI, IOAPIC_LEVEL | LINE);
    CODE(code, 0xb0, READY, 0xe6, DEBUG_PORT);
    CODE(code, 0xfb, 0xf4, 0xeb, 0xfc); // again: sti; hlt; jmp again
}

// Each vector's own: push vector; jmp handler.
static void make_stubs(struct code *code)
{
    for (unsigned vector = END; vector <= LAST; vector++) {
        code->size = STUBS + (vector - END) * STUB;
        uint32_t jump = HANDLER - (uint32_t)(code->size + 7);
        CODE(code, 0x6a, (uint8_t)vector, 0xe9, (uint8_t)jump, (uint8_t)(jump >> 8), (uint8_t)(jump >> 16),
             (uint8_t)(jump >> 24));
    }
}

static void make_handler(struct code *code)
{
    code->size = HANDLER;
    CODE(code, 0x50, 0x8a, 0x44, 0x24, 0x04); // push eax; mov al, [esp + 4]
    CODE(code, 0xe6, DEBUG_PORT);             // out DEBUG_PORT, al
    store(code, LAPIC_EOI, 0);
    CODE(code, 0x58, 0x83, 0xc4, 0x04, 0xcf); // pop eax; add esp, 4; iret
}

static void make_tables(struct code *code)
{
    // The selector that a multiboot loader left in CS: handlers return to it.
    put64(code->bytes + GDT + CODE_SELECTOR, UINT64_C(0x00cf9a000000ffff));
    put16(code->bytes + GDTR, CODE_SELECTOR + 8 - 1);
    put32(code->bytes + GDTR + 2, CODE_BASE + GDT);
    put16(code->bytes + IDTR, (LAST + 1) * 8 - 1);
    put32(code->bytes + IDTR + 2, CODE_BASE + IDT);
    for (unsigned vector = END; vector <= LAST; vector++) {
        uint32_t stub = CODE_BASE + STUBS + (vector - END) * STUB;
        uint8_t *gate = code->bytes + IDT + 8 * vector;
        put32(gate, (uint32_t)CODE_SELECTOR << 16 | (stub & 0xffff));
        put32(gate + 4, (stub & 0xffff0000) | 0x8e00); // present, 32-bit interrupt gate
    }
}

static void make_guest(struct code *code)
{
    code_begin(code);
    make_start(code);
    make_stubs(code);
    make_handler(code);
    make_tables(code);
}

// --- The device's end of the guest's handler -------------------------------------------------------------------------

static void handled(void *owner, uint8_t vector)
{
    struct bench *bench = owner;
    if (vector >= FIRST)
        atomic_store(&bench->fight.work[vector - FIRST], 0);
    else if (vector == LINE)
        atomic_store(&bench->fight.line_work, 0);
    else if (vector == END)
        intact_machine_quit(bench->machine);
    else if (vector == READY)
        atomic_store(&bench->ready, true);
    if (vector >= FIRST || vector == LINE)
        atomic_fetch_add(&bench->fight.handled, 1);
}

// --- The whole -------------------------------------------------------------------------------------------------------

// What notifiers still hold comes in while this thread looks; then the last interrupt is asked for.
static void *conduct(void *argument)
{
    struct bench *bench = argument;
    while (!atomic_load(&bench->ready))
        sched_yield();
    fight_begin(&bench->fight);
    fight_join(&bench->fight);
    fight_unmask(&bench->fight);
    for (int i = 0; i < 1000 && fight_lost(&bench->fight); i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    expect_ok(&bench->fight, intact_irq_group_trigger(bench->end, 0));
    return NULL;
}

static void open_end(struct bench *bench)
{
    struct intact_irq_config config = message_of(&bench->fight, 0);
    config.data = END;
    expect_ok(&bench->fight, intact_irq_manager_create_group(bench->fight.manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE,
                                                             1, &bench->end));
    expect_ok(&bench->fight, intact_irq_group_enable(bench->end, &config));
}

static int create(struct bench *bench, struct code *code)
{
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code->bytes;
    config.kernel_size = sizeof code->bytes;
    config.debugcon_port = DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = handled, .owner = bench };
    config.reboot = false;
    config.interactive = true; // a machine whose processor is halted waits for what comes in
    if (intact_machine_create(&config, &bench->machine, why) == 0)
        return 0;
    printf("%s\n", why);
    return -1;
}

int main(void)
{
    static struct bench bench;
    static struct code code;
    pthread_t conductor;
    make_guest(&code);
    if (create(&bench, &code) < 0)
        return 1;
    bench.fight.manager = intact_machine_interrupts(bench.machine);
    bench.fight.address = 0xfee00000;
    bench.fight.first_data = FIRST;
    bench.fight.gsi = GSI;
    fight_open(&bench.fight);
    open_end(&bench);
    pthread_create(&conductor, NULL, conduct, &bench);
    struct intact_exit end = intact_machine_run(bench.machine);
    pthread_join(conductor, NULL);
    unsigned lost = fight_lost(&bench.fight);
    intact_irq_manager_destroy_group(bench.fight.manager, bench.end);
    int status = fight_close(&bench.fight, lost);
    printf("%s after %llu instructions\n", intact_reason_text(end.reason), (unsigned long long)end.instructions);
    intact_machine_destroy(bench.machine);
    return status || end.reason != INTACT_QUIT;
}
