// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command with a fault in it, for bisect_test.py. INTACT_PLANTED says which:
//
//     clock     whether the UART has room for a character is a bit of the host's clock
//     ram:N:A   after N instructions of all processors a bit of RAM at address A is turned
//     chip:N    after N instructions the bus has counted one more read without an answer
//
// The linker puts these functions in the place of those that they call (--wrap).
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bus.h"
#include "cli/run.h"
#include "vcpu/loop.h"

#define WRAP(name) __asm__("__wrap_intact_private_" #name)
#define REAL(name) __asm__("__real_intact_private_" #name)

enum loop_stop planted_run(struct loop *loop) WRAP(vcpu_run);
enum loop_stop real_run(struct loop *loop) REAL(vcpu_run);
uint64_t planted_uart(void *owner, uint64_t offset, unsigned size, uint64_t now) WRAP(uart16550_read);
uint64_t real_uart(void *owner, uint64_t offset, unsigned size, uint64_t now) REAL(uart16550_read);
uint64_t planted_pl011(void *owner, uint64_t offset, unsigned size, uint64_t now) WRAP(pl011_read);
uint64_t real_pl011(void *owner, uint64_t offset, unsigned size, uint64_t now) REAL(pl011_read);

static const char *fault(void)
{
    const char *text = getenv("INTACT_PLANTED");
    return text ? text : "";
}

// --- The host's clock ------------------------------------------------------------------------------------------------

static uint64_t clock_bit(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return strcmp(fault(), "clock") == 0 ? (uint64_t)now.tv_nsec >> 4 & 1 : 0;
}

uint64_t planted_uart(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    enum { LSR = 5, THRE = 5 };
    return real_uart(owner, offset, size, now) ^ (offset == LSR ? clock_bit() << THRE : 0);
}

uint64_t planted_pl011(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    enum { UARTFR = 0x18, TXFF = 5 };
    return real_pl011(owner, offset, size, now) ^ (offset == UARTFR ? clock_bit() << TXFF : 0);
}

// --- At one instruction ----------------------------------------------------------------------------------------------

static void plant(struct loop *loop, bool ram, uint64_t address)
{
    uint8_t byte;
    if (!ram) {
        loop->memory->unanswered_reads++;
    } else if (bus_read_memory(loop->memory, address, &byte, 1)) {
        byte ^= 4;
        bus_write_memory(loop->memory, address, &byte, 1);
    }
}

enum loop_stop planted_run(struct loop *loop)
{
    uint64_t when = 0, address = 0, limit = loop->limit, turns = loop->limit_turns;
    bool ram = sscanf(fault(), "ram:%" SCNu64 ":%" SCNx64, &when, &address) == 2;
    if (!ram && sscanf(fault(), "chip:%" SCNu64, &when) != 1)
        return real_run(loop);
    if (loop->instructions >= when || (limit && limit < when))
        return real_run(loop);
    loop->limit = when;
    loop->limit_turns = 0;
    enum loop_stop stop = real_run(loop);
    loop->limit = limit;
    loop->limit_turns = turns;
    if (stop != LOOP_LIMIT)
        return stop;
    plant(loop, ram, address);
    return real_run(loop);
}

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
