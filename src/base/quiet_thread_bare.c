// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See quiet_thread.h. A bare host has one thread.
#include "base/quiet_thread.h"

#include <errno.h>

int quiet_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
    (void)thread, (void)run, (void)argument;
    return EAGAIN;
}
