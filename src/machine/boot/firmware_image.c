// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-bios FILE`: a firmware that ends at 4 GiB, where the CPU starts 16 bytes below. (The last 128 KiB are also below 1 MiB:
// the chipset decodes both, see pc_map.c.)
// Spec: Intel SDM volume 3, "First instruction executed".
#include <errno.h>

#include "machine/boot/boot_x86.h"
#include "machine/boot/guest_memory.h"

enum { SIZE_LIMIT = 8 << 20, GRANULE = 4096 };

int firmware_image_load(const struct boot_x86_request *request, struct boot_x86_state *state, struct error *error)
{
    struct image image;
    *state = (struct boot_x86_state){ .mode = BOOT_X86_REAL };
    if (!request->bios)
        return 0;
    int result = image_open(request->files, &image, "-bios", request->bios, SIZE_LIMIT, error);
    if (result == 0 && image.size % GRANULE)
        result = error_set(error, -EINVAL, "-bios: the size of '%s' is not a multiple of 4 KiB", request->bios);
    if (result == 0)
        result = guest_put(request->memory, "-bios", (UINT64_C(1) << 32) - image.size, image.data, image.size, error);
    image_release(&image);
    return result;
}
