// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The small ports: debug console, exit, POST code, reset, port 92h, test device.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/debug_ports.h"
#include "devices/pc_testdev.h"
#include "devices/pci/reset_port.h"

static uint8_t printed;
static uint32_t left;
static unsigned soft, hard;

static void transmit(void *owner, uint8_t byte)
{
    (void)owner;
    printed = byte;
}

static void leave(void *owner, uint32_t status)
{
    (void)owner;
    left = status;
}

static void reset(void *owner, bool is_hard)
{
    (void)owner;
    hard += is_hard;
    soft += !is_hard;
}

Test(ports, the_debug_console_prints_and_reads_e9)
{
    struct debugcon con;
    debugcon_init(&con, transmit, NULL);
    debugcon_write(&con, 0, 1, 'A', 0);
    cr_assert_eq(printed, 'A');
    cr_assert_eq(debugcon_read(&con, 0, 1, 0), 0xe9);
}

Test(ports, the_exit_port_gives_an_odd_status)
{
    struct isa_debug_exit port;
    isa_debug_exit_init(&port, leave, NULL);
    isa_debug_exit_write(&port, 0, 4, 0x10, 0);
    cr_assert_eq(left, 0x21);
    isa_debug_exit_write(&port, 0, 1, 0, 0);
    cr_assert_eq(left, 1);
    cr_assert_eq(isa_debug_exit_read(&port, 0, 4, 0), 0);
}

Test(ports, the_post_code_can_be_read_back)
{
    struct post_port port;
    post_port_init(&port);
    post_port_write(&port, 0, 1, 0x42, 0);
    cr_assert_eq(post_port_read(&port, 0, 1, 0), 0x42);
}

Test(ports, cf9_resets_hard_or_soft_on_the_rise_of_rst_cpu)
{
    struct reset_port port;
    reset_port_init(&port, reset, NULL);
    reset_port_write(&port, 0, 1, 4, 0);
    cr_assert_eq(soft, 1);
    reset_port_write(&port, 0, 1, 6, 0);
    cr_assert_eq(hard, 0);
    reset_port_write(&port, 0, 1, 2, 0);
    reset_port_write(&port, 0, 1, 6, 0);
    cr_assert_eq(hard, 1);
    cr_assert_eq(reset_port_read(&port, 0, 1, 0), 6);
    reset_port_reset(&port, 0);
    reset_port_write(&port, 0, 1, 0xe, 0);
    cr_assert_eq(hard, 2);
}

Test(ports, port_92_drives_a20_and_pulses_init)
{
    struct reset_port port;
    struct wire a20;
    soft = hard = 0;
    reset_port_init(&port, reset, NULL);
    wire_connect(&port.a20, &a20);
    cr_assert(a20.level);
    port92_write(&port, 0, 1, 0, 0);
    cr_assert_not(a20.level);
    port92_write(&port, 0, 1, PORT92_A20, 0);
    cr_assert(a20.level);
    cr_assert_eq(soft, 0);
    port92_write(&port, 0, 1, PORT92_A20 | PORT92_INIT, 0);
    cr_assert_eq(soft, 1);
    cr_assert_eq(port92_read(&port, 0, 1, 0), 3);
}

static void list_reset(void *object, struct visit *v)
{
    reset_port_visit(object, v);
}

Test(ports, the_reset_port_is_saved_and_loaded)
{
    struct reset_port port;
    reset_port_init(&port, reset, NULL);
    reset_port_write(&port, 0, 1, 2, 0);
    struct visit_save save;
    visit_save_init(&save);
    reset_port_visit(&port, &save.visit);
    reset_port_init(&port, reset, NULL);
    check_load(&port, list_reset, &save);
    cr_assert_eq(reset_port_read(&port, 0, 1, 0), 2);
    free(save.data);
    cr_assert_eq(visit_uncovered(&port, 2, list_reset), 0);
}

static struct pc_testdev dev;

Test(pc_testdev, its_register_is_reached_in_any_size_and_twice)
{
    pc_testdev_init(&dev);
    pc_testdev_write(&dev, 0, 4, 0x12345678, 0);
    cr_assert_eq(pc_testdev_read(&dev, 1, 1, 0) & 0xff, 0x56);
    pc_testdev_write(&dev, 2, 2, 0xabcd, 0);
    cr_assert_eq(pc_testdev_read(&dev, 0, 4, 0), 0xabcd5678);
    pc_testdev_write(&dev, 8, 1, 0x99, 0);
    cr_assert_eq(pc_testdev_read(&dev, 0, 4, 0), 0xabcd5699);
    pc_testdev_write_high(&dev, 1, 1, 0x77, 0);
    cr_assert_eq(pc_testdev_read(&dev, 11, 1, 0) & 0xff, 0x77);
    cr_assert_eq(pc_testdev_read_high(&dev, 0, 1, 0) & 0xff, 0xcd);
    pc_testdev_write(&dev, 4, 4, 0x1000, 0);
    cr_assert_eq(dev.flushed, 0x1000);
    cr_assert_eq(pc_testdev_read(&dev, 0, 4, 0), 0x77cd5699);
}

Test(pc_testdev, a_byte_drives_a_line)
{
    struct wire wires[PC_TESTDEV_LINES];
    pc_testdev_init(&dev);
    for (unsigned i = 0; i < PC_TESTDEV_LINES; i++)
        wire_connect(&dev.lines[i], &wires[i]);
    for (unsigned i = 0; i < PC_TESTDEV_LINES; i++) {
        pc_testdev_line_write(&dev, i, 1, 1, 0);
        cr_assert(wires[i].level);
        cr_assert_eq(pc_testdev_line_read(&dev, i, 1, 0), 1);
        pc_testdev_line_write(&dev, i, 1, 0, 0);
        cr_assert_eq(wires[i].falls, 1);
    }
    pc_testdev_line_write(&dev, PC_TESTDEV_LINES, 1, 1, 0);
    pc_testdev_line_write(&dev, 3, 1, 2, 0);
    pc_testdev_reset(&dev, 0);
    cr_assert_not(wires[3].level);
}

Test(pc_testdev, its_memory_keeps_what_is_written)
{
    pc_testdev_init(&dev);
    pc_testdev_memory_write(&dev, 0x100, 8, UINT64_C(0x1122334455667788), 0);
    cr_assert_eq(pc_testdev_memory_read(&dev, 0x102, 4, 0), 0x33445566);
    pc_testdev_memory_write(&dev, 0xffff, 1, 0xaa, 0);
    cr_assert_eq(pc_testdev_memory_read(&dev, 0xffff, 1, 0), 0xaa);
}

static void list(void *object, struct visit *v)
{
    pc_testdev_visit(object, v);
}

Test(pc_testdev, its_state_is_saved_and_loaded)
{
    pc_testdev_init(&dev);
    pc_testdev_write(&dev, 0, 4, 5, 0);
    pc_testdev_line_write(&dev, 9, 1, 1, 0);
    struct visit_save save;
    visit_save_init(&save);
    pc_testdev_visit(&dev, &save.visit);
    pc_testdev_init(&dev);
    check_load(&dev, list, &save);
    cr_assert(dev.lines[9].level);
    free(save.data);
    size_t lines = sizeof dev.lines - PC_TESTDEV_LINES * sizeof(bool);
    cr_assert_eq(visit_uncovered(&dev, sizeof dev, list), lines);
}
