// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Parses properties of a device: numbers, sizes, switches and places. See device_list.h.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/board.h"
#include "machine/board/device_list.h"

const char *device_property(const struct intact_device_config *config, const char *name)
{
    const char *value = NULL;
    for (unsigned i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, name) == 0)
            value = config->properties[i].value;
    return value;
}

// A whole number and the text after it; with `base` 0 a prefix 0x means hexadecimal.
static bool number(const char *text, int base, uint64_t *value, const char **rest)
{
    char *end;
    if (!isxdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    *value = strtoull(text, &end, base);
    *rest = end;
    return end != text && errno == 0;
}

int device_number(struct board *board, const struct intact_device_config *config, const char *name, uint64_t least,
                  uint64_t most, uint64_t *value)
{
    const char *text = device_property(config, name), *rest;
    uint64_t read;
    if (!text)
        return 0;
    if (!number(text, 0, &read, &rest) || *rest || read < least || read > most)
        return error_set(&board->error, -EINVAL, "-device %s: %s=%.80s is not a number from %" PRIu64 " to %" PRIu64,
                         config->driver, name, text, least, most);
    *value = read;
    return 0;
}

static bool suffix(const char *text, unsigned *shift)
{
    static const char letters[] = "KMGT";
    *shift = 0;
    if (!*text)
        return true;
    const char *found = strchr(letters, toupper((unsigned char)*text));
    if (!found || text[1])
        return false;
    *shift = 10 * (unsigned)(found - letters + 1);
    return true;
}

int device_size(struct board *board, const struct intact_device_config *config, const char *name, uint64_t *value)
{
    const char *text = device_property(config, name), *rest;
    uint64_t read;
    unsigned shift;
    if (!text)
        return 0;
    if (!number(text, 0, &read, &rest) || !suffix(rest, &shift) || read > UINT64_MAX >> shift)
        return error_set(&board->error, -EINVAL, "-device %s: %s=%.80s is not a size, as 4096 or 16M", config->driver,
                         name, text);
    *value = read << shift;
    return 0;
}

int device_switch(struct board *board, const struct intact_device_config *config, const char *name, bool *value)
{
    const char *text = device_property(config, name);
    if (!text)
        return 0;
    bool on = strcmp(text, "on") == 0 || strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    if (!on && strcmp(text, "off") != 0 && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
        return error_set(&board->error, -EINVAL, "-device %s: %s is on or off", config->driver, name);
    *value = on;
    return 0;
}

// --- Places on the PCI bus -------------------------------------------------------------------------------------------

static int parse_place(struct board *board, const struct intact_device_config *config, const char *text, uint8_t *devfn)
{
    uint64_t slot, function = 0;
    const char *rest;
    bool good = number(text, 16, &slot, &rest) && slot < PCI_SLOTS;
    if (good && *rest == '.')
        good = number(rest + 1, 16, &function, &rest) && function < 8;
    if (!good || *rest)
        return error_set(&board->error, -EINVAL,
                         "-device %s: addr=%.80s is not SLOT or SLOT.FUNCTION, hexadecimal, 1 to 1f and 0 to 7",
                         config->driver, text);
    *devfn = PCI_DEVFN(slot, function);
    return 0;
}

int device_pci_place(struct board *board, const struct intact_device_config *config, uint8_t *devfn)
{
    const char *bus = device_property(config, "bus"), *address = device_property(config, "addr");
    if (bus && strcmp(bus, "pci.0") != 0 && strcmp(bus, "pcie.0") != 0)
        return error_set(&board->error, -EINVAL, "-device %s: no bus '%.80s'; pci.0 is the one there is",
                         config->driver, bus);
    if (address)
        return parse_place(board, config, address, devfn);
    unsigned slot = pci_bus_free_slot(&board->pci.bus);
    if (slot == PCI_SLOTS)
        return error_set(&board->error, -EINVAL, "-device %s: the bus has no slot left", config->driver);
    *devfn = PCI_DEVFN(slot, 0);
    return 0;
}

// --- Expansion ROMs --------------------------------------------------------------------------------------------------

static int wants_rom(struct board *board, const struct intact_device_config *config, bool *wants)
{
    const char *bar = device_property(config, "rombar"), *file = device_property(config, "romfile");
    *wants = file && *file;
    if (!bar)
        return 0;
    bool on = true;
    if (strcmp(bar, "0") == 0 || strcmp(bar, "1") == 0)
        on = *bar == '1';
    else if (device_switch(board, config, "rombar", &on) < 0)
        return -EINVAL;
    *wants = *wants && on;
    return 0;
}

int device_read_rom(struct board *board, const struct intact_device_config *config, struct image *image)
{
    char option[80];
    bool wants;
    *image = (struct image){ 0 };
    int result = wants_rom(board, config, &wants);
    if (result < 0 || !wants)
        return result;
    snprintf(option, sizeof option, "-device %.60s: romfile", config->driver);
    return image_read(image, option, device_property(config, "romfile"), PCI_ROM_MAX, &board->error);
}

int device_pci_rom(struct board *board, const struct intact_device_config *config, struct pci_function *function)
{
    struct image image;
    int result = device_read_rom(board, config, &image);
    if (result == 0 && image.data) {
        result = pci_rom_add(function, image.data, image.size);
        if (result < 0)
            device_failed(board, config, result);
    }
    image_release(&image);
    return result;
}

int device_failed(struct board *board, const struct intact_device_config *config, int error)
{
    const char *address = device_property(config, "addr");
    if (error == -EEXIST && address)
        return error_set(&board->error, -EINVAL, "-device %s: addr=%.80s is taken; give another, or none",
                         config->driver, address);
    if (error == -EINVAL && address && strchr(address, '.'))
        return error_set(&board->error, -EINVAL, "-device %s: addr=%.80s: function 0 of that slot must come first",
                         config->driver, address);
    if (error == -ENOMEM)
        return error_set(&board->error, -ENOMEM, "-device %s: the host has no memory left", config->driver);
    error_set(&board->error, -EINVAL, "-device %s: %s", config->driver,
              error == -EINVAL ? "it cannot be built so" : intact_strerror(error));
    return -EINVAL;
}
