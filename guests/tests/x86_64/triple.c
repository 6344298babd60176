// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A triple fault: no gate can be delivered, the processor shuts down, the board resets. With -no-reboot that is the end.
#include "lib/guest.h"

int guest_main(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } nothing = { 0, 0 };
    print("triple fault\n");
    __asm__ volatile("lidt %0; ud2" : : "m"(nothing));
    fail("still here");
}
