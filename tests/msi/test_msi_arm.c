// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every message register of an Arm board, and other addresses.
#include <criterion/criterion.h>

#include "base/bits.h"
#include "msi/msi_arm.h"

static const struct msi_arm_windows windows = { 0x8000000, 0x8020000, 0x8080000 };

Test(msi_arm, every_doorbell_decodes_and_encodes)
{
    static const struct {
        uint64_t address;
        uint32_t data;
        struct arm_message message;
    } list[] = {
        { 0x8000040, 0xffff1fff, { ARM_MESSAGE_SET_SPI, 0x1fff, 7, true } },
        { 0x8000048, 40, { ARM_MESSAGE_CLEAR_SPI, 40, 7, true } },
        { 0x8000050, 4096, { ARM_MESSAGE_SET_SPI_SECURE, 4096, 7, true } },
        { 0x8000058, 41, { ARM_MESSAGE_CLEAR_SPI_SECURE, 41, 7, true } },
        { 0x8020040, 0xfc50, { ARM_MESSAGE_V2M, 0x50, 7, true } },
        { 0x8090040, 0xffffffff, { ARM_MESSAGE_EVENT, 0xffffffff, 7, true } },
    };
    for (unsigned i = 0; i < countof(list); i++) {
        struct arm_message message;
        uint64_t address;
        uint32_t data;
        cr_assert_eq(msi_arm_decode(&windows, list[i].address, list[i].data, 7, true, &message), MSI_ARM_OK);
        cr_assert_eq(message.kind, list[i].message.kind);
        cr_assert_eq(message.number, list[i].message.number);
        cr_assert_eq(message.device, 7);
        cr_assert(message.secure);
        cr_assert_eq(msi_arm_decode(&windows, list[i].address, list[i].data, 7, false, &message), MSI_ARM_OK);
        cr_assert_not(message.secure, "the write of a Non-secure device");
        cr_assert_eq(msi_arm_encode(&windows, &message, &address, &data), MSI_ARM_OK);
        cr_assert_eq(address, list[i].address);
        cr_assert_eq(data, list[i].message.number);
    }
}

Test(msi_arm, other_addresses_are_ordinary_writes)
{
    static const uint64_t addresses[] = { 0, 0x40, 0x8000044, 0x8020048, 0x8080040, 0x10008000040, UINT64_MAX };
    for (unsigned i = 0; i < countof(addresses); i++) {
        struct arm_message message = { .number = 0xee };
        cr_assert_eq(msi_arm_decode(&windows, addresses[i], 33, 0, false, &message), MSI_ARM_NOT_DOORBELL);
        cr_assert_eq(message.number, 0xee, "a rejected message leaves the result alone");
    }
}

Test(msi_arm, a_board_without_a_window_has_no_such_doorbell)
{
    const struct msi_arm_windows none = { MSI_ARM_NO_WINDOW, MSI_ARM_NO_WINDOW, MSI_ARM_NO_WINDOW };
    struct arm_message message = { .kind = ARM_MESSAGE_V2M };
    uint64_t address;
    uint32_t data;
    cr_assert_eq(msi_arm_decode(&none, 0x3f, 0, 0, false, &message), MSI_ARM_NOT_DOORBELL);
    cr_assert_eq(msi_arm_decode(&none, 0x8020040, 0, 0, false, &message), MSI_ARM_NOT_DOORBELL);
    cr_assert_eq(msi_arm_encode(&none, &message, &address, &data), MSI_ARM_NOT_DOORBELL);
}

Test(msi_arm, every_result_has_a_text)
{
    for (unsigned i = 0; i <= MSI_ARM_RESULTS; i++)
        cr_assert_not_null(msi_arm_text((enum msi_arm_result)i));
}
