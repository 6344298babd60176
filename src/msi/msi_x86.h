// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MSI decode for x86: an (address, data) pair becomes a plain message, or the reason why it is none.
//
// Spec: Intel SDM vol. 3, "Message Signalled Interrupts" (address and data register formats); PCI 3.0 section 6.8; the
// 15-bit destination is the paravirtual extension that KVM, QEMU, Xen and Hyper-V share; the 32-bit one is the form of
// an MSI with x2APIC ids in the upper address (as KVM documents it for 32-bit ids).
//
//      address 63           40 39  32 31        20 19      12 11       5  4  3  2 1 0
//             | id[31:8]     |   0   |   FEEh     | id[7:0]  | id[14:8] | F |RH|DM| x |
//               upper address                                 extended   remappable
//      data    31            16 15  14   13  11 10    8 7        0
//             |   ignored      | TM| LV |   0  | mode  | vector   |
//
// Pure functions: no state, any thread.
//
// Not modelled: VT-d interrupt remapping; a message in remappable format is rejected (MSI_X86_REMAPPABLE).
//
// Path: irqchip/route.c / irqchip/x86/x86_irq_deliver.c
#ifndef MSI_MSI_X86_H
#define MSI_MSI_X86_H

#include <stdbool.h>
#include <stdint.h>

#include "msi/x86_message.h"

// What the machine offers to its guest.
enum {
    MSI_X86_EXTENDED = 1 << 0, // address[11:5] is destination[14:8] (CPUID 40000001h EAX bit 15 under KVM)
    MSI_X86_UPPER = 1 << 1,    // address[63:40] is destination[31:8]
};

enum msi_x86_result {
    MSI_X86_OK,
    MSI_X86_NOT_INTERRUPT, // not in FEE00000h-FEEFFFFFh (with MSI_X86_UPPER: address[39:32] not 0): an ordinary write
    MSI_X86_REMAPPABLE,    // address bit 4 set, and there is no interrupt remapping
    MSI_X86_RESERVED_ADDRESS,  // address[11:5] not 0 without MSI_X86_EXTENDED: the id would be cut short
    MSI_X86_AMBIGUOUS,         // both the extended and the upper destination are used
    MSI_X86_RESERVED_DELIVERY, // delivery mode 3 or 6
    MSI_X86_LEVEL_DEASSERT,    // level trigger with level 0: the system bus has no way to withdraw an interrupt
    MSI_X86_NO_ENCODING,       // encode only: no pair has this meaning
    MSI_X86_RESULTS
};

// Decodes one memory write of a device. `requester` is the PCI requester id (bus << 8 | devfn) or the device id of the
// machine; used only for remapping. `flags` are MSI_X86_ bits. `*out` is written only on MSI_X86_OK. Data bits 31:16
// and 13:11 are reserved and ignored, as software may leave anything there.
enum msi_x86_result msi_x86_decode(uint64_t address, uint32_t data, uint32_t requester, unsigned flags,
                                   struct x86_message *out);

// The reverse: the pair that decodes to `message` under the same flags. MSI_X86_NO_ENCODING: SIPI, an INIT de-assert, a
// destination that needs a flag that is not given.
enum msi_x86_result msi_x86_encode(const struct x86_message *message, unsigned flags, uint64_t *address,
                                   uint32_t *data);

// A sentence for traces and `why`, never NULL.
const char *msi_x86_text(enum msi_x86_result result);

#endif
