// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -drive, -hda to -hdd, -cdrom, -pflash, -snapshot.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

const char *const drive_words[] = { "if=none,format=raw,id=,file=",     "if=none,format=qcow2,id=,file=",
                                    "if=ide,format=raw,index=,file=",   "if=virtio,format=raw,file=",
                                    "if=pflash,format=raw,unit=,file=", NULL };

static int drive_switch(struct settings *settings, const struct properties *properties, const char *name, bool *value)
{
    const char *text = properties_get(properties, name);
    if (text && !text_switch(text, value))
        return refuse(settings, "-drive: %s is on or off, not '%.80s'", name, text);
    return 0;
}

static int drive_interface(struct settings *settings, const struct properties *properties,
                           struct intact_drive_config *drive)
{
    static const char *const interfaces[] = {
        [INTACT_DRIVE_NONE] = "none", [INTACT_DRIVE_PFLASH] = "pflash", [INTACT_DRIVE_IDE] = "ide", "virtio", NULL
    };
    const char *text = properties_get(properties, "if");
    if (!text)
        text = settings->config.type == INTACT_VIRT ? "virtio" : "ide";
    if (strcmp(text, "virtio") == 0)
        return 0;
    for (unsigned i = 0; i <= INTACT_DRIVE_IDE; i++)
        if (strcmp(text, interfaces[i]) == 0) {
            drive->interface = (enum intact_drive_interface)i;
            return 0;
        }
    return refuse_unknown(settings, "-drive", "interface", text, interfaces);
}

static bool unit_is_taken(const struct settings *settings, enum intact_drive_interface interface, uint64_t unit)
{
    for (unsigned i = 0; i < settings->config.drive_count; i++)
        if (settings->drives[i].interface == interface && settings->drives[i].unit == unit)
            return true;
    return false;
}

// What the places of an interface are called, and how many there are.
struct places {
    const char *interface, *place;
    unsigned count;
};

// The place that was asked for, or the first that is free.
static int take_place(struct settings *settings, const struct places *places, bool asked, uint64_t unit,
                      struct intact_drive_config *drive)
{
    while (!asked && unit < places->count && unit_is_taken(settings, drive->interface, unit))
        unit++;
    if (unit == places->count)
        return refuse(settings, "-drive: more than %u drives with if=%s", places->count, places->interface);
    if (unit_is_taken(settings, drive->interface, unit))
        return refuse(settings, "-drive: two drives are %s %u", places->place, (unsigned)unit);
    drive->unit = (unsigned)unit;
    return 0;
}

static int flash_unit(struct settings *settings, const struct properties *properties, struct intact_drive_config *drive)
{
    static const struct places banks = { "pflash", "flash bank", INTACT_FLASH_BANKS };
    const char *text = properties_get(properties, "unit");
    uint64_t unit = 0;
    if (text && (!text_number(text, &unit) || unit >= INTACT_FLASH_BANKS))
        return refuse(settings, "-drive: unit is a flash bank, 0 to %u, not '%.80s'", INTACT_FLASH_BANKS - 1, text);
    return take_place(settings, &banks, text, unit, drive);
}

// Of the machine that was named so far: two channels with two disks each, or ports with one.
static bool has_ports(const struct settings *settings)
{
    return settings->config.chipset == INTACT_Q35;
}

static struct places ide_places(const struct settings *settings)
{
    return (struct places){ "ide", "IDE disk", has_ports(settings) ? INTACT_SATA_DRIVES : INTACT_IDE_DRIVES };
}

static bool is_cd(const struct properties *properties)
{
    const char *media = properties_get(properties, "media");
    return media && strcmp(media, "cdrom") == 0;
}

// `index` counts through the channels; `bus` and `unit` name the channel and the disk on it.
static int ide_unit(struct settings *settings, const struct properties *properties, struct intact_drive_config *drive)
{
    const struct places disks = ide_places(settings);
    const uint64_t units = has_ports(settings) ? 1 : 2, buses = disks.count / units;
    const char *index = properties_get(properties, "index"), *bus = properties_get(properties, "bus"),
               *unit = properties_get(properties, "unit"), *media = properties_get(properties, "media");
    uint64_t at = 0, channel = 0;
    drive->cd = is_cd(properties);
    if (media && !drive->cd && strcmp(media, "disk") != 0)
        return refuse(settings, "-drive: media is disk or cdrom, not '%.80s'", media);
    if (index && (bus || unit))
        return refuse(settings, "-drive: give index, or bus and unit, not both");
    if (index && (!text_number(index, &at) || at >= disks.count))
        return refuse(settings, "-drive: index is an IDE disk, 0 to %u, not '%.80s'", disks.count - 1, index);
    if (bus && (!text_number(bus, &channel) || channel >= buses))
        return refuse(settings, "-drive: bus is an IDE channel, 0 to %u, not '%.80s'", (unsigned)buses - 1, bus);
    if (unit && (!text_number(unit, &at) || at >= units))
        return refuse(settings, "-drive: unit is a disk of an IDE channel, 0 to %u, not '%.80s'", (unsigned)units - 1,
                      unit);
    return take_place(settings, &disks, index || bus || unit, units * channel + at, drive);
}

static int drive_unit(struct settings *settings, const struct properties *properties, struct intact_drive_config *drive)
{
    static const char *const names[] = { "index", "bus", "media" };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (drive->interface != INTACT_DRIVE_IDE && properties_get(properties, names[i]))
            return refuse(settings, "-drive: only if=ide has %s", names[i]);
    if (drive->interface == INTACT_DRIVE_NONE && properties_get(properties, "unit"))
        return refuse(settings, "-drive: only if=pflash and if=ide have a unit");
    switch (drive->interface) {
    case INTACT_DRIVE_PFLASH: return flash_unit(settings, properties, drive);
    case INTACT_DRIVE_IDE: return ide_unit(settings, properties, drive);
    case INTACT_DRIVE_NONE: break;
    }
    return 0;
}

static int drive_id(struct settings *settings, const struct properties *properties, struct intact_drive_config *drive)
{
    drive->id = properties_get(properties, "id");
    if (!drive->id)
        return drive->interface == INTACT_DRIVE_NONE
                   ? refuse(settings, "-drive: if=none needs id=ID, by which a -device names it")
                   : 0;
    if (!*drive->id)
        return refuse(settings, "-drive: an id cannot be empty");
    for (unsigned i = 0; i < settings->config.drive_count; i++)
        if (settings->drives[i].id && strcmp(settings->drives[i].id, drive->id) == 0)
            return refuse(settings, "-drive: there are two with the id '%.80s'", drive->id);
    return 0;
}

// A flash bank is raw, whatever its file begins with.
static int drive_format(struct settings *settings, const char *format, struct intact_drive_config *drive)
{
    static const char *const formats[] = { [INTACT_DRIVE_RAW] = "raw", [INTACT_DRIVE_QCOW2] = "qcow2", NULL };
    bool flash = drive->interface == INTACT_DRIVE_PFLASH;
    drive->format = flash ? INTACT_DRIVE_RAW : INTACT_DRIVE_PROBE;
    if (!format)
        return 0;
    for (unsigned i = 0; formats[i]; i++)
        if (strcmp(format, formats[i]) == 0)
            drive->format = (enum intact_drive_format)i;
    if (drive->format == INTACT_DRIVE_PROBE)
        return refuse_unknown(settings, "-drive", "format", format, formats);
    if (flash && drive->format != INTACT_DRIVE_RAW)
        return refuse(settings, "-drive: a flash bank is raw, not '%.80s'; qemu-img convert -O raw makes such a file",
                      format);
    return 0;
}

static int drive_file(struct settings *settings, const struct properties *properties, struct intact_drive_config *drive)
{
    const char *format = properties_get(properties, "format"), *discard = properties_get(properties, "discard");
    drive->discard = discard && (strcmp(discard, "unmap") == 0 || strcmp(discard, "on") == 0);
    drive->file = properties_get(properties, "file");
    if (!drive->file && drive->interface == INTACT_DRIVE_IDE && is_cd(properties))
        return 0; // its tray is empty
    if (!drive->file || !*drive->file)
        return refuse(settings, "-drive: needs file=FILE");
    return drive_format(settings, format, drive);
}

// How the host keeps what is written until the guest flushes: nothing that a guest sees. What promises more than a flush does is
// refused.
static int drive_host(struct settings *settings, const struct properties *properties)
{
    static const struct property_values rows[] = { { "cache", { "none", "writeback", "unsafe" } },
                                                   { "aio", { "threads", "native", "io_uring" } },
                                                   { "discard", { "ignore", "off", "unmap", "on" } },
                                                   { "detect-zeroes", { "off" } },
                                                   { "werror", { "report" } },
                                                   { "rerror", { "report" } } };
    return properties_among(settings, "-drive", properties, rows, sizeof rows / sizeof rows[0]);
}

// if=virtio: a disk on PCI in one word.
static int add_virtio(struct settings *settings, const struct properties *properties, struct intact_drive_config *drive)
{
    const char *index = properties_get(properties, "index"), *media = properties_get(properties, "media");
    char text[128], own[24];
    uint64_t number;
    if (media && strcmp(media, "disk") != 0)
        return refuse(settings, "-drive: there is no media '%.80s' here; only 'disk'", media);
    if (index && (!text_number(index, &number) || number != settings->virtio_drives))
        return refuse(settings, "-drive: index=%.80s: disks with if=virtio come in the order of their options", index);
    snprintf(own, sizeof own, "virtio%u", settings->virtio_drives++);
    drive->id = properties_get(properties, "id") ? properties_get(properties, "id") : settings_copy(settings, own);
    if (!drive->id)
        return -1;
    snprintf(text, sizeof text, "virtio-blk-pci,drive=%.80s", drive->id);
    return take_device(settings, text);
}

static int add_drive(struct settings *settings, const struct intact_drive_config *drive, bool snapshot_said)
{
    struct intact_machine_config *config = &settings->config;
    if (config->drive_count == INTACT_DRIVES_MAX)
        return refuse(settings, "-drive: more than %d", INTACT_DRIVES_MAX);
    settings->snapshot_said |= (uint32_t)snapshot_said << config->drive_count;
    settings->drives[config->drive_count++] = *drive;
    return 0;
}

// `later`: all options have been read, and with them the machine, whose interface it is that is not said.
static int take_one(struct settings *settings, const char *value, bool later)
{
    static const char *const names[] = { "file",    "if",     "format",        "index",    "bus",   "unit",
                                         "media",   "id",     "readonly",      "snapshot", "cache", "aio",
                                         "discard", "werror", "detect-zeroes", "rerror",   NULL };
    struct properties properties;
    struct intact_drive_config drive = { 0 };
    if (properties_parse(settings, "-drive", value, &properties) < 0)
        return -1;
    if (properties.first)
        return refuse(settings, "-drive: '%.80s' is no property; a file is given with file=FILE", properties.first);
    const char *interface = properties_get(&properties, "if");
    if (properties_check(settings, "-drive", &properties, names) < 0 || drive_host(settings, &properties) < 0 ||
        drive_interface(settings, &properties, &drive) < 0 || drive_file(settings, &properties, &drive) < 0)
        return -1;
    if (!interface && !later) {
        if (settings->drive_text_count == DRIVE_TEXT_LIMIT)
            return refuse(settings, "-drive: more than %d without if=", DRIVE_TEXT_LIMIT);
        settings->drive_texts[settings->drive_text_count++] = settings_copy(settings, value);
        return settings->drive_texts[settings->drive_text_count - 1] ? 0 : -1;
    }
    bool virtio = interface ? strcmp(interface, "virtio") == 0 : settings->config.type == INTACT_VIRT;
    if ((virtio                                          ? add_virtio(settings, &properties, &drive)
         : drive_unit(settings, &properties, &drive) < 0 ? -1
                                                         : drive_id(settings, &properties, &drive)) < 0 ||
        drive_switch(settings, &properties, "readonly", &drive.readonly) < 0 ||
        drive_switch(settings, &properties, "snapshot", &drive.snapshot) < 0)
        return -1;
    drive.readonly |= drive.cd;
    return add_drive(settings, &drive, properties_get(&properties, "snapshot"));
}

int take_drive(struct settings *settings, const char *value)
{
    return take_one(settings, value, false);
}

int take_pflash(struct settings *settings, const char *value)
{
    static const struct properties none;
    struct intact_drive_config drive = { .interface = INTACT_DRIVE_PFLASH };
    drive.file = settings_copy(settings, value);
    if (!drive.file || drive_unit(settings, &none, &drive) < 0)
        return -1;
    return add_drive(settings, &drive, false);
}

static int take_disk(struct settings *settings, const char *value, unsigned unit, bool cd)
{
    const struct places disks = ide_places(settings);
    struct intact_drive_config drive = {
        .interface = INTACT_DRIVE_IDE, .cd = cd, .readonly = cd, .format = INTACT_DRIVE_PROBE
    };
    drive.file = settings_copy(settings, value);
    if (!drive.file || take_place(settings, &disks, true, unit, &drive) < 0)
        return -1;
    return add_drive(settings, &drive, false);
}

int take_hda(struct settings *settings, const char *value)
{
    return take_disk(settings, value, 0, false);
}

int take_hdb(struct settings *settings, const char *value)
{
    return take_disk(settings, value, 1, false);
}

int take_hdc(struct settings *settings, const char *value)
{
    return take_disk(settings, value, 2, false);
}

int take_hdd(struct settings *settings, const char *value)
{
    return take_disk(settings, value, 3, false);
}

int take_cdrom(struct settings *settings, const char *value)
{
    return take_disk(settings, value, 2, true);
}

int take_snapshot(struct settings *settings, const char *value)
{
    (void)value;
    settings->snapshot = true;
    return 0;
}

// A drive with a `snapshot` property of its own is not changed.
int resolve_drives(struct settings *settings)
{
    for (unsigned i = 0; i < settings->drive_text_count; i++)
        if (take_one(settings, settings->drive_texts[i], true) < 0)
            return -1;
    if (resolve_blockdevs(settings) < 0)
        return -1;
    for (unsigned i = 0; settings->snapshot && i < settings->config.drive_count; i++)
        if (!(settings->snapshot_said >> i & 1))
            settings->drives[i].snapshot = true;
    return 0;
}
