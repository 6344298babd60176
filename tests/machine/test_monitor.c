// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The monitor's commands: what each of them says and does, what it refuses, and that the run does not notice.
#include "machine/monitor/monitor.h"

#include <criterion/criterion.h>
#include <intact/replay.h>
#include <intact/snapshot.h>
#include <intact/trace_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "debug/disassemble.h"
#include "machine/arm64_code.h"
#include "machine/machine.h"
#include "machine/memory.h"
#include "machine/pc/pc.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct monitor monitor;
static char said[32768], why[INTACT_ERROR_SIZE];

static void print(void *owner, const char *text)
{
    cr_assert_eq(owner, &monitor);
    cr_assert_lt(strlen(said) + strlen(text), sizeof said);
    strcat(said, text);
}

static void make(void)
{
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    monitor = (struct monitor){ .machine = machine, .print = print, .owner = &monitor };
}

enum { START = CODE_BASE + CODE_START, STORE = START + 10, TURNS = 3000 };

// mov ebx, 3000; mov edi, 0x200000; again: mov [edi], ebx; dec ebx; jnz again; then halts for ever
static void setup(void)
{
    code_begin(&code);
    CODE(&code, 0xbb, 0xb8, 0x0b, 0, 0, 0xbf, 0, 0, 0x20, 0, 0x89, 0x1f, 0x4b, 0x75, 0xfb);
    code_halt(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    make();
}

static void unmake(void)
{
    monitor_free(&monitor);
    intact_machine_destroy(machine);
}

TestSuite(monitor, .init = setup, .fini = unmake, .timeout = 120);

static enum monitor_action does(const char *line)
{
    said[0] = 0;
    return monitor_command(&monitor, line).action;
}

// The command says this, and the machine stays as it is.
#define SAYS(line, text)                                                                                               \
    do {                                                                                                               \
        cr_expect_eq(does(line), MONITOR_STAYS, "%s", line);                                                           \
        cr_expect_str_eq(said, text, "%s: %s", line, said);                                                            \
    } while (0)

#define CONTAINS(line, text)                                                                                           \
    do {                                                                                                               \
        does(line);                                                                                                    \
        cr_expect_not_null(strstr(said, text), "%s: %s", line, said);                                                  \
    } while (0)

// Runs, as the server does after a command that resumes, and tells of the stop.
static struct intact_exit go_on(const char *line)
{
    said[0] = 0;
    struct monitor_result result = monitor_command(&monitor, line);
    cr_assert(result.action == MONITOR_RUNS || result.action == MONITOR_STEPS, "%s", said);
    struct intact_exit end =
        result.action == MONITOR_STEPS ? intact_machine_step(machine, result.cpu) : intact_machine_run(machine);
    said[0] = 0;
    if (end.reason == INTACT_BREAK) {
        monitor_note_stop(&monitor, &end);
        monitor_tell_place(&monitor);
    }
    return end;
}

static uint64_t digest(void)
{
    uint64_t value;
    cr_assert_eq(intact_machine_digest(machine, &value), 0);
    return value;
}

// --- lines -----------------------------------------------------------------------------------------------------------

Test(monitor, help_lists_every_command_and_those_that_are_asked_for)
{
    CONTAINS("help", "info registers [CPU] ");
    CONTAINS("?", "quit|q ");
    CONTAINS("help info", "info snapshots ");
    cr_expect_null(strstr(said, "quit"));
    CONTAINS("help info cpus", "info cpus ");
    cr_expect_null(strstr(said, "info registers"));
    CONTAINS("help c", "cont|c ");
    SAYS("help nonsense", "help: there is no command 'nonsense'\n");
    SAYS("help info nonsense", "help: there is no command 'info nonsense'\n");
    SAYS("help info cpus all", "help: 'all' is too much; it takes [COMMAND]\n");
}

Test(monitor, a_line_that_is_no_command_is_answered_with_one_line)
{
    char line[3 * MONITOR_LINE];
    SAYS("", "");
    SAYS("  \t ", "");
    SAYS("nonsense", "There is no command 'nonsense'; help lists all.\n");
    SAYS("  info  ", "There is no command 'info'; help lists all.\n");
    SAYS("info regs", "There is no command 'info regs'; help lists all.\n");
    SAYS("continue", "There is no command 'continue'; help lists all.\n");
    SAYS("\x01\x1b[31m\x7f", "There is no command '??[31m?'; help lists all.\n");
    SAYS("stop now", "stop: 'now' is too much; it takes nothing\n");
    SAYS("watch", "watch: needs ADDRESS [SIZE]\n");
    SAYS("watch 1 2 3 4", "watch: '3' is too much; it takes ADDRESS [SIZE]\n");
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = 0;
    CONTAINS(line, "There is no command 'xxx");
    memcpy(line, "savevm ", 7);
    cr_expect_eq(does(line), MONITOR_STAYS);
    cr_expect_not_null(strstr(said, "savevm: cannot write 'xxx"));
}

Test(monitor, words_may_have_blanks_around_them)
{
    CONTAINS("  info\t  instructions  ", "0 instructions, 0 ns\n");
    cr_expect_eq(does(" c "), MONITOR_RUNS);
}

// --- the run ---------------------------------------------------------------------------------------------------------

Test(monitor, commands_about_the_run_say_what_it_is_to_do)
{
    SAYS("stop", "stop: the machine is stopped already\n");
    SAYS("wait", "wait: the machine is stopped already; cont starts it\n");
    cr_expect_eq(does("cont"), MONITOR_RUNS);
    cr_expect_eq(does("s"), MONITOR_STEPS);
    cr_expect_eq(does("step 0"), MONITOR_STEPS);
    SAYS("step 1", "step: '1' is no CPU; the machine has 0 to 0\n");
    SAYS("step -1", "step: '-1' is no CPU; the machine has 0 to 0\n");
    cr_expect_eq(does("q"), MONITOR_QUITS);
    monitor.running = true;
    SAYS("cont", "cont: the machine is running already\n");
    SAYS("info status", "running: instruction 0, 0 ns\n");
    cr_expect_eq(does("wait"), MONITOR_WAITS);
    cr_expect_eq(does("step"), MONITOR_STEPS);
    cr_expect_eq(does("stop"), MONITOR_STOPS);
    cr_expect_str_eq(said, "stopped by stop: instruction 0, 0 ns, CPU 0, rip 0x100020\n");
}

Test(monitor, a_stop_is_one_line_that_says_why_and_where)
{
    SAYS("info status", "stopped: instruction 0, 0 ns, CPU 0, rip 0x100020\n");
    go_on("step");
    cr_expect_str_eq(said, "stopped by step: instruction 1, 1 ns, CPU 0, rip 0x100025\n");
    SAYS("break 0x10002c", "1: break 0x10002c\n");
    SAYS("watch 0x200002 1", "2: watch 0x200002 1\n");
    go_on("cont");
    cr_expect_str_eq(said, "stopped by watchpoint 2 at 0x200002: instruction 3, 3 ns, CPU 0, rip 0x10002c\n");
    go_on("c");
    cr_expect_str_eq(said, "stopped by breakpoint 1: instruction 3, 3 ns, CPU 0, rip 0x10002c\n");
    SAYS("info status", "stopped by breakpoint 1: instruction 3, 3 ns, CPU 0, rip 0x10002c\n");
    SAYS("delete", "");
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_EXECUTE, STORE, 0), 0);
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_READ, START, 1), 0);
    go_on("c");
    cr_expect_str_eq(said, "stopped by a breakpoint: instruction 5, 5 ns, CPU 0, rip 0x10002a\n");
    intact_machine_interrupt(machine);
    go_on("c");
    cr_expect_str_eq(said, "stopped: instruction 5, 5 ns, CPU 0, rip 0x10002a\n");
}

// --- what is shown ---------------------------------------------------------------------------------------------------

Test(monitor, info_shows_registers_instructions_and_processors)
{
    go_on("step");
    CONTAINS("info registers", "rbx              0000000000000bb8");
    cr_expect_eq(said[strlen(said) - 1], '\n');
    CONTAINS("info registers 0", "cr0              0000000000000011");
    SAYS("info registers 1", "info registers: '1' is no CPU; the machine has 0 to 0\n");
    SAYS("info instructions", "1 instructions, 1 ns\nCPU 0: 1 instructions, running\n");
    SAYS("info cpus", "* CPU 0: running, rip 0x100025\n");
}

Test(monitor, a_command_without_a_processor_is_about_the_one_that_stopped)
{
    unmake();
    config.type = INTACT_VIRT;
    config.cpus = 2;
    config.kernel_data = code_smp;
    config.kernel_size = sizeof code_smp;
    make();
    SAYS("info cpus", "* CPU 0: running, pc 0x40080000\n  CPU 1: stopped, pc 0x0\n");
    go_on("step 1");
    cr_expect_not_null(strstr(said, ", CPU 1, pc 0x400800"), "%s", said);
    CONTAINS("info cpus", "\n* CPU 1: running, pc 0x400800");
    does("info registers 1");
    char other[sizeof said];
    strcpy(other, said);
    SAYS("info registers", other);
    CONTAINS("x $pc 4", "0000000040080");
    SAYS("x $rip", "x: there is no register 'rip'; info registers lists them\n");
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_POWER_OFF);
}

Test(monitor, memory_is_shown_by_virtual_and_by_physical_addresses)
{
    SAYS("x 0x100020 18", "0000000000100020  bb b8 0b 00 00 bf 00 00 20 00 89 1f 4b 75 fb fa  ........ ...Ku..\n"
                          "0000000000100030  f4 eb                                            ..\n");
    SAYS("xp $pc+10 4", "000000000010002a  89 1f 4b 75                                      ..Ku\n");
    SAYS("x $rip-0x20+0x20 1", "0000000000100020  bb                                               .\n");
    does("x $pc");
    cr_expect_eq(strlen(said), 4 * 84, "%zu", strlen(said));
    SAYS("x 0xffffffffffff0000", "x: at 0xffffffffffff0000 there is no memory, or no page is mapped\n");
    SAYS("xp 0xfee00000", "xp: at 0xfee00000 there is no memory\n");
    SAYS("x 0 0", "x: '0' is no COUNT; 1 to 65536 bytes are shown\n");
    SAYS("x 0 65537", "x: '65537' is no COUNT; 1 to 65536 bytes are shown\n");
    CONTAINS("x 0 1024", "\n00000000000003f0 ");
    SAYS("x nowhere", "x: 'nowhere' is no number of at most 64 bits, as 4096 or 0x1000, and no register, as $pc\n");
    CONTAINS("x 1+", "x: '' is no number");
    CONTAINS("x 0x", "x: '0x' is no number");
    CONTAINS("x 12a", "x: '12a' is no number");
    CONTAINS("x 0x1ffffffffffffffff", "x: '0x1ffffffffffffffff' is no number");
    CONTAINS("x 18446744073709551616", "x: '18446744073709551616' is no number");
    SAYS("x $", "x: there is no register ''; info registers lists them\n");
}

Test(monitor, memory_is_shown_as_instructions)
{
    if (!disassemble_is_built()) {
        SAYS("x/4i $pc", "x: this build has no disassembler (Capstone)\n");
        return;
    }
    SAYS("x/3i $pc", "0x00100020:  bb b8 0b 00 00           movl     $0xbb8, %ebx\n"
                     "0x00100025:  bf 00 00 20 00           movl     $0x200000, %edi\n"
                     "0x0010002a:  89 1f                    movl     %ebx, (%edi)\n");
    SAYS("xp/i 0x10002c", "0x0010002c:  4b                       decl     %ebx\n");
    SAYS("x/i 0xffff0000", "x: at 0xffff0000 there is no code, or no page is mapped\n");
    SAYS("xp/2i 0x7fffffff", "xp: at 0x7fffffff there is no code\n");
    SAYS("x/4097i 0", "x: '/4097i' is more than 4096 instructions\n");
    SAYS("p/i 4", "p: '/i' is of memory; x/4i $pc shows instructions\n");
}

Test(monitor, memory_is_shown_in_a_format)
{
    SAYS("x/2x 0x100020", "0000000000100020: 0x000bb8bb 0x0000bf00\n");
    SAYS("x/5xb $pc", "0000000000100020: 0xbb 0xb8 0x0b 0x00 0x00\n");
    SAYS("x /5xb $pc", "0000000000100020: 0xbb 0xb8 0x0b 0x00 0x00\n");
    SAYS("xp/2gx 0x100020", "0000000000100020: 0x0000bf00000bb8bb 0xfafb754b1f890020\n");
    SAYS("x/2db 0x100020", "0000000000100020: -69 -72\n");
    SAYS("x/2ub 0x100020", "0000000000100020: 187 184\n");
    SAYS("x/2ob 0x100020", "0000000000100020: 0273 0270\n");
    SAYS("x/h 0x100020", "0000000000100020: 0xb8bb\n");
    SAYS("x/3c 0x10002c", "000000000010002c: 'K' 'u' '\\xfb'\n");
    SAYS("x/17xb 0x100020", "0000000000100020: 0xbb 0xb8 0x0b 0x00 0x00 0xbf 0x00 0x00 0x20 0x00 0x89 0x1f 0x4b 0x75 "
                            "0xfb 0xfa\n0000000000100030: 0xf4\n");
    SAYS("x/4z $pc", "x: '/4z' is no format; /16xb is: how many, one of x d u o c i, one of b h w g\n");
    CONTAINS("x/0x $pc", "x: '/0x' is no format");
    CONTAINS("x/99999999999999999999x $pc", "is no format");
    SAYS("x/16385xw 0", "x: '/16385xw' is more than 65536 bytes\n");
    SAYS("x/4x", "x: needs ADDRESS behind /4x\n");
    SAYS("x/4x 0 4", "x: '4' is too much: the number is part of the format, as in /16xb\n");
    SAYS("x 0 4 4", "x: '4' is too much; it takes ADDRESS [COUNT]\n");
    SAYS("stop/4x", "stop: '/4x' is too much; it takes nothing\n");
    SAYS("sum 0x100020 2", "33045\n");
    SAYS("sum 0xfee00000 1", "sum: from 0xfee00000 on there is something else than memory\n");
}

Test(monitor, expressions_are_those_of_c)
{
    static const struct {
        const char *text;
        uint64_t value;
    } rows[] = {
        { "1", 1 },           { "0x10+4", 0x14 },         { "2+3*4", 14 },    { "(2+3)*4", 20 },
        { "10-2-3", 5 },      { "100/7%4", 2 },           { "1<<4|3", 0x13 }, { "0xff&~0xf", 0xf0 },
        { "6^3&1", 7 },       { "-1", UINT64_MAX },       { "- -1", 1 },      { "1<<64", 0 },
        { "1 + 2 << 3", 24 }, { "$pc - 0x20", 0x100000 }, { "((((7))))", 7 }, { "0x8000000000000000>>63", 1 },
    };
    char line[64], answer[64];
    for (unsigned i = 0; i < countof(rows); i++) {
        snprintf(line, sizeof line, "p %s", rows[i].text);
        snprintf(answer, sizeof answer, "0x%llx\n", (unsigned long long)rows[i].value);
        SAYS(line, answer);
    }
    SAYS("print $rip", "0x100020\n");
    SAYS("p/d -5", "-5\n");
    SAYS("p/d  3 - 5", "-2\n");
    SAYS("p/u 0xff", "255\n");
    SAYS("p/o 8", "010\n");
    SAYS("p/c 65", "'A'\n");
    SAYS("p/xw 255", "0xff\n");
    SAYS("p", "p: needs [/FMT] EXPRESSION\n");
    SAYS("p 1/0", "p: a division by 0\n");
    SAYS("p 1%(2-2)", "p: a division by 0\n");
    SAYS("p (1", "p: a ')' is missing before ''\n");
    SAYS("p 1)", "p: ')' follows the end of the expression\n");
    SAYS("p 1 2", "p: '2' follows the end of the expression\n");
    CONTAINS("p 1+", "p: '' is no number");
    CONTAINS("p/q 1", "p: '/q' is no format");
    CONTAINS("p/d", "p: '' is no number");
    char deep[400] = "p ";
    memset(deep + 2, '(', 300);
    CONTAINS(deep, "p: more than 64 parentheses and signs within each other\n");
    memset(deep + 2, '~', 300);
    CONTAINS(deep, "p: more than 64 parentheses and signs within each other\n");
    SAYS("break $pc+2*5", "1: break 0x10002a\n");
}

// --- the machine's buttons -------------------------------------------------------------------------------------------

Test(monitor, buttons_are_pressed_when_the_machine_goes_on)
{
    SAYS("system_powerdown", "the power button is pressed when the machine goes on\n");
    go_on("step");
    cr_expect(pc_of(machine_board(machine))->pm.PM1_STS & ACPI_PM1_PWRBTN);
    SAYS("system_reset", "the machine is reset when the machine goes on\n");
    cr_expect_eq(intact_machine_instructions(machine), 1);
    go_on("step");
    cr_expect_geq(intact_machine_instructions(machine), 1000000);
    SAYS("nmi", "the NMI comes when the machine goes on\n");
    monitor.running = true;
    SAYS("nmi", "");
    SAYS("system_reset", "");
    SAYS("system_powerdown", "");
    SAYS("nmi now", "nmi: 'now' is too much; it takes nothing\n");
}

Test(monitor, where_a_machine_has_gone_back_its_buttons_wait_for_the_end_of_its_history)
{
    does("snapshots");
    intact_machine_run_for(machine, 50);
    does("go 20");
    SAYS("system_powerdown", "the power button is pressed at instruction 50, where the history ends\n");
    intact_machine_run_for(machine, 30);
    cr_expect_not(pc_of(machine_board(machine))->pm.PM1_STS & ACPI_PM1_PWRBTN);
    intact_machine_run_for(machine, 1);
    cr_expect(pc_of(machine_board(machine))->pm.PM1_STS & ACPI_PM1_PWRBTN);
}

Test(monitor, virt_has_no_nmi)
{
    unmake();
    config.type = INTACT_VIRT;
    config.kernel_data = code_smp;
    config.kernel_size = sizeof code_smp;
    make();
    SAYS("nmi", "nmi: virt has no NMI line: no input of its GIC is non-maskable\n");
    SAYS("sendkey a", "sendkey: the machine has no keyboard and no mouse; pc has them\n");
    SAYS("system_powerdown", "the power button is pressed when the machine goes on\n");
}

// --- keyboard and mouse ----------------------------------------------------------------------------------------------

Test(monitor, keys_and_the_mouse_go_to_their_devices)
{
    struct i8042 *kbc = &pc_of(machine_board(machine))->keyboard;
    SAYS("sendkey ctrl-alt-delete", "");
    SAYS("sendkey < 60000", "");
    cr_expect_not(kbc->keyboard.down[INTACT_KEY_CTRL]);
    go_on("step");
    cr_expect(kbc->keyboard.down[INTACT_KEY_CTRL]);
    cr_expect_not(kbc->keyboard.down[INTACT_KEY_ALT]);
    cr_expect_eq(machine_board(machine)->input.count, 7);
    SAYS("sendkey ctrl-nokey", "sendkey: there is no key 'nokey'\n");
    SAYS("sendkey a-", "sendkey: there is no key ''\n");
    SAYS("sendkey 1-2-3-4-5-6-7-8-9-0-q-w-e-r-t-y-u", "sendkey: more than 16 keys\n");
    SAYS("sendkey a 60001", "sendkey: '60001' is no number of milliseconds, 0 to 60000\n");
    SAYS("mouse_button 7", "");
    go_on("step");
    cr_expect_eq(kbc->mouse.buttons, 7);
    SAYS("mouse_button 2", "");
    SAYS("mouse_move 3 -4 1", "");
    ps2_mouse_receive(&kbc->mouse, PS2_MOUSE_REMOTE);
    go_on("step");
    cr_expect_eq(kbc->mouse.buttons, INTACT_BUTTON_MIDDLE);
    cr_expect_eq(kbc->mouse.x, 3);
    cr_expect_eq(kbc->mouse.y, -4);
    SAYS("mouse_button 8", "mouse_button: '8' is no sum of 1 (left), 2 (middle) and 4 (right)\n");
    SAYS("mouse_move 1 32768", "mouse_move: '32768' is no number of counts, -32768 to 32767\n");
    SAYS("mouse_move x 1", "mouse_move: 'x' is no number of counts, -32768 to 32767\n");
}

// --- a trace ---------------------------------------------------------------------------------------------------------

Test(monitor, a_trace_is_begun_shown_written_and_ended)
{
    char path[64], line[128];
    struct intact_trace_log *log;
    uint64_t before = digest();
    snprintf(path, sizeof path, "/tmp/intact-monitor-trace-%ld", (long)getpid());
    SAYS("info trace", "info trace: there is no trace; trace on begins one\n");
    SAYS("trace last", "trace last: there is no trace; trace on begins one\n");
    SAYS("trace write x", "trace write: there is no trace; trace on begins one\n");
    SAYS("trace off", "trace off: no trace is running; trace on begins one\n");
    CONTAINS("trace on events=nothing", "trace on: ");
    SAYS("trace on", "");
    SAYS("trace last", "nothing has happened\n");
    SAYS("info trace", "the trace is running: 0 events\n");
    cr_expect_eq(digest(), before);
    acpi_smi_write(&pc_of(machine_board(machine))->pm, 0, 1, ACPI_SMI_ENABLE, 0);
    acpi_pm_write(&pc_of(machine_board(machine))->pm, ACPI_PM1_EN, 2, ACPI_PM1_PWRBTN, 0);
    does("system_powerdown");
    go_on("step");
    does("trace last 2");
    cr_expect_eq(strchr(said, '\n')[1] != 0 && strchr(strchr(said, '\n') + 1, '\n')[1] == 0, 1, "two lines: %s", said);
    CONTAINS("trace last", "  pm.sci raises GSI 9\n");
    CONTAINS("info trace", "the trace is running: ");
    CONTAINS("info trace", " events, from instruction 0 to 0\n");
    SAYS("trace last 0", "trace last: '0' is no number of events; 1 to 10000 can be shown\n");
    SAYS("trace off", "");
    CONTAINS("info trace", "the trace is off: ");
    snprintf(line, sizeof line, "trace write %s", path);
    SAYS(line, "");
    cr_assert_eq(intact_trace_log_read(path, &log, why), 0, "%s", why);
    intact_trace_log_destroy(log);
    snprintf(line, sizeof line, "trace write %s text", path);
    SAYS(line, "");
    snprintf(line, sizeof line, "trace write %s poem", path);
    CONTAINS(line, "trace write: ");
    CONTAINS("trace write /nonexistent/x", "trace write: ");
    SAYS("trace on events=eoi", "");
    SAYS("info trace", "the trace is running: 0 events\n");
    unlink(path);
}

// --- QEMU's names ----------------------------------------------------------------------------------------------------

Test(monitor, the_place_in_a_replay_has_the_names_of_qemu)
{
    SAYS("info replay", "neither recording nor replaying: instruction 0\n");
    SAYS("replay_delete_break", "replay_delete_break: there is none; replay_break makes one\n");
    SAYS("replay_break x", "replay_break: 'x' is no number of instructions\n");
    SAYS("replay_break 7", "1: break instruction:7\n");
    SAYS("replay_break 9", "2: break instruction:9\n");
    SAYS("info breaks", "2: break instruction:9\n");
    does("snapshots");
    go_on("cont");
    cr_expect_str_eq(said, "stopped by breakpoint 2, instruction:9: instruction 9, 9 ns, CPU 0, rip 0x10002c\n");
    SAYS("replay_delete_break", "");
    SAYS("info breaks", "There are no breakpoints and no watchpoints.\n");
    cr_expect_eq(does("replay_seek 4"), MONITOR_STOPS);
    cr_expect_eq(does("replay-seek 3"), MONITOR_STOPS);
    SAYS("info replay", "neither recording nor replaying: instruction 3\nreplay_seek reaches instructions 0 to 9\n");
    CONTAINS("info version", "intact ");
    CONTAINS("info jit", "jit: o");
    CONTAINS("help sources", "pit.out0\n");
}

// --- points ----------------------------------------------------------------------------------------------------------

Test(monitor, breakpoints_and_watchpoints_have_numbers)
{
    SAYS("info breaks", "There are no breakpoints and no watchpoints.\n");
    SAYS("break $pc+10", "1: break 0x10002a\n");
    SAYS("b 0x10002a", "break: there is one at 0x10002a already\n");
    SAYS("watch 0x200000", "2: watch 0x200000 4\n");
    SAYS("rwatch 0x200000 8", "3: rwatch 0x200000 8\n");
    SAYS("awatch 0x300000 4096", "4: awatch 0x300000 4096\n");
    SAYS("awatch 0x300000 4097", "awatch: '4097' is no SIZE; 1 to 4096 bytes can be watched\n");
    SAYS("watch 0x300000 0", "watch: '0' is no SIZE; 1 to 4096 bytes can be watched\n");
    SAYS("rwatch here", "rwatch: 'here' is no number of at most 64 bits, as 4096 or 0x1000, and no register, as $pc\n");
    SAYS("delete 3", "");
    SAYS("info breaks", "1: break 0x10002a\n2: watch 0x200000 4\n4: awatch 0x300000 4096\n");
    SAYS("delete 3", "delete: there is no breakpoint or watchpoint '3'; info breaks lists them\n");
    SAYS("delete all", "delete: there is no breakpoint or watchpoint 'all'; info breaks lists them\n");
    SAYS("d", "");
    SAYS("break 0x10002a", "5: break 0x10002a\n");
    cr_expect_eq(machine_board(machine)->loop.stops.count, 1);
    for (unsigned i = 0; i < 100; i++) {
        char line[32];
        snprintf(line, sizeof line, "break %u", i);
        cr_expect_eq(does(line), MONITOR_STAYS);
    }
    cr_expect_eq(machine_board(machine)->loop.stops.count, 101);
    monitor_free(&monitor);
    cr_expect_eq(machine_board(machine)->loop.stops.count, 0);
}

Test(monitor, watchpoints_stop_for_what_they_watch)
{
    does("rwatch 0x200000");
    does("awatch 0x200000");
    go_on("cont");
    cr_expect_str_eq(said, "stopped by watchpoint 2 at 0x200000: instruction 3, 3 ns, CPU 0, rip 0x10002c\n");
}

Test(monitor, events_stop_the_machine_as_breakpoints_do)
{
    SAYS("break instruction:4", "1: break instruction:4\n");
    SAYS("break write:0x200000", "2: break write:0x200000\n");
    CONTAINS("break instruction:4", "break: ");
    CONTAINS("break main", "break: 'main' ");
    CONTAINS("break raise:x", "break: 'raise:x': the GSI ");
    SAYS("info breaks", "1: break instruction:4\n2: break write:0x200000\n");
    go_on("cont");
    cr_expect_str_eq(said, "stopped by breakpoint 2, write:0x200000: instruction 3, 3 ns, CPU 0, rip 0x10002c\n");
    go_on("cont");
    cr_expect_str_eq(said, "stopped by breakpoint 1, instruction:4: instruction 4, 4 ns, CPU 0, rip 0x10002d\n");
    SAYS("delete 2", "");
    cr_assert_eq(intact_break_event(machine, "instruction:7", why), 0, "%s", why);
    go_on("cont");
    cr_expect_str_eq(said, "stopped by a breakpoint, instruction:7: instruction 7, 7 ns, CPU 0, rip 0x10002d\n");
    SAYS("delete", "");
    cr_expect_str_eq(intact_break_event_text(machine, 0), "instruction:7");
    cr_expect_null(intact_break_event_text(machine, 1));
}

Test(monitor, back_goes_to_where_an_event_came_last)
{
    does("snapshots");
    intact_machine_run_for(machine, 50);
    cr_expect_eq(does("back write:0x200000"), MONITOR_STOPS);
    cr_expect_str_eq(said, "stopped by back, write:0x200000: instruction 48, 48 ns, CPU 0, rip 0x10002c\n");
    CONTAINS("back deliver:0x31", "back: 'deliver:0x31' has not come since the history began\n");
    CONTAINS("back main", "back: 'main' ");
    cr_expect_eq(intact_machine_instructions(machine), 48);
}

// --- back ------------------------------------------------------------------------------------------------------------

Test(monitor, without_a_history_there_is_no_way_back)
{
    const char *none = ": the machine has no history; snapshots begins one, and so does the option -snapshots\n";
    const char *const commands[] = { "go 0", "back", "reverse" };
    for (unsigned i = 0; i < 3; i++) {
        cr_expect_eq(does(commands[i]), MONITOR_STAYS);
        cr_expect_not_null(strstr(said, none), "%s", said);
    }
    SAYS("info snapshots", "info snapshots: the machine has no history; snapshots begins one\n");
    SAYS("snapshots lots", "snapshots: 'lots' is no size; 512M and 4G are\n");
    SAYS("snapshots 0", "snapshots: '0' is no size; 512M and 4G are\n");
    SAYS("snapshots 1MM", "snapshots: '1MM' is no size; 512M and 4G are\n");
    SAYS("snapshots 99999999999999G", "snapshots: '99999999999999G' is no size; 512M and 4G are\n");
}

Test(monitor, the_machine_goes_to_any_place_since_the_history_began)
{
    go_on("step");
    SAYS("snapshots 1K", "the history begins at instruction 1\n");
    CONTAINS("snapshots", "snapshots: the machine has a history already\n");
    does("break 0x10002c");
    for (unsigned i = 0; i < 4; i++)
        go_on("cont");
    cr_expect_str_eq(said, "stopped by breakpoint 1: instruction 12, 12 ns, CPU 0, rip 0x10002c\n");
    CONTAINS("info snapshots", " bytes of at most 1024, from instruction 1 to 12\n");
    cr_expect_eq(does("back"), MONITOR_STOPS);
    cr_expect_str_eq(said, "stopped by back: instruction 11, 11 ns, CPU 0, rip 0x10002a\n");
    cr_expect_eq(does("reverse"), MONITOR_STOPS);
    cr_expect_str_eq(said, "stopped by breakpoint 1: instruction 9, 9 ns, CPU 0, rip 0x10002c\n");
    cr_expect_eq(does("go 12"), MONITOR_STOPS);
    cr_expect_str_eq(said, "stopped by go: instruction 12, 12 ns, CPU 0, rip 0x10002c\n");
    cr_expect_eq(does("go 2"), MONITOR_STOPS);
    SAYS("go 0", "go: the history does not reach instruction 0; it goes from 1 to 12\n");
    SAYS("go 13", "go: the history does not reach instruction 13; it goes from 1 to 12\n");
    SAYS("go back", "go: 'back' is no number of instructions\n");
    SAYS("rc", "reverse: nothing stops the run before this place\n");
    does("go 1");
    does("back");
    cr_expect_str_eq(said, "back: CPU 0 has executed nothing since the history began\n"
                           "stopped by back: instruction 1, 1 ns, CPU 0, rip 0x100025\n");
    SAYS("back 1", "back: '1' is no CPU; the machine has 0 to 0\n");
}

// --- files -----------------------------------------------------------------------------------------------------------

static char *path_of(const char *command, const char *path, char *line, size_t size)
{
    snprintf(line, size, "%s %s", command, path);
    return line;
}

Test(monitor, a_state_is_saved_and_loaded)
{
    char *path = test_file("", 0), line[200];
    intact_machine_run_for(machine, 100);
    uint64_t saved = digest();
    cr_expect_eq(does(path_of("savevm", path, line, sizeof line)), MONITOR_STAYS);
    cr_expect_not_null(strstr(said, "instruction 100 is in '/tmp/"));
    intact_machine_run_for(machine, 100);
    cr_expect_eq(does(path_of("loadvm", path, line, sizeof line)), MONITOR_STAYS);
    cr_expect_eq(strncmp(said, "stopped by loadvm: instruction 100, ", 36), 0, "%s", said);
    cr_expect_eq(digest(), saved);
    intact_machine_run_for(machine, 1);
    monitor.running = true;
    SAYS(path_of("loadvm", path, line, sizeof line), "running: instruction 100, 100 ns\n");
    cr_expect_eq(digest(), saved);
    unlink(path);
    CONTAINS(path_of("loadvm", path, line, sizeof line), "loadvm: cannot read ");
    free(path);
    SAYS("savevm", "savevm: needs FILE\n");
    CONTAINS("savevm /nonexistent/a b", "savevm: cannot write '/nonexistent/a b': ");
    cr_expect_eq(digest(), saved);
}

Test(monitor, a_damaged_file_leaves_the_machine_as_it_was)
{
    char *path = test_file("", 0), line[200];
    intact_machine_run_for(machine, 100);
    does(path_of("savevm", path, line, sizeof line));
    FILE *file = fopen(path, "r+");
    fseek(file, -2, SEEK_END);
    fputc(0x55, file);
    fputc(0xaa, file);
    fclose(file);
    intact_machine_run_for(machine, 1000);
    uint64_t before = digest();
    SAYS(path_of("loadvm", path, line, sizeof line), said);
    cr_expect_not_null(strstr(said, "is a damaged snapshot of a machine"), "%s", said);
    cr_expect_eq(digest(), before);
    cr_expect_eq(intact_machine_instructions(machine), 1100);
    cr_expect_eq(intact_machine_run(machine).reason, INTACT_DEADLOCK);
    test_file_remove(path);
}

Test(monitor, a_state_cannot_be_loaded_where_it_would_leave_a_journal_or_a_history)
{
    char *path = test_file("", 0), *journal = test_file("", 0), line[200];
    struct intact_recording recording;
    does(path_of("savevm", path, line, sizeof line));
    intact_recording_init(&recording);
    recording.file = journal;
    cr_assert_eq(intact_machine_record(machine, &recording, why), 0, "%s", why);
    SAYS(path_of("loadvm", path, line, sizeof line),
         "loadvm: the run is recorded or replayed: its state cannot be replaced\n");
    CONTAINS("snapshots", "snapshots: the run is recorded");
    cr_assert_eq(intact_machine_record_end(machine, why), 0, "%s", why);
    does("snapshots");
    SAYS(path_of("loadvm", path, line, sizeof line), "loadvm: the machine has a history: go takes it back\n");
    test_file_remove(path);
    test_file_remove(journal);
}

// --- for gdb ---------------------------------------------------------------------------------------------------------

Test(monitor, gdb_is_told_what_it_has_itself_and_what_it_does_not_know)
{
    static const char *const own[][2] = {
        { "stop", "stop: gdb has a command of its own for it: Ctrl-c\n" },
        { "c", "cont: gdb has a command of its own for it: continue\n" },
        { "step 0", "step: gdb has a command of its own for it: stepi\n" },
        { "wait", "wait: gdb has a command of its own for it: continue\n" },
        { "break 0x100", "break: gdb has a command of its own for it: break *ADDRESS\n" },
        { "watch 0x100 4", "watch: gdb has a command of its own for it: watch -location\n" },
        { "x 0x100", "x: gdb has a command of its own for it: x\n" },
    };
    monitor.in_gdb = true;
    for (unsigned i = 0; i < sizeof own / sizeof own[0]; i++)
        SAYS(own[i][0], own[i][1]);
    CONTAINS("help", "lets it run on; here: continue\n");
    cr_expect_lt(strlen(said), 8191);
    does("snapshots");
    intact_machine_run_for(machine, 50);
    cr_expect_eq(does("go 7"), MONITOR_STOPS);
    cr_expect_str_eq(said, "stopped by go: instruction 7, 7 ns, CPU 0, rip 0x10002d\n"
                           "gdb does not know it yet: maintenance flush register-cache\n");
    CONTAINS("back", "maintenance flush register-cache\n");
    SAYS("break deliver", "1: break deliver\n");
    SAYS("info breaks", "1: break deliver\n");
    SAYS("delete 1", "");
    cr_expect_eq(does("quit"), MONITOR_QUITS);
}

// --- nothing changes -------------------------------------------------------------------------------------------------

Test(monitor, a_run_with_many_commands_is_that_without)
{
    enum { THERE = 9, LINES = 15 }; // the others go back
    static const char *const lines[LINES] = { "info registers",
                                              "info cpus",
                                              "info instructions",
                                              "x $pc 1024",
                                              "xp 0x200000",
                                              "break 0x10002c",
                                              "awatch 0x200000",
                                              "info breaks",
                                              "delete",
                                              "snapshots",
                                              "back",
                                              "reverse",
                                              "go 5",
                                              "info snapshots",
                                              "help" };
    struct intact_exit plain = intact_machine_run(machine);
    uint64_t without = digest();
    unmake();
    make();
    struct intact_exit end;
    unsigned n = 0;
    do {
        does(lines[n % (n < 300 ? LINES : THERE)]);
        n++;
        end = n % 3 == 0 && n < 3000 ? intact_machine_step(machine, 0) : intact_machine_run_for(machine, 7);
    } while (end.reason == INTACT_PAUSED || end.reason == INTACT_BREAK);
    cr_expect_gt(n, 400);
    cr_expect_eq(end.reason, plain.reason);
    cr_expect_eq(end.instructions, plain.instructions);
    cr_expect_eq(digest(), without);
}

// It writes to the EOI register of its local APIC, where nothing is in service.
Test(monitor, a_lint_says_what_the_guest_did_wrong)
{
    unmake();
    code_begin(&code);
    CODE(&code, 0x90, 0xc7, 0x05, 0xb0, 0x00, 0xe0, 0xfe, 0, 0, 0, 0); // nop; mov dword [fee000b0h], 0
    code_halt(&code);
    make();
    SAYS("lint", "it begins here; ask again later\n");
    SAYS("lint", "nothing was found\n");
    intact_machine_run_for(machine, 5);
    SAYS("lint",
         "EOI with nothing in service at lapic0, once, at instruction 1, CPU 0, 0x100021 (SDM 3A, Signaling Interrupt "
         "Servicing Completion)\n");
}
