// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MSI decode for Arm; the formats are drawn in msi_arm.h.
//
// Path: irqchip/route.c / irqchip/arm/arm_irq.c
#include "msi/msi_arm.h"

#include "base/bits.h"

#define SPI_INTID       0x1fffu // GICD_SETSPI_NSR.INTID
#define V2M_INTID       0x3ffu
#define ITS_TRANSLATION UINT64_C(0x10000)

static const struct {
    enum arm_message_kind kind;
    size_t window; // offset in struct msi_arm_windows
    uint64_t offset;
    uint32_t number; // mask of the data
} doorbells[] = {
    // those that machines have their devices use come first
    { ARM_MESSAGE_EVENT, offsetof(struct msi_arm_windows, its), ITS_TRANSLATION + 0x40, UINT32_MAX },
    { ARM_MESSAGE_V2M, offsetof(struct msi_arm_windows, v2m), 0x40, V2M_INTID },
    { ARM_MESSAGE_SET_SPI, offsetof(struct msi_arm_windows, gicd), 0x40, SPI_INTID },
    { ARM_MESSAGE_CLEAR_SPI, offsetof(struct msi_arm_windows, gicd), 0x48, SPI_INTID },
    { ARM_MESSAGE_SET_SPI_SECURE, offsetof(struct msi_arm_windows, gicd), 0x50, SPI_INTID },
    { ARM_MESSAGE_CLEAR_SPI_SECURE, offsetof(struct msi_arm_windows, gicd), 0x58, SPI_INTID },
};

static uint64_t base_of(const struct msi_arm_windows *windows, unsigned i)
{
    return *(const uint64_t *)(const void *)((const char *)windows + doorbells[i].window);
}

enum msi_arm_result msi_arm_decode(const struct msi_arm_windows *windows, uint64_t address, uint32_t data,
                                   uint32_t device, bool secure, struct arm_message *out)
{
    for (unsigned i = 0; i < countof(doorbells); i++) {
        uint64_t base = base_of(windows, i);
        if (base == MSI_ARM_NO_WINDOW || address - base != doorbells[i].offset)
            continue;
        *out = (struct arm_message){
            .kind = doorbells[i].kind,
            .number = data & doorbells[i].number,
            .device = device,
            .secure = secure,
        };
        return MSI_ARM_OK;
    }
    return MSI_ARM_NOT_DOORBELL;
}

enum msi_arm_result msi_arm_encode(const struct msi_arm_windows *windows, const struct arm_message *message,
                                   uint64_t *address, uint32_t *data)
{
    for (unsigned i = 0; i < countof(doorbells); i++) {
        uint64_t base = base_of(windows, i);
        if (doorbells[i].kind != message->kind || base == MSI_ARM_NO_WINDOW)
            continue;
        *address = base + doorbells[i].offset;
        *data = message->number & doorbells[i].number;
        return MSI_ARM_OK;
    }
    return MSI_ARM_NOT_DOORBELL;
}

const char *msi_arm_text(enum msi_arm_result result)
{
    static const char *const text[MSI_ARM_RESULTS] = {
        [MSI_ARM_OK] = "an interrupt message",
        [MSI_ARM_NOT_DOORBELL] = "no doorbell of the interrupt controller is at this address",
    };
    return (unsigned)result < MSI_ARM_RESULTS ? text[result] : "unknown result";
}
