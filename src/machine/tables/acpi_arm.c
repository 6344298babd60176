// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See acpi_arm.h. Hardware-reduced ACPI (ACPI 6.5, 4.1): there are no fixed registers and no FACS; PSCI turns the power off.
//
//     RSDP -> XSDT -> FADT -> DSDT
//                  -> MADT    processors, distributor, redistributors, message frame or ITS
//                  -> GTDT    the timer of each processor
//                  -> PPTT    one package of all processors
//                  -> MCFG    where PCI's configuration space is
//                  -> IORT    with an ITS: PCI requester ids are its DeviceIDs
//                  -> SPCR, DBG2    the serial port
//
// Spec: ACPI 6.5, 5.2.9 (FADT), 5.2.12.14 to 5.2.12.18 (MADT: GICC, GICD, MSI frame, GICR, ITS), 5.2.25 (GTDT), 5.2.30 (PPTT); DEN0049
// issue D (IORT); the registries of SPCR and DBG2. The tables have the sizes of ACPI 6.3: what later versions added to them (interrupts
// of trace buffers, coherency) is about things that are not here.
//
// Not modelled: SRAT, SLIT (one node); caches in PPTT, which a guest finds in CLIDR_EL1.
#include "machine/tables/acpi_arm.h"

#include "base/bits.h"
#include "machine/tables/acpi_table.h"

enum { INTID_PPI = 16, INTID_SPI = 32 };

static const char oem_table[] = "INTACTVM";

static size_t begin(struct blob *blob, const char *signature, uint8_t revision)
{
    return acpi_begin(blob, signature, revision, oem_table);
}

// --- FADT, 5.2.9 -----------------------------------------------------------------------------------------------------

enum { FADT_REVISION = 6, FADT_MINOR = 3, HW_REDUCED_ACPI = BIT32(20) };
enum { PSCI_COMPLIANT = BIT32(0), PSCI_USE_HVC = BIT32(1), MSI_NOT_SUPPORTED = BIT32(3) };

// All that is 0 is about fixed registers. Without a receiver of messages 5.2.9.3 has a bit that says so.
static size_t fadt(struct blob *blob, const struct fdt_description *machine, uint64_t dsdt)
{
    bool messages = machine->v2m.size || machine->its.size;
    size_t at = begin(blob, "FACP", FADT_REVISION);
    blob_zeroes(blob, 4); // no FACS
    blob32(blob, dsdt <= UINT32_MAX ? (uint32_t)dsdt : 0);
    blob_zeroes(blob, 65);
    blob16(blob, messages ? 0 : MSI_NOT_SUPPORTED);
    blob8(blob, 0);
    blob32(blob, HW_REDUCED_ACPI);
    blob_zeroes(blob, 13); // RESET_REG, RESET_VALUE
    blob16(blob, PSCI_COMPLIANT | PSCI_USE_HVC);
    blob8(blob, FADT_MINOR);
    blob64(blob, 0); // no FACS
    blob64(blob, dsdt);
    blob_zeroes(blob, 8 * 12); // event, control, timer and GPE blocks
    blob_zeroes(blob, 2 * 12); // sleep registers
    blob_zeroes(blob, 8);      // no hypervisor
    acpi_finish(blob, at);
    return at;
}

// --- MADT, 5.2.12 ----------------------------------------------------------------------------------------------------

enum { MADT_REVISION = 5, GICC = 0x0b, GICD = 0x0c, MSI_FRAME = 0x0d, GICR = 0x0e, ITS = 0x0f };
enum { GICC_ENABLED = 1, MSI_FRAME_HERE = 1 }; // the frame's interrupts are those told here

static void madt_cpu(struct blob *blob, const struct fdt_description *machine, uint32_t cpu)
{
    blob8(blob, GICC);
    blob8(blob, 80);
    blob16(blob, 0);
    blob32(blob, cpu); // CPU interface number
    blob32(blob, cpu); // UID
    blob32(blob, GICC_ENABLED);
    blob_zeroes(blob, 4 + 4 + 8); // parking protocol; performance interrupt; parked address
    blob64(blob, machine->gicc.base);
    blob_zeroes(blob, 8 + 8 + 4 + 8); // GICV, GICH, VGIC maintenance interrupt; GICR: by its own entry
    blob64(blob, machine->affinities[cpu]);
    blob_zeroes(blob, 4); // efficiency class; statistical profiling
}

static void madt_gicd(struct blob *blob, const struct fdt_description *machine)
{
    blob8(blob, GICD);
    blob8(blob, 24);
    blob16(blob, 0);
    blob32(blob, 0); // id
    blob64(blob, machine->gicd.base);
    blob32(blob, 0);
    blob8(blob, (uint8_t)machine->gic_version);
    blob_zeroes(blob, 3);
}

static void madt_gicr(struct blob *blob, const struct fdt_window *region)
{
    blob8(blob, GICR);
    blob8(blob, 16);
    blob16(blob, 0);
    blob64(blob, region->base);
    blob32(blob, (uint32_t)region->size);
}

static void madt_frame(struct blob *blob, const struct fdt_description *machine)
{
    blob8(blob, MSI_FRAME);
    blob8(blob, 24);
    blob16(blob, 0);
    blob32(blob, 0); // id
    blob64(blob, machine->v2m.base);
    blob32(blob, MSI_FRAME_HERE);
    blob16(blob, (uint16_t)machine->v2m_count);
    blob16(blob, (uint16_t)machine->v2m_first);
}

static void madt_its(struct blob *blob, const struct fdt_description *machine)
{
    blob8(blob, ITS);
    blob8(blob, 20);
    blob16(blob, 0);
    blob32(blob, 0); // id, as IORT has it
    blob64(blob, machine->its.base);
    blob32(blob, 0);
}

static size_t madt(struct blob *blob, const struct fdt_description *machine)
{
    size_t at = begin(blob, "APIC", MADT_REVISION);
    blob_zeroes(blob, 8); // no local APICs
    madt_gicd(blob, machine);
    for (uint32_t cpu = 0; cpu < machine->cpus; cpu++)
        madt_cpu(blob, machine, cpu);
    for (unsigned region = 0; region < FDT_GICR_REGIONS; region++)
        if (machine->gicr[region].size)
            madt_gicr(blob, &machine->gicr[region]);
    if (machine->v2m.size)
        madt_frame(blob, machine);
    if (machine->its.size)
        madt_its(blob, machine);
    acpi_finish(blob, at);
    return at;
}

// --- GTDT, 5.2.25 ----------------------------------------------------------------------------------------------------

enum { ALWAYS_ON = BIT32(2) }; // level, active high

static void timer(struct blob *blob, unsigned ppi)
{
    blob32(blob, INTID_PPI + ppi);
    blob32(blob, ALWAYS_ON);
}

static size_t gtdt(struct blob *blob, const struct fdt_description *machine)
{
    size_t at = begin(blob, "GTDT", 3);
    blob64(blob, UINT64_MAX); // no counter in memory
    blob_zeroes(blob, 4);
    timer(blob, machine->timer_secure);
    timer(blob, machine->timer_physical);
    timer(blob, machine->timer_virtual);
    timer(blob, machine->timer_hyp);
    blob64(blob, UINT64_MAX);
    blob_zeroes(blob, 4 + 4 + 4 + 4); // no platform timers; no virtual timer of EL2
    acpi_finish(blob, at);
    return at;
}

// --- PPTT, 5.2.30.1: a node for the package, and one below it for each processor -------------------------------------

enum { PACKAGE = BIT32(0), UID_VALID = BIT32(1), LEAF = BIT32(3) };

static void node(struct blob *blob, uint32_t flags, uint32_t parent, uint32_t uid)
{
    blob8(blob, 0);
    blob8(blob, 20);
    blob16(blob, 0);
    blob32(blob, flags);
    blob32(blob, parent);
    blob32(blob, uid);
    blob32(blob, 0); // private resources
}

static size_t pptt(struct blob *blob, const struct fdt_description *machine)
{
    size_t at = begin(blob, "PPTT", 2);
    node(blob, PACKAGE, 0, 0);
    for (uint32_t cpu = 0; cpu < machine->cpus; cpu++)
        node(blob, UID_VALID | LEAF, ACPI_HEADER_SIZE, cpu);
    acpi_finish(blob, at);
    return at;
}

// --- IORT, DEN0049: an ITS group, and the root complex whose requester ids are its DeviceIDs -------------------------

enum {
    ITS_GROUP = 0,
    ROOT_COMPLEX = 2,
    NODE_HEADER = 16,
    NODES_AT = 48,
    ITS_GROUP_SIZE = 24,
    ROOT_SIZE = 36,
    MAPPING_SIZE = 20
};
enum { COHERENT = 1, COHERENT_PATH = 1, SHAREABLE = 2, ADDRESS_BITS = 64, REQUESTER_IDS = 0x10000 };

static void iort_node(struct blob *blob, uint8_t type, uint16_t size, uint8_t revision, uint32_t mappings)
{
    blob8(blob, type);
    blob16(blob, (uint16_t)(size + mappings * MAPPING_SIZE));
    blob8(blob, revision);
    blob32(blob, 0);
    blob32(blob, mappings);
    blob32(blob, mappings ? size : 0); // where they are
}

static size_t iort(struct blob *blob)
{
    size_t at = begin(blob, "IORT", 0);
    blob32(blob, 2); // nodes
    blob32(blob, NODES_AT);
    blob32(blob, 0);
    iort_node(blob, ITS_GROUP, ITS_GROUP_SIZE, 0, 0);
    blob32(blob, 1);
    blob32(blob, 0); // the ITS of the MADT
    iort_node(blob, ROOT_COMPLEX, ROOT_SIZE, 1, 1);
    blob32(blob, COHERENT);
    blob8(blob, 0);
    blob16(blob, 0);
    blob8(blob, COHERENT_PATH | SHAREABLE);
    blob32(blob, 0); // no ATS
    blob32(blob, 0); // segment
    blob8(blob, ADDRESS_BITS);
    blob_zeroes(blob, 3);
    blob32(blob, 0); // requester ids from 0 ...
    blob32(blob, REQUESTER_IDS - 1);
    blob32(blob, 0);        // ... as they are
    blob32(blob, NODES_AT); // to the group
    blob32(blob, 0);
    acpi_finish(blob, at);
    return at;
}

// --- The serial port -------------------------------------------------------------------------------------------------

enum {
    PORT_SERIAL = 0x8000,
    TYPE_PL011 = 3,
    INTERRUPT_GIC = BIT32(3),
    BAUD_115200 = 7,
    TERMINAL_ANSI = 3,
    NO_PCI = 0xffff
};

static size_t spcr(struct blob *blob, const struct fdt_description *machine)
{
    size_t at = begin(blob, "SPCR", 2);
    blob8(blob, TYPE_PL011);
    blob_zeroes(blob, 3);
    acpi_memory_address(blob, machine->serial.base, 4);
    blob8(blob, INTERRUPT_GIC);
    blob8(blob, 0); // no 8259 line
    blob32(blob, INTID_SPI + machine->serial_spi);
    blob8(blob, BAUD_115200);
    blob8(blob, 0); // no parity
    blob8(blob, 1); // a stop bit
    blob8(blob, 0); // no flow control
    blob8(blob, TERMINAL_ANSI);
    blob8(blob, 0);
    blob16(blob, NO_PCI);
    blob16(blob, NO_PCI);
    blob_zeroes(blob, 3 + 4 + 1 + 4); // bus, device, function; flags, segment; reserved
    acpi_finish(blob, at);
    return at;
}

// One port, with its address, the address's size and its name.
static size_t dbg2(struct blob *blob, const struct fdt_description *machine)
{
    static const char name[] = "\\_SB.COM0";
    enum { INFO_AT = 44, INFO_SIZE = 22, ADDRESS_AT = INFO_SIZE, SIZE_AT = ADDRESS_AT + 12, NAME_AT = SIZE_AT + 4 };
    size_t at = begin(blob, "DBG2", 0);
    blob32(blob, INFO_AT);
    blob32(blob, 1);
    blob8(blob, 0);
    blob16(blob, NAME_AT + sizeof name);
    blob8(blob, 1); // addresses
    blob16(blob, sizeof name);
    blob16(blob, NAME_AT);
    blob16(blob, 0); // no data of an OEM
    blob16(blob, 0);
    blob16(blob, PORT_SERIAL);
    blob16(blob, TYPE_PL011);
    blob16(blob, 0);
    blob16(blob, ADDRESS_AT);
    blob16(blob, SIZE_AT);
    acpi_memory_address(blob, machine->serial.base, 4);
    blob32(blob, (uint32_t)machine->serial.size);
    blob_bytes(blob, name, sizeof name);
    acpi_finish(blob, at);
    return at;
}

// --- All of them -----------------------------------------------------------------------------------------------------

static size_t dsdt(struct blob *blob, const struct fdt_description *machine)
{
    size_t at = begin(blob, "DSDT", 2);
    dsdt_arm_append(blob, machine);
    acpi_finish(blob, at);
    return at;
}

size_t acpi_arm_capacity(const struct fdt_description *machine)
{
    return 32768 + (size_t)machine->cpus * 160; // GICC 80, PPTT 20, a processor of the DSDT about 40
}

size_t acpi_arm_build(const struct fdt_description *machine, uint64_t base, uint8_t *out, size_t capacity)
{
    struct blob blob = { .data = out, .capacity = capacity };
    uint64_t tables[8];
    unsigned count = 0;
    blob_zeroes(&blob, ACPI_RSDP_SIZE);
    uint64_t dsdt_at = base + dsdt(&blob, machine);
    tables[count++] = base + fadt(&blob, machine, dsdt_at);
    tables[count++] = base + madt(&blob, machine);
    tables[count++] = base + gtdt(&blob, machine);
    tables[count++] = base + pptt(&blob, machine);
    tables[count++] = base + acpi_mcfg(&blob, oem_table, machine->pci.ecam.base, machine->pci.ecam.size);
    if (machine->its.size)
        tables[count++] = base + iort(&blob);
    if (machine->serial.size) {
        tables[count++] = base + spcr(&blob, machine);
        tables[count++] = base + dbg2(&blob, machine);
    }
    size_t xsdt = acpi_list(&blob, "XSDT", oem_table, tables, count);
    if (blob.overflow)
        return 0;
    acpi_root_pointer(&blob, 0, base + xsdt);
    return blob.size;
}
