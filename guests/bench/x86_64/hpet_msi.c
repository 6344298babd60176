// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A message from a device: the HPET's timer 0 writes its own MSI, at once. (The emulator must let it send messages;
// emulators other than ours need to be configured.)
#include "bench/x86_64/event.h"
#include "lib/x86_64/hpet.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    count++;
    lapic_eoi();
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    if (!hpet_can_send())
        fail("no HPET that sends messages");
    gate_set(EVENT_VECTOR, handler, GATE_INTERRUPT, 0);
    for (uint64_t i = 0; i < n; i++) {
        hpet_send(LAPIC, EVENT_VECTOR, 1000);
        while (count == i)
            interrupts_wait();
    }
    return bench_done("hpet_msi", count);
}
