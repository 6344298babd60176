// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the Arm chips as data: all of them, by the names of the manuals, and nothing changes by looking.
#include <errno.h>
#include <stdlib.h>

#include <intact/arm_irq.h>
#include <intact/trace.h>

#include "irqchip/arm/arm_irq.h"
#include "irqchip/fields.h"

enum { GICD = 0x08000000, GICC = 0x08010000 };

static struct intact_arm_irq *irq;

static void on_pending(void *owner, uint32_t cpu, uint32_t pending)
{
    (void)owner, (void)cpu, (void)pending;
}

static bool no_memory(void *owner, uint64_t address, void *data, size_t size)
{
    (void)owner, (void)address, (void)data, (void)size;
    return false;
}

static bool no_write(void *owner, uint64_t address, const void *data, size_t size)
{
    (void)owner, (void)address, (void)data, (void)size;
    return false;
}

static void create(unsigned version)
{
    struct intact_arm_irq_config config;
    intact_arm_irq_config_init(&config);
    config.version = version;
    config.cpus = 2;
    config.spis = 64;
    config.pending = on_pending;
    config.read_memory = no_memory;
    config.write_memory = no_write;
    if (version == 3) {
        config.lpi_bits = 16;
        config.its = true;
    } else {
        config.lpi_bits = 0;
        config.its = false;
    }
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_arm_irq_create(&config, &irq, why), 0, "%s", why);
}

static void destroy(void)
{
    intact_arm_irq_destroy(irq);
}

static void look(uint32_t cpu)
{
    told_count = 0;
    cr_assert_eq(intact_arm_irq_registers(irq, cpu, keep, NULL), 0);
}

// A row that must be told: it can be read without an effect, and is not the clearing one of a pair.
static bool is_told(const struct gic_register *row)
{
    bool clears = row->field == GIC_CLEAR_ENABLE || row->field == GIC_CLEAR_PENDING || row->field == GIC_CLEAR_ACTIVE;
    return row->reg.peek && row->access & GIC_READ && !clears && strcmp(row->reg.name, "GICD_CPENDSGIR") != 0 &&
           !strstr(row->reg.name, "_E");
}

static void check_rows(const char *chip, const struct gic_register *rows, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *name = rows[i].reg.name;
        size_t length = strlen(name);
        if (length > 2 && !strcmp(name + length - 2, "_E"))
            cr_assert(!was_told(chip, name), "%s: there are no extended interrupts", name);
        else if (is_told(&rows[i]))
            cr_assert(was_told(chip, name), "%s", name);
    }
}

Test(arm_fields, every_register_of_the_tables_that_can_be_read_is_told, .fini = destroy)
{
    create(3);
    look(1);
    check_rows("gicd", gicd_registers, gicd_register_count);
    check_rows("gicr1", gicr_registers, gicr_register_count);
    check_rows("its", its_registers, its_register_count);
    cr_assert(was_told("icc1", "ICC_PMR_EL1") && !was_told("icc1", "ICC_IAR1_EL1"));
    cr_assert(!was_told("gicr0", "GICR_CTLR"), "of another CPU");
    look(INTACT_NO_CPU);
    cr_assert(was_told("gicr0", "GICR_CTLR") && was_told("icc1", "ICC_PMR_EL1"));
    cr_assert_eq(intact_arm_irq_registers(irq, 2, keep, NULL), -EINVAL);
}

Test(arm_fields, of_gicv2_too, .fini = destroy)
{
    create(2);
    look(1);
    check_rows("gicd", gicd_v2_registers, gicd_v2_register_count);
    check_rows("gicc1", gicc_registers, gicc_register_count);
    cr_assert(!was_told("gicr1", "GICR_CTLR"));
}

// --- What the words mean ---------------------------------------------------------------------------------------------

Test(arm_fields, words_say_which_interrupts_their_bits_are, .fini = destroy)
{
    create(3);
    cr_assert_eq(intact_arm_irq_memory_write(irq, 0, GICD, 4, 0x12), INTACT_ARM_DONE);
    cr_assert_eq(intact_arm_irq_memory_write(irq, 0, GICD + 0x104, 4, 2), INTACT_ARM_DONE); // ISENABLER1: INTID 33
    cr_assert_eq(intact_arm_irq_memory_write(irq, 0, GICD + 0x400 + 33, 1, 0xa0), INTACT_ARM_DONE);   // its priority
    cr_assert_eq(intact_arm_irq_memory_write(irq, 0, GICD + 0x6000 + 8 * 33, 8, 1), INTACT_ARM_DONE); // and its CPU
    look(1);
    const struct intact_chip_register *enabled = told_find("gicd", "GICD_ISENABLER", 1);
    const struct intact_chip_register *priority = told_find("gicd", "GICD_IPRIORITYR", 8);
    const struct intact_chip_register *route = told_find("gicd", "GICD_IROUTER", 33);
    cr_assert_eq(enabled->first, 32);
    cr_assert_eq(enabled->each, 1);
    cr_assert_eq(enabled->value, 2);
    cr_assert_eq(priority->first, 32);
    cr_assert_eq(priority->each, 8);
    cr_assert_eq(priority->value, 0xa000);
    cr_assert_eq(route->value, 1);
    cr_assert_str_eq(told_text(route, "Interrupt_Routing_Mode"), "the CPU of the affinity");
    cr_assert_str_eq(told_text(told_find("gicd", "GICD_CTLR", 0), "EnableGrp1"), "enabled");
    cr_assert_eq(told_find("gicr1", "GICR_ISENABLER", 0)->first, 0);
    cr_assert_eq(told_find("gicr1", "GICR_ICFGR", 1)->first, 16);
}

Test(arm_fields, the_cpu_interface_has_what_software_wrote, .fini = destroy)
{
    create(3);
    cr_assert_eq(intact_arm_irq_register_write(irq, 1, INTACT_ARM_REGISTER(3, 0, 4, 6, 0), 0xf0), INTACT_ARM_DONE);
    cr_assert_eq(intact_arm_irq_register_write(irq, 1, INTACT_ARM_REGISTER(3, 0, 12, 12, 7), 1), INTACT_ARM_DONE);
    look(1);
    cr_assert_str_eq(told_text(told_find("icc1", "ICC_PMR_EL1", 0), "Priority"), "240");
    cr_assert_str_eq(told_text(told_find("icc1", "ICC_IGRPEN1_EL1", 0), "Enable"), "enabled");
    cr_assert_str_eq(told_text(told_find("icc1", "ICC_CTLR_EL1", 0), "EOImode"), "EOIR deactivates");
}

// GITS_CTLR.Enabled and GICR_WAKER as after reset; a row of 64 bits is one register.
Test(arm_fields, the_rest_of_gicv3, .fini = destroy)
{
    create(3);
    look(0);
    cr_assert_str_eq(told_text(told_find("its", "GITS_CTLR", 0), "Enabled"), "disabled");
    cr_assert_str_eq(told_text(told_find("its", "GITS_BASER", 0), "Type"), "devices");
    cr_assert_str_eq(told_text(told_find("gicr0", "GICR_WAKER", 0), "ProcessorSleep"), "sleeps");
    cr_assert_eq(told_find("gicr0", "GICR_TYPER", 0)->bits, 64);
}

Test(arm_fields, looking_changes_nothing, .fini = destroy)
{
    for (unsigned version = 2; version <= 3; version++) {
        create(version);
        size_t size = intact_arm_irq_save(irq, NULL, 0);
        uint8_t *before = malloc(size), *after = malloc(size);
        intact_arm_irq_save(irq, before, size);
        look(INTACT_NO_CPU);
        intact_arm_irq_save(irq, after, size);
        cr_assert_eq(memcmp(before, after, size), 0, "GICv%u", version);
        free(before);
        free(after);
        if (version == 2)
            destroy();
    }
}
