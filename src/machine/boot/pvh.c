// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ELF kernels with a PVH entry point. Spec: Xen, "x86/HVM direct boot ABI" (hvmlite) and
// public/arch-x86/hvm/start_info.h.
//
// The entry comes from the Xen note PHYS32_ENTRY (18). The CPU enters in 32-bit protected mode, paging off, flat
// segments, %ebx = hvm_start_info:
//
//     0x7000  hvm_start_info (56 bytes)   -> command line at 0x20000, RSDP
//     0x7040  module list (32 bytes each) -> the ramdisk, high in RAM
//     0x7080  memory map (24 bytes each)
#include <errno.h>
#include <string.h>

#include "machine/boot/boot_x86.h"
#include "machine/boot/elf.h"
#include "machine/boot/guest_memory.h"
#include "machine/tables/bytes.h"

enum { XEN_ELFNOTE_PHYS32_ENTRY = 18, START_INFO_MAGIC = 0x336ec578, START_INFO_VERSION = 1 };
enum { MODULES = 0x40, MEMORY_MAP = 0x80, INFO_SIZE = MEMORY_MAP + 24 * MEMORY_RANGE_LIMIT };

#define RAMDISK_LIMIT (UINT64_C(1) << 32)

static int entry_point(const struct image *image, const struct elf *elf, uint64_t *entry, struct error *error)
{
    uint32_t size;
    const uint8_t *note = elf_note(image, elf, "Xen", XEN_ELFNOTE_PHYS32_ENTRY, &size);
    if (!note || (size != 4 && size != 8))
        return error_set(error, -ENOEXEC, "ELF file has neither a multiboot header nor a PVH entry (Xen note 18)");
    *entry = size == 8 ? get64(note) : get32(note);
    if (*entry < elf->lowest || *entry >= elf->highest || *entry > UINT32_MAX)
        return error_set(error, -EINVAL, "the PVH entry point lies outside of the file's segments");
    return 0;
}

static int load_module(const struct boot_x86_request *request, const struct elf *elf, uint8_t *info,
                       struct error *error)
{
    struct image module;
    int result = image_open(request->files, &module, "-initrd", request->initrd, RAMDISK_LIMIT, error);
    if (result == 0) {
        uint64_t base = boot_x86_place_high(request, module.size, elf->highest, UINT64_C(1) << 32);
        if (base == 0)
            result = error_set(error, -ENOMEM, "-initrd: no room for the %zu bytes of '%s'; a larger -m may help",
                               module.size, request->initrd);
        else
            result = guest_put(request->memory, "-initrd", base, module.data, module.size, error);
        put32(info + 12, 1);                       // nr_modules
        put64(info + 16, BOOT_X86_INFO + MODULES); // modlist_paddr
        put64(info + MODULES, base);
        put64(info + MODULES + 8, module.size);
    }
    image_release(&module);
    return result;
}

static void start_info(const struct boot_x86_request *request, uint8_t *info)
{
    memset(info, 0, INFO_SIZE);
    put32(info, START_INFO_MAGIC);
    put32(info + 4, START_INFO_VERSION);
    put64(info + 24, BOOT_X86_COMMAND_LINE);
    put64(info + 32, request->rsdp);
    put64(info + 40, BOOT_X86_INFO + MEMORY_MAP);
    put32(info + 48, request->map.count);
    for (unsigned i = 0; i < request->map.count; i++) {
        uint8_t *entry = info + MEMORY_MAP + 24 * i;
        put64(entry, request->map.range[i].base);
        put64(entry + 8, request->map.range[i].size);
        put32(entry + 16, request->map.range[i].type);
    }
}

int pvh_load(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
             struct error *error)
{
    struct elf elf;
    uint64_t entry = 0;
    uint8_t info[INFO_SIZE];
    int result = elf_parse(image, ELF_X86, &elf, error);
    if (result == 0)
        result = entry_point(image, &elf, &entry, error);
    if (result == 0)
        result = elf_load(image, &elf, request->memory, error);
    if (result < 0)
        return result;
    start_info(request, info);
    if (request->initrd)
        result = load_module(request, &elf, info, error);
    if (result == 0)
        result = boot_x86_put_command_line(request, BOOT_X86_COMMAND_LINE_LIMIT, error);
    if (result == 0)
        result = guest_put(request->memory, "start info", BOOT_X86_INFO, info, sizeof info, error);
    if (result == 0)
        result = boot_x86_enter_protected(request, state, (uint32_t)entry, error);
    state->rbx = BOOT_X86_INFO;
    return result;
}
