// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guests that the command carries with it (guests/CMakeLists.txt makes C arrays of their files).
#ifndef GUESTS_EMBEDDED_H
#define GUESTS_EMBEDDED_H

#include <stddef.h>
#include <stdint.h>

// guests/demo/x86_64/demo.c as a multiboot 1 ELF32.
extern const uint8_t demo_x86_64[];
extern const size_t demo_x86_64_size;

// guests/demo/aarch64/demo.c as an arm64 Image.
extern const uint8_t demo_aarch64[];
extern const size_t demo_aarch64_size;

#endif
