// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MSI decode and encode for x86. The formats are drawn in msi_x86.h.
//
// Path: irqchip/route.c / irqchip/x86/x86_irq_deliver.c
#include "msi/msi_x86.h"

#include "base/bits.h"

// Address fields (SDM, "Message Address Register Format").
enum {
    ADDRESS_LOGICAL = BIT32(2),
    ADDRESS_HINT = BIT32(3),
    ADDRESS_REMAPPABLE = BIT32(4),
};

#define ADDRESS_WINDOW UINT32_C(0xfee00000)

// Data fields (SDM, "Message Data Register Format").
enum { DATA_ASSERT = BIT32(14), DATA_LEVEL = BIT32(15) };

static bool deliverable(unsigned delivery)
{
    return delivery != 3 && delivery != X86_SIPI;
}

static enum msi_x86_result check_address(uint64_t address, unsigned flags)
{
    bool extended = bits_get(address, 11, 5), upper = flags & MSI_X86_UPPER;

    if ((upper ? bits_get(address, 39, 20) : address >> 20) != ADDRESS_WINDOW >> 20)
        return MSI_X86_NOT_INTERRUPT;
    if (address & ADDRESS_REMAPPABLE)
        return MSI_X86_REMAPPABLE;
    if (extended && !(flags & MSI_X86_EXTENDED))
        return MSI_X86_RESERVED_ADDRESS;
    if (extended && upper && bits_get(address, 63, 40))
        return MSI_X86_AMBIGUOUS;
    return MSI_X86_OK;
}

static enum msi_x86_result check_data(uint32_t data)
{
    unsigned delivery = (unsigned)bits_get(data, 10, 8);

    if (!deliverable(delivery))
        return MSI_X86_RESERVED_DELIVERY;
    // SMI, NMI and ExtINT are edges whatever the trigger bit says; a de-assert exists for INIT in the ICR only.
    if ((data & DATA_LEVEL) && !(data & DATA_ASSERT) && (x86_delivery_has_vector(delivery) || delivery == X86_INIT))
        return MSI_X86_LEVEL_DEASSERT;
    return MSI_X86_OK;
}

enum msi_x86_result msi_x86_decode(uint64_t address, uint32_t data, uint32_t requester, unsigned flags,
                                   struct x86_message *out)
{
    enum msi_x86_result result = check_address(address, flags);
    unsigned delivery = (unsigned)bits_get(data, 10, 8);
    uint32_t upper = flags & MSI_X86_UPPER ? (uint32_t)bits_get(address, 63, 40) << 8 : 0;

    (void)requester; // a message in compatibility format is not checked against its source
    if (result == MSI_X86_OK)
        result = check_data(data);
    if (result != MSI_X86_OK)
        return result;
    *out = (struct x86_message){
        .destination = upper | (uint32_t)bits_get(address, 11, 5) << 8 | (uint32_t)bits_get(address, 19, 12),
        .vector = (uint8_t)data,
        .delivery = (uint8_t)delivery,
        // With the hint clear, DM has no effect on redirection; receivers still match by it, and guests rely on that.
        .logical = address & ADDRESS_LOGICAL,
        .redirection_hint = address & ADDRESS_HINT,
        .level = x86_delivery_has_vector(delivery) && (data & DATA_LEVEL),
        .assert_level = true,
        .short_destination = !(flags & (MSI_X86_EXTENDED | MSI_X86_UPPER)),
    };
    return MSI_X86_OK;
}

// Whether `destination` can be encoded under `flags`, FFh and FFFFFFFFh included.
static bool destination_fits(const struct x86_message *message, unsigned flags)
{
    bool wide = flags & (MSI_X86_EXTENDED | MSI_X86_UPPER);

    if (x86_message_broadcast(message))
        return message->short_destination ? !wide : (flags & MSI_X86_UPPER);
    if (message->destination < X86_BROADCAST_SHORT)
        return true;
    if (flags & MSI_X86_UPPER)
        return true;
    return (flags & MSI_X86_EXTENDED) && message->destination <= bits_low(15);
}

enum msi_x86_result msi_x86_encode(const struct x86_message *message, unsigned flags, uint64_t *address, uint32_t *data)
{
    uint64_t high = message->destination >> 8;

    if (!deliverable(message->delivery) || message->delivery > X86_EXTINT || !message->assert_level ||
        !destination_fits(message, flags))
        return MSI_X86_NO_ENCODING;
    *address = ADDRESS_WINDOW | (uint64_t)(message->destination & 0xff) << 12 |
               (message->logical ? ADDRESS_LOGICAL : 0) | (message->redirection_hint ? ADDRESS_HINT : 0) |
               (flags & MSI_X86_UPPER ? high << 40 : high << 5);
    *data = message->vector | (uint32_t)message->delivery << 8;
    if (message->level && x86_delivery_has_vector(message->delivery))
        *data |= DATA_LEVEL | DATA_ASSERT;
    return MSI_X86_OK;
}

const char *msi_x86_text(enum msi_x86_result result)
{
    static const char *const text[MSI_X86_RESULTS] = {
        [MSI_X86_OK] = "an interrupt message",
        [MSI_X86_NOT_INTERRUPT] = "the address is not in the interrupt window FEE00000h-FEEFFFFFh",
        [MSI_X86_REMAPPABLE] = "remappable format, and there is no interrupt remapping",
        [MSI_X86_RESERVED_ADDRESS] = "address bits 11:5 are set, and extended destinations are not offered",
        [MSI_X86_AMBIGUOUS] = "both the extended and the upper address destination are used",
        [MSI_X86_RESERVED_DELIVERY] = "reserved delivery mode",
        [MSI_X86_LEVEL_DEASSERT] = "a level de-assert, which the system bus does not carry",
        [MSI_X86_NO_ENCODING] = "no address and data pair says this",
    };
    return (unsigned)result < MSI_X86_RESULTS ? text[result] : "unknown result";
}
