#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# Installs into a folder of its own, then builds and runs a consumer by find_package and by pkg-config.
# package_test.sh BUILD SOURCE
set -eu
build=$1 source=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cmake --install "$build" --prefix "$place/root" > /dev/null
cmake -S "$source" -B "$place/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$place/root" > /dev/null
cmake --build "$place/consumer" > /dev/null
for program in by-shared by-static by-default; do
    "$place/consumer/$program"
done
config=$(find "$place/root" -name intact.pc)
PKG_CONFIG_PATH=$(dirname "$config")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
cc "$source/main.c" -o "$place/by-pkg-config" $(pkg-config --define-variable=prefix="$place/root" --cflags --libs intact)
libdir=$(pkg-config --define-variable=prefix="$place/root" --variable=libdir intact)
LD_LIBRARY_PATH=$libdir DYLD_LIBRARY_PATH=$libdir "$place/by-pkg-config"
test -x "$place/root/bin/intact"
test -x "$place/root/bin/intact-system-x86_64"
test -x "$place/root/bin/intact-system-aarch64"
