// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See face.h.
#include "cli/face.h"

#include <string.h>

#include <intact/machine.h>

#include "base/quiet_thread.h"
#include "cli/servers.h"

enum { FRAME_MS = 33, CTRL_A = 1 };

struct run {
    struct face *face;
    const struct settings *settings;
    bool at_terminal;
    struct intact_exit end;
};

bool face_is_wanted(const struct settings *settings)
{
    static const char *const displays[] = { "VGA", "bochs-display", "ramfb" };
    if (settings->curses)
        return true;
    for (unsigned i = 0; i < settings->config.device_count && settings->window; i++)
        for (unsigned j = 0; j < sizeof displays / sizeof displays[0]; j++)
            if (strcmp(settings->config.devices[i].driver, displays[j]) == 0)
                return true;
    return false;
}

int face_check(struct settings *settings)
{
    const char *option = settings->curses ? "-display curses" : "-display sdl";
    bool terminal = settings->serial.kind == STREAM_STDIO || settings_monitor_at_stdio(settings);
    if (settings->why_source || settings->tells_digest || settings->answers)
        return refuse(settings, "%s: only intact run, record and replay show a screen", option);
    if (settings->curses && terminal)
        return refuse(settings,
                      "%s: the terminal is taken by the serial port or a monitor; give them file:PATH or unix:PATH",
                      option);
    return 0;
}

static void *run(void *argument)
{
    struct run *run = argument;
    run->end = servers_run_machine(run->settings, run->face->machine, run->at_terminal);
    atomic_store(&run->face->ended, true);
    return NULL;
}

static void look(void *owner, struct intact_machine *machine)
{
    struct face *face = owner;
    pthread_mutex_lock(&face->lock);
    face->look(face, machine);
    face->fresh = true;
    pthread_mutex_unlock(&face->lock);
}

static void draw(struct face *face)
{
    pthread_mutex_lock(&face->lock);
    if (face->fresh)
        face->draw(face);
    face->fresh = false;
    pthread_mutex_unlock(&face->lock);
    intact_machine_look(face->machine, look, face);
}

// A user who ends the machine does so once; it stops when it can.
static void follow(struct face *face)
{
    bool quits = false;
    while (!atomic_load(&face->ended)) {
        draw(face);
        if (!face->step(face, FRAME_MS) && !quits) {
            intact_machine_quit(face->machine);
            quits = true;
        }
    }
}

bool face_run(struct face *face, struct settings *settings, struct intact_machine *machine, bool at_terminal,
              struct intact_exit *end)
{
    struct run runs = { .face = face, .settings = settings, .at_terminal = at_terminal };
    pthread_t thread;
    *face = (struct face){ .machine = machine, .escape = settings->escape ? settings->escape : CTRL_A };
    if (!(settings->curses ? face_curses(face, settings->why) : face_window(face, settings->why)))
        return false;
    bool started = pthread_mutex_init(&face->lock, NULL) == 0 && quiet_thread_start(&thread, run, &runs) == 0;
    if (started) {
        follow(face);
        pthread_join(thread, NULL);
    }
    face->close(face);
    *end = runs.end;
    return started || refuse(settings, "-display: the host has no thread left") == 0;
}
