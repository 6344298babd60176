// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the code generator does, as text: for -d jit, the monitor's info jit and QMP's x-query-jit.
#ifndef MACHINE_JIT_TEXT_H
#define MACHINE_JIT_TEXT_H

struct intact_machine;

#define JIT_TEXT 200 // of one line, with its newline

// Is it on, and why not.
void jit_text_state(const struct intact_machine *machine, char text[JIT_TEXT]);
// What it has done so far; "": it is off.
void jit_text_counts(const struct intact_machine *machine, char text[JIT_TEXT]);

#endif
