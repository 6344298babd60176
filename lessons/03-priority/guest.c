// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 3: priority and nesting. The disk is slow work, the timer is urgent and must not wait for it.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { TIMER = 3, DISK = 6 }; // their IRQs: the lower number has the higher priority

static volatile unsigned timers, disks;
static volatile bool timer_comes_meanwhile;

// Our devices: a byte written to port 2000h + n is the level of the line to IRQ n.
static void device_line(unsigned irq, uint8_t level)
{
    outb((uint16_t)(0x2000 + irq), level);
}

static void timer_handler(struct frame *frame)
{
    (void)frame;
    device_line(TIMER, 0);
    timers = timers + 1;
    print("    timer\n");
    outb(PIC1, PIC_EOI);
}

static void disk_handler(struct frame *frame)
{
    (void)frame;
    device_line(DISK, 0);
    print("  disk begins\n");
    interrupts_on(); // slow work: whoever is more urgent may interrupt us from here on
    if (timer_comes_meanwhile) {
        device_line(TIMER, 1);
        if (!timers)
            fail("the timer has to wait for the disk");
    }
    interrupts_off();
    print("  disk ends\n");
    disks = disks + 1;
    outb(PIC1, PIC_EOI);
}

int guest_main(void)
{
    on_trap(PIC_VECTOR + TIMER, timer_handler);
    on_trap(PIC_VECTOR + DISK, disk_handler);
    pic_init(0);
    pic_unmask(TIMER);
    pic_unmask(DISK);

    print("the timer comes while the handler of the disk runs:\n");
    timer_comes_meanwhile = true;
    device_line(DISK, 1);
    interrupts_take();
    timer_comes_meanwhile = false;

    print("both are there, the disk was first:\n");
    device_line(DISK, 1);
    device_line(TIMER, 1);
    while (timers < 2 || disks < 2)
        interrupts_take();
    return EXIT_PASSED;
}
