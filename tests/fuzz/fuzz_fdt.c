// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Device trees and ACPI tables of impossible Arm machines: any number of processors, windows anywhere, command lines of any bytes, too
// little room.
//
// What must hold: a tree that libfdt accepts, within the given size; or -ENOMEM. The tables stay within the given size.
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "machine/tables/acpi_arm.h"

const char *const fuzz_name = "fuzz_fdt";

enum { CPUS = 600, TEXT = 4000, ROOM = 1 << 18 };

static struct fdt_window any_window(struct fuzz *fuzz)
{
    return (struct fdt_window){ fuzz_value(fuzz), fuzz_chance(fuzz, 4) ? 0 : fuzz_value(fuzz) };
}

static const char *any_text(struct fuzz *fuzz, char text[TEXT])
{
    uint32_t length = fuzz_below(fuzz, fuzz_chance(fuzz, 4) ? TEXT : 60);
    for (uint32_t i = 0; i < length; i++)
        text[i] = (char)(1 + fuzz_below(fuzz, 255));
    text[length] = 0;
    return text;
}

static void any_windows(struct fuzz *fuzz, struct fdt_description *tree)
{
    struct fdt_window *const windows[] = {
        &tree->memory,   &tree->gicd,     &tree->gicr[0], &tree->gicr[1],  &tree->gicc,       &tree->v2m,
        &tree->its,      &tree->flash[0], &tree->serial,  &tree->flash[1], &tree->fw_cfg,     &tree->virtio,
        &tree->pci.ecam, &tree->pci.io,   &tree->rtc,     &tree->pci.high, &tree->pci.memory,
    };
    for (unsigned i = 0; i < sizeof windows / sizeof windows[0]; i++)
        *windows[i] = any_window(fuzz);
}

static void any_numbers(struct fuzz *fuzz, struct fdt_description *tree)
{
    unsigned *const numbers[] = {
        &tree->v2m_first,     &tree->v2m_count, &tree->timer_secure, &tree->timer_physical,
        &tree->timer_virtual, &tree->timer_hyp, &tree->flash_width,  &tree->pci.spi,
        &tree->serial_spi,    &tree->rtc_spi,   &tree->serial_clock, &tree->virtio_spi,
    };
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        *numbers[i] = (unsigned)fuzz_value(fuzz);
    tree->virtio_slots = fuzz_below(fuzz, 65);
    tree->gic_version = fuzz_chance(fuzz, 8) ? (unsigned)fuzz_value(fuzz) : 2 + fuzz_below(fuzz, 2);
    tree->initrd_base = fuzz_value(fuzz);
    tree->initrd_size = fuzz_value(fuzz);
}

void fuzz_case(struct fuzz *fuzz)
{
    static uint64_t affinities[CPUS];
    static char append[TEXT], compatible[TEXT];
    struct fdt_description tree = { .cpus = fuzz_below(fuzz, fuzz_chance(fuzz, 4) ? CPUS : 9) };
    size_t room = fuzz_chance(fuzz, 3) ? fuzz_below(fuzz, ROOM) : ROOM;
    for (unsigned i = 0; i < CPUS; i++)
        affinities[i] = fuzz_value(fuzz) & UINT64_C(0xff00ffffff);
    tree.affinities = affinities;
    tree.cpu_compatible = any_text(fuzz, compatible);
    tree.append = fuzz_chance(fuzz, 3) ? NULL : any_text(fuzz, append);
    any_windows(fuzz, &tree);
    any_numbers(fuzz, &tree);
    if (tree.gic_version == 2) // the machine sees to that
        tree.cpus %= 9;
    void *out = malloc(room + !room);
    size_t tables = acpi_arm_build(&tree, fuzz_value(fuzz), out, room);
    if (tables > room)
        fuzz_fail("acpi_arm_build returned %zu of %zu", tables, room);
    free(out);
    out = malloc(room + !room); // so that a write beyond it is seen
    int result = fdt_build(&tree, out, room);
    fuzz_tell(fuzz, "%u processors, %zu bytes of room: %d", tree.cpus, room, result);
    if (result != 0 && result != -ENOMEM)
        fuzz_fail("fdt_build returned %d", result);
    if (result == 0 && fdt_check_full(out, room) != 0)
        fuzz_fail("a tree of %u processors is not sound: %s", tree.cpus, fdt_strerror(fdt_check_full(out, room)));
    free(out);
}
