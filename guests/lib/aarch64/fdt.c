// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See fdt.h. Tokens and header: Devicetree Specification 0.4, sections 5.2 and 5.4.
#include "lib/aarch64/fdt.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOTHING = 4 };
enum { MAGIC = 0, STRUCTURE = 2, STRINGS = 3 }; // words of the header

uint32_t fdt_cell(const void *value, unsigned index)
{
    return __builtin_bswap32(((const uint32_t *)value)[index]);
}

static bool equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static uint32_t length(const char *text)
{
    uint32_t n = 0;
    while (text[n])
        n++;
    return n;
}

static const char *property_name(const void *fdt, const uint32_t *property)
{
    return (const char *)fdt + fdt_cell(fdt, STRINGS) + fdt_cell(property, 2);
}

static const uint32_t *behind_property(const uint32_t *property)
{
    return property + 3 + (fdt_cell(property, 1) + 3) / 4;
}

bool fdt_valid(const void *fdt)
{
    return fdt && fdt_cell(fdt, MAGIC) == 0xd00dfeed;
}

static void enter(struct fdt_node *node, const uint32_t *at)
{
    node->name = (const char *)(at + 1);
    node->at = at + 1 + length(node->name) / 4 + 1;
    node->depth++;
    if (node->depth < FDT_DEPTH) {
        node->address_cells[node->depth] = 2;
        node->size_cells[node->depth] = 1;
    }
}

static void note_cells(const void *fdt, struct fdt_node *node, const uint32_t *property)
{
    if (node->depth >= FDT_DEPTH)
        return;
    if (equal(property_name(fdt, property), "#address-cells"))
        node->address_cells[node->depth] = (uint8_t)fdt_cell(property, 3);
    else if (equal(property_name(fdt, property), "#size-cells"))
        node->size_cells[node->depth] = (uint8_t)fdt_cell(property, 3);
}

bool fdt_next(const void *fdt, struct fdt_node *node)
{
    const uint32_t *at = node->at ? node->at : (const uint32_t *)((const char *)fdt + fdt_cell(fdt, STRUCTURE));
    for (;;) {
        switch (fdt_cell(at, 0)) {
        case BEGIN_NODE: enter(node, at); return true;
        case END_NODE:
            node->depth--;
            at++;
            break;
        case PROPERTY:
            note_cells(fdt, node, at);
            at = behind_property(at);
            break;
        case NOTHING: at++; break;
        default: return false;
        }
    }
}

const void *fdt_property(const void *fdt, const struct fdt_node *node, const char *name, uint32_t *size)
{
    for (const uint32_t *at = node->at;;) {
        uint32_t token = fdt_cell(at, 0);
        if (token == PROPERTY && equal(property_name(fdt, at), name)) {
            *size = fdt_cell(at, 1);
            return at + 3;
        }
        if (token != PROPERTY && token != NOTHING)
            return NULL;
        at = token == PROPERTY ? behind_property(at) : at + 1;
    }
}

bool fdt_compatible(const void *fdt, const struct fdt_node *node, const char *name)
{
    uint32_t size, at = 0;
    const char *texts = fdt_property(fdt, node, "compatible", &size);
    if (!texts)
        return false;
    for (; at < size; at += length(texts + at) + 1)
        if (equal(texts + at, name))
            return true;
    return false;
}

bool fdt_find(const void *fdt, struct fdt_node *node, const char *name)
{
    while (fdt_next(fdt, node))
        if (fdt_compatible(fdt, node, name))
            return true;
    return false;
}

bool fdt_named(const struct fdt_node *node, const char *name)
{
    const char *at = node->name;
    while (*name && *at == *name)
        at++, name++;
    return !*name && (!*at || *at == '@');
}

static uint64_t number(const uint32_t *cells, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 32 | fdt_cell(cells, i);
    return value;
}

bool fdt_reg(const void *fdt, const struct fdt_node *node, unsigned index, uint64_t *address, uint64_t *size)
{
    unsigned parent = node->depth - 1;
    if (parent < 1 || parent >= FDT_DEPTH)
        return false;
    unsigned address_cells = node->address_cells[parent], size_cells = node->size_cells[parent];
    unsigned stride = address_cells + size_cells;
    uint32_t bytes;
    const uint32_t *cells = fdt_property(fdt, node, "reg", &bytes);
    if (!cells || bytes < 4 * stride * (index + 1))
        return false;
    *address = number(cells + index * stride, address_cells);
    if (size)
        *size = number(cells + index * stride + address_cells, size_cells);
    return true;
}
