// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An interrupt message on Arm: a device's write to a message register, decoded. Plain data, used by the decoder and the
// wiring of the chips.
//
// Spec: IHI 0069 (GICD_SETSPI_NSR and similar registers, GITS_TRANSLATER); SBSA appendix "GICv2m".
#ifndef MSI_ARM_MESSAGE_H
#define MSI_ARM_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum arm_message_kind {
    ARM_MESSAGE_SET_SPI,          // GICD_SETSPI_NSR
    ARM_MESSAGE_CLEAR_SPI,        // GICD_CLRSPI_NSR
    ARM_MESSAGE_SET_SPI_SECURE,   // GICD_SETSPI_SR, which takes only Secure writes
    ARM_MESSAGE_CLEAR_SPI_SECURE, // GICD_CLRSPI_SR
    ARM_MESSAGE_V2M,              // SETSPI_NS of the v2m frame
    ARM_MESSAGE_EVENT,            // GITS_TRANSLATER: `number` is the EventID
};

struct arm_message {
    enum arm_message_kind kind;
    uint32_t number; // INTID, or EventID
    uint32_t device; // DeviceID; used only with GITS_TRANSLATER
    bool secure;     // a Secure write; used only by the registers of the distributor
};

#endif
