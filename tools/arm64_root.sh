#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# arm64_root.sh FOLDER: unpacks there what a build for arm64 needs, from Debian's own packages. It keeps package lists of
# its own in FOLDER/apt, so that the host's packages and architectures stay as they are, and any user can run it.
set -eu
[ $# = 1 ] || { echo "usage: arm64_root.sh FOLDER" >&2; exit 1; }
mkdir -p "$1/apt/lists/partial" "$1/apt/archives/partial"
cd "$1"
root=$PWD
touch apt/status

arm64() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User="$(id -un)" \
        -o Dir::State="$root/apt" -o Dir::State::Lists="$root/apt/lists" -o Dir::State::status="$root/apt/status" \
        -o Dir::Cache="$root/apt" -o Debug::NoLocking=1 "$@"
}

arm64 update
arm64 install --yes --download-only --no-install-recommends \
    libc6-dev libcapstone-dev libcriterion-dev libedit-dev libfdt-dev libmpfr-dev libslirp-dev libxxhash-dev libzstd-dev libjansson-dev zlib1g-dev > /dev/null
for package in apt/archives/*.deb; do
    dpkg-deb --extract "$package" .
done
