#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# Uses the installed libraries from a separate program in a separate folder, by find_package and by pkg-config, static
# and shared, in C and C++; and the sources inside another project.
#
# package_test.sh machine BUILD   whole machines, installed from the build folder given
# package_test.sh irq             only the chips, configured, built and installed without the rest
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
root=$place/root

fail() {
    echo "package: $*" >&2
    exit 1
}

# run WHAT PROGRAM: what it prints is shown where it fails.
run() {
    LD_LIBRARY_PATH=$libdir DYLD_LIBRARY_PATH=$libdir "$2" > "$place/output" 2>&1 || {
        cat "$place/output"
        fail "$1 fails"
    }
}

quiet() {
    "$@" > "$place/output" 2>&1 || {
        cat "$place/output"
        fail "$* fails"
    }
}

# An installed tree names no place but its own, and can be moved.
check_tree() {
    libdir=$(dirname "$(dirname "$(find "$root" -name intact-irq.pc)")")
    export PKG_CONFIG_PATH="$libdir/pkgconfig"
    if grep -rn -e "$place" -e "$source" -e '/usr/' -e '/opt/' "$libdir/cmake" "$libdir/pkgconfig"; then
        fail "the files above name absolute paths"
    fi
    mv "$root" "$root-moved"
    libdir=$root-moved${libdir#"$root"}
    root=$root-moved
    export PKG_CONFIG_PATH="$libdir/pkgconfig"
}

by_cmake() {
    quiet cmake -S "$here" -B "$place/consumer" -G Ninja -DWANTED="$1" -DCMAKE_PREFIX_PATH="$root"
    quiet cmake --build "$place/consumer"
    quiet ctest --test-dir "$place/consumer"
}

# by_pkg_config PACKAGE SOURCE COMPILER...: shared, and static from a folder without the shared library.
by_pkg_config() {
    package=$1 program=$2
    shift 2
    # shellcheck disable=SC2046
    "$@" "$program" -o "$place/program" $(pkg-config --cflags --libs "$package")
    run "$program by pkg-config, shared" "$place/program"
    mkdir -p "$place/static"
    cp "$libdir"/*.a "$place/static"
    # shellcheck disable=SC2046
    "$@" "$program" -o "$place/program" $(pkg-config --cflags "$package") -L"$place/static" \
        $(pkg-config --static --libs "$package" | sed "s|-L[^ ]*||g")
    run "$program by pkg-config, static" "$place/program"
}

machine() {
    quiet cmake --install "$1" --prefix "$root"
    check_tree
    by_cmake machine
    by_pkg_config intact "$here/main.c" cc
    # A program may have its own bus_read, clock_init and whatever else the sources call a function.
    sed -n 's/^#define \([a-z]\w*\) .*/int \1 = 1;/p' "$source/src/prefix.h" > "$place/names.c"
    [ "$(wc -l < "$place/names.c")" -gt 100 ] || fail "src/prefix.h has no names"
    # shellcheck disable=SC2046
    cc -fno-builtin "$here/main.c" "$place/names.c" -o "$place/program" $(pkg-config --cflags intact) -L"$place/static" \
        $(pkg-config --static --libs intact | sed "s|-L[^ ]*||g")
    run "a program with names of its own" "$place/program"
    for program in intact intact-system-x86_64 intact-system-aarch64; do
        test -x "$root/bin/$program" || fail "no $program"
    done
    lessons
}

# The command that was installed finds its lessons, and what a learner's guest is built with, where it was moved to.
lessons() {
    ! grep -rlF -e "$source" "$root/share/intact" || fail "the files above name the sources' place"
    quiet "$root/bin/intact" lesson 1
    quiet "$root/bin/intact" lesson start 1 "$place/own"
    cp "$root/share/intact/lessons/01-inta-cycle/guest.c" "$place/own"
    quiet "$root/bin/intact" lesson check "$place/own"
}

irq() {
    quiet cmake -S "$source" -B "$place/build" -G Ninja -DINTACT_MACHINE=OFF -DINTACT_TESTS=OFF -DINTACT_PROGRAMS=OFF \
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_INSTALL_PREFIX="$root"
    if grep -iE '^[^#/]*(mpfr|zlib|fdt|slirp|jansson|clang)' "$place/build/CMakeCache.txt"; then
        fail "the chips alone look for the above"
    fi
    quiet cmake --build "$place/build"
    quiet cmake --install "$place/build"
    check_tree
    [ -z "$(find "$root" -name 'machine.h' -o -name 'libintact.*' -o -name intact.pc)" ] || fail "the machine is installed"
    by_cmake irq
    by_pkg_config intact-irq "$here/chips.c" cc
    by_pkg_config intact-irq "$here/chips.c" c++ -x c++
    # As a part of another project.
    quiet cmake -S "$here/guest" -B "$place/guest" -G Ninja -DINTACT_SOURCE="$source"
    quiet cmake --build "$place/guest"
    quiet ctest --test-dir "$place/guest"
    [ "$(ctest --test-dir "$place/guest" -N | sed -n 's/^Total Tests: //p')" = 1 ] || fail "our tests are run in another project"
    ! grep -q -e -Werror "$place/guest/build.ninja" || fail "our warnings are errors in another project"
    quiet cmake --install "$place/guest" --prefix "$place/guest-root"
    [ "$(find "$place/guest-root" -type f | wc -l)" = 1 ] || fail "another project installs our files"
}

"$@"
