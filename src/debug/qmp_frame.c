// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See qmp_frame.h.
#include "debug/qmp_frame.h"

#include <string.h>

static void begin(struct qmp_frame *frame)
{
    frame->size = frame->depth = 0;
    frame->in_string = frame->escaped = frame->ended = false;
}

static bool is_stray(const struct qmp_frame *frame, uint8_t byte)
{
    if (byte == '\n' && frame->in_string)
        return true;
    return (byte < ' ' && byte != '\t' && byte != '\r' && byte != '\n') || byte >= 0xfe;
}

// Brackets within a text are none.
static void follow(struct qmp_frame *frame, uint8_t byte)
{
    if (frame->in_string) {
        frame->in_string = frame->escaped || byte != '"';
        frame->escaped = !frame->escaped && byte == '\\';
    } else if (byte == '"') {
        frame->in_string = true;
    } else if (byte == '{' || byte == '[') {
        frame->depth++;
    } else if (byte == '}' || byte == ']') {
        frame->depth--;
    }
}

// A message that begins with a bracket. Others have no depth, and end with their line.
static enum qmp_frame_result add(struct qmp_frame *frame, uint8_t byte)
{
    bool has_brackets = frame->size ? frame->depth > 0 : byte == '{' || byte == '[';
    if (frame->size == 0 && memchr(" \t\r\n", byte, 4))
        return QMP_FRAME_MORE;
    if (!has_brackets && byte == '\n') {
        frame->ended = true;
        return QMP_FRAME_MESSAGE;
    }
    if (frame->size == QMP_MESSAGE) {
        begin(frame);
        frame->skips = byte != '\n';
        return QMP_FRAME_TOO_LONG;
    }
    frame->text[frame->size++] = (char)byte;
    if (!has_brackets)
        return QMP_FRAME_MORE;
    follow(frame, byte);
    frame->ended = frame->depth == 0;
    return frame->ended ? QMP_FRAME_MESSAGE : QMP_FRAME_MORE;
}

static enum qmp_frame_result take(struct qmp_frame *frame, uint8_t byte)
{
    bool was_stray = frame->stray;
    if (frame->ended)
        begin(frame);
    frame->stray = is_stray(frame, byte);
    if (frame->stray) {
        begin(frame);
        frame->skips = false;
        return was_stray ? QMP_FRAME_MORE : QMP_FRAME_STRAY;
    }
    if (!frame->skips)
        return add(frame, byte);
    frame->skips = byte != '\n';
    return QMP_FRAME_MORE;
}

enum qmp_frame_result qmp_frame_take(struct qmp_frame *frame, const uint8_t *bytes, size_t size, size_t *used)
{
    for (*used = 0; *used < size;) {
        enum qmp_frame_result result = take(frame, bytes[(*used)++]);
        if (result != QMP_FRAME_MORE)
            return result;
    }
    return QMP_FRAME_MORE;
}
