// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which instructions the host's processor has, by CPUID (SDM vol. 2, CPUID, leaf 1): the compiler's own way needs a runtime
// that not every one brings.
#ifndef TESTS_VCPU_X86_64_HOST_CPU_H
#define TESTS_VCPU_X86_64_HOST_CPU_H

#include <stdio.h>

// What a test leaves out for want of it. A warning of Criterion's would make the whole program fail.
#define HOST_CANNOT(format, ...) fprintf(stderr, "skipped: " format "\n", __VA_ARGS__)

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdbool.h>

enum { HOST_SSSE3 = 1 << 9, HOST_SSE4_2 = 1 << 20, HOST_POPCNT = 1 << 23 }; // bits of ECX

static inline bool host_cpu_has(unsigned bits)
{
    unsigned eax, ebx, ecx = 0, edx;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bits) == bits;
}
#endif

#endif
