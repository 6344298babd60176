// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device VGA`, `-device bochs-display` and `-device ramfb`. The video memory of the first two is behind the guest's RAM in the same piece of host memory
// (board_make_ram), so that snapshots, the digest and the record of written pages have it too.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/display/display_pci.h"
#include "devices/display/edid.h"
#include "devices/display/ramfb.h"
#include "devices/display/vga.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

enum { WIDTH = 1280, HEIGHT = 800 };
#define MEGABYTE UINT64_C(0x100000)

// --- Video memory ----------------------------------------------------------------------------------------------------

static bool is_vga(const struct intact_device_config *config)
{
    return strcmp(config->driver, device_vga.name) == 0;
}

static int refuse_memory(struct board *board, const struct intact_device_config *config, const char *name)
{
    return error_set(&board->error, -EINVAL, "-device %s: %s=%.80s: 1 to 512 MiB, a power of two, are possible",
                     config->driver, name, device_property(config, name));
}

static int memory_of(struct board *board, const struct intact_device_config *config, uint64_t *size)
{
    const char *name = is_vga(config) ? "vgamem_mb" : "vgamem";
    *size = is_vga(config) ? DISPLAY_PCI_MEMORY / MEGABYTE : DISPLAY_PCI_MEMORY;
    int result = is_vga(config) ? device_number(board, config, name, 0, UINT32_MAX, size)
                                : device_size(board, config, name, size);
    if (is_vga(config))
        *size *= MEGABYTE;
    if (result == 0 && (!is_power_of_two(*size) || *size < DISPLAY_MEMORY_MIN || *size > DISPLAY_MEMORY_MAX))
        return refuse_memory(board, config, name);
    return result;
}

int device_display_memory(struct board *board, uint64_t *size)
{
    *size = 0;
    for (unsigned i = 0; i < board->config.device_count; i++) {
        const struct intact_device_config *config = &board->config.devices[i];
        uint64_t more;
        if (!is_vga(config) && strcmp(config->driver, device_bochs_display.name) != 0)
            continue;
        int result = memory_of(board, config, &more);
        if (result < 0)
            return result;
        *size += more;
    }
    return 0;
}

// --- Devices ---------------------------------------------------------------------------------------------------------

static void ops_reset(void *object, uint64_t now)
{
    display_pci_reset(object, now);
}

static void ops_visit(void *object, struct visit *v)
{
    display_pci_visit(object, v);
}

static void ops_destroy(void *object)
{
    display_pci_destroy(object);
    free(object);
}

static int read_side(struct board *board, const struct intact_device_config *config, const char *name, unsigned *side)
{
    uint64_t value = *side;
    int result = device_number(board, config, name, EDID_SIDE_MIN, EDID_SIDE_MAX, &value);
    *side = (unsigned)value;
    return result;
}

static int read_properties(struct board *board, const struct intact_device_config *config,
                           struct display_pci_config *wanted)
{
    uint64_t size;
    int result = memory_of(board, config, &size);
    if (result == 0)
        result = device_switch(board, config, "edid", &wanted->edid);
    if (result == 0)
        result = read_side(board, config, "xres", &wanted->width);
    if (result == 0)
        result = read_side(board, config, "yres", &wanted->height);
    wanted->size = result == 0 ? (uint32_t)size : 0;
    return result;
}

static int failed(struct board *board, const struct intact_device_config *config, const struct display_pci *display,
                  int result)
{
    if (result == -EEXIST && display->pci.bus)
        return error_set(&board->error, -EINVAL,
                         "-device %s: the ports of a VGA are taken; there is one, of -vga std or -device VGA",
                         config->driver);
    return device_failed(board, config, result);
}

static int create_display(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    static const struct board_device_ops ops = { ops_reset, ops_visit, ops_destroy, NULL, NULL, NULL };
    struct display_pci_config wanted = { .vga = is_vga(config),
                                         .memory = board->video + board->video_used,
                                         .memory_bus = &board->memory,
                                         .ports = &board->ports,
                                         .window = board->type->video_window,
                                         .edid = true,
                                         .width = WIDTH,
                                         .height = HEIGHT };
    uint8_t devfn;
    int result = read_properties(board, config, &wanted);
    if (result == 0)
        result = device_pci_place(board, config, &devfn);
    if (result < 0)
        return result;
    struct display_pci *display = calloc(1, sizeof *display);
    if (!display)
        return device_failed(board, config, -ENOMEM);
    *device = (struct board_device){ device->driver, display, &ops, device->name };
    result = display_pci_init(display, &wanted, &board->pci.bus, devfn);
    if (result < 0)
        result = failed(board, config, display, result);
    else
        result = device_pci_rom(board, config, &display->pci);
    if (result < 0) {
        ops_destroy(display);
        return result;
    }
    board->video_used += wanted.size;
    board_add_display(board, &(struct display){ vga_picture, vga_text, &display->vga });
    return 0;
}

#define DISPLAY_PROPERTIES                                                                                             \
    { "edid", "on or off: the monitor says which mode is its best; on by default" },                                   \
        { "xres", "64 to 4095: the width of that mode, 1280 by default" },                                             \
        { "yres", "64 to 4095: its height, 800 by default" }, DEVICE_PCI_PROPERTIES

static const struct device_property vga_properties[] = {
    { "vgamem_mb", "MiB of video memory, a power of two from 1 to 512, 16 by default" },
    DISPLAY_PROPERTIES,
    { NULL, NULL },
};

const struct device_driver device_vga = {
    .name = "VGA",
    .about = "PCI, a VGA with the Bochs VBE extensions",
    .properties = vga_properties,
    .create = create_display,
};

static const struct device_property bochs_display_properties[] = {
    { "vgamem", "a size, 16M by default: its video memory, a power of two from 1M to 512M" },
    DISPLAY_PROPERTIES,
    { NULL, NULL },
};

const struct device_driver device_bochs_display = {
    .name = "bochs-display",
    .about = "PCI, a display with the Bochs VBE extensions alone",
    .properties = bochs_display_properties,
    .create = create_display,
};

// --- ramfb -----------------------------------------------------------------------------------------------------------

static void ramfb_ops_reset(void *object, uint64_t now)
{
    (void)now;
    ramfb_reset(object);
}

static void ramfb_ops_visit(void *object, struct visit *v)
{
    ramfb_visit(object, v);
}

static int create_ramfb(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    static const struct board_device_ops ops = { ramfb_ops_reset, ramfb_ops_visit, free, NULL, NULL, NULL };
    struct fw_cfg_files *files = &board->fw_cfg_files;
    if (files->ramfb)
        return error_set(&board->error, -EINVAL, "-device ramfb: there is one already");
    int result = device_read_rom(board, config, &files->ramfb_rom);
    if (result < 0)
        return result;
    struct ramfb *ramfb = calloc(1, sizeof *ramfb);
    if (!ramfb)
        return device_failed(board, config, -ENOMEM);
    ramfb_init(ramfb, &board->memory);
    *device = (struct board_device){ device->driver, ramfb, &ops, device->name };
    files->ramfb = ramfb;
    board_add_display(board, &(struct display){ ramfb_picture, NULL, ramfb });
    return 0;
}

static const struct device_property ramfb_properties[] = {
    { "romfile", "a file, the BIOS that shows the screen of a PC's firmware in it; none by default" },
    { "rombar", "on or off: whether the firmware gets that; on by default" },
    { "id", "a name of your own" },
    { NULL, NULL },
};

const struct device_driver device_ramfb = {
    .name = "ramfb",
    .about = "a display in guest memory, as a firmware sets it up through fw_cfg",
    .properties = ramfb_properties,
    .create = create_ramfb,
};
