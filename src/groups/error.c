// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The texts of enum intact_irq_error. The values are errnos where errno has one that fits; the enum writes them out, so
// that they are the same on every host.
#include <intact/interrupt.h>

const char *intact_irq_strerror(int error)
{
    if (error >= 0)
        return "success";
    switch ((enum intact_irq_error)error) {
    case INTACT_IRQ_OK: break;
    case INTACT_IRQ_NO_ROUTE: return "no route: the pin, the GSI or the message leads nowhere";
    case INTACT_IRQ_NO_MEMORY: return "out of memory";
    case INTACT_IRQ_BUSY: return "busy: it is still in use elsewhere";
    case INTACT_IRQ_DUPLICATE: return "duplicate: another group has one of these sources, or the pin is wired already";
    case INTACT_IRQ_INVALID: return "invalid argument, or not possible in this mode";
    case INTACT_IRQ_OUT_OF_FILES: return "the host has no file left for a notifier";
    case INTACT_IRQ_OUT_OF_VECTORS: return "out of vectors: the manager has given out all its sources";
    case INTACT_IRQ_BAD_INDEX: return "bad index: the group has no such source";
    case INTACT_IRQ_BAD_TYPE: return "bad type: it does not fit the type of the group";
    case INTACT_IRQ_NOT_ENABLED: return "not enabled: enable the group first";
    case INTACT_IRQ_BAD_COUNT: return "bad count: a group of this type cannot have so many sources";
    }
    return "unknown error";
}
