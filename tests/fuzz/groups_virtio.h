// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio devices of a struct world: each notifies through one of its groups, by a status register or by vectors.
#ifndef TESTS_FUZZ_GROUPS_VIRTIO_H
#define TESTS_FUZZ_GROUPS_VIRTIO_H

#include "groups_world.h"

void world_virtio_open(struct world *world);
// The calls from CALL_VIRTIO_BIND to CALL_VIRTIO_STATUS.
int world_virtio_do(struct world *world, const struct world_step *step);
// The group is about to go: no device notifies through it any more.
void world_virtio_unbind(struct world *world, unsigned group);
// Every register contains what was set and not cleared.
void world_virtio_check(const struct world *world);

#endif
