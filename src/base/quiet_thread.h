// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Threads of the library's own. They get no signals: those are for the threads of the program.
#ifndef BASE_QUIET_THREAD_H
#define BASE_QUIET_THREAD_H

#include <pthread.h>

// As pthread_create with no attributes: 0, or an errno.
int quiet_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
