// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions of the code generator: guest memory, and the frame of a block with its ways in and out.
#include "vcpu/jit/routine.h"

TestSuite(frame, .init = setup, .fini = teardown);

enum { ROUNDS = 400 };

// --- guest memory ----------------------------------------------------------------------------------------------------

static uint8_t ram[0x20000];
static uint8_t *const middle = ram + sizeof ram / 2;

static uint64_t extended(uint64_t value, unsigned size, bool sign, unsigned bits)
{
    return (sign ? (uint64_t)bits_sign(value, 8 * size) : value & bits_low(8 * size)) & bits_low(bits);
}

static int32_t near_displacement(void)
{
    int32_t far = (int32_t)below(0xff00) - 0x7f80, near = (int32_t)below(300) - 150;
    return below(2) ? far : near;
}

Test(frame, loads_and_stores_of_every_size)
{
    for (unsigned round = 0; round < 2 * ROUNDS; round++) {
        unsigned size = 1u << below(4), bits = size == 8 || below(2) ? 64 : 32;
        bool sign = below(2);
        struct operands o = any_operands(IN_T2);
        int32_t displacement = near_displacement();
        uint64_t value = random_value();
        memcpy(middle + displacement, &value, 8);
        begin();
        emit_load(&e, bits, host(o.d), host(o.a), displacement, size, sign);
        end();
        random_registers();
        state.before[o.a] = (uintptr_t)middle;
        run();
        check("load", bits, o.d, extended(value, size, sign, bits), 0);

        o.d = o.d == o.a ? (o.a == T0 ? T1 : T0) : o.d;
        begin();
        emit_store(&e, host(o.a), displacement, size, host(o.d));
        end();
        random_registers();
        state.before[o.a] = (uintptr_t)middle;
        uint64_t found, expected = bits_merge(value, state.before[o.d], bits_low(8 * size));
        run();
        check("store", size, MOST, 0, 0);
        memcpy(&found, middle + displacement, 8);
        cr_assert_eq(found, expected);

        int32_t constant = (int32_t)random_value();
        begin();
        emit_store_constant(&e, host(o.a), displacement, size, constant);
        end();
        random_registers();
        state.before[o.a] = (uintptr_t)middle;
        run();
        check("store constant", size, MOST, 0, IN_T2);
        expected = bits_merge(found, (uint64_t)(int64_t)constant, bits_low(8 * size));
        memcpy(&found, middle + displacement, 8);
        cr_assert_eq(found, expected);
    }
}

Test(frame, vectors_between_memory_and_the_state)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned size = 1u << below(5), base = any(IN_T2);
        bool far = below(2);
        unsigned offset = far ? offsetof(struct state, far_vector) : offsetof(struct state, vector[1]);
        uint8_t *vector = (uint8_t *)&state + offset, expected[16] = { 0 };
        int32_t displacement = near_displacement();
        for (unsigned i = 0; i < 16; i++)
            middle[displacement + (int)i] = (uint8_t)random64();
        memset(vector, 0x77, 16);
        memcpy(expected, middle + displacement, size);
        begin();
        emit_vector_read(&e, emit_vectors[0], host(base), displacement, size);
        emit_vector_state_store(&e, offset, emit_vectors[0]);
        end();
        random_registers();
        state.before[base] = (uintptr_t)middle;
        run();
        check("vector load", size, MOST, 0, IN_T2);
        cr_assert(memcmp(vector, expected, 16) == 0, "load of %u bytes at %d", size, displacement);

        for (unsigned i = 0; i < 16; i++)
            vector[i] = (uint8_t)random64();
        memcpy(expected, middle + displacement, 16);
        memcpy(expected, vector, size);
        begin();
        emit_vector_state_load(&e, EMIT_V0, offset);
        emit_vector_write(&e, host(base), displacement, size, EMIT_V0);
        end();
        random_registers();
        state.before[base] = (uintptr_t)middle;
        run();
        check("vector store", size, MOST, 0, IN_T2);
        cr_assert(memcmp(middle + displacement, expected, 16) == 0, "store of %u bytes at %d", size, displacement);
    }
}

// Two pages of a guest, one of which may not be written, and none for the others.
Test(frame, the_tlb_answers_or_misses)
{
    enum { ENTRIES = 64, PAGE = 4096 };
    static struct {
        uint64_t read, write, distance, other;
    } table[ENTRIES];
    const struct emit_tlb tlb = { .table = offsetof(struct state, table), .mask = offsetof(struct state, mask) };
    uint64_t both = UINT64_C(0xffff800012345000), read_only = UINT64_C(0x7000), write_only = UINT64_C(0xfffffffff9000);
    memset(table, 0xff, sizeof table);
    table[both / PAGE % ENTRIES].read = table[both / PAGE % ENTRIES].write = both;
    table[read_only / PAGE % ENTRIES].read = read_only;
    table[write_only / PAGE % ENTRIES].write = write_only;
    for (unsigned i = 0; i < ENTRIES; i++)
        table[i].distance = UINT64_C(0x1111111111) * (i + 1);
    state.table = table;
    state.mask = UINT64_C(0xdeadbeef00000000) | (ENTRIES - 1) * sizeof table[0]; // 32 bits of it

    for (unsigned round = 0; round < 3 * ROUNDS; round++) {
        enum emit_access access = (enum emit_access)below(3);
        unsigned bytes = 1u << below(6);
        struct emit_label miss = { 0, 0 };
        begin();
        emit_constant(&e, host(CACHED), 1);
        emit_tlb(&e, &tlb, access, bytes, &miss);
        emit_constant(&e, host(CACHED), 0);
        emit_label(&e, &miss);
        end();
        const uint64_t pages[] = {
            both, read_only, write_only, both + PAGE, both + ENTRIES * PAGE, random64() & ~UINT64_C(0xfff)
        };
        for (unsigned i = 0; i < countof(pages); i++) {
            unsigned within = below(2) ? below(PAGE) : PAGE - below(2 * bytes);
            uint64_t address = pages[i] + within % PAGE;
            bool fits = within % PAGE + bytes <= PAGE, reads = pages[i] == both || pages[i] == read_only,
                 writes = pages[i] == both || pages[i] == write_only;
            bool hit = fits && (access == EMIT_WRITE || reads) && (access == EMIT_READ || writes);
            random_registers();
            state.before[T1] = address;
            run();
            check("missed", bytes, CACHED, !hit, IN_TS);
            uint64_t expected = address + (hit ? table[address / PAGE % ENTRIES].distance : 0);
            cr_assert_eq(state.after[T1], expected);
        }
    }
}

// --- the frame of a block --------------------------------------------------------------------------------------------

Test(frame, the_head_charges_the_budget)
{
    for (unsigned count = 1; count <= 64; count++) {
        struct emit_label leave = { 0, 0 };
        struct op op = { .imm = count };
        begin();
        emit_head(&e, count, &leave);
        end();
        emit_label(&e, &leave);
        emit_leave_few(&e, &shared, &op);
        code_memory_end(&memory, (size_t)(e.begin - memory.write), (size_t)(e.at - e.begin));
        random_registers();
        run();
        cr_assert_eq(state.left, 1000 - count);
        cr_assert_eq(state.pc, state.before[PC]); // as the registers were loaded
        for (int64_t left = (int64_t)count - 1; left <= (int64_t)count; left++) {
            state.left = (uint64_t)left;
            struct native_end out = enter(&state, e.code);
            cr_assert(left < count ? out.how == NATIVE_HEAD && out.op == &op : out.how == DONE);
            cr_assert_eq(state.left, left < count ? (uint64_t)left : 0);
        }
    }
}

Test(frame, the_program_counter_moves)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        int32_t delta = random_displacement();
        unsigned bits = below(2) ? 64 : 32;
        begin();
        emit_move_pc(&e, bits, delta);
        end();
        random_registers();
        run();
        check("program counter", bits, PC, (state.before[PC] + (uint64_t)(int64_t)delta) & bits_low(bits), 0);
        cr_assert_eq(state.pc, state.after[PC]);
    }
}

static struct {
    const void *native;
    uint8_t between[192];
    struct op head, exit;
} block;

Test(frame, a_block_without_code_comes_back_with_its_head)
{
    _Static_assert(offsetof(__typeof__(block), head) == 200, "as routine.h has it");
    begin();
    emit_constant(&e, host(T0), (uintptr_t)&block.head);
    emit_go(&e, &shared);
    end();
    block.native = shared.absent;
    struct native_end out = run_it();
    cr_assert(out.op == &block.head && out.how == NATIVE_GO);
    cr_assert_eq(state.left, 1000);
}

Test(frame, an_exit_leads_where_it_is_linked_to)
{
    struct emit_label miss = { 0, 0 };
    const void *target = NULL;
    begin();
    uint32_t place = emit_exit(&e, &miss, &target);
    emit_label(&e, &miss);
    target = e.code + miss.at - 1;
    emit_leave_exit(&e, &shared, &block, &block.exit);
    uint32_t other = (uint32_t)(e.at - e.begin);
    end();
    struct native_end out = run_it();
    cr_assert(out.op == &block.exit && out.how == NATIVE_EXIT && state.block == &block);

    target = e.code + other;
    code_memory_begin(&memory);
#ifdef EMIT_PATCHES
    emit_link(e.begin + place, e.code + place, target);
#endif
    code_memory_end(&memory, (size_t)(e.begin - memory.write) + place, 8);
    random_registers();
    run();
    check("linked", 0, MOST, 0, IN_TS);

    target = e.code + miss.at - 1;
    code_memory_begin(&memory);
#ifdef EMIT_PATCHES
    emit_link(e.begin + place, e.code + place, target);
#endif
    code_memory_end(&memory, (size_t)(e.begin - memory.write) + place, 8);
    out = run_it();
    cr_assert(out.op == &block.exit && out.how == NATIVE_EXIT);
}

// --- bodies ----------------------------------------------------------------------------------------------------------

static const struct op *called;
static uint64_t called_pc, called_left;
static const struct op *jumped_to;

// Uses the registers and the stack that a function may.
static unsigned disturb(struct state *cpu, const struct op *op)
{
    char text[200];
    double sum = 0;
    cr_assert(cpu == &state);
    for (unsigned i = 0; i < 9; i++)
        sum +=
            (double)snprintf(text, sizeof text, "%p %u %u %u %u %f", (const void *)op, i, op->code, op->n, op->d, sum);
    called = op;
    called_pc = cpu->pc;
    called_left = cpu->left;
    return sum > 0 ? 0 : 1;
}

static enum op_out goes_on(struct state *cpu, const struct op *op)
{
    cpu->left -= 3; // as a body may that charges
    return disturb(cpu, op) ? OP_FAULT : OP_NEXT;
}

static enum op_out faults(struct state *cpu, const struct op *op)
{
    disturb(cpu, op);
    return OP_FAULT;
}

static const struct op *jumps(struct state *cpu, const struct op *op)
{
    disturb(cpu, op);
    cpu->pc = 0x8888;
    return jumped_to;
}

static void fill_bodies(void)
{
    bodies[3] = (op_body *)goes_on;
    bodies[5] = (op_body *)faults;
    bodies[7] = (op_body *)jumps;
}

// Registers that a call keeps have their values after it.
Test(frame, a_body_is_called_and_comes_back)
{
    struct op op = { .code = 3 }, bad = { .code = 5 };
    fill_bodies();
    begin();
    emit_call_body(&e, &shared, &op, &block);
    end();
    random_registers();
    run();
    cr_assert(called == &op && state.block == &block && called_left == 997 && called_pc == state.before[PC]);
    cr_assert_eq(state.left, 997);
    uint32_t lost = IN_TS;
    for (unsigned i = emit_cached_kept; i < emit_cached_count; i++)
        lost |= BIT32(CACHED + i);
    check("call", 0, MOST, 0, lost);

    begin();
    emit_call_body(&e, &shared, &bad, &block);
    end();
    random_registers();
    struct native_end out = run_it();
    cr_assert(out.op == &bad && out.how == OP_FAULT);
    cr_assert(called == &bad && state.left == 1000 && state.pc == state.before[PC]);
}

Test(frame, a_jump_goes_on_at_the_block_that_it_finds)
{
    struct op op = { .code = 7 };
    fill_bodies();
    begin();
    store_all();
    uint8_t *goes = e.at;
    end();
    const uint8_t *code = e.code + (goes - e.begin); // stores and leaves

    begin();
    emit_jump_body(&e, &shared, &op, &block);
    end();
    block.native = code;
    jumped_to = &block.head;
    random_registers();
    struct native_end out = run_it();
    cr_assert(out.how == DONE && called == &op && state.block == &block);
    cr_assert_eq(state.pc, 0x8888);
    cr_assert_eq(state.after[PC], 0x8888);

    jumped_to = NULL;
    out = run_it();
    cr_assert(out.how == NATIVE_STOP && out.op == NULL);
    cr_assert_eq(state.pc, 0x8888);
}

// Registers of the caller's that a function must keep: the compiler has values in them here.
Test(frame, the_callers_registers_are_kept)
{
    uint64_t v[12];
    begin();
    for (unsigned i = 0; i < registers(); i++)
        emit_constant(&e, host(i), random64());
    end();
    for (unsigned i = 0; i < countof(v); i++)
        v[i] = random64();
    uint64_t a = v[0], b = v[1], c = v[2], d = v[3], f = v[4], g = v[5], h = v[6], k = v[7], l = v[8], m = v[9];
    __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(f));
    __asm__ volatile("" : "+r"(g), "+r"(h), "+r"(k), "+r"(l), "+r"(m));
    run_it();
    cr_assert(a == v[0] && b == v[1] && c == v[2] && d == v[3] && f == v[4]);
    cr_assert(g == v[5] && h == v[6] && k == v[7] && l == v[8] && m == v[9]);
}
