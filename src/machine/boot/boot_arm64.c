// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Puts kernel, ramdisk and device tree into guest RAM; see boot_arm64.h.
#include "machine/boot/boot_arm64.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bits.h"
#include "machine/boot/boot.h"
#include "machine/boot/elf.h"
#include "machine/boot/guest_memory.h"

#define MEBI2 (UINT64_C(2) << 20)

static int load_ramdisk(const struct boot_arm64_request *request, uint64_t base, struct error *error)
{
    struct fdt_description *tree = request->tree;
    uint64_t end = tree->memory.base + tree->memory.size;
    struct image image;
    if (base >= end)
        return error_set(error, -ENOMEM, "-initrd: no room above the kernel in %" PRIu64 " MiB of memory",
                         tree->memory.size >> 20);
    int result = image_open(request->files, &image, "-initrd", request->initrd, end - base, error);
    if (result == 0)
        result = guest_put(request->memory, "-initrd", base, image.data, image.size, error);
    tree->initrd_base = base;
    tree->initrd_size = image.size;
    image_release(&image);
    return result;
}

static int put_tree(const struct boot_arm64_request *request, uint64_t base, struct error *error)
{
    void *out = calloc(1, BOOT_ARM64_TREE_LIMIT);
    int result = out ? fdt_build(request->tree, out, BOOT_ARM64_TREE_LIMIT) : -ENOMEM;
    if (result < 0)
        error_set(error, result, "-append: no room for the device tree");
    else
        result = guest_put(request->memory, "device tree", base, out, BOOT_ARM64_TREE_LIMIT, error);
    free(out);
    return result;
}

static int load_flat(const struct boot_arm64_request *request, const struct image *image,
                     struct boot_arm64_place *place, struct error *error)
{
    int result = linux_arm64_place(image, &request->tree->memory, place, error);
    if (result == 0)
        result = guest_put(request->memory, "kernel", place->base, image->data, image->size, error);
    if (result == 0)
        result = guest_zero(request->memory, "kernel", place->base + image->size, place->size - image->size, error);
    place->entry = place->base;
    return result;
}

static int load_elf(const struct boot_arm64_request *request, const struct image *image, struct boot_arm64_place *place,
                    struct error *error)
{
    struct elf elf;
    int result = elf_parse(image, ELF_AARCH64, &elf, error);
    if (result == 0)
        result = elf_load(image, &elf, request->memory, error);
    if (result == 0)
        *place = (struct boot_arm64_place){ elf.lowest, elf.highest - elf.lowest, elf_physical_entry(&elf) };
    return result;
}

static int load(const struct boot_arm64_request *request, const struct image *image, struct boot_arm64_state *state,
                struct error *error)
{
    struct boot_arm64_place place;
    uint64_t ram = request->tree->memory.base;
    bool is_elf = elf_is(image);
    int result = is_elf ? load_elf(request, image, &place, error) : load_flat(request, image, &place, error);
    if (result < 0)
        return result;
    uint64_t end = place.base + place.size, above = align_up(end, MEBI2);
    bool below = is_elf && (place.base >= ram + BOOT_ARM64_TREE_LIMIT || end <= ram);
    state->entry = place.entry;
    state->tree = below ? ram : above;
    request->tree->initrd_size = 0;
    if (request->initrd)
        result = load_ramdisk(request, above + MEBI2, error);
    return result < 0 ? result : put_tree(request, state->tree, error);
}

static int load_for_firmware(const struct boot_arm64_request *request, struct boot_arm64_state *state,
                             struct error *error)
{
    *state = (struct boot_arm64_state){ request->firmware_entry, request->tree->memory.base };
    return put_tree(request, state->tree, error);
}

int boot_arm64_load(const struct boot_arm64_request *request, struct boot_arm64_state *state, struct error *error)
{
    struct image image;
    if (request->firmware)
        return load_for_firmware(request, state, error);
    int result = boot_read_kernel(&request->kernel, request->files, &image, error);
    if (result == 0) {
        result = load(request, &image, state, error);
        if (result < 0)
            boot_name_kernel(request->kernel.name, error);
    }
    image_release(&image);
    return result;
}
