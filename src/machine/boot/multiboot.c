// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Multiboot 1 kernels: ELF, or a flat file whose header has the addresses. Spec: Multiboot Specification 0.6.96,
// sections 3.1 (header), 3.2 (machine state), 3.3 (boot information).
//
//     0x7000  boot information (120 bytes), then the loader's name, modules (16 bytes each), memory map (24 each)
//     0x20000 command line: the kernel's path and the text of -append
//
// `-initrd` takes modules as QEMU's users write them: "file1 its arguments,file2 its arguments".
// Not modelled: video modes (a kernel that requires one reads in the boot information that there is none), drives, APM.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/boot/boot_x86.h"
#include "machine/boot/elf.h"
#include "machine/boot/guest_memory.h"
#include "machine/tables/bytes.h"

#define HEADER_MAGIC  UINT32_C(0x1badb002)
#define LOADER_MAGIC  UINT32_C(0x2badb002) // in %eax at entry
#define SEARCH        8192u                // the header lies in the first 8192 bytes, aligned to 4
#define RAMDISK_LIMIT (UINT64_C(1) << 32)

enum { ALIGN_MODULES = BIT32(0), WANT_MEMORY = BIT32(1), WANT_VIDEO = BIT32(2), ADDRESSES = BIT32(16) };
enum { KNOWN_REQUIREMENTS = ALIGN_MODULES | WANT_MEMORY | WANT_VIDEO }; // of bits 0-15: an unknown one must be refused
enum {
    HAS_MEMORY = BIT32(0),
    HAS_COMMAND_LINE = BIT32(2),
    HAS_MODULES = BIT32(3),
    HAS_MAP = BIT32(6),
    HAS_NAME = BIT32(9)
};
enum { NAME = 120, MODULE_LIST = 160, MAP = MODULE_LIST + 16 * BOOT_X86_MODULES };
enum { INFO_SIZE = MAP + 24 * MEMORY_RANGE_LIMIT };
enum { STRINGS = 0x10000, STRINGS_LIMIT = 0x10000 }; // module strings, below the command line

struct multiboot {
    const struct boot_x86_request *request;
    uint8_t info[INFO_SIZE];
    uint64_t kernel_end; // modules stay above it
    uint64_t ceiling;    // and below the previous module
    uint32_t strings;    // bytes used
    uint32_t modules;
};

static const uint8_t *find_header(const struct image *image)
{
    size_t end = image->size < SEARCH ? image->size : SEARCH;
    for (size_t at = 0; at + 12 <= end; at += 4) {
        const uint8_t *header = image->data + at;
        if (get32(header) == HEADER_MAGIC && get32(header) + get32(header + 4) + get32(header + 8) == 0)
            return header;
    }
    return NULL;
}

bool multiboot_is(const struct image *image)
{
    return find_header(image) != NULL;
}

// Section 3.1.3: header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr. Zero ends mean "to the end of the
// file" and "no bss".
static int load_flat(struct multiboot *boot, const struct image *image, const uint8_t *header, uint32_t *entry,
                     struct error *error)
{
    uint64_t at = (uint64_t)(header - image->data);
    if (!image_holds(image, at, 32))
        return error_set(error, -EINVAL, "the multiboot header is cut off (truncated?)");
    uint64_t header_addr = get32(header + 12), load = get32(header + 16), load_end = get32(header + 20);
    uint64_t bss_end = get32(header + 24);
    *entry = get32(header + 28);
    if (header_addr < load || header_addr - load > at)
        return error_set(error, -EINVAL, "the multiboot header's load address lies before the file");
    uint64_t start = at - (header_addr - load), size = image->size - start;
    if (load_end != 0) {
        if (load_end < load || load_end - load > size)
            return error_set(error, -EINVAL, "the multiboot header asks for more than the file has (truncated?)");
        size = load_end - load;
    }
    boot->kernel_end = load + size;
    int result = guest_put(boot->request->memory, "multiboot kernel", load, image->data + start, (size_t)size, error);
    if (result < 0 || bss_end <= boot->kernel_end)
        return result;
    result = guest_zero(boot->request->memory, "multiboot .bss", boot->kernel_end, bss_end - boot->kernel_end, error);
    boot->kernel_end = bss_end;
    return result;
}

static int load_elf(struct multiboot *boot, const struct image *image, uint32_t *entry, struct error *error)
{
    struct elf elf;
    int result = elf_parse(image, ELF_X86, &elf, error);
    if (result < 0)
        return result;
    if (elf.entry > UINT32_MAX || elf.entry < elf.lowest || elf.entry >= elf.highest)
        return error_set(error, -EINVAL, "the ELF entry point is not a physical address in the file's segments");
    *entry = (uint32_t)elf.entry;
    boot->kernel_end = elf.highest;
    return elf_load(image, &elf, boot->request->memory, error);
}

char *boot_x86_next_module(char **list)
{
    char *module = *list;
    if (!module)
        return NULL;
    *list = strchr(module, ',');
    if (*list)
        *(*list)++ = 0;
    return module;
}

size_t boot_x86_module_path(const char *module)
{
    return strcspn(module, " ");
}

static int load_module(struct multiboot *boot, const char *text, struct error *error)
{
    struct image module;
    char path[4096];
    size_t length = strlen(text), path_length = boot_x86_module_path(text);
    if (boot->modules == BOOT_X86_MODULES || length + 1 > STRINGS_LIMIT - boot->strings || path_length >= sizeof path)
        return error_set(error, -E2BIG, "-initrd: more than %d modules, or too much text", BOOT_X86_MODULES);
    memcpy(path, text, path_length);
    path[path_length] = 0;
    int result = image_open(boot->request->files, &module, "-initrd", path, RAMDISK_LIMIT, error);
    if (result == 0) {
        uint64_t base = boot_x86_place_high(boot->request, module.size, boot->kernel_end, boot->ceiling);
        if (base == 0)
            result = error_set(error, -ENOMEM, "-initrd: no room for the %zu bytes of '%s'; a larger -m may help",
                               module.size, path);
        else
            result = guest_put(boot->request->memory, "-initrd", base, module.data, module.size, error);
        uint8_t *entry = boot->info + MODULE_LIST + 16 * boot->modules++;
        put32(entry, (uint32_t)base);
        put32(entry + 4, (uint32_t)(base + module.size));
        put32(entry + 8, STRINGS + boot->strings);
        boot->ceiling = base;
    }
    image_release(&module);
    if (result == 0)
        result = guest_put(boot->request->memory, "module text", STRINGS + boot->strings, text, length + 1, error);
    boot->strings += (uint32_t)length + 1;
    return result;
}

static int load_modules(struct multiboot *boot, struct error *error)
{
    char *list = strdup(boot->request->initrd), *rest = list;
    if (!list)
        return error_set(error, -ENOMEM, "-initrd: out of memory");
    int result = 0;
    for (const char *text; result == 0 && (text = boot_x86_next_module(&rest));)
        result = load_module(boot, text, error);
    free(list);
    return result;
}

// The command line starts with the kernel's name, as in section 3.3 of the specification and in GRUB.
static int put_command_line(const struct boot_x86_request *request, struct error *error)
{
    const char *append = request->append ? request->append : "";
    size_t size = strlen(request->kernel.name) + 1 + strlen(append) + 1;
    if (size > BOOT_X86_COMMAND_LINE_LIMIT)
        return error_set(error, -E2BIG, "-append: more than %d characters", BOOT_X86_COMMAND_LINE_LIMIT - 1);
    char *text = malloc(size);
    if (!text)
        return error_set(error, -ENOMEM, "-append: out of memory");
    int length = snprintf(text, size, "%s%s%s", request->kernel.name, *append ? " " : "", append);
    int result = guest_put(request->memory, "-append", BOOT_X86_COMMAND_LINE, text, (size_t)length + 1, error);
    free(text);
    return result;
}

static void fill_info(struct multiboot *boot)
{
    const struct memory_map *map = &boot->request->map;
    uint8_t *info = boot->info;
    put32(info, HAS_MEMORY | HAS_COMMAND_LINE | HAS_MAP | HAS_NAME | (boot->modules ? HAS_MODULES : 0));
    put32(info + 4, (uint32_t)(map->count ? map->range[0].size >> 10 : 0));                 // mem_lower, KiB below 640K
    put32(info + 8, (uint32_t)((boot->request->ram_below_4g - (UINT64_C(1) << 20)) >> 10)); // mem_upper
    put32(info + 16, BOOT_X86_COMMAND_LINE);
    put32(info + 20, boot->modules);
    put32(info + 24, BOOT_X86_INFO + MODULE_LIST);
    put32(info + 44, 24 * map->count);
    put32(info + 48, BOOT_X86_INFO + MAP);
    put32(info + 64, BOOT_X86_INFO + NAME);
    memcpy(info + NAME, "intact", sizeof "intact");
    for (unsigned i = 0; i < map->count; i++) {
        uint8_t *entry = info + MAP + 24 * i;
        put32(entry, 20); // the size field does not count itself
        put64(entry + 4, map->range[i].base);
        put64(entry + 12, map->range[i].size);
        put32(entry + 20, map->range[i].type);
    }
}

int multiboot_load(const struct boot_x86_request *request, const struct image *image, struct boot_x86_state *state,
                   struct error *error)
{
    struct multiboot boot = { .request = request, .ceiling = UINT64_C(1) << 32 };
    const uint8_t *header = find_header(image);
    uint32_t flags = get32(header + 4), entry = 0;
    if (flags & 0xffff & ~(uint32_t)KNOWN_REQUIREMENTS)
        return error_set(error, -ENOEXEC, "the multiboot header requires features 0x%x that we do not have",
                         flags & 0xffff & ~(uint32_t)KNOWN_REQUIREMENTS);
    int result =
        flags & ADDRESSES ? load_flat(&boot, image, header, &entry, error) : load_elf(&boot, image, &entry, error);
    if (result == 0 && request->initrd)
        result = load_modules(&boot, error);
    if (result == 0)
        result = put_command_line(request, error);
    fill_info(&boot);
    if (result == 0)
        result = guest_put(request->memory, "boot information", BOOT_X86_INFO, boot.info, sizeof boot.info, error);
    if (result == 0)
        result = boot_x86_enter_protected(request, state, entry, error);
    state->rax = LOADER_MAGIC;
    state->rbx = BOOT_X86_INFO;
    return result;
}
