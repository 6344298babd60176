// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A message as a driver writes it, before it is decoded: a memory write of four bytes.
#ifndef MSI_MSI_MESSAGE_H
#define MSI_MSI_MESSAGE_H

#include <stdint.h>

struct msi_message {
    uint64_t address;
    uint32_t data;
};

#endif
