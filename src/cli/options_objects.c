// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -object: what QEMU keeps apart from the device that uses it. Here each belongs to its device already, so that an object has a name
// to be found by, and must be what is there: sources of random bytes are the same in every run, and memory is the machine's.
//
// Not modelled: memory in a file or shared with another process, secrets, throttling, I/O threads with a thread of their own.
#include "cli/options.h"

#include <string.h>

#include "cli/properties.h"
#include "cli/text.h"

static const char *const rng_names[] = { "id", "filename", NULL };
static const char *const thread_names[] = { "id", NULL };
static const char *const memory_names[] = { "id", "size", "prealloc", "merge", "dump", "share", NULL };

static const struct object_kind {
    const char *name;
    enum object_type type;
    const char *const *properties;
} kinds[] = {
    { "rng-random", OBJECT_RNG, rng_names },
    { "rng-builtin", OBJECT_RNG, thread_names },
    { "memory-backend-ram", OBJECT_MEMORY, memory_names },
    { "memory-backend-memfd", OBJECT_MEMORY, memory_names },
    { "iothread", OBJECT_THREAD, thread_names },
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static int unknown_kind(struct settings *settings, const char *name)
{
    const char *names[KINDS + 1] = { NULL };
    for (unsigned i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    return refuse_unknown(settings, "-object", "kind", name, names);
}

static int take_size(struct settings *settings, const struct properties *properties, struct object *object)
{
    const char *size = properties_get(properties, "size");
    if (object->type != OBJECT_MEMORY || (size && text_size(size, 0, &object->size) && object->size))
        return 0;
    return refuse(settings, "-object %s: needs size=N, of memory", properties->first);
}

int take_object(struct settings *settings, const char *value)
{
    struct properties properties;
    const struct object_kind *kind = kinds;
    if (properties_parse(settings, "-object", value, &properties) < 0)
        return -1;
    const char *name = properties.first ? properties.first : properties_get(&properties, "qom-type");
    while (kind < kinds + KINDS && (!name || strcmp(kind->name, name) != 0))
        kind++;
    if (kind == kinds + KINDS)
        return unknown_kind(settings, name ? name : "");
    struct object *object = &settings->objects[settings->object_count];
    if (settings->object_count == OBJECT_LIMIT)
        return refuse(settings, "-object: more than %d", OBJECT_LIMIT);
    object->type = kind->type;
    object->id = properties_get(&properties, "id");
    if (!object->id || !*object->id)
        return refuse(settings, "-object %.40s: needs id=ID, by which it is named", name);
    if (settings_object(settings, kind->type, object->id))
        return refuse(settings, "-object: there are two with the id '%.80s'", object->id);
    if (properties_check(settings, "-object", &properties, kind->properties) < 0 ||
        take_size(settings, &properties, object) < 0)
        return -1;
    settings->object_count++;
    return 0;
}

const struct object *settings_object(const struct settings *settings, enum object_type type, const char *id)
{
    for (unsigned i = 0; i < settings->object_count; i++)
        if (settings->objects[i].type == type && strcmp(settings->objects[i].id, id) == 0)
            return &settings->objects[i];
    return NULL;
}

// Devices and -machine may have named an object before it was given.
int resolve_objects(struct settings *settings)
{
    for (unsigned i = 0; i < settings->object_use_count; i++) {
        const struct object_use *use = &settings->object_uses[i];
        if (!settings_object(settings, use->type, use->id))
            return refuse(settings, "%s: there is no such -object with id=%.80s", use->option, use->id);
    }
    if (!settings->memory_object)
        return 0;
    const struct object *object = settings_object(settings, OBJECT_MEMORY, settings->memory_object);
    if (!object)
        return refuse(settings, "-machine: memory-backend: there is no -object memory-backend-ram with id=%.80s",
                      settings->memory_object);
    if (object->size != settings->config.memory)
        return refuse(settings, "-machine: memory-backend: '%.80s' has not the size of -m", object->id);
    return 0;
}
