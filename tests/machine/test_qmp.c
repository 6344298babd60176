// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QMP's server: what a client learns of the machine and does with it, and that the run is the same.
#include "machine/socket_client.h"

#include <intact/debug.h>
#include <intact/replay.h>
#include <intact/snapshot.h>
#include <pthread.h>

#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct intact_qmp *qmp;
static struct intact_monitor *monitor;
static char why[INTACT_ERROR_SIZE];

static void make(void)
{
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    cr_assert_eq(intact_qmp_open(machine, at("qmp"), &qmp, why), 0, "%s", why);
    cr_assert_eq(intact_monitor_open(machine, at("monitor"), &monitor, why), 0, "%s", why);
}

static void unmake(void)
{
    intact_qmp_close(qmp);
    intact_monitor_close(monitor);
    intact_machine_destroy(machine);
}

static void setup(void)
{
    make_folder();
    code_begin(&code);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
}

static void teardown(void)
{
    unmake();
    rmdir(folder);
}

TestSuite(qmp_server, .init = setup, .fini = teardown, .timeout = 120);

// inc dword [0x200000]; jmp: for ever
static void make_endless(void)
{
    CODE(&code, 0xff, 0x05, 0, 0, 0x20, 0, 0xeb, 0xf8);
    make();
}

static struct intact_exit run_with(void *(*clients)(void *), bool stopped)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, clients, NULL), 0);
    struct intact_exit end = intact_machine_serve(machine, stopped);
    pthread_join(thread, NULL);
    return end;
}

static struct client q, m;

static void begin(void)
{
    come(&q, "qmp");
    hears(&q, "{\"QMP\": {\"version\": ");
    say(&q, "{\"execute\": \"qmp_capabilities\"}\n");
    hears(&q, "{\"return\": {}}\r\n");
}

static void asks(const char *command, const char *arguments, const char *answer)
{
    char text[600];
    snprintf(text, sizeof text, "{\"execute\": \"%s\"%s%s}\r\n", command, arguments[0] ? ", \"arguments\": " : "",
             arguments);
    say(&q, text);
    hears(&q, answer);
}

#define DONE           "{\"return\": {}}\r\n"
#define HAPPENS(event) "\"event\": \"" event "\""

static void *stops_and_starts(void *unused)
{
    begin();
    asks("query-status", "",
         "{\"return\": {\"status\": \"prelaunch\", \"singlestep\": false, \"running\": false}}\r\n");
    asks("stop", "", DONE);
    hears_nothing(&q);
    asks("cont", "", "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"RESUME\"}\r\n" DONE);
    asks("query-status", "", "{\"return\": {\"status\": \"running\", \"singlestep\": false, \"running\": true}}\r\n");
    asks("cont", "", DONE);
    hears_nothing(&q);
    asks("stop", "", "}, \"event\": \"STOP\"}\r\n" DONE);
    asks("query-status", "", "{\"status\": \"paused\"");
    asks("quit", "", DONE);
    hears(&q, "\"event\": \"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-qmp-quit\"}}\r\n");
    return unused;
}

Test(qmp_server, a_client_stops_starts_and_ends_the_machine)
{
    make_endless();
    cr_expect_eq(run_with(stops_and_starts, true).reason, INTACT_QUIT);
}

static void *is_told_of_others(void *unused)
{
    begin();
    come(&m, "monitor");
    hears(&m, "running: ");
    say(&m, "break instruction:90000000\nstop\n");
    hears(&q, HAPPENS("STOP"));
    asks("query-status", "", "\"paused\"");
    asks("human-monitor-command", "{\"command-line\": \"info status\"}", "\"stopped by a monitor: instruction ");
    say(&m, "step\n");
    hears(&q, HAPPENS("RESUME"));
    hears(&q, HAPPENS("STOP"));
    asks("query-status", "", "\"debug\"");
    asks("cont", "", DONE);
    hears(&q, "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 90000}, \"event\": \"STOP\"}\r\n");
    hears(&m, "stopped by breakpoint 1, instruction:90000000: ");
    asks("human-monitor-command", "{\"command-line\": \"info status\"}",
         "\"stopped by a breakpoint, instruction:90000000: ");
    asks("x-intact-digest", "", "\"instructions\": 90000000, \"time\": 90000000}}");
    asks("stop", "", DONE);
    asks("cont", "", DONE);
    asks("stop", "", DONE);
    asks("human-monitor-command", "{\"command-line\": \"info status\"}", "\"stopped by stop: instruction ");
    hears(&m, "stopped by QMP: instruction ");
    intact_machine_quit(machine);
    hears(&q, "\"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-signal\"}}");
    return unused;
}

Test(qmp_server, what_others_do_is_told_in_events)
{
    make_endless();
    cr_expect_eq(run_with(is_told_of_others, false).reason, INTACT_QUIT);
}

// --- buttons, and the end ----------------------------------------------------------------------------------------------

static void *resets(void *unused)
{
    begin();
    asks("cont", "", DONE);
    asks("system_reset", "", DONE);
    hears(&q, "\"event\": \"RESET\", \"data\": {\"guest\": false, \"reason\": \"host-qmp-system-reset\"}}\r\n");
    asks("stop", "", DONE);
    asks("system_reset", "", DONE);
    hears_nothing(&q);
    asks("cont", "", DONE);
    hears(&q, HAPPENS("RESET"));
    asks("system_powerdown", "", HAPPENS("POWERDOWN"));
    hears(&q, DONE);
    come(&m, "monitor");
    say(&m, "system_powerdown\n");
    hears(&q, HAPPENS("POWERDOWN"));
    asks("inject-nmi", "", DONE); // nobody has unmasked it
    asks("send-key", "{\"keys\": [{\"type\": \"qcode\", \"data\": \"ctrl\"}, {\"type\": \"number\", \"data\": 46}]}",
         DONE);
    asks("send-key", "{\"keys\": [{\"type\": \"qcode\", \"data\": \"nokey\"}]}", "there is no key 'nokey'");
    asks("send-key", "{\"keys\": [{\"type\": \"number\", \"data\": 300}]}", "there is no key 300");
    asks("send-key", "{\"keys\": [5]}", "a key has a type, qcode or number, and data");
    asks("send-key", "{\"keys\": []}", "keys: 1 to 16 of them");
    asks("send-key", "{\"keys\": [{\"type\": \"qcode\", \"data\": \"a\"}], \"hold-time\": 60001}",
         "hold-time: 0 to 60000 ms");
    asks("input-send-event", "{\"events\": []}", DONE);
    asks("input-send-event",
         "{\"events\": [{\"type\": \"key\", \"data\": {\"down\": true, \"key\": {\"type\": \"qcode\", \"data\": "
         "\"a\"}}}, "
         "{\"type\": \"btn\", \"data\": {\"down\": true, \"button\": \"wheel-up\"}}, "
         "{\"type\": \"rel\", \"data\": {\"axis\": \"x\", \"value\": -5}}]}",
         DONE);
    asks("input-send-event", "{\"events\": [{\"type\": \"abs\", \"data\": {}}]}",
         "an event is a key, btn or rel, not 'abs'");
    asks("input-send-event", "{\"events\": [{\"type\": \"btn\", \"data\": {\"button\": \"nose\"}}]}",
         "there is no button 'nose'");
    asks("input-send-event", "{\"events\": [{\"type\": \"rel\", \"data\": {\"axis\": \"z\"}}]}", "axis is x or y");
    asks("quit", "", DONE);
    return unused;
}

Test(qmp_server, the_machines_buttons_are_pressed)
{
    make_endless();
    cr_expect_eq(run_with(resets, true).reason, INTACT_QUIT);
}

static const char *end_event;

static void *sees_the_end(void *unused)
{
    begin();
    asks("cont", "", DONE);
    hears(&q, end_event);
    return unused;
}

// After 10,000,000 instructions. mov ecx, 10000000; loop; mov dx, 0xcf9; mov al, 6; out dx, al
static void code_reset(void)
{
    CODE(&code, 0xb9, 0x80, 0x96, 0x98, 0, 0xe2, 0xfe, 0x66, 0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee);
    code_halt(&code);
}

Test(qmp_server, a_guest_that_resets_ends_a_machine_that_does_not_start_again)
{
    code_reset();
    config.reboot = false;
    make();
    end_event = "\"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}";
    cr_expect_eq(run_with(sees_the_end, true).reason, INTACT_RESET);
}

static void *sees_a_reset(void *unused)
{
    begin();
    asks("cont", "", DONE);
    hears(&q, "\"RESET\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}");
    asks("quit", "", DONE);
    return unused;
}

Test(qmp_server, a_guest_that_resets_is_told_of)
{
    code_reset();
    make();
    cr_expect_eq(run_with(sees_a_reset, true).reason, INTACT_QUIT);
}

Test(qmp_server, the_end_of_a_guest_is_told)
{
    CODE(&code, 0xb0, 0x10, 0xe6, 0xf4); // mov al, 16; out 0xf4, al
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 1;
    make();
    end_event = "\"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": \"guest-shutdown\"}}";
    cr_expect_eq(run_with(sees_the_end, true).reason, INTACT_DEBUG_EXIT);
}

Test(qmp_server, a_deadlock_is_an_error_of_the_host)
{
    code_halt(&code);
    make();
    end_event = "\"SHUTDOWN\", \"data\": {\"guest\": false, \"reason\": \"host-error\"}}";
    cr_expect_eq(run_with(sees_the_end, true).reason, INTACT_DEADLOCK);
}

// --- commands --------------------------------------------------------------------------------------------------------

static void *queries(void *unused)
{
    begin();
    asks("query-target", "", "{\"return\": {\"arch\": \"x86_64\"}}\r\n");
    asks("query-kvm", "", "{\"return\": {\"enabled\": false, \"present\": false}}\r\n");
    asks("query-name", "", DONE);
    asks("query-uuid", "", "{\"UUID\": \"00000000-0000-0000-0000-000000000000\"}");
    asks("query-machines", "", "[{\"name\": \"pc\", \"cpu-max\": 255, ");
    asks("query-cpus-fast", "", "{\"thread-id\": 2, \"props\": {\"core-id\": 1, ");
    asks("query-memory-size-summary", "", "{\"base-memory\": 8388608, \"plugged-memory\": 0}");
    asks("query-replay", "", "{\"return\": {\"icount\": 0, \"mode\": \"none\"}}\r\n");
    asks("x-query-jit", "", "{\"return\": {\"human-readable-text\": \"jit: o");
    asks("query-commands", "", "{\"name\": \"x-intact-why\"}");
    asks("x-intact-why", "{\"source\": \"pit.out0\"}",
         "{\"kind\": \"gate\", \"reason\": \"PIC_EDGE_SEEN\", \"text\": \"IRQ 0 ");
    asks("x-intact-why", "{\"source\": \"nobody\"}", "\"GenericError\"");
    asks("x-intact-lint", "", "{\"return\": []}\r\n");
    say(&q, "{\"execute\": \"quit\"}");
    return unused;
}

Test(qmp_server, queries_are_answered)
{
    config.cpus = 2;
    make_endless();
    cr_expect_eq(run_with(queries, true).reason, INTACT_QUIT);
}

static void *commands_of_the_monitor(void *unused)
{
    begin();
    asks("human-monitor-command", "{\"command-line\": \"break 0x100026\"}",
         "{\"return\": \"1: break 0x100026\\r\\n\"}\r\n");
    asks("human-monitor-command", "{\"command-line\": \"cont\"}", "\"RESUME\"}\r\n{\"return\": \"\"}\r\n");
    hears(&q, HAPPENS("STOP"));
    asks("human-monitor-command", "{\"command-line\": \"info status\"}", "\"stopped by breakpoint 1: instruction 1, ");
    asks("human-monitor-command", "{\"command-line\": \"step\"}", HAPPENS("STOP"));
    asks("human-monitor-command", "{\"command-line\": \"wait\"}", "wait: ");
    asks("human-monitor-command", "{\"command-line\": \"nonsense \\u00e9\"}",
         "There is no command 'nonsense \\u00E9'; ");
    asks("human-monitor-command", "{\"command-line\": \"help\", \"cpu-index\": 1}", "lists the commands");
    asks("human-monitor-command", "{\"command-line\": \"info registers\", \"cpu-index\": 1}",
         "rip              000000000000fff0");
    asks("human-monitor-command", "{\"command-line\": \"x\", \"cpu-index\": 2}",
         "cpu-index: the machine has CPUs 0 to 1");
    asks("human-monitor-command", "{\"command-line\": \"x\", \"cpu-index\": -1}", "cpu-index: ");
    close(q.socket); // with its breakpoint
    begin();
    asks("human-monitor-command", "{\"command-line\": \"info breaks\"}", "There are no breakpoints");
    asks("human-monitor-command", "{\"command-line\": \"quit\"}", "{\"return\": \"\"}");
    hears(&q, "host-qmp-quit");
    return unused;
}

Test(qmp_server, commands_of_the_monitor_answer_with_text)
{
    config.cpus = 2;
    make_endless();
    cr_expect_eq(run_with(commands_of_the_monitor, true).reason, INTACT_QUIT);
}

static void *goes_to_and_fro(void *unused)
{
    begin();
    asks("replay-break", "{\"icount\": 1000}", DONE);
    asks("replay-break", "{\"icount\": 2000}", DONE); // instead
    asks("cont", "", HAPPENS("STOP"));
    asks("query-replay", "", "\"icount\": 2000");
    asks("replay-break", "{\"icount\": 1999}", "instruction 1999 has passed; the machine is at 2000");
    asks("replay-break", "{\"icount\": -1}", "icount is a number of instructions, and not below 0");
    asks("replay-seek", "{\"icount\": 500}", DONE);
    asks("query-replay", "", "\"icount\": 500");
    asks("replay-seek", "{\"icount\": 5000}", "\"GenericError\"");
    asks("replay-delete-break", "", DONE);
    asks("replay-delete-break", "", DONE);
    asks("cont", "", DONE);
    asks("stop", "", HAPPENS("STOP"));
    hears(&q, DONE);
    asks("replay-seek", "{\"icount\": 2000}", DONE);
    hears_nothing(&q); // it is stopped as before
    asks("quit", "", DONE);
    return unused;
}

Test(qmp_server, a_machine_with_a_history_goes_to_any_place)
{
    make_endless();
    cr_assert_eq(intact_machine_history(machine, UINT64_C(64) << 20, why), 0, "%s", why);
    struct intact_exit end = run_with(goes_to_and_fro, true);
    cr_expect_eq(end.reason, INTACT_QUIT);
    cr_expect_eq(end.instructions, 2000);
}

static void *saves_memory(void *unused)
{
    char arguments[200];
    begin();
    snprintf(arguments, sizeof arguments, "{\"val\": 1048608, \"size\": 8, \"filename\": \"%s/memory\"}", folder);
    asks("memsave", arguments, DONE);
    asks("pmemsave", arguments, DONE);
    asks("pmemsave", "{\"val\": 0, \"size\": 1, \"filename\": \"/nonexistent/a\"}",
         "cannot write '/nonexistent/a': No such file");
    asks("pmemsave", "{\"val\": 0, \"size\": -1, \"filename\": \"/tmp/x\"}", "size is a number of bytes");
    snprintf(arguments, sizeof arguments, "{\"val\": 8388600, \"size\": 16, \"filename\": \"%s/memory\"}", folder);
    asks("pmemsave", arguments, "there is not memory everywhere in the 16 bytes at 0x7ffff8");
    asks("memsave", "{\"val\": 0, \"size\": 1, \"filename\": \"/tmp/x\", \"cpu-index\": 1}",
         "the machine has CPUs 0 to 0");
    snprintf(arguments, sizeof arguments, "{\"val\": 1048608, \"size\": 8, \"filename\": \"%s/memory\"}", folder);
    asks("memsave", arguments, DONE);
    asks("quit", "", DONE);
    return unused;
}

Test(qmp_server, memory_is_written_to_files)
{
    char path[100];
    uint8_t bytes[9];
    make_endless();
    cr_expect_eq(run_with(saves_memory, true).reason, INTACT_QUIT);
    snprintf(path, sizeof path, "%s/memory", folder);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    cr_expect_eq(fread(bytes, 1, sizeof bytes, file), 8);
    cr_expect_eq(memcmp(bytes, (const uint8_t[]){ 0xff, 0x05, 0, 0, 0x20, 0, 0xeb, 0xf8 }, 8), 0);
    fclose(file);
    unlink(path);
}

// --- bad clients, and nothing changes ----------------------------------------------------------------------------------

static void *is_rude(void *unused)
{
    static char line[200000];
    come(&q, "qmp");
    close(q.socket);
    begin();
    say(&q, "{\"execute\": \"qu"); // the rest never comes
    close(q.socket);
    begin();
    say(&q, "it\"}\n");
    hears(&q, "this is no JSON, at byte ");
    memset(line, '[', sizeof line - 2);
    line[sizeof line - 2] = '\n';
    say(&q, line);
    hears(&q, "a command has at most 65536 bytes");
    for (unsigned i = 0; i < 256; i++)
        cr_assert_eq(write(q.socket, &(char){ (char)i }, 1), 1);
    say(&q, "\n");
    asks("query-status", "", "\"running\": true");
    shutdown(q.socket, SHUT_RD);
    say(&q, "{\"execute\": \"query-commands\"}{\"execute\": \"query-commands\"}");
    close(q.socket);
    begin();
    asks("quit", "", DONE);
    return unused;
}

Test(qmp_server, bad_clients_harm_nobody)
{
    make_endless();
    cr_expect_eq(run_with(is_rude, false).reason, INTACT_QUIT);
}

enum { LIMIT = 30000000 };

static void *looks_often(void *unused)
{
    begin();
    asks("cont", "", DONE);
    for (unsigned i = 0; i < 100; i++) {
        asks("stop", "", DONE);
        asks("x-intact-why", "{\"source\": \"pit.out0\"}", "\"kind\"");
        asks("x-intact-lint", "", "return");
        asks("x-intact-digest", "", "digest");
        asks("human-monitor-command", "{\"command-line\": \"break deliver\"}", ": break deliver");
        asks("human-monitor-command", "{\"command-line\": \"info lapic\"}", "TPR = ");
        asks("human-monitor-command", "{\"command-line\": \"step\"}", HAPPENS("STOP"));
        asks("human-monitor-command", "{\"command-line\": \"delete\"}", "\"\"");
        asks("query-cpus-fast", "", "thread-id");
        say(&q, "garbage\n{\"execute\": \"cont\"}\n{\"execute\": \"query-status\"}\n{\"execute\": \"nonsense\"}\n");
        hears(&q, "CommandNotFound");
    }
    close(q.socket);
    return unused;
}

Test(qmp_server, a_run_with_many_commands_is_that_without)
{
    uint64_t plain, with;
    config.limit = LIMIT;
    make_endless();
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_LIMIT);
    cr_assert_eq(intact_machine_digest(machine, &plain), 0);
    unmake();
    make();
    struct intact_exit end = run_with(looks_often, true);
    cr_expect_eq(end.reason, INTACT_LIMIT);
    cr_expect_eq(end.instructions, LIMIT);
    cr_assert_eq(intact_machine_digest(machine, &with), 0);
    cr_expect_eq(with, plain);
}

Test(qmp_server, an_address_that_is_none_is_refused_with_its_option)
{
    struct intact_qmp *another;
    make_endless();
    cr_expect_lt(intact_qmp_open(machine, "vc", &another, why), 0);
    cr_expect_str_eq(why, "-qmp: 'vc' is not stdio, tcp:[HOST]:PORT, unix:PATH or fd:N");
    cr_assert_eq(intact_qmp_open(machine, "tcp::0,server=on,wait=off", &another, why), 0, "%s", why);
    cr_expect_neq(intact_qmp_port(another), 0);
    intact_qmp_close(another);
    cr_expect_eq(intact_qmp_port(qmp), 0);
    intact_qmp_close(NULL);
}
