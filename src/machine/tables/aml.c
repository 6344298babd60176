// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// AML encoding. Spec: ACPI 6.5, 20.2 (grammar), 6.4.2 (small) and 6.4.3 (large resource descriptors), 6.1.5 (EISA ids).
#include "machine/tables/aml.h"

enum {
    NAME_OP = 0x08,
    BYTE_PREFIX = 0x0a,
    WORD_PREFIX = 0x0b,
    DWORD_PREFIX = 0x0c,
    STRING_PREFIX = 0x0d,
    QWORD_PREFIX = 0x0e,
    SCOPE_OP = 0x10,
    BUFFER_OP = 0x11,
    PACKAGE_OP = 0x12,
    METHOD_OP = 0x14,
    DUAL_NAME_PREFIX = 0x2e,
    EXT_PREFIX = 0x5b,
    DEVICE_OP = 0x82, // after EXT_PREFIX
};

enum { LENGTH_SIZE = 3 };

// 20.2.4 PkgLength: the lead byte has the number of bytes that follow in bits 7:6 and the low nibble of the length.
static void put_length(struct blob *blob, size_t at, size_t length)
{
    if (blob->overflow)
        return;
    blob->data[at] = (uint8_t)(0x80 | (length & 0xf));
    blob->data[at + 1] = (uint8_t)(length >> 4);
    blob->data[at + 2] = (uint8_t)(length >> 12);
}

void aml_open(struct aml *aml)
{
    if (aml->depth == AML_DEPTH) {
        aml->blob->overflow = true;
        return;
    }
    aml->open[aml->depth++] = aml->blob->size;
    blob_zeroes(aml->blob, LENGTH_SIZE);
}

void aml_end(struct aml *aml)
{
    if (aml->depth == 0)
        return;
    size_t at = aml->open[--aml->depth];
    put_length(aml->blob, at, aml->blob->size - at);
}

// 20.2.2: segments of four characters, padded with underscores; at most two of them.
void aml_reference(struct aml *aml, const char *path)
{
    if (*path == '\\')
        blob8(aml->blob, (uint8_t)*path++);
    const char *dot = strchr(path, '.');
    if (dot)
        blob8(aml->blob, DUAL_NAME_PREFIX);
    for (;;) {
        char segment[5] = "";
        size_t length = dot ? (size_t)(dot - path) : strlen(path);
        memcpy(segment, path, length < 4 ? length : 4);
        blob_text(aml->blob, segment, 4, '_');
        if (!dot)
            return;
        path = dot + 1;
        dot = NULL;
    }
}

void aml_scope(struct aml *aml, const char *path)
{
    blob8(aml->blob, SCOPE_OP);
    aml_open(aml);
    aml_reference(aml, path);
}

void aml_device(struct aml *aml, const char *name)
{
    blob8(aml->blob, EXT_PREFIX);
    blob8(aml->blob, DEVICE_OP);
    aml_open(aml);
    aml_reference(aml, name);
}

void aml_method(struct aml *aml, const char *name, unsigned arguments)
{
    blob8(aml->blob, METHOD_OP);
    aml_open(aml);
    aml_reference(aml, name);
    blob8(aml->blob, (uint8_t)(arguments & 7));
}

void aml_package(struct aml *aml, uint8_t elements)
{
    blob8(aml->blob, PACKAGE_OP);
    aml_open(aml);
    blob8(aml->blob, elements);
}

void aml_name(struct aml *aml, const char *name)
{
    blob8(aml->blob, NAME_OP);
    aml_reference(aml, name);
}

void aml_integer(struct aml *aml, uint64_t value)
{
    if (value <= 1) {
        blob8(aml->blob, (uint8_t)value); // ZeroOp, OneOp
    } else if (value <= UINT8_MAX) {
        blob8(aml->blob, BYTE_PREFIX);
        blob8(aml->blob, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        blob8(aml->blob, WORD_PREFIX);
        blob16(aml->blob, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        blob8(aml->blob, DWORD_PREFIX);
        blob32(aml->blob, (uint32_t)value);
    } else {
        blob8(aml->blob, QWORD_PREFIX);
        blob64(aml->blob, value);
    }
}

void aml_text(struct aml *aml, const char *text)
{
    blob8(aml->blob, STRING_PREFIX);
    blob_bytes(aml->blob, text, strlen(text) + 1);
}

// 6.1.5: three letters of five bits each and four digits, stored high byte first.
void aml_eisaid(struct aml *aml, const char *id)
{
    uint32_t letters = (uint32_t)(id[0] - '@') << 10 | (uint32_t)(id[1] - '@') << 5 | (uint32_t)(id[2] - '@');
    uint32_t digits =
        aml_hex_digit(id[3]) << 12 | aml_hex_digit(id[4]) << 8 | aml_hex_digit(id[5]) << 4 | aml_hex_digit(id[6]);
    uint8_t bytes[4] = { (uint8_t)(letters >> 8), (uint8_t)letters, (uint8_t)(digits >> 8), (uint8_t)digits };
    blob8(aml->blob, DWORD_PREFIX);
    blob_bytes(aml->blob, bytes, sizeof bytes);
}

void aml_buffer(struct aml *aml, const void *bytes, uint16_t size)
{
    blob8(aml->blob, BUFFER_OP);
    aml_open(aml);
    blob8(aml->blob, WORD_PREFIX);
    blob16(aml->blob, size);
    blob_bytes(aml->blob, bytes, size);
    aml_end(aml);
}

// --- Resources, section 6.4 ------------------------------------------------------------------------------------------

void aml_resources_begin(struct aml_resources *list)
{
    list->blob = (struct blob){ .data = list->data, .capacity = sizeof list->data };
}

void aml_resources_end(struct aml *aml, struct aml_resources *list)
{
    blob8(&list->blob, 0x79); // end tag, 6.4.2.9
    blob8(&list->blob, 0);    // checksum 0: not used
    if (list->blob.overflow)
        aml->blob->overflow = true;
    aml_buffer(aml, list->data, (uint16_t)list->blob.size);
}

void aml_io(struct aml_resources *list, uint16_t port, uint8_t size) // 6.4.2.5
{
    blob8(&list->blob, 0x47);
    blob8(&list->blob, 1); // decodes 16 bits
    blob16(&list->blob, port);
    blob16(&list->blob, port);
    blob8(&list->blob, 1);
    blob8(&list->blob, size);
}

void aml_irq(struct aml_resources *list, uint8_t irq) // 6.4.2.1, without the flags byte
{
    blob8(&list->blob, 0x22);
    blob16(&list->blob, (uint16_t)(1u << irq));
}

enum { CONSUMER = 1, EDGE = 2, SHARED = 8 }; // and active high

static void extended_interrupt(struct aml_resources *list, uint8_t flags, uint32_t gsi) // 6.4.3.6
{
    blob8(&list->blob, 0x89);
    blob16(&list->blob, 6);
    blob8(&list->blob, flags);
    blob8(&list->blob, 1);
    blob32(&list->blob, gsi);
}

void aml_interrupt(struct aml_resources *list, uint32_t gsi)
{
    extended_interrupt(list, CONSUMER | SHARED, gsi);
}

void aml_edge_interrupt(struct aml_resources *list, uint32_t gsi)
{
    extended_interrupt(list, CONSUMER | EDGE, gsi);
}

void aml_memory32(struct aml_resources *list, uint32_t base, uint32_t size) // 6.4.3.4
{
    blob8(&list->blob, 0x86);
    blob16(&list->blob, 9);
    blob8(&list->blob, 1);
    blob32(&list->blob, base);
    blob32(&list->blob, size);
}

enum { WINDOW_MEMORY = 0, WINDOW_IO = 1, WINDOW_BUS = 2 };
enum { WINDOW_FIXED = 0x0c, IO_ENTIRE_RANGE = 3, IO_FROM_MEMORY = 0x10, MEMORY_READ_WRITE = 1 };

static void window16(struct aml_resources *list, uint8_t kind, uint8_t flags, uint16_t first,
                     uint16_t last) // 6.4.3.5.3
{
    blob8(&list->blob, 0x88);
    blob16(&list->blob, 13);
    blob8(&list->blob, kind);
    blob8(&list->blob, WINDOW_FIXED); // minimum and maximum fixed, positive decode, producer
    blob8(&list->blob, flags);
    blob16(&list->blob, 0);
    blob16(&list->blob, first);
    blob16(&list->blob, last);
    blob16(&list->blob, 0);
    blob16(&list->blob, (uint16_t)(last - first + 1));
}

void aml_window_bus(struct aml_resources *list, uint16_t first, uint16_t last)
{
    window16(list, WINDOW_BUS, 0, first, last);
}

void aml_window_io(struct aml_resources *list, uint16_t first, uint16_t last)
{
    window16(list, WINDOW_IO, IO_ENTIRE_RANGE, first, last);
}

void aml_window_memory(struct aml_resources *list, uint32_t first, uint32_t last) // 6.4.3.5.2
{
    blob8(&list->blob, 0x87);
    blob16(&list->blob, 23);
    blob8(&list->blob, WINDOW_MEMORY);
    blob8(&list->blob, WINDOW_FIXED);
    blob8(&list->blob, MEMORY_READ_WRITE);
    blob32(&list->blob, 0);
    blob32(&list->blob, first);
    blob32(&list->blob, last);
    blob32(&list->blob, 0);
    blob32(&list->blob, last - first + 1);
}

static void window64(struct aml_resources *list, uint8_t kind, uint8_t general, uint8_t flags, uint64_t first,
                     uint64_t last,
                     uint64_t offset) // 6.4.3.5.1
{
    blob8(&list->blob, 0x8a);
    blob16(&list->blob, 43);
    blob8(&list->blob, kind);
    blob8(&list->blob, general);
    blob8(&list->blob, flags);
    blob64(&list->blob, 0);
    blob64(&list->blob, first);
    blob64(&list->blob, last);
    blob64(&list->blob, offset);
    blob64(&list->blob, last - first + 1);
}

void aml_window_memory64(struct aml_resources *list, uint64_t first, uint64_t last)
{
    window64(list, WINDOW_MEMORY, WINDOW_FIXED, MEMORY_READ_WRITE, first, last, 0);
}

void aml_window_ports(struct aml_resources *list, uint16_t last, uint64_t memory)
{
    window64(list, WINDOW_IO, WINDOW_FIXED, IO_ENTIRE_RANGE | IO_FROM_MEMORY, 0, last, memory);
}

void aml_memory64(struct aml_resources *list, uint64_t base, uint64_t size)
{
    window64(list, WINDOW_MEMORY, WINDOW_FIXED | CONSUMER, MEMORY_READ_WRITE, base, base + size - 1, 0);
}

void aml_gpio_interrupt(struct aml_resources *list, const char *controller, uint16_t pin) // 6.4.3.8.1
{
    enum { PINS_AT = 23, NAME_AT = PINS_AT + 2, EDGE_TRIGGERED = 1 };
    uint16_t end = (uint16_t)(NAME_AT + strlen(controller) + 1);
    blob8(&list->blob, 0x8c);
    blob16(&list->blob, (uint16_t)(end - 3));
    blob8(&list->blob, 1); // revision
    blob8(&list->blob, 0); // an interrupt
    blob16(&list->blob, CONSUMER);
    blob16(&list->blob, EDGE_TRIGGERED); // active high, exclusive
    blob8(&list->blob, 0);               // the pin as it is
    blob_zeroes(&list->blob, 4);         // drive strength, debounce time
    blob16(&list->blob, PINS_AT);
    blob8(&list->blob, 0);
    blob16(&list->blob, NAME_AT);
    blob16(&list->blob, end);
    blob16(&list->blob, 0); // no vendor data
    blob16(&list->blob, pin);
    blob_bytes(&list->blob, controller, strlen(controller) + 1);
}
