// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random instructions on random registers, executed by us and by qemu-aarch64 (oracle.S), and compared. Where qemu-
// aarch64, clang or ld.lld is missing, the test is skipped with a word.
#ifndef TESTS_VCPU_AARCH64_ORACLE_H
#define TESTS_VCPU_AARCH64_ORACLE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/simd.h"

struct oracle_record { // as oracle.S has it
    uint32_t word, fpcr, fpsr, nzcv;
    uint64_t undefined, unused;
    uint64_t x[32];
    union a64_vector v[32];
};

// A class of instructions: the bits that are fixed; the others are random.
struct oracle_class {
    const char *name;
    uint32_t value, mask;
};

static uint64_t oracle_state = UINT64_C(0x9e3779b97f4a7c15);

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

static inline uint32_t oracle_word(const struct oracle_class *class)
{
    uint32_t word = class->value | ((uint32_t)oracle_random() & ~class->mask);
    // The oracle keeps X29 and X30 for itself.
    for (unsigned at = 0; at <= 5; at += 5)
        if ((word >> at & 31) == 29 || (word >> at & 31) == 30)
            word |= 31u << at;
    return (word & class->mask) == class->value ? word : class->value;
}

static inline void oracle_fill(struct oracle_record *record, const struct oracle_class *class)
{
    const uint64_t random = oracle_random();
    *record = (struct oracle_record){ .word = oracle_word(class) };
    record->fpcr = random & 1 ? 0 : (uint32_t)random & 0x07c00000;
    record->fpsr = random >> 32 & 0x08000010 & (random >> 61 ? ~0u : 0u);
    record->nzcv = (uint32_t)(random >> 60) << 28;
    for (unsigned i = 0; i < 29; i++)
        record->x[i] = oracle_number(11, 52) >> (oracle_random() & 1 ? 0 : oracle_random() & 63);
    for (unsigned i = 0; i < 32; i++)
        record->v[i] = oracle_vector();
}

// The same by us.
static inline void oracle_execute(struct a64_cpu *cpu, struct oracle_record *record)
{
    a64_simd_function *function = a64_simd_find(record->word);
    record->undefined = !function;
    if (!function)
        return;
    memcpy(cpu->r, record->x, sizeof record->x);
    memcpy(cpu->v, record->v, sizeof cpu->v);
    cpu->fpcr = record->fpcr;
    cpu->fpsr = record->fpsr;
    a64_set_nzcv(cpu, record->nzcv);
    function(cpu, record->word);
    memcpy(record->x, cpu->r, 31 * sizeof record->x[0]);
    memcpy(record->v, cpu->v, sizeof cpu->v);
    record->fpsr = cpu->fpsr;
    record->nzcv = a64_nzcv(cpu);
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
    fprintf(stderr, "%08x: undefined %u %u, fpcr %08x, fpsr %08x: %08x %08x, nzcv %08x %08x\n", before->word,
            (unsigned)ours->undefined, (unsigned)theirs->undefined, before->fpcr, before->fpsr, ours->fpsr,
            theirs->fpsr, ours->nzcv, theirs->nzcv);
    const uint32_t word = before->word;
    const unsigned registers[] = { word & 31, word >> 5 & 31, word >> 16 & 31, word >> 10 & 31 };
    for (unsigned i = 0; i < countof(registers); i++)
        fprintf(stderr, "  v%-2u %016llx %016llx\n", registers[i], (unsigned long long)before->v[registers[i]].d[1],
                (unsigned long long)before->v[registers[i]].d[0]);
    for (unsigned i = 0; i < 32; i++) {
        if (memcmp(&ours->v[i], &theirs->v[i], 16) != 0)
            fprintf(stderr, "  v%-2u: ours %016llx %016llx\n     theirs %016llx %016llx\n", i,
                    (unsigned long long)ours->v[i].d[1], (unsigned long long)ours->v[i].d[0],
                    (unsigned long long)theirs->v[i].d[1], (unsigned long long)theirs->v[i].d[0]);
        if (ours->x[i] != theirs->x[i])
            fprintf(stderr, "  x%-2u was %016llx: ours %016llx theirs %016llx\n", i, (unsigned long long)before->x[i],
                    (unsigned long long)ours->x[i], (unsigned long long)theirs->x[i]);
    }
}

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
             "clang --target=aarch64-linux-gnu -nostdlib -static -fuse-ld=lld '%.*soracle.S' -o %s/oracle 2>/dev/null",
             slash ? (int)(slash + 1 - __FILE__) : 0, __FILE__, directory);
    return system(command) == 0;
}

static inline void oracle_remove(const char *directory)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    cr_expect_eq(system(command), 0);
}

static inline void oracle_ask(const char *directory, const struct oracle_record *records, struct oracle_record *answers,
                              size_t count)
{
    char path[128], command[512];
    snprintf(path, sizeof path, "%s/in", directory);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(records, sizeof *records, count, file) == count && fclose(file) == 0);
    snprintf(command, sizeof command, "cd %s && qemu-aarch64 -cpu cortex-a57 ./oracle <in >out", directory);
    cr_assert_eq(system(command), 0);
    snprintf(path, sizeof path, "%s/out", directory);
    file = fopen(path, "rb");
    cr_assert(file);
    cr_assert_eq(fread(answers, sizeof *answers, count, file), count);
    fclose(file);
}

static inline bool oracle_agrees(const struct oracle_record *ours, const struct oracle_record *theirs)
{
    if (ours->undefined || theirs->undefined)
        return ours->undefined == theirs->undefined;
    return memcmp(ours->x, theirs->x, sizeof ours->x) == 0 && memcmp(ours->v, theirs->v, sizeof ours->v) == 0 &&
           ours->fpsr == theirs->fpsr && ours->nzcv == theirs->nzcv;
}

// `count` instructions of each class.
static inline void oracle_compare(const struct oracle_class *classes, unsigned class_count, unsigned count)
{
    char directory[64];
    if (!oracle_build(directory, sizeof directory))
        cr_skip_test("qemu-aarch64, clang or ld.lld is not installed");
    struct oracle_record *records = calloc(count, sizeof *records), *answers = calloc(count, sizeof *answers);
    struct a64_cpu *cpu = calloc(1, sizeof *cpu);
    for (unsigned c = 0; c < class_count; c++) {
        unsigned different = 0, defined = 0;
        for (unsigned i = 0; i < count; i++)
            oracle_fill(&records[i], &classes[c]);
        oracle_ask(directory, records, answers, count);
        for (unsigned i = 0; i < count; i++) {
            if (oracle_is_crypto(records[i].word))
                continue;
            struct oracle_record ours = records[i];
            oracle_execute(cpu, &ours);
            defined += !ours.undefined;
            if (!oracle_agrees(&ours, &answers[i]) && different++ < 3)
                oracle_show(&records[i], &ours, &answers[i]);
        }
        cr_expect_eq(different, 0, "%s: %u of %u differ", classes[c].name, different, defined);
        cr_expect_gt(defined, count / 1000, "%s: %u of %u are instructions", classes[c].name, defined, count);
    }
    free(records);
    free(answers);
    free(cpu);
    oracle_remove(directory);
}

#endif
