// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MSI decode for Arm: an (address, data, device) write becomes a plain message, or the reason why it is none.
//
// Spec: IHI 0069, GICD_SETSPI_NSR (40h), GICD_CLRSPI_NSR (48h), GICD_SETSPI_SR (50h), GICD_CLRSPI_SR (58h): INTID in
// bits 12:0; GITS_TRANSLATER (40h of the page behind GITS_CTLR's): EventID in bits 31:0, DeviceID separate from the
// write; SBSA appendix "GICv2m": MSI_SETSPI_NS (40h), INTID in bits 9:0.
//
// On Arm devices write messages to registers (doorbells), whose addresses depend on the board: `struct
// msi_arm_windows`.
//
// Pure functions: no state, any thread.
//
// Path: irqchip/route.c / irqchip/arm/arm_irq.c
#ifndef MSI_MSI_ARM_H
#define MSI_MSI_ARM_H

#include <stdint.h>

#include "msi/arm_message.h"

#define MSI_ARM_NO_WINDOW UINT64_MAX

// Bases of the frames that hold doorbells; MSI_ARM_NO_WINDOW: the board does not have it (0 is an address).
struct msi_arm_windows {
    uint64_t gicd; // GICv3 with message-based SPIs
    uint64_t v2m;  // 4 KiB
    uint64_t its;  // GITS_CTLR's page; GITS_TRANSLATER is in the next 64 KiB
};

enum msi_arm_result {
    MSI_ARM_OK,
    MSI_ARM_NOT_DOORBELL, // an ordinary write
    MSI_ARM_RESULTS
};

// Decodes one memory write of a device, Secure or Non-secure. `*out` is written only on MSI_ARM_OK. Reserved data bits
// are ignored.
enum msi_arm_result msi_arm_decode(const struct msi_arm_windows *windows, uint64_t address, uint32_t data,
                                   uint32_t device, bool secure, struct arm_message *out);

// The reverse: the pair that decodes to `message`. MSI_ARM_NOT_DOORBELL: the board has no such window.
enum msi_arm_result msi_arm_encode(const struct msi_arm_windows *windows, const struct arm_message *message,
                                   uint64_t *address, uint32_t *data);

// A sentence for traces and `why`, never NULL.
const char *msi_arm_text(enum msi_arm_result result);

#endif
