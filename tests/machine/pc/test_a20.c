// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The gate of address line 20: what the processor reads, writes and executes behind it, and its two switches.
#include <criterion/criterion.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/x86_code.h"

// The code runs at 8000h. LOW and HIGH differ in line 20 alone; so do the two functions.
enum { DEBUG_PORT = 0xe9, PLACE = 0x8000, LOW = 0x3000, HIGH = 0x103000, FUNCTION = 0x9000, FUNCTION_HIGH = 0x109000 };

struct heard {
    unsigned count;
    uint8_t bytes[64];
};

static struct code code;
static struct heard heard;
static char why[INTACT_ERROR_SIZE];

static void told(void *owner, uint8_t byte)
{
    struct heard *to = owner;
    if (to->count < sizeof to->bytes)
        to->bytes[to->count++] = byte;
}

// mov byte [address], value
static void set(uint32_t address, uint8_t value)
{
    CODE(&code, 0xc6, 0x05, (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16), 0, value);
}

// mov al, [address]; out DEBUG_PORT, al
static void tell(uint32_t address)
{
    CODE(&code, 0xa0, (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16), 0, 0xe6, DEBUG_PORT);
}

// in al, port; out DEBUG_PORT, al
static void tell_port(uint8_t port)
{
    CODE(&code, 0xe4, port, 0xe6, DEBUG_PORT);
}

// mov eax, FUNCTION_HIGH; call eax; out DEBUG_PORT, al
static void call(void)
{
    CODE(&code, 0xb8, (uint8_t)FUNCTION_HIGH, (uint8_t)(FUNCTION_HIGH >> 8), FUNCTION_HIGH >> 16, 0, 0xff, 0xd0, 0xe6,
         DEBUG_PORT);
}

// A function at `address` that returns `value`: mov al, value; ret.
static void make_function(uint32_t address, uint8_t value)
{
    set(address, 0xb0);
    set(address + 1, value);
    set(address + 2, 0xc3);
}

static void begin(void)
{
    code_begin(&code);
    CODE(&code, 0xbc, 0x00, 0x00, 0x07, 0x00);                       // mov esp, 70000h
    CODE(&code, 0xbe, CODE_START + 24, 0x00, CODE_BASE >> 16, 0x00); // mov esi, behind this
    CODE(&code, 0xbf, (uint8_t)PLACE, PLACE >> 8, 0x00, 0x00);       // mov edi, PLACE
    CODE(&code, 0xb9, 0x00, 0x04, 0x00, 0x00, 0xf3, 0xa4);           // mov ecx, 400h; rep movsb
    CODE(&code, 0x68, (uint8_t)PLACE, PLACE >> 8, 0x00, 0x00, 0xc3); // push PLACE; ret
    code.bytes[CODE_START + 6] = (uint8_t)code.size;
}

static struct intact_machine *run(void)
{
    struct intact_machine_config config;
    struct intact_machine *machine;
    CODE(&code, 0xeb, 0xfe); // again: jmp again
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = told, .owner = &heard };
    heard.count = 0;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run_for(machine, 10000).reason, INTACT_PAUSED);
    return machine;
}

static void check(unsigned count, const uint8_t *bytes)
{
    intact_machine_destroy(run());
    cr_assert_eq(heard.count, count, "%u bytes", heard.count);
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(heard.bytes[i], bytes[i], "byte %u is %02x", i, heard.bytes[i]);
}

#define CHECK(...) check(sizeof(uint8_t[]){ __VA_ARGS__ }, (uint8_t[]){ __VA_ARGS__ })

TestSuite(a20, .timeout = 60);

Test(a20, port_92_and_the_keyboard_controller_switch_one_gate)
{
    begin();
    set(LOW, 0x11);
    set(HIGH, 0x22);
    code_out8(&code, 0x92, 0x00);
    tell(HIGH);
    set(HIGH, 0x33);
    tell(LOW);
    code_out8(&code, 0x92, 0x02);
    tell(HIGH);
    code_out8(&code, 0x64, 0xdd);
    tell(HIGH);
    tell_port(0x92);
    code_out8(&code, 0x64, 0xd0);
    tell_port(0x60);
    code_out8(&code, 0x92, 0x02);
    tell(HIGH);
    code_out8(&code, 0x64, 0xd1);
    code_out8(&code, 0x60, 0x01);
    tell(HIGH);
    code_out8(&code, 0x64, 0xdf);
    tell(HIGH);
    tell_port(0x92);
    CHECK(0x11, 0x33, 0x22, 0x33, 0x00, 0xc1, 0x22, 0x33, 0x22, 0x02);
}

Test(a20, code_behind_the_gate_is_the_code_at_the_other_address)
{
    begin();
    make_function(FUNCTION, 0xaa);
    make_function(FUNCTION_HIGH, 0xbb);
    for (unsigned i = 0; i < 20; i++) { // the code generator has it by then
        call();
        code_out8(&code, 0x92, i & 1 ? 0x02 : 0x00);
    }
    call();
    struct intact_machine *machine = run();
    cr_assert_eq(heard.count, 21);
    for (unsigned i = 0; i < heard.count; i++)
        cr_assert_eq(heard.bytes[i], i & 1 ? 0xaa : 0xbb, "call %u", i);
    intact_machine_destroy(machine);
}

Test(a20, page_tables_are_behind_the_gate_too)
{
    begin();
    // A page directory at 110000h, that is 10000h behind the gate, maps 4 MiB pages: the first to itself.
    for (uint32_t address = 0x10000; address <= 0x110000; address += 0x100000) {
        set(address, 0x83);
        set(address + 4, 0x83); // and 400000h to 0, or to 0 and a line 20 that is not there
    }
    set(0x110006, 0x10);
    set(LOW, 0x44);
    CODE(&code, 0x0f, 0x20, 0xe0, 0x0c, 0x10, 0x0f, 0x22, 0xe0); // CR4.PSE
    CODE(&code, 0xb8, 0x00, 0x00, 0x11, 0x00, 0x0f, 0x22, 0xd8); // CR3
    code_out8(&code, 0x92, 0x00);
    CODE(&code, 0x0f, 0x20, 0xc0, 0x0d, 0, 0, 0, 0x80, 0x0f, 0x22, 0xc0); // CR0.PG
    tell(0x400000 + LOW);
    CHECK(0x44);
}

Test(a20, a_reset_opens_the_gate)
{
    begin();
    code_out8(&code, 0x92, 0x00);
    struct intact_machine *machine = run();
    const struct pc *pc = pc_of(machine_board(machine));
    cr_assert_eq(pc->cpus[0]->lines, ~BIT64(20));
    cr_assert_eq(intact_machine_reset(machine), 0);
    intact_machine_run_for(machine, BOARD_RESET_INSTRUCTIONS + 10);
    cr_assert_eq(pc->cpus[0]->lines, UINT64_MAX);
    intact_machine_destroy(machine);
}
