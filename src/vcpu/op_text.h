// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An op as text, for people: its name and the fields that its row says it uses.
//
//     SUB64RI    d=rbx a=rbx imm=1
#ifndef VCPU_OP_TEXT_H
#define VCPU_OP_TEXT_H

#include "vcpu/op.h"

// What the names of a guest's ops are (exec/ops.c of each).
struct op_names {
    const struct op_row *rows; // by code
    unsigned count;
    const char *const *slots;
    unsigned slot_count;
    const char *vector; // before the number of a vector register
    // The op that calls a function by its number in `disp`, and the rows of those functions.
    unsigned helper_code, helper_count;
    const struct op_row *helpers;
    uint16_t pointer_codes[3]; // ops whose `imm` is a pointer of the host, which is not shown; 0: no more
};

#define OP_TEXT 160 // of one op, without a newline

void op_text(const struct op_names *names, const struct op *op, char text[OP_TEXT]);

#endif
