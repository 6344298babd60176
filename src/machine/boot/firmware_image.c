// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-bios FILE`: a firmware that ends at 4 GiB, where the CPU starts 16 bytes below. Its last 128 KiB (or all of a
// smaller one) are also copied below 1 MiB, where real-mode code expects them: on a PC the chipset decodes both.
// Spec: Intel SDM volume 3, "First instruction executed"; 82371AB (PIIX4), BIOS memory.
#include <errno.h>

#include "machine/boot/boot_x86.h"
#include "machine/boot/guest_memory.h"

enum { LOW_ALIAS = 0x20000, SIZE_LIMIT = 8 << 20, GRANULE = 4096 };

int firmware_image_load(const struct boot_x86_request *request, struct boot_x86_state *state, struct error *error)
{
    struct image image;
    *state = (struct boot_x86_state){ .mode = BOOT_X86_REAL };
    int result = image_open(request->files, &image, "-bios", request->bios, SIZE_LIMIT, error);
    if (result == 0 && image.size % GRANULE)
        result = error_set(error, -EINVAL, "-bios: the size of '%s' is not a multiple of 4 KiB", request->bios);
    if (result == 0)
        result = guest_put(request->memory, "-bios", (UINT64_C(1) << 32) - image.size, image.data, image.size, error);
    if (result == 0) {
        size_t size = image.size < LOW_ALIAS ? image.size : LOW_ALIAS;
        result = guest_put(request->memory, "-bios", 0x100000 - size, image.data + image.size - size, size, error);
    }
    image_release(&image);
    return result;
}
