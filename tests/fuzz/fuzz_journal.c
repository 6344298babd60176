// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Journals of runs that nobody recorded: damaged files, headers with other lines, whole blocks of entries that make no
// sense, and messages that no thread would post, on every channel of a small PC with groups, a network and a console.
//
// What must hold: intact_journal_open and intact_machine_replay return 0, or a negative errno and one line of text; what
// starts comes to an end that it names within its limit of instructions; the machine can be digested and destroyed.
#include <intact/replay.h>
#include <intact/snapshot.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "groups/group.h"
#include "machine/x86_interrupts.h"
#include "replay/journal.h"

const char *const fuzz_name = "fuzz_journal";

enum { LIMIT = 20000, FILE_LIMIT = 64 << 10, TEXT_LIMIT = 8192, ENTRIES = 40, GROUPS = 3 };

static const enum intact_irq_type types[GROUPS] = { INTACT_IRQ_MSIX, INTACT_IRQ_LEGACY, INTACT_IRQ_GENERIC };

static char path[64];
static struct code code;
static uint8_t recorded[FILE_LIMIT]; // a good journal
static size_t recorded_size;
static char recorded_text[TEXT_LIMIT];

// --- A machine ---------------------------------------------------------------------------------------------------------

static void nothing(void *owner, uint8_t byte)
{
    (void)owner, (void)byte;
}

static void sent(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)frame, (void)size, (void)now;
}

// NULL, with a line in `why`: there is none with the date of the journal.
static struct intact_machine *make(const struct intact_journal *journal, char *why)
{
    static const struct intact_net cable = { .send = sent };
    static const struct intact_netdev_config netdevs[] = { { .kind = INTACT_NETDEV_OWN, .id = "n", .net = &cable } };
    static const struct intact_chardev_config chardevs[] = { { .id = "c" } };
    static const struct intact_property net[] = { { "netdev", "n" } }, console[] = { { "chardev", "c" } };
    static const struct intact_device_config devices[] = { { "virtio-net-pci", net, 1 },
                                                           { "virtio-serial-pci", NULL, 0 },
                                                           { "virtconsole", console, 1 } };
    struct intact_machine_config config;
    struct intact_machine *machine;
    intact_machine_config_init(&config);
    config.memory = UINT64_C(4) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = nothing };
    config.netdevs = netdevs;
    config.netdev_count = 1;
    config.chardevs = chardevs;
    config.chardev_count = 1;
    config.devices = devices;
    config.device_count = 3;
    config.reboot = false;
    config.interactive = true;
    if (journal)
        intact_journal_prepare(journal, &config);
    return intact_machine_create(&config, &machine, why) < 0 ? NULL : machine;
}

static void make_groups(struct intact_machine *machine, struct intact_irq_group *groups[GROUPS])
{
    struct intact_irq_manager *manager = intact_machine_interrupts(machine);
    for (unsigned i = 0; i < GROUPS; i++) {
        uint32_t base = types[i] == INTACT_IRQ_LEGACY ? GUEST_GSI : INTACT_IRQ_ANY_BASE;
        uint32_t count = types[i] == INTACT_IRQ_LEGACY ? 1 : 3;
        if (intact_irq_manager_create_group(manager, types[i], base, count, &groups[i]) < 0)
            fuzz_fail("no group");
    }
}

static size_t read_file(uint8_t *bytes)
{
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(bytes, 1, FILE_LIMIT, file) : 0;
    if (!file || size == FILE_LIMIT)
        fuzz_fail("cannot read %s", path);
    fclose(file);
    return size;
}

static void write_file(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size)
        fuzz_fail("cannot write %s", path);
    fclose(file);
}

static void keep_text(void)
{
    struct journal_reader reader;
    struct error error;
    if (journal_open(&reader, path, &error) < 0 || strlen(reader.text) >= TEXT_LIMIT / 2)
        fuzz_fail("the recorded journal is no good");
    strcpy(recorded_text, reader.text);
    journal_free(&reader);
}

// Once: a run with input on all channels that the machine's own thread can post to.
static void record(void)
{
    static const uint8_t frame[60];
    char why[INTACT_ERROR_SIZE] = "";
    struct intact_machine *machine = make(NULL, why);
    struct intact_irq_group *groups[GROUPS];
    struct intact_recording recording;
    if (!machine)
        fuzz_fail("no machine: %s", why);
    make_groups(machine, groups);
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = 5;
    if (intact_machine_record(machine, &recording, why) < 0)
        fuzz_fail("cannot record: %s", why);
    for (unsigned i = 0; i < 10; i++) {
        intact_machine_input(machine, "some text to be typed", 21);
        intact_machine_net_input(machine, "n", frame, sizeof frame);
        intact_machine_net_link(machine, "n", i % 2);
        intact_machine_console_size(machine, "c", 80 + i, 25);
        intact_machine_run_for(machine, 1); // it halts soon, and would wait
    }
    if (intact_machine_record_end(machine, why) < 0)
        fuzz_fail("cannot end the recording: %s", why);
    intact_machine_destroy(machine);
    recorded_size = read_file(recorded);
    keep_text();
}

// --- Journals ----------------------------------------------------------------------------------------------------------

// Bytes that change, go, or come twice. The check values notice nearly all.
static void damage_file(struct fuzz *fuzz)
{
    static uint8_t bytes[FILE_LIMIT];
    size_t size = recorded_size;
    memcpy(bytes, recorded, size);
    for (unsigned left = 1 + fuzz_below(fuzz, 4); left; left--) {
        size_t at = fuzz_below(fuzz, (uint32_t)size + 1);
        switch (fuzz_below(fuzz, 4)) {
        case 0: size = at; break;
        case 1: memmove(bytes + at / 2, bytes + at, size - at), size -= at - at / 2; break;
        case 2: bytes[at] = (uint8_t)fuzz_value(fuzz); break;
        default: bytes[fuzz_below(fuzz, 24)] ^= (uint8_t)(1u << fuzz_below(fuzz, 8));
        }
    }
    write_file(bytes, size);
}

// A line that changes its value, goes, comes twice, or is a new one.
static void damage_text(struct fuzz *fuzz, char *text)
{
    static const char *const lines[] = { "digest 0\n",
                                         "digest 1\n",
                                         "digest -1\n",
                                         "digest 18446744073709551615\n",
                                         "version 9.9\n",
                                         "schema 0000000000000000\n",
                                         "rtc -99999999999999999999\n",
                                         "file -kernel 0 0\n",
                                         "file -drive\n",
                                         "argument -smp\nargument 4\n",
                                         "argument \n",
                                         "\n" };
    size_t length = strlen(text), at = fuzz_below(fuzz, (uint32_t)length + 1);
    at += strcspn(text + at, "\n");
    at += at < length;
    const char *line = FUZZ_PICK(fuzz, lines);
    switch (fuzz_below(fuzz, 4)) {
    case 0: text[fuzz_below(fuzz, (uint32_t)length)] = (char)(1 + fuzz_below(fuzz, 255)); break;
    case 1: text[at] = 0; break;
    case 2: memmove(text, text + at, length - at + 1); break;
    default:
        if (length + strlen(line) + 1 > TEXT_LIMIT)
            break;
        memmove(text + at + strlen(line), text + at, length - at + 1);
        memcpy(text + at, line, strlen(line));
    }
}

// Of those that exist mostly: numbers of groups, and kinds with flags above them.
static struct inbox_message any_message(struct fuzz *fuzz)
{
    struct inbox_message message = { .channel = (uint16_t)fuzz_below(fuzz, 7),
                                     .kind = (uint16_t)fuzz_below(fuzz, 8),
                                     .id = fuzz_below(fuzz, 12),
                                     .a = fuzz_below(fuzz, 4),
                                     .b = fuzz_below(fuzz, 16),
                                     .c = fuzz_below(fuzz, 5) };
    if (fuzz_chance(fuzz, 4))
        message.a = fuzz_value(fuzz);
    if (fuzz_chance(fuzz, 4))
        message.b = fuzz_value(fuzz);
    if (fuzz_chance(fuzz, 4))
        message.c = fuzz_value(fuzz);
    if (fuzz_chance(fuzz, 3))
        message.kind |= (uint16_t)(fuzz_below(fuzz, 8) << GROUP_FLAGS_SHIFT);
    if (fuzz_chance(fuzz, 16))
        message.kind = (uint16_t)fuzz_value(fuzz);
    if (fuzz_chance(fuzz, 32))
        message.id = (uint32_t)fuzz_value(fuzz);
    if (fuzz_chance(fuzz, 64))
        message.channel = (uint16_t)fuzz_value(fuzz);
    return message;
}

// A machine that halts stays at one instruction: most messages come there, one turn after the other.
static struct journal_entry any_entry(struct fuzz *fuzz, uint64_t *instructions, uint64_t *turns)
{
    struct journal_entry entry = { .kind = JOURNAL_MESSAGE, .message = any_message(fuzz) };
    if (fuzz_chance(fuzz, 16))
        entry.kind = (enum journal_kind)(1 + fuzz_below(fuzz, 4));
    if (fuzz_chance(fuzz, 8))
        *turns += fuzz_below(fuzz, 3);
    if (fuzz_chance(fuzz, 64))
        *instructions = fuzz_value(fuzz);
    entry.instructions = *instructions;
    entry.turns = *turns;
    entry.digest = fuzz_value(fuzz);
    entry.reason = (uint32_t)fuzz_value(fuzz);
    entry.status = (uint32_t)fuzz_value(fuzz);
    fuzz_tell(fuzz, "entry %u at %llu/%llu: channel %u, kind %#x, id %u, %#llx, %#llx, %#llx", entry.kind,
              (unsigned long long)entry.instructions, (unsigned long long)entry.turns, entry.message.channel,
              entry.message.kind, entry.message.id, (unsigned long long)entry.message.a,
              (unsigned long long)entry.message.b, (unsigned long long)entry.message.c);
    return entry;
}

// The writer has whatever it is told to write: the check values are right. It writes any bytes as a block too.
static void write_entries(struct fuzz *fuzz, const char *text)
{
    struct journal_writer writer;
    struct error error;
    uint64_t instructions = 0, turns = 0;
    if (journal_create(&writer, path, text, &error) < 0)
        fuzz_fail("%s", error.text);
    for (unsigned left = fuzz_below(fuzz, ENTRIES); left; left--) {
        struct journal_entry entry = any_entry(fuzz, &instructions, &turns);
        journal_put(&writer, &entry);
        if (fuzz_chance(fuzz, 16))
            journal_flush(&writer);
        if (fuzz_chance(fuzz, 64))
            writer.block[writer.used++] = (uint8_t)fuzz_value(fuzz);
    }
    if (journal_close(&writer) < 0)
        fuzz_fail("the journal was not written");
}

static void write_journal(struct fuzz *fuzz)
{
    char text[TEXT_LIMIT];
    strcpy(text, recorded_text);
    switch (fuzz_below(fuzz, 8)) {
    case 0: damage_file(fuzz); return;
    case 1: damage_text(fuzz, text); break;
    default: break;
    }
    write_entries(fuzz, text);
}

// --- What must hold ----------------------------------------------------------------------------------------------------

static void run(struct fuzz *fuzz, struct intact_machine *machine)
{
    uint64_t digest;
    struct intact_exit end = intact_machine_run_for(machine, LIMIT);
    fuzz_tell(fuzz, "%s after %llu instructions: %s", intact_reason_text(end.reason),
              (unsigned long long)end.instructions, intact_machine_error(machine));
    if (end.instructions > LIMIT)
        fuzz_fail("it ran for %llu instructions", (unsigned long long)end.instructions);
    if (end.reason == INTACT_DIVERGED || end.reason == INTACT_JOURNAL_END)
        fuzz_check_line(intact_machine_error(machine));
    if (intact_machine_digest(machine, &digest) < 0)
        fuzz_fail("no digest");
}

// With a history, which takes its input from the journal at once and repeats parts of it.
static void run_back_and_forth(struct fuzz *fuzz, struct intact_machine *machine)
{
    char why[INTACT_ERROR_SIZE] = "";
    if (intact_machine_history(machine, UINT64_C(1) << 20, why) < 0)
        fuzz_fail("%s", why);
    run(fuzz, machine);
    for (unsigned left = fuzz_below(fuzz, 4); left; left--) {
        uint64_t place = fuzz_below(fuzz, 1 + (unsigned)intact_machine_instructions(machine));
        fuzz_tell(fuzz, "to %llu: %d", (unsigned long long)place, intact_machine_go_to(machine, place, why));
        run(fuzz, machine);
    }
}

static void replay(struct fuzz *fuzz, struct intact_journal *journal)
{
    char why[INTACT_ERROR_SIZE] = "";
    struct intact_machine *machine = make(journal, why);
    struct intact_irq_group *groups[GROUPS];
    if (!machine) {
        fuzz_check_line(why);
        return;
    }
    make_groups(machine, groups);
    int result = intact_machine_replay(machine, journal, why);
    if (result < 0)
        fuzz_check_line(why);
    else if (fuzz_chance(fuzz, 4))
        run_back_and_forth(fuzz, machine);
    else
        run(fuzz, machine);
    fuzz_tell(fuzz, "replay: %d %s", result, why);
    // Those of the program are its own still, whatever the journal says.
    for (unsigned i = 0; i < GROUPS; i++)
        intact_irq_manager_destroy_group(intact_machine_interrupts(machine), groups[i]);
    intact_machine_destroy(machine);
}

void fuzz_case(struct fuzz *fuzz)
{
    struct intact_journal *journal = NULL;
    char why[INTACT_ERROR_SIZE] = "";
    if (!recorded_size) {
        // In memory where the host can: a journal is brought to its disk.
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(path, sizeof path, "%s/intact-fuzz-journal-%ld", folder, (long)getpid());
        make_interrupt_guest(&code, false);
        record();
    }
    write_journal(fuzz);
    int result = intact_journal_open(path, &journal, why);
    unlink(path);
    if (result < 0) {
        fuzz_check_line(why);
        fuzz_tell(fuzz, "open: %d %s", result, why);
        return;
    }
    replay(fuzz, journal);
    intact_journal_close(journal);
}
