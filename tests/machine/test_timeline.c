// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine with a history goes to any instruction, back and forth, and is there what it was; input comes in where it came
// in, and what the guest wrote is not written twice.
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <intact/debug.h>
#include <intact/interrupt.h>
#include <intact/replay.h>
#include <intact/snapshot.h>

#include "base/bits.h"
#include "machine/demo.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"
#include "replay/journal.h"

TestSuite(timeline, .timeout = 240);

static char why[INTACT_ERROR_SIZE];

struct printed {
    char text[8192];
    unsigned length;
};

static void print(void *owner, uint8_t byte)
{
    struct printed *printed = owner;
    if (printed->length < sizeof printed->text)
        printed->text[printed->length++] = (char)byte;
}

static struct intact_machine *make_demo(enum intact_machine_type type, struct printed *printed)
{
    struct intact_machine_config config;
    demo_config(&config, type);
    config.serial = (struct intact_console){ .write = print, .owner = printed };
    return demo_make(&config);
}

static uint64_t state_digest(struct intact_machine *machine)
{
    uint64_t digest;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    return digest;
}

enum { STEPS = 1000 };

static void visits_every_place(enum intact_machine_type type, uint64_t step, uint64_t bytes)
{
    static struct printed once, again;
    static uint64_t digests[STEPS];
    unsigned count = 0;
    once.length = again.length = 0;
    struct intact_machine *plain = make_demo(type, &once), *machine = make_demo(type, &again);
    cr_assert_eq(intact_machine_history(machine, bytes, why), 0, "%s", why);
    struct intact_exit end = intact_machine_run(machine), whole = { .reason = INTACT_PAUSED };
    while (count < STEPS && whole.reason == INTACT_PAUSED) {
        digests[count++] = state_digest(plain);
        whole = intact_machine_run_for(plain, step);
    }
    if (whole.reason == INTACT_PAUSED)
        whole = intact_machine_run(plain);
    cr_assert_eq(end.instructions, whole.instructions);
    cr_assert_eq(state_digest(machine), state_digest(plain));
    srand(11);
    for (unsigned n = 0; n < 100; n++) {
        unsigned i = (unsigned)rand() % count;
        cr_assert_eq(intact_machine_go_to(machine, i * step, why), 0, "%s", why);
        cr_assert_eq(intact_machine_instructions(machine), i * step);
        cr_assert_eq(state_digest(machine), digests[i], "at %lu", (unsigned long)(i * step));
        if (n % 10 == 0) {
            struct intact_exit other = intact_machine_run(machine);
            cr_assert_eq(other.reason, end.reason);
            cr_assert_eq(other.instructions, end.instructions);
            cr_assert_eq(state_digest(machine), state_digest(plain));
        }
    }
    cr_assert_eq(intact_machine_go_to(machine, end.instructions + 1, why), -ENOENT);
    cr_assert_eq(again.length, once.length);
    cr_assert_arr_eq(again.text, once.text, once.length);
    intact_machine_destroy(plain);
    intact_machine_destroy(machine);
}

Test(timeline, goes_to_any_instruction_back_and_forth)
{
    visits_every_place(INTACT_PC, 1777, UINT64_C(64) << 20);
    visits_every_place(INTACT_VIRT, 777, UINT64_C(64) << 20);
    visits_every_place(INTACT_PC, 20011, 0); // only the first and the last snapshot are kept
}

// --- Input -----------------------------------------------------------------------------------------------------------

enum { VECTOR = 0x40, TRIGGERS = 60 };

static struct world {
    struct intact_machine *machine;
    struct intact_irq_group *group;
    unsigned taken, most; // the run ends with the last
    uint64_t when[2 * TRIGGERS];
} guest;

static void told(void *owner, uint8_t vector)
{
    (void)owner;
    if (vector != VECTOR || guest.taken == countof(guest.when))
        return;
    guest.when[guest.taken++] = intact_machine_instructions(guest.machine);
    if (guest.taken == guest.most)
        intact_machine_quit(guest.machine);
}

static void *trigger_often(void *argument)
{
    (void)argument;
    while (__atomic_load_n(&guest.taken, __ATOMIC_RELAXED) < guest.most) {
        intact_irq_group_trigger(guest.group, 0);
        nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
    }
    return NULL;
}

static void make_guest(bool spins, const struct intact_journal *journal)
{
    static struct code code;
    struct intact_machine_config config;
    const struct intact_irq_config message = { .type = INTACT_IRQ_MSIX, .address_low = 0xfee00000, .data = VECTOR };
    make_interrupt_guest(&code, spins);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = told };
    config.reboot = false;
    config.interactive = true;
    if (journal)
        intact_journal_prepare(journal, &config);
    cr_assert_eq(intact_machine_create(&config, &guest.machine, why), 0, "%s", why);
    struct intact_irq_manager *manager = intact_machine_interrupts(guest.machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 1, &guest.group), 0);
    cr_assert_eq(intact_irq_group_enable(guest.group, &message), 0);
}

static void destroy_guest(void)
{
    intact_irq_manager_destroy_group(intact_machine_interrupts(guest.machine), guest.group);
    intact_machine_destroy(guest.machine);
}

static void run_with_triggers(void)
{
    pthread_t thread;
    guest.most = guest.taken + TRIGGERS / 2;
    cr_assert_eq(pthread_create(&thread, NULL, trigger_often, NULL), 0);
    cr_assert_eq(intact_machine_run(guest.machine).reason, INTACT_QUIT);
    pthread_join(thread, NULL);
}

static void repeats_input(bool spins)
{
    guest = (struct world){ .taken = 0 };
    make_guest(spins, NULL);
    cr_assert_eq(intact_machine_history(guest.machine, UINT64_C(16) << 20, why), 0, "%s", why);
    run_with_triggers();
    uint64_t end = intact_machine_instructions(guest.machine), digest = state_digest(guest.machine);
    unsigned taken = guest.taken;
    // The guest's console is quiet in the past: its taking of an interrupt is seen in the digest.
    uint64_t middle = guest.when[TRIGGERS / 4], there = 0;
    for (unsigned n = 0; n < 5; n++) {
        cr_assert_eq(intact_machine_go_to(guest.machine, middle, why), 0, "%s", why);
        cr_assert(n == 0 || state_digest(guest.machine) == there);
        there = state_digest(guest.machine);
        intact_irq_group_trigger(guest.group, 0); // waits for the run
        cr_assert_eq(intact_machine_go_to(guest.machine, end, why), 0, "%s", why);
        cr_assert_eq(state_digest(guest.machine), digest);
        cr_assert_eq(guest.taken, taken);
    }
    run_with_triggers(); // and on
    cr_assert_eq(guest.taken, taken + TRIGGERS / 2);
    cr_assert_gt(guest.when[taken], end);
    cr_assert_eq(intact_machine_go_to(guest.machine, end, why), 0, "%s", why);
    destroy_guest();
}

Test(timeline, input_comes_in_where_it_did)
{
    repeats_input(true);
    repeats_input(false);
}

// --- A replay --------------------------------------------------------------------------------------------------------

static void replay_goes_back(bool spins)
{
    struct intact_recording recording;
    struct intact_journal *journal;
    char path[64];
    snprintf(path, sizeof path, "/tmp/intact-timeline-%ld", (long)getpid());
    guest = (struct world){ .taken = 0 };
    make_guest(spins, NULL);
    intact_recording_init(&recording);
    recording.file = path;
    cr_assert_eq(intact_machine_record(guest.machine, &recording, why), 0, "%s", why);
    cr_assert_eq(intact_machine_history(guest.machine, 1 << 20, why), -EBUSY);
    run_with_triggers();
    uint64_t end = intact_machine_instructions(guest.machine), digest = state_digest(guest.machine);
    cr_assert_eq(intact_machine_record_end(guest.machine, why), 0, "%s", why);
    destroy_guest();

    const struct world was = guest;
    guest = (struct world){ .taken = 0 };
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    make_guest(spins, journal);
    cr_assert_eq(intact_machine_replay(guest.machine, journal, why), 0, "%s", why);
    cr_assert_eq(intact_machine_history(guest.machine, UINT64_C(16) << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run(guest.machine).reason, INTACT_QUIT, "%s", intact_machine_error(guest.machine));
    cr_assert_eq(state_digest(guest.machine), digest);
    cr_assert_eq(guest.taken, was.taken);
    cr_assert_arr_eq(guest.when, was.when, sizeof guest.when);
    for (unsigned n = 1; n < guest.taken; n += 3) {
        cr_assert_eq(intact_machine_go_to(guest.machine, was.when[n], why), 0, "%s", why);
        cr_assert_eq(intact_machine_go_to(guest.machine, end, why), 0, "%s", why);
        cr_assert_eq(state_digest(guest.machine), digest);
    }
    cr_assert_eq(guest.taken, was.taken);
    intact_journal_close(journal);
    destroy_guest();
    unlink(path);
}

Test(timeline, a_replay_goes_back_too)
{
    replay_goes_back(true);
    replay_goes_back(false);
}

// A journal that says of itself that it is whole, with a message on a channel that no machine has, or that has no handler.
static void replay_with_channel(uint16_t channel)
{
    static struct printed printed;
    struct intact_recording recording;
    struct intact_journal *journal;
    struct journal_reader reader;
    struct journal_writer writer;
    struct error error;
    const struct journal_entry message = { .kind = JOURNAL_MESSAGE, .instructions = 500, .message.channel = channel };
    const struct journal_entry last = { .kind = JOURNAL_END, .instructions = 1000 };
    char path[64];
    snprintf(path, sizeof path, "/tmp/intact-timeline-%ld", (long)getpid());
    struct intact_machine *machine = make_demo(INTACT_PC, &printed);
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = 0;
    cr_assert_eq(intact_machine_record(machine, &recording, why), 0, "%s", why);
    intact_machine_destroy(machine);
    cr_assert_eq(journal_open(&reader, path, &error), 0);
    cr_assert_eq(journal_create(&writer, path, reader.text, &error), 0);
    journal_free(&reader);
    journal_put(&writer, &message);
    journal_put(&writer, &last);
    cr_assert_eq(journal_close(&writer), 0);

    machine = make_demo(INTACT_PC, &printed);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    cr_assert_eq(intact_machine_replay(machine, journal, why), 0, "%s", why);
    cr_assert_eq(intact_machine_history(machine, 1 << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_JOURNAL_END);
    cr_assert(strstr(intact_machine_error(machine), "the journal is damaged"), "%s", intact_machine_error(machine));
    intact_journal_close(journal);
    intact_machine_destroy(machine);
    unlink(path);
}

Test(timeline, a_replay_takes_nothing_that_no_channel_handles)
{
    replay_with_channel(UINT16_MAX);
    replay_with_channel(INBOX_CHANNEL_LIMIT - 1);
    replay_with_channel(2); // "stop" of src/machine/board/outside.c is never in a journal
}

// --- The console -----------------------------------------------------------------------------------------------------

// Reads COM1 and keeps each character, one after the other, from 2 MiB on.
static struct intact_machine *make_reader(void)
{
    static struct code code;
    struct intact_machine *machine;
    struct intact_machine_config config;
    code_begin(&code);
    CODE(&code, 0xbf, 0x00, 0x00, 0x20, 0x00); // mov edi, 200000h
    code_in8(&code, 0x3fd);                    // again: the line status
    CODE(&code, 0xa8, 0x01, 0x74, 0xf7);       // test al, 1; jz again
    code_in8(&code, 0x3f8);
    CODE(&code, 0xaa, 0xeb, 0xef); // stosb; jmp again
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.interactive = true;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    return machine;
}

enum { HALF = 20000, WHOLE = 40000 };

// A run to WHOLE instructions, with characters from HALF on. Returns its digest.
static uint64_t run_with_characters(struct intact_machine *machine)
{
    static const char text[] = "forty characters that the guest will read";
    cr_assert_eq(intact_machine_history(machine, UINT64_C(16) << 20, why), 0, "%s", why);
    intact_machine_run_for(machine, HALF);
    cr_assert_eq(intact_machine_input(machine, text, sizeof text), sizeof text);
    intact_machine_run_for(machine, WHOLE - HALF);
    cr_assert_arr_eq(machine_board(machine)->ram + (2 << 20), text, sizeof text);
    return state_digest(machine);
}

Test(timeline, the_console_takes_as_much_as_before_after_a_way_back)
{
    static const char text[1024];
    struct intact_machine *machine = make_reader();
    uint64_t digest = run_with_characters(machine);
    for (unsigned n = 0; n < 3; n++) {
        cr_assert_eq(intact_machine_go_to(machine, HALF / 2, why), 0, "%s", why);
        cr_assert_eq(intact_machine_go_to(machine, WHOLE, why), 0, "%s", why);
        cr_assert_eq(state_digest(machine), digest);
    }
    cr_assert_eq(intact_machine_go_to(machine, HALF / 2, why), 0, "%s", why);
    size_t taken = 0, now;
    while ((now = intact_machine_input(machine, text, sizeof text)) > 0)
        taken += now;
    cr_assert_eq(taken, OUTSIDE_INPUT_BYTES);
    intact_machine_destroy(machine);
}

// The end of the run comes in where another thread asked for it, and the rest of the past is repeated afterwards.
Test(timeline, a_run_that_is_quit_in_the_past_goes_on)
{
    struct intact_machine *machine = make_reader();
    uint64_t digest = run_with_characters(machine);
    cr_assert_eq(intact_machine_go_to(machine, HALF / 2, why), 0, "%s", why);
    intact_machine_quit(machine);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_QUIT);
    cr_assert_lt(intact_machine_instructions(machine), HALF);
    intact_machine_run_for(machine, WHOLE - intact_machine_instructions(machine));
    cr_assert_eq(state_digest(machine), digest);
    cr_assert_eq(intact_machine_go_to(machine, HALF / 2, why), 0, "%s", why);
    cr_assert_eq(intact_machine_go_to(machine, WHOLE, why), 0, "%s", why);
    cr_assert_eq(state_digest(machine), digest);
    intact_machine_destroy(machine);
}

// --- A network -------------------------------------------------------------------------------------------------------

// A guest that sends back every frame that it gets. The test sets up the queues of its network card, before the run, with the
// same buffers for both.
enum { FRAMES = 128, FRAME = 60, NET_HEADER = 12, BUFFER = 128 };
enum { RX_DESC = 0x200000, RX_AVAIL = 0x201000, RX_USED = 0x202000, TX_DESC = 0x203000, TX_AVAIL = 0x204000 };
enum { TX_USED = 0x205000, BUFFERS = 0x210000, ROUNDS = 24 };
#define CARD  UINT32_C(0xfec10e00) // the last slot of virtio-mmio
#define ROUND UINT64_C(70000)      // instructions

struct sent_frames {
    uint8_t numbers[4 * FRAMES];
    unsigned count;
};

static void note_sent(void *owner, const void *frame, size_t size, uint64_t now)
{
    struct sent_frames *frames = owner;
    (void)now;
    cr_assert_eq(size, FRAME);
    cr_assert_lt(frames->count, sizeof frames->numbers);
    frames->numbers[frames->count++] = ((const uint8_t *)frame)[FRAME - 1];
}

static void set_card(struct intact_machine *machine, uint32_t offset, uint32_t value)
{
    bus_write(&machine_board(machine)->memory, CARD + offset, 4, value, 0);
}

static void put(struct intact_machine *machine, uint32_t address, uint64_t value, unsigned size)
{
    uint8_t bytes[8];
    bytes_put(bytes, size, value);
    cr_assert(bus_write_memory(&machine_board(machine)->memory, address, bytes, size));
}

static void set_queue(struct intact_machine *machine, unsigned queue, uint32_t desc, uint32_t avail, uint32_t used)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        put(machine, desc + 16 * i, BUFFERS + i * BUFFER, 8);
        put(machine, desc + 16 * i + 8, NET_HEADER + FRAME, 4);
        put(machine, desc + 16 * i + 12, queue == 0 ? 2 : 0, 2); // the device writes
        put(machine, avail + 4 + 2 * i, i, 2);
    }
    put(machine, avail, 1, 2); // no interrupts
    put(machine, avail + 2, queue == 0 ? FRAMES : 0, 2);
    set_card(machine, 0x030, queue);
    set_card(machine, 0x038, FRAMES);
    set_card(machine, 0x080, desc);
    set_card(machine, 0x090, avail);
    set_card(machine, 0x0a0, used);
    set_card(machine, 0x044, 1);
}

static void set_up_card(struct intact_machine *machine)
{
    set_card(machine, 0x070, 3);
    set_card(machine, 0x024, 1);
    set_card(machine, 0x020, 1); // VERSION_1
    set_card(machine, 0x070, 11);
    set_queue(machine, 0, RX_DESC, RX_AVAIL, RX_USED);
    set_queue(machine, 1, TX_DESC, TX_AVAIL, TX_USED);
    set_card(machine, 0x070, 15);
}

static struct intact_machine *make_echo(struct sent_frames *frames)
{
    static struct code code;
    const struct intact_net cable = { .send = note_sent, .owner = frames };
    const struct intact_netdev_config netdev = { .kind = INTACT_NETDEV_OWN, .id = "n", .net = &cable };
    const struct intact_property property = { "netdev", "n" };
    const struct intact_device_config device = { "virtio-net-device", &property, 1 };
    struct intact_machine *machine;
    struct intact_machine_config config;
    code_begin(&code);
    CODE(&code, 0x31, 0xdb);                               // xor ebx, ebx
    CODE(&code, 0x66, 0xa1, 0x02, 0x20, 0x20, 0x00);       // again: mov ax, [RX_USED + 2]
    CODE(&code, 0x66, 0x39, 0xd8, 0x74, 0xf5);             // cmp ax, bx; je again
    CODE(&code, 0x66, 0x43);                               // inc bx
    CODE(&code, 0x66, 0x89, 0x1d, 0x02, 0x40, 0x20, 0x00); // mov [TX_AVAIL + 2], bx
    CODE(&code, 0xc7, 0x05, 0x50, 0x0e, 0xc1, 0xfe, 0x01, 0x00, 0x00, 0x00, 0xeb,
         0xe0); // mov [QueueNotify], 1; jmp again
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.netdevs = &netdev;
    config.netdev_count = 1;
    config.devices = &device;
    config.device_count = 1;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    set_up_card(machine);
    return machine;
}

static void send_frame(struct intact_machine *machine, uint8_t number)
{
    uint8_t frame[FRAME] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    frame[FRAME - 1] = number;
    cr_assert_eq(intact_machine_net_input(machine, "n", frame, sizeof frame), 0);
}

static void check_sent(const struct sent_frames *frames, unsigned count)
{
    cr_assert_eq(frames->count, count);
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(frames->numbers[i], i, "%u", i);
}

static void run_both(struct intact_machine *one, struct intact_machine *other)
{
    intact_machine_run_for(one, ROUND / 2);
    intact_machine_run_for(other, ROUND / 2);
}

Test(timeline, frames_come_in_where_they_did_and_are_sent_once)
{
    static struct sent_frames once, again;
    static uint64_t digests[ROUNDS];
    struct intact_machine *plain = make_echo(&once), *machine = make_echo(&again);
    cr_assert_eq(intact_machine_history(machine, UINT64_C(16) << 20, why), 0, "%s", why);
    for (unsigned i = 0; i < ROUNDS; i++) {
        send_frame(plain, (uint8_t)i);
        send_frame(machine, (uint8_t)i);
        run_both(plain, machine);
        digests[i] = state_digest(plain);
        cr_assert_eq(state_digest(machine), digests[i], "%u", i);
        run_both(plain, machine);
    }
    check_sent(&once, ROUNDS);
    check_sent(&again, ROUNDS);
    srand(3);
    for (unsigned n = 0; n < 40; n++) {
        unsigned i = (unsigned)rand() % ROUNDS;
        cr_assert_eq(intact_machine_go_to(machine, i * ROUND + ROUND / 2, why), 0, "%s", why);
        cr_assert_eq(state_digest(machine), digests[i], "after %u frames", i);
    }
    check_sent(&again, ROUNDS);
    // What comes in the past waits for the end of it.
    send_frame(machine, ROUNDS);
    cr_assert_eq(intact_machine_go_to(machine, ROUNDS * ROUND, why), 0, "%s", why);
    check_sent(&again, ROUNDS);
    send_frame(plain, ROUNDS);
    run_both(plain, machine);
    check_sent(&again, ROUNDS + 1);
    cr_assert_eq(state_digest(machine), state_digest(plain));
    intact_machine_destroy(plain);
    intact_machine_destroy(machine);
}

// --- Refusals ----------------------------------------------------------------------------------------------------------

Test(timeline, a_machine_with_a_history_is_not_recorded)
{
    static struct printed printed;
    struct intact_machine *machine = make_demo(INTACT_PC, &printed), *other = make_demo(INTACT_PC, &printed);
    struct intact_journal *journal;
    struct intact_recording recording;
    char path[64];
    snprintf(path, sizeof path, "/tmp/intact-timeline-%ld", (long)getpid());
    intact_recording_init(&recording);
    recording.file = path;
    cr_assert_eq(intact_machine_history(machine, 1 << 20, why), 0);
    cr_assert_eq(intact_machine_record(machine, &recording, why), -EBUSY);
    cr_assert_str_eq(why, "the machine has a history");
    cr_assert_eq(access(path, F_OK), -1);
    cr_assert_eq(intact_machine_record(other, &recording, why), 0, "%s", why);
    cr_assert_eq(intact_machine_history(other, 1 << 20, why), -EBUSY);
    cr_assert_eq(intact_machine_record_end(other, why), 0, "%s", why);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    cr_assert_eq(intact_machine_replay(machine, journal, why), -EBUSY);
    cr_assert_str_eq(why, "the machine has a history");
    intact_journal_close(journal);
    intact_machine_destroy(machine);
    intact_machine_destroy(other);
    unlink(path);
}

Test(timeline, breakpoints_on_the_way_are_passed_and_stop_at_the_place)
{
    static struct printed printed;
    struct intact_machine *machine = make_demo(INTACT_PC, &printed);
    uint64_t rip;
    cr_assert_eq(intact_machine_history(machine, 1 << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run_for(machine, 900).reason, INTACT_PAUSED);
    cr_assert_eq(intact_machine_read_register(machine, 0, "rip", &rip), 0);
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_EXECUTE, rip, 0), 0);
    while (intact_machine_instructions(machine) < 2000) // it may be met before
        intact_machine_run_for(machine, 2000 - intact_machine_instructions(machine));
    cr_assert_eq(intact_machine_go_to(machine, 950, why), 0, "%s", why);
    cr_assert_eq(intact_machine_instructions(machine), 950);
    cr_assert_eq(intact_machine_go_to(machine, 900, why), 0, "%s", why);
    struct intact_exit end = intact_machine_run(machine);
    cr_expect_eq(end.stop, INTACT_STOP_EXECUTE);
    cr_expect_eq(end.instructions, 900);
    intact_machine_destroy(machine);
}

Test(timeline, a_thread_that_interrupts_does_not_end_the_way_back_early)
{
    static struct printed printed;
    struct intact_machine *machine = make_demo(INTACT_PC, &printed);
    cr_assert_eq(intact_machine_history(machine, 1 << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run_for(machine, 2000).reason, INTACT_PAUSED);
    intact_machine_interrupt(machine);
    cr_assert_eq(intact_machine_go_to(machine, 950, why), 0, "%s", why);
    cr_assert_eq(intact_machine_instructions(machine), 950);
    intact_machine_destroy(machine);
}

Test(timeline, a_machine_without_a_history_cannot_go_back)
{
    static struct printed printed;
    struct intact_machine *machine = make_demo(INTACT_PC, &printed);
    struct intact_snapshot *snapshot;
    intact_machine_run_for(machine, 1000);
    cr_assert_eq(intact_machine_go_to(machine, 500, why), -ENOENT);
    cr_assert_str_eq(why, "the machine has no history");
    cr_assert_eq(intact_machine_history(machine, 1 << 20, why), 0);
    cr_assert_eq(intact_machine_history(machine, 1 << 20, why), -EINVAL);
    cr_assert_eq(intact_machine_go_to(machine, 500, why), -ENOENT);
    cr_assert_str_eq(why, "the history does not reach there");
    cr_assert_eq(intact_machine_go_to(machine, 1000, why), 0);
    cr_assert_eq(intact_machine_snapshot(machine, &snapshot, why), 0);
    cr_assert_eq(intact_machine_restore(machine, snapshot, why), -EBUSY);
    intact_machine_snapshot_free(machine, snapshot);
    intact_machine_destroy(machine);
}
