// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// intact run: makes a machine from the options, runs it, and reports how it ended.
//
// Exit status: that of <intact/machine.h>; 1 for errors before the guest's first instruction.
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <intact/snapshot.h>

#include "cli/bisect.h"
#include "cli/console.h"
#include "cli/daemon.h"
#include "cli/face.h"
#include "cli/host_terminal.h"
#include "cli/journal.h"
#include "cli/lint.h"
#include "cli/log.h"
#include "cli/options.h"
#include "cli/screendump.h"
#include "cli/sendkeys.h"
#include "cli/servers.h"
#include "cli/stop_signal.h"
#include "cli/trace.h"
#include "cli/watch.h"
#include "cli/why.h"

int cli_fail(const char *why)
{
    fprintf(stderr, "intact: %s\n", why);
    return STATUS_USAGE;
}

static void tell_difference(struct intact_machine *machine, const struct intact_exit *end)
{
    const char *report = intact_machine_jit_report(machine);
    fprintf(stderr, "intact: %s, after about %" PRIu64 " instructions\n%s", intact_reason_text(end->reason),
            end->instructions, report ? report : "");
}

// Ends that look like success but are not (deadlock, limit) are always reported, without -d too.
static void tell_end(const struct settings *settings, struct run_log *log, struct intact_machine *machine,
                     const struct intact_exit *end)
{
    if (end->reason == INTACT_FAILED)
        fprintf(stderr, "intact: %s\n", intact_machine_error(machine));
    else if (end->reason == INTACT_JIT_DIFFERS)
        tell_difference(machine, end);
    else if (end->reason == INTACT_BREAK)
        fprintf(stderr, "intact: stopped by %s, after %" PRIu64 " instructions\n", intact_break_event_hit(machine),
                end->instructions);
    else if (end->reason == INTACT_DEADLOCK || end->reason == INTACT_LIMIT)
        fprintf(stderr, "intact: %s, after %" PRIu64 " instructions\n", intact_reason_text(end->reason),
                end->instructions);
    log_tell_exit(log, settings, end);
}

// A run that got stuck says what waits; `intact why` answers its question on standard output.
static int tell_why(struct settings *settings, struct intact_machine *machine, const struct intact_exit *end)
{
    if (settings->why_event && end->reason != INTACT_BREAK)
        fprintf(stderr, "intact: why: %s never happened; the answer is of the end of the run\n", settings->why_event);
    if (settings->why_source)
        return why_tell(machine, settings->why_source, stdout, settings->why);
    if (end->reason == INTACT_DEADLOCK || end->reason == INTACT_LIMIT)
        why_tell_waiting(machine, stderr);
    return 0;
}

static int add_breaks(struct settings *settings, struct intact_machine *machine)
{
    char why[INTACT_ERROR_SIZE];
    for (unsigned i = 0; i < settings->break_count; i++)
        if (intact_break_event(machine, settings->breaks[i], why) < 0)
            return refuse(settings, "-break: %s", why);
    return 0;
}

// Before the run, not at its end: can the file of -savevm be written?
static int check_save_file(struct settings *settings)
{
    const char *path = settings->save_file, *slash = path ? strrchr(path, '/') : NULL;
    char folder[4096];
    struct stat file;
    if (!path)
        return 0;
    bool exists = stat(path, &file) == 0;
    if (!*path || (exists && S_ISDIR(file.st_mode)))
        return refuse(settings, "-savevm: '%.80s' is no name of a file", path);
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    if (!(exists && !S_ISREG(file.st_mode)) && access(folder, W_OK | X_OK) < 0)
        return refuse(settings, "-savevm: cannot write '%.80s': %s", path, strerror(errno));
    return 0;
}

// A machine that has ended has nothing to go on with.
static int save(struct settings *settings, struct intact_machine *machine, const struct intact_exit *end, int status)
{
    if (!settings->save_file)
        return status;
    if (end->reason != INTACT_LIMIT && end->reason != INTACT_QUIT) {
        fprintf(stderr, "intact: -savevm: nothing is written, as the machine has ended: %s\n",
                intact_reason_text(end->reason));
        return status;
    }
    if (intact_machine_save_file(machine, settings->save_file, settings->why) < 0)
        return cli_fail(settings->why);
    return status;
}

static void ignore(void *owner, const struct intact_why_finding *finding)
{
    (void)owner, (void)finding;
}

// What is asked at the end has been watched from the beginning. A source that is none is refused before the guest starts.
static int watch(struct settings *settings, struct intact_machine *machine)
{
    char why[INTACT_ERROR_SIZE];
    if (settings->why_at && settings->why_at <= intact_machine_instructions(machine))
        return refuse(settings, "why: -at: %" PRIu64 " instructions have been executed already",
                      intact_machine_instructions(machine));
    if (intact_machine_why(machine, settings->why_source, ignore, NULL, why) < 0)
        return refuse(settings, "%s", why);
    if (intact_machine_why_watch(machine) < 0)
        return refuse(settings, "why: the host has no memory left");
    if (settings->why_event && intact_break_event(machine, settings->why_event, why) < 0)
        return refuse(settings, "why: -at: %s", why);
    return 0;
}

// Before the first instruction.
static int prepare(struct settings *settings, struct intact_machine *machine, struct intact_journal *journal,
                   struct traces *traces, struct run_log *log)
{
    bool failed = (!settings->answers && (log_attach(log, machine, settings) < 0 || traces_open(traces, settings) < 0 ||
                                          traces_attach(traces, machine, settings) < 0)) ||
                  (settings->load_file && intact_machine_load_file(machine, settings->load_file, settings->why) < 0) ||
                  journal_start(settings, journal, machine) < 0 ||
                  (settings->why_source && watch(settings, machine) < 0) || lint_begin(settings, machine) < 0 ||
                  (settings->history && intact_machine_history(machine, settings->history, settings->why) < 0) ||
                  add_breaks(settings, machine) < 0 || screendumps_begin(settings, machine) < 0 ||
                  sendkeys_begin(settings, machine) < 0;
    return failed ? -1 : 0;
}

// The machine is not used afterwards. Returns `status`, or that of a trace that could not be written.
static int destroy(struct settings *settings, struct intact_machine *machine, struct traces *traces,
                   struct run_log *log, int status)
{
    log_detach(log);
    if (traces_close(traces, settings) < 0)
        status = cli_fail(settings->why);
    intact_machine_destroy(machine);
    sendkeys_free(settings->key_script);
    settings->key_script = NULL;
    return status;
}

// A machine that stays off needs somebody who starts it again; a replay has that in its journal.
static int check_off(struct settings *settings, bool at_terminal)
{
    const struct intact_machine_config *config = &settings->config;
    if (!config->stay_off || config->replays || at_terminal || servers_wanted(settings))
        return 0;
    return refuse(settings, "-no-shutdown: nobody could start the machine again; give -monitor, -qmp or -gdb as well");
}

static int run_machine(struct settings *settings, struct consoles *consoles, struct intact_journal *journal,
                       struct run_log *log)
{
    struct intact_machine *machine;
    struct servers_open servers;
    struct face face;
    struct traces traces = { .count = 0 };
    if (settings->why_at)
        settings->config.limit = settings->why_at;
    if (intact_machine_create(&settings->config, &machine, settings->why) < 0)
        return cli_fail(settings->why);
    if (*intact_machine_cpu_without(machine) && !settings->answers)
        fprintf(stderr, "intact: -cpu: without %s, which is not modelled\n", intact_machine_cpu_without(machine));
    if (prepare(settings, machine, journal, &traces, log) < 0)
        return destroy(settings, machine, &traces, log, cli_fail(settings->why));
    if (settings->answers)
        return destroy(settings, machine, &traces, log, bisect_answer(machine));
    servers = (struct servers_open){ NULL };
    if (consoles_lead(consoles, settings) < 0 || servers_open(&servers, settings, machine) < 0 ||
        consoles_monitor(consoles, machine, settings) < 0 || check_off(settings, consoles->monitor != NULL) < 0) {
        servers_close(&servers);
        return destroy(settings, machine, &traces, log, cli_fail(settings->why));
    }
    if (journal || settings->rr == RR_RECORD || traces.count || log->file != stderr)
        stop_signal_start(machine);
    if (consoles_start(consoles, machine, settings) < 0) {
        consoles_close(consoles);
        servers_close(&servers);
        return destroy(settings, machine, &traces, log, cli_fail(settings->why));
    }
    daemon_ready();
    struct intact_exit end;
    bool ran = true;
    if (face_is_wanted(settings))
        ran = face_run(&face, settings, machine, consoles->monitor != NULL, &end);
    else
        end = servers_run_machine(settings, machine, consoles->monitor != NULL);
    stop_signal_end();
    bool whole = consoles_close(consoles);
    servers_close(&servers);
    if (!ran)
        return destroy(settings, machine, &traces, log, cli_fail(settings->why));
    tell_end(settings, log, machine, &end);
    if (tell_why(settings, machine, &end) < 0)
        return destroy(settings, machine, &traces, log, cli_fail(settings->why));
    int status = save(settings, machine, &end, journal_finish(settings, machine, &end));
    status = screendumps_end(settings, status);
    if (!whole && status == 0)
        status = STATUS_USAGE;
    return destroy(settings, machine, &traces, log, lint_tell(settings, machine, status));
}

// -pidfile. The file is there while the machine runs, and locked, so that another process leaves it alone.
static int write_pid(struct settings *settings, int *locked)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char text[24];
    *locked = -1;
    if (!settings->pid_file)
        return 0;
    int file = open(settings->pid_file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct stat status;
    bool regular = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    if (regular && fcntl(file, F_SETLK, &lock) < 0) {
        close(file);
        return refuse(settings, "-pidfile: '%.80s' is that of a machine that runs; give another name",
                      settings->pid_file);
    }
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (file < 0 || (regular && ftruncate(file, 0) < 0) || write(file, text, (size_t)size) != size) {
        int code = errno;
        if (file >= 0)
            close(file);
        return refuse(settings, "-pidfile: cannot write '%.80s': %s", settings->pid_file, strerror(code));
    }
    *locked = file;
    return 0;
}

// A device or a pipe stays.
static void remove_pid(const struct settings *settings, int locked)
{
    struct stat file;
    if (settings->pid_file && lstat(settings->pid_file, &file) == 0 && S_ISREG(file.st_mode))
        unlink(settings->pid_file);
    if (locked >= 0)
        close(locked);
}

static int run_with_log(struct settings *settings)
{
    struct consoles consoles = { .reads = false };
    struct run_log log;
    int status = STATUS_USAGE;
    bool at_terminal = settings->serial.kind == STREAM_STDIO || settings_monitor_at_stdio(settings);
    settings->config.paced =
        settings->sleep == CHOICE_ON ||
        (settings->sleep == CHOICE_AUTO && terminal_input() && at_terminal && !settings->why_source) ||
        (settings->sleep == CHOICE_AUTO && face_is_wanted(settings));
    if (settings->skipped_accel)
        fprintf(stderr, "intact: -accel: %s is skipped, everything is done in software\n", settings->skipped_accel);
    if (settings->missing_rom && settings->config.type != INTACT_VIRT)
        fprintf(stderr,
                "intact: -bios: there is no '%s', without which it shows nothing on the display; romfile=FILE of the "
                "-device, "
                "or -L DIRECTORY, says where it is\n",
                settings->missing_rom);
    if (log_open(&log, settings) < 0)
        return cli_fail(settings->why);
    struct intact_journal *journal = NULL;
    if (journal_prepare(settings, &journal) < 0 || consoles_open(&consoles, settings) < 0)
        cli_fail(settings->why);
    else
        status = run_machine(settings, &consoles, journal, &log);
    consoles_close(&consoles);
    intact_journal_close(journal);
    return log_close(&log, settings) < 0 ? cli_fail(settings->why) : status;
}

int cli_act(struct settings *settings)
{
    switch (settings->action) {
    case SHOW_HELP: return cli_help(0, NULL);
    case SHOW_VERSION: printf("intact %s\n", intact_version()); return 0;
    case SHOW_LIST:
        for (const char *const *line = settings->list; *line; line++)
            puts(*line);
        return 0;
    case SHOW_COMPLETION: return cli_completion(1, (char *const[]){ (char *)(uintptr_t)settings->shell });
    case SHOW_CPUS:
    case SHOW_DEVICES: // resolve_lists has made a SHOW_LIST of them
    case RUN: break;
    }
    if (settings->window && !face_is_wanted(settings))
        return watch_in_window(settings);
    if (face_is_wanted(settings) && face_check(settings) < 0)
        return cli_fail(settings->why);
    if (settings->why_source && servers_wanted(settings))
        return cli_fail(
            "why: not with -gdb, -s, -qmp or a monitor, whose command why asks; leave them out, or use intact run");
    if (settings->stopped && !servers_wanted(settings) && !consoles_share(settings))
        return cli_fail("-S: nothing could start the machine; add -s, -gdb tcp::PORT or -monitor stdio");
    if (settings->break_count && !servers_wanted(settings) && !consoles_share(settings))
        return cli_fail("-break: nobody would be told; add -s, -gdb tcp::PORT or -monitor stdio");
    if (settings->rr == RR_RECORD && settings->load_file)
        return cli_fail("-loadvm: a run is recorded from its first instruction; leave out one of the two");
    if (settings->rr == RR_RECORD && settings->history)
        return cli_fail("-snapshots: a run that is recorded cannot go back; its replay can, with -snapshots");
    if (check_save_file(settings) < 0)
        return cli_fail(settings->why);
    int status;
    if (settings->daemonize && !daemon_start(&status))
        return status < 0 ? cli_fail("-daemonize: the host has no room for another process") : status;
    int locked;
    if (write_pid(settings, &locked) < 0)
        return cli_fail(settings->why);
    status = run_with_log(settings);
    remove_pid(settings, locked);
    return status;
}

static int run_type(enum intact_machine_type type, int argc, char *const *argv)
{
    struct settings settings;
    settings_init(&settings);
    settings.config.type = type;
    bool good = options_parse(&settings, argc, argv) == 0 && journal_keep_options(&settings, type, argc, argv) == 0;
    int status = good ? cli_act(&settings) : cli_fail(settings.why);
    settings_free(&settings);
    return status;
}

int cli_run(int argc, char *const *argv)
{
    return run_type(INTACT_PC, argc, argv);
}

int cli_run_virt(int argc, char *const *argv)
{
    return run_type(INTACT_VIRT, argc, argv);
}
