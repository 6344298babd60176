// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exactness: one program with everything in which executors could differ (loops, REP, faults, code that changes itself,
// interrupts, halts) leaves the same trace of instruction count, RIP, registers and time, wherever execution is cut
// into pieces, whatever the size of the block cache, and whichever way the executor dispatches.
#include <criterion/criterion.h>

#include "vcpu/x86_64/board.h"

// The same engine, its executor built with `switch`.
#ifndef INTACT_SWITCH_DISPATCH
#define INTACT_SWITCH_DISPATCH
#endif
// The names of src/prefix.h are taken away for good: nothing below names the other executor.
#undef x86_execute
#undef x86_guest
#define x86_execute x86_execute_by_switch
#define x86_guest   x86_guest_by_switch
#include "../../../src/vcpu/x86_64/exec/exec.c"
#include "../../../src/vcpu/x86_64/system/guest.c"
#undef x86_execute
#undef x86_guest

#define DATA_TIMERS   0x44008 // interrupts that the handler counted
#define DATA_FAULTS   0x44004
#define DATA_DIVISION 0x44000
#define ACROSS        0x11ffd

static const char program[] =
    // 10000 _start:
    "bf 00 00 04 00 "    // mov edi,0x40000
    "41 bf 39 30 00 00 " // mov r15d,0x3039
    "41 be 28 00 00 00 " // mov r14d,0x28
    // 10011 again:
    "4d 69 ff 6d 4e c6 41 "    // imul r15,r15,0x41c64e6d
    "49 81 c7 39 30 00 00 "    // add r15,0x3039
    "4c 89 f8 "                // mov rax,r15
    "48 c1 e8 10 "             // shr rax,0x10
    "31 db "                   // xor ebx,ebx
    "48 01 c3 "                // add rbx,rax
    "48 11 1f "                // adc QWORD PTR [rdi],rbx
    "48 c1 c0 03 "             // rol rax,0x3
    "48 ff 4f 08 "             // dec QWORD PTR [rdi+0x8]
    "0f 92 c2 "                // setb dl
    "48 0f 4a d0 "             // cmovp rdx,rax
    "ff c1 "                   // inc ecx
    "f6 c1 07 "                // test cl,0x7
    "75 e4 "                   // jne 10028 <again+0x17>
    "fb "                      // sti
    "fc "                      // cld
    "be 00 10 04 00 "          // mov esi,0x41000
    "bf b0 1f 04 00 "          // mov edi,0x41fb0
    "4c 89 f9 "                // mov rcx,r15
    "48 c1 e9 14 "             // shr rcx,0x14
    "81 e1 ff 01 00 00 "       // and ecx,0x1ff
    "f3 a4 "                   // rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi]
    "bf 00 30 04 00 "          // mov edi,0x43000
    "b9 25 00 00 00 "          // mov ecx,0x25
    "f3 48 ab "                // rep stos QWORD PTR es:[rdi],rax
    "fd "                      // std
    "bf 00 31 04 00 "          // mov edi,0x43100
    "b9 09 00 00 00 "          // mov ecx,0x9
    "f3 ab "                   // rep stos DWORD PTR es:[rdi],eax
    "fc "                      // cld
    "be 00 30 04 00 "          // mov esi,0x43000
    "bf 08 30 04 00 "          // mov edi,0x43008
    "b9 3c 00 00 00 "          // mov ecx,0x3c
    "f3 a6 "                   // repz cmps BYTE PTR ds:[rsi],BYTE PTR es:[rdi]
    "89 c8 "                   // mov eax,ecx
    "31 c9 "                   // xor ecx,ecx
    "f7 f1 "                   // div ecx
    "01 04 25 fe 0f 05 00 "    // add DWORD PTR ds:0x50ffe,eax
    "fa "                      // cli
    "c6 04 25 88 42 00 00 00 " // mov BYTE PTR ds:0x4288,0x0
    "0f 01 3c 25 00 10 05 00 " // invlpg BYTE PTR ds:0x51000
    "44 89 f8 "                // mov eax,r15d
    "88 05 02 00 00 00 "       // mov BYTE PTR [rip+0x2],al
    "90 "                      // nop
    // 100b3 patch:
    "b9 11 00 00 00 "          // mov ecx,0x11
    "48 01 cb "                // add rbx,rcx
    "88 04 25 fe 1f 01 00 "    // mov BYTE PTR ds:0x11ffe,al
    "e8 36 1f 00 00 "          // call 11ffd <across>
    "48 01 c3 "                // add rbx,rax
    "44 89 f8 "                // mov eax,r15d
    "c1 e8 18 "                // shr eax,0x18
    "ba e0 00 00 00 "          // mov edx,0xe0
    "ef "                      // out dx,eax
    "fb "                      // sti
    "b8 10 00 00 00 "          // mov eax,0x10
    "8e d0 "                   // mov ss,eax
    "48 8d 24 24 "             // lea rsp,[rsp]
    "9c "                      // pushf
    "48 81 24 24 ff fd ff ff " // and QWORD PTR [rsp],0xfffffffffffffdff
    "9d "                      // popf
    "b9 32 00 00 00 "          // mov ecx,0x32
    "e2 fe "                   // loop 100f1 <patch+0x3e>
    "fb "                      // sti
    "41 f6 c6 03 "             // test r14b,0x3
    "75 07 "                   // jne 10101 <patch+0x4e>
    "b8 64 00 00 00 "          // mov eax,0x64
    "ef "                      // out dx,eax
    "f4 "                      // hlt
    "fa "                      // cli
    "41 ff ce "                // dec r14d
    "0f 85 06 ff ff ff "       // jne 10011 <again>
    "b9 2c 01 00 00 "          // mov ecx,0x12c
    "fb "                      // sti
    "f3 90 "                   // pause
    "e2 fc "                   // loop 10111 <patch+0x5e>
    "fa "                      // cli
    "f4 "                      // hlt
    "eb fd "                   // jmp 10116 <patch+0x63>
    // 10119 de:
    "48 83 04 24 02 "       // add QWORD PTR [rsp],0x2
    "ff 04 25 00 40 04 00 " // inc DWORD PTR ds:0x44000
    "48 cf "                // iretq
    // 10127 pf:
    "50 "                               // push rax
    "0f 20 d0 "                         // mov rax,cr2
    "48 c1 e8 0c "                      // shr rax,0xc
    "c7 04 c5 00 40 00 00 07 10 05 00 " // mov DWORD PTR [rax*8+0x4000],0x51007
    "ff 04 25 04 40 04 00 "             // inc DWORD PTR ds:0x44004
    "58 "                               // pop rax
    "48 83 c4 08 "                      // add rsp,0x8
    "48 cf "                            // iretq
    // 10148 irq:
    "50 "                      // push rax
    "ff 04 25 08 40 04 00 "    // inc DWORD PTR ds:0x44008
    "8b 04 25 08 40 04 00 "    // mov eax,DWORD PTR ds:0x44008
    "48 31 24 25 10 40 04 00 " // xor QWORD PTR ds:0x44010,rsp
    "48 01 1c 25 18 40 04 00 " // add QWORD PTR ds:0x44018,rbx
    "58 "                      // pop rax
    "48 cf "                   // iretq
    ;

static const char across[] = // at the end of a page
    // 11ffd across:
    "b8 78 56 34 12 " // mov eax,0x12345678
    "c3 "             // ret
    ;

struct tracer {
    struct board *board;
    struct event timer, beat, nmi;
};

#include "vcpu/trace.h"

static void on_timer(void *owner, uint64_t now)
{
    struct tracer *tracer = owner;
    board_raise(tracer->board, 0, PENDING_INTR, (uint8_t)(0x20 + (now & 1)));
}

static void on_beat(void *owner, uint64_t now)
{
    struct tracer *tracer = owner;
    board_raise(tracer->board, 0, PENDING_INTR, 0x22);
    if (now < 30000)
        clock_arm(&tracer->board->clock, &tracer->beat, now + 211);
}

static void on_nmi(void *owner, uint64_t now)
{
    struct tracer *tracer = owner;
    board_raise(tracer->board, 0, PENDING_NMI, 0);
    if (now < 30000)
        clock_arm(&tracer->board->clock, &tracer->nmi, now + 1009);
}

static void on_write(struct board *board, unsigned offset, uint64_t value, uint64_t now)
{
    struct tracer *tracer = board->owner;
    (void)offset;
    clock_arm(&board->clock, &tracer->timer, now + value);
}

static void handler(struct board *board, unsigned vector, uint32_t to) // jmp
{
    uint64_t at = BOARD_HANDLERS + 16 * vector;
    board_put(board, at, 1, 0xe9);
    board_put(board, at + 1, 4, to - (uint32_t)(at + 5));
}

static void tracer_new(struct tracer *tracer, size_t arena, const struct guest *guest)
{
    struct board *board = tracer->board = board_new(1, arena);
    if (guest)
        board->loop.guest = guest;
    board->owner = tracer;
    board->on_write = on_write;
    clock_register(&board->clock, &tracer->timer, "timer", on_timer, tracer);
    clock_register(&board->clock, &tracer->beat, "beat", on_beat, tracer);
    clock_register(&board->clock, &tracer->nmi, "nmi", on_nmi, tracer);
    clock_arm(&board->clock, &tracer->beat, 211);
    clock_arm(&board->clock, &tracer->nmi, 1009);
    board_long(board, 0);
    board_code(board, BOARD_CODE, program);
    board_code(board, ACROSS, across);
    handler(board, 0, 0x10119);
    handler(board, 14, 0x10127);
    static const uint8_t interrupts[] = { 2, 0x20, 0x21, 0x22 };
    for (unsigned i = 0; i < countof(interrupts); i++)
        handler(board, interrupts[i], 0x10148);
    board_put(board, BOARD_IDT + 16 * 2 + 4, 1, 2); // NMI on a separate stack
    board_put(board, BOARD_TSS + 44, 8, 0x7000);
    board_map(board, 0x51000, 0);
}

static void tracer_free(struct tracer *tracer)
{
    board_free(tracer->board);
}

static struct loop *tracer_loop(const struct tracer *tracer)
{
    return &tracer->board->loop;
}

// --- what a trace is -------------------------------------------------------------------------------------------------

static uint64_t tracer_place(const struct tracer *tracer)
{
    return tracer->board->cpu[0]->r[X86_RIP];
}

static uint64_t tracer_digest(const struct tracer *tracer)
{
    const struct x86_cpu *cpu = tracer->board->cpu[0];
    uint64_t hash = mix(tracer->board->clock.now, tracer->board->taken[0]);
    for (unsigned i = 0; i <= X86_RIP; i++)
        hash = mix(hash, cpu->r[i]);
    return mix(mix(hash, x86_flags(cpu)), cpu->vcpu.state);
}

static uint64_t tracer_memory_digest(const struct tracer *tracer)
{
    uint64_t hash = 0;
    for (uint64_t at = 0; at < 0x90000; at += 8)
        hash = mix(hash, board_get(tracer->board, at, 8));
    return hash;
}

static void tracer_check(const struct tracer *tracer)
{
    cr_assert_gt(board_get(tracer->board, DATA_TIMERS, 4), 100);
    cr_assert_eq(board_get(tracer->board, DATA_FAULTS, 4), 40);
    cr_assert_eq(board_get(tracer->board, DATA_DIVISION, 4), 40);
}

TRACE_TESTS(trace, &x86_guest_by_switch)
