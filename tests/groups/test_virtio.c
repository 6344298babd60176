// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio's notifications: status register, one line, vectors, nothing.
#include <pthread.h>

#include "rig.h"

Test(virtio, the_status_register_is_read_written_set_and_cleared)
{
    struct intact_irq_status status = { 0 };
    cr_expect_eq(intact_irq_status_read(&status), 0);
    intact_irq_status_write(&status, 0xf0);
    cr_expect_eq(intact_irq_status_set(&status, 3), 0xf0);
    cr_expect_eq(intact_irq_status_clear(&status, 0x11), 0xf3);
    cr_expect_eq(intact_irq_status_read(&status), 0xe2);
    cr_expect_eq(intact_irq_status_read_and_clear(&status), 0xe2);
    cr_expect_eq(intact_irq_status_read(&status), 0);
}

static void *set_bits(void *argument)
{
    for (int i = 0; i < 100000; i++) {
        intact_irq_status_set(argument, 2);
        intact_irq_status_clear(argument, 2);
    }
    return NULL;
}

Test(virtio, the_status_register_is_atomic)
{
    struct intact_irq_status status = { 0 };
    unsigned seen = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, set_bits, &status);
    for (int i = 0; i < 100000; i++) {
        intact_irq_status_set(&status, 1);
        seen += intact_irq_status_read_and_clear(&status) & 1;
    }
    pthread_join(thread, NULL);
    cr_expect_eq(seen, 100000, "no bit was lost to the other thread's");
}

Test(virtio, legacy_sets_the_status_and_triggers_the_line)
{
    struct rig rig;
    struct intact_irq_status status = { 0 };
    rig_open(&rig);
    struct intact_irq_group *line = rig_legacy(&rig, false);
    struct intact_irq_virtio virtio = { .group = line, .status = &status };
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 7), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_status_read(&status), INTACT_IRQ_USED_RING);
    cr_expect_eq(intact_irq_virtio_notify_config(&virtio), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_status_read(&status), INTACT_IRQ_USED_RING | INTACT_IRQ_CONFIG);
    cr_expect_eq(rig.rises[0][10], 2);
    cr_expect_eq(intact_irq_virtio_acknowledge(&virtio, INTACT_IRQ_USED_RING), 3);
    cr_expect_eq(intact_irq_status_read(&status), INTACT_IRQ_CONFIG);
    intact_irq_group_disable(line);
    cr_expect_eq(intact_irq_virtio_notify_config(&virtio), INTACT_IRQ_NOT_ENABLED);
    intact_irq_manager_destroy_group(rig.manager, line);
    rig_close(&rig);
}

Test(virtio, a_level_follows_the_status_register)
{
    struct rig rig;
    struct intact_irq_status status = { 0 };
    rig_open(&rig);
    struct intact_irq_group *line = rig_legacy(&rig, true), *other = rig_legacy(&rig, true);
    struct intact_irq_virtio virtio = { .group = line, .status = &status };
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 0), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_virtio_notify_config(&virtio), INTACT_IRQ_OK);
    cr_expect(rig.level[0][10]);
    cr_expect_eq(rig.rises[0][10], 1, "it is high already");
    intact_irq_manager_eoi(rig.manager, 0, 10);
    cr_expect(rig.level[0][10], "an EOI is no acknowledgement");
    cr_expect_eq(intact_irq_virtio_acknowledge(&virtio, INTACT_IRQ_USED_RING), 3);
    cr_expect(rig.level[0][10], "the configuration's bit is still set");
    intact_irq_group_set_level(other, 0, true);
    cr_expect_eq(intact_irq_virtio_acknowledge(&virtio, UINT32_MAX), INTACT_IRQ_CONFIG);
    cr_expect(rig.level[0][10], "another device holds the shared line");
    intact_irq_group_set_level(other, 0, false);
    cr_expect_not(rig.level[0][10]);
    cr_expect_eq(intact_irq_status_read(&status), 0);
    intact_irq_manager_destroy_group(rig.manager, line);
    intact_irq_manager_destroy_group(rig.manager, other);
    rig_close(&rig);
}

static void *notify_often(void *argument)
{
    for (int i = 0; i < 20000; i++)
        intact_irq_virtio_notify_queue(argument, 0);
    return NULL;
}

Test(virtio, notices_of_another_thread_leave_no_level_behind)
{
    struct rig rig;
    struct intact_irq_status status = { 0 };
    pthread_t thread;
    rig_open(&rig);
    struct intact_irq_group *line = rig_legacy(&rig, true);
    struct intact_irq_virtio virtio = { .group = line, .status = &status };
    pthread_create(&thread, NULL, notify_often, &virtio);
    for (int i = 0; i < 20000; i++) {
        intact_irq_virtio_acknowledge(&virtio, INTACT_IRQ_USED_RING);
        if (i % 3 == 0)
            intact_irq_manager_poll(rig.manager, 0);
    }
    pthread_join(thread, NULL);
    intact_irq_virtio_acknowledge(&virtio, UINT32_MAX); // what is still in the inbox is older than this
    intact_irq_manager_poll(rig.manager, 0);
    cr_expect_not(rig.level[0][10]);
    intact_irq_virtio_notify_config(&virtio);
    cr_expect(rig.level[0][10]);
    intact_irq_manager_destroy_group(rig.manager, line);
    rig_close(&rig);
}

Test(virtio, vectors_go_by_queue_and_none_means_none)
{
    struct rig rig;
    rig_open(&rig);
    struct intact_irq_group *msix = rig_group(&rig, INTACT_IRQ_MSIX, 3);
    const uint16_t vectors[3] = { 2, INTACT_IRQ_NO_VECTOR, 9 };
    struct intact_irq_virtio virtio = { .group = msix, .queue_vectors = vectors, .queues = 3, .config_vector = 0 };
    rig_enable(msix, 0x50);
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 0), INTACT_IRQ_OK);
    cr_expect_eq(rig.messages[0].data, 0x52);
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 1), INTACT_IRQ_OK);
    cr_expect_eq(rig.count, 1);
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 2), INTACT_IRQ_BAD_INDEX, "a vector beyond the table");
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 3), INTACT_IRQ_BAD_INDEX, "no such queue");
    cr_expect_eq(intact_irq_virtio_notify_config(&virtio), INTACT_IRQ_OK);
    cr_expect_eq(rig.messages[1].data, 0x50);
    virtio.config_vector = INTACT_IRQ_NO_VECTOR;
    cr_expect_eq(intact_irq_virtio_notify_config(&virtio), INTACT_IRQ_OK);
    cr_expect_eq(rig.count, 2);
    intact_irq_manager_destroy_group(rig.manager, msix);
    rig_close(&rig);
}

Test(virtio, without_a_group_every_notice_succeeds_and_does_nothing)
{
    struct intact_irq_virtio virtio = { .queues = 0 };
    cr_expect_eq(intact_irq_virtio_notify_queue(&virtio, 5), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_virtio_notify_config(&virtio), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_virtio_acknowledge(&virtio, UINT32_MAX), 0);
}
