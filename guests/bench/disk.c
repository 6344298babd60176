// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads 4 KiB of a virtio-blk disk, and waits for its MSI-X: one event is one read, of the next block, or with random=1 of
// any. What is read is summed up.
#include "bench/bench.h"
#include "drivers/blk.h"
#include "intr/intr.h"

enum { BLOCK = 4096, SECTORS = BLOCK / BLK_SECTOR };

int guest_main(void)
{
    static struct virtio blk;
    static uint64_t block[BLOCK / sizeof(uint64_t)] __attribute__((aligned(BLOCK)));
    uint64_t n = argument("n", 1000), random = argument("random", 0), at = 0, sum = 0;
    if (!intr_init(INTR_BEST) || blk_open(&blk, true) < 0)
        fail("no interrupts for virtio-blk");
    uint64_t blocks = blk_sectors(&blk) / SECTORS;
    for (uint64_t i = 0; i < n; i++) {
        if (!blk_read(&blk, at % blocks * SECTORS, block, BLOCK))
            fail("a block cannot be read");
        sum = sum * 31 + block[i % (BLOCK / sizeof(uint64_t))];
        at = random ? (at * 6364136223846793005 + 1442695040888963407) >> 1 : at + 1;
    }
    return bench_done("disk", sum & 0xffffffff);
}
