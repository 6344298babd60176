// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads a device tree where it lies (Devicetree Specification 0.4, chapter 5). Nodes are walked in their order:
//
//     struct fdt_node node = { 0 };
//     while (fdt_next(fdt, &node))
//         if (fdt_compatible(fdt, &node, "arm,pl011"))
//             ...
//
// Not modelled: phandles, and `ranges` other than empty ones.
#ifndef GUEST_AARCH64_FDT_H
#define GUEST_AARCH64_FDT_H

#include "lib/access.h"

enum { FDT_DEPTH = 8 };

struct fdt_node {
    const char *name;   // with its unit address, "pl011@9000000"; the root's is empty
    const uint32_t *at; // the first of its properties
    unsigned depth;     // 1: the root
    uint8_t address_cells[FDT_DEPTH], size_cells[FDT_DEPTH]; // for the children of the node at that depth
};

bool fdt_valid(const void *fdt);
// The node behind `node`, the root first; false after the last.
bool fdt_next(const void *fdt, struct fdt_node *node);
// A property's value, in big-endian cells, and its size in bytes; NULL: it has none of that name.
const void *fdt_property(const void *fdt, const struct fdt_node *node, const char *name, uint32_t *size);
uint32_t fdt_cell(const void *value, unsigned index);
// Whether `name` is one of the strings in `compatible`.
bool fdt_compatible(const void *fdt, const struct fdt_node *node, const char *name);
// The next node that is compatible.
bool fdt_find(const void *fdt, struct fdt_node *node, const char *name);
// Whether the node's name is `name`, whatever its unit address.
bool fdt_named(const struct fdt_node *node, const char *name);
// Pair `index` of `reg`; `size` may be NULL.
bool fdt_reg(const void *fdt, const struct fdt_node *node, unsigned index, uint64_t *address, uint64_t *size);

#endif
