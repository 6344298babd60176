// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Executes one instruction on the host CPU with given values of all registers, for comparison on x86-64 hosts.
//
// A page of code at a fixed low address loads FXSAVE state, flags and all sixteen registers (RSP too) by RIP-relative
// addresses, runs the instruction, and stores them again. The memory that the instruction may touch is at a fixed
// address as well, so that the guest can have the same addresses. A signal becomes a third kind of end of the
// instruction. Not every host can deliver one whatever RSP holds (some virtual machines cannot, and hang):
// native_faults_with_any_stack finds out. Define _GNU_SOURCE before including this: registers in signal frames, mmap at
// a fixed place.
//
//     NATIVE_CODE + 0x000 load ... jump    + 0x400 the instruction, then "went on"
//                 + 0x480 "jumped"         + 0x4c0 "faulted"           + 0x500 store ... return
#ifndef TESTS_VCPU_X86_64_NATIVE_H
#define TESTS_VCPU_X86_64_NATIVE_H

#include "vcpu/x86_64/host_cpu.h"

#include <stdbool.h>
#include <stdint.h>

#define NATIVE_CODE   UINT64_C(0x20000000)
#define NATIVE_AT     (NATIVE_CODE + 0x400) // the instruction
#define NATIVE_TARGET (NATIVE_CODE + 0x480) // where it may jump
#define NATIVE_STATE  (NATIVE_CODE + 0x1000)
#define NATIVE_MEMORY (NATIVE_CODE + 0x2000)
#define NATIVE_BYTES  0x3000u // of memory

enum native_exit { NATIVE_WENT_ON, NATIVE_JUMPED, NATIVE_FAULTED };

struct native_image {
    uint64_t r[16]; // in the order of the encoding
    uint64_t flags;
    uint64_t exit;   // enum native_exit
    uint64_t vector; // of the exception
    uint64_t filler[13];
    uint8_t fx[512]; // 256 bytes in: aligned
};

#if defined(__x86_64__) && defined(__linux__)
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

struct native_state { // at NATIVE_STATE
    struct native_image in, out;
    uint64_t rsp;
    uint32_t mxcsr;
};

#define NATIVE              ((struct native_state *)(uintptr_t)NATIVE_STATE)
#define NATIVE_FIELD(field) (NATIVE_STATE + offsetof(struct native_state, field))

static unsigned native_at;                  // offset of the next byte of code
static volatile sig_atomic_t native_inside; // the code at NATIVE_CODE runs

static inline void native_emit(const char *bytes, unsigned count)
{
    memcpy((void *)(uintptr_t)(NATIVE_CODE + native_at), bytes, count);
    native_at += count;
}
#define EMIT(bytes) native_emit(bytes, sizeof bytes - 1)

// The displacement to `address`, of an instruction that ends `rest` bytes behind it.
static inline void native_emit_address(uint64_t address, unsigned rest)
{
    int32_t displacement = (int32_t)(address - (NATIVE_CODE + native_at + 4 + rest));
    memcpy((void *)(uintptr_t)(NATIVE_CODE + native_at), &displacement, 4);
    native_at += 4;
}

static inline void native_emit_move(unsigned opcode, unsigned reg, uint64_t address)
{
    const char bytes[] = { (char)(0x48 | (reg >> 3) << 2), (char)opcode, (char)((reg & 7) << 3 | 5) };
    native_emit(bytes, 3);
    native_emit_address(address, 0);
}

static inline void native_emit_way_out(unsigned at, enum native_exit way) // mov qword [exit], way; jmp 0x500
{
    const char value[] = { (char)way, 0, 0, 0 };
    native_at = at;
    EMIT("\x48\xc7\x05");
    native_emit_address(NATIVE_FIELD(out.exit), 4);
    native_emit(value, 4);
    EMIT("\xe9");
    native_emit_address(NATIVE_CODE + 0x500, 0);
}

// A fault of anybody else's, of the emulator under test for one, ends the program as it would without us.
static inline void native_on_signal(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)info;
    if (!native_inside) {
        signal(number, SIG_DFL);
        return;
    }
    NATIVE->out.vector = (uint64_t)registers[REG_TRAPNO];
    registers[REG_RIP] = (greg_t)(NATIVE_CODE + 0x4c0);
}

// False: the host does not let us.
static inline bool native_open(void)
{
    void *place = (void *)(uintptr_t)NATIVE_CODE;
    if (mmap(place, 0x2000 + NATIVE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != place)
        return false;
    NATIVE->mxcsr = 0x1f80;
    native_at = 0;
    EMIT("\x53\x55\x41\x54\x41\x55\x41\x56\x41\x57"); // push rbx, rbp, r12-r15
    native_emit_move(0x89, 4, NATIVE_FIELD(rsp));
    EMIT("\x48\x0f\xae\x0d"); // fxrstor64
    native_emit_address(NATIVE_FIELD(in.fx), 0);
    EMIT("\xff\x35"); // push
    native_emit_address(NATIVE_FIELD(in.flags), 0);
    EMIT("\x9d"); // popfq
    for (unsigned i = 0; i < 16; i++)
        native_emit_move(0x8b, i, NATIVE_FIELD(in.r) + 8 * i);
    EMIT("\xe9"); // jmp
    native_emit_address(NATIVE_AT, 0);

    native_emit_way_out(0x480, NATIVE_JUMPED);
    native_emit_way_out(0x4c0, NATIVE_FAULTED);

    native_at = 0x500;
    for (unsigned i = 0; i < 16; i++)
        native_emit_move(0x89, i, NATIVE_FIELD(out.r) + 8 * i);
    native_emit_move(0x8b, 4, NATIVE_FIELD(rsp));
    EMIT("\x9c\x8f\x05"); // pushfq; pop
    native_emit_address(NATIVE_FIELD(out.flags), 0);
    EMIT("\x48\x0f\xae\x05"); // fxsave64
    native_emit_address(NATIVE_FIELD(out.fx), 0);
    EMIT("\xdb\xe3\x0f\xae\x15"); // fninit; ldmxcsr
    native_emit_address(NATIVE_FIELD(mxcsr), 0);
    EMIT("\xfc\x41\x5f\x41\x5e\x41\x5d\x41\x5c\x5d\x5b\xc3"); // cld; pop r15-r12, rbp, rbx; ret

    static char stack[1 << 16];
    sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = sizeof stack }, NULL);
    struct sigaction action = { .sa_sigaction = native_on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    static const int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP };
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    return true;
}

static inline const struct native_image *native_run(const struct native_image *in, const uint8_t *code, unsigned length)
{
    memcpy((void *)(uintptr_t)NATIVE_AT, code, length);
    native_emit_way_out(0x400 + length, NATIVE_WENT_ON);
    NATIVE->in = *in;
    native_inside = 1;
    ((void (*)(void))(uintptr_t)NATIVE_CODE)();
    native_inside = 0;
    return &NATIVE->out;
}
#undef EMIT

static inline bool native_has_popcnt(void)
{
    return host_cpu_has(HOST_POPCNT);
}

// A child divides by zero with a non-canonical RSP, and has two seconds. False: it hangs, dies, or the fault is another.
static inline bool native_faults_with_any_stack(void)
{
    static const uint8_t div_ecx[] = { 0xf7, 0xf1 };
    static const struct native_image in = { .r = { [4] = UINT64_C(1) << 62 }, .flags = 0x202, .fx = { [25] = 0x1f } };
    pid_t child = fork();
    if (child == 0) {
        alarm(2);
        const struct native_image *out = native_run(&in, div_ecx, sizeof div_ecx);
        _exit(out->exit == NATIVE_FAULTED && out->vector == 0 && out->r[4] == in.r[4] ? 0 : 1);
    }
    if (child < 0)
        return false;
    for (unsigned i = 0; i < 300; i++) { // a child that no signal ends is not waited for
        int status;
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
    kill(child, SIGKILL);
    return false;
}
#else
static inline bool native_open(void)
{
    return false;
}

static inline const struct native_image *native_run(const struct native_image *in, const uint8_t *code, unsigned length)
{
    (void)code, (void)length;
    return in;
}

static inline bool native_faults_with_any_stack(void)
{
    return false;
}

static inline bool native_has_popcnt(void)
{
    return false;
}
#endif

#endif
