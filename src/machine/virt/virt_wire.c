// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interrupt wiring of `virt`.
//
//     PL011 -- GSI 1 -- SPI 1 (INTID 33)        timers of each processor: physical -- PPI 14 (INTID 30)
//     PL031 -- GSI 2 -- SPI 2 (INTID 34)                                  virtual --- PPI 11 (INTID 27)
//     PL061 -- GSI 7 -- SPI 7 (INTID 39); its pin 3 is the power button
//     PCI INTA-D of slot 0 -- GSI 3-6 -- SPI 3-6 (INTID 35-38), slot n turned by n
//     virtio-mmio slot n -- GSI 16 + n -- SPI 16 + n (INTID 48 + n), n from 0 to 31 (virt_map.c)
//
// GSI n is SPI n. Several lines on one wire are ORed by route.c.
// Path: devices/*, groups/group.c, irqchip/route.c / irqchip/arm/arm_irq.c
#include "machine/virt/virt.h"
#include "vcpu/aarch64/system/model.h"

// --- Controllers: routing drives their pins; their outputs go to the loop -------------------------------------------

static void sink_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct virt *virt = owner;
    arm_irq_set_pin(&virt->irq, chip, pin, level);
}

static void sink_edge(void *owner, uint32_t chip, uint32_t pin)
{
    struct virt *virt = owner;
    arm_irq_trigger(&virt->irq, chip, pin);
}

static bool sink_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct virt *virt = owner;
    return arm_irq_msi(&virt->irq, address, data, device, false);
}

// No `reaches`: the guest may write any address into its devices. A message without a receiver is sent, dropped and
// counted, as on a real bus.
const struct route_sink virt_sink = { .pin = sink_pin, .message = sink_message, .edge = sink_edge };

static uint32_t irq_current(void *owner)
{
    const struct virt *virt = owner;
    return virt->board.loop.current ? virt->board.loop.current->index : 0;
}

static bool memory_read(void *owner, uint64_t address, void *data, size_t size)
{
    struct virt *virt = owner;
    return bus_read_memory(&virt->board.memory, address, data, size);
}

static bool memory_write(void *owner, uint64_t address, const void *data, size_t size)
{
    struct virt *virt = owner;
    return bus_write_memory(&virt->board.memory, address, data, size);
}

// 16 processors to a cluster, as GICv3's SGI registers address them.
static void number_cpus(struct virt *virt)
{
    for (uint32_t i = 0; i < VIRT_CPUS_V3; i++)
        virt->affinities[i] = (uint64_t)(i / 16) << 8 | i % 16;
}

static void irq_deadline(void *owner, uint64_t when)
{
    struct virt *virt = owner;
    clock_arm(&virt->board.clock, &virt->irq_event, when);
}

static void irq_fire(void *owner, uint64_t now)
{
    arm_irq_timer(&((struct virt *)owner)->irq, now);
}

static int make_chips(struct virt *virt)
{
    bool v2 = virt->board.config.gic_version == 2, its = !v2 && virt->board.config.its;
    const struct arm_irq_config config = {
        .version = virt->board.config.gic_version,
        .cpus = virt->board.config.cpus,
        .affinities = virt->affinities,
        .spis = VIRT_SPIS,
        .gicr_split = VIRT_GICR_FIRST,
        .nmi = !v2 && a64_has_nmi(virt->model),
        .lpi_bits = its ? VIRT_LPI_BITS : 0,
        .its = its,
        .v2m_first = v2 ? VIRT_V2M_FIRST : 0,
        .v2m_count = v2 ? VIRT_V2M_COUNT : 0,
        .windows = { .gicd = v2 ? MSI_ARM_NO_WINDOW : VIRT_GICD,
                     .v2m = v2 ? VIRT_V2M : MSI_ARM_NO_WINDOW,
                     .its = its ? VIRT_ITS : MSI_ARM_NO_WINDOW },
        .memory = { .read = memory_read, .write = memory_write, .owner = virt },
        .signal = board_signal,
        .deadline = irq_deadline,
        .current = irq_current,
        .resample = board_resample,
        .owner = virt,
        .trace = &virt->board.trace,
    };
    clock_register(&virt->board.clock, &virt->irq_event, "ITS", irq_fire, virt);
    return arm_irq_init(&virt->irq, &config, &virt->board.error);
}

static int route_gsis(struct route *route)
{
    int result = route_add_chip(route, ARM_IRQ_GICD, VIRT_SPIS);
    for (unsigned gsi = 0; gsi < VIRT_SPIS && result == 0; gsi++)
        result = route_add_pin(route, gsi, ARM_IRQ_GICD, gsi);
    return result;
}

// --- The processors' port: timers first, then the interrupt controller ----------------------------------------------

static int port_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    struct virt *virt = owner;
    return arm_irq_acknowledge(&virt->irq, vcpu, which, now);
}

static enum port_result port_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now)
{
    struct virt *virt = owner;
    if (space == PORT_REGISTER && arm_timer_is_register(address) &&
        arm_timer_read(&virt->timers[vcpu].timer, address, value, now) == PORT_DONE)
        return PORT_DONE;
    return arm_irq_cpu_read(&virt->irq, vcpu, space, address, size, value, now);
}

static enum port_result port_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now)
{
    struct virt *virt = owner;
    if (space == PORT_REGISTER && arm_timer_is_register(address) &&
        arm_timer_write(&virt->timers[vcpu].timer, address, value, now) == PORT_DONE)
        return PORT_DONE;
    return arm_irq_cpu_write(&virt->irq, vcpu, space, address, size, value, now);
}

int virt_wire_controllers(struct board *board)
{
    struct virt *virt = virt_of(board);
    number_cpus(virt);
    int result = make_chips(virt);
    if (result == 0)
        result = route_gsis(&board->route);
    board->loop.port =
        (struct cpu_port){ .owner = virt, .acknowledge = port_acknowledge, .read = port_read, .write = port_write };
    return result;
}

// --- Devices --------------------------------------------------------------------------------------------------------

// `pin` of a timer's line is its PPI.
static void timer_line(void *owner, uint32_t pin, bool level)
{
    struct virt_cpu_timer *timer = owner;
    struct trace *trace = &timer->virt->board.trace;
    if (trace_heard(trace))
        trace_name_numbered(trace, pin == VIRT_PPI_VIRTUAL ? "cpu%u.vtimer" : "cpu%u.ptimer", timer->cpu);
    arm_irq_set_ppi(&timer->virt->irq, timer->cpu, VIRT_PPI_INTID + pin, level);
}

static void wire_timers(struct virt *virt)
{
    static const uint32_t ppis[ARM_TIMER_KINDS] = {
        [ARM_TIMER_PHYSICAL] = VIRT_PPI_PHYSICAL, [ARM_TIMER_VIRTUAL] = VIRT_PPI_VIRTUAL
    };
    for (uint32_t i = 0; i < virt->board.config.cpus; i++) {
        for (unsigned kind = 0; kind < ARM_TIMER_KINDS; kind++) {
            struct intact_irq_line *line = &virt->timers[i].timer.compare[kind].line;
            line->set = timer_line;
            line->owner = &virt->timers[i];
            line->pin = ppis[kind];
        }
    }
}

static void wire_pci(struct board *board)
{
    static const struct pci_bus_config wires = { .gsi = { VIRT_SPI_PCI, VIRT_SPI_PCI + 1, VIRT_SPI_PCI + 2,
                                                          VIRT_SPI_PCI + 3 } };
    static const struct pci_windows windows = {
        .io = { 0x1000, VIRT_PCI_IO_SIZE },
        .memory = { VIRT_PCI, VIRT_PCI_END },
        .high = { VIRT_PCI_HIGH, VIRT_PCI_HIGH_END },
    };
    board_connect_pci(board, &wires, &windows);
}

int virt_wire_devices(struct board *board)
{
    struct virt *virt = virt_of(board);
    virt->uart.irq.name = "uart.irq";
    virt->rtc.irq.name = "rtc.irq";
    virt->gpio.irq.name = "gpio.irq";
    wire_timers(virt);
    wire_pci(board);
    int result = route_connect(&virt->board.route, VIRT_SPI_UART, &virt->uart.irq);
    if (result == 0)
        result = route_connect(&virt->board.route, VIRT_SPI_RTC, &virt->rtc.irq);
    return result < 0 ? result : route_connect(&virt->board.route, VIRT_SPI_GPIO, &virt->gpio.irq);
}
