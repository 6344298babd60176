// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device loader`: a file, or a number of 1 to 8 bytes, in guest RAM, and the address at which a processor starts; by the
// properties and rules of QEMU's generic loader. No part of a machine that a guest can see.
//
//     file=                     ELF: at its own addresses; anything else, or with force-raw=on: at addr=
//     data=, data-len=          a number at addr=
//     cpu-num=                  that processor is reset, and starts at the file's entry, at the raw file, or at addr= alone
//
// All of it is done after each reset, behind what a kernel or firmware has put into RAM, in the order of the options.
//
// Not modelled: Intel HEX and uImage files, which are refused.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"
#include "machine/boot/elf.h"
#include "machine/boot/guest_memory.h"
#include "machine/tables/bytes.h"

enum { NO_CPU = UINT16_MAX };
#define UIMAGE_MAGIC 0x56190527u // 27051956h, the highest byte first

struct loader {
    const char *file; // belongs to the configuration
    uint64_t addr, data, data_length, cpu;
    bool raw, data_be;
};

// --- Properties ------------------------------------------------------------------------------------------------------

static bool has(const struct intact_device_config *config, const char *name)
{
    return device_property(config, name);
}

static int refuse(struct board *board, const char *text)
{
    return board_refuse(board, "-device loader", text);
}

static int read_properties(struct board *board, const struct intact_device_config *config, struct loader *loader)
{
    *loader = (struct loader){ .file = device_property(config, "file"), .cpu = NO_CPU };
    int result = device_number(board, config, "addr", 0, UINT64_MAX, &loader->addr);
    if (result == 0)
        result = device_number(board, config, "cpu-num", 0, INTACT_CPUS_MAX - 1, &loader->cpu);
    if (result == 0)
        result = device_number(board, config, "data", 0, UINT64_MAX, &loader->data);
    if (result == 0)
        result = device_number(board, config, "data-len", 1, 8, &loader->data_length);
    if (result == 0)
        result = device_switch(board, config, "data-be", &loader->data_be);
    if (result == 0)
        result = device_switch(board, config, "force-raw", &loader->raw);
    return result;
}

static int check_data(struct board *board, const struct intact_device_config *config, const struct loader *loader)
{
    if (loader->file || loader->raw)
        return refuse(board, "data= and file= exclude each other; use two loaders");
    if (!loader->data_length || !has(config, "data"))
        return refuse(board, "data= and data-len= must be given together");
    if (loader->data_length < 8 && loader->data >> 8 * loader->data_length)
        return error_set(&board->error, -EINVAL,
                         "-device loader: data=%.80s has more than the %" PRIu64 " bytes of data-len=",
                         device_property(config, "data"), loader->data_length);
    return 0;
}

static int check(struct board *board, const struct intact_device_config *config, const struct loader *loader)
{
    if (loader->cpu != NO_CPU && loader->cpu >= board->config.cpus)
        return error_set(&board->error, -EINVAL,
                         "-device loader: cpu-num=%" PRIu64 ": -smp is %u, so 0 to %u are there", loader->cpu,
                         board->config.cpus, board->config.cpus - 1);
    if (has(config, "data") || has(config, "data-len") || has(config, "data-be"))
        return check_data(board, config, loader);
    if (loader->file)
        return 0;
    if (loader->raw)
        return refuse(board, "force-raw= is for a file; give file=FILE");
    if (!has(config, "addr"))
        return refuse(board, "it has nothing to do; give file=, data= with data-len=, or addr= with cpu-num=");
    return loader->cpu == NO_CPU ? refuse(board, "addr= alone needs cpu-num=, the processor that starts there") : 0;
}

// --- Loading ---------------------------------------------------------------------------------------------------------

// In flash and ROM it would change a drive's file, or a firmware.
static int check_ram(struct board *board, uint64_t address, uint64_t size)
{
    uint64_t at = address, left = size;
    while (left) {
        const struct region *region = bus_find(&board->memory, at);
        if (!region || !region->ram || region->readonly)
            return error_set(&board->error, -EINVAL,
                             "0x%" PRIx64 " bytes at 0x%" PRIx64
                             " are not all in RAM; another addr= or a larger -m may help",
                             size, address);
        uint64_t piece = region->size - (at - region->base);
        piece = piece < left ? piece : left;
        at += piece;
        left -= piece;
    }
    return 0;
}

static int put(struct board *board, uint64_t address, const void *data, size_t size)
{
    int result = check_ram(board, address, size);
    return result < 0 ? result : guest_put(&board->memory, "the data", address, data, size, &board->error);
}

static int load_elf(struct board *board, const struct image *image, uint64_t *start)
{
    struct elf elf;
    int result = elf_parse(image, board->type->elf, &elf, &board->error);
    for (unsigned i = 0; i < elf.count && result == 0; i++)
        if (elf_is_loaded(&elf.segment[i]))
            result = check_ram(board, elf.segment[i].address, elf.segment[i].memory_size);
    if (result == 0)
        result = elf_load(image, &elf, &board->memory, &board->error);
    *start = result == 0 ? elf_physical_entry(&elf) : 0;
    return result;
}

// A record of Intel HEX: a colon, and pairs of digits for a length, an address and a type.
static bool is_hex(const struct image *image)
{
    bool is = image->size >= 11 && image->data[0] == ':';
    for (unsigned i = 1; is && i < 9; i++)
        is = isxdigit(image->data[i]);
    return is;
}

static int load_image(struct board *board, const struct loader *loader, const struct image *image, uint64_t *start)
{
    *start = loader->addr;
    if (!loader->raw && elf_is(image))
        return load_elf(board, image, start);
    if (!loader->raw && is_hex(image))
        return error_set(&board->error, -EINVAL,
                         "an Intel HEX file; objcopy -I ihex -O binary makes a raw file of it, and "
                         "force-raw=on takes it as it is");
    if (!loader->raw && image->size >= 4 && get32(image->data) == UIMAGE_MAGIC)
        return error_set(&board->error, -EINVAL,
                         "a uImage file; give what is in it (dumpimage), or force-raw=on to take it "
                         "as it is");
    return put(board, loader->addr, image->data, image->size);
}

static int load_file(struct board *board, const struct loader *loader, uint64_t *start)
{
    char prefix[sizeof board->error.text];
    struct image image;
    int result =
        image_open(board_files(board), &image, "-device loader", loader->file, board->config.memory, &board->error);
    if (result == 0) {
        result = load_image(board, loader, &image, start);
        snprintf(prefix, sizeof prefix, "-device loader: '%.200s'", loader->file);
        if (result < 0)
            error_prefix(&board->error, prefix);
    }
    image_release(&image);
    return result;
}

static int load_data(struct board *board, const struct loader *loader)
{
    uint8_t bytes[8];
    unsigned length = (unsigned)loader->data_length;
    for (unsigned i = 0; i < length; i++)
        bytes[loader->data_be ? length - 1 - i : i] = (uint8_t)(loader->data >> 8 * i);
    int result = put(board, loader->addr, bytes, length);
    if (result < 0)
        error_prefix(&board->error, "-device loader: data=");
    return result;
}

static int load(struct board *board, const struct loader *loader)
{
    uint64_t start = loader->addr;
    int result = loader->file ? load_file(board, loader, &start) : 0;
    if (result == 0 && loader->data_length)
        return load_data(board, loader);
    if (result == 0 && loader->cpu != NO_CPU)
        result = board->type->start_at(board, (uint32_t)loader->cpu, start);
    return result;
}

static const struct loader *loader_of(const struct board_device *device)
{
    return strcmp(device->driver, device_loader.name) == 0 ? device->object : NULL;
}

int device_loader_load(struct board *board)
{
    int result = 0;
    for (unsigned i = 0; i < board->devices.count && result == 0; i++) {
        const struct loader *loader = loader_of(&board->devices.devices[i]);
        if (loader)
            result = load(board, loader);
    }
    return result;
}

bool device_loader_starts(const struct board *board)
{
    for (unsigned i = 0; i < board->devices.count; i++) {
        const struct loader *loader = loader_of(&board->devices.devices[i]);
        if (loader && loader->cpu == 0 && !loader->data_length)
            return true;
    }
    return false;
}

const char *device_loader_file(const struct intact_device_config *config)
{
    return strcmp(config->driver, device_loader.name) == 0 ? device_property(config, "file") : NULL;
}

// --- The driver ------------------------------------------------------------------------------------------------------

static void ops_reset(void *object, uint64_t now) // device_loader_load follows, when the rest of the machine is reset
{
    (void)object, (void)now;
}

static void ops_visit(void *object, struct visit *v) // its properties do not change
{
    (void)object, (void)v;
}

static int create(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    static const struct board_device_ops ops = { ops_reset, ops_visit, free, NULL, NULL, NULL };
    struct loader wanted;
    int result = read_properties(board, config, &wanted);
    if (result == 0)
        result = check(board, config, &wanted);
    if (result < 0)
        return result;
    struct loader *loader = malloc(sizeof *loader);
    if (!loader)
        return device_failed(board, config, -ENOMEM);
    *loader = wanted;
    *device = (struct board_device){ device->driver, loader, &ops, device->name };
    return 0;
}

static const struct device_property properties[] = {
    { "file", "a file for guest RAM: ELF at its own addresses, others at addr" },
    { "addr", "an address in guest RAM, 0 by default" },
    { "cpu-num", "the processor that starts at the file's entry, or at addr; none by default" },
    { "force-raw", "on: an ELF file, too, is put at addr as it is; off by default" },
    { "data", "a number for guest RAM at addr" },
    { "data-len", "1 to 8: the bytes of data" },
    { "data-be", "on: the highest byte of data first; off by default" },
    { "id", "a name of your own" },
    { NULL, NULL },
};

const struct device_driver device_loader = {
    .name = "loader",
    .about = "puts a file or a number into guest RAM, and says where a processor starts",
    .properties = properties,
    .create = create,
};
