// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The drivers of edu and virtio-rng, each by its line and by messages, on the controller that `chip=` names, or the
// best one. On virt RAM is beyond the default addresses of edu's DMA: -device edu,dma_mask=0xffffffff.
#include "drivers/edu.h"
#include "drivers/rng.h"
#include "intr/intr.h"

enum { BYTES = 256, DMA = 2048 };

static void test_edu(bool msi)
{
    static struct edu edu;
    static uint8_t from[DMA], to[DMA];
    unsigned wrong = 0;
    int result = edu_open(&edu, msi);
    print("edu by %s: %s\n", msi ? "message" : "line", intr_error_text(result));
    if (result < 0)
        return;
    for (uint32_t n = 0; n <= 12; n += 4)
        print("%u! = %u\n", (uint64_t)n, (uint64_t)edu_factorial(&edu, n));
    for (unsigned i = 0; i < DMA; i++)
        from[i] = (uint8_t)(i * 7 + msi);
    edu_write(&edu, from, DMA);
    edu_read(&edu, to, DMA);
    for (unsigned i = 0; i < DMA; i++)
        wrong += to[i] != from[i];
    print("%u bytes there and back, %u wrong, %u interrupts\n", (uint64_t)DMA, (uint64_t)wrong,
          (uint64_t)edu.interrupts);
    edu_close(&edu);
}

// The values cannot be predicted, but that they come, and only into these bytes, is tested.
static void test_rng(bool msix)
{
    static struct virtio rng;
    static uint8_t bytes[BYTES + 1];
    unsigned filled = 0;
    int result = rng_open(&rng, msix);
    print("virtio-rng by %s: %s\n", msix ? "message" : "line", intr_error_text(result));
    if (result < 0)
        return;
    for (unsigned turn = 0; turn < 3 * VIRTIO_QUEUE; turn++) {
        uint32_t size = rng_read(&rng, bytes, BYTES);
        if (size == 0 || size > BYTES)
            fail("a strange number of bytes");
    }
    for (unsigned i = 0; i < BYTES; i++)
        filled += bytes[i] != 0;
    print("%u reads, %u interrupts, bytes %s, the one behind is %u\n", UINT64_C(3) * VIRTIO_QUEUE,
          (uint64_t)rng.interrupts, filled > BYTES / 2 ? "came" : "did not come", (uint64_t)bytes[BYTES]);
    virtio_close(&rng);
}

int guest_main(void)
{
    if (!intr_init((enum intr_kind)argument("chip", INTR_BEST)))
        fail("the machine has no such controller");
    test_edu(false);
    test_edu(true);
    test_rng(false);
    test_rng(true);
    print("%u unclaimed\n", (uint64_t)intr_unclaimed());
    return EXIT_PASSED;
}
