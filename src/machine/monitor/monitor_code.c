// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// x/10i and xp/10i of the monitor: instructions as text, in the mode of the processor's code as it is now.
#include <inttypes.h>

#include "debug/disassemble.h"
#include "machine/debug_memory.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "machine/where.h"

enum { LONGEST = 16 };

struct monitor_result monitor_show_code(struct monitor *monitor, const char *command, bool physical, uint64_t address,
                                        uint64_t count)
{
    struct board *board = machine_board(monitor->machine);
    enum disassemble_mode mode =
        disassemble_mode_of(board->config.type == INTACT_VIRT, where_code_bits(board, board->loop.vcpus[monitor->cpu]));
    struct disassembler disassembler = { 0 };
    if (!disassemble_is_built())
        return monitor_refuse(monitor, command, "this build has no disassembler (Capstone)");
    while (count--) {
        uint8_t code[LONGEST];
        char text[DISASSEMBLE_TEXT];
        size_t size = debug_memory_read_some(board, monitor->cpu, physical, address, code, LONGEST);
        size = disassemble_line(&disassembler, mode, address, code, size, 0, text);
        if (size == 0) {
            monitor_refuse(monitor, command, "at 0x%" PRIx64 " there is no code%s", address,
                           physical ? "" : ", or no page is mapped");
            break;
        }
        monitor_print(monitor, "%s", text);
        address += size;
    }
    disassemble_free(&disassembler);
    return MONITOR_STAY;
}
