// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random instructions on random registers and memory, executed by us and by qemu-aarch64 (oracle.S), and compared.
// Where qemu-aarch64, clang or ld.lld is missing, the test is skipped with a message, or fails if INTACT_NO_SKIP is
// set.
//
// A form is an instruction of the assembler: the bits that are fixed, and rules for the others, so that the access
// stays in the window and the branch in the space around the code. In the environment, INTACT_TRIALS is the number of
// trials of each form, and INTACT_SEED chooses others.
#ifndef TESTS_VCPU_AARCH64_ORACLE_H
#define TESTS_VCPU_AARCH64_ORACLE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "rig.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/float/simd.h"

#define ORACLE_CODE   UINT64_C(0x370000)
#define ORACLE_WINDOW UINT64_C(0x38ff80) // on two pages
#define ORACLE_BYTES  256u
#define ORACLE_NEAR   8000 // words that a branch goes at most

struct oracle_record { // the same layout as in oracle.S
    uint32_t word[2];
    uint32_t fpcr, fpsr, nzcv;
    uint32_t stop;  // the number of the signal, 0: both instructions were executed
    uint64_t pc;    // where it stopped, from the code's start
    uint64_t x[32]; // the last is SP
    union a64_vector v[32];
    uint8_t memory[ORACLE_BYTES];
};

enum oracle_kind {
    ORACLE_DATA,      // anything goes
    ORACLE_WILD,      // addresses that are nowhere: whether there is such an instruction
    ORACLE_UNSIGNED,  // [Rn, #imm12 << size]
    ORACLE_INDEX,     // [Rn, Rm, extend #s]
    ORACLE_LITERAL,   // PC + imm19 * 4
    ORACLE_CACHE,     // [Rt]
    ORACLE_NINE,      // [Rn, #imm9], and pre-indexed
    ORACLE_POST,      // [Rn], and post-indexed
    ORACLE_PAIR,      // [Rn, #imm7 << size], and pre-indexed
    ORACLE_PAIR_POST, // [Rn], and post-indexed
    ORACLE_ALIGNED,   // [Rn], aligned
    ORACLE_COMPARE,   // [Rn], aligned, and Rs is often the value in memory
    ORACLE_EXCLUSIVE, // [Rn], aligned; a store is mostly behind a load
    ORACLE_BRANCH26,
    ORACLE_BRANCH19,
    ORACLE_BRANCH14,
    ORACLE_BRANCHREG,
};

struct oracle_form {
    const char *name;
    uint32_t value, mask; // the bits that are fixed
    enum oracle_kind kind;
    unsigned size, bytes; // log2 of an element; all that is accessed, 0: one element
};

static uint64_t oracle_state = UINT64_C(0x9e3779b97f4a7c15); // the seed

static inline uint64_t oracle_random(void) // xorshift64*
{
    oracle_state ^= oracle_state >> 12;
    oracle_state ^= oracle_state << 25;
    oracle_state ^= oracle_state >> 27;
    return oracle_state * UINT64_C(0x2545f4914f6cdd1d);
}

// A number of a format (exponent and fraction bits) that is likely to matter.
static inline uint64_t oracle_number(unsigned exponent_bits, unsigned fraction_bits)
{
    const uint64_t random = oracle_random(), exponents = bits_low(exponent_bits), fractions = bits_low(fraction_bits);
    const uint64_t bias = exponents >> 1;
    uint64_t exponent = random >> 8 & exponents, fraction = oracle_random() & fractions;
    switch (random & 15) {
    case 0: exponent = 0, fraction = 0; break;
    case 1: exponent = exponents, fraction = 0; break;
    case 2: exponent = exponents, fraction |= (fractions + 1) / 2; break;
    case 3: exponent = exponents, fraction &= fractions / 2; break;
    case 4: exponent = 0; break;
    case 5: exponent = random >> 8 & 3; break;
    case 6: exponent = exponents - (random >> 8 & 3); break;
    case 7: // where products and sums nearly cancel
        exponent = bias + (random >> 8 & 1);
        fraction = ((random >> 20 & 3) - 1) & fractions;
        break;
    case 8:
    case 9: exponent = bias + (random >> 8 & 7) - 3; break;
    case 10:
        exponent = bias + (random >> 8) % (fraction_bits + 4);
        fraction &= fractions << (random >> 20) % fraction_bits;
        break;
    case 11: exponent = bias + 28 + (random >> 8 & 7); break;
    case 12: exponent = bias - fraction_bits + (random >> 8 & 7); break;
    case 13: fraction = (random >> 20 & 1) ? fractions : 0; break;
    default: break;
    }
    const uint64_t sign = random >> 40 & 1;
    return sign << (exponent_bits + fraction_bits) | (exponent & exponents) << fraction_bits | (fraction & fractions);
}

static inline union a64_vector oracle_vector(void)
{
    union a64_vector v;
    const unsigned kind = oracle_random() % 6;
    for (unsigned i = 0; i < 8; i++)
        v.h[i] = (uint16_t)oracle_number(5, 10);
    for (unsigned i = 0; i < 4 && kind >= 1; i++)
        v.s[i] = (uint32_t)oracle_number(8, 23);
    for (unsigned i = 0; i < 2 && kind >= 3; i++)
        v.d[i] = oracle_number(11, 52);
    for (unsigned i = 0; i < 16 && kind == 5; i++) {
        static const uint8_t usual[] = { 0, 1, 0x7f, 0x80, 0xff, 7, 0xf9, 0x40 };
        const uint64_t random = oracle_random();
        v.b[i] = random & 1 ? (uint8_t)(random >> 8) : usual[random >> 8 & 7];
    }
    return v;
}

// An integer that is likely to matter.
static inline uint64_t oracle_integer(void)
{
    static const uint64_t usual[] = {
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, BIT64(63), UINT64_MAX, BIT64(32),
    };
    const uint64_t random = oracle_random();
    switch (random & 7) {
    case 0:
    case 1: return usual[(random >> 8) % countof(usual)];
    case 2: return random >> 8 & 0xff;
    case 3: return 0 - (random >> 8 & 0xff);
    case 4: return oracle_number(11, 52) >> (random >> 8 & 63);
    case 5: return oracle_number(11, 52);
    default: return oracle_random();
    }
}

// --- where a form may go ---------------------------------------------------------------------------------------------

static inline unsigned oracle_field(uint32_t word, unsigned high, unsigned low)
{
    return (unsigned)bits_get(word, high, low);
}

static inline void oracle_set(uint32_t *word, unsigned high, unsigned low, uint64_t value)
{
    *word = (uint32_t)bits_merge(*word, value << low, bits_low(high - low + 1) << low);
}

// Registers that must not be the same are not: what the instruction does otherwise is left open (section K1.2).
static inline void oracle_part(const struct oracle_form *form, uint32_t *word)
{
    static const uint8_t fields[] = { 5, 0, 10, 16 };
    const bool pair = form->kind == ORACLE_PAIR || form->kind == ORACLE_PAIR_POST;
    const bool nine = form->kind == ORACLE_NINE || form->kind == ORACLE_POST;
    uint32_t used = 0;
    for (unsigned i = 0; i < countof(fields); i++) {
        const unsigned at = fields[i];
        if ((form->mask >> at & 30) || (nine && at >= 10) || (pair && at == 16))
            continue;
        unsigned number = *word >> at & 31;
        while (used >> number & 1)
            number = (number + 2) & 31;
        used |= BIT32(number);
        oracle_set(word, at + 4, at, number);
    }
}

static inline uint64_t oracle_extended(const struct oracle_record *record, uint32_t word, unsigned size)
{
    const unsigned m = oracle_field(word, 20, 16), option = oracle_field(word, 15, 13);
    const uint64_t index = m == 31 ? 0 : record->x[m];
    const uint64_t extended = option == 2 ? (uint32_t)index : option == 6 ? (uint64_t)(int32_t)index : index;
    return extended << (oracle_field(word, 12, 12) ? size : 0);
}

// The first instruction of a store exclusive: the load of the same address and size, into registers of no use.
static inline uint32_t oracle_armed(uint32_t store)
{
    uint32_t load = (store & 0xffe003e0) | 0x00400000 | 0x1f0000 | 31;
    const bool pair = store & BIT32(21);
    unsigned free = 0;
    while (free == oracle_field(store, 4, 0) || free == oracle_field(store, 9, 5) ||
           free == oracle_field(store, 14, 10) || free == oracle_field(store, 20, 16))
        free++;
    return load | (pair ? free : 31u) << 10;
}

static inline void oracle_aim(struct oracle_record *record, const struct oracle_form *form, uint32_t *word)
{
    const unsigned bytes = form->bytes ? form->bytes : 1u << form->size;
    const bool aligned = form->kind >= ORACLE_ALIGNED;
    uint64_t target = ORACLE_WINDOW + oracle_random() % (ORACLE_BYTES - bytes + 1), offset = 0;
    if (aligned)
        target &= ~(uint64_t)(bytes - 1);
    if (form->kind >= ORACLE_NINE)
        oracle_part(form, word);
    unsigned n = oracle_field(*word, 9, 5);
    switch (form->kind) {
    case ORACLE_UNSIGNED: offset = (uint64_t)oracle_field(*word, 21, 10) << form->size; break;
    case ORACLE_NINE: offset = (uint64_t)bits_sign(*word >> 12, 9); break;
    case ORACLE_PAIR: offset = (uint64_t)bits_sign(*word >> 15, 7) << form->size; break;
    case ORACLE_INDEX:
        if (oracle_field(*word, 20, 16) == n)
            oracle_set(word, 9, 5, n = (n + 1) & 31);
        offset = oracle_extended(record, *word, form->size);
        break;
    case ORACLE_LITERAL: oracle_set(word, 23, 5, (target - ORACLE_CODE) / 4); return;
    case ORACLE_CACHE: oracle_set(word, 4, 0, n = oracle_field(*word, 4, 0) % 31); break;
    default: break;
    }
    if (form->kind == ORACLE_COMPARE && oracle_random() % 2)
        for (unsigned i = 0, s = oracle_field(*word, 20, 16); i < bytes >> form->size && s + i < 31; i++)
            memcpy(&record->x[s + i], &record->memory[target - ORACLE_WINDOW + (i << form->size)], 1u << form->size);
    record->x[n] = target - offset;
}

static inline void oracle_lead(struct oracle_record *record, const struct oracle_form *form, uint32_t *word)
{
    int64_t words = (int64_t)(oracle_random() % (2 * ORACLE_NEAR)) - ORACLE_NEAR;
    if (words == 0 || oracle_random() % 8 == 0)
        words = 1;
    switch (form->kind) {
    case ORACLE_BRANCH26: oracle_set(word, 25, 0, (uint64_t)words); break;
    case ORACLE_BRANCH19: oracle_set(word, 23, 5, (uint64_t)words); break;
    case ORACLE_BRANCH14: oracle_set(word, 18, 5, (uint64_t)words); break;
    default:
        if (oracle_field(*word, 9, 5) == 31)
            oracle_set(word, 9, 5, 30);
        record->x[oracle_field(*word, 9, 5)] = ORACLE_CODE + (uint64_t)words * 4;
        break;
    }
}

#define ORACLE_NOP 0xd503201fu

static inline uint32_t oracle_word(const struct oracle_form *form)
{
    return form->value | ((uint32_t)oracle_random() & ~form->mask);
}

static inline void oracle_fill(struct oracle_record *record, const struct oracle_form *forms, unsigned count,
                               unsigned chosen)
{
    const struct oracle_form *form = &forms[chosen];
    const uint64_t random = oracle_random();
    *record = (struct oracle_record){ .word = { oracle_word(form), ORACLE_NOP } };
    record->fpcr = random & 1 ? 0 : (uint32_t)random & 0x07c00000;
    record->fpsr = random >> 32 & 0x08000010 & (random >> 61 ? ~0u : 0u);
    record->nzcv = (uint32_t)(random >> 60) << 28;
    for (unsigned i = 0; i < 32; i++) {
        record->x[i] = oracle_integer();
        record->v[i] = oracle_vector();
        memcpy(&record->memory[8 * i], &(uint64_t){ oracle_integer() }, 8);
    }
    if (form->kind == ORACLE_WILD) {
        for (unsigned i = 0; i < 32; i++)
            record->x[i] =
                UINT64_C(0x30) << 48 | (record->x[i] & bits_low(48) & ~UINT64_C(15)); // exclusives are aligned
    } else if (form->kind >= ORACLE_BRANCH26) {
        oracle_lead(record, form, &record->word[0]);
    } else if (form->kind != ORACLE_DATA) {
        oracle_aim(record, form, &record->word[0]);
    } else if (random >> 48 & 1) { // two in a row
        const struct oracle_form *other = &forms[oracle_random() % count];
        if (other->kind == ORACLE_DATA)
            record->word[1] = oracle_word(other);
    }
    if (form->kind == ORACLE_EXCLUSIVE && !(record->word[0] & BIT32(22)) && random >> 50 & 3) {
        record->word[1] = record->word[0];
        record->word[0] = oracle_armed(record->word[1]);
    }
}

// --- us --------------------------------------------------------------------------------------------------------------

static inline struct rig *oracle_rig(const char *model)
{
    struct rig *rig = rig_new();
    rig->cpu->model = a64_model_find(model);
    rig->cpu->cpacr = 3 << 20;
    rig->cpu->sctlr |= A64_SCTLR_DZE | A64_SCTLR_UCI | A64_SCTLR_UCT;
    rig_put(rig, ORACLE_CODE + 8, 4, I_B(0));
    return rig;
}

// The signal that Linux would make of what EL1 got.
static inline uint32_t oracle_signal(const struct a64_cpu *cpu)
{
    switch (cpu->esr >> 26) {
    case A64_EC_UNKNOWN: return 4;
    case A64_EC_DATA_LOWER: return (cpu->esr & 0x3f) == A64_FSC_ALIGNMENT ? 7 : 11;
    default: return 100 + (uint32_t)(cpu->esr >> 26);
    }
}

static inline void oracle_execute(struct rig *rig, struct oracle_record *record)
{
    struct a64_cpu *cpu = rig->cpu;
    memcpy(cpu->r, record->x, 31 * sizeof record->x[0]);
    cpu->r[A64_SP_EL0] = record->x[31];
    memcpy(cpu->v, record->v, sizeof cpu->v);
    memcpy(rig->ram.ram + ORACLE_WINDOW, record->memory, sizeof record->memory);
    cpu->fpcr = record->fpcr;
    cpu->fpsr = record->fpsr;
    cpu->monitor.size = 0;
    a64_set_nzcv(cpu, record->nzcv);
    rig_put(rig, ORACLE_CODE, 8, record->word[0] | (uint64_t)record->word[1] << 32);
    rig_set_el(cpu, 0, false);
    cpu->r[A64_PC] = ORACLE_CODE;
    rig_run(rig, 3);
    record->stop = cpu->el == 0 ? 0 : oracle_signal(cpu);
    record->pc = (cpu->el == 0 ? cpu->r[A64_PC] : cpu->elr) - ORACLE_CODE;
    record->nzcv = cpu->el == 0 ? a64_nzcv(cpu) : (uint32_t)cpu->spsr & A64_NZCV;
    memcpy(record->x, cpu->r, 31 * sizeof record->x[0]);
    record->x[31] = cpu->r[A64_SP_EL0];
    memcpy(record->v, cpu->v, sizeof cpu->v);
    memcpy(record->memory, rig->ram.ram + ORACLE_WINDOW, sizeof record->memory);
    record->fpsr = cpu->fpsr;
}

// The cryptographic extension, which qemu's Cortex-A57 has.
static inline bool oracle_is_crypto(uint32_t word)
{
    return (word & 0xff3e0c00) == 0x4e280800 || (word & 0xff3e0c00) == 0x5e280800 ||
           (word & 0xffe08c00) == 0x5e000000 || (word & 0xbfe0fc00) == 0x0ee0e000;
}

static inline void oracle_show(const struct oracle_record *before, const struct oracle_record *ours,
                               const struct oracle_record *theirs)
{
    fprintf(stderr, "%08x %08x: stop %u %u, pc %llx %llx, fpcr %08x, fpsr %08x: %08x %08x, nzcv %08x: %08x %08x\n",
            before->word[0], before->word[1], ours->stop, theirs->stop, (unsigned long long)ours->pc,
            (unsigned long long)theirs->pc, before->fpcr, before->fpsr, ours->fpsr, theirs->fpsr, before->nzcv,
            ours->nzcv, theirs->nzcv);
    const uint32_t word = before->word[0];
    const unsigned registers[] = { word & 31, word >> 5 & 31, word >> 16 & 31, word >> 10 & 31 };
    for (unsigned i = 0; i < countof(registers); i++)
        fprintf(stderr, "  v%-2u %016llx %016llx  x%-2u %016llx\n", registers[i],
                (unsigned long long)before->v[registers[i]].d[1], (unsigned long long)before->v[registers[i]].d[0],
                registers[i], (unsigned long long)before->x[registers[i]]);
    for (unsigned i = 0; i < 32; i++) {
        if (memcmp(&ours->v[i], &theirs->v[i], 16) != 0)
            fprintf(stderr, "  v%-2u: ours %016llx %016llx\n     theirs %016llx %016llx\n", i,
                    (unsigned long long)ours->v[i].d[1], (unsigned long long)ours->v[i].d[0],
                    (unsigned long long)theirs->v[i].d[1], (unsigned long long)theirs->v[i].d[0]);
        if (ours->x[i] != theirs->x[i])
            fprintf(stderr, "  x%-2u was %016llx: ours %016llx theirs %016llx\n", i, (unsigned long long)before->x[i],
                    (unsigned long long)ours->x[i], (unsigned long long)theirs->x[i]);
    }
    for (unsigned i = 0; i < ORACLE_BYTES; i++)
        if (ours->memory[i] != theirs->memory[i])
            fprintf(stderr, "  [%02x] was %02x: ours %02x theirs %02x\n", i, before->memory[i], ours->memory[i],
                    theirs->memory[i]);
}

static inline bool oracle_agrees(const struct oracle_record *ours, const struct oracle_record *theirs)
{
    // Nowhere is not aligned either: which of the two comes first is not asked here.
    const bool aborted = ours->stop == 7 || ours->stop == 11, their_abort = theirs->stop == 7 || theirs->stop == 11;
    return (ours->stop == theirs->stop || (aborted && their_abort)) && ours->pc == theirs->pc &&
           memcmp(ours->x, theirs->x, sizeof ours->x) == 0 && memcmp(ours->v, theirs->v, sizeof ours->v) == 0 &&
           memcmp(ours->memory, theirs->memory, sizeof ours->memory) == 0 && ours->fpsr == theirs->fpsr &&
           ours->nzcv == theirs->nzcv;
}

// --- qemu-aarch64 ----------------------------------------------------------------------------------------------------

// Builds the oracle in a new directory. False: something that it needs is not here.
static inline bool oracle_build(char *directory, size_t size)
{
    char command[1024];
    if (system("for tool in qemu-aarch64 clang ld.lld; do command -v $tool || exit 1; done >/dev/null") != 0)
        return false;
    snprintf(directory, size, "/tmp/a64-oracle-XXXXXX");
    if (!mkdtemp(directory))
        return false;
    const char *slash = strrchr(__FILE__, '/');
    snprintf(command, sizeof command,
             "clang --target=aarch64-linux-gnu -nostdlib -static -fuse-ld=lld -Wl,--defsym=code=%#llx '%.*soracle.S' "
             "-o %s/oracle 2>/dev/null",
             (unsigned long long)ORACLE_CODE, slash ? (int)(slash + 1 - __FILE__) : 0, __FILE__, directory);
    return system(command) == 0;
}

static inline void oracle_remove(const char *directory)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_expect_eq(system(command), 0);
}

static inline void oracle_ask(const char *directory, const char *model, const struct oracle_record *records,
                              struct oracle_record *answers, size_t count)
{
    char path[128], command[512];
    snprintf(path, sizeof path, "%s/in", directory);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(records, sizeof *records, count, file) == count && fclose(file) == 0);
    snprintf(command, sizeof command, "cd %s && qemu-aarch64 -cpu %s ./oracle <in >out", directory, model);
    cr_assert_eq(system(command), 0);
    snprintf(path, sizeof path, "%s/out", directory);
    file = fopen(path, "rb");
    cr_assert(file);
    cr_assert_eq(fread(answers, sizeof *answers, count, file), count);
    fclose(file);
}

// --- the comparison --------------------------------------------------------------------------------------------------

#define ORACLE_BATCH 16384u

static inline uint64_t oracle_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

// `trials` of each form (or as many as INTACT_TRIALS says), with a CPU model that both have.
static inline void oracle_compare(const struct oracle_form *forms, unsigned form_count, unsigned trials,
                                  const char *model)
{
    char directory[64];
    if (!oracle_build(directory, sizeof directory)) {
        cr_assert(!getenv("INTACT_NO_SKIP"), "qemu-aarch64, clang or ld.lld is not installed");
        cr_skip_test("skipped: qemu-aarch64, clang or ld.lld is not installed");
    }
    trials = (unsigned)oracle_setting("INTACT_TRIALS", trials);
    oracle_state ^= oracle_setting("INTACT_SEED", 0) * UINT64_C(0x2545f4914f6cdd1d);
    struct oracle_record *records = calloc(ORACLE_BATCH, sizeof *records),
                         *answers = calloc(ORACLE_BATCH, sizeof *answers);
    unsigned *different = calloc(form_count, sizeof *different), *defined = calloc(form_count, sizeof *defined);
    struct rig *rig = oracle_rig(model);
    const uint64_t total = (uint64_t)trials * form_count;
    for (uint64_t done = 0; done < total; done += ORACLE_BATCH) {
        const unsigned count = total - done < ORACLE_BATCH ? (unsigned)(total - done) : ORACLE_BATCH;
        for (unsigned i = 0; i < count; i++)
            oracle_fill(&records[i], forms, form_count, (unsigned)((done + i) % form_count));
        oracle_ask(directory, model, records, answers, count);
        for (unsigned i = 0; i < count; i++) {
            const unsigned form = (unsigned)((done + i) % form_count);
            if (oracle_is_crypto(records[i].word[0]) || oracle_is_crypto(records[i].word[1]))
                continue;
            struct oracle_record ours = records[i];
            oracle_execute(rig, &ours);
            defined[form] += ours.stop != 4 || ours.pc != 0;
            if (!oracle_agrees(&ours, &answers[i]) && different[form]++ < 2)
                oracle_show(&records[i], &ours, &answers[i]);
        }
    }
    for (unsigned i = 0; i < form_count; i++) {
        cr_expect_eq(different[i], 0, "%s: %u of %u differ", forms[i].name, different[i], defined[i]);
        cr_expect_gt(defined[i], trials / 1000, "%s: %u of %u are instructions", forms[i].name, defined[i], trials);
    }
    rig_free(rig);
    free(records);
    free(answers);
    free(different);
    free(defined);
    oracle_remove(directory);
}

#endif
