// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -readconfig: options from a file, in the form of QEMU's:
//
//     [device "net0"]            -device virtio-net-pci,id=net0,netdev=n
//       driver = "virtio-net-pci"
//       netdev = "n"
//
// `#` begins a comment. Each section is one option, taken at its end, in the order of the file.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/text.h"

enum { LINE = 1200, TEXT = 4096, NAME = 64, FIELD = 1024 };

// The option of a section, and the name that the first word of its value has in a file; NULL: it has none.
static const struct section {
    const char *name, *option, *first;
} sections[] = {
    { "machine", "machine", "type" },
    { "device", "device", "driver" },
    { "netdev", "netdev", "type" },
    { "chardev", "chardev", "backend" },
    { "object", "object", "qom-type" },
    { "accel", "accel", "accel" },
    { "memory", "m", NULL },
    { "smp-opts", "smp", NULL },
    { "boot-opts", "boot", NULL },
    { "drive", "drive", NULL },
    { "rtc", "rtc", NULL },
    { "mon", "mon", NULL },
    { "fw_cfg", "fw_cfg", NULL },
    { "smbios", "smbios", NULL },
    { "icount", "icount", NULL },
    { "action", "action", NULL },
    { "overcommit", "overcommit", NULL },
    { "global", "global", NULL },
    { "semihosting-config", "semihosting-config", NULL },
};

enum { SECTIONS = sizeof sections / sizeof sections[0] };

// In [machine] they are options of their own here.
static const char *const machine_options[][2] = {
    { "kernel", "kernel" }, { "initrd", "initrd" }, { "append", "append" }, { "firmware", "bios" }
};

struct reader {
    struct settings *settings;
    const char *path;
    unsigned line;
    const struct section *section;                   // NULL: none yet
    char first[TEXT], rest[TEXT];                    // of its option's value
    char driver[NAME], property[NAME], value[FIELD]; // of [global]
};

static int complain(struct reader *reader, const char *what)
{
    return refuse(reader->settings, "-readconfig: '%.80s', line %u: %s", reader->path, reader->line, what);
}

// What an option says of its value is said with the line of the file.
static int take(struct reader *reader, const char *name, const char *value)
{
    char why[160], word[NAME];
    const char *copy = settings_copy(reader->settings, value);
    snprintf(word, sizeof word, "-%s", name);
    if (copy && option_find(word)->take(reader->settings, copy) == 0)
        return 0;
    snprintf(why, sizeof why, "%.150s", reader->settings->why);
    return complain(reader, why);
}

// Appends to a text of TEXT bytes; each comma of the value is written twice. False: it is full.
static bool append(char *text, const char *prefix, const char *value)
{
    size_t length = strlen(text);
    for (; *prefix && length < TEXT - 2; prefix++)
        text[length++] = *prefix;
    for (; *value && length < TEXT - 2; value++) {
        text[length++] = *value;
        if (*value == ',')
            text[length++] = ',';
    }
    text[length] = 0;
    return length < TEXT - 2;
}

static int end_section(struct reader *reader)
{
    char text[2 * TEXT];
    const struct section *section = reader->section;
    const char *rest = reader->rest;
    if (!section)
        return 0;
    if (strcmp(section->name, "global") == 0)
        snprintf(text, sizeof text, "%s.%s=%s", reader->driver, reader->property, reader->value);
    else
        snprintf(text, sizeof text, "%s%s", reader->first, reader->first[0] || !*rest ? rest : rest + 1);
    return text[0] ? take(reader, section->option, text) : 0;
}

// [NAME] or [NAME "ID"]
static int begin_section(struct reader *reader, const char *line)
{
    char name[NAME], id[NAME];
    int fields = sscanf(line, " [ %63[^] \"] \"%63[^\"]\" ]", name, id);
    if (fields < 1)
        return complain(reader, "is no [section] or [section \"id\"]");
    if (end_section(reader) < 0)
        return -1;
    reader->section = NULL;
    for (unsigned i = 0; i < SECTIONS; i++)
        if (strcmp(sections[i].name, name) == 0)
            reader->section = &sections[i];
    if (!reader->section)
        return complain(reader, "there is no such section");
    reader->first[0] = reader->rest[0] = reader->driver[0] = reader->property[0] = reader->value[0] = 0;
    if (fields == 2)
        append(reader->rest, ",id=", id);
    return 0;
}

static int take_global_field(struct reader *reader, const char *name, const char *value)
{
    char *field = strcmp(name, "driver") == 0     ? reader->driver
                  : strcmp(name, "property") == 0 ? reader->property
                  : strcmp(name, "value") == 0    ? reader->value
                                                  : NULL;
    if (!field)
        return complain(reader, "[global] has driver, property and value");
    snprintf(field, field == reader->value ? FIELD : NAME, "%s", value);
    return 0;
}

static int add_field(struct reader *reader, const char *name, const char *value)
{
    const char *first = reader->section->first;
    char prefix[NAME + 3];
    snprintf(prefix, sizeof prefix, ",%s=", name);
    bool is_first = first && strcmp(first, name) == 0;
    if (is_first ? append(reader->first, "", value) : append(reader->rest, prefix, value))
        return 0;
    return complain(reader, "is more than a section can have");
}

static int take_field(struct reader *reader, const char *line)
{
    char name[NAME], value[FIELD] = "";
    int fields = sscanf(line, " %63[^= \t] = \"%1023[^\"]\"", name, value);
    if (fields < 1 || (fields < 2 && !strstr(line, "\"\"")))
        return complain(reader, "is no NAME = \"VALUE\"");
    if (!reader->section)
        return complain(reader, "is before the first section");
    if (strcmp(reader->section->name, "global") == 0)
        return take_global_field(reader, name, value);
    for (unsigned i = 0; strcmp(reader->section->name, "machine") == 0 && i < 4; i++)
        if (strcmp(machine_options[i][0], name) == 0)
            return take(reader, machine_options[i][1], value);
    return add_field(reader, name, value);
}

static int take_line(struct reader *reader, const char *line)
{
    const char *text = line + strspn(line, " \t\r\n");
    if (!*text || *text == '#')
        return 0;
    return *text == '[' ? begin_section(reader, text) : take_field(reader, text);
}

static int read_lines(struct reader *reader, FILE *file)
{
    char line[LINE];
    int result = 0;
    while (result == 0 && fgets(line, sizeof line, file)) {
        reader->line++;
        result = strlen(line) == sizeof line - 1 ? complain(reader, "is longer than 1198 characters")
                                                 : take_line(reader, line);
    }
    if (result == 0 && ferror(file))
        result = refuse(reader->settings, "-readconfig: cannot read '%.80s': %s", reader->path, strerror(errno));
    return result < 0 ? result : end_section(reader);
}

int take_readconfig(struct settings *settings, const char *value)
{
    struct reader reader = { .settings = settings, .path = value };
    FILE *file = text_open(value);
    if (!file)
        return refuse(settings, "-readconfig: cannot read '%.80s': %s", value, strerror(errno));
    int result = read_lines(&reader, file);
    fclose(file);
    return result;
}
