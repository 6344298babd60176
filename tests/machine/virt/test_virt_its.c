// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ITS of the virt machine goes on with a long queue by the machine's clock: a guest that sleeps until the interrupt
// of the last command gets it.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "machine/arm64_code.h"
#include "machine/tables/bytes.h"
#include "machine/virt/virt.h"

enum { DEVICE = 5, EVENT = 3, LPI = 8203, COMMAND = 32 };

// Tables and queue of the guest.
#define PROPERTIES  (VIRT_RAM + 0x1000000)
#define PENDING     (VIRT_RAM + 0x1020000)
#define DEVICES     (VIRT_RAM + 0x1040000)
#define COLLECTIONS (VIRT_RAM + 0x1050000)
#define ITT         (VIRT_RAM + 0x1060000)
#define QUEUE       (VIRT_RAM + 0x1100000)
#define QUEUE_PAGES 256
#define VALID       BIT64(63)

static struct virt virt;
static uint32_t offset; // of the next command

static void put(uint64_t address, unsigned size, uint64_t value)
{
    bus_write(&virt.board.memory, address, size, value, virt.board.clock.now);
}

static void its(uint32_t reg, uint64_t value)
{
    put(VIRT_ITS + reg, 8, value);
}

static void queue(uint64_t w0, uint64_t w1, uint64_t w2)
{
    uint8_t bytes[COMMAND] = { 0 };
    put64(bytes, w0);
    put64(bytes + 8, w1);
    put64(bytes + 16, w2);
    cr_assert(bus_write_memory(&virt.board.memory, QUEUE + offset, bytes, sizeof bytes));
    offset += COMMAND;
}

static void map(void)
{
    put(PROPERTIES + LPI - 8192, 1, 0xa1);
    put(VIRT_GICR + 0x70, 8, PROPERTIES | 15);
    put(VIRT_GICR + 0x78, 8, PENDING | BIT64(62));
    put(VIRT_GICR, 4, 1);
    its(0x100, VALID | DEVICES);
    its(0x108, VALID | COLLECTIONS);
    its(0x80, VALID | QUEUE | (QUEUE_PAGES - 1));
    put(VIRT_ITS, 4, 1);
    queue(ITS_MAPD | (uint64_t)DEVICE << 32, 4, VALID | ITT);
    queue(ITS_MAPC, 0, VALID);
    queue(ITS_MAPTI | (uint64_t)DEVICE << 32, EVENT | (uint64_t)LPI << 32, 0);
    its(0x88, offset);
}

static void begin(void)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = INTACT_VIRT;
    config.gic_version = 3;
    config.its = true;
    config.memory = UINT64_C(64) << 20;
    config.kernel = "code";
    config.kernel_data = code_hello;
    config.kernel_size = sizeof code_hello;
    offset = 0;
    cr_assert_eq(board_create(&virt.board, &virt_type, &config), 0, "%s", virt.board.error.text);
    map();
}

static void end(void)
{
    board_destroy(&virt.board);
}

TestSuite(virt_its, .init = begin, .fini = end);

static bool is_pending(void)
{
    return gicr_lpi_is_pending(&virt.irq.cpus[0].gicr, LPI);
}

// No access to the frame follows.
static void sleep_until(enum its_command command, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        queue(command, 0, 0);
    queue(ITS_INT | (uint64_t)DEVICE << 32, EVENT, 0);
    its(0x88, offset);
    cr_assert_not(is_pending(), "an access does a portion");
    run_to(&virt.board.clock, virt.board.clock.now + 1000 * ITS_PORTION_NS);
    cr_assert(is_pending());
}

Test(virt_its, many_commands_are_done_while_the_guest_sleeps)
{
    sleep_until(ITS_SYNC, 9000);
}

Test(virt_its, heavy_commands_are_done_while_the_guest_sleeps)
{
    sleep_until(ITS_INVALL, 40);
}
