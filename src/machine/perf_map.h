// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The names of host code for a profiler (intact_machine_perf_map).
#ifndef MACHINE_PERF_MAP_H
#define MACHINE_PERF_MAP_H

struct intact_machine;

void perf_map_free(struct intact_machine *machine);

#endif
