// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "base/trace.h"

const char *trace_name(enum trace_id id)
{
    static const char *const names[TRACE_IDS] = {
        [TRACE_LINE] = "line",       [TRACE_TRIGGER] = "trigger", [TRACE_ROUTE] = "route",
        [TRACE_MESSAGE] = "message", [TRACE_PIN] = "pin",         [TRACE_ACCEPT] = "accept",
        [TRACE_PENDING] = "pending", [TRACE_TAKE] = "take",       [TRACE_EOI] = "eoi",
        [TRACE_IPI] = "ipi",         [TRACE_TIMER] = "timer",     [TRACE_ACCESS] = "access",
        [TRACE_MISTAKE] = "mistake", [TRACE_DROP] = "drop",       [TRACE_ACK] = "ack",
    };
    return names[id];
}

void trace_emit(struct trace *trace, enum trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    struct trace_event event = { .id = id, .vcpu = vcpu, .a = a, .b = b, .c = c };
    if (!trace->tap)
        return;
    if (trace->stamp)
        trace->stamp(trace->stamp_owner, &event);
    trace->tap(trace->owner, &event);
}
