// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Snapshot files that no machine wrote, for a PC and for virt with either GIC, with PCI and virtio devices: damaged files,
// headers, lengths, schemas and pages that are not what they were, and fields that have values which no machine reaches. All
// check values are made right again, so that what is behind them is reached.
//
// What must hold: intact_machine_load_file returns 0, or a negative errno and one line of text. A refusal that does not say
// "damaged" has changed nothing. A machine that was loaded runs, takes accesses to all its windows and input from outside, can
// be digested, saved, and loaded from what it saved; a damaged one can be destroyed.
#include <intact/replay.h>
#include <intact/snapshot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "fuzz.h"
#include "guests/embedded.h"
#include "machine/machine.h"
#include "machine/snapshot_file.h"

const char *const fuzz_name = "fuzz_snapshot";

enum { WORLDS = 3, MOMENTS = 6, STEP = 4000, MEMORY = 4 << 20, PAGE = 4096 };

static struct world {
    struct intact_machine *machine; // NULL: it was damaged
    struct snapshot_file moments[MOMENTS];
} worlds[WORLDS];

static char path[64], disk[64];

// --- Machines --------------------------------------------------------------------------------------------------------

static void nothing(void *owner, uint8_t byte)
{
    (void)owner, (void)byte;
}

static void sent(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)frame, (void)size, (void)now;
}

// With a network, a machine that is halted would wait for input for ever.
static bool nothing_comes(void *owner, uint64_t until)
{
    (void)owner, (void)until;
    return false;
}

#define SAYS(...)                                                                                                      \
    .properties = (const struct intact_property[]){ __VA_ARGS__ },                                                     \
    .property_count = sizeof((const struct intact_property[]){ __VA_ARGS__ }) / sizeof(struct intact_property)

static const struct intact_device_config devices[] = {
    { .driver = "virtio-blk-pci", SAYS({ "drive", "d" }) },
    { .driver = "virtio-net-pci", SAYS({ "netdev", "n" }) },
    { .driver = "virtio-rng-pci" },
    { .driver = "virtio-serial-pci" },
    { .driver = "virtconsole", SAYS({ "chardev", "c" }) },
    { .driver = "edu" },
    { .driver = "virtio-net-device" },
    { .driver = "virtio-rng-device", SAYS({ "force-legacy", "on" }) },
};

static struct intact_machine *make(unsigned index)
{
    static const struct intact_net cable = { .send = sent };
    static const struct intact_netdev_config netdevs[] = { { .kind = INTACT_NETDEV_OWN, .id = "n", .net = &cable } };
    static const struct intact_chardev_config chardevs[] = { { .id = "c" } };
    const struct intact_drive_config drive = { .id = "d", .file = disk, .snapshot = true };
    char why[INTACT_ERROR_SIZE] = "";
    struct intact_machine_config config;
    struct intact_machine *machine;
    intact_machine_config_init(&config);
    config.type = index == 0 ? INTACT_PC : INTACT_VIRT;
    config.cpus = 2;
    config.memory = MEMORY;
    config.kernel = "demo";
    config.kernel_data = index == 0 ? demo_x86_64 : demo_aarch64;
    config.kernel_size = index == 0 ? demo_x86_64_size : demo_aarch64_size;
    config.reboot = false;
    config.serial = config.debugcon = (struct intact_console){ .write = nothing };
    config.drives = &drive;
    config.drive_count = 1;
    config.netdevs = netdevs;
    config.netdev_count = 1;
    config.chardevs = chardevs;
    config.chardev_count = 1;
    config.devices = devices;
    config.device_count = countof(devices);
    config.gic_version = index == 1 ? 3 : 2;
    config.its = index == 1;
    config.testdev = index == 0;
    config.debugcon_port = index == 0 ? 0xe9 : 0;
    if (intact_machine_create(&config, &machine, why) < 0)
        fuzz_fail("no machine: %s", why);
    machine_board(machine)->loop.idle = nothing_comes;
    return machine;
}

// --- The fields of a state -------------------------------------------------------------------------------------------

struct field {
    char name[64];
    size_t at, size, count; // of one element; at from the first byte of the state's fields
};

// The line of the schema at *text.
static bool next_line(const char **text, const char *end, char line[96])
{
    size_t length = 0;
    while (*text < end && **text != '\n' && length < 95)
        line[length++] = *(*text)++;
    line[length] = 0;
    *text += *text < end;
    return length > 0;
}

// The field number `index`, or how many there are: those of a fixed size before the first of another one.
static unsigned find_field(const struct snapshot_file *parts, unsigned index, struct field *field)
{
    const char *text = (const char *)snapshot_schema(parts), *end = text + snapshot_schema_length(parts);
    size_t at = 0;
    unsigned count = 0;
    for (char line[96]; next_line(&text, end, line);) {
        unsigned long long size = 0, elements = 1;
        char name[64] = "";
        if (line[strlen(line) - 1] == '/' || strstr(line, " = "))
            continue;
        if (strchr(line, '*')) // the characters that wait are none, and nothing was written to a drive
            continue;
        sscanf(line, "%63s %llu %llu", name, &size, &elements);
        *field = (struct field){ .at = at, .size = size, .count = elements };
        memcpy(field->name, name, sizeof name);
        if (count++ == index)
            return count;
        at += size * elements;
    }
    return count;
}

static void change_field(struct fuzz *fuzz, struct snapshot_file *parts)
{
    struct field field;
    find_field(parts, fuzz_below(fuzz, find_field(parts, UINT32_MAX, &field)), &field);
    size_t element = field.count > 1 ? fuzz_below(fuzz, (uint32_t)field.count) : 0;
    uint64_t value = fuzz_chance(fuzz, 3) ? fuzz_below(fuzz, 16) : fuzz_value(fuzz);
    uint8_t *at = snapshot_fields(parts) + field.at + element * field.size;
    if (fuzz_chance(fuzz, 6))
        value = bytes_get(at, (unsigned)field.size) ^ UINT64_C(1) << fuzz_below(fuzz, (uint32_t)(8 * field.size));
    bytes_put(at, (unsigned)field.size, value);
    fuzz_tell(fuzz, "%s[%zu] = %#llx", field.name, element, (unsigned long long)bytes_get(at, (unsigned)field.size));
}

// --- Changes ---------------------------------------------------------------------------------------------------------

static void damage_file(struct fuzz *fuzz)
{
    size_t size;
    uint8_t *bytes = snapshot_read(path, &size);
    for (unsigned left = 1 + fuzz_below(fuzz, 3); left && size; left--) {
        size_t at = fuzz_below(fuzz, (uint32_t)size);
        switch (fuzz_below(fuzz, 4)) {
        case 0: size = at; break;
        case 1: memmove(bytes + at / 2, bytes + at, size - at), size -= at - at / 2; break;
        case 2: bytes[at] = (uint8_t)fuzz_value(fuzz); break;
        default: bytes[fuzz_below(fuzz, FILE_HEADER)] ^= (uint8_t)(1u << fuzz_below(fuzz, 8));
        }
    }
    snapshot_write(path, bytes, size);
    free(bytes);
}

static void change_text(struct fuzz *fuzz, char text[512])
{
    static const char *const lines[] = {
        "version 9.9\n", "version 0.0.1\n", "file -drive 0 0\n", "file\n", "x\n", "\n"
    };
    const char *line = FUZZ_PICK(fuzz, lines);
    size_t length = strlen(text), at = fuzz_below(fuzz, (uint32_t)length + 1);
    if (fuzz_chance(fuzz, 2) && length + strlen(line) < 512) {
        memmove(text + at + strlen(line), text + at, length - at + 1);
        memcpy(text + at, line, strlen(line));
    } else {
        text[at < 511 ? at : 0] = (char)fuzz_below(fuzz, 256);
        text[511] = 0;
    }
}

// Lengths, page numbers, and batches that are gone, or come twice.
static void change_ram(struct fuzz *fuzz, struct snapshot_file *parts)
{
    unsigned index = fuzz_below(fuzz, parts->batch_count), other = fuzz_below(fuzz, parts->batch_count);
    struct snapshot_batch *batch = &parts->batches[index], old = *batch;
    switch (fuzz_below(fuzz, 5)) {
    case 0: bytes_put(parts->state, 8, fuzz_value(fuzz)); break; // the size of RAM
    case 1: bytes_put(batch->header + 8 * fuzz_below(fuzz, 3), 8, fuzz_value(fuzz)); break;
    case 2: *batch = parts->batches[other], parts->batches[other] = old; break;
    case 3: batch->size = batch->size ? fuzz_below(fuzz, (uint32_t)batch->size) : 0; break;
    default:
        if (batch->size)
            bytes_put(batch->content + 8 * (size_t)fuzz_below(fuzz, (uint32_t)(batch->size / BATCH_PAGE)), 8,
                      fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 2 * MEMORY / PAGE) : fuzz_value(fuzz));
    }
}

// The header of the state, its length, or a byte of its schema.
static void change_schema(struct fuzz *fuzz, struct snapshot_file *parts)
{
    uint8_t *schema = snapshot_schema(parts);
    size_t length = snapshot_schema_length(parts);
    switch (fuzz_below(fuzz, 4)) {
    case 0: bytes_put(parts->state + STATE_AT + 8 * fuzz_below(fuzz, 5), 8, fuzz_value(fuzz)); break;
    case 1:
        parts->state_size = fuzz_below(fuzz, (uint32_t)parts->state_size);
        if (parts->state_size < STATE_AT + STATE_HEADER)
            return;
        break;
    default: schema[fuzz_below(fuzz, (uint32_t)length)] = (uint8_t)(fuzz_chance(fuzz, 2) ? '\n' : fuzz_word(fuzz));
    }
    snapshot_seal(parts,
                  snapshot_schema_length(parts) == length && parts->state_size > STATE_AT + STATE_HEADER + length);
}

static void change(struct fuzz *fuzz, struct snapshot_file *parts)
{
    unsigned how = fuzz_below(fuzz, 16);
    if (how == 1)
        change_text(fuzz, parts->text);
    else if (how == 2)
        change_ram(fuzz, parts);
    else if (how == 3)
        change_schema(fuzz, parts);
    for (unsigned left = 1 + fuzz_below(fuzz, 3); how > 3 && left; left--)
        change_field(fuzz, parts);
    if (how > 3)
        snapshot_seal(parts, false);
    snapshot_put_together(parts, path);
    if (how == 0)
        damage_file(fuzz);
}

// --- What must hold --------------------------------------------------------------------------------------------------

static uint64_t digest_of_machine(struct intact_machine *machine)
{
    uint64_t digest;
    if (intact_machine_digest(machine, &digest) < 0)
        fuzz_fail("no digest");
    return digest;
}

static void access_window(struct fuzz *fuzz, struct bus *bus, uint64_t now)
{
    if (!bus->count)
        return;
    const struct region *region = bus->regions[fuzz_below(fuzz, bus->count)];
    unsigned size = 1u << fuzz_below(fuzz, 4);
    uint64_t offset = region->size <= size ? 0 : fuzz_word(fuzz) % (region->size - size + 1);
    if (region->ram || fuzz_chance(fuzz, 2)) // the registers of most are at its beginning
        offset &= 0xff;
    if (fuzz_chance(fuzz, 4))
        bus_write(bus, region->base + offset, size, fuzz_value(fuzz), now);
    else
        bus_read(bus, region->base + offset, size, now);
}

static void come_in(struct fuzz *fuzz, struct intact_machine *machine)
{
    static const uint8_t frame[1600];
    switch (fuzz_below(fuzz, 4)) {
    case 0: intact_machine_input(machine, "typed text", 1 + fuzz_below(fuzz, 10)); break;
    case 1: intact_machine_net_input(machine, "n", frame, fuzz_below(fuzz, sizeof frame)); break;
    case 2: intact_machine_net_link(machine, "n", fuzz_chance(fuzz, 2)); break;
    default: intact_machine_console_size(machine, "c", (uint16_t)fuzz_word(fuzz), 25); break;
    }
}

static void shake(struct fuzz *fuzz, struct intact_machine *machine)
{
    struct board *board = machine_board(machine);
    for (unsigned left = 1 + fuzz_below(fuzz, 6); left; left--) {
        intact_machine_run_for(machine, 1 + fuzz_below(fuzz, 2000));
        for (unsigned accesses = fuzz_below(fuzz, 40); accesses; accesses--) {
            access_window(fuzz, &board->memory, board->clock.now);
            access_window(fuzz, &board->ports, board->clock.now);
        }
        come_in(fuzz, machine);
    }
}

// What it saves, it loads.
static void save_again(struct intact_machine *machine, bool compares)
{
    char why[INTACT_ERROR_SIZE] = "";
    uint64_t digest = compares ? digest_of_machine(machine) : 0;
    if (intact_machine_save_file(machine, path, why) < 0 || intact_machine_load_file(machine, path, why) < 0)
        fuzz_fail("a machine that was loaded cannot be saved and loaded: %s", why);
    if (compares && digest_of_machine(machine) != digest)
        fuzz_fail("a machine that was saved and loaded is another");
}

// Digests are most of a case, so some go without.
static void load(struct fuzz *fuzz, struct world *world)
{
    char why[INTACT_ERROR_SIZE] = "";
    bool compares = fuzz_chance(fuzz, 8);
    uint64_t digest = compares ? digest_of_machine(world->machine) : 0;
    int result = intact_machine_load_file(world->machine, path, why);
    fuzz_tell(fuzz, "load: %d %s", result, why);
    if (result == 0) {
        shake(fuzz, world->machine);
        save_again(world->machine, compares);
        return;
    }
    fuzz_check_line(why);
    if (!strstr(why, "damaged")) {
        if (compares && digest_of_machine(world->machine) != digest)
            fuzz_fail("a load that was refused has changed the machine: %s", why);
        return;
    }
    intact_machine_destroy(world->machine);
    world->machine = NULL;
}

// --- A case ----------------------------------------------------------------------------------------------------------

static void make_disk(void)
{
    FILE *file = fopen(disk, "wb");
    if (!file || ftruncate(fileno(file), 1 << 16) != 0 || fclose(file) != 0)
        fuzz_fail("cannot write %s", disk);
}

static void prepare(void)
{
    char why[INTACT_ERROR_SIZE] = "";
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, sizeof path, "%s/intact-fuzz-snapshot-%ld", folder, (long)getpid());
    snprintf(disk, sizeof disk, "%s/intact-fuzz-disk-%ld", folder, (long)getpid());
    make_disk();
    for (unsigned i = 0; i < WORLDS; i++) {
        worlds[i].machine = make(i);
        for (unsigned k = 0; k < MOMENTS; k++) {
            if (intact_machine_save_file(worlds[i].machine, path, why) < 0)
                fuzz_fail("cannot save: %s", why);
            snapshot_take_apart(&worlds[i].moments[k], path);
            intact_machine_run_for(worlds[i].machine, STEP);
        }
    }
    unlink(path);
    unlink(disk);
}

void fuzz_case(struct fuzz *fuzz)
{
    if (!worlds[0].moments[0].state)
        prepare();
    unsigned index = fuzz_below(fuzz, WORLDS);
    struct world *world = &worlds[index];
    struct snapshot_file parts = snapshot_copy(&world->moments[fuzz_below(fuzz, MOMENTS)]);
    make_disk();
    if (!world->machine)
        world->machine = make(index);
    fuzz_tell(fuzz, "machine %u", index);
    change(fuzz, &parts);
    load(fuzz, world);
    unlink(path);
    unlink(disk);
    snapshot_free(&parts);
}
