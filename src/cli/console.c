// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Consoles of the command: the serial port, the debug port and other devices' on standard output, in files, or on a line to
// another program; standard input to the serial port, or else to the first device that has it.
//
// Ctrl-a x quits, Ctrl-a a sends a Ctrl-a, Ctrl-a h lists the keys, from a terminal and from a pipe, and at a terminal
// Ctrl-a c switches to a monitor; a file on standard input is passed on as it is. Output to a terminal is written at once; elsewhere by lines, when the guest falls idle,
// and when a part of a line has waited for LATE_OUTPUT_MS of the host's time.
#include "cli/console.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/host_terminal.h"
#include "cli/late_output.h"
#include "cli/options.h"

enum { HOLD_LIMIT = 256 };

// Said once: what follows is lost, too, until there is room again.
static void check(struct output *output, FILE *file, const char *path)
{
    if (!ferror(file) || output->lost)
        return;
    output->lost = true;
    fprintf(stderr, "intact: cannot write '%s': %s; what the guest prints there is lost\n",
            path ? path : "standard output", strerror(errno));
}

static void output_write(void *owner, uint8_t byte)
{
    struct output *output = owner;
    putc(byte, output->file);
    output->held++;
    if (output->live || byte == '\n' || output->held >= HOLD_LIMIT) {
        fflush(output->file);
        check(output, output->file, output->stream->path);
        output->held = 0;
    } else {
        late_output_note();
    }
}

static void output_flush(void *owner)
{
    struct output *output = owner;
    if (output->held)
        fflush(output->file);
    check(output, output->file, output->stream->path);
    output->held = 0;
}

// What goes to a file of its own, too: without a thread that shows it later.
static void output_log(void *owner, uint8_t byte)
{
    struct output *output = owner;
    putc(byte, output->log);
    if (byte == '\n') {
        fflush(output->log);
        check(output, output->log, output->stream->log);
    }
    if (output->inner.write)
        output->inner.write(output->inner.owner, byte);
}

static void output_log_flush(void *owner)
{
    struct output *output = owner;
    fflush(output->log);
    check(output, output->log, output->stream->log);
    if (output->inner.flush)
        output->inner.flush(output->inner.owner);
}

static FILE *create(struct settings *settings, const char *option, const char *path, bool appends)
{
    FILE *file = fopen(path, appends ? "ab" : "wb");
    if (!file)
        refuse(settings, "%s: cannot write '%.200s': %s", option, path, strerror(errno));
    return file;
}

// --- Opening ---------------------------------------------------------------------------------------------------------

// Where a port of the guest goes: its option and what QEMU calls it, for people; `port` as intact_machine_chardev_input has it.
struct wish {
    const char *option, *label, *port;
    const struct stream *stream;
    bool only_prints;
};

// Another output at the same -chardev, which has mux=on.
static struct output *output_at(struct consoles *consoles, const struct stream *stream)
{
    struct output *outputs[] = { &consoles->serial, &consoles->debugcon };
    for (unsigned i = 0; i < 2; i++)
        if (outputs[i]->stream == stream)
            return outputs[i];
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        if (consoles->devices[i].stream == stream)
            return &consoles->devices[i];
    return NULL;
}

static int open_file(struct settings *settings, const struct wish *wish, struct output *output,
                     const struct output *other)
{
    output->owned = !other;
    output->file = other ? other->file : create(settings, wish->option, wish->stream->path, wish->stream->appends);
    return output->file ? 0 : -1;
}

// A replay needs nobody at the other end.
static int open_line(struct consoles *consoles, struct settings *settings, const struct wish *wish,
                     struct intact_console *console)
{
    if (settings->rr == RR_REPLAY)
        return 0;
    struct char_line *line = char_lines_open(&consoles->lines, settings, wish->stream, wish->option, wish->label);
    if (!line || (!wish->only_prints && char_line_add_port(line, settings, wish->port) < 0))
        return -1;
    *console = (struct intact_console){ .write = char_line_put, .owner = line };
    return 0;
}

static int open_log(struct settings *settings, const struct wish *wish, struct output *output,
                    struct intact_console *console)
{
    if (!wish->stream->log)
        return 0;
    output->log = create(settings, "-chardev", wish->stream->log, wish->stream->log_appends);
    output->inner = *console;
    *console = (struct intact_console){ .write = output_log, .flush = output_log_flush, .owner = output };
    return output->log ? 0 : -1;
}

static int output_open(struct consoles *consoles, struct settings *settings, const struct wish *wish,
                       struct output *output, struct intact_console *console)
{
    const struct output *other = output_at(consoles, wish->stream);
    int result = 0;
    if (other && !wish->stream->mux && wish->stream->kind == STREAM_FILE)
        return refuse(settings, "%s: '%.200s' is in use by another port; mux=on lets several use a chardev",
                      wish->option, wish->stream->path);
    output->stream = wish->stream;
    if (wish->stream->kind == STREAM_STDIO) {
        output->file = stdout;
        output->live = terminal_output(STDOUT_FILENO);
    } else if (wish->stream->kind == STREAM_FILE) {
        result = open_file(settings, wish, output, other);
    } else if (wish->stream->kind == STREAM_HOST) {
        result = open_line(consoles, settings, wish, console);
    }
    if (output->file)
        *console = (struct intact_console){ .write = output_write, .flush = output_flush, .owner = output };
    return result < 0 ? result : open_log(settings, wish, output, console);
}

static bool is_named(const struct settings *settings, const char *id)
{
    for (unsigned i = 0; i < 3; i++)
        if (settings->coms[i].chardev && strcmp(settings->coms[i].chardev, id) == 0)
            return true;
    for (unsigned i = 0; i < settings->device_property_count; i++)
        if (strcmp(settings->device_properties[i].name, "chardev") == 0 &&
            strcmp(settings->device_properties[i].value, id) == 0)
            return true;
    return false;
}

// `intact why` answers when nothing can happen any more: it does not wait for keys, nor for clients.
static bool waits_for(const struct settings *settings, const struct stream *stream)
{
    if (stream->kind == STREAM_HOST)
        return !settings->why_source;
    return stream->kind == STREAM_STDIO && !(settings->why_source && terminal_input());
}

// A port that reads standard input, unless another one does that has not let others use it.
static bool take_stdin(struct consoles *consoles, struct settings *settings, const struct wish *wish)
{
    if (wish->stream->kind != STREAM_STDIO || (consoles->port_count && !wish->stream->mux) ||
        consoles->port_count == CONSOLES_PORTS)
        return false;
    if (!consoles->port_count)
        consoles->keys.escapes = wish->stream->escape && !terminal_input_is_file();
    consoles->ports[consoles->port_count++] = wish->port;
    consoles->reads =
        waits_for(settings, wish->stream) && settings->rr != RR_REPLAY; // its input comes from the journal
    return true;
}

static int open_port(struct consoles *consoles, struct settings *settings, const struct wish *wish,
                     struct output *output, struct intact_console *console, bool *interactive)
{
    bool reads = take_stdin(consoles, settings, wish) || wish->stream->kind == STREAM_HOST;
    *interactive = reads && waits_for(settings, wish->stream);
    return output_open(consoles, settings, wish, output, console);
}

// The -chardev backends that devices use.
static int open_devices(struct consoles *consoles, struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    config->chardevs = settings->device_chardevs;
    for (unsigned i = 0; i < settings->chardev_count; i++) {
        const struct chardev *chardev = &settings->chardevs[i];
        struct intact_chardev_config *device = &settings->device_chardevs[config->chardev_count];
        const struct wish wish = {
            .option = "-chardev", .label = chardev->id, .port = chardev->id, .stream = &chardev->stream
        };
        if (!is_named(settings, chardev->id))
            continue;
        *device =
            (struct intact_chardev_config){ .id = chardev->id, .testdev = chardev->stream.kind == STREAM_TESTDEV };
        if (open_port(consoles, settings, &wish, &consoles->devices[config->chardev_count++], &device->console,
                      &device->interactive) < 0)
            return -1;
    }
    return 0;
}

// The stream of a -chardev is one and the same for all that use it.
static const struct stream *stream_of(struct settings *settings, const char *chardev, const struct stream *own)
{
    return chardev ? &settings_chardev(settings, "-chardev", chardev)->stream : own;
}

int consoles_open(struct consoles *consoles, struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    const struct wish serial = { .option = "-serial",
                                 .label = settings->serial_chardev ? settings->serial_chardev : "serial0",
                                 .stream = stream_of(settings, settings->serial_chardev, &settings->serial) };
    const struct wish debugcon = { .option = "-debugcon",
                                   .label = "debugcon",
                                   .stream = stream_of(settings, settings->debugcon_chardev, &settings->debugcon),
                                   .only_prints = true };
    *consoles = (struct consoles){ .keys.escape = settings->escape };
    if (open_port(consoles, settings, &serial, &consoles->serial, &config->serial, &config->interactive) < 0 ||
        open_devices(consoles, settings) < 0)
        return -1;
    return output_open(consoles, settings, &debugcon, &consoles->debugcon, &config->debugcon);
}

// False: the guest takes no more.
static bool give(struct consoles *consoles, const uint8_t *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        done += intact_machine_chardev_input(consoles->machine, consoles->ports[consoles->focus], bytes + done,
                                             size - done);
        if (done < size && terminal_nap())
            return false;
    }
    return true;
}

// The bytes up to a key that is not for the guest are the guest's. Returns how many bytes were taken, with that key.
static size_t take_some(struct consoles *consoles, const uint8_t *data, size_t size, enum key *key)
{
    uint8_t bytes[256];
    size_t kept = 0, taken = 0;
    *key = KEY_BYTE;
    while (taken < size && kept < sizeof bytes && (*key == KEY_BYTE || *key == KEY_NOTHING)) {
        bytes[kept] = data[taken++];
        *key = keys_take(&consoles->keys, &bytes[kept]);
        kept += *key == KEY_BYTE;
    }
    return give(consoles, bytes, kept) ? taken : size;
}

// The monitor, if there is one, and then the first port again.
static size_t leave_last_port(struct consoles *consoles, const uint8_t *data, size_t size, const uint8_t **rest)
{
    consoles->focus = 0;
    *rest = data;
    return consoles->monitor ? monitor_terminal_run(consoles->monitor, data, size, rest) : size;
}

static void take_input(void *owner, const uint8_t *data, size_t size)
{
    struct consoles *consoles = owner;
    enum key key;
    while (size) {
        size_t taken = take_some(consoles, data, size, &key);
        data += taken;
        size -= taken;
        if (key == KEY_QUIT)
            intact_machine_quit(consoles->machine);
        else if (key == KEY_SWITCH && ++consoles->focus == consoles->port_count)
            size = leave_last_port(consoles, data, size, &data);
    }
}

static void end_input(void *owner)
{
    struct consoles *consoles = owner;
    for (unsigned i = 0; i < consoles->port_count; i++)
        intact_machine_chardev_input_end(consoles->machine, consoles->ports[i]);
}

static bool is_held_back(const struct output *output)
{
    return output->file && !output->live;
}

// On the thread of late_output.c: it shares only the stream with the machine's thread, which stdio locks.
static void flush_late(void *owner)
{
    struct consoles *consoles = owner;
    struct output *outputs[] = { &consoles->serial, &consoles->debugcon };
    for (unsigned i = 0; i < 2; i++)
        if (is_held_back(outputs[i]))
            fflush(outputs[i]->file);
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        if (is_held_back(&consoles->devices[i]))
            fflush(consoles->devices[i].file);
}

static void start_late_output(struct consoles *consoles)
{
    bool wanted = is_held_back(&consoles->serial) || is_held_back(&consoles->debugcon);
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        wanted |= is_held_back(&consoles->devices[i]);
    if (!wanted || late_output_start(flush_late, consoles))
        return;
    consoles->serial.live = consoles->debugcon.live = true; // without a thread: every character at once
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        consoles->devices[i].live = true;
}

// --- The monitor at the terminal --------------------------------------------------------------------------------------

int consoles_lead(struct consoles *consoles, struct settings *settings)
{
    for (unsigned i = 0; i < settings->monitor_count; i++) {
        struct monitor_wish *wish = &settings->monitors[i];
        char where[24];
        int fd;
        if (!wish->stream)
            continue;
        struct char_line *line =
            char_lines_open(&consoles->lines, settings, wish->stream, wish->qmp ? "-qmp" : "-monitor",
                            wish->chardev ? wish->chardev : "compat_monitor0");
        if (!line || char_line_add_monitor(line, settings, &fd) < 0)
            return -1;
        snprintf(where, sizeof where, "fd:%d", fd);
        wish->where = settings_copy(settings, where);
        if (!wish->where)
            return -1;
    }
    return 0;
}

static bool at_terminal(void)
{
    return terminal_input() && terminal_output(STDOUT_FILENO);
}

bool consoles_edit(const struct monitor_wish *wish)
{
    return !wish->qmp && strcmp(wish->where, "stdio") == 0 && at_terminal();
}

// `intact why` itself stops the machine and asks.
static bool may_share(const struct settings *settings)
{
    return !settings->no_monitor && !settings->why_source && at_terminal();
}

bool consoles_share(const struct settings *settings)
{
    return settings->serial.kind == STREAM_STDIO && settings->serial.escape && settings->rr != RR_REPLAY &&
           may_share(settings);
}

int consoles_monitor(struct consoles *consoles, struct intact_machine *machine, struct settings *settings)
{
    bool shares = consoles->reads && consoles->keys.escapes && may_share(settings);
    bool edits = false;
    for (unsigned i = 0; i < settings->monitor_count; i++)
        edits |= consoles_edit(&settings->monitors[i]);
    consoles->keys.has_monitor = shares || (consoles->reads && consoles->port_count > 1);
    if (!shares && !edits)
        return 0;
    consoles->monitor =
        monitor_terminal_open(machine, settings->config.cpus, shares ? &consoles->keys : NULL, settings->why);
    return consoles->monitor ? 0 : -1;
}

static bool hear_monitor(void *owner)
{
    return monitor_terminal_hear(((struct consoles *)owner)->monitor);
}

static void run_monitor(void *owner)
{
    const uint8_t *rest;
    monitor_terminal_run(((struct consoles *)owner)->monitor, (const uint8_t *)"", 0, &rest);
}

// The monitor has the terminal alone, and its part of the thread ends with its input.
static void drop_input(void *owner, const uint8_t *data, size_t size)
{
    (void)owner, (void)data, (void)size;
}

static void end_nothing(void *owner)
{
    (void)owner;
}

static bool start_monitor(struct consoles *consoles)
{
    const struct terminal_reader reader = { .begin = run_monitor,
                                            .take = drop_input,
                                            .end = end_nothing,
                                            .other = monitor_terminal_fd(consoles->monitor),
                                            .heard = hear_monitor,
                                            .owner = consoles };
    terminal_raw(true);
    return terminal_read(&reader);
}

int consoles_start(struct consoles *consoles, struct intact_machine *machine, struct settings *settings)
{
    const struct terminal_reader reader = { .take = take_input,
                                            .end = end_input,
                                            .other = consoles->monitor ? monitor_terminal_fd(consoles->monitor) : -1,
                                            .heard = hear_monitor,
                                            .owner = consoles };
    consoles->machine = machine;
    start_late_output(consoles);
    if (char_lines_start(&consoles->lines, settings, machine) < 0)
        return -1;
    if (consoles->monitor && !consoles->reads)
        start_monitor(consoles);
    if (!consoles->reads)
        return 0;
    terminal_raw(!consoles->keys.escapes);
    if (!terminal_read(&reader))
        end_input(consoles);
    return 0;
}

// Whether all that the guest has printed was written.
static bool output_close(struct output *output)
{
    if (output->log) {
        fflush(output->log);
        check(output, output->log, output->stream->log);
        fclose(output->log);
    }
    output->log = NULL;
    if (!output->file)
        return !output->lost;
    fflush(output->file);
    check(output, output->file, output->stream->path);
    if (output->owned)
        fclose(output->file);
    output->file = NULL;
    return !output->lost;
}

bool consoles_close(struct consoles *consoles)
{
    terminal_read_stop();
    monitor_terminal_close(consoles->monitor);
    consoles->monitor = NULL;
    terminal_restore();
    late_output_stop();
    char_lines_close(&consoles->lines);
    bool whole = output_close(&consoles->serial);
    whole &= output_close(&consoles->debugcon);
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        whole &= output_close(&consoles->devices[i]);
    return whole;
}
