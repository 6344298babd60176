// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Snapshots by <intact/snapshot.h>: from each of them, in any order, in this machine and in a new one, a run goes on to the
// same digests. The guests are the demo's, with two processors on the PC.
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <intact/interrupt.h>
#include <intact/replay.h>
#include <intact/snapshot.h>

#include "base/bits.h"
#include "base/storage.h"
#include "host/block_file.h"
#include "machine/board/flash_bank.h"
#include "machine/demo.h"
#include "machine/machine.h"

TestSuite(snapshot, .timeout = 240);

static char why[INTACT_ERROR_SIZE], path[64];

static struct intact_machine *make_with(enum intact_machine_type type, unsigned megabytes)
{
    struct intact_machine_config config;
    demo_config(&config, type);
    config.memory = (uint64_t)megabytes << 20;
    snprintf(path, sizeof path, "/tmp/intact-snapshot-%ld", (long)getpid());
    return demo_make(&config);
}

static struct intact_machine *make(enum intact_machine_type type)
{
    return make_with(type, 64);
}

static uint64_t state_digest(struct intact_machine *machine)
{
    uint64_t digest;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    return digest;
}

enum { MOST = 400 };

struct course {
    struct intact_snapshot *snapshots[MOST];
    uint64_t digests[MOST + 1]; // [i + 1]: `step` instructions after snapshot i, or at the end
    unsigned count;
    uint64_t step, last;
};

// Runs to the end, with a snapshot at every `step`th instruction.
static void run_course(struct course *course, struct intact_machine *machine, uint64_t step)
{
    struct intact_exit end = { .reason = INTACT_PAUSED };
    *course = (struct course){ .step = step };
    while (end.reason == INTACT_PAUSED && course->count < MOST) {
        course->digests[course->count] = state_digest(machine);
        cr_assert_eq(intact_machine_snapshot(machine, &course->snapshots[course->count++], why), 0, "%s", why);
        end = intact_machine_run_for(machine, step);
    }
    course->digests[course->count] = state_digest(machine);
    course->last = end.instructions;
}

static void goes_on_from(const struct course *course, struct intact_machine *machine, unsigned i)
{
    cr_assert_eq(intact_machine_restore(machine, course->snapshots[i], why), 0, "%s", why);
    cr_assert_eq(intact_machine_instructions(machine), i * course->step);
    cr_assert_eq(intact_snapshot_instructions(course->snapshots[i]), i * course->step);
    cr_assert_eq(state_digest(machine), course->digests[i], "%u", i);
    intact_machine_run_for(machine, course->step);
    cr_assert_eq(state_digest(machine), course->digests[i + 1], "from %u on", i);
}

static void every_snapshot_goes_on(enum intact_machine_type type, uint64_t step)
{
    static struct course course;
    struct intact_machine *machine = make(type);
    run_course(&course, machine, step);
    cr_assert_gt(course.count, 20);
    srand(5);
    for (unsigned n = 0; n < course.count; n++)
        goes_on_from(&course, machine, (unsigned)rand() % course.count);
    for (unsigned i = course.count; i-- > 0;)
        goes_on_from(&course, machine, i);
    for (unsigned i = 0; i < course.count; i++)
        intact_machine_snapshot_free(machine, course.snapshots[i]);
    intact_machine_destroy(machine);
}

Test(snapshot, every_one_goes_on_as_the_run_did)
{
    every_snapshot_goes_on(INTACT_PC, 1000);
    every_snapshot_goes_on(INTACT_PC, 61);
    every_snapshot_goes_on(INTACT_VIRT, 1000);
    every_snapshot_goes_on(INTACT_VIRT, 61);
}

Test(snapshot, those_of_a_machine_share_what_is_equal)
{
    static struct course course;
    struct intact_machine *machine = make(INTACT_PC);
    run_course(&course, machine, 1000);
    cr_assert_lt(intact_machine_snapshot_bytes(machine), course.count * UINT64_C(40000));
    for (unsigned i = 0; i < course.count; i++)
        intact_machine_snapshot_free(machine, course.snapshots[i]);
    cr_assert_lt(intact_machine_snapshot_bytes(machine), UINT64_C(2) << 20); // RAM as it was last taken
    intact_machine_destroy(machine);
}

static void files_go_on(enum intact_machine_type type, uint64_t step)
{
    struct intact_machine *machine = make(type), *whole = make(type);
    const uint64_t unused =
        (type == INTACT_PC ? 0 : 0x40000000) + (UINT64_C(48) << 20); // RAM that the guest never writes
    intact_machine_run(whole);
    uint64_t end = state_digest(whole);
    for (unsigned i = 0; i < 16 && intact_machine_run_for(machine, step).reason == INTACT_PAUSED; i++) {
        struct intact_machine *other = make(type);
        cr_assert_eq(intact_machine_save_file(machine, path, why), 0, "%s", why);
        intact_machine_run_for(other, 777); // what it was before goes
        cr_assert_eq(intact_machine_write_memory(other, unused, "x", 1), 0);
        if (i % 2)
            cr_assert_neq(state_digest(other), end); // also if the digest knows its pages already
        cr_assert_eq(intact_machine_load_file(other, path, why), 0, "%s", why);
        cr_assert_eq(state_digest(other), state_digest(machine));
        intact_machine_run(other);
        cr_assert_eq(state_digest(other), end);
        intact_machine_destroy(other);
    }
    intact_machine_destroy(machine);
    intact_machine_destroy(whole);
    unlink(path);
}

Test(snapshot, a_file_goes_on_in_another_machine)
{
    files_go_on(INTACT_PC, 1213);
    files_go_on(INTACT_VIRT, 2713);
}

Test(snapshot, a_pipe_of_that_name_is_written_to_and_stays)
{
    struct intact_machine *machine = make(INTACT_PC);
    char magic[8];
    struct stat status;
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDWR | O_NONBLOCK);
    cr_assert_eq(intact_machine_save_file(machine, path, why), 0, "%s", why);
    cr_assert(lstat(path, &status) == 0 && S_ISFIFO(status.st_mode));
    cr_assert_eq(read(reader, magic, sizeof magic), sizeof magic);
    cr_assert_arr_eq(magic, "intactSS", sizeof magic);
    close(reader);
    unlink(path);
    intact_machine_destroy(machine);
}

// --- Refusals ----------------------------------------------------------------------------------------------------------

Test(snapshot, of_another_machine_is_refused)
{
    struct intact_machine *one = make(INTACT_PC), *other = make(INTACT_PC), *arm = make(INTACT_VIRT);
    struct intact_snapshot *snapshot;
    cr_assert_eq(intact_machine_snapshot(one, &snapshot, why), 0);
    cr_assert_eq(intact_machine_restore(other, snapshot, why), -EINVAL);
    cr_assert(strstr(why, "of another machine"));
    cr_assert_eq(intact_machine_save_file(one, path, why), 0);
    cr_assert_eq(intact_machine_load_file(arm, path, why), -EINVAL);
    cr_assert_str_eq(why, "the snapshot is of another machine: -machine was pc, and is virt");
    cr_assert_eq(intact_machine_load_file(arm, "/nowhere", why), -ENOENT);
    cr_assert_eq(intact_machine_save_file(one, "/nowhere/at/all", why), -ENOENT);
    intact_machine_snapshot_free(one, snapshot);
    intact_machine_snapshot_free(one, NULL);
    intact_machine_destroy(one);
    intact_machine_destroy(other);
    intact_machine_destroy(arm);
    unlink(path);
}

Test(snapshot, of_a_machine_with_other_memory_changes_nothing)
{
    struct intact_machine *one = make(INTACT_VIRT), *other = make_with(INTACT_VIRT, 128);
    intact_machine_run_for(one, 5000);
    intact_machine_run_for(other, 700);
    uint64_t digest = state_digest(other);
    cr_assert_eq(intact_machine_save_file(one, path, why), 0);
    cr_assert_eq(intact_machine_load_file(other, path, why), -EINVAL);
    cr_assert_str_eq(why, "the snapshot is of another machine: -m was 64, and is 128");
    cr_assert_eq(state_digest(other), digest);
    intact_machine_destroy(one);
    intact_machine_destroy(other);
    unlink(path);
}

// These change how the machine goes on, but not what its state looks like.
Test(snapshot, of_another_processor_or_clock_is_refused_by_name)
{
    struct intact_machine *one = make(INTACT_PC);
    struct intact_machine_config config;
    cr_assert_eq(intact_machine_save_file(one, path, why), 0);
    demo_config(&config, INTACT_PC);
    config.shift = 2;
    struct intact_machine *other = demo_make(&config);
    cr_assert_eq(intact_machine_load_file(other, path, why), -EINVAL);
    cr_assert_str_eq(why, "the snapshot is of another machine: -icount was shift=0, and is shift=2");
    intact_machine_destroy(other);
    config.shift = 0;
    config.cpu = "max";
    other = demo_make(&config);
    cr_assert_eq(intact_machine_load_file(other, path, why), -EINVAL);
    cr_assert_str_eq(why, "the snapshot is of another machine: -cpu was intact, and is max");
    intact_machine_destroy(other);
    config.cpu = "intact"; // what it is without a name
    other = demo_make(&config);
    cr_assert_eq(intact_machine_load_file(other, path, why), 0, "%s", why);
    intact_machine_destroy(other);
    intact_machine_destroy(one);
    unlink(path);
}

// A group more or less: the fields of the two states would not be in the same places.
Test(snapshot, with_other_groups_is_refused_and_changes_nothing)
{
    struct intact_machine *machine = make(INTACT_PC);
    struct intact_irq_manager *manager = intact_machine_interrupts(machine);
    struct intact_irq_group *group;
    struct intact_snapshot *snapshot;
    intact_machine_run_for(machine, 1000);
    cr_assert_eq(intact_machine_snapshot(machine, &snapshot, why), 0);
    intact_machine_run_for(machine, 1000);
    uint64_t digest = state_digest(machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 3, &group), 0);
    uint64_t with_group = state_digest(machine);
    cr_assert_eq(intact_machine_restore(machine, snapshot, why), -EINVAL);
    cr_assert_str_eq(why, "the snapshot does not belong to this machine as it is now");
    cr_assert_eq(state_digest(machine), with_group);
    intact_irq_manager_destroy_group(manager, group);
    cr_assert_eq(state_digest(machine), digest);
    cr_assert_eq(intact_machine_restore(machine, snapshot, why), 0, "%s", why);
    cr_assert_eq(intact_machine_instructions(machine), 1000);
    intact_machine_snapshot_free(machine, snapshot);
    intact_machine_destroy(machine);
}

Test(snapshot, a_damaged_file_is_refused)
{
    static uint8_t bytes[1 << 20];
    struct intact_machine *one = make(INTACT_VIRT);
    intact_machine_run_for(one, 5000);
    cr_assert_eq(intact_machine_save_file(one, path, why), 0);
    uint64_t digest = state_digest(one);
    FILE *file = fopen(path, "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert(size > 1000 && size < sizeof bytes);
    for (size_t at = 0; at < size; at += at < 200 ? 1 : size / 150) {
        file = fopen(path, "wb");
        bytes[at] ^= 0x20;
        fwrite(bytes, 1, size, file);
        fclose(file);
        if (intact_machine_load_file(one, path, why) == 0) // a hint for the decompressor: the contents are checked
            cr_assert_eq(state_digest(one), digest, "byte %zu", at);
        bytes[at] ^= 0x20;
        cr_assert_eq(truncate(path, (off_t)at), 0);
        cr_assert_eq(intact_machine_load_file(one, path, why), -EINVAL, "%zu bytes: %s", at, why);
    }
    intact_machine_destroy(one);
    unlink(path);
}

Test(snapshot, a_recorded_run_cannot_be_replaced)
{
    struct intact_machine *machine = make(INTACT_PC);
    struct intact_snapshot *snapshot;
    struct intact_recording recording;
    intact_recording_init(&recording);
    recording.file = path;
    cr_assert_eq(intact_machine_record(machine, &recording, why), 0, "%s", why);
    cr_assert_eq(intact_machine_snapshot(machine, &snapshot, why), 0);
    cr_assert_eq(intact_machine_restore(machine, snapshot, why), -EBUSY);
    cr_assert_eq(intact_machine_record_end(machine, why), 0);
    cr_assert_eq(intact_machine_restore(machine, snapshot, why), 0);
    intact_machine_snapshot_free(machine, snapshot);
    intact_machine_destroy(machine);
    unlink(path);
}

// --- Flash and overlays --------------------------------------------------------------------------------------------------

enum { DISK = 32 << 20, FLASH_BYTES = 3 << 20 };

static char disk[80], flash[80];

static void make_file(const char *name, size_t size, int byte)
{
    FILE *file = fopen(name, "wb");
    for (size_t i = 0; i < size; i++)
        putc(byte, file);
    fclose(file);
}

// With a flash bank, and a disk whose overlay has all but the last page of it.
static struct intact_machine *make_with_storage(void)
{
    static struct intact_drive_config drives[2];
    static const struct intact_property properties[] = { { "drive", "disk" } };
    static const struct intact_device_config device = { "virtio-blk-pci", properties, 1 };
    struct intact_machine_config config;
    snprintf(disk, sizeof disk, "/tmp/intact-snapshot-disk-%ld", (long)getpid());
    snprintf(flash, sizeof flash, "/tmp/intact-snapshot-flash-%ld", (long)getpid());
    make_file(disk, DISK, 0x44);
    make_file(flash, FLASH_BYTES, 0x46);
    drives[0] = (struct intact_drive_config){ .file = disk, .id = "disk", .snapshot = true };
    drives[1] =
        (struct intact_drive_config){ .file = flash, .interface = INTACT_DRIVE_PFLASH, .unit = 1, .snapshot = true };
    demo_config(&config, INTACT_VIRT);
    config.memory = UINT64_C(64) << 20;
    config.drives = drives;
    config.drive_count = countof(drives);
    config.devices = &device;
    config.device_count = 1;
    return demo_make(&config);
}

struct found {
    struct visit visit;
    struct storage *storage[4];
    unsigned count;
};

static void find(struct visit *v, struct storage *storage)
{
    struct found *found = container_of(v, struct found, visit);
    found->storage[found->count++] = storage;
}

static void write_disk(struct storage *storage, uint64_t offset, uint8_t byte, size_t size)
{
    const struct block_file *file = container_of(storage, struct block_file, storage);
    uint8_t *data = malloc(size);
    memset(data, byte, size);
    cr_assert_eq(file->block.write(file->block.owner, offset, data, size), 0);
    free(data);
}

static uint8_t read_disk(struct storage *storage, uint64_t offset)
{
    const struct block_file *file = container_of(storage, struct block_file, storage);
    uint8_t data[INTACT_BLOCK_SECTOR];
    cr_assert_eq(file->block.read(file->block.owner, offset, data, sizeof data), 0);
    return data[0];
}

static void write_flash(struct storage *storage, uint64_t offset, uint8_t byte)
{
    const struct flash_bank *bank = container_of(storage, struct flash_bank, storage);
    bank->contents[offset] = byte;
    cr_assert(bank->chips.changed(bank->chips.owner, offset, 1));
}

Test(snapshot, of_flash_and_overlays_shares_what_was_not_written)
{
    enum { LITTLE = 200000 }; // nodes of the trees, and a page for each write
    struct intact_machine *machine = make_with_storage();
    struct found found = { .visit = { .storage = find } };
    struct intact_snapshot *snapshots[4];
    board_visit_storage(machine->board, &found.visit);
    cr_assert_eq(found.count, 3, "two banks and an overlay");
    struct storage *bank = found.storage[1], *overlay = found.storage[2];
    write_disk(overlay, 0, 1, DISK - 4096);
    cr_assert_eq(intact_machine_snapshot(machine, &snapshots[0], why), 0, "%s", why);
    uint64_t bytes = intact_machine_snapshot_bytes(machine);
    cr_assert_gt(bytes, (uint64_t)DISK + FLASH_BYTES);
    cr_assert_lt(bytes, (uint64_t)DISK + FLASH_BYTES + (24u << 20), "erased flash takes up nothing");
    cr_assert_eq(intact_machine_snapshot(machine, &snapshots[1], why), 0);
    cr_assert_eq(intact_machine_snapshot_bytes(machine), bytes, "nothing has changed");

    write_disk(overlay, 5 << 20, 2, 4096);
    write_disk(overlay, DISK - 4096, 2, 4096); // a new one
    write_flash(bank, 1234567, 2);
    cr_assert_eq(intact_machine_snapshot(machine, &snapshots[2], why), 0);
    cr_assert_lt(intact_machine_snapshot_bytes(machine), bytes + LITTLE);
    write_disk(overlay, 5 << 20, 3, 4096);
    write_flash(bank, 1234567, 3);
    write_flash(bank, 40 << 20, 3); // where it was erased
    cr_assert_eq(intact_machine_snapshot(machine, &snapshots[3], why), 0);
    write_disk(overlay, 6 << 20, 4, 4096); // in no snapshot

    static const unsigned order[] = { 3, 0, 2, 1, 3, 2, 0 };
    static const uint8_t at_5[] = { 1, 1, 2, 3 }, at_end[] = { 0x44, 0x44, 2, 2 }, in_bank[] = { 0x46, 0x46, 2, 3 };
    for (unsigned i = 0; i < countof(order); i++) {
        unsigned s = order[i];
        cr_assert_eq(intact_machine_restore(machine, snapshots[s], why), 0, "%s", why);
        cr_assert_eq(read_disk(overlay, 5 << 20), at_5[s]);
        cr_assert_eq(read_disk(overlay, 6 << 20), 1);
        cr_assert_eq(read_disk(overlay, DISK - 4096), at_end[s]);
        cr_assert_eq(bank->bytes[1234567], in_bank[s]);
        cr_assert_eq(bank->bytes[40 << 20], s == 3 ? 3 : 0xff);
        cr_assert_eq(bank->bytes[40 << 20 | 1], 0xff);
    }
    for (unsigned s = 0; s < 4; s++)
        intact_machine_snapshot_free(machine, snapshots[s]);
    intact_machine_destroy(machine);
    unlink(disk);
    unlink(flash);
}

// A load puts other contents there without a write.
Test(snapshot, of_flash_and_overlays_is_restored_after_the_load_of_a_file)
{
    struct intact_machine *machine = make_with_storage();
    struct found found = { .visit = { .storage = find } };
    struct intact_snapshot *snapshot;
    snprintf(path, sizeof path, "/tmp/intact-snapshot-%ld", (long)getpid());
    board_visit_storage(machine->board, &found.visit);
    struct storage *bank = found.storage[1], *overlay = found.storage[2];
    write_disk(overlay, 0, 1, 4096);
    write_flash(bank, 99, 1);
    cr_assert_eq(intact_machine_save_file(machine, path, why), 0, "%s", why);
    write_disk(overlay, 4096, 2, 8192);
    write_disk(overlay, 0, 2, 4096);
    write_flash(bank, 99, 2);
    cr_assert_eq(intact_machine_snapshot(machine, &snapshot, why), 0, "%s", why);
    cr_assert_eq(intact_machine_load_file(machine, path, why), 0, "%s", why);
    cr_assert_eq(read_disk(overlay, 0), 1);
    cr_assert_eq(read_disk(overlay, 4096), 0x44);
    cr_assert_eq(bank->bytes[99], 1);
    cr_assert_eq(intact_machine_restore(machine, snapshot, why), 0, "%s", why);
    cr_assert_eq(read_disk(overlay, 0), 2);
    cr_assert_eq(read_disk(overlay, 4096), 2);
    cr_assert_eq(bank->bytes[99], 2);
    intact_machine_snapshot_free(machine, snapshot);
    intact_machine_destroy(machine);
    unlink(path);
    unlink(disk);
    unlink(flash);
}
