// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QMP, the protocol by which programs control QEMU (docs/interop/qmp-spec of QEMU): bytes in, bytes out. It knows no socket
// and no machine; its commands are a table of the caller's.
//
//     greeting      {"QMP": {"version": ..., "capabilities": []}}
//     command       {"execute": NAME, "arguments": {...}, "id": anything}
//     answer        {"return": ..., "id": ...} or {"error": {"class": ..., "desc": ...}, "id": ...}
//     event         {"timestamp": {"seconds": ..., "microseconds": ...}, "event": NAME, "data": {...}}
//
// The first command is qmp_capabilities; events come behind it. The time of an event is the machine's.
//
// Not modelled: commands out of band; a capability to agree upon (QEMU's only one is for them); query-qmp-schema.
#ifndef DEBUG_QMP_H
#define DEBUG_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug/qmp_frame.h"

#define QMP_ARGUMENTS 4

struct qmp;

enum qmp_type { QMP_NO_ARGUMENT, QMP_STRING, QMP_INTEGER, QMP_ARRAY };

struct qmp_argument {
    const char *name;
    enum qmp_type type;
    bool optional;
};

// Returns what the answer returns, or NULL behind qmp_fail, or if the host has no memory left. The arguments are those of its
// row, of their types.
typedef json_t *qmp_function(struct qmp *qmp, json_t *arguments);

struct qmp_command {
    const char *name;
    struct qmp_argument arguments[QMP_ARGUMENTS];
    qmp_function *run;
};

struct qmp {
    // Set by the caller.
    const struct qmp_command *commands;
    unsigned count;
    void (*send)(void *owner, const char *text, size_t size);
    void *owner;
    // The conversation.
    struct qmp_frame frame;
    bool negotiated;
    json_t *error; // of the command that is being done
};

// A new conversation. Begins with the greeting.
void qmp_open(struct qmp *qmp);
// Takes at most `size` bytes of the client's, up to the end of a message, and answers it; *used of them.
void qmp_receive(struct qmp *qmp, const uint8_t *bytes, size_t size, size_t *used);
// At `time` ns; `data` may be NULL, and is the function's from here on.
void qmp_event(struct qmp *qmp, const char *name, uint64_t time, json_t *data);

// For a command: why it is not done.
json_t *qmp_fail(struct qmp *qmp, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A text that may not be UTF-8: what is not ASCII becomes '?' then.
json_t *qmp_text(const char *text);
// {"qemu": {...}, "package": ...}: whose messages these are, and who sends them.
json_t *qmp_version(void);

#endif
