// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The value of -cpu: a model, with features added or removed.
#ifndef MACHINE_PC_CPU_MODEL_H
#define MACHINE_PC_CPU_MODEL_H

#include "base/error.h"
#include "vcpu/x86_64/system/model.h"

// "qemu64,+x2apic,-nx,smep=off,family=6,enforce" into `model`; NULL: the first model as it is. What the model's name or a feature asks
// for and is not modelled is named in `without`, of BOARD_CPU_WITHOUT bytes; with "enforce" it is an error. 0 or -EINVAL with a line.
int cpu_model_parse(const char *text, struct x86_model *model, char *without, struct error *error);

// Feature names by index, as QEMU and /proc/cpuinfo spell them; NULL after the last.
const char *cpu_model_feature(unsigned index);

#endif
