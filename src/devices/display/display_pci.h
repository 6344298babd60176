// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PCI functions VGA (1234h:1111h, a VGA with the Bochs VBE extensions) and bochs-display (the same without the VGA). Spec:
// QEMU, docs/specs/standard-vga.
//
//     BAR 0   video memory
//     BAR 2   000h EDID    400h ports 3C0h-3DFh    500h VBE registers, 16 bits each    600h size of this part, byte order
//     ports   3B4h-3DBh, 1CEh-1D1h, and A0000h-BFFFFh: of VGA alone
#ifndef DEVICES_DISPLAY_DISPLAY_PCI_H
#define DEVICES_DISPLAY_DISPLAY_PCI_H

#include "devices/display/vga.h"
#include "devices/pci/pci.h"

#define DISPLAY_PCI_REGISTERS 0x1000
#define DISPLAY_PCI_MEMORY    (16u << 20) // by default
#define DISPLAY_MEMORY_MIN    (1u << 20)
#define DISPLAY_MEMORY_MAX    (512u << 20)

enum { DISPLAY_EDID_BYTES = 128, DISPLAY_LEGACY_PORTS = 4 };

struct display_pci_config {
    bool vga; // with the ports and the window of a VGA
    uint8_t *memory;
    uint32_t size;          // a power of two, DISPLAY_MEMORY_MIN to DISPLAY_MEMORY_MAX
    struct bus *memory_bus; // of the BARs
    struct bus *ports;      // with `vga`
    uint64_t window;        // where A0000h is; 0: nowhere
    bool edid;              // the monitor tells its best mode: `width` by `height`
    unsigned width, height;
};

struct display_pci {
    struct pci_function pci;
    struct vga vga;
    struct bus *ports;
    struct region window, legacy[DISPLAY_LEGACY_PORTS];
    bool window_there, is_vga;
    unsigned legacy_there;
    uint8_t edid[DISPLAY_EDID_BYTES]; // zeros: none
};

// -EEXIST: the place on the bus, a port or the window is taken; -EINVAL; -ENOSPC.
int display_pci_init(struct display_pci *display, const struct display_pci_config *config, struct pci_bus *bus,
                     uint8_t devfn);
void display_pci_reset(struct display_pci *display, uint64_t now);
void display_pci_visit(struct display_pci *display, struct visit *v);
void display_pci_destroy(struct display_pci *display);

#endif
