// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// fw_cfg: selector, data, DMA, the directory of files.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "devices/board.h"
#include "devices/fw_cfg.h"

static struct fw_cfg fw;

static void choose(uint16_t key)
{
    fw_cfg_write(&fw, 0, 2, key, 0);
}

static uint8_t next(void)
{
    return (uint8_t)fw_cfg_read(&fw, 1, 1, 0);
}

static uint64_t number(unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)next() << (8 * i);
    return value;
}

static uint32_t big_endian(unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | next();
    return value;
}

static void setup(void)
{
    fw_cfg_init(&fw);
}

TestSuite(fw_cfg, .init = setup);

Test(fw_cfg, the_signature_and_an_id_without_dma)
{
    choose(FW_CFG_SIGNATURE);
    cr_assert_eq(number(4), 0x554d4551); // "QEMU"
    cr_assert_eq(number(4), 0, "zeros follow");
    choose(FW_CFG_ID);
    cr_assert_eq(number(4), 1);
}

Test(fw_cfg, numbers_and_bytes)
{
    static const char line[] = "console=ttyS0";
    cr_assert_eq(fw_cfg_add_number(&fw, FW_CFG_NB_CPUS, 4, 2), 0);
    cr_assert_eq(fw_cfg_add_number(&fw, FW_CFG_RAM_SIZE, UINT64_C(0x123456789a), 8), 0);
    cr_assert_eq(fw_cfg_add_bytes(&fw, FW_CFG_CMDLINE_DATA, line, sizeof line), 0);
    cr_assert_eq(fw_cfg_add_number(&fw, FW_CFG_ARCH_LOCAL + 2, 7, 4), 0);
    choose(FW_CFG_NB_CPUS);
    cr_assert_eq(number(2), 4);
    cr_assert_eq(number(2), 0);
    choose(FW_CFG_RAM_SIZE);
    cr_assert_eq(number(8), UINT64_C(0x123456789a));
    choose(FW_CFG_CMDLINE_DATA);
    for (unsigned i = 0; i < sizeof line; i++)
        cr_assert_eq(next(), line[i]);
    choose(FW_CFG_ARCH_LOCAL + 2);
    cr_assert_eq(number(4), 7);
    choose(FW_CFG_NB_CPUS);
    cr_assert_eq(number(2), 4, "choosing starts again");
}

Test(fw_cfg, files_are_listed_big_endian)
{
    choose(FW_CFG_FILE_DIR);
    cr_assert_eq(big_endian(4), 0);
    cr_assert_eq(fw_cfg_add_file(&fw, "etc/one", "1", 1), FW_CFG_FILE_FIRST);
    cr_assert_eq(fw_cfg_add_file(&fw, "etc/two", "22", 2), FW_CFG_FILE_FIRST + 1);
    choose(FW_CFG_FILE_DIR);
    cr_assert_eq(big_endian(4), 2);
    for (unsigned i = 0; i < 2; i++) {
        char name[FW_CFG_NAME];
        cr_assert_eq(big_endian(4), i + 1);
        cr_assert_eq(big_endian(2), FW_CFG_FILE_FIRST + i);
        cr_assert_eq(big_endian(2), 0);
        for (unsigned n = 0; n < FW_CFG_NAME; n++)
            name[n] = (char)next();
        cr_assert_str_eq(name, i ? "etc/two" : "etc/one");
    }
    choose(FW_CFG_FILE_FIRST + 1);
    cr_assert_eq(big_endian(4), 0x32320000);
}

Test(fw_cfg, what_does_not_fit_is_refused)
{
    char name[FW_CFG_NAME + 1];
    memset(name, 'x', FW_CFG_NAME);
    name[FW_CFG_NAME] = '\0';
    cr_assert_eq(fw_cfg_add_file(&fw, name, "", 0), -EINVAL);
    cr_assert_eq(fw_cfg_add_file(&fw, "", "", 0), -EINVAL);
    cr_assert_eq(fw_cfg_add_file(&fw, "big", "", UINT64_C(1) << 32), -EINVAL);
    for (unsigned i = 0; i < FW_CFG_FILES; i++) {
        snprintf(name, sizeof name, "file%u", i);
        cr_assert_eq(fw_cfg_add_file(&fw, name, "", 0), (int)(FW_CFG_FILE_FIRST + i));
        cr_assert_eq(fw_cfg_add_file(&fw, name, "", 0), -EEXIST);
    }
    cr_assert_eq(fw_cfg_add_file(&fw, "more", "", 0), -ENOSPC);
    cr_assert_eq(fw_cfg_add_number(&fw, 0x7000, 1, 4), -EINVAL);
    cr_assert_eq(fw_cfg_add_number(&fw, FW_CFG_NB_CPUS, 1, 3), -EINVAL);
    cr_assert_eq(fw_cfg_add_bytes(&fw, FW_CFG_ARCH_LOCAL + FW_CFG_ARCH_KEYS, "", 1), -EINVAL);
}

Test(fw_cfg, any_key_may_be_chosen_and_nothing_can_be_written)
{
    fw_cfg_add_number(&fw, FW_CFG_NB_CPUS, 3, 2);
    for (unsigned key = 0; key < 0x10000; key++) {
        choose((uint16_t)key);
        fw_cfg_write(&fw, 1, 1, 0xff, 0);
        next();
        next();
    }
    choose(FW_CFG_NB_CPUS);
    cr_assert_eq(number(2), 3);
    cr_assert_eq(fw_cfg_read(&fw, 0, 2, 0), 0xffff);
}

// --- In memory ------------------------------------------------------------------------------------------------------

#define RAM UINT64_C(0x40000000)

static uint8_t ram[0x4000];

static bool inside(uint64_t address, size_t size)
{
    return address >= RAM && address - RAM <= sizeof ram && size <= sizeof ram - (address - RAM);
}

static bool ram_read(void *owner, uint64_t address, void *data, size_t size)
{
    (void)owner;
    if (inside(address, size))
        memcpy(data, ram + (address - RAM), size);
    return inside(address, size);
}

static bool ram_write(void *owner, uint64_t address, const void *data, size_t size)
{
    (void)owner;
    if (inside(address, size))
        memcpy(ram + (address - RAM), data, size);
    return inside(address, size);
}

static void setup_memory(void)
{
    static const struct fw_cfg_memory memory = { ram_read, ram_write, NULL };
    memset(ram, 0xee, sizeof ram);
    fw_cfg_init(&fw);
    fw_cfg_add_dma(&fw, &memory);
    fw_cfg_add_bytes(&fw, FW_CFG_CMDLINE_DATA, "0123456789abcdef", 16);
}

TestSuite(fw_cfg_memory, .init = setup_memory);

// A request at `place`, told by the register at `where` in words of `size`. Returns its control word afterwards.
static uint32_t request(uint64_t place, uint32_t control, uint32_t length, uint64_t address, unsigned size)
{
    bytes_put(ram + (place - RAM), 4, __builtin_bswap32(control));
    bytes_put(ram + (place - RAM) + 4, 4, __builtin_bswap32(length));
    bytes_put(ram + (place - RAM) + 8, 8, __builtin_bswap64(address));
    if (size == 8) {
        fw_cfg_memory_write(&fw, 0x10, 8, __builtin_bswap64(place), 0);
    } else {
        fw_cfg_memory_write(&fw, 0x10, 4, __builtin_bswap32((uint32_t)(place >> 32)), 0);
        fw_cfg_memory_write(&fw, 0x14, 4, __builtin_bswap32((uint32_t)place), 0);
    }
    return __builtin_bswap32((uint32_t)bytes_get(ram + (place - RAM), 4));
}

Test(fw_cfg_memory, the_selector_is_big_endian_and_the_data_a_string)
{
    fw_cfg_memory_write(&fw, 8, 2, __builtin_bswap16(FW_CFG_SIGNATURE), 0);
    cr_assert_eq(fw_cfg_memory_read(&fw, 0, 4, 0), 0x554d4551);
    fw_cfg_memory_write(&fw, 8, 2, __builtin_bswap16(FW_CFG_ID), 0);
    cr_assert_eq(fw_cfg_memory_read(&fw, 0, 1, 0), 3, "with DMA");
    fw_cfg_memory_write(&fw, 8, 2, __builtin_bswap16(FW_CFG_CMDLINE_DATA), 0);
    cr_assert_eq(fw_cfg_memory_read(&fw, 0, 2, 0), 0x3130);
    cr_assert_eq(fw_cfg_memory_read(&fw, 0, 8, 0), UINT64_C(0x3938373635343332));
    cr_assert_eq(fw_cfg_memory_read(&fw, 0, 8, 0), UINT64_C(0x0000666564636261), "zeros follow");
    cr_assert_eq(fw_cfg_memory_read(&fw, 8, 2, 0), 0);
}

Test(fw_cfg_memory, the_dma_register_reads_as_its_signature)
{
    uint64_t low = fw_cfg_memory_read(&fw, 0x10, 4, 0), high = fw_cfg_memory_read(&fw, 0x14, 4, 0);
    cr_assert_eq(__builtin_bswap32((uint32_t)low), 0x51454d55);
    cr_assert_eq(__builtin_bswap32((uint32_t)high), 0x20434647);
    cr_assert_eq(fw_cfg_memory_read(&fw, 0x10, 8, 0), high << 32 | low);
    fw_cfg_init(&fw);
    cr_assert_eq(fw_cfg_memory_read(&fw, 0x10, 8, 0), 0);
    fw_cfg_memory_write(&fw, 0x10, 8, 0, 0);
    cr_assert_eq(fw.mistakes, 1);
}

Test(fw_cfg_memory, a_request_selects_skips_and_reads)
{
    cr_assert_eq(request(RAM, FW_CFG_CMDLINE_DATA << 16 | 8 | 2, 4, RAM + 0x100, 8), 0);
    cr_assert_arr_eq(ram + 0x100, "0123\xee", 5);
    cr_assert_eq(request(RAM + 0x20, 4, 3, 0, 4), 0);
    cr_assert_eq(request(RAM, 2, 12, RAM + 0x200, 4), 0);
    cr_assert_arr_eq(ram + 0x200, "789abcdef\0\0\0\xee", 13);
    cr_assert_eq(request(RAM, FW_CFG_SIGNATURE << 16 | 8, 4, RAM, 8), 0, "to select alone does nothing else");
    cr_assert_eq(request(RAM, 2, 4, RAM + 0x300, 8), 0);
    cr_assert_arr_eq(ram + 0x300, "QEMU", 4);
    cr_assert_eq(request(RAM, 4, UINT32_MAX, 0, 8), 0);
    cr_assert_eq(request(RAM, 4, UINT32_MAX, 0, 8), 0);
    cr_assert_eq(request(RAM, 2, 0x3000, RAM + 0x1000, 8), 0);
    for (unsigned i = 0x1000; i < sizeof ram; i++)
        cr_assert_eq(ram[i], 0);
    cr_assert_eq(fw.mistakes, 0);
}

Test(fw_cfg_memory, what_cannot_be_done_is_told_in_the_request)
{
    cr_assert_eq(request(RAM, FW_CFG_CMDLINE_DATA << 16 | 8 | 2, 4, 0, 8), 1, "no memory there");
    cr_assert_eq(request(RAM, FW_CFG_CMDLINE_DATA << 16 | 8 | 16, 4, RAM + 0x100, 8), 1, "items cannot be written");
    cr_assert_eq(request(RAM, 2, UINT32_MAX, RAM + 0x100, 8), 1);
    cr_assert_eq(request(RAM, 2, 8, UINT64_MAX - 4, 8), 1);
    cr_assert_eq(fw.mistakes, 4);
    fw_cfg_memory_write(&fw, 0x10, 8, 0, 0);
    cr_assert_eq(fw.mistakes, 5, "the request itself is nowhere");
}

Test(fw_cfg_memory, a_file_may_be_one_that_is_written_as_far_as_it_goes)
{
    uint8_t contents[8];
    memset(contents, '.', sizeof contents);
    uint16_t key = FW_CFG_FILE_FIRST;
    cr_assert_eq(fw_cfg_add_writable(&fw, "etc/own", contents, sizeof contents), key);
    memcpy(ram + 0x100, "abcdefgh", 8);
    cr_assert_eq(request(RAM, (uint32_t)key << 16 | 8 | 16, 3, RAM + 0x100, 8), 0);
    cr_assert_eq(request(RAM, 16, 5, RAM + 0x103, 8), 0, "it goes on");
    cr_assert_arr_eq(contents, "abcdefgh", 8);
    cr_assert_eq(request(RAM, 16, 1, RAM + 0x100, 8), 1, "behind its end");
    cr_assert_eq(request(RAM, (uint32_t)key << 16 | 8 | 16, 9, RAM + 0x100, 8), 1);
    cr_assert_eq(request(RAM, (uint32_t)key << 16 | 8 | 16, 8, 0, 8), 1, "no memory there");
    cr_assert_arr_eq(contents, "abcdefgh", 8);
    cr_assert_eq(request(RAM, (uint32_t)key << 16 | 8 | 2, 8, RAM + 0x200, 8), 0);
    cr_assert_arr_eq(ram + 0x200, "abcdefgh", 8);
}

Test(fw_cfg_memory, any_access_at_any_place_is_taken)
{
    for (unsigned offset = 0; offset < FW_CFG_SIZE; offset++)
        for (unsigned size = 1; size <= 8 && offset + size <= FW_CFG_SIZE; size *= 2) {
            fw_cfg_memory_read(&fw, offset, size, 0);
            fw_cfg_memory_write(&fw, offset, size, UINT64_MAX, 0);
        }
    fw_cfg_memory_write(&fw, 0x10, 4, 1, 0);
    fw_cfg_reset(&fw, 0);
    cr_assert_eq(fw.dma_high, 0);
}

static void list(void *object, struct visit *v)
{
    fw_cfg_visit(object, v);
}

Test(fw_cfg, the_place_in_an_item_is_saved_and_loaded)
{
    choose(FW_CFG_SIGNATURE);
    next();
    struct visit_save save;
    visit_save_init(&save);
    fw_cfg_visit(&fw, &save.visit);
    setup();
    check_load(&fw, list, &save);
    cr_assert_eq(next(), 'E');
    free(save.data);
    cr_assert_eq(visit_uncovered(&fw, offsetof(struct fw_cfg, memory), list), 2);
}
