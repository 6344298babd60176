// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Linux bzImage, started at its 64-bit entry point. Spec: Linux Documentation, "The Linux/x86 Boot Protocol"
// (boot.rst): "The real-mode kernel header", "64-bit boot protocol"; and zero-page.rst.
//
//     file:    | boot sector | setup (real mode, not used) | protected-mode kernel ... |
//                 0x1f1: setup header                        loaded at pref_address, entered at +0x200
//     memory:  0x500 GDT, 0x7000 zero page, 0x9000 page tables, 0x20000 command line, kernel, ..., initrd (high)
//
// Not modelled: the 16- and 32-bit entry points (kernels before 3.8 or for 32-bit CPUs are refused), setup_data.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "machine/boot/boot_x86.h"
#include "machine/boot/guest_memory.h"
#include "machine/tables/bytes.h"

// Setup header fields, by their offset both in the file and in the zero page.
enum {
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4,
    BOOT_FLAG = 0x1fe,
    JUMP = 0x200,
    HEADER = 0x202,
    VERSION = 0x206,
    TYPE_OF_LOADER = 0x210,
    LOADFLAGS = 0x211,
    CODE32_START = 0x214,
    RAMDISK_IMAGE = 0x218,
    RAMDISK_SIZE = 0x21c,
    HEAP_END_PTR = 0x224,
    CMD_LINE_PTR = 0x228,
    INITRD_ADDR_MAX = 0x22c,
    KERNEL_ALIGNMENT = 0x230,
    RELOCATABLE_KERNEL = 0x234,
    XLOADFLAGS = 0x236,
    CMDLINE_SIZE = 0x238,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    HEADER_END = 0x268,
};

// Zero page fields outside the header.
enum { ACPI_RSDP_ADDR = 0x070, E820_ENTRIES = 0x1e8, E820_TABLE = 0x2d0, E820_ENTRY_SIZE = 20, ZERO_PAGE_SIZE = 4096 };

enum { LOADED_HIGH = 1 << 0, CAN_USE_HEAP = 1 << 7, XLF_KERNEL_64 = 1 << 0, ENTRY_64 = 0x200, LOADER_UNDEFINED = 0xff };

#define LOW_LOAD_ADDRESS UINT64_C(0x100000)
#define RAMDISK_LIMIT    (UINT64_C(1) << 32)

struct bzimage {
    uint64_t payload, payload_size; // the protected-mode kernel in the file
    uint64_t address, init_size;    // its load address, and the memory it needs there
};

bool linux_x86_is(const struct image *image)
{
    return image->size >= HEADER_END && get16(image->data + BOOT_FLAG) == 0xaa55 &&
           memcmp(image->data + HEADER, "HdrS", 4) == 0;
}

size_t linux_x86_setup(const struct image *image)
{
    if (!linux_x86_is(image))
        return 0;
    unsigned sectors = image->data[SETUP_SECTS] ? image->data[SETUP_SECTS] : 4; // 0 means 4, boot.rst
    size_t size = (sectors + 1) * 512u;
    return size < image->size ? size : 0;
}

// Heap and stack of the setup code lie between it and the command line; "heap_end_ptr" counts from the setup code on.
void linux_x86_prepare(struct image *image, uint32_t setup, uint32_t command_line, uint32_t ramdisk, uint32_t size)
{
    uint8_t *file = image->data;
    file[TYPE_OF_LOADER] = LOADER_UNDEFINED;
    file[LOADFLAGS] |= CAN_USE_HEAP;
    put16(file + HEAP_END_PTR, (uint16_t)(command_line - setup - 0x200));
    put32(file + CMD_LINE_PTR, command_line);
    put32(file + RAMDISK_IMAGE, ramdisk);
    put32(file + RAMDISK_SIZE, size);
}

uint32_t linux_x86_ramdisk(const struct image *image)
{
    return get32(image->data + RAMDISK_IMAGE);
}

uint64_t linux_x86_ramdisk_limit(const struct image *image)
{
    unsigned version = get16(image->data + VERSION);
    return version < 0x203 ? UINT64_C(0x38000000) : (uint64_t)get32(image->data + INITRD_ADDR_MAX) + 1;
}

static int examine(const struct boot_x86_request *request, const struct image *image, struct bzimage *kernel,
                   struct error *error)
{
    const uint8_t *file = image->data;
    unsigned version = get16(file + VERSION);
    if (version < 0x20c || !(get16(file + XLOADFLAGS) & XLF_KERNEL_64))
        return error_set(error, -ENOEXEC, "Linux boot protocol %u.%02u without a 64-bit entry point (needs 2.12)",
                         version >> 8, version & 0xff);
    unsigned sectors = file[SETUP_SECTS] ? file[SETUP_SECTS] : 4; // 0 means 4, boot.rst
    kernel->payload = (sectors + 1) * 512u;
    if (kernel->payload + ENTRY_64 >= image->size)
        return error_set(error, -EINVAL, "the kernel ends inside its setup code (truncated?)");
    kernel->payload_size = image->size - kernel->payload;
    if (kernel->payload_size + 15 <
        (uint64_t)get32(file + SYSSIZE) * 16) // in paragraphs, of which the last may be short
        return error_set(error, -EINVAL, "the file is shorter than the kernel in it (truncated?)");
    kernel->init_size = get32(file + INIT_SIZE);
    if (kernel->init_size < kernel->payload_size)
        kernel->init_size = kernel->payload_size;
    kernel->address = get64(file + PREF_ADDRESS);
    if (kernel->address < LOW_LOAD_ADDRESS)
        kernel->address = LOW_LOAD_ADDRESS;
    if (kernel->address >= request->ram_below_4g || kernel->init_size > request->ram_below_4g - kernel->address)
        return error_set(error, -ENOMEM, "-m: this kernel needs at least %" PRIu64 " MiB of RAM",
                         ((kernel->address >> 20) + (kernel->init_size >> 20) + 1));
    return 0;
}

static void fill_e820(uint8_t *zero_page, const struct memory_map *map)
{
    zero_page[E820_ENTRIES] = (uint8_t)map->count;
    for (unsigned i = 0; i < map->count; i++) {
        uint8_t *entry = zero_page + E820_TABLE + E820_ENTRY_SIZE * i;
        put64(entry, map->range[i].base);
        put64(entry + 8, map->range[i].size);
        put32(entry + 16, map->range[i].type);
    }
}

static int load_ramdisk(const struct boot_x86_request *request, const struct bzimage *kernel, uint8_t *zero_page,
                        struct error *error)
{
    struct image ramdisk;
    uint64_t limit = (uint64_t)get32(zero_page + INITRD_ADDR_MAX) + 1;
    int result = image_open(request->files, &ramdisk, "-initrd", request->initrd, RAMDISK_LIMIT, error);
    if (result == 0) {
        uint64_t base = boot_x86_place_high(request, ramdisk.size, kernel->address + kernel->init_size, limit);
        if (base == 0)
            result = error_set(error, -ENOMEM, "-initrd: no room for the %zu bytes of '%s'; a larger -m may help",
                               ramdisk.size, request->initrd);
        else
            result = guest_put(request->memory, "-initrd", base, ramdisk.data, ramdisk.size, error);
        put32(zero_page + RAMDISK_IMAGE, (uint32_t)base);
        put32(zero_page + RAMDISK_SIZE, (uint32_t)ramdisk.size);
    }
    image_release(&ramdisk);
    return result;
}

// The setup header ends where the byte at 0x201 (the offset of the jump over it) says.
static void start_zero_page(const struct image *image, const struct boot_x86_request *request, uint8_t *zero_page)
{
    size_t header_end = HEADER + image->data[JUMP + 1];
    if (header_end > 0x290) // zero-page.rst: e820 and others follow the header here
        header_end = 0x290;
    if (header_end > image->size)
        header_end = image->size;
    memset(zero_page, 0, ZERO_PAGE_SIZE);
    memcpy(zero_page + SETUP_SECTS, image->data + SETUP_SECTS, header_end - SETUP_SECTS);
    zero_page[TYPE_OF_LOADER] = LOADER_UNDEFINED;
    zero_page[LOADFLAGS] |= LOADED_HIGH;
    put32(zero_page + CMD_LINE_PTR, BOOT_X86_COMMAND_LINE);
    put32(zero_page + RAMDISK_IMAGE, 0);
    put32(zero_page + RAMDISK_SIZE, 0);
    put64(zero_page + ACPI_RSDP_ADDR, request->rsdp);
    fill_e820(zero_page, &request->map);
}

int linux_x86_load(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
                   struct error *error)
{
    struct bzimage kernel = { 0 };
    uint8_t zero_page[ZERO_PAGE_SIZE];
    int result = examine(request, image, &kernel, error);
    if (result < 0)
        return result;
    start_zero_page(image, request, zero_page);
    put32(zero_page + CODE32_START, (uint32_t)kernel.address);
    if (request->initrd)
        result = load_ramdisk(request, &kernel, zero_page, error);
    if (result == 0)
        result = boot_x86_put_command_line(request, get32(zero_page + CMDLINE_SIZE), error);
    if (result == 0)
        result = guest_put(request->memory, "kernel", kernel.address, image->data + kernel.payload,
                           (size_t)kernel.payload_size, error);
    if (result == 0)
        result = guest_put(request->memory, "zero page", BOOT_X86_INFO, zero_page, sizeof zero_page, error);
    if (result == 0)
        result = boot_x86_enter_long(request, state, kernel.address + ENTRY_64, error);
    state->rsi = BOOT_X86_INFO; // boot.rst: %rsi holds the base address of struct boot_params
    state->rsp = BOOT_X86_INFO;
    return result;
}
