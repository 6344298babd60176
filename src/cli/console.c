// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Consoles of the command: the serial port, the debug port and other devices' on standard output or in files; standard
// input to the serial port, or else to the first device that has it.
//
// Ctrl-a x quits, Ctrl-a a sends a Ctrl-a, Ctrl-a h lists the keys, from a terminal and from a pipe; a file on standard
// input is passed on as it is. Output to a terminal is written at once; elsewhere by lines, when the guest falls idle,
// and when a part of a line has waited for LATE_OUTPUT_MS of the host's time.
#include "cli/console.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/host_terminal.h"
#include "cli/late_output.h"

enum { CTRL_A = 1, HOLD_LIMIT = 256 };

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
            consoles->escapes = chardev->stream.escape && !terminal_input_is_file();
        }
        if (output_open(settings, "-chardev", &chardev->stream, &consoles->devices[config->chardev_count++],
                        &device->console) < 0)
            return -1;
    }
    config->interactive = consoles->reads;
    consoles->reads &= settings->rr != RR_REPLAY; // its input comes from the journal
    return 0;
}

int consoles_open(struct consoles *consoles, struct settings *settings)
{
    *consoles = (struct consoles){ 0 };
    consoles->reads = settings->serial.kind == STREAM_STDIO;
    consoles->escapes = settings->serial.escape && !terminal_input_is_file();
    if (open_devices(consoles, settings) < 0)
        return -1;
    if (output_open(settings, "-serial", &settings->serial, &consoles->serial, &settings->config.serial) < 0)
        return -1;
    return output_open(settings, "-debugcon", &settings->debugcon, &consoles->debugcon, &settings->config.debugcon);
}

static void tell_keys(void)
{
    fputs("\r\nCtrl-a h  this help\r\nCtrl-a x  quit\r\nCtrl-a a  send Ctrl-a\r\n", stderr);
}

size_t console_filter(struct consoles *consoles, uint8_t *data, size_t size, bool *quit)
{
    size_t kept = 0;
    for (size_t i = 0; i < size; i++) {
        if (!consoles->escape_seen && data[i] == CTRL_A) {
            consoles->escape_seen = true;
            continue;
        }
        if (consoles->escape_seen && data[i] == 'x')
            *quit = true;
        else if (consoles->escape_seen && data[i] == 'h')
            tell_keys();
        else if (!consoles->escape_seen || data[i] == 'a' || data[i] == CTRL_A)
            data[kept++] = consoles->escape_seen ? CTRL_A : data[i];
        consoles->escape_seen = false;
    }
    return kept;
}

static void take_input(void *owner, const uint8_t *data, size_t size)
{
    struct consoles *consoles = owner;
    uint8_t bytes[256];
    bool quit = false;
    size = size < sizeof bytes ? size : sizeof bytes;
    memcpy(bytes, data, size);
    if (consoles->escapes)
        size = console_filter(consoles, bytes, size, &quit);
    for (size_t done = 0; done < size;) {
        done += intact_machine_input(consoles->machine, bytes + done, size - done);
        if (done < size && terminal_nap())
            return;
    }
    if (quit)
        intact_machine_quit(consoles->machine);
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

void consoles_start(struct consoles *consoles, struct intact_machine *machine)
{
    const struct terminal_reader reader = { .take = take_input, .end = end_input, .owner = consoles };
    consoles->machine = machine;
    start_late_output(consoles);
    if (!consoles->reads)
        return;
    terminal_raw(!consoles->escapes);
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
    terminal_restore();
    late_output_stop();
    output_close(&consoles->serial);
    output_close(&consoles->debugcon);
    for (unsigned i = 0; i < CHARDEV_LIMIT; i++)
        output_close(&consoles->devices[i]);
}
