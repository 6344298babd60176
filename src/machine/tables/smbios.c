// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See smbios.h. DSP0134 3.7: 5.2 (entry points), 6.1 (structures and their strings), 7.1 to 7.5, 7.12, 7.17, 7.18, 7.20, 7.33, 7.45.
//
// Not modelled: types 8, 9 and 41 of -smbios (ports, slots, onboard devices); a processor's id unless it is given; caches.
#include "machine/tables/smbios.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/tables/blob.h"

enum { FIRMWARE, SYSTEM, BOARD, CHASSIS, CPU, STRINGS = 11, MEMORY = 16, DIMM, MAPPED = 19, BOOT = 32, END = 127 };
enum { HEADER = 4, LONGEST = 0x30, MHZ = 1000 }; // the clock of the processors, 1 GHz
enum { EXTENDED_2 = 0x13, UEFI = 1 << 3, VIRTUAL = 1 << 4 };
enum { DIMM_SPEED = 0x15, DIMM_CONFIGURED = 0x20, DIMM_LOCATOR = 0x10, CPU_SOCKET = 4 };

#define DIMM_SIZE (UINT64_C(16) << 30)

// --- What can be said ------------------------------------------------------------------------------------------------

enum kind { TEXT, NUMBER16, NUMBER64, RELEASE, UEFI_FLAG, VM_FLAG, PREFIX, SPEED, ITEM };

// A property by its name, and where it is in its structure.
static const struct property {
    uint8_t type, offset;
    enum kind kind;
    const char *name;
} properties[] = {
    { FIRMWARE, 0x04, TEXT, "vendor" },
    { FIRMWARE, 0x05, TEXT, "version" },
    { FIRMWARE, 0x08, TEXT, "date" },
    { FIRMWARE, 0x14, RELEASE, "release" },
    { FIRMWARE, EXTENDED_2, UEFI_FLAG, "uefi" },
    { FIRMWARE, EXTENDED_2, VM_FLAG, "vm" },
    { SYSTEM, 0x04, TEXT, "manufacturer" },
    { SYSTEM, 0x05, TEXT, "product" },
    { SYSTEM, 0x06, TEXT, "version" },
    { SYSTEM, 0x07, TEXT, "serial" },
    { SYSTEM, 0x19, TEXT, "sku" },
    { SYSTEM, 0x1a, TEXT, "family" },
    { BOARD, 0x04, TEXT, "manufacturer" },
    { BOARD, 0x05, TEXT, "product" },
    { BOARD, 0x06, TEXT, "version" },
    { BOARD, 0x07, TEXT, "serial" },
    { BOARD, 0x08, TEXT, "asset" },
    { BOARD, 0x0a, TEXT, "location" },
    { CHASSIS, 0x04, TEXT, "manufacturer" },
    { CHASSIS, 0x06, TEXT, "version" },
    { CHASSIS, 0x07, TEXT, "serial" },
    { CHASSIS, 0x08, TEXT, "asset" },
    { CHASSIS, 0x15, TEXT, "sku" },
    { CPU, CPU_SOCKET, PREFIX, "sock_pfx" },
    { CPU, 0x07, TEXT, "manufacturer" },
    { CPU, 0x08, NUMBER64, "processor-id" },
    { CPU, 0x10, TEXT, "version" },
    { CPU, 0x14, NUMBER16, "max-speed" },
    { CPU, 0x16, NUMBER16, "current-speed" },
    { CPU, 0x20, TEXT, "serial" },
    { CPU, 0x21, TEXT, "asset" },
    { CPU, 0x22, TEXT, "part" },
    { CPU, 0x28, NUMBER16, "processor-family" },
    { STRINGS, 0, ITEM, "value" },
    { DIMM, DIMM_LOCATOR, PREFIX, "loc_pfx" },
    { DIMM, 0x11, TEXT, "bank" },
    { DIMM, 0x17, TEXT, "manufacturer" },
    { DIMM, 0x18, TEXT, "serial" },
    { DIMM, 0x19, TEXT, "asset" },
    { DIMM, 0x1a, TEXT, "part" },
    { DIMM, DIMM_SPEED, SPEED, "speed" },
};

static const struct property *find(const struct intact_smbios_config *setting)
{
    for (unsigned i = 0; i < countof(properties); i++)
        if (properties[i].type == setting->type && strcmp(properties[i].name, setting->name) == 0)
            return &properties[i];
    return NULL;
}

static bool says(const struct smbios_description *machine, unsigned type)
{
    for (unsigned i = 0; i < machine->count; i++)
        if (machine->settings[i].name && machine->settings[i].type == type)
            return true;
    return false;
}

// --- A structure -----------------------------------------------------------------------------------------------------

struct structure {
    uint8_t length;
    uint8_t bytes[LONGEST];
    const char *text[LONGEST]; // by the offset of its number; NULL: none
    char name[80];             // of a part that is numbered: its prefix and the number
};

struct builder {
    const struct smbios_description *machine;
    struct blob blob;
    struct smbios_sizes sizes;
    struct error *error;
    int result;
};

// The structures of one type are numbered from 0; their handles have the type above.
static struct structure begin(unsigned type, unsigned index, unsigned length)
{
    struct structure s = { .length = (uint8_t)length, .bytes = { (uint8_t)type, (uint8_t)length } };
    put16(s.bytes + 2, (uint16_t)(type << 8 | index));
    return s;
}

static void count(struct builder *builder, size_t start)
{
    size_t size = builder->blob.size - start;
    builder->sizes.count++;
    if (size > builder->sizes.largest)
        builder->sizes.largest = size;
}

// Strings follow in the order of their numbers; after the last one there is another zero (6.1.3).
static void finish(struct builder *builder, struct structure *s)
{
    struct blob *blob = &builder->blob;
    size_t start = blob->size;
    uint8_t number = 0;
    for (unsigned i = HEADER; i < s->length; i++)
        if (s->text[i] && *s->text[i])
            s->bytes[i] = ++number;
    blob_bytes(blob, s->bytes, s->length);
    for (unsigned i = HEADER; i < s->length; i++)
        if (s->text[i] && *s->text[i])
            blob_bytes(blob, s->text[i], strlen(s->text[i]) + 1);
    blob_zeroes(blob, number ? 1 : 2);
    count(builder, start);
}

static void refuse(struct builder *builder, const struct intact_smbios_config *setting, const char *wanted)
{
    if (builder->result == 0)
        builder->result = error_set(builder->error, -EINVAL, "-smbios: type=%u: %s=%.80s is not %s", setting->type,
                                    setting->name, setting->value, wanted);
}

static uint64_t number_of(struct builder *builder, const struct intact_smbios_config *setting, uint64_t limit)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(setting->value, &end, 0);
    if (errno || *end || end == setting->value || setting->value[0] == '-' || number > limit)
        refuse(builder, setting, limit > UINT16_MAX ? "a number" : "a number from 0 to 65535");
    return number;
}

static void set_release(struct builder *builder, struct structure *s, const struct property *property,
                        const struct intact_smbios_config *setting)
{
    unsigned major, minor;
    char more;
    if (sscanf(setting->value, "%3u.%3u%c", &major, &minor, &more) != 2 || major > UINT8_MAX || minor > UINT8_MAX) {
        refuse(builder, setting, "a release as 1.0, of two numbers from 0 to 255");
        return;
    }
    s->bytes[property->offset] = (uint8_t)major;
    s->bytes[property->offset + 1] = (uint8_t)minor;
}

static void set_flag(struct builder *builder, struct structure *s, const struct property *property,
                     const struct intact_smbios_config *setting, uint8_t flag)
{
    bool on = strcmp(setting->value, "on") == 0;
    if (!on && strcmp(setting->value, "off") != 0)
        refuse(builder, setting, "on or off");
    s->bytes[property->offset] = (uint8_t)((s->bytes[property->offset] & ~flag) | (on ? flag : 0));
}

static void set(struct builder *builder, struct structure *s, const struct property *property,
                const struct intact_smbios_config *setting)
{
    uint8_t *at = s->bytes + property->offset;
    switch (property->kind) {
    case TEXT: s->text[property->offset] = setting->value; return;
    case NUMBER16: put16(at, (uint16_t)number_of(builder, setting, UINT16_MAX)); return;
    case NUMBER64: put64(at, number_of(builder, setting, UINT64_MAX)); return;
    case RELEASE: set_release(builder, s, property, setting); return;
    case UEFI_FLAG: set_flag(builder, s, property, setting, UEFI); return;
    case VM_FLAG: set_flag(builder, s, property, setting, VIRTUAL); return;
    case SPEED:
        put16(at, (uint16_t)number_of(builder, setting, UINT16_MAX));
        memcpy(s->bytes + DIMM_CONFIGURED, at, 2);
        return;
    case PREFIX: // numbered() has it
    case ITEM: return;
    }
}

// What the configuration says of this structure's type. The last one of a name is used.
static void apply(struct builder *builder, struct structure *s)
{
    for (unsigned i = 0; i < builder->machine->count; i++) {
        const struct intact_smbios_config *setting = &builder->machine->settings[i];
        if (setting->name && setting->type == s->bytes[0])
            set(builder, s, find(setting), setting);
    }
}

// The name of part `index`: "CPU 0".
static void numbered(struct builder *builder, struct structure *s, unsigned offset, const char *prefix, unsigned index)
{
    for (unsigned i = 0; i < builder->machine->count; i++) {
        const struct intact_smbios_config *setting = &builder->machine->settings[i];
        if (setting->name && setting->type == s->bytes[0] && find(setting)->kind == PREFIX)
            prefix = setting->value;
    }
    snprintf(s->name, sizeof s->name, "%.60s %u", prefix, index);
    s->text[offset] = s->name;
}

// --- The structures --------------------------------------------------------------------------------------------------

// 7.1. Characteristics: not said, but that the machine is virtual.
static void firmware(struct builder *builder)
{
    struct structure s = begin(FIRMWARE, 0, 0x18);
    s.text[0x04] = "Intact";
    s.text[0x05] = "1";
    s.text[0x08] = "01/01/2026";
    put16(s.bytes + 6, 0xe000); // the segment of the first byte
    s.bytes[9] = 1;             // 128 KiB
    s.bytes[0x0a] = 1 << 3;
    s.bytes[EXTENDED_2] = VIRTUAL;
    s.bytes[0x16] = s.bytes[0x17] = 0xff; // no embedded controller
    apply(builder, &s);
    finish(builder, &s);
}

// 7.2. A UUID's first three fields are little-endian (7.2.1).
static void system_structure(struct builder *builder)
{
    static const uint8_t order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
    struct structure s = begin(SYSTEM, 0, 0x1b);
    s.text[0x04] = "Intact";
    s.text[0x05] = builder->machine->product;
    for (unsigned i = 0; i < countof(order) && builder->machine->uuid; i++)
        s.bytes[8 + i] = builder->machine->uuid[order[i]];
    s.bytes[0x18] = 6; // woken by the power switch
    apply(builder, &s);
    finish(builder, &s);
}

// 7.3: a motherboard in the chassis of type 3.
static void board(struct builder *builder)
{
    struct structure s = begin(BOARD, 0, 0x0f);
    s.text[0x04] = "Intact";
    s.text[0x05] = builder->machine->product;
    s.bytes[9] = 1; // hosts the others
    put16(s.bytes + 0x0b, CHASSIS << 8);
    s.bytes[0x0d] = 0x0a;
    apply(builder, &s);
    finish(builder, &s);
}

// 7.4
static void chassis(struct builder *builder)
{
    struct structure s = begin(CHASSIS, 0, 0x16);
    s.text[0x04] = "Intact";
    s.bytes[5] = 1;                                 // other
    s.bytes[9] = s.bytes[0x0a] = s.bytes[0x0b] = 3; // safe
    s.bytes[0x0c] = 2;                              // security: unknown
    apply(builder, &s);
    finish(builder, &s);
}

// 7.5: one socket has all processors as cores.
static void cpu(struct builder *builder)
{
    unsigned cores = builder->machine->cpus;
    struct structure s = begin(CPU, 0, 0x30);
    numbered(builder, &s, CPU_SOCKET, "CPU", 0);
    s.text[0x07] = "Intact";
    s.bytes[5] = 3;    // a central processor
    s.bytes[6] = 0xfe; // its family is in the other field
    put16(s.bytes + 0x14, MHZ);
    put16(s.bytes + 0x16, MHZ);
    s.bytes[0x18] = 0x41; // populated, enabled
    s.bytes[0x19] = 1;
    memset(s.bytes + 0x1a, 0xff, 6); // no structures of caches
    memset(s.bytes + 0x23, cores < 0xff ? (int)cores : 0xff, 3);
    put16(s.bytes + 0x26, 2); // characteristics: unknown
    put16(s.bytes + 0x28, 1); // other
    for (unsigned i = 0; i < 3; i++)
        put16(s.bytes + 0x2a + 2 * i, (uint16_t)cores);
    apply(builder, &s);
    finish(builder, &s);
}

// 7.12
static void strings(struct builder *builder)
{
    struct structure s = begin(STRINGS, 0, 5);
    size_t start = builder->blob.size;
    if (!says(builder->machine, STRINGS))
        return;
    for (unsigned i = 0; i < builder->machine->count; i++)
        s.bytes[4] = (uint8_t)(s.bytes[4] +
                               (builder->machine->settings[i].name && builder->machine->settings[i].type == STRINGS));
    blob_bytes(&builder->blob, s.bytes, s.length);
    for (unsigned i = 0; i < builder->machine->count; i++) {
        const struct intact_smbios_config *setting = &builder->machine->settings[i];
        if (!setting->name || setting->type != STRINGS)
            continue;
        if (!*setting->value)
            refuse(builder, setting, "a string of one character or more");
        blob_bytes(&builder->blob, setting->value, strlen(setting->value) + 1);
    }
    blob8(&builder->blob, 0);
    count(builder, start);
}

static uint64_t ram_size(const struct smbios_description *machine)
{
    uint64_t size = 0;
    for (unsigned i = 0; i < SMBIOS_RANGES; i++)
        size += machine->ram[i].size;
    return size;
}

static unsigned dimms(const struct smbios_description *machine)
{
    return (unsigned)((ram_size(machine) + DIMM_SIZE - 1) / DIMM_SIZE);
}

// 7.17: an array of system memory without error correction.
static void memory(struct builder *builder)
{
    uint64_t size = ram_size(builder->machine), kib = size >> 10;
    struct structure s = begin(MEMORY, 0, 0x17);
    s.bytes[4] = 1;
    s.bytes[5] = 3;
    s.bytes[6] = 3;
    put32(s.bytes + 7, kib < 0x80000000 ? (uint32_t)kib : 0x80000000);
    put16(s.bytes + 0x0b, 0xfffe);
    put16(s.bytes + 0x0d, (uint16_t)dimms(builder->machine));
    put64(s.bytes + 0x0f, kib < 0x80000000 ? 0 : size);
    apply(builder, &s);
    finish(builder, &s);
}

// 7.18.4: in MiB, or in KiB with the highest bit; a larger one in another field.
static void put_dimm_size(struct structure *s, uint64_t size)
{
    uint64_t mib = size >> 20, kib = size >> 10;
    bool small = size % (1 << 20) && kib < 0x8000;
    put16(s->bytes + 0x0c, (uint16_t)(small ? 0x8000 | kib : mib < 0x7fff ? mib : 0x7fff));
    put32(s->bytes + 0x1c, !small && mib >= 0x7fff ? (uint32_t)mib : 0);
}

// 7.18
static void dimm(struct builder *builder, unsigned index)
{
    uint64_t left = ram_size(builder->machine) - index * DIMM_SIZE;
    struct structure s = begin(DIMM, index, 0x28);
    numbered(builder, &s, DIMM_LOCATOR, "DIMM", index);
    s.text[0x17] = "Intact";
    put16(s.bytes + 4, MEMORY << 8);
    put16(s.bytes + 6, 0xfffe);
    put32(s.bytes + 8, UINT32_MAX); // widths are unknown
    put_dimm_size(&s, left < DIMM_SIZE ? left : DIMM_SIZE);
    s.bytes[0x0e] = 9;        // a DIMM
    s.bytes[0x12] = 7;        // RAM
    put16(s.bytes + 0x13, 2); // other
    apply(builder, &s);
    finish(builder, &s);
}

// 7.20: in KiB, the end included, or in bytes in other fields.
static void mapped(struct builder *builder, unsigned index)
{
    const struct smbios_range *range = &builder->machine->ram[index];
    uint64_t last = range->base + range->size - 1;
    struct structure s = begin(MAPPED, index, 0x1f);
    bool fits = last >> 10 < UINT32_MAX;
    put32(s.bytes + 4, fits ? (uint32_t)(range->base >> 10) : UINT32_MAX);
    put32(s.bytes + 8, fits ? (uint32_t)(last >> 10) : UINT32_MAX);
    put16(s.bytes + 0x0c, MEMORY << 8);
    s.bytes[0x0e] = 1;
    put64(s.bytes + 0x0f, fits ? 0 : range->base);
    put64(s.bytes + 0x17, fits ? 0 : last);
    finish(builder, &s);
}

// 7.33 (no errors were found), and 7.45
static void ends(struct builder *builder)
{
    struct structure boot = begin(BOOT, 0, 0x0b), end = begin(END, 0, 4);
    finish(builder, &boot);
    finish(builder, &end);
}

// --- Structures from files -------------------------------------------------------------------------------------------

// The size of the structure at `at` with its strings; 0: there is no end within `size`.
static size_t structure_size(const uint8_t *at, size_t size)
{
    size_t end = size >= HEADER ? at[1] : size;
    if (end < HEADER)
        return 0;
    for (; end + 2 <= size; end++)
        if (at[end] == 0 && at[end + 1] == 0)
            return end + 2;
    return 0;
}

static bool in_file(const struct smbios_description *machine, unsigned type)
{
    for (unsigned i = 0; i < machine->count; i++) {
        const struct intact_smbios_config *file = &machine->settings[i];
        for (size_t at = 0, size; file->file && at < file->data_size; at += size) {
            const uint8_t *bytes = (const uint8_t *)file->data + at;
            size = structure_size(bytes, file->data_size - at);
            if (size == 0 || bytes[0] == type)
                return size != 0;
        }
    }
    return false;
}

static int put_file(struct builder *builder, const struct intact_smbios_config *file)
{
    for (size_t at = 0, size; at < file->data_size; at += size) {
        const uint8_t *bytes = (const uint8_t *)file->data + at;
        size_t start = builder->blob.size;
        size = structure_size(bytes, file->data_size - at);
        if (size == 0)
            return error_set(builder->error, -EINVAL,
                             "-smbios: '%.80s' is no SMBIOS structure with its strings, from byte %zu on", file->file,
                             at);
        if (says(builder->machine, bytes[0]))
            return error_set(builder->error, -EINVAL,
                             "-smbios: '%.80s' has type %u, which type=%u of another -smbios describes too", file->file,
                             bytes[0], bytes[0]);
        if (bytes[0] == END)
            return error_set(builder->error, -EINVAL, "-smbios: '%.80s' has type 127, the end, which is added here",
                             file->file);
        blob_bytes(&builder->blob, bytes, size);
        count(builder, start);
    }
    return 0;
}

// --- The whole -------------------------------------------------------------------------------------------------------

static int check(const struct smbios_description *machine, struct error *error)
{
    for (unsigned i = 0; i < machine->count; i++) {
        const struct intact_smbios_config *setting = &machine->settings[i];
        char names[256] = "";
        if (!setting->name || find(setting))
            continue;
        for (unsigned p = 0, length = 0; p < countof(properties) && length < sizeof names; p++)
            if (properties[p].type == setting->type)
                length += (unsigned)snprintf(names + length, sizeof names - length, "%s%s", length ? ", " : "",
                                             properties[p].name);
        if (!*names)
            return error_set(error, -EINVAL, "-smbios: type=%u: types 0, 1, 2, 3, 4, 11 and 17 can be described",
                             setting->type);
        return error_set(error, -EINVAL, "-smbios: type=%u has no property '%.80s'; there is %s", setting->type,
                         setting->name, names);
    }
    return 0;
}

static void build_all(struct builder *builder)
{
    const struct smbios_description *machine = builder->machine;
    static void (*const one[])(struct builder * builder) = {
        [FIRMWARE] = firmware, [SYSTEM] = system_structure, [BOARD] = board,   [CHASSIS] = chassis,
        [CPU] = cpu,           [STRINGS] = strings,         [MEMORY] = memory,
    };
    for (unsigned type = 0; type < countof(one); type++) {
        bool wanted =
            type == FIRMWARE ? machine->firmware || says(machine, type) : type != BOARD || says(machine, type);
        if (one[type] && wanted && !in_file(machine, type))
            one[type](builder);
    }
    for (unsigned i = 0; i < dimms(machine) && !in_file(machine, DIMM); i++)
        dimm(builder, i);
    for (unsigned i = 0; i < SMBIOS_RANGES && !in_file(machine, MAPPED); i++)
        if (machine->ram[i].size)
            mapped(builder, i);
}

int smbios_build(const struct smbios_description *machine, uint8_t *out, size_t capacity, struct smbios_sizes *sizes,
                 struct error *error)
{
    struct builder builder = { .machine = machine, .blob = { .data = out, .capacity = capacity }, .error = error };
    int result = check(machine, error);
    for (unsigned i = 0; i < machine->count && result == 0; i++)
        if (machine->settings[i].file)
            result = put_file(&builder, &machine->settings[i]);
    if (result < 0)
        return result;
    build_all(&builder);
    ends(&builder);
    builder.sizes.bytes = builder.blob.size;
    *sizes = builder.sizes;
    if (builder.blob.overflow && builder.result == 0)
        return error_set(error, -ENOSPC, "-smbios: the tables are larger than %zu bytes", capacity);
    return builder.result;
}

// 5.2.1
void smbios_entry_21(const struct smbios_sizes *sizes, uint32_t address, uint8_t *out)
{
    struct blob blob = { .data = out, .capacity = SMBIOS_ENTRY_21_SIZE };
    memset(out, 0, SMBIOS_ENTRY_21_SIZE);
    memcpy(out, "_SM_", 4);
    out[5] = SMBIOS_ENTRY_21_SIZE;
    out[6] = 2; // version 2.8
    out[7] = 8;
    put16(out + 8, (uint16_t)sizes->largest);
    memcpy(out + 0x10, "_DMI_", 5);
    put16(out + 0x16, (uint16_t)sizes->bytes);
    put32(out + 0x18, address);
    put16(out + 0x1c, (uint16_t)sizes->count);
    out[0x1e] = 0x28;
    out[0x15] = blob_checksum(&blob, 0x10, SMBIOS_ENTRY_21_SIZE - 0x10);
    out[4] = blob_checksum(&blob, 0, SMBIOS_ENTRY_21_SIZE);
}

// 5.2.2
void smbios_entry_30(const struct smbios_sizes *sizes, uint64_t address, uint8_t *out)
{
    struct blob blob = { .data = out, .capacity = SMBIOS_ENTRY_30_SIZE };
    memset(out, 0, SMBIOS_ENTRY_30_SIZE);
    memcpy(out, "_SM3_", 5);
    out[6] = SMBIOS_ENTRY_30_SIZE;
    out[7] = 3;    // version 3.0
    out[0x0a] = 1; // of the entry point
    put32(out + 0x0c, (uint32_t)sizes->bytes);
    put64(out + 0x10, address);
    out[5] = blob_checksum(&blob, 0, SMBIOS_ENTRY_30_SIZE);
}
