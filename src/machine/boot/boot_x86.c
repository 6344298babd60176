// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Chooses the loader for a file, and does what several need: room for a ramdisk, the command line, a GDT and page
// tables.
//
//     -bios FILE  -> firmware_image.c   (the reset vector runs it)
//     bzImage     -> linux_x86.c        "HdrS" at 0x202
//     multiboot   -> multiboot.c        magic in the first 8 KiB
//     ELF         -> pvh.c              Xen's PHYS32_ENTRY note
// An uncompressed Linux has the PVH note; if a kernel has a multiboot header as well, that is used.
#include "machine/boot/boot_x86.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "machine/boot/boot.h"
#include "machine/boot/elf.h"
#include "machine/boot/guest_memory.h"
#include "machine/tables/bytes.h"

#define PAGE        UINT64_C(4096)
#define GDT_CODE_64 UINT64_C(0x00af9b000000ffff)
#define GDT_CODE_32 UINT64_C(0x00cf9b000000ffff)
#define GDT_DATA    UINT64_C(0x00cf93000000ffff)
#define GDT_TASK    UINT64_C(0x00008b0000000067) // PVH wants a TSS of 0x67 bytes at 0

enum { CR0_PE = 1, CR0_ET = 1 << 4, CR4_PAE = 1 << 5, EFER_LME = 1 << 8, EFER_LMA = 1 << 10 };
#define CR0_PG BIT32(31)

enum { PAGE_PRESENT = 1, PAGE_WRITABLE = 2, PAGE_LARGE = 1 << 7 };

uint64_t boot_x86_place_high(const struct boot_x86_request *request, uint64_t size, uint64_t floor, uint64_t limit)
{
    uint64_t end = request->ram_below_4g < limit ? request->ram_below_4g : limit;
    if (size > end)
        return 0;
    uint64_t base = align_down(end - size, PAGE);
    return base >= floor ? base : 0;
}

int boot_x86_put_command_line(const struct boot_x86_request *request, uint64_t limit, struct error *error)
{
    const char *text = request->append ? request->append : "";
    size_t length = strlen(text);
    if (limit > BOOT_X86_COMMAND_LINE_LIMIT - 1)
        limit = BOOT_X86_COMMAND_LINE_LIMIT - 1;
    if (length > limit)
        return error_set(error, -E2BIG, "-append: %zu characters are more than the %" PRIu64 " this kernel takes",
                         length, limit);
    return guest_put(request->memory, "-append", BOOT_X86_COMMAND_LINE, text, length + 1, error);
}

// Selectors 0x10 and 0x18 are what Linux expects (boot.rst, "64-bit boot protocol"); the others may be chosen freely.
static int put_gdt(const struct boot_x86_request *request, struct boot_x86_state *state, uint64_t code,
                   struct error *error)
{
    const uint64_t entries[] = { 0, 0, code, GDT_DATA, GDT_TASK };
    uint8_t gdt[sizeof entries];
    for (unsigned i = 0; i < countof(entries); i++)
        put64(gdt + 8 * i, entries[i]);
    state->gdt_base = BOOT_X86_GDT;
    state->gdt_limit = sizeof gdt - 1;
    state->cs = 0x10;
    state->ds = 0x18;
    return guest_put(request->memory, "boot GDT", BOOT_X86_GDT, gdt, sizeof gdt, error);
}

int boot_x86_enter_protected(const struct boot_x86_request *request, struct boot_x86_state *state, uint32_t entry,
                             struct error *error)
{
    *state = (struct boot_x86_state){ .mode = BOOT_X86_PROTECTED, .rip = entry, .cr0 = CR0_PE | CR0_ET };
    return put_gdt(request, state, GDT_CODE_32, error);
}

// PML4 -> PDPT -> four page directories of 512 pages of 2 MiB.
static int put_identity_map(const struct boot_x86_request *request, struct error *error)
{
    uint8_t tables[6 * PAGE];
    memset(tables, 0, sizeof tables);
    put64(tables, (BOOT_X86_PAGE_TABLES + PAGE) | PAGE_PRESENT | PAGE_WRITABLE);
    for (unsigned i = 0; i < 4; i++)
        put64(tables + PAGE + 8 * i, (BOOT_X86_PAGE_TABLES + (2 + i) * PAGE) | PAGE_PRESENT | PAGE_WRITABLE);
    for (uint64_t i = 0; i < 4 * 512; i++)
        put64(tables + 2 * PAGE + 8 * i, i << 21 | PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE);
    return guest_put(request->memory, "boot page tables", BOOT_X86_PAGE_TABLES, tables, sizeof tables, error);
}

int boot_x86_enter_long(const struct boot_x86_request *request, struct boot_x86_state *state, uint64_t entry,
                        struct error *error)
{
    *state = (struct boot_x86_state){
        .mode = BOOT_X86_LONG,
        .rip = entry,
        .cr0 = CR0_PE | CR0_ET | CR0_PG,
        .cr3 = BOOT_X86_PAGE_TABLES,
        .cr4 = CR4_PAE,
        .efer = EFER_LME | EFER_LMA,
    };
    int result = put_gdt(request, state, GDT_CODE_64, error);
    return result < 0 ? result : put_identity_map(request, error);
}

static int load_kernel(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
                       struct error *error)
{
    if (linux_x86_is(image))
        return linux_x86_load(request, image, state, error);
    if (multiboot_is(image))
        return multiboot_load(request, image, state, error);
    if (elf_is(image))
        return pvh_load(request, image, state, error);
    return error_set(error, -ENOEXEC, "not a kernel we know (bzImage, multiboot, ELF with a PVH note; plain or gzip)");
}

bool boot_x86_takes_modules(const struct boot_kernel *kernel)
{
    struct image image;
    bool takes = boot_read_kernel(kernel, NULL, &image, NULL) == 0 && !linux_x86_is(&image) && multiboot_is(&image);
    image_release(&image);
    return takes;
}

int boot_x86_load(const struct boot_x86_request *request, struct boot_x86_state *state, struct error *error)
{
    if (request->firmware)
        return firmware_image_load(request, state, error);
    struct image image;
    int result = boot_read_kernel(&request->kernel, request->files, &image, error);
    if (result == 0) {
        result = load_kernel(request, &image, state, error);
        if (result < 0)
            boot_name_kernel(request->kernel.name, error);
    }
    image_release(&image);
    return result;
}
