// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// gdb's remote protocol, packet by packet (gdb manual, appendix E).
#include <criterion/criterion.h>
#include <stdlib.h>

#include "client.h"

static void teardown(void)
{
    gdb_close(&gdb);
}

TestSuite(gdb, .init = begin_conversation, .fini = teardown, .timeout = 60);

#define ANSWERS(question, expected) cr_expect_str_eq(ask(question), (expected), "%s: '%s'", (question), ask(question))

// --- frames ----------------------------------------------------------------------------------------------------------

Test(gdb, a_packet_is_acknowledged_and_answered)
{
    send_bytes("$qC#b4", 6);
    cr_assert_str_eq(answered, "+$QC1#c5");
}

Test(gdb, a_wrong_sum_is_refused_and_not_looked_at)
{
    send_bytes("$qC#b5", 6);
    cr_assert_str_eq(answered, "-");
    send_bytes("$qC#bx", 6);
    cr_assert_str_eq(answered, "-");
    send_bytes("$qC#b4", 6);
    cr_assert_str_eq(answered, "+$QC1#c5");
}

Test(gdb, the_last_answer_is_repeated_on_request)
{
    ask("qC");
    send_bytes("+", 1);
    cr_assert_str_eq(answered, "");
    send_bytes("-", 1);
    cr_assert_str_eq(answered, "$QC1#c5");
}

Test(gdb, without_acknowledgements_there_are_none)
{
    send_bytes("$QStartNoAckMode#b0", 19);
    cr_assert_str_eq(answered, "+$OK#9a");
    send_bytes("$qC#b4", 6);
    cr_assert_str_eq(answered, "$QC1#c5");
}

Test(gdb, a_packet_that_begins_within_another_is_the_one)
{
    send_bytes("$m100,$qC#b4", 12);
    cr_assert_str_eq(answered, "+$QC1#c5");
}

Test(gdb, packets_come_in_pieces_and_together)
{
    send_bytes("$q", 2);
    cr_assert_str_eq(answered, "");
    send_bytes("C#", 2);
    send_bytes("b4$qC#b4", 8);
    cr_assert_str_eq(answered, "+$QC1#c5+$QC1#c5");
}

Test(gdb, the_longest_packet_is_taken_and_a_longer_one_is_an_error)
{
    static char data[GDB_PACKET + 2];
    memset(data, '!', GDB_PACKET);
    ANSWERS(data, "");
    cr_expect_eq(gdb.size, GDB_PACKET);
    data[GDB_PACKET] = '!';
    char packet[GDB_PACKET + 16];
    frame(packet, sizeof packet, data);
    send_bytes(packet, strlen(packet));
    cr_assert_str_eq(answered, "+$E16#ac");
}

Test(gdb, an_interrupt_is_a_byte_outside_of_packets)
{
    send_bytes("\x03", 1);
    cr_assert(gdb.interrupt);
    cr_assert_str_eq(answered, "");
}

// --- queries ---------------------------------------------------------------------------------------------------------

Test(gdb, it_tells_what_it_can)
{
    const char *features = ask("qSupported:multiprocess+;swbreak+;hwbreak+");
    cr_expect_not_null(strstr(features, "PacketSize=4000;"));
    cr_expect_not_null(strstr(features, "qXfer:features:read+"));
    cr_expect_null(strstr(features, "ReverseStep"));
    target.reverses = true;
    cr_expect_not_null(strstr(ask("qSupported"), ";ReverseStep+;ReverseContinue+"));
    ANSWERS("vCont?", "vCont;c;C;s;S;t;r");
    ANSWERS("qAttached", "1");
    ANSWERS("vMustReplyEmpty", "");
    ANSWERS("!", "");
    ANSWERS("", "");
}

Test(gdb, the_description_comes_in_pieces_that_fit)
{
    char whole[4096] = "";
    unsigned at = 0;
    for (;;) {
        char question[64];
        snprintf(question, sizeof question, "qXfer:features:read:target.xml:%x,40", at);
        const char *piece = ask(question);
        cr_assert(piece[0] == 'm' || piece[0] == 'l');
        cr_assert_leq(strlen(piece), 0x41);
        strcat(whole, piece + 1);
        at += (unsigned)strlen(piece) - 1;
        if (piece[0] == 'l')
            break;
    }
    cr_assert_str_eq(whole, gdb.description);
    cr_expect_not_null(strstr(whole, "<architecture>none</architecture>"));
    cr_expect_not_null(strstr(whole, "<reg name=\"r1\" bitsize=\"64\" type=\"int64\"/>"));
    cr_expect_not_null(strstr(whole, "<feature name=\"system\">\n<x/><reg name=\"level\""));
    ANSWERS("qXfer:features:read:other.xml:0,40", "E00");
    ANSWERS("qXfer:features:read:target.xml:ffffff,40", "l");
    ANSWERS("qXfer:features:read:target.xml:0", "E00");
}

Test(gdb, processors_are_threads)
{
    ANSWERS("qfThreadInfo", "m1,2,3");
    ANSWERS("qsThreadInfo", "l");
    ANSWERS("qThreadExtraInfo,2", "43505520312c2068616c746564"); // CPU 1, halted
    ANSWERS("qThreadExtraInfo,4", "E03");
    ANSWERS("T3", "OK");
    ANSWERS("T4", "E03");
    ANSWERS("Hg3", "OK");
    ANSWERS("Hg0", "OK");
    ANSWERS("Hc-1", "OK");
    ANSWERS("Hg4", "E03");
    ANSWERS("Hx1", "E03");
    ANSWERS("Hgffffffffffffffffff", "E03");
}

Test(gdb, monitor_commands_are_answered_with_text)
{
    ANSWERS("qRcmd,68656c6c6f", "686920370a");                                 // hello: hi 7
    ANSWERS("qRcmd,6e6f7468696e67", "OK");                                     // nothing
    cr_expect_eq(strncmp(ask("qRcmd,7878"), "5468657265206973206e6f", 22), 0); // There is no
    ANSWERS("qRcmd,6", "E16");
}

// O packets, and then OK: here 20,000 times "x".
Test(gdb, a_long_answer_of_a_monitor_command_comes_in_pieces)
{
    size_t characters = 0;
    cr_expect_str_eq(ask("qRcmd,6d756368"), ""); // much
    while (gdb_more(&gdb)) {
        cr_assert_eq(gdb.output[0], '$');
        bool text = gdb.output[1] == 'O' && gdb.output[2] != 'K';
        for (size_t i = 2; text && gdb.output[i] != '#'; i += 2, characters++)
            cr_assert(gdb.output[i] == '7' && gdb.output[i + 1] == '8');
        if (!text)
            cr_expect_eq(memcmp(gdb.output, "$OK#9a", 6), 0);
        gdb.output_size = 0;
    }
    cr_expect_eq(characters, 20000);
    ANSWERS("qRcmd,68656c6c6f", "686920370a");
}

// --- registers -------------------------------------------------------------------------------------------------------

Test(gdb, registers_are_read_and_written_as_a_whole)
{
    machine.cpu[0].r[1] = 0x1122334455667788;
    machine.cpu[0].v[1][15] = 0xab;
    ANSWERS("g", "0000000000000000"
                 "8877665544332211"
                 "0010000000000000"
                 "00000000000000000000000000000000"
                 "000000000000000000000000000000ab");
    ANSWERS("G"
            "0100000000000000"
            "0200000000000000"
            "0300000000000000"
            "00000000000000000000000000000004"
            "00000000000000000000000000000005",
            "OK");
    cr_expect_eq(machine.cpu[0].r[0], 1);
    cr_expect_eq(machine.cpu[0].pc, 3);
    cr_expect_eq(machine.cpu[0].v[1][15], 5);
    ANSWERS("G0700000000000000", "E16");
    cr_expect_eq(machine.cpu[0].r[0], 1);
}

Test(gdb, a_register_belongs_to_the_thread_chosen)
{
    machine.cpu[2].r[0] = 0x55;
    ask("Hg3");
    ANSWERS("p0", "5500000000000000");
    ANSWERS("P1=1000000000000000", "OK");
    cr_expect_eq(machine.cpu[2].r[1], 0x10);
    cr_expect_eq(machine.cpu[0].r[1], 0);
    ANSWERS("P4=000102030405060708090a0b0c0d0e0f", "OK");
    cr_expect_eq(machine.cpu[2].v[1][1], 1);
}

Test(gdb, a_register_that_can_only_be_read_is_refused)
{
    machine.cpu[0].level = 4;
    ANSWERS("p5", "0400000000000000");
    ANSWERS("P5=0100000000000000", "E0d");
    cr_expect_eq(machine.cpu[0].level, 4);
    ANSWERS("p6", "E16");
    ANSWERS("P6=0100000000000000", "E16");
    ANSWERS("P0=01", "E16");
    ANSWERS("p100000000", "E16");
    ANSWERS("p", "E16");
}

// --- memory ----------------------------------------------------------------------------------------------------------

Test(gdb, memory_is_read_and_written)
{
    machine.memory[0x10] = 0xde;
    machine.memory[0x11] = 0xad;
    ANSWERS("m1010,2", "dead");
    ANSWERS("m1010,0", "");
    ANSWERS("M1010,3:010203", "OK");
    cr_expect_eq(machine.memory[0x12], 3);
    ANSWERS("X1010,3:a}\x03z", "OK");
    cr_expect_eq(memcmp(machine.memory + 0x10, "a#z", 3), 0);
    ANSWERS("X1010,0:", "OK");
    ANSWERS("M1010,3:0102", "E16");
    ANSWERS("X1010,2:a", "E16");
    ANSWERS("X1010,1:}", "E16");
    ANSWERS("M1010,fffffffffffffff0:00", "E16");
    ANSWERS("m1010", "E16");
    ANSWERS("m", "E16");
}

Test(gdb, where_there_is_no_memory_is_an_error_and_behind_it_the_end)
{
    ANSWERS("m0,4", "E0e");
    ANSWERS("m3000,4", "E0e");
    ANSWERS("M3000,1:00", "E0e");
    cr_expect_eq(strlen(ask("m2ff0,100")), 0x20);
    cr_expect_eq(strlen(ask("m1000,ffffffff")), 2 * MEMORY);
}

Test(gdb, physical_memory_is_a_mode)
{
    ANSWERS("qqemu.PhyMemMode", "0");
    ANSWERS("m101010,1", "E0e");
    ANSWERS("Qqemu.PhyMemMode:1", "OK");
    ANSWERS("qqemu.PhyMemMode", "1");
    cr_expect_eq(strlen(ask("m101010,1")), 2);
    ANSWERS("Qqemu.PhyMemMode:2", "E16");
    ANSWERS("Qqemu.PhyMemMode:0", "OK");
    ANSWERS("m101010,1", "E0e");
}

// --- breakpoints and watchpoints -------------------------------------------------------------------------------------

static bool is_in(enum stop_kind kind, uint64_t address, uint64_t size)
{
    return point_at(kind, address, size) < machine.count;
}

Test(gdb, each_type_of_point_is_set)
{
    ANSWERS("Z0,1000,1", "OK");
    ANSWERS("Z2,1008,8", "OK");
    ANSWERS("Z3,1010,4", "OK");
    ANSWERS("Z4,1018,2", "OK");
    cr_expect(is_in(STOP_EXECUTE, 0x1000, 0) && is_in(STOP_WRITE, 0x1008, 8) && is_in(STOP_READ, 0x1010, 4) &&
              is_in(STOP_ACCESS, 0x1018, 2));
    cr_expect_eq(machine.count, 4);
    ANSWERS("Z5,1000,1", "E16");
    ANSWERS("Z2,1000,0", "E16");
    ANSWERS("Z2,1000,1001", "E16");
    ANSWERS("Z2,1000", "E16");
    ANSWERS("Zz", "E16");
    cr_expect_eq(machine.count, 4);
}

Test(gdb, software_and_hardware_breakpoints_share_an_address)
{
    ask("Z0,1000,1");
    ask("Z1,1000,1");
    cr_expect_eq(machine.count, 1);
    ask("z0,1000,1");
    ask("c");
    cr_expect_eq(action, GDB_RESUME);
    cr_expect_eq(machine.count, 1);
    ask("z1,1000,1");
    ask("c");
    cr_expect_eq(machine.count, 0);
}

Test(gdb, what_is_taken_out_and_put_in_again_stays_in_the_machine)
{
    ask("Z0,1000,1");
    ANSWERS("z0,1000,1", "OK");
    cr_expect_eq(machine.count, 1);
    ANSWERS("Z0,1000,1", "OK");
    ask("vCont;c");
    cr_expect_eq(machine.count, 1);
    cr_expect_eq(machine.except[0], STOP_NO_CPU);
    ANSWERS("z0,5000,1", "OK");
}

Test(gdb, a_step_of_one_thread_without_a_breakpoint_leaves_it_for_the_others)
{
    ask("Z0,1000,1");
    ask("Z0,2000,1");
    ask("z0,1000,1");
    ask("vCont;s:2");
    cr_expect_eq(action, GDB_RESUME);
    cr_expect(gdb.resume.steps && gdb.resume.cpu == 1);
    cr_expect_eq(machine.count, 2);
    cr_expect_eq(machine.except[point_at(STOP_EXECUTE, 0x1000, 0)], 1);
    cr_expect_eq(machine.except[point_at(STOP_EXECUTE, 0x2000, 0)], STOP_NO_CPU);
    ask("vCont;s:2;c");
    cr_expect_eq(machine.count, 1);
}

Test(gdb, a_full_machine_refuses)
{
    char packet[32];
    for (unsigned i = 0; i < countof(machine.points); i++) {
        snprintf(packet, sizeof packet, "Z0,%x,1", 0x1000 + i);
        ANSWERS(packet, "OK");
    }
    ANSWERS("Z0,8000,1", "E0e");
    cr_expect_eq(gdb.count, countof(machine.points));
}

// --- resumption ------------------------------------------------------------------------------------------------------

Test(gdb, the_old_packets_resume_the_chosen_thread)
{
    ask("c");
    cr_expect(action == GDB_RESUME && !gdb.resume.steps);
    ask("Hc2");
    ask("s");
    cr_expect(action == GDB_RESUME && gdb.resume.steps && gdb.resume.cpu == 1);
    ask("s1234");
    cr_expect_eq(machine.cpu[1].pc, 0x1234);
    ask("C05;4321");
    cr_expect(action == GDB_RESUME && !gdb.resume.steps);
    cr_expect_eq(machine.cpu[1].pc, 0x4321);
    ask("S05");
    cr_expect(action == GDB_RESUME && gdb.resume.steps);
    ANSWERS("Cx", "E16");
    ANSWERS("sx", "E16");
    cr_expect_eq(action, GDB_STAY);
}

Test(gdb, actions_are_for_threads)
{
    stop(STOP_STEP, 2, 0);
    ask("vCont;s");
    cr_expect(gdb.resume.steps && gdb.resume.cpu == 2);
    ask("vCont;S05:2;c");
    cr_expect(gdb.resume.steps && gdb.resume.cpu == 1);
    ask("vCont;c:1;s:2;c:3");
    cr_expect(gdb.resume.steps && gdb.resume.cpu == 1);
    ask("vCont;C05:-1");
    cr_expect(!gdb.resume.steps);
    ask("vCont;r1000,1010:1");
    cr_expect(gdb.resume.steps && gdb.resume.cpu == 0 && gdb.resume.first == 0x1000 && gdb.resume.behind == 0x1010);
    cr_expect_eq(gdb.resume.direction, GDB_FORWARD);
    static const char *const wrong[] = { "vCont",         "vCont;",    "vCont;x",  "vCont;s:4", "vCont;s:",
                                         "vCont;r1000:1", "vCont;c;;", "vCont;Sx", "vCont;cs" };
    for (unsigned i = 0; i < countof(wrong); i++) {
        ANSWERS(wrong[i], "E16");
        cr_expect_eq(action, GDB_STAY);
    }
}

Test(gdb, going_back_is_offered_where_the_machine_can)
{
    ANSWERS("bs", "");
    ANSWERS("bc", "");
    cr_expect_eq(action, GDB_STAY);
    target.reverses = true;
    ask("Hc2");
    ask("bs");
    cr_expect(action == GDB_RESUME && gdb.resume.direction == GDB_BACK_STEP && gdb.resume.cpu == 1);
    ask("bc");
    cr_expect(action == GDB_RESUME && gdb.resume.direction == GDB_BACK);
    ANSWERS("bx", "");
    gdb_no_history(&gdb);
    cr_expect_eq(strncmp((char *)gdb.output, "$T05thread:1;replaylog:begin;#", 30), 0);
}

Test(gdb, it_detaches_and_kills)
{
    ANSWERS("D", "OK");
    cr_expect_eq(action, GDB_DETACH);
    ask("k");
    cr_expect_eq(action, GDB_KILL);
    ANSWERS("vKill;1", "OK");
    cr_expect_eq(action, GDB_KILL);
}

Test(gdb, the_points_of_a_client_go_with_it)
{
    ask("Z0,1000,1");
    ask("Z2,1000,8");
    gdb_close(&gdb);
    cr_expect_eq(machine.count, 0);
}

// --- stops -----------------------------------------------------------------------------------------------------------

Test(gdb, a_stop_names_its_thread_and_its_reason)
{
    cr_expect_str_eq(stop(STOP_STEP, 0, 0), "T05thread:1;");
    cr_expect_str_eq(stop(STOP_REQUEST, 2, 0), "T02thread:3;");
    cr_expect_str_eq(stop(STOP_WRITE, 1, 0xffff800000001234), "T05thread:2;watch:ffff800000001234;");
    cr_expect_str_eq(stop(STOP_READ, 1, 0x10), "T05thread:2;rwatch:10;");
    cr_expect_str_eq(stop(STOP_ACCESS, 1, 0x10), "T05thread:2;awatch:10;");
    ANSWERS("?", "T05thread:2;awatch:10;");
    ANSWERS("qC", "QC2");
    ANSWERS("p2", "0110000000000000"); // the registers are of the thread that stopped
}

Test(gdb, a_breakpoint_is_told_in_the_words_that_the_client_knows)
{
    ask("Z0,1000,1");
    ask("Z1,2000,1");
    cr_expect_str_eq(stop(STOP_EXECUTE, 0, 0x1000), "T05thread:1;");
    ask("qSupported:swbreak+;hwbreak+");
    cr_expect_str_eq(stop(STOP_EXECUTE, 0, 0x1000), "T05thread:1;swbreak:;");
    cr_expect_str_eq(stop(STOP_EXECUTE, 0, 0x2000), "T05thread:1;hwbreak:;");
}

Test(gdb, the_end_has_an_exit_status)
{
    gdb_exited(&gdb, 66);
    cr_expect_eq(strncmp((char *)gdb.output, "$W42#", 5), 0);
}

// --- what no client sends --------------------------------------------------------------------------------------------

static uint64_t seed = 1;

static unsigned any(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(seed >> 33) % below;
}

// Every answer is '+', '-' or a packet with a right sum.
static void check_answers(void)
{
    for (const char *at = answered; *at;) {
        if (*at == '+' || *at == '-') {
            at++;
            continue;
        }
        cr_assert_eq(*at, '$');
        unsigned sum = 0, given;
        for (at++; *at && *at != '#'; at++)
            sum += (uint8_t)*at;
        cr_assert_eq(sscanf(at, "#%2x", &given), 1);
        cr_assert_eq(sum & 0xff, given);
        at += 3;
    }
}

Test(gdb, damaged_packets_are_answered_with_whole_ones)
{
    static const char *const good[] = {
        "qSupported:swbreak+",
        "qXfer:features:read:target.xml:0,fff",
        "vCont;r1000,1010:1;c",
        "Hg2",
        "m1000,2000",
        "g",
        "M1010,3:010203",
        "X1010,3:a}\x03z",
        "P1=1000000000000000",
        "p3",
        "Z0,1000,1",
        "z0,1000,1",
        "Z2,1008,8",
        "qRcmd,68656c6c6f",
        "qThreadExtraInfo,2",
        "QStartNoAckMode",
        "Qqemu.PhyMemMode:1",
        "?",
        "bs",
        "s1000",
        "T2",
    };
    char data[256], packet[300];
    for (unsigned round = 0; round < 20000; round++) {
        snprintf(data, sizeof data, "%s", good[any(countof(good))]);
        size_t length = strlen(data);
        for (unsigned n = any(4); n; n--)
            data[any((unsigned)length)] = (char)any(256);
        if (any(4) == 0)
            data[any((unsigned)length)] = 0;
        frame(packet, sizeof packet, data);
        size_t size = strlen(packet);
        if (any(8) == 0)
            packet[any((unsigned)size)] ^= (char)(1 << any(8));
        send_bytes(packet, size);
        check_answers();
        cr_assert_leq(machine.count, gdb.count);
    }
}
