// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -blockdev: nodes, each with a driver and a name. Those that no other node has as its file are drives, which a -device names.
//
//     driver=file,node-name=f,filename=a.qcow2  <-- file=f --  driver=qcow2,node-name=d  <-- drive=d -- -device
//
// An inner node may be written within the outer one (file.driver=file,file.filename=a.qcow2), and all of it as JSON.
//
// Not modelled: backing= (the image names its backing file), filters, protocols other than files.
#include <jansson.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

enum { NAME = 64, NULL_SIZE = 1 << 30 }; // bytes of null-co without size=, as on QEMU

const char *const blockdev_words[] = { "driver=file,node-name=,filename=", "driver=qcow2,node-name=,file=",
                                       "driver=raw,node-name=,file=", "driver=null-co,node-name=,size=", NULL };

// --- JSON ------------------------------------------------------------------------------------------------------------

static int add_property(struct settings *settings, struct properties *properties, const char *name, const char *value)
{
    if (properties->count == PROPERTY_LIMIT)
        return refuse(settings, "-blockdev: more than %d properties", PROPERTY_LIMIT);
    properties->name[properties->count] = settings_copy(settings, name);
    properties->value[properties->count] = settings_copy(settings, value);
    return properties->name[properties->count] && properties->value[properties->count++] ? 0 : -1;
}

// Objects within objects become names with a dot. Their depth is that of the parser.
static int add_json(struct settings *settings, const json_t *object, const char *prefix, struct properties *properties)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        char name[NAME], number[24];
        if (snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key) >= (int)sizeof name)
            return refuse(settings, "-blockdev: no property '%.80s'", key);
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        const char *text = json_is_string(value)    ? json_string_value(value)
                           : json_is_true(value)    ? "on"
                           : json_is_false(value)   ? "off"
                           : json_is_integer(value) ? number
                                                    : NULL;
        int result = json_is_object(value) ? add_json(settings, value, name, properties)
                     : text                ? add_property(settings, properties, name, text)
                            : refuse(settings, "-blockdev: the value of '%.80s' is of the wrong kind", name);
        if (result < 0)
            return result;
    }
    return 0;
}

static int parse_json(struct settings *settings, const char *text, struct properties *properties)
{
    json_error_t error;
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!object)
        return refuse(settings, "-blockdev: '%.60s' is no JSON: %.100s", text, error.text);
    *properties = (struct properties){ 0 };
    int result = json_is_object(object) ? add_json(settings, object, "", properties)
                                        : refuse(settings, "-blockdev: '%.60s' is no object", text);
    json_decref(object);
    return result;
}

// --- Nodes -----------------------------------------------------------------------------------------------------------

static struct block_node *find_node(struct settings *settings, const char *name)
{
    for (unsigned i = 0; i < settings->node_count; i++)
        if (settings->nodes[i].name && strcmp(settings->nodes[i].name, name) == 0)
            return &settings->nodes[i];
    return NULL;
}

static int check_values(struct settings *settings, const struct properties *properties)
{
    static const struct property_values rows[] = { { "cache.direct", { "off", "on" } },
                                                   { "cache.no-flush", { "off" } },
                                                   { "aio", { "threads", "native", "io_uring" } },
                                                   { "detect-zeroes", { "off" } },
                                                   { "auto-read-only", { "off", "on" } },
                                                   { "locking", { "auto", "on", "off" } },
                                                   { "discard", { "ignore", "off", "unmap", "on" } },
                                                   { "read-zeroes", { "on", "off" } },
                                                   { "lazy-refcounts", { "off", "on" } },
                                                   { "pass-discard-request", { "on", "off" } } };
    return properties_among(settings, "-blockdev", properties, rows, sizeof rows / sizeof rows[0]);
}

static int take_switch(struct settings *settings, const struct properties *properties, const char *name, bool *value)
{
    const char *text = properties_get(properties, name);
    if (text && !text_switch(text, value))
        return refuse(settings, "-blockdev: %s is on or off, not '%.80s'", name, text);
    return 0;
}

static int take_size(struct settings *settings, const struct properties *properties, struct block_node *node)
{
    const char *text = properties_get(properties, "size");
    node->drive.size = NULL_SIZE;
    if (text && (!text_number(text, &node->drive.size) || !node->drive.size || node->drive.size % INTACT_BLOCK_SECTOR ||
                 node->drive.size > INT64_MAX))
        return refuse(settings, "-blockdev: size is a number of bytes, a multiple of %u, not '%.80s'",
                      INTACT_BLOCK_SECTOR, text);
    return 0;
}

static int take_node(struct settings *settings, const struct properties *properties, struct block_node **node);

// The node within: a name, or its own properties behind "file.".
static int take_inner(struct settings *settings, const struct properties *properties, struct block_node *node)
{
    const char *name = properties_get(properties, "file");
    struct properties inner = { 0 };
    for (unsigned i = 0; i < properties->count; i++)
        if (strncmp(properties->name[i], "file.", 5) == 0 &&
            add_property(settings, &inner, properties->name[i] + 5, properties->value[i]) < 0)
            return -1;
    if (!name == !inner.count)
        return refuse(settings, "-blockdev: '%.80s' needs file=NODE, or file.driver= and file.filename=",
                      node->name ? node->name : "");
    struct block_node *found = name ? find_node(settings, name) : NULL;
    if (name && !found)
        return refuse(settings, "-blockdev: there is no node '%.80s' before its use", name);
    if (!found && take_node(settings, &inner, &found) < 0)
        return -1;
    if (found->inner)
        return refuse(settings, "-blockdev: the node '%.80s' is in use by another node", name ? name : "");
    if (found->drive.format != INTACT_DRIVE_RAW || !found->drive.file)
        return refuse(settings, "-blockdev: file= is a node with driver=file, not '%.80s'", name ? name : "");
    found->inner = true;
    node->drive.file = found->drive.file;
    node->drive.unlocked = found->drive.unlocked;
    node->drive.readonly |= found->drive.readonly;
    return 0;
}

static int take_file(struct settings *settings, const struct properties *properties, struct block_node *node)
{
    const char *name = properties_get(properties, "filename"), *locking = properties_get(properties, "locking");
    node->drive.file = name;
    node->drive.unlocked = locking && strcmp(locking, "off") == 0;
    return name && *name ? 0 : refuse(settings, "-blockdev: driver=file needs filename=FILE");
}

static const struct driver {
    const char *name;
    enum intact_drive_format format;
    int (*take)(struct settings *settings, const struct properties *properties, struct block_node *node);
    const char *names[8]; // the properties beyond those of all
} drivers[] = {
    { "file", INTACT_DRIVE_RAW, take_file, { "filename", "locking", "aio" } },
    { "host_device", INTACT_DRIVE_RAW, take_file, { "filename", "locking", "aio" } },
    { "qcow2", INTACT_DRIVE_QCOW2, take_inner, { "file", "lazy-refcounts", "pass-discard-request" } },
    { "raw", INTACT_DRIVE_RAW, take_inner, { "file" } },
    { "null-co", INTACT_DRIVE_NULL, take_size, { "size", "read-zeroes" } },
};
enum { DRIVERS = sizeof drivers / sizeof drivers[0] };

static const struct driver *find_driver(struct settings *settings, const struct properties *properties)
{
    const char *names[DRIVERS + 1] = { NULL }, *name = properties_get(properties, "driver");
    if (!name) {
        refuse(settings, "-blockdev: needs driver=file, qcow2, raw or null-co");
        return NULL;
    }
    for (unsigned i = 0; i < DRIVERS; i++) {
        names[i] = drivers[i].name;
        if (strcmp(name, names[i]) == 0)
            return &drivers[i];
    }
    refuse_unknown(settings, "-blockdev", "driver", name, names);
    return NULL;
}

static int check_names(struct settings *settings, const struct driver *driver, const struct properties *properties)
{
    static const char *const common[] = { "driver",         "node-name",    "read-only",
                                          "auto-read-only", "cache.direct", "cache.no-flush",
                                          "detect-zeroes",  "discard",      NULL };
    const char *names[sizeof common / sizeof common[0] + sizeof driver->names / sizeof driver->names[0]];
    unsigned count = 0;
    for (const char *const *name = common; *name; name++)
        names[count++] = *name;
    for (unsigned i = 0; driver->names[i]; i++)
        names[count++] = driver->names[i];
    names[count] = NULL;
    struct properties outer = { 0 };
    for (unsigned i = 0; i < properties->count; i++)
        if (driver->take != take_inner || strncmp(properties->name[i], "file.", 5) != 0) {
            outer.name[outer.count] = properties->name[i];
            outer.value[outer.count++] = properties->value[i];
        }
    return properties_check(settings, "-blockdev", &outer, names);
}

static int take_node(struct settings *settings, const struct properties *properties, struct block_node **node)
{
    const struct driver *driver = find_driver(settings, properties);
    const char *discard = properties_get(properties, "discard");
    struct block_node made = { .name = properties_get(properties, "node-name") };
    if (!driver || check_names(settings, driver, properties) < 0 || check_values(settings, properties) < 0)
        return -1;
    made.drive.format = driver->format;
    made.drive.discard = discard && (strcmp(discard, "unmap") == 0 || strcmp(discard, "on") == 0);
    if (made.name && find_node(settings, made.name))
        return refuse(settings, "-blockdev: there are two nodes '%.80s'", made.name);
    if (take_switch(settings, properties, "read-only", &made.drive.readonly) < 0 ||
        driver->take(settings, properties, &made) < 0)
        return -1;
    if (settings->node_count == NODE_LIMIT)
        return refuse(settings, "-blockdev: more than %d nodes", NODE_LIMIT);
    *node = &settings->nodes[settings->node_count++];
    **node = made;
    return 0;
}

int take_blockdev(struct settings *settings, const char *value)
{
    struct properties properties;
    struct block_node *node;
    int result = *value == '{' ? parse_json(settings, value, &properties)
                               : properties_parse(settings, "-blockdev", value, &properties);
    if (result < 0)
        return result;
    if (properties.first)
        return refuse(settings, "-blockdev: '%.80s' is no property; a node begins with driver=", properties.first);
    if (!properties_get(&properties, "node-name") || !*properties_get(&properties, "node-name"))
        return refuse(settings, "-blockdev: needs node-name=NAME, by which a -device names it");
    return take_node(settings, &properties, &node);
}

int resolve_blockdevs(struct settings *settings)
{
    struct intact_machine_config *config = &settings->config;
    for (unsigned i = 0; i < settings->node_count; i++) {
        const struct block_node *node = &settings->nodes[i];
        if (node->inner)
            continue;
        if (config->drive_count == INTACT_DRIVES_MAX)
            return refuse(settings, "-blockdev: more than %d drives", INTACT_DRIVES_MAX);
        for (unsigned j = 0; j < config->drive_count; j++)
            if (settings->drives[j].id && strcmp(settings->drives[j].id, node->name) == 0)
                return refuse(settings, "-blockdev: '%.80s' is the id of a -drive", node->name);
        struct intact_drive_config *drive = &settings->drives[config->drive_count++];
        *drive = node->drive;
        drive->id = node->name;
    }
    return 0;
}
