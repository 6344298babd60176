// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions of the code generator: moves, arithmetic, conditions and flags are executed on this host, with registers in all
// combinations, and compared with C. Memory and the frame are in test_frame.c, the encodings themselves in bytes/.
#include "vcpu/jit/routine.h"

TestSuite(emit, .init = setup, .fini = teardown);

enum { ROUNDS = 400, VALUES = 8 };

#define CHECK_ALL(what, bits, o, expected, but)                                                                        \
    do {                                                                                                               \
        end();                                                                                                         \
        for (unsigned value_ = 0; value_ < VALUES; value_++) {                                                         \
            random_registers();                                                                                        \
            run();                                                                                                     \
            uint64_t a = state.before[(o).a], b = state.before[(o).b], d = state.before[(o).d];                        \
            (void)a, (void)b, (void)d;                                                                                 \
            check(what, bits, (o).d, expected, but);                                                                   \
        }                                                                                                              \
    } while (0)

static unsigned word_or_double(void)
{
    return below(2) ? 64 : 32;
}

// --- moves -----------------------------------------------------------------------------------------------------------

Test(emit, moves_and_constants)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct operands o = any_operands(0);
        unsigned bits = word_or_double();
        begin();
        emit_move(&e, bits, host(o.d), host(o.a));
        CHECK_ALL("move", bits, o, a & bits_low(bits), 0);

        uint64_t value = random_value();
        begin();
        emit_constant(&e, host(o.d), value);
        CHECK_ALL("constant", 64, o, value, 0);
    }
}

Test(emit, extensions_from_every_size)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct operands o = any_operands(0);
        unsigned from = 8u << below(3), bits = word_or_double();
        bool sign = below(2);
        begin();
        emit_extend(&e, bits, host(o.d), host(o.a), from, sign);
        CHECK_ALL(sign ? "sign" : "zero", from, o,
                  (sign ? (uint64_t)bits_sign(a, from) : a & bits_low(from)) & bits_low(bits), 0);
    }
}

Test(emit, insertions_into_the_two_low_bytes)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct operands o = any_operands(IN_T2);
        unsigned at = below(2) * 8, count = at ? 8 : 8u << below(2);
        begin();
        emit_insert(&e, host(o.d), host(o.a), count, at);
        CHECK_ALL("insert", count + at, o, bits_merge(d, a << at, bits_low(count) << at), IN_T2);
    }
}

Test(emit, the_state_near_and_far)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct operands o = any_operands(0);
        unsigned bits = word_or_double(),
                 offset = below(2) ? offsetof(struct state, word) : offsetof(struct state, far);
        uint64_t *word = (uint64_t *)(void *)((char *)&state + offset);
        begin();
        emit_state_load(&e, bits, host(o.d), offset);
        *word = random64();
        CHECK_ALL("state", bits, o, *word & bits_low(bits), 0);

        begin();
        emit_state_store(&e, bits, offset, host(o.a));
        end();
        random_registers();
        uint64_t expected = bits_merge(*word, state.before[o.a], bits_low(bits));
        run();
        check("state store", bits, MOST, 0, 0);
        cr_assert_eq(*word, expected);

        int32_t value = (int32_t)random_value();
        begin();
        emit_state_store_constant(&e, offset, value);
        end();
        random_registers();
        run();
        check("state store constant", 64, MOST, 0, IN_T2);
        cr_assert_eq(*word, (uint64_t)(int64_t)value);
    }
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

static uint64_t alu(enum emit_alu which, unsigned bits, uint64_t a, uint64_t b)
{
    uint64_t value = 0;
    switch (which) {
    case EMIT_ADD: value = a + b; break;
    case EMIT_SUB: value = a - b; break;
    case EMIT_AND: value = a & b; break;
    case EMIT_OR: value = a | b; break;
    case EMIT_XOR: value = a ^ b; break;
    case EMIT_ANDN: value = a & ~b; break;
    case EMIT_ORN: value = a | ~b; break;
    case EMIT_XORN: value = a ^ ~b; break;
    }
    return value & bits_low(bits);
}

static const char *const alu_name[] = { "add", "sub", "and", "or", "xor", "andn", "orn", "xorn" };

Test(emit, two_operands)
{
    for (unsigned round = 0; round < 4 * ROUNDS; round++) {
        enum emit_alu which = (enum emit_alu)below(8);
        unsigned but = which >= EMIT_ANDN ? IN_T2 : 0, bits = word_or_double();
        struct operands o = any_operands(but);
        begin();
        emit_alu(&e, which, bits, host(o.d), host(o.a), host(o.b));
        CHECK_ALL(alu_name[which], bits, o, alu(which, bits, a, b), but);
    }
}

Test(emit, an_operand_and_a_constant)
{
    for (unsigned round = 0; round < 8 * ROUNDS; round++) {
        enum emit_alu which = (enum emit_alu)below(8);
        unsigned bits = word_or_double();
        struct operands o = any_operands(IN_T2);
        uint64_t value = random_value();
        begin();
        emit_alu_constant(&e, which, bits, host(o.d), host(o.a), value);
        CHECK_ALL(alu_name[which], bits, o, alu(which, bits, a, value), IN_T2);
    }
}

static uint64_t shifted(enum emit_shift which, unsigned bits, uint64_t a, uint64_t count)
{
    unsigned n = count % bits;
    a &= bits_low(bits);
    switch (which) {
    case EMIT_SHL: return a << n & bits_low(bits);
    case EMIT_SHR: return a >> n;
    case EMIT_SAR: return (uint64_t)(bits_sign(a, bits) >> n) & bits_low(bits);
    default: return n ? (a >> n | a << (bits - n)) & bits_low(bits) : a;
    }
}

static const char *const shift_name[] = { "shl", "shr", "sar", "ror" };

Test(emit, shifts)
{
    for (unsigned round = 0; round < 2 * ROUNDS; round++) {
        enum emit_shift which = (enum emit_shift)below(4);
        unsigned bits = word_or_double();
        struct operands o = any_operands(IN_T2);
        begin();
        emit_shift(&e, which, bits, host(o.d), host(o.a), host(o.b));
        CHECK_ALL(shift_name[which], bits, o, shifted(which, bits, a, b), IN_T1 | IN_T2);

        o = any_operands(0);
        unsigned count = below(bits);
        begin();
        emit_shift_constant(&e, which, bits, host(o.d), host(o.a), count);
        CHECK_ALL(shift_name[which], bits, o, shifted(which, bits, a, count), 0);
    }
}

Test(emit, addresses)
{
    for (unsigned round = 0; round < 2 * ROUNDS; round++) {
        struct operands o = any_operands(IN_T2);
        bool has_a = below(4), has_b = below(4);
        unsigned scale = below(4);
        int32_t displacement = random_displacement();
        begin();
        emit_address(&e, host(o.d), has_a ? host(o.a) : EMIT_NONE, has_b ? host(o.b) : EMIT_NONE, scale, displacement);
        CHECK_ALL("address", scale, o, (has_a ? a : 0) + (has_b ? b << scale : 0) + (uint64_t)(int64_t)displacement,
                  IN_T2);
    }
}

// The upper half, by parts of 32 bits.
static uint64_t high(bool sign, uint64_t a, uint64_t b)
{
    uint64_t al = (uint32_t)a, ah = a >> 32, bl = (uint32_t)b, bh = b >> 32;
    uint64_t middle = ah * bl + (al * bl >> 32), other = al * bh + (uint32_t)middle;
    uint64_t value = ah * bh + (middle >> 32) + (other >> 32);
    return sign ? value - (a >> 63 ? b : 0) - (b >> 63 ? a : 0) : value;
}

static uint64_t quotient(bool sign, unsigned bits, uint64_t a, uint64_t b)
{
    if (sign)
        return (uint64_t)(bits_sign(a, bits) / bits_sign(b, bits)) & bits_low(bits);
    return (a & bits_low(bits)) / (b & bits_low(bits));
}

// Is it an operand that the templates do not pass?
static bool traps(bool sign, unsigned bits, uint64_t a, uint64_t b)
{
    return bits_sign(b, bits) == 0 ||
           (sign && bits_sign(b, bits) == -1 && bits_sign(a, bits) == bits_sign(BIT64(bits - 1), bits));
}

Test(emit, products_and_quotients)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned bits = word_or_double();
        bool sign = below(2);
        struct operands o = any_operands(0);
        begin();
        emit_multiply(&e, bits, host(o.d), host(o.a), host(o.b));
        CHECK_ALL("multiply", bits, o, a * b & bits_low(bits), 0);

        o = any_operands(IN_T0 | IN_T2);
        begin();
        emit_multiply_high(&e, sign, host(o.d), host(o.a), host(o.b));
        CHECK_ALL("multiply high", 64, o, high(sign, a, b), IN_T0 | IN_T2);

        begin();
        emit_divide(&e, sign, bits, host(o.d), host(o.a), host(o.b));
        end();
        for (unsigned i = 0; i < VALUES; i++) {
            do
                random_registers();
            while (traps(sign, bits, state.before[o.a], state.before[o.b]));
            run();
            check("divide", bits, o.d, quotient(sign, bits, state.before[o.a], state.before[o.b]), IN_T0 | IN_T2);
        }
    }
}

static uint64_t swapped(unsigned bits, uint64_t a)
{
    return bits == 64 ? __builtin_bswap64(a) : __builtin_bswap32((uint32_t)a);
}

static uint64_t zeros(unsigned bits, uint64_t a)
{
    a &= bits_low(bits);
    return a ? bits - 1 - bits_highest(a) : bits;
}

Test(emit, one_operand)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned bits = word_or_double();
        struct operands o = any_operands(0);
        begin();
        emit_not(&e, bits, host(o.d), host(o.a));
        CHECK_ALL("not", bits, o, ~a & bits_low(bits), 0);
        begin();
        emit_negate(&e, bits, host(o.d), host(o.a));
        CHECK_ALL("negate", bits, o, -a & bits_low(bits), 0);
        begin();
        emit_swap(&e, bits, host(o.d), host(o.a));
        CHECK_ALL("swap", bits, o, swapped(bits, a), 0);
        begin();
        emit_count_zeros(&e, bits, host(o.d), host(o.a));
        CHECK_ALL("count zeros", bits, o, zeros(bits, a), IN_T0 | IN_T2);
    }
}

// --- conditions ------------------------------------------------------------------------------------------------------

static bool holds(enum emit_condition condition, unsigned bits, uint64_t a, uint64_t b)
{
    int64_t sa = bits_sign(a, bits), sb = bits_sign(b, bits);
    uint64_t difference = (a - b) & bits_low(bits), ua = a & bits_low(bits), ub = b & bits_low(bits);
    bool negative = difference >> (bits - 1), overflow = (sa < sb) != negative;
    switch (condition) {
    case EMIT_EQ: return ua == ub;
    case EMIT_NE: return ua != ub;
    case EMIT_LO: return ua < ub;
    case EMIT_HS: return ua >= ub;
    case EMIT_LS: return ua <= ub;
    case EMIT_HI: return ua > ub;
    case EMIT_LT: return sa < sb;
    case EMIT_GE: return sa >= sb;
    case EMIT_LE: return sa <= sb;
    case EMIT_GT: return sa > sb;
    case EMIT_MI: return negative;
    case EMIT_PL: return !negative;
    case EMIT_VS: return overflow;
    case EMIT_VC: return !overflow;
    }
    return false;
}

// Without the unsigned ones after a test.
static enum emit_condition any_condition(bool test)
{
    enum emit_condition condition;
    do
        condition = (enum emit_condition)below(EMIT_VC + 1);
    while (test && condition >= EMIT_LO && condition <= EMIT_HI);
    return condition;
}

enum use { BRANCH, SELECT, SET, USES };

// Something is compared, then used in one of the three ways. `b` may be a constant.
static void compare(bool test, bool is_constant, unsigned bits, struct operands c, uint64_t constant, enum use use)
{
    enum emit_condition condition = any_condition(test);
    struct operands o = any_operands(IN_T2); // of the use
    unsigned width = word_or_double();
    struct emit_label label = { 0, 0 };
    begin();
    if (test && is_constant)
        emit_test_constant(&e, bits, host(c.a), constant);
    else if (test)
        emit_test(&e, bits, host(c.a), host(c.b));
    else if (is_constant)
        emit_compare_constant(&e, bits, host(c.a), constant);
    else
        emit_compare(&e, bits, host(c.a), host(c.b));
    if (use == SET) {
        emit_set(&e, condition, host(o.d));
    } else if (use == SELECT) {
        emit_select(&e, condition, width, host(o.d), host(o.a), host(o.b));
    } else { // what may be between them
        emit_state_load(&e, 64, host(o.d), (unsigned)(offsetof(struct state, before) + 8 * o.b));
        emit_branch(&e, condition, &label);
        emit_constant(&e, host(o.d), 1);
        emit_label(&e, &label);
    }
    end();
    for (unsigned i = 0; i < VALUES; i++) {
        random_registers();
        if (below(3) == 0)
            state.before[c.b] = state.before[c.a] + below(3) - 1;
        if (is_constant && below(3) == 0)
            state.before[c.a] = constant + below(3) - 1;
        run();
        uint64_t a = state.before[c.a], b = is_constant ? constant : state.before[c.b];
        bool yes = test ? holds(condition, bits, a & b, 0) : holds(condition, bits, a, b);
        uint64_t then = state.before[use == BRANCH ? o.b : o.a], other = use == BRANCH ? 1 : state.before[o.b];
        uint64_t value = use == SET ? yes : (yes ? then : other) & bits_low(use == SELECT ? width : 64);
        char what[64];
        snprintf(what, sizeof what, "%s%s, condition %d, use %d, of %llx, %llx", test ? "test" : "compare",
                 is_constant ? " constant" : "", condition, use, (unsigned long long)a, (unsigned long long)b);
        check(what, bits, o.d, value, IN_T2);
    }
}

Test(emit, comparisons)
{
    for (unsigned round = 0; round < 4 * ROUNDS; round++)
        compare(false, false, 8u << below(4), any_operands(IN_T2), 0, (enum use)(round % USES));
}

Test(emit, comparisons_with_constants)
{
    for (unsigned round = 0; round < 4 * ROUNDS; round++)
        compare(false, true, 8u << below(4), any_operands(IN_T2), random_value(), (enum use)(round % USES));
}

Test(emit, tests_of_bits)
{
    for (unsigned round = 0; round < 4 * ROUNDS; round++)
        compare(true, false, 8u << below(4), any_operands(IN_T2), 0, (enum use)(round % USES));
}

Test(emit, tests_of_constant_bits)
{
    for (unsigned round = 0; round < 4 * ROUNDS; round++)
        compare(true, true, 8u << below(4), any_operands(IN_T2), random_value(), (enum use)(round % USES));
}

Test(emit, labels_before_and_behind)
{
    struct emit_label out = { 0, 0 }, loop = { 0, 0 };
    unsigned sum = host(CACHED), n = host(T0);
    begin(); // adds numbers until one is 0, or the sum is 10 or 21
    emit_constant(&e, sum, 0);
    emit_label(&e, &loop);
    emit_compare_constant(&e, 64, n, 0);
    emit_branch(&e, EMIT_EQ, &out);
    emit_alu(&e, EMIT_ADD, 64, sum, sum, n);
    emit_compare_constant(&e, 64, sum, 10);
    emit_branch(&e, EMIT_EQ, &out);
    emit_alu_constant(&e, EMIT_SUB, 64, n, n, 1);
    emit_compare_constant(&e, 64, sum, 21);
    emit_branch(&e, EMIT_NE, &loop);
    emit_jump(&e, &out);
    emit_constant(&e, sum, 77);
    emit_label(&e, &out);
    end();
    for (unsigned i = 0; i < 12; i++) {
        unsigned sum_of = 0;
        for (unsigned k = i; k && sum_of != 10 && sum_of != 21; k--)
            sum_of += k;
        random_registers();
        state.before[T0] = i;
        run();
        check("loop", 64, CACHED, sum_of, IN_TS);
    }
}

Test(emit, code_that_does_not_fit_is_noticed)
{
    begin();
    e.end = e.at + 2;
    emit_constant(&e, host(CACHED), random64());
    cr_assert(e.full);
    cr_assert_leq(e.at, e.end);
}

// --- flags -----------------------------------------------------------------------------------------------------------

static uint64_t aux(bool difference, unsigned bits, bool inverted, bool half, uint64_t a, uint64_t b)
{
    uint64_t result = difference ? a - b : a + b;
    uint64_t into = a ^ b ^ result; // bit n: into bit n
    uint64_t ua = a & bits_low(bits), ub = b & bits_low(bits);
    bool out = difference ? ua < ub : ((ua + ub) & bits_low(bits)) < ua;
    uint64_t value = (uint64_t)(out ^ inverted) << 63 | ((into >> (bits - 1) & 1) ^ inverted) << 62;
    return value | (half ? (into >> 4 & 1) << 3 : 0);
}

Test(emit, the_word_with_the_carries)
{
    for (unsigned round = 0; round < 4 * ROUNDS; round++) {
        struct operands o = any_operands(IN_TS);
        bool difference = below(2), is_constant = below(2), inverted = difference && below(2),
             half = !inverted && below(2);
        unsigned bits = 8u << below(4);
        uint64_t constant = below(4) ? random_value() : below(2) * 0x10000;
        begin();
        emit_aux(&e, difference, bits, inverted, half, offsetof(struct state, word), host(o.a),
                 is_constant ? EMIT_NONE : host(o.b), constant);
        end();
        for (unsigned i = 0; i < VALUES; i++) {
            random_registers();
            state.word = random64();
            run();
            check("aux", bits, MOST, 0, IN_TS);
            uint64_t a = state.before[o.a], b = is_constant ? constant : state.before[o.b];
            uint64_t expected = aux(difference, bits, inverted, half, a, b);
            cr_assert(state.word == expected, "aux of %llx %c %llx, %u bits%s%s: %llx, not %llx", (unsigned long long)a,
                      difference ? '-' : '+', (unsigned long long)b, bits, inverted ? " inverted" : "",
                      half ? " half" : "", (unsigned long long)state.word, (unsigned long long)expected);
        }
    }
}
