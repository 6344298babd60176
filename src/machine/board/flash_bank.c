// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See flash_bank.h.
#include "machine/board/flash_bank.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "machine/board/host_memory.h"
#include "machine/boot/image.h"

const struct intact_drive_config *flash_bank_drive(const struct intact_machine_config *config, unsigned unit)
{
    for (unsigned i = 0; i < config->drive_count; i++)
        if (config->drives[i].interface == INTACT_DRIVE_PFLASH && config->drives[i].unit == unit)
            return &config->drives[i];
    return NULL;
}

// --- The file -------------------------------------------------------------------------------------------------------

static int take_memory(struct flash_bank *bank, uint64_t size, struct error *error)
{
    bank->size = size;
    bank->contents = host_memory_reserve(size);
    if (!bank->contents)
        return error_set(error, -ENOMEM, "the host has no room for a flash bank");
    memset(bank->contents, 0xff, size);
    return 0;
}

static int check_blocks(const struct flash_kind *kind, const char *option, const char *path, uint64_t size,
                        struct error *error)
{
    if (size % kind->type->block == 0)
        return 0;
    return error_set(error, -EINVAL,
                     "%s: '%.200s' has %" PRIu64 " bytes, and a flash bank of this machine has whole blocks of %" PRIu64
                     "; is it a firmware's image?",
                     option, path, size, kind->type->block);
}

static int read_contents(struct flash_bank *bank, const struct flash_kind *kind, const char *option, const char *path,
                         uint64_t *size, struct error *error)
{
    struct image image;
    int result = image_read(&image, option, path, kind->limit, error);
    if (result == 0 && !kind->size)
        result = check_blocks(kind, option, path, image.size, error);
    if (result == 0)
        result = take_memory(bank, kind->size ? kind->size : image.size, error);
    if (result == 0)
        memcpy(bank->contents, image.data, image.size);
    *size = image.size;
    image_release(&image);
    return result;
}

static int read_drive(struct flash_bank *bank, const struct flash_kind *kind, const struct intact_drive_config *drive,
                      bool replays, struct error *error)
{
    uint64_t size;
    int result = read_contents(bank, kind, "-drive", drive->file, &size, error);
    if (result < 0 || drive->readonly || drive->snapshot || replays)
        return result;
    if (size != bank->size)
        return error_set(error, -EINVAL,
                         "-drive: '%.200s' has %" PRIu64 " bytes, and a flash bank has %" PRIu64
                         "; make it as large (truncate -s %" PRIu64 "M), or give readonly=on or snapshot=on",
                         drive->file, size, bank->size, bank->size >> 20);
    bank->file = open(drive->file, O_WRONLY | O_CLOEXEC);
    if (bank->file < 0)
        return error_set(error, -errno,
                         "-drive: cannot write '%.200s': %s; readonly=on or snapshot=on does not ask for it",
                         drive->file, strerror(errno));
    return 0;
}

// False: the host cannot write it (its disk is full), and the guest sees that the program failed.
static bool write_back(void *owner, uint64_t offset, uint64_t size)
{
    struct flash_bank *bank = owner;
    storage_written(&bank->storage, offset, size);
    while (bank->file >= 0 && size) {
        ssize_t done = pwrite(bank->file, bank->contents + offset, (size_t)size, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        offset += (uint64_t)done;
        size -= (uint64_t)done;
    }
    return true;
}

// --- The bank -------------------------------------------------------------------------------------------------------

static void turned(void *owner, bool array)
{
    struct flash_bank *bank = owner;
    bus_set_ram(bank->bus, &bank->region, array ? bank->contents : NULL);
}

static void start_chips(struct flash_bank *bank, const struct cfi_flash_type *type, bool writable)
{
    bank->storage = (struct storage){
        .bytes = bank->contents,
        .used = bank->size,
        .limit = bank->size,
        .blank = 0xff,
    };
    cfi_flash_init(&bank->chips, type, bank->contents, bank->size, writable);
    bank->chips.turned = turned;
    bank->chips.changed = write_back;
    bank->chips.owner = bank;
}

int flash_bank_open(struct flash_bank *bank, const struct flash_kind *kind, const struct intact_drive_config *drive,
                    const char *bios, bool replays, struct error *error)
{
    uint64_t size;
    int result;
    *bank = (struct flash_bank){ .file = -1 };
    if (bios)
        result = read_contents(bank, kind, "-bios", bios, &size, error);
    else if (drive)
        result = read_drive(bank, kind, drive, replays, error);
    else
        result = take_memory(bank, kind->size, error);
    if (result == 0)
        start_chips(bank, kind->type, !drive || !drive->readonly);
    return result;
}

void flash_bank_close(struct flash_bank *bank)
{
    if (!bank->contents)
        return;
    if (bank->file >= 0)
        close(bank->file);
    host_memory_release(bank->contents, bank->size);
    bank->contents = NULL;
}

int flash_bank_map(struct flash_bank *bank, struct bus *bus, uint64_t base)
{
    bank->bus = bus;
    bank->region = (struct region){
        .base = base,
        .size = bank->size,
        .name = "flash",
        .ram = bank->contents,
        .readonly = true,
        .widest = 4,
        .read = cfi_flash_read,
        .write = cfi_flash_write,
        .owner = &bank->chips,
    };
    return bus_add(bus, &bank->region);
}

void flash_bank_reset(struct flash_bank *bank, uint64_t now)
{
    if (bank->contents)
        cfi_flash_reset(&bank->chips, now);
}

void flash_bank_visit(struct flash_bank *bank, struct visit *v)
{
    if (!bank->contents)
        return;
    cfi_flash_visit(&bank->chips, v);
    if (v->storage)
        v->storage(v, &bank->storage);
    else if (!v->no_storage)
        VISIT_MEMORY(v, bank->contents, bank->size);
}

void flash_bank_loaded(struct flash_bank *bank)
{
    if (bank->contents)
        turned(bank, cfi_flash_shows_array(&bank->chips));
}
