#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# All checks before a change lands: check.sh [STEP...], all steps without arguments.
#
#   format     clang-format changes nothing
#   rules      SPDX lines, include paths, file sizes, links in the documents
#   tidy       clang-tidy finds nothing
#   compilers  gcc and clang both build without a warning
#   portable   the unit tests, by what every host has: switch, pipes, no libslirp, no Capstone, no libedit, no SDL, no libpng
#   sanitize   the unit tests and our guests, under AddressSanitizer and UndefinedBehaviorSanitizer
#   fuzz       the fuzzers, a minute each, under the same sanitizers
#   mutate     mutants of the lines changed since the branch began, ten minutes at most: survivors are printed, for you to read
#   replay     100 recordings of a kernel on each machine, replayed by this build, clang's, the portable one, and one of each by
#              that for arm64, or on such a host for x86-64
#   jit        20 runs of guests and kernels with the code generator in all its ways, by the same builds; and the whole suite
#              without it, with everything as host code in 64 KiB of memory, and compared with the interpreter. Some hours
#   points     snapshots at every 1,000th instruction of our guests and 1,000 random ones of a kernel's boot: runs go on from them
#   test       the whole suite and all boots of kernels, each twice
set -eu
cd "$(dirname "$0")/.."
cores=$(getconf _NPROCESSORS_ONLN)
[ $# != 0 ] || set -- format rules tidy compilers portable sanitize fuzz mutate replay jit points test

preset() {
    [ -f "build/$1/build.ninja" ] || cmake --preset "$1" > /dev/null
    cmake --build "build/$1" --parallel "$cores"
}

# Not the package test: it links a program with the library, which with sanitizers would need their runtime first.
export ASAN_OPTIONS=detect_stack_use_after_return=1

sources() { # src/prefix.h is made by tools/prefix.py
    git ls-files --cached --others --exclude-standard '*.c' '*.h' ':!src/prefix.h'
}

check_format() {
    sources | xargs clang-format --dry-run --Werror
}

check_rules() {
    python3 tools/rules.py
    python3 tools/limits.py --check
    python3 tools/reasons.py --check
}

check_tidy() {
    cmake --preset clang > /dev/null
    git ls-files 'src/*.c' | xargs -n 4 -P "$cores" clang-tidy --quiet -p build/clang
}

check_compilers() {
    preset gcc
    preset clang
}

check_portable() {
    preset portable
    ctest --test-dir build/portable --output-on-failure --parallel "$cores" -R '^(base|msi|irqchip|groups|devices|host|replay|vcpu|debug|machine|cli)/'
}

check_sanitize() {
    preset sanitize
    ctest --test-dir build/sanitize --output-on-failure --parallel "$cores" -LE kernel -E '^package'
}

check_fuzz() {
    preset sanitize
    INTACT_FUZZ_SECONDS=60 ctest --test-dir build/sanitize --output-on-failure --parallel "$cores" -L fuzz
}

check_mutate() {
    python3 tools/mutate.py --seconds 600
}

builds() { # by other compilers, by other means, and for the other processor
    preset release
    preset clang
    preset portable
    other=aarch64
    [ "$(uname -m)" = x86_64 ] || other=x86_64
    python3 tools/cross.py "$other-linux-musl"
}

check_replay() {
    builds
    for arch in cloud-amd64 cloud-arm64; do
        python3 tests/system/replay_test.py build/release/intact "$arch" --recordings 100 \
            --recorder build/release/tests/system/intact-notified \
            --other build/clang/intact --other build/portable/intact \
            --emulated "qemu-$other build/cross/$other-linux-musl/intact"
    done
}

check_jit() {
    builds
    python3 tests/system/jit_test.py build/release/intact --guests build/release/guests --all \
        --other build/clang/intact --other build/portable/intact --emulated "qemu-$other build/cross/$other-linux-musl/intact"
    for way in off eager check; do
        preset "jit-$way"
        ctest --test-dir "build/jit-$way" --output-on-failure --parallel "$cores" -LE cross -E '^(package|fuzz|threads)'
    done
}

check_points() {
    preset release
    for vcpus in 1 4; do
        for machine in "x86_64 --guests build/release/guests" "aarch64 --guests build/release/guests" cloud-amd64 cloud-arm64; do
            # shellcheck disable=SC2086 # several words
            python3 tests/system/points_test.py build/release/tests/system/intact-points build/release/intact $machine \
                --vcpus "$vcpus" --random 1000
        done
    done
}

check_test() {
    cmake --preset release -DINTACT_ALL_BOOTS=ON > /dev/null
    preset release
    INTACT_TWICE=1 ctest --test-dir build/release --output-on-failure --parallel "$cores"
}

for step; do
    echo "check: $step"
    "check_$step"
done
echo "check: all is well"
