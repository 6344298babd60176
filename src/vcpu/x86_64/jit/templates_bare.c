// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See templates.h. On a bare host there is no code generator (vcpu/jit/jit.c), so nothing reads this.
#include "vcpu/x86_64/jit/templates.h"

#include "vcpu/jit/compile.h"

const struct jit_guest x86_jit = { .rows = NULL };
