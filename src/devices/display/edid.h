// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a monitor says about itself: 128 bytes with one detailed timing, of its best mode. Spec: VESA, "Enhanced Extended Display
// Identification Data Standard", release A, revision 2 (EDID 1.4), section 3.
#ifndef DEVICES_DISPLAY_EDID_H
#define DEVICES_DISPLAY_EDID_H

#include <stdint.h>

#define EDID_SIZE     128
#define EDID_SIDE_MIN 64 // of width and height, in pixels
#define EDID_SIDE_MAX 4095

void edid_make(uint8_t edid[EDID_SIZE], unsigned width, unsigned height);

#endif
