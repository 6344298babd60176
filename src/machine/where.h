// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which instruction a machine is executing, for those who are told of events within it.
//
// Within a block of instructions the register of the program counter has the start of the block. While an instruction is in a
// slow path, as each that accesses a device is, its place in the block is known, as for the count of instructions
// (vcpu_executed); between two blocks the register itself is exact.
#ifndef MACHINE_WHERE_H
#define MACHINE_WHERE_H

#include <stdint.h>

#include <intact/trace.h>

#include "machine/board/board.h"

// The program counter of the instruction; on the PC RIP.
uint64_t where_pc(const struct board *board, const struct vcpu *cpu);
// Its address: on the PC the linear one.
uint64_t where_address(const struct board *board, const struct vcpu *cpu);
// The bits of its code: on the PC 16, 32 or 64; on virt 64. Of a block by the mode that it has.
unsigned where_code_bits(const struct board *board, const struct vcpu *cpu);
unsigned where_block_bits(const struct board *board, uint32_t mode);
// The vCPU within whose instruction the event comes; NULL: none is.
const struct vcpu *where_event(const struct board *board, const struct intact_trace_event *event);

#endif
