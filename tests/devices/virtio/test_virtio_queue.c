// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 2.7: rings that keep the rules, and every way to break them.
#include "devices/virtio/virtio_rig.h"

static struct virtio_rig rig;
static struct virtio_dma dma;
static struct virtqueue queue;
static struct virtqueue_chain chain;

#define TABLE  rig_table(0)
#define DESC_N VIRTQ_DESC_F_NEXT
#define DESC_W VIRTQ_DESC_F_WRITE
#define DESC_I VIRTQ_DESC_F_INDIRECT

static void make(uint16_t size)
{
    queue = (struct virtqueue){ .size_max = 1024, .dma = &dma };
    virtqueue_reset(&queue);
    queue.size = size;
    queue.descriptors = TABLE;
    queue.available = rig_available(0);
    queue.used = rig_used(0);
    cr_assert_eq(virtqueue_enable(&queue), VIRTQUEUE_FINE);
}

static void setup(void)
{
    rig_memory(&rig);
    dma = (struct virtio_dma){ rig_dma_read, rig_dma_write, &rig.bus };
    make(8);
}

TestSuite(virtio_queue, .init = setup);

static void set(unsigned index, uint64_t address, uint32_t size, uint16_t flags, uint16_t next)
{
    rig_descriptor(&rig, 0, index, address, size, flags, next);
}

static void offer(uint16_t head)
{
    rig_put(&rig, rig_available(0) + 4 + 2 * (rig.available[0]++ % queue.size), 2, head);
    rig_put(&rig, rig_available(0) + 2, 2, rig.available[0]);
}

static unsigned waiting(void)
{
    unsigned count;
    cr_assert_eq(virtqueue_waiting(&queue, &count), VIRTQUEUE_FINE);
    return count;
}

static enum virtqueue_fault take(uint16_t head)
{
    offer(head);
    return virtqueue_take(&queue, &chain);
}

// --- Rings ----------------------------------------------------------------------------------------------------------

Test(virtio_queue, a_chain_is_taken_with_readable_buffers_before_writable_ones)
{
    set(3, 0x80000, 16, DESC_N, 5);
    set(5, 0x80100, 32, DESC_N | DESC_W, 1);
    set(1, 0x80200, 1, DESC_W, 0);
    cr_assert_eq(waiting(), 0);
    offer(3);
    cr_assert_eq(waiting(), 1);
    cr_assert_eq(virtqueue_take(&queue, &chain), VIRTQUEUE_FINE);
    cr_assert_eq(waiting(), 0);
    cr_assert_eq(chain.head, 3);
    cr_assert_eq(chain.count, 3);
    cr_assert_eq(chain.readable, 1);
    cr_assert_eq(chain.readable_size, 16);
    cr_assert_eq(chain.writable_size, 33);
}

Test(virtio_queue, bytes_go_where_the_segments_lie)
{
    set(0, 0x80000, 3, DESC_N, 1);
    set(1, 0x90000, 5, DESC_N, 2);
    set(2, 0xa0000, 2, DESC_N | DESC_W, 3);
    set(3, 0xb0000, 0, DESC_N | DESC_W, 4); // empty: passed over
    set(4, 0xc0000, 4, DESC_W, 0);
    cr_assert_eq(take(0), VIRTQUEUE_FINE);
    memcpy(rig.ram + 0x80000, "abc", 3);
    memcpy(rig.ram + 0x90000, "defgh", 5);
    char text[8] = "";
    cr_assert(virtqueue_chain_read(&queue, &chain, 1, text, 6));
    cr_assert_arr_eq(text, "bcdefg", 6);
    cr_assert(virtqueue_chain_write(&queue, &chain, 1, "XYZ", 3));
    cr_assert_eq(rig.ram[0xa0001], 'X');
    cr_assert_arr_eq(rig.ram + 0xc0000, "YZ", 2);
    cr_assert_eq(chain.writable_size, 6);
}

Test(virtio_queue, a_table_follows_direct_descriptors_or_stands_alone)
{
    queue.indirect = true;
    set(0, 0x80000, 16, DESC_N, 1);
    set(1, 0x60000, 32, DESC_I | DESC_W, 0); // 2.7.5.3.2: WRITE means nothing here
    rig_write_descriptor(&rig, 0x60000, 0x80100, 64, DESC_N, 1);
    rig_write_descriptor(&rig, 0x60010, 0x80200, 8, DESC_W, 0);
    cr_assert_eq(take(0), VIRTQUEUE_FINE);
    cr_assert_eq(chain.count, 3);
    cr_assert_eq(chain.readable_size, 80);
    cr_assert_eq(chain.writable_size, 8);
    cr_assert_eq(take(1), VIRTQUEUE_FINE);
    cr_assert_eq(chain.count, 2);
}

Test(virtio_queue, used_chains_appear_in_order_and_the_index_wraps)
{
    for (unsigned i = 0; i < 70000; i++) {
        cr_assert_eq(virtqueue_give(&queue, (uint16_t)(i % 8), i), VIRTQUEUE_FINE);
        cr_assert_eq(rig_used_index(&rig, 0), (uint16_t)(i + 1));
        cr_assert_eq(rig_used_head(&rig, 0, i % 8), i % 8);
        cr_assert_eq(rig_used_length(&rig, 0, i % 8), i);
    }
}

Test(virtio_queue, parts_are_seen_together)
{
    cr_assert_eq(virtqueue_give_part(&queue, 0, 4, 10), VIRTQUEUE_FINE);
    cr_assert_eq(virtqueue_give_part(&queue, 1, 6, 11), VIRTQUEUE_FINE);
    cr_assert_eq(rig_used_index(&rig, 0), 0);
    cr_assert_eq(virtqueue_give_end(&queue, 2), VIRTQUEUE_FINE);
    cr_assert_eq(rig_used_index(&rig, 0), 2);
    cr_assert_eq(rig_used_head(&rig, 0, 1), 6);
    cr_assert_eq(rig_used_length(&rig, 0, 1), 11);
}

Test(virtio_queue, what_was_taken_can_go_back)
{
    set(2, 0x80000, 4, DESC_W, 0);
    cr_assert_eq(take(2), VIRTQUEUE_FINE);
    virtqueue_untake(&queue, 1);
    cr_assert_eq(waiting(), 1);
    cr_assert_eq(virtqueue_take(&queue, &chain), VIRTQUEUE_FINE);
    cr_assert_eq(chain.head, 2);
}

// --- Notices --------------------------------------------------------------------------------------------------------

static bool interrupts(void)
{
    bool wanted;
    cr_assert_eq(virtqueue_interrupts(&queue, &wanted), VIRTQUEUE_FINE);
    return wanted;
}

Test(virtio_queue, the_flag_suppresses_interrupts)
{
    cr_assert_not(interrupts(), "nothing was given");
    virtqueue_give(&queue, 0, 0);
    cr_assert(interrupts());
    cr_assert_not(interrupts(), "told already");
    rig_put(&rig, rig_available(0), 2, VIRTQ_AVAIL_F_NO_INTERRUPT);
    virtqueue_give(&queue, 0, 0);
    cr_assert_not(interrupts());
}

// 2.7.7.2: exactly when the index passes used_event, at every place of the 16-bit circle.
Test(virtio_queue, the_event_index_interrupts_when_it_is_passed)
{
    queue.event_index = true;
    rig_put(&rig, rig_available(0), 2, VIRTQ_AVAIL_F_NO_INTERRUPT); // means nothing then
    for (uint32_t at = 0; at < 65536; at += 251) {
        uint64_t event = rig_available(0) + 4 + 2 * 8;
        queue.next_used = queue.told = (uint16_t)at;
        rig_put(&rig, event, 2, (uint16_t)(at + 2));
        virtqueue_give(&queue, 0, 0);
        cr_assert_not(interrupts(), "at %u + 1", at);
        virtqueue_give(&queue, 0, 0);
        cr_assert_not(interrupts(), "at %u + 2", at);
        virtqueue_give(&queue, 0, 0);
        cr_assert(interrupts(), "at %u + 3", at);
        virtqueue_give(&queue, 0, 0);
        cr_assert_not(interrupts(), "at %u + 4", at);
    }
    rig_put(&rig, rig_available(0) + 4 + 2 * 8, 2, (uint16_t)(queue.next_used + 1));
    for (unsigned i = 0; i < 5; i++)
        virtqueue_give(&queue, 0, 0);
    cr_assert(interrupts(), "a batch passes it as well");
}

Test(virtio_queue, the_driver_is_asked_for_the_next_chain)
{
    uint64_t event = rig_used(0) + 4 + 8 * 8;
    queue.next_available = 77;
    cr_assert_eq(virtqueue_ask(&queue), VIRTQUEUE_FINE);
    cr_assert_eq(rig_get(&rig, event, 2), 0, "only with event indices");
    queue.event_index = true;
    cr_assert_eq(virtqueue_ask(&queue), VIRTQUEUE_FINE);
    cr_assert_eq(rig_get(&rig, event, 2), 77);
}

// --- Faults ---------------------------------------------------------------------------------------------------------

static enum virtqueue_fault enable(uint16_t size, uint64_t table, uint64_t available, uint64_t used)
{
    virtqueue_reset(&queue);
    queue.size = size;
    queue.descriptors = table;
    queue.available = available;
    queue.used = used;
    return virtqueue_enable(&queue);
}

Test(virtio_queue, absurd_sizes_and_unaligned_parts_are_refused)
{
    cr_assert_eq(enable(0, 0, 0, 0), VIRTQUEUE_BAD_SIZE);
    cr_assert_eq(enable(3, 0, 0, 0), VIRTQUEUE_BAD_SIZE);
    cr_assert_eq(enable(2048, 0, 0, 0), VIRTQUEUE_BAD_SIZE);
    cr_assert_eq(enable(32768, 0, 0, 0), VIRTQUEUE_BAD_SIZE);
    cr_assert_eq(enable(8, 8, 0, 0), VIRTQUEUE_UNALIGNED);
    cr_assert_eq(enable(8, 16, 1, 0), VIRTQUEUE_UNALIGNED);
    cr_assert_eq(enable(8, 16, 2, 2), VIRTQUEUE_UNALIGNED);
    cr_assert_not(queue.ready);
    cr_assert_eq(enable(1024, 16, 2, 4), VIRTQUEUE_FINE);
}

Test(virtio_queue, rings_outside_memory_are_a_fault)
{
    unsigned count;
    bool wanted;
    static const uint64_t nowhere[] = { RIG_RAM, RIG_RAM - 16 };
    for (unsigned i = 0; i < countof(nowhere); i++) {
        make(64);
        queue.available = nowhere[i];
        if (i == 0)
            cr_assert_eq(virtqueue_waiting(&queue, &count), VIRTQUEUE_RING_OUTSIDE);
        queue.next_available = 20;
        cr_assert_eq(virtqueue_take(&queue, &chain), VIRTQUEUE_RING_OUTSIDE);
        make(64);
        queue.descriptors = nowhere[i];
        cr_assert_eq(take(3), VIRTQUEUE_RING_OUTSIDE);
        make(64);
        queue.used = nowhere[i];
        queue.next_used = 10;
        cr_assert_eq(virtqueue_give(&queue, 0, 0), VIRTQUEUE_RING_OUTSIDE);
        queue.event_index = true;
        cr_assert_eq(virtqueue_ask(&queue), VIRTQUEUE_RING_OUTSIDE);
    }
    cr_assert_eq(enable(8, UINT64_C(0xfffffffffffffff0), 0, 0), VIRTQUEUE_RING_OUTSIDE, "around the end");
    cr_assert_eq(enable(8, 0, UINT64_C(0xfffffffffffffff0), 0), VIRTQUEUE_RING_OUTSIDE);
    cr_assert_eq(enable(8, 0, 0, UINT64_C(0xfffffffffffffff0)), VIRTQUEUE_RING_OUTSIDE);
    make(8);
    virtqueue_give(&queue, 0, 0);
    queue.available = RIG_RAM;
    cr_assert_eq(virtqueue_interrupts(&queue, &wanted), VIRTQUEUE_RING_OUTSIDE);
    cr_assert_not(wanted);
}

Test(virtio_queue, the_available_index_cannot_jump)
{
    unsigned count;
    rig_put(&rig, rig_available(0) + 2, 2, 8);
    cr_assert_eq(waiting(), 8);
    rig_put(&rig, rig_available(0) + 2, 2, 9);
    cr_assert_eq(virtqueue_waiting(&queue, &count), VIRTQUEUE_INDEX_JUMP);
    cr_assert_eq(count, 0);
    rig_put(&rig, rig_available(0) + 2, 2, 0xffff); // back
    cr_assert_eq(virtqueue_waiting(&queue, &count), VIRTQUEUE_INDEX_JUMP);
}

Test(virtio_queue, chains_that_do_not_end_do)
{
    set(0, 0x80000, 1, DESC_N, 0);
    cr_assert_eq(take(0), VIRTQUEUE_LOOP, "to itself");
    for (unsigned i = 0; i < 8; i++)
        set(i, 0x80000, 1, DESC_N, (uint16_t)((i + 1) % 8));
    cr_assert_eq(take(2), VIRTQUEUE_LOOP, "through all");
    set(7, 0x80000, 1, 0, 0);
    cr_assert_eq(take(0), VIRTQUEUE_FINE, "all of them once");
    queue.indirect = true;
    set(0, 0x60000, 32, DESC_I, 0);
    rig_write_descriptor(&rig, 0x60000, 0x80000, 1, DESC_N, 1);
    rig_write_descriptor(&rig, 0x60010, 0x80000, 1, DESC_N, 0);
    cr_assert_eq(take(0), VIRTQUEUE_LOOP, "within a table");
}

Test(virtio_queue, indices_beyond_the_table_are_a_fault)
{
    cr_assert_eq(take(8), VIRTQUEUE_BAD_DESCRIPTOR);
    cr_assert_eq(take(0xffff), VIRTQUEUE_BAD_DESCRIPTOR);
    set(0, 0x80000, 1, DESC_N, 8);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_DESCRIPTOR);
    queue.indirect = true;
    set(0, 0x60000, 16, DESC_I, 0);
    rig_write_descriptor(&rig, 0x60000, 0x80000, 1, DESC_N, 1);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_DESCRIPTOR);
}

Test(virtio_queue, tables_have_their_rules)
{
    set(0, 0x60000, 16, DESC_I, 0);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_INDIRECT, "not negotiated");
    queue.indirect = true;
    rig_write_descriptor(&rig, 0x60000, 0x60000, 16, DESC_I, 0);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_INDIRECT, "a table in a table");
    set(0, 0x60000, 16, DESC_I | DESC_N, 1);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_INDIRECT, "with a next one");
    set(0, 0x60000, 24, DESC_I, 0);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_INDIRECT, "of one and a half");
    set(0, 0x60000, 0, DESC_I, 0);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_INDIRECT, "empty");
    set(0, 0x60000, 16 * 1025, DESC_I, 0);
    cr_assert_eq(take(0), VIRTQUEUE_TOO_LONG);
    set(0, 0x60000, 0xfffffff0, DESC_I, 0);
    cr_assert_eq(take(0), VIRTQUEUE_TOO_LONG);
    set(0, RIG_RAM - 16, 32, DESC_I, 0);
    rig_write_descriptor(&rig, RIG_RAM - 16, 0x80000, 1, DESC_N, 1);
    cr_assert_eq(take(0), VIRTQUEUE_RING_OUTSIDE);
}

Test(virtio_queue, readable_buffers_do_not_follow_writable_ones)
{
    set(0, 0x80000, 1, DESC_N | DESC_W, 1);
    set(1, 0x80000, 1, 0, 0);
    cr_assert_eq(take(0), VIRTQUEUE_BAD_ORDER);
}

Test(virtio_queue, a_chain_is_at_most_four_gigabytes)
{
    set(0, 0, UINT32_MAX, DESC_N, 1);
    set(1, 0, 1, 0, 0);
    cr_assert_eq(take(0), VIRTQUEUE_FINE);
    cr_assert_eq(chain.readable_size, BIT64(32));
    set(1, 0, 2, 0, 0);
    cr_assert_eq(take(0), VIRTQUEUE_TOO_LONG);
    set(0, UINT64_C(0xfffffffffffff000), 0x1001, 0, 0);
    cr_assert_eq(take(0), VIRTQUEUE_BUFFER_OUTSIDE, "around the end of the address space");
}

Test(virtio_queue, buffers_outside_memory_are_told_apart)
{
    char text[4];
    set(0, RIG_RAM - 2, 4, DESC_N, 1);
    set(1, RIG_RAM, 4, DESC_W, 0);
    cr_assert_eq(take(0), VIRTQUEUE_FINE);
    cr_assert(virtqueue_chain_read(&queue, &chain, 0, text, 2));
    cr_assert_not(virtqueue_chain_read(&queue, &chain, 0, text, 4));
    cr_assert_not(virtqueue_chain_write(&queue, &chain, 0, text, 1));
    cr_assert(virtqueue_chain_write(&queue, &chain, 4, text, 0), "nothing is nowhere");
}

// --- State ----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    virtqueue_visit(object, v);
}

Test(virtio_queue, its_state_travels_whole)
{
    queue.indirect = queue.event_index = true;
    take(0);
    virtqueue_give(&queue, 0, 1);
    struct visit_save save;
    visit_save_init(&save);
    virtqueue_visit(&queue, &save.visit);
    virtqueue_reset(&queue);
    check_load(&queue, list, &save);
    cr_assert_eq(queue.size, 8);
    cr_assert_eq(queue.next_available, 1);
    cr_assert_eq(queue.next_used, 1);
    free(save.data);
    cr_assert_eq(visit_uncovered(&queue, offsetof(struct virtqueue, size_max), list), 1); // padding
}
