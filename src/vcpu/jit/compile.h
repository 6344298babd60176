// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// From the ops of a block to host code: what the templates of an architecture are written with.
//
// A template is the code for one op, in terms of slots. Slots are cached in host registers within a block: `use` gives the register
// that has a slot's value, `define` one for its new value. They are written back where the block may be left.
//
// Flags that an op sets are at first only noted (struct flags): from which slots they follow. They are computed and stored where they
// are needed: on a way out of the block, and before one of those slots changes.
#ifndef VCPU_JIT_COMPILE_H
#define VCPU_JIT_COMPILE_H

#include "vcpu/block.h"
#include "vcpu/jit/emit.h"
#include "vcpu/native.h"
#include "vcpu/op.h"

struct compiler;

// What the code generator needs to know of a guest's architecture.
struct jit_guest {
    const struct op_row *rows;
    unsigned op_count;
    op_body *const *bodies;   // by code: enum op_out or, for a JUMP, const struct op * (*)(cpu, op)
    unsigned size;            // of the CPU
    unsigned registers;       // offset of slot 0 in the CPU; a slot is 8 bytes
    unsigned slots;           // how many there are,
    const char *const *names; // and their names
    unsigned vectors;         // offset of the vector registers, 16 bytes each; their number and name
    unsigned vector_count;
    const char *vector_name;
    unsigned result, aux;     // offsets of the two words with the flags
    uint8_t pc, sink;         // slots: the program counter; what is written and never read, or EMIT_NONE
    uint8_t temps, temps_end; // slots that mean nothing after their instruction
    uint32_t flags;           // all flags of the two words, as the rows have them
    bool is_borrow;           // the carry of a difference is the borrow; and there is a carry out of bit 3
    uint8_t vector_temp;      // a vector, behind the registers, that means nothing after its instruction, or EMIT_NONE
    bool (*compiles)(uint32_t mode);
    unsigned (*pc_bits)(uint32_t mode);
    uint64_t (*key)(
        uint32_t mode); // what the jump cache's key has besides the program counter (chain.h), to be exclusive-ored
    // The slots that an op writes, a bit each; in `all` if they are not known.
    uint64_t (*written)(const struct op *op, const struct op_row *row);
    // Does the op look at flags only to keep them, or what it does not change of them?
    bool (*keeps)(const struct op *op);
    // An op of OP_CPU that looks at and changes nothing but the CPU's registers and plain memory: it can be done again on a copy.
    bool (*is_pure)(const struct op *op);
    // Emits the code for an op. False: there is no template, and nothing was emitted.
    bool (*emit)(struct compiler *c, const struct op *op);
};

// How the flags of the last op that set some follow from slots.
enum flags_kind {
    FLAGS_STORED, // they are in the state
    FLAGS_ADD,    // a + b
    FLAGS_SUB,    // a - b
    FLAGS_LOGIC,  // of the result r: no carry, no overflow
    FLAGS_FLOAT,  // of numbers: r is 0, 1 or 2, for less, equal and greater
};

struct flags {
    enum flags_kind kind;
    bool stored;      // in the state too
    bool aux_stored;  // the word `aux` is
    uint8_t bits;     // 8 to 64
    uint8_t a, b, r;  // slots, EMIT_NONE: not there any more. b: or the constant
    bool is_constant; // b is
    uint64_t constant;
};

// Conditions of guests, in terms of the comparison a - b; of a sum, LO is its carry on x86, and no carry on Arm.
enum condition {
    IF_EQ,
    IF_NE,
    IF_LO,
    IF_HS,
    IF_LS,
    IF_HI,
    IF_LT,
    IF_GE,
    IF_LE,
    IF_GT,
    IF_MI,
    IF_PL,
    IF_VS,
    IF_VC,
    IF_PE,
    IF_PO
};

#define CACHED_MOST  16
#define VECTORS_MOST 16

struct slots {                    // what the registers of emit_cached hold
    uint8_t slot[CACHED_MOST];    // EMIT_NONE: nothing
    bool dirty[CACHED_MOST];      // the state has an older value
    uint32_t used[CACHED_MOST];   // when last, to choose one that is given up
    uint8_t vector[VECTORS_MOST]; // the same for those of emit_vectors
    bool vector_dirty[VECTORS_MOST];
    uint32_t vector_used[VECTORS_MOST];
};

struct cold { // a way that is seldom taken, behind the block's code
    struct emit_label from, back;
    struct slots before, after;
    struct flags flags;
    const struct op *op;
    enum { COLD_BODY, COLD_LEAVE, COLD_HEAD } kind; // call the op's body and go back; or leave
    uint64_t how;
    // Of numbers (float.c): zeros that were found where other numbers are expected; what must be usual to go back.
    struct {
        struct emit_label from, back;
        uint8_t vector;  // the register
        bool is_product; // it must be that of a factor that is 0
    } zeros[3];
    uint8_t zero_count, factors[2], bits;
    bool returns_no_more; // after the body the interpreter goes on
    uint32_t usual;       // vectors
};

// A block that jumps to its own beginning has two copies. The first loads slots into registers as they are used; the second begins
// with the registers and flags as the jump left them, and is run until the loop ends, with nothing written back in between.
struct own_loop {
    bool wanted;                  // an exit leads to the beginning
    bool found;                   // the first copy has the jump
    bool inside;                  // the second copy is being compiled
    struct emit_label again, out; // its head; where the first copy leaves by the other exit
    struct slots slots;
    struct flags flags;
};

struct compiler {
    struct emit e;
    const struct jit_guest *guest;
    const struct emit_shared *shared;
    struct block *block;
    struct slots slots;
    struct flags flags;
    uint32_t locked, vector_locked; // registers that the current template uses
    uint32_t clock;
    unsigned instruction;
    const struct op *op;        // being compiled
    bool done;                  // the rest of the block is not reached
    bool apart;                 // every way out leads to the interpreter
    bool needed[BLOCK_OPS + 1]; // flags after an op are looked at, or may be
    uint8_t temp_of[64];        // instruction + 1 that has written a slot of `temps`
    unsigned vector_temp_of;    // likewise
    uint32_t usual[2];          // vectors whose lane 0 is zero or a normal number, of 32 or of 64 bits
    struct cold cold[2 * BLOCK_OPS + 16];
    unsigned cold_count;
    struct own_loop loop;
    uint8_t constant;                  // the slot that was last given a constant, EMIT_NONE: none,
    uint64_t constant_value;           // and that
    uint32_t starts[2][BLOCK_OPS + 1]; // where the code of each op begins, in the first and the second copy;
    unsigned last;                     // the last op that has some
    uint32_t loop_head, end;           // where the second copy begins, and where both end
    uint32_t exits[2], misses[2];      // where the exits with links are, and where they go without one
    uint8_t *seldom, *seldom_end;      // where what is seldom run is written; NULL: behind the rest,
    uint8_t *often_end;                // which ends here
};

// --- slots -----------------------------------------------------------------------------------------------------------

unsigned use(struct compiler *c, unsigned slot);    // its value is in this register
unsigned define(struct compiler *c, unsigned slot); // its new value will be; the template writes all 64 bits
unsigned modify(struct compiler *c, unsigned slot); // both
void define_constant(struct compiler *c, unsigned slot, uint64_t value);
bool has_constant(const struct compiler *c, unsigned slot, uint64_t *value); // is its value known?
bool flags_needed(const struct compiler *c);                                 // after this op
unsigned borrow(struct compiler *c);                                         // a register for this op
// The state is up to date: before a way out. Temporaries of other instructions are left out.
void write_back(struct compiler *c);
unsigned slot_offset(const struct compiler *c, unsigned slot);

// --- vectors (vectors.c) ---------------------------------------------------------------------------------------------

// The same for vectors of the guest. A template defines all 16 bytes.
unsigned vector_use(struct compiler *c, unsigned vector);
unsigned vector_define(struct compiler *c, unsigned vector);
unsigned vector_modify(struct compiler *c, unsigned vector);
// `to` gets the value of `from`, whose own is lost: it must be the temporary one.
void vector_rename(struct compiler *c, unsigned to, unsigned from);
// For compile.c: what write_back, calls and the cold parts do with them.
void vectors_write_back(struct compiler *c, bool temporary_too);
void vectors_reload(struct compiler *c, const struct slots *slots);
void vectors_forget(struct compiler *c);
// The head of a loop: what of the registers at its first jump is kept for all turns; are they so now; and make them so.
void vectors_begin_loop(const struct compiler *c, struct slots *head);
bool vectors_fit(const struct compiler *c, const struct slots *head);
void vectors_make_fit(struct compiler *c, const struct slots *head);

// --- numbers (float.c) -----------------------------------------------------------------------------------------------

// A number is usual if it is zero or normal: neither denormal nor infinite nor a NaN. Where one of an op is not, its body runs.
//
// The op whose cold part this is needs a vector, which is in `reg`, to be usual.
void float_operand(struct compiler *c, struct cold *cold, unsigned bits, unsigned vector, unsigned reg);
// The result in `reg`, which the vector will get, must be usual, and unless it is a sum not so small that it may have been rounded from
// what is not. It may be 0 if it is a sum or a factor is 0 (EMIT_NONE: there is none).
void float_result(struct compiler *c, struct cold *cold, unsigned bits, unsigned vector, unsigned reg, bool is_sum,
                  unsigned factor, unsigned other);
// For a guest to which denormal numbers are as others: the result must be finite, and unless it is a sum as above.
void float_expect(struct compiler *c, struct cold *cold, unsigned bits, unsigned reg, bool is_sum, unsigned factor,
                  unsigned other);
// All lanes are numbers with at least this exponent, or 0; nothing is remembered. Uses V1.
void float_lanes(struct compiler *c, struct cold *cold, unsigned bits, unsigned reg, unsigned least, bool or_zero);
// The vector has become usual, or got the value of another one, 64 bits or 32.
void float_is_usual(struct compiler *c, unsigned bits, unsigned vector);
void float_copied(struct compiler *c, unsigned bits, unsigned to, unsigned from);
// For compile.c: the parts of a cold part before and after the body.
void float_before(struct compiler *c, struct cold *cold);
void float_after(struct compiler *c, struct cold *cold, struct emit_label *unusual);

// --- flags -----------------------------------------------------------------------------------------------------------

// The op being compiled sets all flags so. Call it when its operands are in registers and before the result is defined. `d` is the
// slot with the result, EMIT_NONE for a comparison; b EMIT_NONE: it is `constant`. FLAGS_LOGIC: a is the slot whose value is the
// result, or d.
void flags_set(struct compiler *c, enum flags_kind kind, unsigned bits, unsigned d, unsigned a, unsigned b,
               uint64_t constant);
// The word `aux` has been stored (if `needed` says so); the other one follows from slot d.
void flags_are_result(struct compiler *c, unsigned bits, unsigned d);
void flags_store(struct compiler *c);  // into the state, if they are not there
void flags_forget(struct compiler *c); // they are in the state now, or will be overwritten
// Emits a comparison for emit_branch, emit_select or emit_set: the condition to use. Get registers before.
enum emit_condition condition(struct compiler *c, enum condition wanted);

// --- memory ----------------------------------------------------------------------------------------------------------

// T1 has the address: looks it up, and goes to the op's body in the cold part if it is not plain memory. Then come the accesses
// through T1, and `memory_end` after the results are defined.
struct cold *memory_begin(struct compiler *c, enum emit_access access, unsigned bytes);
// The same; an address with one of the bits of `unaligned` goes to the body too.
struct cold *memory_begin_aligned(struct compiler *c, enum emit_access access, unsigned bytes, unsigned unaligned);
void memory_end(struct compiler *c, struct cold *cold);
// The op's body runs in the cold part, to which the template branches (cold->from), and comes back at memory_end.
struct cold *body_if(struct compiler *c);
extern const struct emit_tlb jit_tlb;

// --- ways out --------------------------------------------------------------------------------------------------------

void leave_through(struct compiler *c, const struct op *exit); // an exit; the state is written back
void leave_by_jump(struct compiler *c, const struct op *op,
                   enum native_how how); // the program counter is set: the jump cache
void leave_if(struct compiler *c, enum condition wanted,
              const struct op *op); // a conditional jump: exits op + 1 or op + 2
// The same by a comparison of the host: leave_begin, the comparison, leave_if_host.
void leave_begin(struct compiler *c);
void leave_if_host(struct compiler *c, enum emit_condition host, const struct op *op);
void leave_always(struct compiler *c, const struct op *exit); // an exit without a condition
void leave_now(struct compiler *c, const struct op *op, uint64_t how);
struct emit_label *leave_cold(struct compiler *c, const struct op *op, uint64_t how); // the state is written back

// For each op of a block: may the flags after it be looked at?
void find_needed(const struct jit_guest *guest, const struct block *block, bool *found);

// Compiles a block at e->at. False: it did not fit.
bool compile_block(struct compiler *c, struct block *block);

#endif
