// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The names of host code for a profiler (`perf_map` of struct intact_machine_config).
#ifndef MACHINE_PERF_MAP_H
#define MACHINE_PERF_MAP_H

struct intact_machine;

// 0, also without a code generator; -ENOMEM; another negative errno: the file cannot be written.
int perf_map_begin(struct intact_machine *machine);
void perf_map_free(struct intact_machine *machine);

#endif
