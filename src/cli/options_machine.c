// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -machine, -cpu, -smp, -m, -accel, -d.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/options_lists.h"
#include "cli/properties.h"
#include "cli/text.h"

const char *const machine_types[] = { "pc", "q35", "virt", NULL };

static const struct machine_kind {
    const char *name, *versions; // QEMU's names of its versions: "pc-q35-7.2"
    enum intact_machine_type type;
    enum intact_chipset chipset;
} kinds[] = {
    { "pc", "pc-i440fx-", INTACT_PC, INTACT_I440FX },
    { "q35", "pc-q35-", INTACT_PC, INTACT_Q35 },
    { "virt", "virt-", INTACT_VIRT, INTACT_I440FX },
};

// A version of QEMU's machine is the machine: what changed between them is not here.
static bool is_version(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 && text[length] &&
           text[length + strspn(text + length, "0123456789.")] == 0;
}

static const struct machine_kind *find_kind(const char *text)
{
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(text, kinds[i].name) == 0 || is_version(text, kinds[i].versions))
            return &kinds[i];
    return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static int property_switch(struct settings *settings, const char *option, const struct properties *properties,
                           const char *name, bool *value)
{
    const char *text = properties_get(properties, name);
    if (text && !text_switch(text, value))
        return refuse(settings, "%s: %s is on or off, not '%.80s'", option, name, text);
    return 0;
}

// --- -machine -------------------------------------------------------------------------------------------------------

// Properties of QEMU's machines whose value here cannot be chosen: what is there, and what any value is good for.
struct fixed_property {
    const char *name, *value; // NULL: any
};

// -1: one has another value. The names that it takes are put before `others`, which NULL ends, in `names`.
static int take_fixed(struct settings *settings, const struct properties *properties,
                      const struct fixed_property *fixed, const char *const *others, const char **names)
{
    for (; fixed->name; fixed++) {
        const char *value = properties_get(properties, fixed->name);
        *names++ = fixed->name;
        if (value && fixed->value && strcmp(value, fixed->value) != 0)
            return refuse(settings, "-machine: %s=%.80s: only %s is here", fixed->name, value, fixed->value);
    }
    while ((*names++ = *others++))
        ;
    return 0;
}

enum { MACHINE_NAMES = 32 };

static const struct fixed_property fixed_pc[] = {
    { "usb", "off" },
    { "vmport", "off" },
    { "smm", "off" },
    { "pit", "on" },
    { "nvdimm", "off" },
    { "hmat", "off" },
    { "kernel_irqchip", NULL },
    { "kernel-irqchip", NULL },
    { "mem-merge", NULL },
    { "dump-guest-core", NULL },
    { NULL, NULL },
};
static const struct fixed_property fixed_virt[] = {
    { "virtualization", "off" },
    { "secure", "off" },
    { "mte", "off" },
    { "highmem", "on" },
    { "iommu", "none" },
    { "ras", "off" },
    { "usb", "off" },
    { "kernel_irqchip", NULL },
    { "mem-merge", NULL },
    { "dump-guest-core", NULL },
    { "graphics", NULL },
    { NULL, NULL },
};

// -machine TYPE,help: the names of its properties, each with the value that it always has.
static int list_machine(struct settings *settings, const struct fixed_property *fixed, const char *const *others)
{
    int result = 0;
    list_begin(settings);
    for (; *others && result == 0; others++)
        result = list_add(settings, "%s%s", *others, "");
    for (; fixed->name && result == 0; fixed++)
        result = list_add(settings, fixed->value ? "%s=%s alone" : "%s, which changes nothing%s", fixed->name,
                          fixed->value ? fixed->value : "");
    return result;
}

static int take_machine_pc(struct settings *settings, const struct properties *properties)
{
    static const char *const own[] = { "type", "acpi", "hpet", "graphics", "accel", "memory-backend", NULL };
    bool graphics = !settings->config.serial_console;
    const char *names[MACHINE_NAMES];
    if (properties_get(properties, "help"))
        return list_machine(settings, fixed_pc, own);
    if (take_fixed(settings, properties, fixed_pc, own, names) < 0 ||
        properties_check(settings, "-machine", properties, names) < 0 ||
        property_switch(settings, "-machine", properties, "acpi", &settings->config.acpi) < 0 ||
        property_switch(settings, "-machine", properties, "graphics", &graphics) < 0)
        return -1;
    settings->config.serial_console = !graphics;
    return property_switch(settings, "-machine", properties, "hpet", &settings->config.hpet);
}

static int take_machine_virt(struct settings *settings, const struct properties *properties)
{
    static const char *const own[] = { "type", "acpi",  "dtb-randomness", "gic-version",
                                       "its",  "accel", "memory-backend", NULL };
    const char *names[MACHINE_NAMES];
    if (properties_get(properties, "help"))
        return list_machine(settings, fixed_virt, own);
    if (take_fixed(settings, properties, fixed_virt, own, names) < 0 ||
        properties_check(settings, "-machine", properties, names) < 0)
        return -1;
    const char *version = properties_get(properties, "gic-version");
    uint64_t number = strcmp(version ? version : "max", "max") == 0 ? 3 : 0;
    if (number == 0 && (!text_number(version, &number) || number < 2 || number > 3))
        return refuse(settings, "-machine: gic-version is 2 or 3, not '%.80s'", version);
    if (version)
        settings->config.gic_version = (unsigned)number;
    if (property_switch(settings, "-machine", properties, "acpi", &settings->config.acpi) < 0 ||
        property_switch(settings, "-machine", properties, "dtb-randomness", &settings->config.tree_seeds) < 0 ||
        property_switch(settings, "-machine", properties, "its", &settings->config.its) < 0)
        return -1;
    if (settings->config.gic_version == 2 && properties_get(properties, "its") && settings->config.its)
        return refuse(settings, "-machine: its=on needs gic-version=3");
    return 0;
}

int take_machine(struct settings *settings, const char *value)
{
    struct properties properties;
    if (properties_parse(settings, "-machine", value, &properties) < 0)
        return -1;
    const char *type = properties.first ? properties.first : properties_get(&properties, "type");
    if (list_is_asked(type)) // type=help
        return list_show(settings, machine_types);
    const struct machine_kind *kind = type ? find_kind(type) : NULL;
    if (type && !kind)
        return refuse_unknown(settings, "-machine", "type", type, machine_types);
    if (kind) {
        settings->config.type = kind->type;
        settings->config.chipset = kind->chipset;
    }
    if (properties_get(&properties, "memory-backend"))
        settings->memory_object = properties_get(&properties, "memory-backend");
    const char *accel = properties_get(&properties, "accel");
    if (accel && take_accel(settings, accel) < 0)
        return -1;
    return settings->config.type == INTACT_VIRT ? take_machine_virt(settings, &properties)
                                                : take_machine_pc(settings, &properties);
}

// --- -accel ---------------------------------------------------------------------------------------------------------

// "kvm:tcg" is the old form of a list.
static int take_accel_name(struct settings *settings, const char *name)
{
    static const char *const skipped[] = { "kvm", "hvf", "whpx", "xen", "nvmm", "hax", NULL };
    static const char *const all[] = { "tcg", "kvm", "hvf", "whpx", "xen", "nvmm", "hax", NULL };
    if (strcmp(name, "tcg") == 0)
        return 0;
    if (!is_one_of(name, skipped))
        return refuse_unknown(settings, "-accel", "accelerator", name, all);
    settings->skipped_accel = name;
    return 0;
}

// The properties of tcg that are about the code generator.
static int take_jit(struct settings *settings, const struct properties *properties)
{
    const char *jit = properties_get(properties, "jit"), *size = properties_get(properties, "tb-size"),
               *threshold = properties_get(properties, "jit-threshold");
    bool on = true;
    uint64_t number = 0;
    bool checks = jit && strcmp(jit, "check") == 0;
    if (jit && !checks && !text_switch(jit, &on))
        return refuse(settings, "-accel: jit=%.80s is not on, off or check", jit);
    if (checks)
        settings->config.jit = INTACT_JIT_CHECK;
    else if (jit)
        settings->config.jit = on ? INTACT_JIT_ON : INTACT_JIT_OFF;
    if (size && !text_size(size, 20, &settings->config.jit_size))
        return refuse(settings, "-accel: tb-size=%.80s is not a size in MiB, or with a suffix", size);
    if (threshold && (!text_number(threshold, &number) || number == 0 || number > UINT32_MAX))
        return refuse(settings, "-accel: jit-threshold=%.80s is not a number from 1 to 4294967295", threshold);
    if (threshold)
        settings->config.jit_threshold = (uint32_t)number;
    return 0;
}

int take_accel(struct settings *settings, const char *value)
{
    static const char *const names[] = { "accel", "thread", "jit", "tb-size", "jit-threshold", NULL };
    struct properties properties;
    if (properties_parse(settings, "-accel", value, &properties) < 0 ||
        properties_check(settings, "-accel", &properties, names) < 0)
        return -1;
    const char *thread = properties_get(&properties, "thread");
    if (thread && strcmp(thread, "single") != 0)
        return refuse(settings, "-accel: thread=%.80s is not possible, processors take turns in one thread", thread);
    if (take_jit(settings, &properties) < 0)
        return -1;
    const char *name = properties.first ? properties.first : properties_get(&properties, "accel");
    char *rest = name ? settings_copy(settings, name) : NULL;
    if (!rest)
        return name ? -1 : refuse(settings, "-accel: which one? tcg");
    while (rest) {
        char *word = rest;
        rest = strchr(word, ':');
        if (rest)
            *rest++ = 0;
        if (take_accel_name(settings, word) < 0)
            return -1;
    }
    return 0;
}

// --- -cpu, -smp, -m -------------------------------------------------------------------------------------------------

int take_cpu(struct settings *settings, const char *value)
{
    if (list_is_asked(value)) {
        settings->action = SHOW_CPUS;
        return 0;
    }
    settings->config.cpu = settings_copy(settings, value);
    return settings->config.cpu ? 0 : -1;
}

static int check_model(struct settings *settings, const char *model)
{
    enum intact_machine_type type = settings->config.type, other = type == INTACT_VIRT ? INTACT_PC : INTACT_VIRT;
    const char *names[32] = { 0 }, *name;
    for (unsigned i = 0; i < 31 && (names[i] = intact_machine_cpu(type, i, NULL)); i++)
        if (strcmp(model, names[i]) == 0)
            return 0;
    for (unsigned i = 0; (name = intact_machine_cpu(other, i, NULL)); i++)
        if (strcmp(model, name) == 0)
            return refuse(settings, "-cpu: '%s' is a model of -machine %s; -cpu help lists those of %s", name,
                          other == INTACT_VIRT ? "virt" : "pc", type == INTACT_VIRT ? "virt" : "pc");
    return refuse_unknown(settings, "-cpu", "model", model, names);
}

// The processor of the host has no part in the run: what is asked for is all that there is.
static bool take_host(struct settings *settings, const char *model)
{
    char text[512];
    if (strcmp(model, "host") != 0)
        return false;
    snprintf(text, sizeof text, "max%s", settings->config.cpu + strlen("host"));
    settings->config.cpu = settings_copy(settings, text);
    return settings->config.cpu;
}

// The models depend on the machine, whose option may come later.
int resolve_cpu(struct settings *settings)
{
    char *model = settings->config.cpu ? settings_copy(settings, settings->config.cpu) : NULL;
    if (!settings->config.cpu)
        return 0;
    if (!model)
        return -1;
    model[strcspn(model, ",")] = 0;
    return take_host(settings, model) ? 0 : check_model(settings, model);
}

// A positive number, or 0 if the property is not there.
static int topology_number(struct settings *settings, const struct properties *properties, const char *name,
                           uint64_t *number)
{
    const char *text = properties_get(properties, name);
    *number = 0;
    if (text && (!text_number(text, number) || *number == 0))
        return refuse(settings, "-smp: %s=%.80s is not a positive number", name, text);
    return 0;
}

static const char *const topology[] = { "sockets", "dies", "cores", "threads" };

// The product of the given parts, limited to a little above INTACT_CPUS_MAX; `whole`: all parts that are needed are
// given.
static int topology_product(struct settings *settings, const struct properties *properties, uint64_t *product,
                            bool *whole)
{
    *product = 1;
    *whole = true;
    for (unsigned i = 0; i < sizeof topology / sizeof topology[0]; i++) {
        uint64_t number;
        if (topology_number(settings, properties, topology[i], &number) < 0)
            return -1;
        *whole = *whole && (number || strcmp(topology[i], "dies") == 0);
        if (number)
            *product = number <= INTACT_CPUS_MAX && *product <= INTACT_CPUS_MAX ? *product * number : UINT32_MAX;
    }
    return 0;
}

static int check_smp(struct settings *settings, uint64_t cpus, uint64_t maxcpus, uint64_t product, bool whole)
{
    unsigned long long count = cpus;
    if (maxcpus && maxcpus != cpus)
        return refuse(settings, "-smp: maxcpus must be %llu, as processors cannot be added later", count);
    if (cpus > INTACT_CPUS_MAX)
        return refuse(settings, "-smp: %llu processors are more than the %u that are possible", count, INTACT_CPUS_MAX);
    if (cpus % product || (whole && cpus != product))
        return refuse(settings, "-smp: the topology does not multiply to %llu processors", count);
    return 0;
}

int take_smp(struct settings *settings, const char *value)
{
    static const char *const names[] = { "cpus", "sockets", "dies", "cores", "threads", "maxcpus", NULL };
    struct properties properties;
    uint64_t cpus, maxcpus, product;
    bool whole;
    if (properties_parse(settings, "-smp", value, &properties) < 0 ||
        properties_check(settings, "-smp", &properties, names) < 0 ||
        topology_number(settings, &properties, "cpus", &cpus) < 0 ||
        topology_number(settings, &properties, "maxcpus", &maxcpus) < 0 ||
        topology_product(settings, &properties, &product, &whole) < 0)
        return -1;
    if (properties.first && (!text_number(properties.first, &cpus) || cpus == 0))
        return refuse(settings, "-smp: '%.80s' is not a positive number of processors", properties.first);
    if (cpus == 0)
        cpus = product;
    if (check_smp(settings, cpus, maxcpus, product, whole) < 0)
        return -1;
    settings->config.cpus = (unsigned)cpus;
    return 0;
}

int take_memory(struct settings *settings, const char *value)
{
    static const char *const names[] = { "size", NULL };
    struct properties properties;
    if (properties_parse(settings, "-m", value, &properties) < 0 ||
        properties_check(settings, "-m", &properties, names) < 0)
        return -1;
    const char *size = properties.first ? properties.first : properties_get(&properties, "size");
    uint64_t bytes;
    if (!size || !text_size(size, 20, &bytes))
        return refuse(settings, "-m: '%.80s' is not a size; 512M and 4G are", value);
    if (bytes < INTACT_MEMORY_MIN || bytes > INTACT_MEMORY_MAX)
        return refuse(settings, "-m: '%.80s' is not between 4M and 512G", size);
    settings->config.memory = bytes & ~UINT64_C(4095);
    return 0;
}
