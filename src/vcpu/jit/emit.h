// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions: what the code generator needs of a host's processor, one function for each kind of instruction. There is
// one file for each host, emit_x86_64.c and emit_arm64.c, and all else in vcpu/jit is the same on both.
//
// Registers are numbers of the host's. Some are fixed: the state (the guest's CPU), the program counter of the block, the
// budget and the TLB's table. EMIT_T0 to EMIT_T2 are scratch; those of `emit_cached` hold slots.
//
// Operations have three operands in any combination, also d == a or d == b. `bits` is 32 or 64; a 32-bit result clears the upper
// half. Those that set the host's condition are followed by emit_branch, emit_select or emit_set; between them only moves,
// constants, and loads and stores of the state may be emitted, which leave it alone.
#ifndef VCPU_JIT_EMIT_H
#define VCPU_JIT_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcpu/op.h"

#if defined(__x86_64__) && (defined(__linux__) || defined(__APPLE__) || defined(__unix__))
#define EMIT_X86_64  1
#define EMIT_PATCHES 1 // code may be written where it may be running
#define EMIT_REACHES 1 // every branch reaches all of the code memory
#elif defined(__AARCH64EL__) && (defined(__linux__) || defined(__APPLE__) || defined(__unix__))
#define EMIT_ARM64 1
#endif

struct emit {
    uint8_t *at, *begin, *end; // where it is written
    const uint8_t *code;       // where `begin` will be executed
    bool full;                 // it did not fit: what was written is of no use
};

enum { EMIT_NONE = 0xff }; // no register

extern const uint8_t emit_cached[]; // registers for slots; those that a call keeps come first
extern const unsigned emit_cached_count, emit_cached_kept;
extern const uint8_t EMIT_T0, EMIT_T1, EMIT_T2, EMIT_PC;

enum emit_alu { EMIT_ADD, EMIT_SUB, EMIT_AND, EMIT_OR, EMIT_XOR, EMIT_ANDN, EMIT_ORN, EMIT_XORN }; // ANDN: a & ~b
enum emit_shift { EMIT_SHL, EMIT_SHR, EMIT_SAR, EMIT_ROR };

// After emit_compare: a OP b. After emit_test: the result OP 0, but the unsigned ones.
enum emit_condition {
    EMIT_EQ,
    EMIT_NE,
    EMIT_LO, // unsigned
    EMIT_HS,
    EMIT_LS,
    EMIT_HI,
    EMIT_LT, // signed
    EMIT_GE,
    EMIT_LE,
    EMIT_GT,
    EMIT_MI, // bit 63 or 31 of the difference
    EMIT_PL,
    EMIT_VS, // signed overflow
    EMIT_VC,
};

// A place to jump to: forward references are chained through the instructions and resolved by emit_label.
struct emit_label {
    uint32_t refs; // offset + 1 of the last instruction that refers to it; 0: none
    uint32_t at;   // offset + 1 of the place; 0: not known yet
};

// --- moves -----------------------------------------------------------------------------------------------------------

void emit_move(struct emit *e, unsigned bits, unsigned d, unsigned a);
void emit_constant(struct emit *e, unsigned d, uint64_t value);
// The low `from` bits, 8, 16 or 32, extended to `bits`.
void emit_extend(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned from, bool sign);
// d = d with `count` bits from `at` on replaced by the low ones of a: 8 or 16 at 0, or 8 at 8. May use T2, and not as an operand.
void emit_insert(struct emit *e, unsigned d, unsigned a, unsigned count, unsigned at);
// 64 bits of the state at an offset; 32: the upper half of d is cleared.
void emit_state_load(struct emit *e, unsigned bits, unsigned d, unsigned offset);
void emit_state_store(struct emit *e, unsigned bits, unsigned offset, unsigned a);
void emit_state_store_constant(struct emit *e, unsigned offset, int32_t value); // 64 bits, uses no register but T2

// --- arithmetic ------------------------------------------------------------------------------------------------------

// ANDN, ORN and XORN may use T2, and not as an operand.
void emit_alu(struct emit *e, enum emit_alu alu, unsigned bits, unsigned d, unsigned a, unsigned b);
// May use T2.
void emit_alu_constant(struct emit *e, enum emit_alu alu, unsigned bits, unsigned d, unsigned a, uint64_t value);
// By b % bits. May use T1, and T2 but not as an operand.
void emit_shift(struct emit *e, enum emit_shift shift, unsigned bits, unsigned d, unsigned a, unsigned b);
void emit_shift_constant(struct emit *e, enum emit_shift shift, unsigned bits, unsigned d, unsigned a, unsigned count);
// a + (b << scale) + displacement; a or b may be EMIT_NONE; 64 bits; scale 0 to 3. May use T2, and not as a or b.
void emit_address(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned scale, int32_t displacement);
void emit_multiply(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned b);
// The upper 64 bits of the product. May use T0 and T2, which are neither a nor b.
void emit_multiply_high(struct emit *e, bool sign, unsigned d, unsigned a, unsigned b);
// May use T0 and T2, which are neither a nor b. b is not 0, and the quotient is representable.
void emit_divide(struct emit *e, bool sign, unsigned bits, unsigned d, unsigned a, unsigned b);
void emit_not(struct emit *e, unsigned bits, unsigned d, unsigned a);
void emit_negate(struct emit *e, unsigned bits, unsigned d, unsigned a);
void emit_swap(struct emit *e, unsigned bits, unsigned d, unsigned a); // the order of bytes
// Leading ones; `bits` for 0. May use T0 and T2.
void emit_count_zeros(struct emit *e, unsigned bits, unsigned d, unsigned a);

// --- conditions ------------------------------------------------------------------------------------------------------

// Here bits may be 8 and 16 too: of the low ones. All may use T2.
void emit_compare(struct emit *e, unsigned bits, unsigned a, unsigned b);
void emit_compare_constant(struct emit *e, unsigned bits, unsigned a, uint64_t value);
void emit_test(struct emit *e, unsigned bits, unsigned a, unsigned b); // of a & b
void emit_test_constant(struct emit *e, unsigned bits, unsigned a, uint64_t value);
void emit_branch(struct emit *e, enum emit_condition condition, struct emit_label *label);
void emit_jump(struct emit *e, struct emit_label *label);
void emit_label(struct emit *e, struct emit_label *label); // here
void emit_select(struct emit *e, enum emit_condition condition, unsigned bits, unsigned d, unsigned a, unsigned b);
void emit_set(struct emit *e, enum emit_condition condition, unsigned d); // 1 or 0, 64 bits

// --- flags -----------------------------------------------------------------------------------------------------------

// The word `aux` of a guest's CPU (x86_64/cpu.h, aarch64/cpu.h) for a + b or a - b in the low `bits`, 8 to 64: bit 63 the carry (of a
// difference: the borrow; `inverted`: neither), bit 62 that into the top bit, and with `half` bit 3 that out of bit 3 (not with
// `inverted`). It is stored at `offset` of the state. b may be EMIT_NONE: then it is `constant`. a and b are kept; T0 to T2 are used.
void emit_aux(struct emit *e, bool difference, unsigned bits, bool inverted, bool half, unsigned offset, unsigned a,
              unsigned b, uint64_t constant);

// --- guest memory ----------------------------------------------------------------------------------------------------

enum emit_access { EMIT_READ, EMIT_WRITE, EMIT_MODIFY };

// Where the code finds the TLB, as offsets of the state: the table of the current privilege and the mask of an entry's offset.
struct emit_tlb {
    unsigned table, mask;
};

// T1 holds a guest address: becomes the host's if the TLB has its page for this access; otherwise goes to `miss`, T1 as it was.
void emit_tlb(struct emit *e, const struct emit_tlb *tlb, enum emit_access access, unsigned bytes,
              struct emit_label *miss);
// [base + displacement] of `size` bytes.
void emit_load(struct emit *e, unsigned bits, unsigned d, unsigned base, int32_t displacement, unsigned size,
               bool sign);
void emit_store(struct emit *e, unsigned base, int32_t displacement, unsigned size, unsigned a);
void emit_store_constant(struct emit *e, unsigned base, int32_t displacement, unsigned size, int32_t value); // T2 too

// --- vectors ---------------------------------------------------------------------------------------------------------

// Registers of 16 bytes; lane 0 is the first. EMIT_V0 to EMIT_V3 are scratch; those of `emit_vectors` hold vectors of the guest, and
// a call keeps none. `lane` is the size of an element, 8 to 64 bits.
extern const uint8_t emit_vectors[];
extern const unsigned emit_vector_count; // 0: no function of this section may be called on this host
extern const uint8_t EMIT_V0, EMIT_V1, EMIT_V2, EMIT_V3;

// d = a OP b, lane by lane if nothing else is said. S and U: signed and unsigned.
enum emit_vector {
    EMIT_VAND,
    EMIT_VANDN, // a & ~b
    EMIT_VOR,
    EMIT_VXOR,
    EMIT_VADD,
    EMIT_VADDS, // saturated
    EMIT_VADDU,
    EMIT_VSUB,
    EMIT_VSUBS,
    EMIT_VSUBU,
    EMIT_VEQ, // all bits of the lane
    EMIT_VGTS,
    EMIT_VGTU,
    EMIT_VGES,
    EMIT_VGEU,
    EMIT_VMINS,
    EMIT_VMINU,
    EMIT_VMAXS,
    EMIT_VMAXU,
    EMIT_VAVGU,  // rounded up
    EMIT_VMUL,   // the lower half of the product
    EMIT_VMULHS, // the upper half
    EMIT_VMULHU,
    EMIT_VMULU,    // of lanes of 32 bits, every other one: products of 64 bits
    EMIT_VMULADD,  // of lanes of 16 bits: sums of two products, of 32 bits
    EMIT_VSAD,     // of bytes: the sum of the differences in each half, of 64 bits
    EMIT_VLOW,     // the lower halves of a and b, interleaved
    EMIT_VHIGH,    // the upper ones
    EMIT_VNARROWS, // lanes of a, then of b, to half the size; from signed, saturated
    EMIT_VNARROWU, // the same; the results are unsigned
    EMIT_VLOOKUP,  // bytes of a by the low four bits of those of b; 0 where bit 7 is set
    EMIT_VSHL,     // by the low 64 bits of b, all lanes
    EMIT_VSHR,
    EMIT_VSAR,
    EMIT_VABS,      // of b
    EMIT_VMULROUND, // of 16 bits: bits 30:15 of the product, rounded
    EMIT_VMULADDU,  // of bytes, unsigned ones of a and signed ones of b: sums of two products, of 16 bits, saturated
    EMIT_VSIGN,     // a, -a or 0 as b is
    EMIT_VADDPAIR,  // the sums of pairs of a, then of b
    EMIT_VSUBPAIR,
    EMIT_VKINDS
};

// Has this host an instruction for it, or a few?
bool emit_vector_can(enum emit_vector kind, unsigned lane);
void emit_vector(struct emit *e, enum emit_vector kind, unsigned lane, unsigned d, unsigned a,
                 unsigned b); // may use V2

void emit_vector_state_load(struct emit *e, unsigned d, unsigned offset); // 16 bytes
void emit_vector_state_store(struct emit *e, unsigned offset, unsigned a);
// 1 to 16 bytes of memory; the rest of d becomes 0. May use T2.
void emit_vector_read(struct emit *e, unsigned d, unsigned base, int32_t displacement, unsigned size);
void emit_vector_write(struct emit *e, unsigned base, int32_t displacement, unsigned size, unsigned a);

void emit_vector_move(struct emit *e, unsigned d, unsigned a);
void emit_vector_zero(struct emit *e, unsigned d);
void emit_vector_ones(struct emit *e, unsigned d);
void emit_vector_low(struct emit *e, unsigned bits, unsigned d, unsigned a); // the low 32 or 64; the rest 0
// The low 32 or 64 bits of d become those of a; the rest stays.
void emit_vector_put_low(struct emit *e, unsigned bits, unsigned d, unsigned a);
// From a register: 32 or 64 bits, the rest 0. And lane 0 to a register.
void emit_vector_from(struct emit *e, unsigned bits, unsigned d, unsigned a);
void emit_vector_to(struct emit *e, unsigned bits, unsigned d, unsigned a);
// Shifts of lanes by a constant from 0 to the lane's size.
void emit_vector_shift(struct emit *e, enum emit_shift shift, unsigned lane, unsigned d, unsigned a, unsigned count);
// 16 bytes from byte `count`, 0 to 16, of b:a (a below) on. b EMIT_NONE: zeros. a EMIT_NONE: zeros. May use V2.
bool emit_vector_can_extract(unsigned a, unsigned b);
void emit_vector_extract(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned count);
// Lanes 0 and 1 of a and 2 and 3 of b, by two bits of `order` each: of 32 bits.
void emit_vector_pick(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned order);
// The four lower or upper lanes of 16 bits in the order that `order` has, two bits each; the others as they are.
void emit_vector_order16(struct emit *e, bool upper, unsigned d, unsigned a, unsigned order);
// The top bits of the lanes, of 8, 32 or 64 bits, as a number.
void emit_vector_signs(struct emit *e, unsigned lane, unsigned d, unsigned a);

// --- floating point --------------------------------------------------------------------------------------------------

// Lane 0 of vectors, as numbers of 32 or 64 bits (IEEE 754), rounded to nearest, with the host's exceptions masked and its flags not
// looked at. What the host and a guest may do differently (NaNs, tiny results) is for the templates to find.
enum emit_float { EMIT_FADD, EMIT_FSUB, EMIT_FMUL, EMIT_FDIV, EMIT_FSQRT };

// d = a OP b, or the square root of b. `keeps`: the rest of d is that of a, else anything. May use V2.
void emit_float(struct emit *e, enum emit_float kind, unsigned bits, bool keeps, unsigned d, unsigned a, unsigned b);
// In all lanes, and not the square root. May use V2.
void emit_float_lanes(struct emit *e, enum emit_float kind, unsigned bits, unsigned d, unsigned a, unsigned b);
// a * b + x, rounded once; the rest of d is anything. May use V2.
bool emit_float_can_fuse(void);
void emit_float_fused(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned b, unsigned x);
// For emit_branch and emit_set with EQ, NE and the unsigned conditions. If one is a NaN it goes to `unordered`.
void emit_float_compare(struct emit *e, unsigned bits, unsigned a, unsigned b, struct emit_label *unordered);
// The rest of d is 0.
void emit_float_from_int(struct emit *e, unsigned bits, unsigned d, unsigned from_bits, unsigned a);
void emit_float_convert(struct emit *e, unsigned bits, unsigned d, unsigned a); // from the other size
// To a register; `bad` if it does not fit, and for the smallest integer and, on some hosts, the largest one.
void emit_float_to_int(struct emit *e, unsigned to_bits, unsigned d, unsigned bits, unsigned a, bool truncates,
                       struct emit_label *bad);

// --- the frame of a block --------------------------------------------------------------------------------------------

// What the pieces of code need that all blocks share.
struct emit_shared {
    unsigned state_left, state_pc, state_block, state_data; // offsets
    op_body *const *bodies;                                 // functions of ops by code
    unsigned native_of_head; // distance from a block's native code pointer up to its head
    unsigned count_in_head;  // where a head has the instructions of its block
    // Made by emit_shared:
    const uint8_t *enter;  // struct native_end (*)(cpu, code)
    const uint8_t *absent; // of a block without code: the head is in T0
    const uint8_t *leave;  // to the interpreter: T0 the op, T2 how
    const uint8_t *few;    // likewise with NATIVE_HEAD: T0 the head, which takes back what it took from the budget
    const uint8_t *exit;   // likewise with NATIVE_EXIT: T0 the block, T2 the distance of the exit in it
    const uint8_t *body;   // T0: an op, T2: its block. Calls its body; comes back if that answers OP_NEXT
    const uint8_t *jump;   // likewise for an op of class JUMP; goes on at the block that it answers
};

// The shared pieces, once.
void emit_shared(struct emit *e, struct emit_shared *shared);

// The head: takes `count` instructions from the budget; too few are left: `leave` (with the budget as it is after that).
void emit_head(struct emit *e, unsigned count, struct emit_label *leave);
// The program counter moves, in 64 bits or in 32.
void emit_move_pc(struct emit *e, unsigned bits, int32_t delta);
// Goes to the block at whose head T0 points.
void emit_go(struct emit *e, const struct emit_shared *shared);
// An exit that can be linked: goes to the code that `*target` points to. With EMIT_PATCHES `target` is not read: the exit is a jump,
// which goes to `label` until emit_link writes another. The result is where it is.
uint32_t emit_exit(struct emit *e, struct emit_label *label, const void *const *target);
#ifdef EMIT_PATCHES
// `place` is in writable memory; `from` and `to` are where it and the target are executed.
void emit_link(uint8_t *place, const uint8_t *from, const uint8_t *to);
#endif
// T0 = op, T2 = value.
void emit_leave(struct emit *e, const struct emit_shared *shared, const void *op, uint64_t how);
// The two ways to the interpreter that most blocks have, by the shared pieces: they are short.
void emit_leave_few(struct emit *e, const struct emit_shared *shared, const void *head);
void emit_leave_exit(struct emit *e, const struct emit_shared *shared, const void *block, const void *exit);
// Calls one of the shared pieces (body) or goes to it (jump): T0 = op, T2 = block.
void emit_call_body(struct emit *e, const struct emit_shared *shared, const void *op, const void *block);
void emit_jump_body(struct emit *e, const struct emit_shared *shared, const void *op, const void *block);

#endif
