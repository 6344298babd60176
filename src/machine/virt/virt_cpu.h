// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The value of -cpu on this machine: a model, and features that are off.
#ifndef MACHINE_VIRT_VIRT_CPU_H
#define MACHINE_VIRT_VIRT_CPU_H

#include "base/error.h"
#include "vcpu/aarch64/system/model.h"

// "max,pauth=off" into `model`; NULL: the first model. What is asked for and is not modelled is named in `without`, of BOARD_CPU_WITHOUT
// bytes. 0 or -EINVAL with a line.
int virt_cpu_parse(const char *text, const struct a64_model **model, char *without, struct error *error);

#endif
