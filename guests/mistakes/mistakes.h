// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with interrupts that people make, each in a function of its own that does everything else as it should be done,
// and then waits for its interrupts:
//
//     -append mistake=no-eoi     makes the mistake: the interrupts do not come, or do not end
//     -append right=no-eoi       the same function without the mistake: the guest ends
//
// Here: what both families have alike. docs/why.md, "Mistakes that beginners make", lists them with what Intact says.
#ifndef MISTAKES_H
#define MISTAKES_H

#include "drivers/edu.h"
#include "drivers/rng.h"
#include "intr/intr.h"
#include "lib/guest.h"
#include "lib/pci.h"

struct mistake {
    const char *name;
    void (*run)(void);
};

static bool wrong;              // the mistake is made
static volatile unsigned taken; // by handlers

static void wait_for(unsigned interrupts)
{
    while (taken < interrupts)
        interrupts_wait();
}

static int run_mistakes(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wrong = argument_is("mistake", mistakes[i].name);
        if (!wrong && !argument_is("right", mistakes[i].name))
            continue;
        mistakes[i].run();
        return EXIT_PASSED;
    }
    fail("no such mistake: -append mistake=NAME or right=NAME");
}

// --- The edu device: its interrupt stays until each bit of its status is acknowledged ---------------------------------

enum { EDU_INTERRUPT = 0x24, EDU_RAISE = 0x60, EDU_ACKNOWLEDGE = 0x64 };
static unsigned edu_devfn;
static uint64_t edu_registers;

static void edu_find(void)
{
    int devfn = pci_find(EDU_VENDOR, EDU_DEVICE);
    if (devfn < 0)
        fail("no edu device: -device edu");
    edu_devfn = (unsigned)devfn;
    edu_registers = pci_bar(edu_devfn, 0);
}

static void edu_bits(uint32_t bits)
{
    write32(edu_registers + EDU_RAISE, bits);
}

// One cause of the interrupt; there may be others.
static void edu_quiet(void)
{
    uint32_t bits = read32(edu_registers + EDU_INTERRUPT);
    write32(edu_registers + EDU_ACKNOWLEDGE, bits & -bits);
}

// Two of them on one line: the other one has its registers at `edu_other`.
static uint64_t edu_other;

static bool is_edu(unsigned devfn)
{
    return pci_read(devfn, PCI_ID) == (EDU_VENDOR | (uint32_t)EDU_DEVICE << 16);
}

static void edu_find_two(void)
{
    for (unsigned first = 0; first < 0x100; first += 8)
        for (unsigned second = first + 8; second < 0x100; second += 8)
            if (is_edu(first) && is_edu(second) && pci_pin(first) == pci_pin(second)) {
                edu_devfn = first;
                edu_registers = pci_bar(first, 0);
                edu_other = pci_bar(second, 0);
                return;
            }
    fail("no two edu devices on one line: -device edu,addr=5 -device edu,addr=9");
}

static void edu_quiet_both(void)
{
    edu_quiet();
    write32(edu_other + EDU_ACKNOWLEDGE, read32(edu_other + EDU_INTERRUPT));
}

static void set_command(unsigned devfn, uint32_t set, uint32_t clear)
{
    pci_write(devfn, PCI_COMMAND, (pci_read(devfn, PCI_COMMAND) & 0xffff & ~clear) | set);
}

// --- virtio-rng by MSI-X (PCI 6.8.2) ------------------------------------------------------------------------------

static struct virtio rng;

static void rng_by_msix(void)
{
    if (!intr_init(INTR_BEST) || rng_open(&rng, true) < 0)
        fail("no virtio-rng with MSI-X: -device virtio-rng-pci");
}

static void rng_work(void)
{
    uint8_t bytes[16];
    rng_read(&rng, bytes, sizeof bytes);
}

enum { ROW_DATA = 8, ROW_CONTROL = 12 };

static uint64_t msix_row(void)
{
    uint32_t table = pci_read(rng.devfn, pci_capability(rng.devfn, PCI_CAP_MSIX, 0) + 4);
    return pci_bar(rng.devfn, table & 7) + (table & ~UINT32_C(7));
}

// Vector control of row 0 of the table, bit 0.
static void msix_row_masked(void)
{
    rng_by_msix();
    write32(msix_row() + ROW_CONTROL, wrong);
    rng_work();
}

// 6.8.3.2: a row is masked before its message is changed.
static void msix_row_in_use(void)
{
    rng_by_msix();
    uint64_t row = msix_row();
    uint32_t data = read32(row + ROW_DATA);
    write32(row + ROW_CONTROL, !wrong);
    write32(row + ROW_DATA, data ^ 1);
    write32(row + ROW_DATA, data);
    write32(row + ROW_CONTROL, 0);
    rng_work();
}

// Message control, bit 14: all rows.
static void msix_function_masked(void)
{
    rng_by_msix();
    unsigned at = pci_capability(rng.devfn, PCI_CAP_MSIX, 0);
    pci_write(rng.devfn, at, pci_read(rng.devfn, at) | (wrong ? UINT32_C(1) << 30 : 0));
    rng_work();
}

// Message control, bit 15: rows are written, and the device still has its line.
static void msix_not_enabled(void)
{
    rng_by_msix();
    if (wrong)
        pci_msix_off(rng.devfn);
    rng_work();
}

// VIRTIO 3.1.1: no notification before DRIVER_OK, which a reset has taken back.
static void notified_early(void)
{
    enum { STATUS = 0x14 };
    rng_by_msix();
    if (wrong) {
        write8(rng.common + STATUS, 0);
        while (read8(rng.common + STATUS))
            relax();
    }
    rng_work();
}

#endif
