// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -device.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_lists.h"
#include "cli/properties.h"
#include "cli/text.h"

// --- Devices of the ISA bus -----------------------------------------------------------------------------------------

static int port_property(struct settings *settings, const char *option, const struct properties *properties,
                         const char *name, uint64_t otherwise, uint64_t *port)
{
    const char *text = properties_get(properties, name);
    *port = otherwise;
    if (text && (!text_number(text, port) || *port == 0 || *port > 0xffff))
        return refuse(settings, "%s: %s=%.80s is not a port from 0x1 to 0xffff", option, name, text);
    return 0;
}

static int add_debug_exit(struct settings *settings, const struct properties *properties)
{
    static const char *const names[] = { "iobase", "iosize", NULL };
    uint64_t port, size;
    const char *option = "-device isa-debug-exit";
    if (properties_check(settings, option, properties, names) < 0 ||
        port_property(settings, option, properties, "iobase", 0x501, &port) < 0 ||
        port_property(settings, option, properties, "iosize", 2, &size) < 0)
        return -1;
    if (size > 4)
        return refuse(settings, "%s: iosize is 1 to 4", option);
    settings->config.debug_exit_port = (uint16_t)port;
    settings->config.debug_exit_size = (uint16_t)size;
    return 0;
}

static int add_debugcon(struct settings *settings, const struct properties *properties)
{
    static const char *const names[] = { "iobase", "chardev", NULL };
    uint64_t port;
    const char *option = "-device isa-debugcon", *chardev = properties_get(properties, "chardev");
    if (properties_check(settings, option, properties, names) < 0 ||
        port_property(settings, option, properties, "iobase", 0xe9, &port) < 0)
        return -1;
    if (!chardev)
        return refuse(settings, "%s: needs chardev=ID, of a -chardev", option);
    settings->config.debugcon_port = (uint16_t)port;
    settings->debugcon_chardev = chardev;
    return 0;
}

static int add_serial(struct settings *settings, const struct properties *properties)
{
    static const char *const names[] = { "chardev", "id", NULL };
    const char *option = "-device isa-serial", *chardev = properties_get(properties, "chardev");
    if (properties_check(settings, option, properties, names) < 0)
        return -1;
    if (!chardev)
        return refuse(settings, "%s: needs chardev=ID, of a -chardev", option);
    return settings_add_serial(settings, chardev);
}

static int add_testdev(struct settings *settings, const struct properties *properties)
{
    static const char *const names[] = { NULL };
    if (properties_check(settings, "-device pc-testdev", properties, names) < 0)
        return -1;
    settings->config.testdev = true;
    return 0;
}

// These have members of their own in the configuration, because the command connects their characters.
static const struct isa_device {
    const char *name, *about;
    const char *properties[3];
    int (*add)(struct settings *settings, const struct properties *properties);
} isa_devices[] = {
    { "isa-debug-exit",
      "ends the run with exit status (value << 1) | 1",
      { "iobase=PORT: 0x501 by default", "iosize=N: 1 to 4 ports, 2 by default" },
      add_debug_exit },
    { "isa-debugcon",
      "a console port",
      { "chardev=ID: where its characters go", "iobase=PORT: 0xe9 by default" },
      add_debugcon },
    { "isa-serial", "COM1, or the next of COM2 to COM4", { "chardev=ID: where its characters go" }, add_serial },
    { "pc-testdev", "interrupt lines by port, for bare-metal tests", { NULL }, add_testdev },
};

enum { ISA_DEVICES = sizeof isa_devices / sizeof isa_devices[0] };

// --- A balloon -------------------------------------------------------------------------------------------------------

int take_balloon(struct settings *settings, const char *value)
{
    if (strcmp(value, "none") == 0)
        return 0;
    if (strncmp(value, "virtio", 6) != 0 || (value[6] && value[6] != ','))
        return refuse(settings, "-balloon: '%.80s' is not virtio or none", value);
    char device[200];
    if ((size_t)snprintf(device, sizeof device, "virtio-balloon-pci%s", value + 6) >= sizeof device)
        return refuse(settings, "-balloon: more than %u characters", (unsigned)sizeof device - 1);
    const char *text = settings_copy(settings, device);
    return text ? take_device(settings, text) : -1;
}

// --- Devices --------------------------------------------------------------------------------------------------------

const char *const *device_names(void)
{
    static const char *names[LINE_LIMIT + 1];
    const char *driver;
    unsigned count = 0;
    for (unsigned i = 0; i < ISA_DEVICES; i++)
        names[count++] = isa_devices[i].name;
    for (unsigned i = 0; count < LINE_LIMIT && (driver = intact_device_driver(i, NULL)); i++)
        names[count++] = driver;
    return names;
}

// As QEMU writes it, for scripts that look whether a device is there. The description begins with the bus.
static int list_driver(struct settings *settings, const char *name, const char *about)
{
    static const struct {
        const char *begin, *bus;
    } buses[] = { { "PCI, ", "PCI" }, { "virtio-mmio: ", "virtio-bus" } };
    char line[200];
    for (unsigned i = 0; i < sizeof buses / sizeof buses[0]; i++) {
        size_t length = strlen(buses[i].begin);
        if (strncmp(about, buses[i].begin, length) != 0)
            continue;
        snprintf(line, sizeof line, "bus %s, desc \"%.100s\"", buses[i].bus, about + length);
        return list_add(settings, "name \"%s\", %s", name, line);
    }
    snprintf(line, sizeof line, "desc \"%.100s\"", about);
    return list_add(settings, "name \"%s\", %s", name, line);
}

static int list_isa(struct settings *settings, const struct isa_device *device)
{
    char line[200];
    snprintf(line, sizeof line, "bus ISA, desc \"%.100s\"", device->about);
    return list_add(settings, "name \"%s\", %s", device->name, line);
}

int list_devices(struct settings *settings)
{
    const char *name, *about;
    int result = 0;
    bool has_isa = settings->config.type == INTACT_PC;
    list_begin(settings);
    for (unsigned i = 0; has_isa && i < ISA_DEVICES && result == 0; i++)
        result = list_isa(settings, &isa_devices[i]);
    for (unsigned i = 0; result == 0 && (name = intact_device_driver(i, &about)); i++)
        result = list_driver(settings, name, about);
    return result;
}

static int list_isa_properties(struct settings *settings, const struct isa_device *device)
{
    list_begin(settings);
    for (unsigned i = 0; i < 3 && device->properties[i]; i++)
        settings->lines[i] = device->properties[i];
    return 0;
}

static int list_properties(struct settings *settings, const char *driver)
{
    const char *name, *about;
    int result = 0;
    list_begin(settings);
    for (unsigned i = 0; result == 0 && (name = intact_device_property(driver, i, &about)); i++)
        result = list_add(settings, "%s=%s", name, about);
    return result;
}

static int check_known(struct settings *settings, const char *driver, const struct properties *properties)
{
    char option[80];
    const char *names[PROPERTY_LIMIT + 1] = { NULL };
    for (unsigned i = 0; i < PROPERTY_LIMIT; i++)
        names[i] = intact_device_property(driver, i, NULL);
    snprintf(option, sizeof option, "-device %.60s", driver);
    return properties_check(settings, option, properties, names);
}

// Properties that name an -object: it must be there, and changes nothing.
static int take_objects(struct settings *settings, const char *driver, struct properties *properties)
{
    static const struct {
        const char *driver, *property; // the beginning of a driver's name
        enum object_type type;
    } rows[] = { { "virtio-rng", "rng", OBJECT_RNG }, { "virtio-blk", "iothread", OBJECT_THREAD } };
    for (unsigned r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        unsigned i = 0;
        while (i < properties->count && strcmp(properties->name[i], rows[r].property) != 0)
            i++;
        if (i == properties->count || strncmp(driver, rows[r].driver, strlen(rows[r].driver)) != 0)
            continue;
        if (settings->object_use_count == OBJECT_LIMIT)
            return refuse(settings, "-device: more than %d name an -object", OBJECT_LIMIT);
        settings->object_uses[settings->object_use_count++] =
            (struct object_use){ "-device", rows[r].type, properties->value[i] };
        properties->count--;
        properties->name[i] = properties->name[properties->count];
        properties->value[i] = properties->value[properties->count];
    }
    return 0;
}

static int add_generic(struct settings *settings, const char *driver, struct properties *properties)
{
    struct intact_machine_config *config = &settings->config;
    if (take_objects(settings, driver, properties) < 0)
        return -1;
    if (check_known(settings, driver, properties) < 0)
        return -1;
    if (config->device_count == INTACT_DEVICES_MAX ||
        settings->device_property_count + properties->count > DEVICE_PROPERTY_LIMIT)
        return refuse(settings, "-device: more than %u, or more than %d properties in all", INTACT_DEVICES_MAX,
                      DEVICE_PROPERTY_LIMIT);
    struct intact_property *first = &settings->device_properties[settings->device_property_count];
    for (unsigned i = 0; i < properties->count; i++)
        first[i] = (struct intact_property){ properties->name[i], properties->value[i] };
    settings->device_property_count += properties->count;
    settings->devices[config->device_count++] = (struct intact_device_config){ driver, first, properties->count };
    config->devices = settings->devices;
    return 0;
}

// QEMU's short names.
static const char *long_name(const char *name)
{
    static const char *const names[][2] = { { "virtio-blk", "virtio-blk-pci" },
                                            { "virtio-net", "virtio-net-pci" },
                                            { "virtio-rng", "virtio-rng-pci" },
                                            { "virtio-serial", "virtio-serial-pci" } };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][0], name) == 0)
            return names[i][1];
    return name;
}

static const char *known_driver(const char *name)
{
    const char *driver;
    name = long_name(name);
    for (unsigned i = 0; (driver = intact_device_driver(i, NULL)); i++)
        if (strcmp(driver, name) == 0)
            return driver;
    return NULL;
}

static int unknown_device(struct settings *settings, const char *name)
{
    return refuse_unknown(settings, "-device", "device", name, device_names());
}

int take_device(struct settings *settings, const char *value)
{
    struct properties properties;
    if (properties_parse(settings, "-device", value, &properties) < 0)
        return -1;
    const char *name = properties.first, *driver;
    if (!name)
        return refuse(settings, "-device: '%.80s' does not begin with a device's name", value);
    if (list_is_asked(name)) {
        settings->action = SHOW_DEVICES;
        return 0;
    }
    bool help = properties_get(&properties, "help") || properties_get(&properties, "?");
    for (unsigned i = 0; i < ISA_DEVICES; i++)
        if (strcmp(name, isa_devices[i].name) == 0)
            return help ? list_isa_properties(settings, &isa_devices[i]) : isa_devices[i].add(settings, &properties);
    driver = known_driver(name);
    if (!driver)
        return unknown_device(settings, name);
    return help ? list_properties(settings, driver) : add_generic(settings, driver, &properties);
}
