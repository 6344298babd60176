// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 7: edge and level. Two devices share line 5, which is high while at least one of them wants something.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { IRQ = 5, DISK = 1, SOUND = 2 };

static volatile unsigned wants; // a bit for each device
static volatile unsigned handled;

// Both devices pull at the same wire. A byte written to port 2000h + n is the level of the line to IRQ n.
static void devices(unsigned now)
{
    wants = now;
    outb(0x2000 + IRQ, wants != 0);
}

// Serves one device at a time.
static void handler(struct frame *frame)
{
    (void)frame;
    unsigned who = wants & DISK ? DISK : SOUND;
    print("  %s\n", who == DISK ? "disk" : "sound");
    devices(wants & ~who);
    handled = handled + 1;
    outb(PIC1, PIC_EOI);
}

int guest_main(void)
{
    on_trap(PIC_VECTOR + IRQ, handler);
    pic_init(0);
    outb(ELCR1, 1u << IRQ); // edge/level control register: line 5 is level-triggered
    pic_unmask(IRQ);

    print("both devices want something, at once:\n");
    devices(DISK | SOUND);
    for (unsigned i = 0; i < 4; i++)
        interrupts_take();
    if (handled != 2)
        fail("one of the two was not served");
    return EXIT_PASSED;
}
