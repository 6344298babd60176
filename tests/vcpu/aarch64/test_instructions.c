// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random trials of every form of instruction, compared with qemu-aarch64 (oracle.h).
#include <criterion/criterion.h>

#include "forms_integer.h"
#include "forms_memory.h"
#include "forms_vector.h"

Test(instructions, have_at_least_400_forms_under_comparison)
{
    const size_t forms = countof(forms_integer) + countof(forms_branch) + countof(forms_memory) +
                         countof(forms_atomic) + countof(forms_scalar) + countof(forms_vector);
    cr_assert_geq(forms, 400, "%zu", forms);
}

Test(instructions, on_general_registers_agree_with_the_oracle, .timeout = 3600)
{
    oracle_compare(forms_integer, countof(forms_integer), 100, "cortex-a57");
}

Test(instructions, that_branch_agree_with_the_oracle, .timeout = 3600)
{
    oracle_compare(forms_branch, countof(forms_branch), 200, "cortex-a57");
}

Test(instructions, on_memory_agree_with_the_oracle, .timeout = 3600)
{
    oracle_compare(forms_memory, countof(forms_memory), 50, "cortex-a57");
}

Test(instructions, on_memory_at_once_agree_with_the_oracle, .timeout = 3600)
{
    oracle_compare(forms_atomic, countof(forms_atomic), 50, "max");
}

Test(instructions, on_floating_point_scalars_agree_with_the_oracle, .timeout = 3600)
{
    oracle_compare(forms_scalar, countof(forms_scalar), 100, "cortex-a57");
}

Test(instructions, on_vectors_agree_with_the_oracle, .timeout = 3600)
{
    oracle_compare(forms_vector, countof(forms_vector), 100, "cortex-a57");
}
