// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Finds the messages in what a client of QMP sends: a message is one JSON value, and ends with its last bracket, on one line
// or on several.
//
//     {"execute": "stop"}                  an object or an array: up to where its brackets are closed
//     garbage                              anything else: up to the end of the line
//     \0 \x1b \xff                         control characters but tab and line ends, FEh and FFh end a message that was
//                                          begun: a client sends one to be understood again
//     "a line break within a text          the same
#ifndef DEBUG_QMP_FRAME_H
#define DEBUG_QMP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QMP_MESSAGE 65536 // bytes of a message

enum qmp_frame_result {
    QMP_FRAME_MORE,     // it has no end yet
    QMP_FRAME_MESSAGE,  // it is in `text`, of `size` bytes
    QMP_FRAME_STRAY,    // a byte that no message has
    QMP_FRAME_TOO_LONG, // the rest of its line is skipped
};

struct qmp_frame {
    char text[QMP_MESSAGE];
    size_t size;
    unsigned depth; // brackets that are open
    bool in_string, escaped;
    bool skips; // up to the end of the line
    bool ended; // the message in `text` was told
    bool stray; // the last byte was one
};

// Takes bytes up to the end of a message; *used of them. A row of stray bytes is told once.
enum qmp_frame_result qmp_frame_take(struct qmp_frame *frame, const uint8_t *bytes, size_t size, size_t *used);

#endif
