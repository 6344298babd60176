// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI 3.0, sections 3.2.2.3.2 and 6.
#include <criterion/criterion.h>
#include <errno.h>

#include "devices/board.h"
#include "devices/pci/pci.h"
#include "devices/pci/reset_port.h"

struct board {
    struct pci_host host;
    struct reset_port reset_port;
    unsigned resets;
    unsigned offset, size; // of the last write that the function got
};

static struct board board;

static void reset(void *owner, bool hard)
{
    struct board *b = owner;
    b->resets += hard ? 100 : 1;
}

static void written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    struct board *b = owner;
    (void)now;
    b->offset = offset;
    b->size = size;
}

static void address(uint32_t value)
{
    pci_host_write(&board.host, 0, 4, value, 0);
}

static uint32_t in(unsigned offset, unsigned size)
{
    return (uint32_t)pci_host_read(&board.host, offset, size, 0);
}

static void out(unsigned offset, unsigned size, uint32_t value)
{
    pci_host_write(&board.host, offset, size, value, 0);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    reset_port_init(&board.reset_port, reset, &board);
    pci_host_init(&board.host, &board.reset_port);
}

TestSuite(pci, .init = setup);

Test(pci, the_address_register_keeps_its_bits_and_takes_dwords_alone)
{
    address(0xffffffff);
    cr_assert_eq(in(0, 4), 0x80fffffc);
    out(0, 1, 0);
    out(0, 2, 0);
    out(2, 2, 0);
    cr_assert_eq(in(0, 4), 0x80fffffc);
    cr_assert_eq(in(0, 2), 0xffff);
}

Test(pci, the_host_bridge_is_found_as_linux_looks_for_it)
{
    out(3, 1, 1);
    uint32_t before = in(0, 4);
    address(0x80000000);
    cr_assert_eq(in(0, 4), 0x80000000);
    address(before);
    address(0x80000000 | PCI_CLASS_DEVICE);
    cr_assert_eq(in(4 + 2, 2), 0x0600);
    address(0x80000000);
    cr_assert_eq(in(4, 4), 0x12378086);
    cr_assert_eq(in(4 + 2, 2), 0x1237);
    cr_assert_eq(in(4 + 1, 1), 0x80);
    address(0x80000008);
    cr_assert_eq(in(4, 4), 0x06000002);
    address(0x8000000c);
    cr_assert_eq(in(4, 4), 0, "header type 0, one function");
}

Test(pci, nobody_there_gives_all_ones)
{
    address(0x80000800);
    cr_assert_eq(in(4, 4), 0xffffffff);
    address(0x80000100);
    cr_assert_eq(in(4, 2), 0xffff);
    address(0x80010000);
    cr_assert_eq(in(4, 4), 0xffffffff, "bus 1");
    address(0x00000000);
    cr_assert_eq(in(4, 4), 0xffffffff, "disabled");
    out(4, 4, 0);
}

Test(pci, identity_is_read_only_and_status_bits_are_cleared_by_ones)
{
    address(0x80000000);
    out(4, 4, 0);
    cr_assert_eq(in(4, 4), 0x12378086);
    address(0x80000000 | PCI_COMMAND);
    cr_assert_eq(in(4, 4), 0x02800006);
    out(4, 2, 0xffff);
    cr_assert_eq(in(4, 2), 0x0146);
    board.host.bridge.config[PCI_STATUS + 1] |= 0xf0;
    out(6, 2, 0x3000);
    cr_assert_eq(in(6, 2), 0xc280);
    pci_host_reset(&board.host, 0);
    address(0x80000000 | PCI_COMMAND);
    cr_assert_eq(in(4, 4), 0x02800006);
}

Test(pci, a_function_is_added_and_hears_of_writes)
{
    static struct pci_function function;
    pci_function_init(&function, 0x1234, 0x5678, 0x020000, 9);
    pci_function_allow(&function, PCI_BAR0, 4, 0xfffff000);
    function.written = written;
    function.owner = &board;
    cr_assert_eq(pci_bus_add(&board.host.bus, PCI_DEVFN(3, 0), &function), 0);
    address(0x80001800 | PCI_BAR0);
    out(4, 4, 0xffffffff);
    cr_assert_eq(in(4, 4), 0xfffff000, "a BAR tells its size");
    cr_assert_eq(board.offset, PCI_BAR0);
    out(4 + 2, 2, 0xfee0);
    cr_assert_eq(in(4, 4), 0xfee0f000);
    cr_assert_eq(board.offset, PCI_BAR0 + 2);
    cr_assert_eq(board.size, 2);
    address(0x80001808);
    cr_assert_eq(in(4, 4), 0x02000009);
}

Test(pci, places_are_checked)
{
    static struct pci_function first, second;
    pci_function_init(&first, 1, 1, 0, 0);
    pci_function_init(&second, 1, 2, 0, 0);
    cr_assert_eq(pci_bus_add(&board.host.bus, PCI_DEVFN(0, 0), &first), -EEXIST);
    cr_assert_eq(pci_bus_add(&board.host.bus, PCI_DEVFN(5, 1), &first), -EINVAL);
    cr_assert_eq(pci_bus_add(&board.host.bus, PCI_DEVFN(5, 0), &first), 0);
    cr_assert_eq(pci_bus_add(&board.host.bus, PCI_DEVFN(5, 1), &second), 0);
    cr_assert_eq(pci_bus_read(&board.host.bus, PCI_DEVFN(5, 0), PCI_HEADER_TYPE, 1, 0), 0x80);
    cr_assert_eq(pci_bus_read(&board.host.bus, PCI_DEVFN(5, 1), PCI_DEVICE_ID, 2, 0), 2);
}

Test(pci, the_byte_at_cf9_is_the_reset_port)
{
    out(1, 1, RESET_PORT_SYS_RST);
    cr_assert_eq(in(1, 1), RESET_PORT_SYS_RST);
    cr_assert_eq(board.resets, 0);
    out(1, 1, RESET_PORT_SYS_RST | RESET_PORT_RST_CPU);
    cr_assert_eq(board.resets, 100);
    out(1, 1, RESET_PORT_SYS_RST | RESET_PORT_RST_CPU);
    cr_assert_eq(board.resets, 100, "only the rise of RST_CPU resets");
    board.host.reset_port = NULL;
    out(1, 1, 0);
    cr_assert_eq(in(1, 1), 0xff);
}

static void list(void *object, struct visit *v)
{
    pci_host_visit(object, v);
}

Test(pci, its_state_is_saved_and_loaded)
{
    address(0x80000000 | PCI_COMMAND);
    out(4, 2, 0x0146);
    struct visit_save save;
    visit_save_init(&save);
    pci_host_visit(&board.host, &save.visit);
    setup();
    check_load(&board.host, list, &save);
    cr_assert_eq(in(4, 2), 0x0146);
    free(save.data);
    size_t state = sizeof board.host.CONFIG_ADDRESS + PCI_CONFIG_SIZE + sizeof board.host.bridge.mistakes;
    cr_assert_eq(visit_uncovered(&board.host, sizeof board.host, list), sizeof board.host - state);
}
