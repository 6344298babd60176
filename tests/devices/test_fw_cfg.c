// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
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
    cr_assert_eq(visit_uncovered(&fw, offsetof(struct fw_cfg, items), list), 2);
}
