// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bounded ELF reader. Spec: System V ABI, chapters 4 (object files) and 5 (program loading).
//
//     header ---> program headers ---> PT_LOAD   file bytes, then zeroes, at p_paddr
//                                  \-> PT_NOTE   name, type, contents, each padded to 4 (or 8) bytes
//
// Not modelled: sections, symbols, relocation, dynamic linking; big-endian files are refused.
#include "machine/boot/elf.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "machine/boot/guest_memory.h"
#include "machine/tables/bytes.h"

enum { PT_LOAD = 1, PT_NOTE = 4 };

#define ADDRESS_LIMIT BIT64(52) // the widest physical address of both families

bool elf_is(const struct image *image)
{
    return image->size >= 52 && memcmp(image->data, "\177ELF", 4) == 0;
}

static void read_segment(const uint8_t *at, bool is64, struct elf_segment *segment)
{
    segment->type = get32(at);
    if (is64) {
        segment->offset = get64(at + 8);
        segment->virtual_address = get64(at + 16);
        segment->address = get64(at + 24);
        segment->file_size = get64(at + 32);
        segment->memory_size = get64(at + 40);
    } else {
        segment->offset = get32(at + 4);
        segment->virtual_address = get32(at + 8);
        segment->address = get32(at + 12);
        segment->file_size = get32(at + 16);
        segment->memory_size = get32(at + 20);
    }
}

static int check_segment(const struct image *image, const struct elf *elf, unsigned index, struct error *error)
{
    const struct elf_segment *segment = &elf->segment[index];
    if (segment->type != PT_LOAD && segment->type != PT_NOTE)
        return 0;
    if (!image_holds(image, segment->offset, segment->file_size))
        return error_set(error, -EINVAL, "ELF segment %u reaches beyond the end of the file (truncated?)", index);
    if (segment->type == PT_NOTE)
        return 0;
    if (segment->memory_size < segment->file_size)
        return error_set(error, -EINVAL, "ELF segment %u is larger in the file than in memory", index);
    if (segment->address >= ADDRESS_LIMIT || segment->memory_size > ADDRESS_LIMIT - segment->address)
        return error_set(error, -EINVAL, "ELF segment %u ends beyond the physical address space", index);
    for (unsigned i = 0; i < index; i++) {
        const struct elf_segment *other = &elf->segment[i];
        if (other->type == PT_LOAD && segment->address < other->address + other->memory_size &&
            other->address < segment->address + segment->memory_size)
            return error_set(error, -EINVAL, "ELF segments %u and %u overlap at 0x%" PRIx64, i, index,
                             segment->address > other->address ? segment->address : other->address);
    }
    return 0;
}

static void widen(struct elf *elf, const struct elf_segment *segment)
{
    if (segment->type != PT_LOAD || segment->memory_size == 0)
        return;
    if (segment->address < elf->lowest)
        elf->lowest = segment->address;
    if (segment->address + segment->memory_size > elf->highest)
        elf->highest = segment->address + segment->memory_size;
}

static int check_machine(const struct elf *elf, enum elf_family family, struct error *error)
{
    if (family == ELF_X86 && elf->machine != ELF_MACHINE_386 && elf->machine != ELF_MACHINE_X86_64)
        return error_set(error, -EINVAL, "ELF file is for machine %u, not for x86 (3 or 62)", elf->machine);
    if (family == ELF_AARCH64 && (elf->machine != ELF_MACHINE_AARCH64 || !elf->is64))
        return error_set(error, -EINVAL, "ELF file is for machine %u of %u bits, not for AArch64 (183 of 64)",
                         elf->machine, elf->is64 ? 64 : 32);
    return 0;
}

static int parse_header(const struct image *image, struct elf *elf, struct error *error)
{
    const uint8_t *header = image->data;
    if (!elf_is(image))
        return error_set(error, -EINVAL, "not an ELF file");
    elf->is64 = header[4] == 2;
    if ((header[4] != 1 && header[4] != 2) || header[5] != 1 || image->size < (elf->is64 ? 64u : 52u))
        return error_set(error, -EINVAL, "ELF header is damaged or not little-endian");
    elf->machine = get16(header + 18);
    elf->entry = elf->is64 ? get64(header + 24) : get32(header + 24);
    return 0;
}

static int parse_segments(const struct image *image, struct elf *elf, struct error *error)
{
    const uint8_t *header = image->data;
    uint64_t table = elf->is64 ? get64(header + 32) : get32(header + 28);
    unsigned size = get16(header + (elf->is64 ? 54 : 42)), count = get16(header + (elf->is64 ? 56 : 44));
    if (size < (elf->is64 ? 56u : 32u) || count == 0 || !image_holds(image, table, (uint64_t)size * count))
        return error_set(error, -EINVAL, "ELF program headers are missing or beyond the end of the file (truncated?)");
    if (count > ELF_SEGMENT_LIMIT)
        return error_set(error, -EINVAL, "ELF file has %u program headers, at most %u are taken", count,
                         ELF_SEGMENT_LIMIT);
    for (unsigned i = 0; i < count; i++) {
        read_segment(image->data + table + (uint64_t)size * i, elf->is64, &elf->segment[i]);
        int result = check_segment(image, elf, i, error);
        if (result < 0)
            return result;
        widen(elf, &elf->segment[i]);
        elf->count++;
    }
    return 0;
}

int elf_parse(const struct image *image, enum elf_family family, struct elf *elf, struct error *error)
{
    *elf = (struct elf){ .lowest = UINT64_MAX };
    int result = parse_header(image, elf, error);
    if (result == 0)
        result = check_machine(elf, family, error);
    if (result == 0)
        result = parse_segments(image, elf, error);
    if (result == 0 && elf->highest == 0)
        return error_set(error, -EINVAL, "ELF file has nothing to load");
    return result;
}

bool elf_is_loaded(const struct elf_segment *segment)
{
    return segment->type == PT_LOAD;
}

uint64_t elf_physical_entry(const struct elf *elf)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segment[i];
        if (segment->type == PT_LOAD && elf->entry - segment->virtual_address < segment->memory_size)
            return elf->entry - segment->virtual_address + segment->address;
    }
    return elf->entry;
}

int elf_load(const struct image *image, const struct elf *elf, struct bus *memory, struct error *error)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segment[i];
        if (segment->type != PT_LOAD)
            continue;
        int result = guest_put(memory, "ELF segment", segment->address, image->data + segment->offset,
                               (size_t)segment->file_size, error);
        if (result == 0)
            result = guest_zero(memory, "ELF segment", segment->address + segment->file_size,
                                segment->memory_size - segment->file_size, error);
        if (result < 0)
            return result;
    }
    return 0;
}

// Notes are padded to 4 bytes; 8 in some 64-bit files is only used by notes that we do not look for.
const uint8_t *elf_note(const struct image *image, const struct elf *elf, const char *name, uint32_t type,
                        uint32_t *size)
{
    for (unsigned i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segment[i];
        uint64_t at = 0;
        while (segment->type == PT_NOTE && segment->file_size - at >= 12) {
            const uint8_t *note = image->data + segment->offset + at;
            uint64_t name_size = get32(note), content_size = get32(note + 4);
            uint64_t content = 12 + align_up(name_size, 4), next = content + align_up(content_size, 4);
            if (content + content_size > segment->file_size - at)
                break;
            if (name_size == strlen(name) + 1 && memcmp(note + 12, name, name_size) == 0 && get32(note + 8) == type) {
                *size = (uint32_t)content_size;
                return note + content;
            }
            if (next > segment->file_size - at)
                break;
            at += next;
        }
    }
    return NULL;
}
