// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Linux's Image for arm64, and raw code. Spec: Linux, Documentation/arm64/booting.rst, "Call the kernel image".
//
//     0 code0, code1   8 text_offset   16 image_size   24 flags   56 "ARM\x64"
//
// An Image starts at its first byte, text_offset above a 2 MiB boundary. Anything else is raw code: its first byte is
// the entry, and it is loaded 80000h above the start of RAM, as on QEMU.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "machine/boot/boot_arm64.h"
#include "machine/tables/bytes.h"

enum { TEXT_OFFSET = 8, IMAGE_SIZE = 16, FLAGS = 24, MAGIC = 56, HEADER_SIZE = 64 };
enum { FLAG_BIG_ENDIAN = 1 };

#define MEBI2        (UINT64_C(2) << 20)
#define RAW_OFFSET   UINT64_C(0x80000)
#define OLD_OFFSET   UINT64_C(0x80000) // before Linux 3.17 image_size is 0 and text_offset may be anything
#define LEAST_OFFSET 4096u             // below: the next 2 MiB, so that the first page stays free

static bool is_image(const struct image *image)
{
    return image->size >= HEADER_SIZE && memcmp(image->data + MAGIC, "ARM\x64", 4) == 0;
}

int linux_arm64_place(const struct image *image, const struct fdt_window *memory, struct boot_arm64_place *place,
                      struct error *error)
{
    uint64_t offset = RAW_OFFSET, size = image->size;
    if (is_image(image)) {
        if (get64(image->data + FLAGS) & FLAG_BIG_ENDIAN)
            return error_set(error, -ENOEXEC, "it is a big-endian kernel; little-endian ones can run");
        offset = get64(image->data + TEXT_OFFSET);
        if (get64(image->data + IMAGE_SIZE) == 0)
            offset = OLD_OFFSET;
        else if (get64(image->data + IMAGE_SIZE) > size)
            size = get64(image->data + IMAGE_SIZE);
        if (offset < LEAST_OFFSET)
            offset += MEBI2;
    }
    if (offset > memory->size || size > memory->size - offset)
        return error_set(error, -ENOMEM, "-m: the kernel needs %" PRIu64 " MiB of memory and %" PRIu64 " are there",
                         (offset / 2 + size / 2 + (1 << 19) - 1) >> 19, memory->size >> 20);
    *place = (struct boot_arm64_place){ .base = memory->base + offset, .size = size };
    return 0;
}
