// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The files of notifiers on a bare host, which has none: only callbacks can be made.
#include "groups/notifier.h"

enum intact_irq_notifier_kind notifier_best_kind(void)
{
    return INTACT_IRQ_NOTIFIER_CALLBACK;
}

int notifier_open(struct intact_irq_notifier *notifier)
{
    return notifier->kind == INTACT_IRQ_NOTIFIER_CALLBACK ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

void notifier_close(struct intact_irq_notifier *notifier)
{
    (void)notifier;
}

int notifier_write(struct intact_irq_notifier *notifier)
{
    (void)notifier;
    return INTACT_IRQ_INVALID;
}

bool notifier_read(struct intact_irq_notifier *notifier)
{
    (void)notifier;
    return false;
}
