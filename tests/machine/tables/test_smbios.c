// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// SMBIOS, DSP0134 3.7: structures with their strings, what the configuration changes, entry points.
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "machine/tables/bytes.h"
#include "machine/tables/smbios.h"

static uint8_t tables[65535];
static struct smbios_sizes sizes;
static struct error error;

static struct smbios_description describe(const struct intact_smbios_config *settings, unsigned count)
{
    return (struct smbios_description){ .product = "pc",
                                        .cpus = 3,
                                        .ram = { { 0, UINT64_C(3) << 30 }, { UINT64_C(4) << 30, UINT64_C(20) << 30 } },
                                        .firmware = true,
                                        .settings = settings,
                                        .count = count };
}

static int build(const struct smbios_description *machine)
{
    memset(tables, 0xa5, sizeof tables);
    return smbios_build(machine, tables, sizeof tables, &sizes, &error);
}

static size_t end_of(const uint8_t *at)
{
    size_t end = at[1];
    while (at[end] || at[end + 1])
        end++;
    return end + 2;
}

// Structure `index` of the type, or NULL. It checks the whole list on the way.
static const uint8_t *find(unsigned type, unsigned index)
{
    const uint8_t *found = NULL, *at = tables;
    unsigned count = 0;
    size_t largest = 0;
    while (at < tables + sizes.bytes) {
        if (at[0] == type && index-- == 0)
            found = at;
        largest = end_of(at) > largest ? end_of(at) : largest;
        count++;
        at += end_of(at);
    }
    cr_assert_eq(at, tables + sizes.bytes);
    cr_assert_eq(count, sizes.count);
    cr_assert_eq(largest, sizes.largest);
    return found;
}

static const char *text(const uint8_t *at, unsigned offset)
{
    const char *string = (const char *)at + at[1];
    if (at[offset] == 0)
        return "";
    for (unsigned i = 1; i < at[offset]; i++)
        string += strlen(string) + 1;
    return string;
}

Test(smbios, a_machine_has_every_structure_that_is_required)
{
    const struct smbios_description machine = describe(NULL, 0);
    static const uint8_t types[] = { 0, 1, 3, 4, 16, 17, 19, 32, 127 }; // 6.2
    cr_assert_eq(build(&machine), 0);
    for (unsigned i = 0; i < sizeof types; i++)
        cr_assert_not_null(find(types[i], 0), "%u", types[i]);
    cr_assert_null(find(2, 0));
    cr_assert_null(find(11, 0));
    cr_assert_eq(tables[sizes.bytes - 6], 127, "the end is the last");
    cr_assert_str_eq(text(find(1, 0), 4), "Intact");
    cr_assert_str_eq(text(find(1, 0), 5), "pc");
    cr_assert_str_eq(text(find(1, 0), 7), "");
}

Test(smbios, the_firmware_describes_itself)
{
    struct smbios_description machine = describe(NULL, 0);
    machine.firmware = false;
    cr_assert_eq(build(&machine), 0);
    cr_assert_null(find(0, 0));
}

Test(smbios, processors_are_cores_of_one_socket)
{
    struct smbios_description machine = describe(NULL, 0);
    cr_assert_eq(build(&machine), 0);
    const uint8_t *cpu = find(4, 0);
    cr_assert_eq(cpu[1], 0x30);
    cr_assert_eq(cpu[0x23], 3);
    cr_assert_eq(get16(cpu + 0x2a), 3);
    cr_assert_str_eq(text(cpu, 4), "CPU 0");
    machine.cpus = 300;
    cr_assert_eq(build(&machine), 0);
    cr_assert_eq(find(4, 0)[0x23], 0xff);
    cr_assert_eq(get16(find(4, 0) + 0x2a), 300);
}

Test(smbios, memory_is_its_parts_and_where_they_are)
{
    const struct smbios_description machine = describe(NULL, 0);
    cr_assert_eq(build(&machine), 0);
    cr_assert_eq(get32(find(16, 0) + 7), 23 << 20, "KiB");
    cr_assert_eq(get16(find(16, 0) + 0x0d), 2);
    cr_assert_eq(get16(find(17, 0) + 0x0c), 16384, "MiB");
    cr_assert_eq(get16(find(17, 1) + 0x0c), 7168);
    cr_assert_str_eq(text(find(17, 1), 0x10), "DIMM 1");
    cr_assert_null(find(17, 2));
    cr_assert_eq(get32(find(19, 0) + 4), 0);
    cr_assert_eq(get32(find(19, 0) + 8), (3 << 20) - 1);
    cr_assert_eq(get32(find(19, 1) + 4), 4 << 20);
    cr_assert_eq(get32(find(19, 1) + 8), (24 << 20) - 1);
}

Test(smbios, memory_that_is_not_whole_mib_is_in_kib)
{
    struct smbios_description machine = describe(NULL, 0);
    machine.ram[0] = (struct smbios_range){ 0, 4100 << 10 };
    machine.ram[1].size = 0;
    cr_assert_eq(build(&machine), 0);
    cr_assert_eq(get16(find(17, 0) + 0x0c), 0x8000 | 4100);
    cr_assert_null(find(19, 1));
}

Test(smbios, memory_above_4_tib_is_in_the_larger_fields)
{
    struct smbios_description machine = describe(NULL, 0);
    machine.ram[1] = (struct smbios_range){ UINT64_C(5) << 40, UINT64_C(1) << 30 };
    cr_assert_eq(build(&machine), 0);
    cr_assert_eq(get32(find(19, 1) + 4), UINT32_MAX);
    cr_assert_eq(get64(find(19, 1) + 0x0f), UINT64_C(5) << 40);
    cr_assert_eq(get64(find(19, 1) + 0x17), (UINT64_C(5) << 40) + (1 << 30) - 1);
}

Test(smbios, each_property_is_in_its_field)
{
    static const struct {
        struct intact_smbios_config setting;
        unsigned offset;
    } texts[] = {
        { { .type = 0, .name = "vendor" }, 4 },
        { { .type = 0, .name = "version" }, 5 },
        { { .type = 0, .name = "date" }, 8 },
        { { .type = 1, .name = "manufacturer" }, 4 },
        { { .type = 1, .name = "product" }, 5 },
        { { .type = 1, .name = "version" }, 6 },
        { { .type = 1, .name = "serial" }, 7 },
        { { .type = 1, .name = "sku" }, 0x19 },
        { { .type = 1, .name = "family" }, 0x1a },
        { { .type = 2, .name = "manufacturer" }, 4 },
        { { .type = 2, .name = "product" }, 5 },
        { { .type = 2, .name = "version" }, 6 },
        { { .type = 2, .name = "serial" }, 7 },
        { { .type = 2, .name = "asset" }, 8 },
        { { .type = 2, .name = "location" }, 0xa },
        { { .type = 3, .name = "manufacturer" }, 4 },
        { { .type = 3, .name = "version" }, 6 },
        { { .type = 3, .name = "serial" }, 7 },
        { { .type = 3, .name = "asset" }, 8 },
        { { .type = 3, .name = "sku" }, 0x15 },
        { { .type = 4, .name = "manufacturer" }, 7 },
        { { .type = 4, .name = "version" }, 0x10 },
        { { .type = 4, .name = "serial" }, 0x20 },
        { { .type = 4, .name = "asset" }, 0x21 },
        { { .type = 4, .name = "part" }, 0x22 },
        { { .type = 17, .name = "bank" }, 0x11 },
        { { .type = 17, .name = "manufacturer" }, 0x17 },
        { { .type = 17, .name = "serial" }, 0x18 },
        { { .type = 17, .name = "asset" }, 0x19 },
        { { .type = 17, .name = "part" }, 0x1a },
    };
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct intact_smbios_config setting = texts[i].setting;
        setting.value = "what was said";
        const struct smbios_description machine = describe(&setting, 1);
        cr_assert_eq(build(&machine), 0);
        cr_assert_str_eq(text(find(setting.type, 0), texts[i].offset), "what was said", "%u %s", setting.type,
                         setting.name);
    }
}

Test(smbios, numbers_and_flags)
{
    const struct intact_smbios_config settings[] = {
        { .type = 0, .name = "release", .value = "2.17" },
        { .type = 0, .name = "uefi", .value = "on" },
        { .type = 0, .name = "vm", .value = "off" },
        { .type = 4, .name = "processor-id", .value = "0x1234567890" },
        { .type = 4, .name = "max-speed", .value = "3000" },
        { .type = 4, .name = "current-speed", .value = "2000" },
        { .type = 4, .name = "processor-family", .value = "7" },
        { .type = 17, .name = "speed", .value = "1600" },
        { .type = 4, .name = "sock_pfx", .value = "socket" },
        { .type = 17, .name = "loc_pfx", .value = "slot" },
    };
    const struct smbios_description machine = describe(settings, 10);
    cr_assert_eq(build(&machine), 0);
    const uint8_t *firmware = find(0, 0), *cpu = find(4, 0), *dimm = find(17, 1);
    cr_assert_eq(firmware[0x14], 2);
    cr_assert_eq(firmware[0x15], 17);
    cr_assert_eq(firmware[0x13], 1 << 3);
    cr_assert_eq(get64(cpu + 8), UINT64_C(0x1234567890));
    cr_assert_eq(get16(cpu + 0x14), 3000);
    cr_assert_eq(get16(cpu + 0x16), 2000);
    cr_assert_eq(get16(cpu + 0x28), 7);
    cr_assert_str_eq(text(cpu, 4), "socket 0");
    cr_assert_str_eq(text(dimm, 0x10), "slot 1");
    cr_assert_eq(get16(dimm + 0x15), 1600);
    cr_assert_eq(get16(dimm + 0x20), 1600);
}

Test(smbios, a_uuid_has_its_first_fields_little_endian)
{
    const uint8_t uuid[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    struct smbios_description machine = describe(NULL, 0);
    machine.uuid = uuid;
    cr_assert_eq(build(&machine), 0);
    cr_assert_arr_eq(find(1, 0) + 8, ((const uint8_t[]){ 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 }), 16);
}

Test(smbios, strings_of_type_11_keep_their_order)
{
    const struct intact_smbios_config settings[] = { { .type = 11, .name = "value", .value = "one" },
                                                     { .type = 11, .name = "value", .value = "two" } };
    const struct smbios_description machine = describe(settings, 2);
    cr_assert_eq(build(&machine), 0);
    cr_assert_eq(find(11, 0)[4], 2);
    cr_assert_eq(memcmp(find(11, 0) + 5, "one\0two\0", 9), 0);
}

Test(smbios, a_file_has_structures_in_place_of_ours)
{
    static const uint8_t bytes[] = "\x01\x05\x34\x12\x01"
                                   "mine\0"
                                   "\0"
                                   "\x7e\x04\x35\x12\0\0"; // types 1 and 126
    const struct intact_smbios_config file = { .file = "f", .data = bytes, .data_size = 11 + 6 };
    const struct smbios_description machine = describe(&file, 1);
    cr_assert_eq(build(&machine), 0);
    cr_assert_str_eq(text(find(1, 0), 4), "mine");
    cr_assert_null(find(1, 1));
    cr_assert_not_null(find(126, 0));
    cr_assert_not_null(find(3, 0));
}

Test(smbios, what_is_wrong_is_refused)
{
    static const uint8_t whole[] = "\x01\x05\x34\x12\x01mine\0", short_one[] = "\x01\x02\0\0", end[] = "\x7f\x04\0\0\0";
    static const struct {
        struct intact_smbios_config settings[2];
        const char *why;
    } rows[] = {
        { { { .type = 1, .name = "colour", .value = "red" } },
          "type=1 has no property 'colour'; there is manufacturer" },
        { { { .type = 9, .name = "slot", .value = "1" } }, "types 0, 1, 2, 3, 4, 11 and 17" },
        { { { .type = 0, .name = "release", .value = "1" } }, "release=1 is not a release" },
        { { { .type = 0, .name = "release", .value = "1.256" } }, "release=1.256 is not" },
        { { { .type = 0, .name = "uefi", .value = "maybe" } }, "uefi=maybe is not on or off" },
        { { { .type = 4, .name = "max-speed", .value = "65536" } }, "max-speed=65536 is not a number" },
        { { { .type = 4, .name = "max-speed", .value = "-1" } }, "max-speed=-1 is not a number" },
        { { { .type = 4, .name = "processor-id", .value = "" } }, "processor-id= is not a number" },
        { { { .type = 11, .name = "value", .value = "" } }, "value= is not a string" },
        { { { .file = "f", .data = whole, .data_size = 8 } }, "'f' is no SMBIOS structure" },
        { { { .file = "f", .data = short_one, .data_size = 4 } }, "'f' is no SMBIOS structure" },
        { { { .file = "f", .data = end, .data_size = 6 } }, "has type 127" },
        { { { .file = "f", .data = whole, .data_size = 11 }, { .type = 1, .name = "sku", .value = "x" } },
          "'f' has type 1" },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct smbios_description machine = describe(rows[i].settings, 1 + (rows[i].settings[1].name != NULL));
        cr_assert_eq(build(&machine), -EINVAL, "%u", i);
        cr_assert_not_null(strstr(error.text, rows[i].why), "%s", error.text);
    }
    const struct smbios_description machine = describe(NULL, 0);
    cr_assert_eq(smbios_build(&machine, tables, 100, &sizes, &error), -ENOSPC);
}

static uint8_t sum(const uint8_t *at, unsigned size)
{
    uint8_t total = 0;
    while (size--)
        total = (uint8_t)(total + *at++);
    return total;
}

Test(smbios, entry_points_lead_to_the_structures)
{
    const struct smbios_description machine = describe(NULL, 0);
    uint8_t old[SMBIOS_ENTRY_21_SIZE], new[SMBIOS_ENTRY_30_SIZE];
    cr_assert_eq(build(&machine), 0);
    smbios_entry_21(&sizes, 0xf8040, old);
    cr_assert_eq(memcmp(old, "_SM_", 4), 0);
    cr_assert_eq(memcmp(old + 16, "_DMI_", 5), 0);
    cr_assert_eq(sum(old, sizeof old), 0);
    cr_assert_eq(sum(old + 16, 15), 0);
    cr_assert_eq(get16(old + 8), sizes.largest);
    cr_assert_eq(get16(old + 0x16), sizes.bytes);
    cr_assert_eq(get32(old + 0x18), 0xf8040);
    cr_assert_eq(get16(old + 0x1c), sizes.count);
    smbios_entry_30(&sizes, UINT64_C(0x100000000), new);
    cr_assert_eq(memcmp(new, "_SM3_", 5), 0);
    cr_assert_eq(sum(new, sizeof new), 0);
    cr_assert_eq(get32(new + 0x0c), sizes.bytes);
    cr_assert_eq(get64(new + 0x10), UINT64_C(0x100000000));
}
