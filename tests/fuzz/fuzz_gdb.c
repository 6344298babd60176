// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A client of gdb's protocol that keeps no rule: packets that exist, damaged ones, any bytes, in pieces, on a machine of
// either family with two processors, which runs a little whenever a packet resumes it.
//
// What must hold: every answer is an acknowledgement or a whole packet with a right sum; no point of the client is left in
// the machine when it has gone.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/debug.h>

#include "counting.h"
#include "fuzz.h"
#include "machine/board/board.h"
#include "machine/servers/gdb_target.h"
#include "machine/machine.h"

const char *const fuzz_name = "fuzz_gdb";

enum { PACKETS = 60, DATA = 700, RUN = 200, LIMIT = 20000 };

static struct gdb gdb;
static struct gdb_target target;
static struct intact_machine *machine;

// clang-format off
static const char *const packets[] = {
    "?", "!", "D", "g", "G00", "Hg0", "Hg1", "Hg2", "Hg3", "Hc-1", "Hc2", "T1", "T9", "c", "c100020", "s", "C05", "S05;100020",
    "k", "bs", "bc", "m100020,10", "m0,ffffffffffffffff", "m100ff0,20", "mfffffffffffffff8,10", "M100020,2:90f4", "M0,1:00",
    "X100030,2:}\x03z", "X40080000,4:abcd", "p0", "p10", "p21", "p50", "pffffffff", "P0=1122334455667788", "P10=0000100000000000",
    "P11=ffffffff", "P20=0000084000000000", "P21=ffffffff", "P29=000102030405060708090a0b0c0d0e0f", "Z0,100020,1", "z0,100020,1",
    "Z1,40080008,4", "z1,40080008,4", "Z2,200000,4", "Z3,0,1000", "Z4,ffffffffffffffff,1", "Z2,fffffffffffff000,1000", "z2,200000,4",
    "Z0,0,0", "Z9,0,1", "vCont?", "vCont;c", "vCont;s", "vCont;s:1", "vCont;s:2", "vCont;s:1;c", "vCont;r100000,200000:1;c", "vKill;1",
    "vMustReplyEmpty", "qSupported:swbreak+;hwbreak+", "qXfer:features:read:target.xml:0,fff", "qXfer:features:read:target.xml:f0,7",
    "qXfer:features:read:target.xml:ffffffffffffffff,ffffffffffffffff", "qfThreadInfo", "qsThreadInfo", "qThreadExtraInfo,1",
    "qC", "qAttached", "qSymbol::", "qRcmd,68656c70", "qRcmd,696e666f20726567697374657273",
    "qRcmd,696e666f20696e737472756374696f6e73", "qRcmd,00",
    // info cpus; xp $pc 64; go 5; info status; break deliver; break instruction:300; delete 1
    "qRcmd,696e666f2063707573", "qRcmd,787020247063203634", "qRcmd,676f2035", "qRcmd,696e666f20737461747573", "qRcmd,627265616b2064656c69766572", "qRcmd,627265616b20696e737472756374696f6e3a333030", "qRcmd,64656c6574652031", "QStartNoAckMode", "Qqemu.PhyMemMode:1", "Qqemu.PhyMemMode:0",
    "qqemu.PhyMemMode", "", "#", "$",
};
// clang-format on

// --- what is sent ----------------------------------------------------------------------------------------------------

static size_t make_packet(struct fuzz *fuzz, uint8_t *out)
{
    char data[DATA];
    unsigned sum = 0;
    snprintf(data, sizeof data, "%s", FUZZ_PICK(fuzz, packets));
    size_t size = strlen(data);
    if (fuzz_chance(fuzz, 32))
        for (; size < DATA && fuzz_chance(fuzz, DATA) == 0; size++)
            data[size] = (char)fuzz_word(fuzz);
    for (unsigned n = fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 3) : 0; n && size; n--)
        data[fuzz_below(fuzz, (uint32_t)size)] =
            (char)(fuzz_chance(fuzz, 2) ? "0123456789abcdef,;:-="[fuzz_below(fuzz, 21)] : (char)fuzz_word(fuzz));
    for (size_t i = 0; i < size; i++)
        sum += (uint8_t)data[i];
    out[0] = '$';
    memcpy(out + 1, data, size);
    snprintf((char *)out + 1 + size, 4, "#%02x", sum & 0xff);
    size += 4;
    if (fuzz_chance(fuzz, 16))
        out[fuzz_below(fuzz, (uint32_t)size)] = (uint8_t)fuzz_word(fuzz);
    return size;
}

static void check_output(void)
{
    const uint8_t *at = gdb.output, *end = gdb.output + gdb.output_size;
    while (at < end) {
        if (*at == '+' || *at == '-') {
            at++;
            continue;
        }
        unsigned sum = 0, given;
        if (*at++ != '$')
            fuzz_fail("an answer begins with %02x", at[-1]);
        for (; at < end && *at != '#'; at++)
            sum += *at;
        if (end - at < 3 || sscanf((const char *)at, "#%2x", &given) != 1 || given != (sum & 0xff))
            fuzz_fail("an answer has a wrong sum");
        at += 3;
    }
    gdb.output_size = 0;
}

static void run(const struct gdb_resume *how)
{
    struct intact_exit end = how->steps ? intact_machine_step(machine, how->cpu) : intact_machine_run_for(machine, RUN);
    struct stop stop = { (enum stop_kind)end.stop, end.cpu, end.address };
    if (end.reason == INTACT_BREAK)
        gdb_stopped(&gdb, &stop);
    else if (end.reason == INTACT_PAUSED)
        gdb_stopped(&gdb, &(struct stop){ .kind = STOP_REQUEST });
    else
        gdb_exited(&gdb, end.status);
    check_output();
}

void fuzz_case(struct fuzz *fuzz)
{
    uint8_t bytes[DATA + 8];
    machine = counting_machine(fuzz_chance(fuzz, 2) ? INTACT_VIRT : INTACT_PC, LIMIT);
    struct monitor commands = { .machine = machine };
    target = gdb_target_of(machine, &commands);
    if (gdb_open(&gdb, &target) < 0)
        fuzz_fail("no memory");
    enum gdb_action action = GDB_STAY;
    for (unsigned n = 1 + fuzz_below(fuzz, PACKETS); n && action != GDB_KILL; n--) {
        size_t size = make_packet(fuzz, bytes), used;
        fuzz_tell(fuzz, "%.*s", (int)size, (const char *)bytes);
        for (size_t at = 0; at < size; at += used) {
            size_t piece = fuzz_chance(fuzz, 8) ? 1 + fuzz_below(fuzz, (uint32_t)(size - at)) : size - at;
            action = gdb_receive(&gdb, bytes + at, piece, &used);
            check_output();
            if (action == GDB_RESUME && gdb.resume.direction != GDB_FORWARD)
                fuzz_fail("it goes back without a history");
            if (action == GDB_RESUME)
                run(&gdb.resume);
        }
    }
    gdb_close(&gdb);
    monitor_free(&commands);
    if (machine->events.count)
        fuzz_fail("%u events are left", machine->events.count);
    if (machine_board(machine)->loop.stops.count)
        fuzz_fail("%u points are left", machine_board(machine)->loop.stops.count);
    intact_machine_destroy(machine);
}
