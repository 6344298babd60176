// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The guest of a lesson: it shows the mechanism, and passes. At most 100 lines.
#include "drivers/edu.h"
#include "intr/intr.h"

int guest_main(void)
{
    static struct edu edu;
    if (!intr_init(INTR_BEST))
        fail("no interrupt controller");
    int result = edu_open(&edu, false); // by its line
    if (result < 0)
        fail(intr_error_text(result));
    edu_raise(&edu, EDU_FACTORIAL_DONE);
    edu_wait(&edu, EDU_FACTORIAL_DONE);
    print("%u interrupt of the edu device\n", (uint64_t)edu.interrupts);
    return EXIT_PASSED;
}
