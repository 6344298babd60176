// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See watch.h. On a bare host no notifier has a file, so there is nothing to read.
#include "groups/watch.h"

#include <errno.h>

int watch_init(struct watch *watch)
{
    *watch = (struct watch){ .wake = { -1, -1 } };
    return 0;
}

void watch_destroy(struct watch *watch)
{
    (void)watch;
}

int watch_add(struct watch *watch, struct intact_irq_notifier *notifier)
{
    (void)watch, (void)notifier;
    return -EAGAIN;
}

void watch_remove(struct watch *watch, struct intact_irq_notifier *notifier)
{
    (void)watch, (void)notifier;
}

void watch_sweep(struct watch *watch)
{
    (void)watch;
}
