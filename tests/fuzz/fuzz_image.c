// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Kernels, ramdisks and firmware that are damaged, through the public API. A PC gets bzImage, PVH ELF of 64 and 32 bits,
// multiboot with and without ELF; virt an Image, ELF or raw code, and a flash. Plain or gzip, in a file or in memory.
//
// What must hold: a machine, or a negative errno and one line of text; what starts runs 10,000 instructions.
#include <intact/machine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "fuzz.h"
#include "machine/kernels.h"

const char *const fuzz_name = "fuzz_image";

enum { LIMIT = 10000, FILE_LIMIT = 64 << 10, TEXT_LIMIT = 70000 };
enum { DAMAGE_LIMIT = 5 * 5000 }; // bytes that damage may add

struct file {
    uint8_t data[FILE_LIMIT];
    size_t size;
};

// --- Whole images ------------------------------------------------------------------------------------------------------

static void make_pvh(struct file *file, int is64)
{
    const struct test_segment segments[] = {
        { 1, 1024, 0x100000, 2048, 4096 },
        { 4, 3072, 0, 20, 20 },
        { 1, 3200, 0x200000, 100, 0x1000 },
    };
    make_elf(file->data, is64, 0x100000, segments, 3);
    make_pvh_note(file->data + 3072, 0x100000);
    file->size = ELF_SIZE;
}

static void make_multiboot_elf(struct file *file)
{
    const struct test_segment segments[] = { { 1, 1024, 0x100000, 2048, 0x3000 }, { 1, 3072, 0x400000, 512, 512 } };
    make_elf(file->data, 0, 0x100020, segments, 2);
    make_multiboot_header(file->data + 512, 3);
    file->size = ELF_SIZE;
}

static void make_multiboot_flat(struct file *file)
{
    for (unsigned i = 0; i < 4096; i++)
        file->data[i] = (uint8_t)i;
    make_multiboot_header(file->data + 64, 0x10003);
    put32(file->data + 76, 0x100040);
    put32(file->data + 80, 0x100000);
    put32(file->data + 84, 0x101000);
    put32(file->data + 88, 0x103000);
    put32(file->data + 92, 0x100100);
    file->size = 4096;
}

static void make_random(struct fuzz *fuzz, struct file *file, uint32_t most)
{
    file->size = fuzz_below(fuzz, most);
    for (size_t i = 0; i < file->size; i++)
        file->data[i] = (uint8_t)fuzz_word(fuzz);
}

static void make_pc_image(struct fuzz *fuzz, struct file *file, unsigned kind)
{
    switch (kind) {
    case 0:
    case 1:
        make_bzimage(file->data);
        file->size = BZIMAGE_SIZE;
        break;
    case 2: make_pvh(file, 1); break;
    case 3: make_pvh(file, 0); break;
    case 4: make_multiboot_elf(file); break;
    case 5: make_multiboot_flat(file); break;
    default: make_random(fuzz, file, 9000);
    }
}

// Linux's header, in which sizes and offsets may be anything.
static void make_arm64_image(struct fuzz *fuzz, struct file *file)
{
    static const uint64_t offsets[] = { 0, 0x80000, 0x80000, 4096, 0x200000, UINT64_C(0xfffffffffffff000) };
    make_random(fuzz, file, 9000);
    if (file->size < 64)
        file->size = 64;
    put64(file->data + 8, fuzz_chance(fuzz, 4) ? fuzz_value(fuzz) : FUZZ_PICK(fuzz, offsets));
    put64(file->data + 16, fuzz_chance(fuzz, 4) ? fuzz_value(fuzz) : fuzz_below(fuzz, 0x600000));
    put64(file->data + 24, fuzz_chance(fuzz, 4) ? fuzz_value(fuzz) : 0xa);
    memcpy(file->data + 56, "ARM\x64", 4);
}

static void make_arm64_elf(struct fuzz *fuzz, struct file *file)
{
    uint64_t base = 0x40000000 + (uint64_t)fuzz_below(fuzz, 4) * 0x100000;
    const struct test_segment segments[] = {
        { 1, 1024, base, 2048, 4096 },
        { 1, 3072, base + 0x100000, 512, (uint64_t)512 << fuzz_below(fuzz, 14) },
    };
    make_elf(file->data, 1, base, segments, 2);
    put16(file->data + 18, 183);
    file->size = ELF_SIZE;
}

static void make_virt_image(struct fuzz *fuzz, struct file *file, unsigned kind)
{
    if (kind < 3)
        make_arm64_image(fuzz, file);
    else if (kind < 6)
        make_arm64_elf(fuzz, file);
    else
        make_random(fuzz, file, FILE_LIMIT - DAMAGE_LIMIT);
}

static void make_image(struct fuzz *fuzz, struct file *file, bool virt)
{
    unsigned kind = fuzz_below(fuzz, 7);
    fuzz_tell(fuzz, "image kind %u of %s", kind, virt ? "virt" : "a PC");
    if (virt)
        make_virt_image(fuzz, file, kind);
    else
        make_pc_image(fuzz, file, kind);
    if (kind < 6 && fuzz_chance(fuzz, 3)) // code where the entries are
        for (unsigned at = 1024; at < 2048; at++)
            file->data[at] = (uint8_t)fuzz_word(fuzz);
}

// --- Damage ------------------------------------------------------------------------------------------------------------

// Headers more often than what follows.
static size_t any_place(struct fuzz *fuzz, const struct file *file)
{
    static const uint16_t headers[] = { 0,  0,  0x1f0, 0x200, 0x220, 0x240, 0x258, 16,  24,
                                        32, 40, 52,    64,    96,    120,   176,   512, 3072 };
    size_t at = FUZZ_PICK(fuzz, headers) + (size_t)fuzz_below(fuzz, 40);
    return fuzz_chance(fuzz, 4) || at >= file->size ? fuzz_below(fuzz, (uint32_t)file->size) : at;
}

static void damage_once(struct fuzz *fuzz, struct file *file)
{
    size_t at = file->size ? any_place(fuzz, file) : 0;
    uint64_t value = fuzz_value(fuzz);
    size_t width = (size_t)1 << fuzz_below(fuzz, 4);
    switch (fuzz_below(fuzz, 8)) {
    case 0: file->size = at; break;
    case 1: file->size += fuzz_below(fuzz, 5000); break;
    case 2:
        if (file->size)
            file->data[at] ^= (uint8_t)(1u << fuzz_below(fuzz, 8));
        break;
    default:
        if (at + width <= file->size)
            memcpy(file->data + at / width * width, &value, width);
    }
}

static void damage(struct fuzz *fuzz, struct file *file)
{
    for (unsigned i = fuzz_below(fuzz, 6); i; i--)
        damage_once(fuzz, file);
}

static void pack(struct file *file)
{
    static struct file packed;
    z_stream stream = {
        .next_in = file->data, .avail_in = (uInt)file->size, .next_out = packed.data, .avail_out = FILE_LIMIT
    };
    deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    deflate(&stream, Z_FINISH);
    packed.size = FILE_LIMIT - stream.avail_out;
    deflateEnd(&stream);
    *file = packed;
}

// --- A case ------------------------------------------------------------------------------------------------------------

static char kernel_path[64], initrd_path[64];

static void remove_files(void)
{
    unlink(kernel_path);
    unlink(initrd_path);
}

static void make_files(void)
{
    if (kernel_path[0])
        return;
    snprintf(kernel_path, sizeof kernel_path, "/tmp/fuzz_image_kernel_%d", (int)getpid());
    snprintf(initrd_path, sizeof initrd_path, "/tmp/fuzz_image_initrd_%d", (int)getpid());
    atexit(remove_files);
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size)
        fuzz_fail("cannot write %s", path);
    fclose(out);
}

static const char *any_append(struct fuzz *fuzz)
{
    static char text[TEXT_LIMIT + 1];
    uint32_t length = fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, TEXT_LIMIT) : fuzz_below(fuzz, 3000);
    if (fuzz_chance(fuzz, 2))
        return NULL;
    for (uint32_t i = 0; i < length; i++)
        text[i] = (char)(1 + fuzz_below(fuzz, 255));
    text[length] = 0;
    return text;
}

static const char *any_initrd(struct fuzz *fuzz, const struct file *file)
{
    static char text[256];
    static const char *const odd[] = { "", "/", "/dev/null", "/dev/zero", "/nonexistent", ",", ",,", " a", "a b,c\nd" };
    if (fuzz_chance(fuzz, 2))
        return NULL;
    if (fuzz_chance(fuzz, 4))
        return FUZZ_PICK(fuzz, odd);
    write_file(initrd_path, file->data, fuzz_below(fuzz, FILE_LIMIT));
    snprintf(text, sizeof text, fuzz_chance(fuzz, 2) ? "%s" : "%s a b,%s,%s c", initrd_path, initrd_path, initrd_path);
    return text;
}

static void check_line(int result, const char *why)
{
    size_t length = strnlen(why, INTACT_ERROR_SIZE);
    if (length == 0 || length >= INTACT_ERROR_SIZE)
        fuzz_fail("error %d has %zu characters of text", result, length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)why[i] < ' ')
            fuzz_fail("error %d is not one line: %s", result, why);
}

static void run(const struct intact_machine_config *config, const struct fuzz *fuzz)
{
    struct intact_machine *machine = NULL;
    char why[INTACT_ERROR_SIZE] = "";
    int result = intact_machine_create(config, &machine, why);
    fuzz_tell(fuzz, "create: %d %s", result, why);
    if (result > 0 || (result < 0 && machine))
        fuzz_fail("create returned %d", result);
    if (result < 0) {
        check_line(result, why);
        return;
    }
    struct intact_exit end = intact_machine_run(machine);
    fuzz_tell(fuzz, "%s after %llu", intact_reason_text(end.reason), (unsigned long long)end.instructions);
    if (end.instructions > LIMIT)
        fuzz_fail("%llu instructions ran", (unsigned long long)end.instructions);
    if (end.reason == INTACT_FAILED)
        check_line(-1, intact_machine_error(machine));
    intact_machine_destroy(machine);
}

// Sizes that make sense, and now and then some that do not.
static void choose_machine(struct fuzz *fuzz, struct intact_machine_config *config, bool virt)
{
    config->memory = (uint64_t)(fuzz_chance(fuzz, 4) ? 4 + fuzz_below(fuzz, 8) : 16) << 20;
    config->cpus = 1 + fuzz_below(fuzz, 2);
    if (!virt)
        return;
    config->type = INTACT_VIRT;
    config->gic_version = fuzz_chance(fuzz, 16) ? fuzz_below(fuzz, 6) : 2 + fuzz_below(fuzz, 2);
    config->its = fuzz_chance(fuzz, 2);
    if (fuzz_chance(fuzz, 8))
        config->cpus = fuzz_below(fuzz, 130);
    if (fuzz_chance(fuzz, 16))
        config->memory = fuzz_value(fuzz) & UINT64_C(0xfffffff);
}

void fuzz_case(struct fuzz *fuzz)
{
    static struct file file;
    struct intact_machine_config config;
    bool virt = fuzz_chance(fuzz, 2);
    bool bios = fuzz_chance(fuzz, 12), in_memory = !bios && fuzz_chance(fuzz, 2);
    make_files();
    memset(&file, 0, sizeof file);
    make_image(fuzz, &file, virt);
    damage(fuzz, &file);
    if (fuzz_chance(fuzz, 4)) {
        pack(&file);
        if (fuzz_chance(fuzz, 2))
            damage(fuzz, &file);
    }
    intact_machine_config_init(&config);
    choose_machine(fuzz, &config, virt);
    config.limit = LIMIT;
    config.reboot = fuzz_chance(fuzz, 2);
    config.append = any_append(fuzz);
    config.initrd = any_initrd(fuzz, &file);
    if (bios && fuzz_chance(fuzz, 2))
        file.size = FILE_LIMIT;
    if (in_memory) {
        uint8_t *exact = malloc(file.size + !file.size); // so that a read beyond its end is seen
        memcpy(exact, file.data, file.size);
        config.kernel = "in memory";
        config.kernel_data = exact;
        config.kernel_size = file.size;
        run(&config, fuzz);
        free(exact);
        return;
    }
    write_file(kernel_path, file.data, file.size);
    *(bios ? &config.bios : &config.kernel) = kernel_path;
    run(&config, fuzz);
}
