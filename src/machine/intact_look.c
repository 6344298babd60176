// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What is there to see of a machine, for programs: registers of chips, wires, what processors do, their code (<intact/debug.h>).
#include <intact/debug.h>

#include <errno.h>

#include "base/chip_register.h"
#include "debug/disassemble.h"
#include "machine/board/board.h"
#include "machine/debug_memory.h"
#include "machine/machine.h"
#include "machine/where.h"

int intact_machine_chip_registers(struct intact_machine *machine, uint32_t cpu, intact_chip_register_told *told,
                                  void *owner)
{
    struct board *board = machine_board(machine);
    struct register_sink sink = { .told = told, .owner = owner };
    if (board->loop.current)
        return -EBUSY;
    if (cpu != INTACT_NO_CPU && cpu >= board->config.cpus)
        return -EINVAL;
    board->type->tell_registers(board, cpu, &sink);
    return 0;
}

int intact_machine_wires(struct intact_machine *machine, void (*told)(void *owner, const struct intact_wire *wire),
                         void *owner)
{
    const struct board *board = machine_board(machine);
    const struct route *route = &board->route;
    if (board->loop.current)
        return -EBUSY;
    for (uint32_t gsi = 0; gsi < route->wire_count; gsi++) {
        struct intact_wire wire = { .gsi = gsi, .high = route_gsi_level(route, gsi) };
        for (uint32_t i = 0; route_source_at(route, gsi, i, &wire.driver, &wire.drives); i++)
            told(owner, &wire);
    }
    return 0;
}

int intact_machine_cpu_state(struct intact_machine *machine, uint32_t cpu)
{
    const struct board *board = machine_board(machine);
    if (board->loop.current)
        return -EBUSY;
    if (cpu >= board->config.cpus)
        return -EINVAL;
    switch ((enum vcpu_state)board->loop.vcpus[cpu]->state) {
    case VCPU_RUNNING: return INTACT_CPU_RUNNING;
    case VCPU_HALTED: return INTACT_CPU_HALTED;
    case VCPU_STOPPED: break;
    }
    return INTACT_CPU_STOPPED;
}

int intact_machine_disassemble(struct intact_machine *machine, uint32_t cpu, uint64_t address, unsigned count,
                               void (*told)(void *owner, const struct intact_instruction *instruction), void *owner)
{
    enum { LONGEST = 16 };
    struct board *board = machine_board(machine);
    struct disassembler disassembler = { 0 };
    struct disassembled is;
    uint8_t code[LONGEST];
    if (board->loop.current)
        return -EBUSY;
    if (cpu >= board->config.cpus)
        return -EINVAL;
    if (!disassemble_is_built())
        return -ENOTSUP;
    unsigned bits = where_code_bits(board, board->loop.vcpus[cpu]), done = 0;
    enum disassemble_mode mode = disassemble_mode_of(board->config.type == INTACT_VIRT, bits);
    for (; done < count; done++, address += is.size) {
        size_t size = debug_memory_read_some(board, cpu, false, address, code, LONGEST);
        if (!disassemble(&disassembler, mode, address, code, size, 0, &is))
            break;
        told(owner, &(const struct intact_instruction){ address, (uint32_t)is.size, is.mnemonic, is.operands });
    }
    disassemble_free(&disassembler);
    return (int)done;
}
