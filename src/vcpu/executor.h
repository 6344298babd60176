// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The first executor: a direct-threaded interpreter over pre-decoded ops. It is a template: exec.c of an architecture
// defines the seven names below and includes this file once.
//
//   EXECUTOR             the function: enum op_out EXECUTOR(EXECUTOR_CPU *cpu, const struct op *head)
//   EXECUTOR_CPU         the guest's CPU, whose `vcpu` is a struct vcpu
//   EXECUTOR_OPS         the list of its ops, a macro of one macro as vcpu/op.h says
//   EXECUTOR_CODE(name)  the code of an op
//   EXECUTOR_STEP(cpu, bytes)  moves the program counter forward
//   EXECUTOR_FOLLOW(cpu, exit)  the head of the block after an exit through which the program counter has moved; NULL: not known
//   EXECUTOR_RESUME(cpu)  the head of the next block after OP_LEAVE; NULL: the loop has something to look at first
//
// There are two ways to get from one op to the next. The fast one jumps to the op's code. The careful one first checks
// whether the op's instruction may still run: it is used when the budget ends inside a block, and after an op has said
// OP_FINISH. Careful execution also sets all flags, so that they are exact where it stops.
#include "vcpu/block.h"
#include "vcpu/chain.h"
#include "vcpu/vcpu.h"

// Stops between two instructions of `block`, after `n` of them.
static void stop_at(EXECUTOR_CPU *cpu, const struct block *block, unsigned n)
{
    cpu->vcpu.left += block->count - (int)n;
    EXECUTOR_STEP(cpu, block_offsets(block)[n]);
}

#if defined(INTACT_SWITCH_DISPATCH) || !defined(__GNUC__)
#define LABEL(name)   case EXECUTOR_CODE(name):
#define NEXT          goto dispatch
#define CAREFUL_ON()  (careful = true)
#define CAREFUL_OFF() (careful = false)
// Macros, so that braces are paired in both variants.
#define SWITCH_BEGIN(code) switch (code) {
#define SWITCH_END                                                                                                     \
    default: goto leave; /* there is no other code */                                                                  \
        }
#else
#define LABEL(name)   l_##name:
#define NEXT          goto *table[op->code]
#define CAREFUL_ON()  (table = careful)
#define CAREFUL_OFF() (table = fast)
#define THREADED      1
#endif

// The name of the op that careful execution runs: it sets all flags.
#define RUNS_PLAIN(name) name
#define RUNS_BARE(full)  full RUNS_BARE_OF
#define RUNS_BARE_OF(name)
#define RUNS_CHECKED(name) name
#define RUNS_JUMP(name)    name

enum op_out EXECUTOR(EXECUTOR_CPU *cpu, const struct op *op)
{
    unsigned stop = BLOCK_INSTRUCTIONS + 1; // careful: instructions of this block that may be completed
    enum op_out out, answer = OP_NEXT;      // OP_FINISH: some op has said so, and whoever goes on must look first

#ifdef THREADED
#define ADDRESS_OF(name)                                             ADDRESS_OF_1(name)
#define ADDRESS_OF_1(name)                                           &&l_##name
#define FAST(name, operands, reads, writes, faults, finishes, class) [EXECUTOR_CODE(name)] = &&l_##name,
#define FULL(name, operands, reads, writes, faults, finishes, class)                                                   \
    [EXECUTOR_CODE(name)] = ADDRESS_OF(RUNS_##class(name)),
#define CAREFUL(name, operands, reads, writes, faults, finishes, class) [EXECUTOR_CODE(name)] = &&check,
    static const void *const fast[] = {
        [OP_DEAD] = &&leave, [OP_HEAD] = &&l_HEAD, [OP_NATIVE] = &&l_NATIVE, EXECUTOR_OPS(FAST)
    };
    static const void *const full[] = { EXECUTOR_OPS(FULL) };
    static const void *const careful[] = {
        [OP_DEAD] = &&leave, [OP_HEAD] = &&leave, [OP_NATIVE] = &&leave, EXECUTOR_OPS(CAREFUL)
    };
    const void *const *table = fast;
    NEXT;

check:
    if (op->n < stop)
        goto *full[op->code];
    stop_at(cpu, cpu->vcpu.block, stop);
    goto leave;
#else
#define CODE_OF(name)   CODE_OF_1(name)
#define CODE_OF_1(name) EXECUTOR_CODE(name)
#define FULL(name, operands, reads, writes, faults, finishes, class)                                                   \
    case EXECUTOR_CODE(name):                                                                                          \
        code = CODE_OF(RUNS_##class(name));                                                                            \
        break;
    bool careful = false;
    unsigned code;
dispatch:
    code = op->code;
    if (careful) {
        if (code <= OP_NATIVE)
            goto leave;
        if (op->n >= stop) {
            stop_at(cpu, cpu->vcpu.block, stop);
            goto leave;
        }
        switch (code) {
            EXECUTOR_OPS(FULL)
        }
    }
    SWITCH_BEGIN(code)
#endif

    LABEL(HEAD)
    if (unlikely(block_warms(op)) && blocks_compile(&cpu->vcpu.loop->blocks, &cpu->vcpu, op))
        NEXT;
head : {
    cpu->vcpu.block = block_of(op);
    int64_t left = cpu->vcpu.left;
    if (unlikely(left < op->imm)) {
        if (left <= 0)
            goto leave;
        stop = (unsigned)left;
        CAREFUL_ON();
    }
    cpu->vcpu.left = left - op->imm;
    op++;
    NEXT;
}

    // Host code, block after block, until the interpreter is needed.
    LABEL(NATIVE)
    {
        if (unlikely(cpu->vcpu.left < 2)) // one instruction: who runs it alone wants to know its block
            goto head;
        struct native_end end = native_run(&cpu->vcpu, op);
        op = end.op;
        out = (enum op_out)end.how;
        switch (end.how) {
        case NATIVE_GO: NEXT;
        case NATIVE_HEAD: goto head;
        case NATIVE_EXIT: {
            const struct op *exit = op;
            op = EXECUTOR_FOLLOW(cpu, exit);
            if (!op)
                goto leave;
            if (op->code == OP_NATIVE && exit->link == op)
                chain_link(&cpu->vcpu, exit, op);
            NEXT;
        }
        case NATIVE_STOP: goto leave;
        default:
            if (out != OP_FAULT)
                blocks_came_back(&cpu->vcpu.loop->blocks, &cpu->vcpu);
            goto not_next;
        }
    }

#define OPBODY(name, operands, reads, writes, faults, finishes, class) BODY_##class(name)
#define BODY_PLAIN(name)                                                                                               \
    LABEL(name)                                                                                                        \
    op_##name(cpu, op);                                                                                                \
    op++;                                                                                                              \
    NEXT;
#define BODY_BARE(full) BODY_PLAIN
#define BODY_CHECKED(name)                                                                                             \
    LABEL(name)                                                                                                        \
    out = op_##name(cpu, op);                                                                                          \
    if (unlikely(out != OP_NEXT))                                                                                      \
        goto not_next;                                                                                                 \
    op++;                                                                                                              \
    NEXT;
#define BODY_JUMP(name)                                                                                                \
    LABEL(name)                                                                                                        \
    op = op_##name(cpu, op);                                                                                           \
    if (unlikely(!op))                                                                                                 \
        goto leave;                                                                                                    \
    NEXT;
    EXECUTOR_OPS(OPBODY)

#ifndef THREADED
    SWITCH_END
#endif

not_next:
    if (out == OP_FINISH) {
        answer = OP_FINISH;
        stop = op->n + 1u;
        CAREFUL_ON();
        op++;
        NEXT;
    }
    if (out == OP_FAULT)
        stop_at(cpu, cpu->vcpu.block, op->n);
    cpu->vcpu.at = NULL;
    if (out == OP_LEAVE && (op = EXECUTOR_RESUME(cpu))) {
        CAREFUL_OFF();
        NEXT;
    }
    return out;

leave:
    cpu->vcpu.at = NULL;
    return answer;
}
