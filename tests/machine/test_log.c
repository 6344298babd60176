// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// <intact/log.h>: what each item tells of a run, which addresses it is about, and what is refused.
#include <criterion/criterion.h>

#include <errno.h>
#include <intact/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debug/disassemble.h"
#include "machine/arm64_code.h"
#include "machine/log_items.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct intact_log *the_log;
static char text[1 << 16], why[INTACT_ERROR_SIZE];

static void setup(void)
{
    code_begin(&code);
    intact_machine_config_init(&config);
    config.jit = INTACT_JIT_ON; // whatever this build begins with
    config.jit_size = config.jit_threshold = 0;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    text[0] = 0;
}

static void teardown(void)
{
    intact_log_close(the_log);
    intact_machine_destroy(machine);
}

TestSuite(log, .init = setup, .fini = teardown, .timeout = 60);

static void on_text(void *owner, const char *line, size_t size)
{
    cr_assert_eq(owner, text);
    cr_assert_eq(strlen(line), size);
    cr_assert_eq(line[size - 1], '\n');
    cr_assert_lt(strlen(text) + size, sizeof text);
    strcat(text, line);
}

static void make(void)
{
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static int open_log(const char *items, const char *ranges)
{
    struct intact_log_config wanted;
    intact_log_config_init(&wanted);
    wanted.items = items;
    wanted.ranges = ranges;
    wanted.write = on_text;
    wanted.owner = text;
    return intact_log_open(machine, &wanted, &the_log, why);
}

// Runs with a log of these items, and gives its text.
static const char *told(const char *items, const char *ranges)
{
    if (!machine)
        make();
    cr_assert_eq(open_log(items, ranges), 0, "%s", why);
    intact_machine_run(machine);
    return text;
}

static void tells(const char *line)
{
    cr_expect_not_null(strstr(text, line), "'%s' is not in\n%s", line, text);
}

enum { START = CODE_BASE + CODE_START };

// mov ebx, 2; again: dec ebx; jnz again; then halts for ever
static void make_loop(void)
{
    CODE(&code, 0xbb, 2, 0, 0, 0, 0x4b, 0x75, 0xfd);
    code_halt(&code);
}

// --- code ------------------------------------------------------------------------------------------------------------

Test(log, exec_has_a_line_for_each_block_that_is_entered)
{
    make_loop();
    told("exec", NULL);
    cr_assert_str_eq(text, "Trace 0: 0x000000100020 [0000000000000000/0000000000100020/00000020/00000003] 0\n"
                           "Trace 0: 0x000000100025 [0000000000000000/0000000000100025/00000020/00000002] 3\n"
                           "Trace 0: 0x000000100028 [0000000000000000/0000000000100028/00000020/00000002] 5\n");
}

Test(log, in_asm_has_each_block_once_as_assembly)
{
    make_loop();
    make();
    if (!disassemble_is_built()) {
        cr_assert_eq(open_log("in_asm", NULL), -ENOTSUP);
        cr_assert_str_eq(why, "in_asm: this build has no disassembler (Capstone)");
        return;
    }
    told("in_asm", NULL);
    cr_assert_str_eq(text, "----------------\n"
                           "IN: \n"
                           "0x00100020:  bb 02 00 00 00           movl     $2, %ebx\n"
                           "0x00100025:  4b                       decl     %ebx\n"
                           "0x00100026:  75 fd                    jne      0x100025\n"
                           "\n"
                           "----------------\n"
                           "IN: \n"
                           "0x00100025:  4b                       decl     %ebx\n"
                           "0x00100026:  75 fd                    jne      0x100025\n"
                           "\n"
                           "----------------\n"
                           "IN: \n"
                           "0x00100028:  fa                       cli      \n"
                           "0x00100029:  f4                       hlt      \n"
                           "\n");
}

Test(log, op_has_each_block_as_ops_with_their_instructions)
{
    make_loop();
    told("op", "0x100026+1");
    cr_assert_str_eq(text, "OP: \n"
                           " ---- 0x00100020\n"
                           "  0  MOVI       d=rbx imm=2\n"
                           " ---- 0x00100025\n"
                           "  1  DEC32      d=rbx a=rbx\n"
                           " ---- 0x00100026\n"
                           "  2  JNZ        delta=0\n"
                           "  2  EXIT       delta=5\n"
                           "  2  EXIT       delta=8\n"
                           "\n"
                           "OP: \n"
                           " ---- 0x00100025\n"
                           "  0  DEC32      d=rbx a=rbx\n"
                           " ---- 0x00100026\n"
                           "  1  JNZ        delta=0\n"
                           "  1  EXIT       delta=0\n"
                           "  1  EXIT       delta=3\n"
                           "\n");
}

static bool compiles(void)
{
    struct intact_jit_state state;
    intact_jit_state_init(&state);
    cr_assert_eq(intact_machine_jit(machine, &state), 0);
    return state.on;
}

// The block's host code, from "OUT: " on.
static const char *host_code(const char *address)
{
    char head[64];
    const char *found = text;
    snprintf(head, sizeof head, "] %s\n", address);
    found = strstr(text, head);
    cr_assert_not_null(found, "no %s in\n%s", address, text);
    return found + strlen(head);
}

Test(log, out_asm_has_the_host_code_of_each_op_when_a_block_becomes_that)
{
    config.jit_threshold = 1;
    make_loop();
    told("out_asm", "0x100020+1");
    if (!compiles())
        return;
    cr_assert_eq(strncmp(text, "OUT: [size=", 11), 0, "%s", text);
    tells("] shared by all blocks\n  -- enter\n0x");
    cr_expect_null(strstr(text, "] 0x00100025\n"), "it is not in the range:\n%s", text);
    static const char *const pieces[] = { "  -- head\n0x",
                                          "  --  0  MOVI       d=rbx imm=2\n0x",
                                          "  --  1  DEC32      d=rbx a=rbx\n0x",
                                          "  --  2  JNZ        delta=0\n0x",
                                          "  -- too few instructions are left\n0x",
                                          "  -- seldom:  2  EXIT       delta=",
                                          "  -- seldom:  2  EXIT       delta=" };
    const char *at = host_code("0x00100020");
    for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        at = strstr(at, pieces[i]);
        cr_assert_not_null(at, "'%s' is not there, or not in this order, in\n%s", pieces[i], text);
        at += strlen(pieces[i]);
    }
}

Test(log, out_asm_has_nothing_to_tell_where_all_is_interpreted)
{
    config.jit = INTACT_JIT_OFF;
    make_loop();
    cr_assert_str_eq(told("out_asm", NULL), "");
}

// What became host code before the log was opened becomes it again.
Test(log, out_asm_tells_of_blocks_that_were_there_before)
{
    config.jit_threshold = 1;
    CODE(&code, 0x90, 0xeb, 0xfd); // again: nop; jmp again
    make();
    intact_machine_run_for(machine, 100);
    cr_assert_eq(open_log("out_asm", NULL), 0);
    intact_machine_run_for(machine, 100);
    if (compiles())
        host_code("0x00100020");
}

Test(log, ops_and_host_code_of_virt_are_told_too)
{
    config.type = INTACT_VIRT;
    config.kernel_data = (const uint8_t *)code_timer3;
    config.kernel_size = sizeof code_timer3;
    config.jit_threshold = 1;
    told("op,out_asm", "0x40080000+0x40");
    tells(" ---- 0x40080004\n  1  MOVI       d=x10 imm=0x8000000\n");
    if (compiles())
        tells("  --  1  MOVI       d=x10 imm=0x8000000\n0x");
}

Test(log, cpu_has_the_registers_before_each_block)
{
    make_loop();
    told("cpu", "0x100028..0x100028");
    cr_assert_eq(strncmp(text, "CPU 0, instruction 5\nrax=", 25), 0, "%s", text);
    tells(" rbx=0000000000000000 ");
    tells("rip=0000000000100028 eflags=00000046 cs=00000010 ss=00000018\n");
    tells("cr0=0000000000000011 cr2=0000000000000000 cr3=0000000000000000 cr4=0000000000000000\n");
    tells("efer=0000000000000000 cpl=00\n");
    cr_assert_null(strstr(text, "Trace"));
}

Test(log, a_range_chooses_the_blocks_with_a_byte_in_it)
{
    make_loop();
    told("exec", "0x100029+1,0x5000-0x1000");
    cr_assert_str_eq(text, "Trace 0: 0x000000100028 [0000000000000000/0000000000100028/00000020/00000002] 5\n");
}

Test(log, code_of_virt_is_told_too)
{
    config.type = INTACT_VIRT;
    config.kernel_data = (const uint8_t *)code_timer3;
    config.kernel_size = sizeof code_timer3;
    told(disassemble_is_built() ? "in_asm,exec,cpu,nochain" : "exec,cpu,nochain", NULL);
    if (disassemble_is_built()) {
        tells("0x40080004:  d2a1000a  movz     x10, #0x800, lsl #16\n");
        tells("0x40080030:  d5184601  msr      icc_pmr_el1, x1\n");
    }
    tells("Trace 0: 0x000040080000 [0000000000000000/0000000040080000/00000040/");
    tells("pc=0000000040080000 cpsr=000003c5\n");
}

Test(log, code_of_16_bits_is_told_by_its_linear_address)
{
    static uint8_t rom[65536];
    char path[] = "/tmp/intact-log-XXXXXX";
    int file = mkstemp(path);
    memcpy(rom + 0xfff0, (const uint8_t[]){ 0xb8, 0x34, 0x12, 0xfa, 0xf4 }, 5); // mov ax, 0x1234; cli; hlt
    cr_assert(file >= 0 && write(file, rom, sizeof rom) == (ssize_t)sizeof rom);
    close(file);
    config.kernel = NULL;
    config.kernel_data = NULL;
    config.bios = path;
    make();
    unlink(path);
    told(disassemble_is_built() ? "in_asm,exec" : "exec", "0xfffffff0+1");
    tells("Trace 0: 0x0000fffffff0 [00000000ffff0000/00000000fffffff0/00000010/00000003] 0\n");
    if (disassemble_is_built())
        tells("0xfffffff0:  b8 34 12                 movw     $0x1234, %ax\n");
}

// --- events ----------------------------------------------------------------------------------------------------------

Test(log, guest_errors_says_which_instruction_breaks_a_rule)
{
    code_out8(&code, 0x20, 0x20); // an EOI with nothing in service
    code_halt(&code);
    told("guest_errors", NULL);
    tells("mistake  -        a mistake of the guest at the 8259A: eoi (0x20), by CPU 0 at 0x100026\n");
    cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1, "one line:\n%s", text);
}

Test(log, unimp_says_what_nothing_answers)
{
    code_out16(&code, 0x1234, 0xabcd);
    code_in8(&code, 0x1235);
    CODE(&code, 0xa1, 0, 0, 0, 0xc0); // mov eax, [0xc0000000]
    code_halt(&code);
    told("unimp", NULL);
    tells("unimp    -        a write of 0xabcd to port 0x1234, where nothing answers, by CPU 0 at 0x100028\n");
    tells("unimp    -        a read of port 0x1235, size 1, where nothing answers, by CPU 0 at 0x10002e\n");
    tells("unimp    -        a read of address 0xc0000000, size 4, where nothing answers, by CPU 0 at 0x10002f\n");
}

Test(log, unimp_says_which_registers_of_a_processor_are_not_there)
{
    CODE(&code, 0xb9, 0x34, 0x12, 0, 0, 0x0f, 0x32); // mov ecx, 0x1234; rdmsr, which ends in a shutdown
    config.reboot = false;
    told("unimp", NULL);
    tells("a mistake of the guest at CPU 0: msr-read (0x1234), by CPU 0 at 0x100025\n");
    intact_log_close(the_log);
    intact_machine_destroy(machine);
    machine = NULL;
    text[0] = 0;
    told("guest_errors", NULL);
    cr_assert_null(strstr(text, "msr"), "that is not the guest's error: %s", text);
}

static unsigned lines_of(const char *event)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, event)); at++)
        count++;
    return count;
}

Test(log, trace_patterns_choose_events_by_name_or_station)
{
    code_out8(&code, 0x20, 0x20);
    code_halt(&code);
    told("trace:access", NULL);
    cr_assert_eq(lines_of(" access "), 1, "%s", text);
    cr_assert_eq(lines_of("\n"), 1);
}

Test(log, int_has_every_station)
{
    config.type = INTACT_VIRT;
    config.kernel_data = (const uint8_t *)code_timer3;
    config.kernel_size = sizeof code_timer3;
    told("int", NULL);
    tells(" accept ");
    tells(" pending ");
    tells(" ack ");
    cr_assert_eq(lines_of(" access "), 0);
}

// --- what is refused, and what comes and goes --------------------------------------------------------------------------

// again: in al, 0x99, where nothing is; jmp again
Test(log, several_logs_of_one_machine_come_and_go)
{
    CODE(&code, 0xe4, 0x99, 0xeb, 0xfc);
    make();
    cr_assert_eq(open_log("unimp,exec,trace:access", NULL), 0);
    struct intact_log *first = the_log;
    cr_assert_eq(open_log("unimp", NULL), 0);
    intact_machine_run_for(machine, 4);
    cr_expect_eq(lines_of("Trace"), 2, "%s", text);
    cr_expect_eq(lines_of(" access "), 2);
    cr_expect_eq(lines_of(" unimp "), 4, "each of the two logs");

    text[0] = 0;
    cr_assert_eq(intact_log_close(first), 0);
    intact_machine_run_for(machine, 4);
    cr_expect_eq(lines_of("\n"), 2, "the other log's alone:\n%s", text);
    tells("           4            4 ns  unimp    -        a read of port 0x99, size 1, where nothing answers, by CPU "
          "0 at "
          "0x100020\n");
    tells("           6            6 ns  unimp ");

    text[0] = 0;
    cr_assert_eq(intact_log_close(the_log), 0);
    the_log = NULL;
    intact_machine_run_for(machine, 4);
    cr_expect_str_eq(text, "");
    cr_assert_eq(intact_log_close(NULL), 0);
}

Test(log, what_is_wrong_is_said)
{
    make();
    cr_assert_eq(open_log("exec,asm", NULL), -EINVAL);
    cr_assert_str_eq(why, "no item 'asm'; there are in_asm, op, out_asm, exec, cpu, int, guest_errors, unimp, jit, "
                          "nochain, trace:PATTERN");
    cr_assert_eq(open_log("trace:x*", NULL), -EINVAL);
    cr_assert(strstr(why, "trace:x* matches no event; there are line, trigger, ") == why, "%s", why);
    static const char *const ranges[] = { "0x1000", "x..y", "1...2", "0x2000..0x1000", "5+0", "5-0",
                                          "1..2,",  "2-9",  "1+" };
    for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        int result = open_log("exec", ranges[i]);
        if (strcmp(ranges[i], "1..2,") == 0) {
            cr_expect_eq(result, 0, "a comma at the end");
            continue;
        }
        cr_expect_eq(result, -EINVAL, "%s", ranges[i]);
        cr_expect_not_null(strstr(why, "is no range of addresses; 0x1000..0x1fff, 0x1000+0x100 and 0x1fff-0x100 are"));
        cr_expect_null(the_log);
    }
    struct intact_log_config none;
    intact_log_config_init(&none);
    cr_assert_eq(intact_log_open(machine, &none, &the_log, NULL), -EINVAL);
}

static int within;

static void open_within(void *owner, uint8_t byte)
{
    (void)owner, (void)byte;
    within = the_log ? intact_log_close(the_log) : open_log("exec", NULL);
}

Test(log, within_a_run_none_is_opened_or_closed)
{
    CODE(&code, 0x66, 0xba, 0xf8, 0x03, 0xee, 0xee); // mov dx, 0x3f8; out dx, al; out dx, al
    code_halt(&code);
    config.serial.write = open_within;
    make();
    intact_machine_run_for(machine, 2);
    cr_assert_eq(within, -EBUSY);
    within = 0;
    told("int", NULL);
    cr_assert_eq(within, -EBUSY);
}

Test(log, items_have_names)
{
    const char *about, *name;
    unsigned count = 0;
    while ((name = intact_log_item(count, &about))) {
        cr_assert(*name && *about);
        count++;
    }
    cr_assert_eq(count, 11);
    cr_assert_str_eq(intact_log_item(10, NULL), "trace:PATTERN");
}

static uint64_t events_of(const char *items)
{
    struct log_wish wish = { 0 };
    cr_assert_eq(log_wish_items(&wish, items, why), 0, "%s", why);
    return wish.events;
}

Test(log, patterns_mean_events_and_stations)
{
    cr_assert_eq(events_of("trace:l*"), INTACT_TRACE_BIT(INTACT_TRACE_LINE));
    cr_assert_eq(events_of("trace:deliver"), INTACT_TRACE_BIT(INTACT_TRACE_TAKE));
    cr_assert_eq(events_of("trace:deliver,trace:line"),
                 INTACT_TRACE_BIT(INTACT_TRACE_TAKE) | INTACT_TRACE_BIT(INTACT_TRACE_LINE));
    cr_assert_eq(events_of("int"), INTACT_TRACE_INTERRUPTS);
    cr_assert_eq(events_of("trace:*"), INTACT_TRACE_ALL);
    cr_assert_eq(events_of("exec,guest_errors"), 0);
    cr_assert_neq(events_of("trace:raise"), events_of("trace:pend"));
}

Test(log, ranges_have_an_end)
{
    struct log_wish wish = { 0 };
    cr_assert(log_wish_covers(&wish, 0, 1), "without a range all is covered");
    cr_assert_eq(log_wish_ranges(&wish, "0x1000..0x1fff,0xffffffffffffff00+0x100,0x5000-0x10", why), 0);
    cr_assert_eq(wish.range_count, 3);
    cr_assert(log_wish_covers(&wish, 0x1fff, 1) && log_wish_covers(&wish, 0xff0, 0x11));
    cr_assert(!log_wish_covers(&wish, 0x2000, 16) && !log_wish_covers(&wish, 0xff0, 0x10));
    cr_assert(log_wish_covers(&wish, UINT64_MAX, 1));
    cr_assert(log_wish_covers(&wish, 0x4ff1, 1) && log_wish_covers(&wish, 0x5000, 1));
    cr_assert(!log_wish_covers(&wish, 0x4ff0, 1) && !log_wish_covers(&wish, 0x5001, 1));
    for (unsigned i = 3; i < LOG_RANGES; i++)
        cr_assert_eq(log_wish_ranges(&wish, "1..2", why), 0);
    cr_assert_eq(log_wish_ranges(&wish, "1..2", why), -EINVAL);
    cr_assert_str_eq(why, "there are more than 64 ranges");
}
