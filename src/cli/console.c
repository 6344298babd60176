// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Consoles of the command: the serial port, the debug port and other devices' on standard output or in files; standard
// input to the serial port, or else to the first device that has it.
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

enum { HOLD_LIMIT = 256 };

static void output_write(void *owner, uint8_t byte)
{
    struct output *output = owner;
    putc(byte, output->file);
    output->held++;
    if (output->live || byte == '\n' || output->held >= HOLD_LIMIT) {
        fflush(output->file);
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
    output->held = 0;
}

static int output_open(struct settings *settings, const char *option, const struct stream *stream,
                       struct output *output, struct intact_console *console)
{
    if (stream->kind == STREAM_STDIO) {
        output->file = stdout;
        output->live = terminal_output(STDOUT_FILENO);
    } else if (stream->kind == STREAM_FILE) {
        output->file = fopen(stream->path, "wb");
        output->owned = true;
        if (!output->file)
            return refuse(settings, "%s: cannot write '%s': %s", option, stream->path, strerror(errno));
    } else {
        return 0;
    }
    *console = (struct intact_console){ .write = output_write, .flush = output_flush, .owner = output };
    return 0;
}

static bool is_named(const struct settings *settings, const char *id)
{
    for (unsigned i = 0; i < settings->device_property_count; i++)
        if (strcmp(settings->device_properties[i].name, "chardev") == 0 &&
            strcmp(settings->device_properties[i].value, id) == 0)
            return true;
    return false;
}

// `intact why` answers when nothing can happen any more: it does not wait for keys.
static bool asks_at_terminal(const struct settings *settings)
{
    return settings->why_source && terminal_input();
}

// The -chardev backends that devices use.
static int open_devices(struct consoles *consoles, struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    config->chardevs = settings->device_chardevs;
    for (unsigned i = 0; i < settings->chardev_count; i++) {
        const struct chardev *chardev = &settings->chardevs[i];
        struct intact_chardev_config *device = &settings->device_chardevs[config->chardev_count];
        if (!is_named(settings, chardev->id))
            continue;
        if (chardev->stream.kind == STREAM_SOCKET)
            return refuse(settings, "-device: the chardev '%.80s' is a socket, which only -mon can use", chardev->id);
        *device = (struct intact_chardev_config){ .id = chardev->id };
        if (chardev->stream.kind == STREAM_STDIO && !consoles->reads) {
            device->input = consoles->reads = true;
            consoles->keys.escapes = chardev->stream.escape && !terminal_input_is_file();
        }
        if (output_open(settings, "-chardev", &chardev->stream, &consoles->devices[config->chardev_count++],
                        &device->console) < 0)
            return -1;
    }
    consoles->reads &= !asks_at_terminal(settings);
    config->interactive = consoles->reads;
    consoles->reads &= settings->rr != RR_REPLAY; // its input comes from the journal
    return 0;
}

int consoles_open(struct consoles *consoles, struct settings *settings)
{
    *consoles = (struct consoles){ .keys.escape = settings->escape };
    consoles->reads = settings->serial.kind == STREAM_STDIO;
    consoles->keys.escapes = settings->serial.escape && !terminal_input_is_file();
    if (open_devices(consoles, settings) < 0)
        return -1;
    if (output_open(settings, "-serial", &settings->serial, &consoles->serial, &settings->config.serial) < 0)
        return -1;
    return output_open(settings, "-debugcon", &settings->debugcon, &consoles->debugcon, &settings->config.debugcon);
}

// False: the guest takes no more.
static bool give(struct consoles *consoles, const uint8_t *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        done += intact_machine_input(consoles->machine, bytes + done, size - done);
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
        else if (key == KEY_SWITCH)
            size = monitor_terminal_run(consoles->monitor, data, size, &data);
    }
}

static void end_input(void *owner)
{
    struct consoles *consoles = owner;
    intact_machine_input_end(consoles->machine);
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
    if (!shares && !edits)
        return 0;
    consoles->keys.has_monitor = shares;
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

void consoles_start(struct consoles *consoles, struct intact_machine *machine)
{
    const struct terminal_reader reader = { .take = take_input,
                                            .end = end_input,
                                            .other = consoles->monitor ? monitor_terminal_fd(consoles->monitor) : -1,
                                            .heard = hear_monitor,
                                            .owner = consoles };
    consoles->machine = machine;
    start_late_output(consoles);
    if (consoles->monitor && !consoles->keys.has_monitor)
        start_monitor(consoles);
    if (!consoles->reads)
        return;
    terminal_raw(!consoles->keys.escapes);
    if (!terminal_read(&reader))
        end_input(consoles);
}

static void output_close(struct output *output)
{
    if (!output->file)
        return;
    if (output->owned)
        fclose(output->file);
    else
        fflush(output->file);
    output->file = NULL;
}

void consoles_close(struct consoles *consoles)
{
    terminal_read_stop();
    monitor_terminal_close(consoles->monitor);
    consoles->monitor = NULL;
    terminal_restore();
    late_output_stop();
    output_close(&consoles->serial);
    output_close(&consoles->debugcon);
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        output_close(&consoles->devices[i]);
}
