// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Nothing at all: what is left is the emulator's own start-up, loader and exit.
#include "bench/bench.h"

int guest_main(void)
{
    return EXIT_PASSED;
}
