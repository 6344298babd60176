// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A picture in guest memory: the guest writes where it is, and its size, to the file etc/ramfb of fw_cfg. Spec: QEMU,
// docs/specs/standard-vga and the layout of `struct RAMFBCfg`; pixel formats are the codes of Linux's drm_fourcc.h.
//
//     0  address (64 bits)   8  format   12  flags   16  width   20  height   24  stride in bytes, 0: without gaps
//
// All of them are big-endian.
#ifndef DEVICES_DISPLAY_RAMFB_H
#define DEVICES_DISPLAY_RAMFB_H

#include <stdint.h>

#include "base/bus.h"
#include "base/visit.h"
#include "devices/display/display.h"

#define RAMFB_FILE   "etc/ramfb"
#define RAMFB_CONFIG 28

struct ramfb {
    uint8_t config[RAMFB_CONFIG]; // the file, which the guest writes
    struct bus *memory;
};

void ramfb_init(struct ramfb *ramfb, struct bus *memory);
void ramfb_reset(struct ramfb *ramfb);
void ramfb_visit(struct ramfb *ramfb, struct visit *v);
int ramfb_picture(const void *ramfb, uint64_t now, struct intact_picture *picture);

#endif
