// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads a kernel, and names it in the error line when it is refused.
#include "machine/boot/boot.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy_kernel(const char *name, const void *data, size_t size, struct image *image, struct error *error)
{
    *image = (struct image){ .data = malloc(size + 1), .size = size };
    if (!image->data)
        return error_set(error, -ENOMEM, "-kernel: no memory for '%s'", name);
    memcpy(image->data, data, size);
    return 0;
}

int boot_read_kernel(const struct boot_kernel *kernel, struct image_store *store, struct image *image,
                     struct error *error)
{
    const char *name = kernel->name;
    *image = (struct image){ .data = NULL };
    if (!name)
        return error_set(
            error, -EINVAL,
            "nothing to run: give -kernel FILE, a firmware with -bios FILE, or -device loader with cpu-num=0");
    if (image_find(store, image, "-kernel", name))
        return 0;
    int result = kernel->data ? copy_kernel(name, kernel->data, kernel->size, image, error)
                              : image_read(image, "-kernel", name, BOOT_KERNEL_LIMIT, error);
    if (result == 0)
        result = image_unpack(image, "-kernel", name, BOOT_KERNEL_LIMIT, error);
    if (result == 0 && kernel->zboot)
        result = zboot_unpack(image, name, error);
    if (result == 0)
        image_keep(store, image, "-kernel", name);
    return result;
}

void boot_name_kernel(const char *name, struct error *error)
{
    char prefix[sizeof error->text];
    if (!error || error->text[0] == '-')
        return;
    snprintf(prefix, sizeof prefix, "-kernel: '%.200s'", name);
    error_prefix(error, prefix);
}
