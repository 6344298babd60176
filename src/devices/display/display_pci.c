// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See display_pci.h.
//
// Not modelled: big-endian framebuffers; the mode of secondary VGAs, without ports.
#include "devices/display/display_pci.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "devices/display/edid.h"

enum { VENDOR = 0x1234, DEVICE = 0x1111, REVISION = 2, CLASS_VGA = 0x030000, CLASS_OTHER = 0x038000 };
enum { SUBSYSTEM_VENDOR = 0x1af4, SUBSYSTEM = 0x1100 };
enum { BAR_MEMORY = 0, BAR_REGISTERS = 2 };
enum { PORTS = 0x400, PORTS_SIZE = 0x20, VBE = 0x500, EXTENDED = 0x600, EXTENDED_SIZE = 8, BYTE_ORDER = 4 };
#define LITTLE_ENDIAN_FRAMEBUFFER UINT32_C(0x1e1e1e1e)

// --- BAR 2 -----------------------------------------------------------------------------------------------------------

static uint8_t read_register(struct display_pci *display, uint64_t offset, uint64_t now)
{
    static const uint8_t extended[EXTENDED_SIZE] = { EXTENDED_SIZE, 0, 0, 0, 0x1e, 0x1e, 0x1e, 0x1e };
    if (offset < DISPLAY_EDID_BYTES)
        return display->edid[offset];
    if (display->is_vga && offset - PORTS < PORTS_SIZE)
        return vga_port_read(&display->vga, (unsigned)(VGA_PORT + offset - PORTS), now);
    if (offset - VBE < 2 * VBE_REGISTERS)
        return (uint8_t)(vbe_read(&display->vga.vbe, (unsigned)(offset - VBE) / 2) >> (offset % 2 * 8));
    return offset - EXTENDED < EXTENDED_SIZE ? extended[offset - EXTENDED] : 0;
}

static uint64_t read_registers(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)read_register(owner, offset + i, now) << (8 * i);
    return value;
}

// Registers of VBE are written as a whole.
static void write_registers(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct display_pci *display = owner;
    bool whole = offset % 2 == 0 && size >= 2;
    for (unsigned i = 0; i < size; i++) {
        uint64_t at = offset + i;
        if (display->is_vga && at - PORTS < PORTS_SIZE)
            vga_port_write(&display->vga, (unsigned)(VGA_PORT + at - PORTS), (uint8_t)(value >> (8 * i)), now);
        else if (whole && at % 2 == 0 && at - VBE < 2 * VBE_REGISTERS)
            vga_vbe_write(&display->vga, (unsigned)(at - VBE) / 2, (uint16_t)(value >> (8 * i)));
    }
}

// --- Ports of a VGA --------------------------------------------------------------------------------------------------

static uint64_t read_mono(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    return vga_port_read(owner, (unsigned)(VGA_PORT_MONO + offset), now);
}

static void write_mono(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    vga_port_write(owner, (unsigned)(VGA_PORT_MONO + offset), (uint8_t)value, now);
}

static uint64_t read_general(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    return vga_port_read(owner, (unsigned)(VGA_PORT + offset), now);
}

static void write_general(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    vga_port_write(owner, (unsigned)(VGA_PORT + offset), (uint8_t)value, now);
}

static uint64_t read_colour(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)size;
    return vga_port_read(owner, (unsigned)(VGA_PORT_COLOUR + offset), now);
}

static void write_colour(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)size;
    vga_port_write(owner, (unsigned)(VGA_PORT_COLOUR + offset), (uint8_t)value, now);
}

// 0 the index; 1 and 2 the data. All are 16 bits.
static uint64_t read_vbe(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct vga *vga = owner;
    (void)now;
    if (size != 2 || offset > 2)
        return bits_low(8 * size);
    return offset == 0 ? vga->vbe.index : vbe_read(&vga->vbe, vga->vbe.index);
}

static void write_vbe(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct vga *vga = owner;
    (void)now;
    if (size != 2 || offset > 2)
        return;
    if (offset == 0)
        vga->vbe.index = (uint16_t)value;
    else
        vga_vbe_write(vga, vga->vbe.index, (uint16_t)value);
}

static const struct legacy {
    uint16_t port, ports;
    unsigned widest;
    bus_read_fn *read;
    bus_write_fn *write;
} legacy[DISPLAY_LEGACY_PORTS] = {
    { VGA_VBE_PORT, 4, 2, read_vbe, write_vbe },
    { VGA_PORT_MONO, 8, 1, read_mono, write_mono },
    { VGA_PORT, 16, 1, read_general, write_general },
    { VGA_PORT_COLOUR, 8, 1, read_colour, write_colour },
};

static int map_legacy(struct display_pci *display, const struct display_pci_config *config)
{
    int result = 0;
    for (unsigned i = 0; i < DISPLAY_LEGACY_PORTS && result == 0; i++) {
        display->legacy[i] = (struct region){ .base = legacy[i].port,
                                              .size = legacy[i].ports,
                                              .name = "VGA",
                                              .widest = legacy[i].widest,
                                              .read = legacy[i].read,
                                              .write = legacy[i].write,
                                              .owner = &display->vga };
        result = bus_add(config->ports, &display->legacy[i]);
        display->legacy_there += result == 0;
    }
    if (result < 0 || !config->window)
        return result;
    display->window = (struct region){ .base = config->window,
                                       .size = VGA_WINDOW_SIZE,
                                       .name = "VGA",
                                       .widest = 8,
                                       .read = vga_window_read,
                                       .write = vga_window_write,
                                       .owner = &display->vga };
    result = bus_add(config->memory_bus, &display->window);
    display->window_there = result == 0;
    return result;
}

// --- Life ------------------------------------------------------------------------------------------------------------

// BAR 0 is memory at every moment, so that its functions are never called.
int display_pci_init(struct display_pci *display, const struct display_pci_config *config, struct pci_bus *bus,
                     uint8_t devfn)
{
    struct pci_function *pci = &display->pci;
    memset(display, 0, sizeof *display);
    display->is_vga = config->vga;
    display->ports = config->ports;
    vga_init(&display->vga, config->memory_bus, config->memory, config->size);
    if (config->edid)
        edid_make(display->edid, config->width, config->height);
    pci_function_init(pci, VENDOR, DEVICE, config->vga ? CLASS_VGA : CLASS_OTHER, REVISION);
    pci_function_subsystem(pci, SUBSYSTEM_VENDOR, SUBSYSTEM);
    int result =
        pci_bar_add(pci, BAR_MEMORY, PCI_BAR_MEMORY_PREFETCHABLE, config->size, NULL, NULL, NULL, "video memory");
    if (result == 0)
        result = pci_bar_add(pci, BAR_REGISTERS, PCI_BAR_MEMORY, DISPLAY_PCI_REGISTERS, read_registers, write_registers,
                             display, "display registers");
    if (result < 0)
        return result;
    pci_bar_set_ram(pci, BAR_MEMORY, config->memory);
    display->vga.linear = &pci->bars[BAR_MEMORY];
    result = pci_bus_add(bus, devfn, pci);
    return result == 0 && config->vga ? map_legacy(display, config) : result;
}

void display_pci_reset(struct display_pci *display, uint64_t now)
{
    pci_function_reset(&display->pci, now);
    vga_reset(&display->vga);
}

void display_pci_visit(struct display_pci *display, struct visit *v)
{
    pci_function_visit(&display->pci, v);
    VISIT_NESTED(v, "vga", vga_visit(&display->vga, v));
}

void display_pci_destroy(struct display_pci *display)
{
    if (display->window_there)
        bus_remove(display->vga.bus, &display->window);
    while (display->legacy_there)
        bus_remove(display->ports, &display->legacy[--display->legacy_there]);
    pci_function_destroy(&display->pci);
}
