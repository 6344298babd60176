// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Builds the device tree with libfdt's sequential writer: nodes are written once, in their order in the tree.
//
// Spec: Devicetree Specification 0.4, chapters 2, 3 and 5; the bindings that Linux documents (arm,gic-v3, arm,gic,
// arm,armv8-timer, arm,psci, arm,pl011, arm,pl031, arm,pl061, gpio-keys, cfi-flash, qemu,fw-cfg-mmio, virtio,mmio, pci-host-ecam-generic with
// msi-map).
#include "machine/tables/fdt.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "base/split.h"

enum { SPI = 0, PPI = 1 }; // first cell of an interrupt
enum { LEVEL_HIGH = 4 };   // third cell
enum { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2, PHANDLE_MSI = 3, PHANDLE_GPIO = 4 };
enum { MOST_CELLS = 160 };

// After a failure all later calls of libfdt fail too, so checking the last one is enough.
struct tree {
    void *fdt;
    int error;
};

static void note(struct tree *tree, int error)
{
    if (!tree->error)
        tree->error = error;
}

static void open_node(struct tree *tree, const char *name)
{
    note(tree, fdt_begin_node(tree->fdt, name));
}

static void open_node_at(struct tree *tree, const char *name, uint64_t address)
{
    char full[64];
    snprintf(full, sizeof full, "%s@%llx", name, (unsigned long long)address);
    open_node(tree, full);
}

static void close_node(struct tree *tree)
{
    note(tree, fdt_end_node(tree->fdt));
}

static void flag(struct tree *tree, const char *name)
{
    note(tree, fdt_property(tree->fdt, name, NULL, 0));
}

static void text(struct tree *tree, const char *name, const char *value)
{
    note(tree, fdt_property_string(tree->fdt, name, value));
}

// Several strings: `value` has a NUL between each two, and `size` counts the last one.
static void texts(struct tree *tree, const char *name, const char *value, size_t size)
{
    note(tree, fdt_property(tree->fdt, name, value, (int)size));
}

static void cells(struct tree *tree, const char *name, const uint32_t *values, unsigned count)
{
    fdt32_t out[MOST_CELLS];
    for (unsigned i = 0; i < count; i++)
        out[i] = cpu_to_fdt32(values[i]);
    note(tree, fdt_property(tree->fdt, name, out, (int)(count * sizeof out[0])));
}

static void cell(struct tree *tree, const char *name, uint32_t value)
{
    cells(tree, name, &value, 1);
}

// `reg` with two cells each for address and size; windows of size 0 are left out.
static void reg(struct tree *tree, const struct fdt_window *const *windows, unsigned count)
{
    uint32_t out[MOST_CELLS];
    unsigned used = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!windows[i]->size)
            continue;
        const uint32_t words[] = { (uint32_t)(windows[i]->base >> 32), (uint32_t)windows[i]->base,
                                   (uint32_t)(windows[i]->size >> 32), (uint32_t)windows[i]->size };
        memcpy(out + used, words, sizeof words);
        used += 4;
    }
    cells(tree, "reg", out, used);
}

static void reg_one(struct tree *tree, const struct fdt_window *window)
{
    reg(tree, &window, 1);
}

// --- Nodes ----------------------------------------------------------------------------------------------------------

static void put_root(struct tree *tree)
{
    text(tree, "compatible", "linux,dummy-virt");
    text(tree, "model", "intact,virt");
    cell(tree, "#address-cells", 2);
    cell(tree, "#size-cells", 2);
    cell(tree, "interrupt-parent", PHANDLE_GIC);
}

// Linux, Documentation/devicetree/bindings/chosen.txt; the schema chosen.yaml.
static void put_seeds(struct tree *tree, uint64_t seed)
{
    enum { NUMBERS = 4 };
    fdt64_t numbers[NUMBERS];
    note(tree, fdt_property_u64(tree->fdt, "kaslr-seed", split_next(&seed)));
    for (unsigned i = 0; i < NUMBERS; i++)
        numbers[i] = cpu_to_fdt64(split_next(&seed));
    note(tree, fdt_property(tree->fdt, "rng-seed", numbers, sizeof numbers));
}

static void put_chosen(struct tree *tree, const struct fdt_description *machine)
{
    char serial[64];
    snprintf(serial, sizeof serial, "/pl011@%llx", (unsigned long long)machine->serial.base);
    open_node(tree, "chosen");
    if (machine->serial.size)
        text(tree, "stdout-path", serial);
    if (machine->append)
        text(tree, "bootargs", machine->append);
    if (machine->seeds)
        put_seeds(tree, machine->seed);
    if (machine->initrd_size) {
        note(tree, fdt_property_u64(tree->fdt, "linux,initrd-start", machine->initrd_base));
        note(tree, fdt_property_u64(tree->fdt, "linux,initrd-end", machine->initrd_base + machine->initrd_size));
    }
    close_node(tree);
}

static void put_memory(struct tree *tree, const struct fdt_description *machine)
{
    open_node_at(tree, "memory", machine->memory.base);
    text(tree, "device_type", "memory");
    reg_one(tree, &machine->memory);
    close_node(tree);
}

static void put_cpus(struct tree *tree, const struct fdt_description *machine)
{
    open_node(tree, "cpus");
    cell(tree, "#address-cells", 1);
    cell(tree, "#size-cells", 0);
    for (uint32_t i = 0; i < machine->cpus; i++) {
        open_node_at(tree, "cpu", machine->affinities[i]);
        text(tree, "device_type", "cpu");
        text(tree, "compatible", machine->cpu_compatible);
        text(tree, "enable-method", "psci");
        cell(tree, "reg", (uint32_t)machine->affinities[i]);
        close_node(tree);
    }
    close_node(tree);
}

// PSCI 1.0 includes all of 0.2 (binding arm,psci).
static void put_psci(struct tree *tree)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
    open_node(tree, "psci");
    texts(tree, "compatible", compatible, sizeof compatible);
    text(tree, "method", "hvc");
    close_node(tree);
}

// With GICv2 bits 15:8 of the third cell are the mask of the CPUs that a PPI is wired to.
static void put_timer(struct tree *tree, const struct fdt_description *machine)
{
    uint32_t flags = LEVEL_HIGH;
    if (machine->gic_version == 2)
        flags |= ((1u << machine->cpus) - 1) << 8;
    const uint32_t interrupts[] = {
        PPI, machine->timer_secure,  flags, PPI, machine->timer_physical, flags,
        PPI, machine->timer_virtual, flags, PPI, machine->timer_hyp,      flags,
    };
    open_node(tree, "timer");
    text(tree, "compatible", "arm,armv8-timer");
    cells(tree, "interrupts", interrupts, sizeof interrupts / sizeof interrupts[0]);
    flag(tree, "always-on");
    close_node(tree);
}

static void put_v2m(struct tree *tree, const struct fdt_description *machine)
{
    open_node_at(tree, "v2m", machine->v2m.base);
    text(tree, "compatible", "arm,gic-v2m-frame");
    flag(tree, "msi-controller");
    reg_one(tree, &machine->v2m);
    cell(tree, "arm,msi-base-spi", machine->v2m_first);
    cell(tree, "arm,msi-num-spis", machine->v2m_count);
    cell(tree, "phandle", PHANDLE_MSI);
    close_node(tree);
}

static void put_its(struct tree *tree, const struct fdt_description *machine)
{
    open_node_at(tree, "its", machine->its.base);
    text(tree, "compatible", "arm,gic-v3-its");
    flag(tree, "msi-controller");
    cell(tree, "#msi-cells", 1);
    reg_one(tree, &machine->its);
    cell(tree, "phandle", PHANDLE_MSI);
    close_node(tree);
}

static void put_gic(struct tree *tree, const struct fdt_description *machine)
{
    const struct fdt_window *frames[] = { &machine->gicd, &machine->gicr[0], &machine->gicr[1], &machine->gicc };
    open_node_at(tree, "intc", machine->gicd.base);
    text(tree, "compatible", machine->gic_version == 3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
    flag(tree, "interrupt-controller");
    cell(tree, "#interrupt-cells", 3);
    cell(tree, "#address-cells", 2);
    cell(tree, "#size-cells", 2);
    flag(tree, "ranges");
    reg(tree, frames, 4);
    if (machine->gic_version == 3)
        cell(tree, "#redistributor-regions", machine->gicr[1].size ? 2 : 1);
    cell(tree, "phandle", PHANDLE_GIC);
    if (machine->v2m.size)
        put_v2m(tree, machine);
    if (machine->its.size)
        put_its(tree, machine);
    close_node(tree);
}

static void put_clock(struct tree *tree, const struct fdt_description *machine)
{
    open_node(tree, "apb-pclk");
    text(tree, "compatible", "fixed-clock");
    cell(tree, "#clock-cells", 0);
    cell(tree, "clock-frequency", machine->serial_clock);
    text(tree, "clock-output-names", "clk24mhz");
    cell(tree, "phandle", PHANDLE_CLOCK);
    close_node(tree);
}

static void put_serial(struct tree *tree, const struct fdt_description *machine)
{
    static const char compatible[] = "arm,pl011\0arm,primecell", clocks[] = "uartclk\0apb_pclk";
    const uint32_t interrupt[] = { SPI, machine->serial_spi, LEVEL_HIGH }, sources[] = { PHANDLE_CLOCK, PHANDLE_CLOCK };
    open_node_at(tree, "pl011", machine->serial.base);
    texts(tree, "compatible", compatible, sizeof compatible);
    reg_one(tree, &machine->serial);
    cells(tree, "interrupts", interrupt, 3);
    cells(tree, "clocks", sources, 2);
    texts(tree, "clock-names", clocks, sizeof clocks);
    close_node(tree);
}

static void put_rtc(struct tree *tree, const struct fdt_description *machine)
{
    static const char compatible[] = "arm,pl031\0arm,primecell";
    const uint32_t interrupt[] = { SPI, machine->rtc_spi, LEVEL_HIGH };
    open_node_at(tree, "pl031", machine->rtc.base);
    texts(tree, "compatible", compatible, sizeof compatible);
    reg_one(tree, &machine->rtc);
    cells(tree, "interrupts", interrupt, 3);
    cell(tree, "clocks", PHANDLE_CLOCK);
    text(tree, "clock-names", "apb_pclk");
    close_node(tree);
}

static void put_gpio(struct tree *tree, const struct fdt_description *machine)
{
    static const char compatible[] = "arm,pl061\0arm,primecell";
    const uint32_t interrupt[] = { SPI, machine->gpio_spi, LEVEL_HIGH };
    open_node_at(tree, "pl061", machine->gpio.base);
    texts(tree, "compatible", compatible, sizeof compatible);
    reg_one(tree, &machine->gpio);
    cells(tree, "interrupts", interrupt, 3);
    flag(tree, "gpio-controller");
    cell(tree, "#gpio-cells", 2);
    cell(tree, "clocks", PHANDLE_CLOCK);
    text(tree, "clock-names", "apb_pclk");
    cell(tree, "phandle", PHANDLE_GPIO);
    close_node(tree);
}

// Binding gpio-keys: the code is that of Linux's KEY_POWER; the second cell of a GPIO is 0 for active high.
static void put_keys(struct tree *tree, const struct fdt_description *machine)
{
    enum { KEY_POWER = 116 };
    const uint32_t gpio[] = { PHANDLE_GPIO, machine->power_pin, 0 };
    open_node(tree, "gpio-keys");
    text(tree, "compatible", "gpio-keys");
    open_node(tree, "poweroff");
    text(tree, "label", "power button");
    cell(tree, "linux,code", KEY_POWER);
    cells(tree, "gpios", gpio, 3);
    close_node(tree);
    close_node(tree);
}

static void put_flash(struct tree *tree, const struct fdt_description *machine)
{
    const struct fdt_window *banks[] = { &machine->flash[0], &machine->flash[1] };
    open_node_at(tree, "flash", machine->flash[0].base);
    text(tree, "compatible", "cfi-flash");
    reg(tree, banks, 2);
    cell(tree, "bank-width", machine->flash_width);
    close_node(tree);
}

static void put_fw_cfg(struct tree *tree, const struct fdt_description *machine)
{
    open_node_at(tree, "fw-cfg", machine->fw_cfg.base);
    text(tree, "compatible", "qemu,fw-cfg-mmio");
    reg_one(tree, &machine->fw_cfg);
    flag(tree, "dma-coherent");
    close_node(tree);
}

// --- PCI: the bindings pci-host-ecam-generic and IEEE Std 1275 PCI 2.1 ----------------------------------------------

enum {
    PCI_PORTS = 0x01000000,
    PCI_MEMORY = 0x02000000,
    PCI_MEMORY64 = 0x03000000
}; // phys.hi; the last is not marked prefetchable: firmware that only uses 32 bits (U-Boot) would put its BARs there
enum { PCI_TURNS = 4, PCI_INTERRUPT_PINS = 4, INTERRUPT_MAP_CELLS = 10, RANGE_CELLS = 7 };

static void put_ranges(struct tree *tree, const struct fdt_pci *pci)
{
    const struct {
        uint32_t space;
        uint64_t there;
        const struct fdt_window *here;
    } rows[] = { { PCI_PORTS, 0, &pci->io },
                 { PCI_MEMORY, pci->memory.base, &pci->memory },
                 { PCI_MEMORY64, pci->high.base, &pci->high } };
    uint32_t out[3 * RANGE_CELLS];
    for (unsigned i = 0; i < 3; i++) {
        const uint32_t range[] = { rows[i].space,
                                   (uint32_t)(rows[i].there >> 32),
                                   (uint32_t)rows[i].there,
                                   (uint32_t)(rows[i].here->base >> 32),
                                   (uint32_t)rows[i].here->base,
                                   (uint32_t)(rows[i].here->size >> 32),
                                   (uint32_t)rows[i].here->size };
        memcpy(out + i * RANGE_CELLS, range, sizeof range);
    }
    cells(tree, "ranges", out, 3 * RANGE_CELLS);
}

// It repeats after four slots: the mask contains two bits of the slot, and the pin.
static void put_interrupt_map(struct tree *tree, const struct fdt_pci *pci)
{
    static const uint32_t mask[] = { (PCI_TURNS - 1) << 11, 0, 0, 7 };
    uint32_t map[PCI_TURNS * PCI_INTERRUPT_PINS * INTERRUPT_MAP_CELLS], *at = map;
    for (uint32_t slot = 0; slot < PCI_TURNS; slot++) {
        for (uint32_t pin = 0; pin < PCI_INTERRUPT_PINS; pin++) {
            const uint32_t row[] = { slot << 11, 0,           0,
                                     pin + 1,    PHANDLE_GIC, 0,
                                     0,          SPI,         pci->spi + (slot + pin) % PCI_INTERRUPT_PINS,
                                     LEVEL_HIGH };
            memcpy(at, row, sizeof row);
            at += INTERRUPT_MAP_CELLS;
        }
    }
    cells(tree, "interrupt-map-mask", mask, 4);
    cells(tree, "interrupt-map", map, sizeof map / sizeof map[0]);
}

static void put_pci(struct tree *tree, const struct fdt_description *machine)
{
    static const uint32_t buses[] = { 0, 255 }, messages[] = { 0, PHANDLE_MSI, 0, 0x10000 };
    open_node_at(tree, "pcie", machine->pci.ecam.base);
    text(tree, "compatible", "pci-host-ecam-generic");
    text(tree, "device_type", "pci");
    cell(tree, "#address-cells", 3);
    cell(tree, "#size-cells", 2);
    cell(tree, "#interrupt-cells", 1);
    cell(tree, "linux,pci-domain", 0);
    cells(tree, "bus-range", buses, 2);
    flag(tree, "dma-coherent");
    if (machine->v2m.size || machine->its.size)
        cells(tree, "msi-map", messages, 4); // requester ids as they are
    reg_one(tree, &machine->pci.ecam);
    put_ranges(tree, &machine->pci);
    put_interrupt_map(tree, &machine->pci);
    close_node(tree);
}

// Binding virtio,mmio. The line is a level, although other machines describe it as an edge.
static void put_virtio(struct tree *tree, const struct fdt_description *machine)
{
    for (unsigned i = 0; i < machine->virtio_slots; i++) {
        uint64_t size = machine->virtio.size / machine->virtio_slots;
        const struct fdt_window slot = { machine->virtio.base + i * size, size };
        const uint32_t interrupt[] = { SPI, machine->virtio_spi + i, LEVEL_HIGH };
        open_node_at(tree, "virtio_mmio", slot.base);
        text(tree, "compatible", "virtio,mmio");
        reg_one(tree, &slot);
        cells(tree, "interrupts", interrupt, 3);
        flag(tree, "dma-coherent");
        close_node(tree);
    }
}

int fdt_build(const struct fdt_description *machine, void *out, size_t capacity)
{
    struct tree tree = { .fdt = out };
    note(&tree, fdt_create(out, (int)capacity));
    note(&tree, fdt_finish_reservemap(out));
    open_node(&tree, "");
    put_root(&tree);
    put_chosen(&tree, machine);
    put_memory(&tree, machine);
    put_cpus(&tree, machine);
    put_psci(&tree);
    put_timer(&tree, machine);
    put_gic(&tree, machine);
    put_clock(&tree, machine);
    if (machine->serial.size)
        put_serial(&tree, machine);
    if (machine->rtc.size)
        put_rtc(&tree, machine);
    if (machine->gpio.size) {
        put_gpio(&tree, machine);
        put_keys(&tree, machine);
    }
    if (machine->flash[0].size)
        put_flash(&tree, machine);
    if (machine->fw_cfg.size)
        put_fw_cfg(&tree, machine);
    if (machine->pci.ecam.size)
        put_pci(&tree, machine);
    put_virtio(&tree, machine);
    close_node(&tree);
    note(&tree, fdt_finish(out));
    return tree.error ? -ENOMEM : 0;
}
