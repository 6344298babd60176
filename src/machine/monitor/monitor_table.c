// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The table of the monitor's commands, help, and the command that a line begins with.
//
// Not modelled: QEMU's commands about devices and migration; symbols.
#include "machine/monitor/monitor_table.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/monitor/monitor_commands.h"

enum { LINE = MONITOR_LINE_ARGUMENT };

static const struct monitor_row commands[] = {
    { "help", "?", "[COMMAND]", 0, 2, NULL,
      "lists the commands, or those that begin with COMMAND; the sources: help sources", monitor_help },
    { "info status", NULL, "", 0, 0, NULL, "whether the machine runs, and where it is", monitor_info_status },
    { "info instructions", NULL, "", 0, 0, NULL, "what was executed, by all and by each, and the virtual time",
      monitor_info_instructions },
    { "info cpus", NULL, "", 0, 0, NULL, "what each processor does, and where it is", monitor_info_cpus },
    { "info registers", NULL, "[CPU]", 0, 1, NULL, "a processor's registers, system registers too",
      monitor_info_registers },
    { "info version", NULL, "", 0, 0, NULL, "the version of the library", monitor_info_version },
    { "info replay", NULL, "", 0, 0, NULL, "whether the run is recorded or replayed, and how far",
      monitor_info_replay },
    { "info jit", NULL, "", 0, 0, NULL, "whether guest code becomes host code, and how much has", monitor_info_jit },
    { "info breaks", NULL, "", 0, 0, NULL, "the breakpoints and watchpoints", monitor_info_breaks },
    { "info snapshots", NULL, "", 0, 0, NULL, "how far the history reaches, and what it takes up",
      monitor_info_snapshots },
    { "info sources", NULL, "", 0, 0, NULL, "the names of what can interrupt, for why", monitor_info_sources },
    { "info pic", NULL, "", 0, 0, NULL, "the 8259As", monitor_info_chip },
    { "info ioapic", NULL, "[N]", 0, 1, NULL, "the IOAPICs' redirection tables", monitor_info_chip },
    { "info lapic", NULL, "[CPU]", 0, 1, NULL, "a processor's local APIC", monitor_info_chip },
    { "info gic", NULL, "[CPU]", 0, 1, NULL, "the distributor, and a processor's redistributor and CPU interface",
      monitor_info_chip },
    { "info its", NULL, "", 0, 0, NULL, "the ITS, and the events that its tables map", monitor_info_chip },
    { "info irq", NULL, "", 0, 0, NULL, "the wires, who is connected to them, and the groups of sources",
      monitor_info_irq },
    { "info msi", NULL, "", 0, 0, NULL, "the messages of PCI functions", monitor_info_msi },
    { "info pci", NULL, "", 0, 0, NULL, "the PCI functions", monitor_info_pci },
    { "info mtree", NULL, "", 0, 0, NULL, "what is at which address, and at which port", monitor_info_mtree },
    { "info qtree", NULL, "", 0, 0, NULL, "the devices, and their parts that can interrupt", monitor_info_qtree },
    { "why", NULL, "SOURCE", 1, 1, NULL,
      "why its interrupt does not arrive: what holds it back, in order, and where it is; pit.out0, gsi:4, "
      "vector:0x31@0",
      monitor_why },
    { "lint", "info lint", "", 0, 0, NULL,
      "what the guest did wrong since the first lint, or with the option -lint in all", monitor_lint },
    { "trace on", NULL, "[PROPERTIES]", 0, LINE, NULL,
      "keeps what happens to interrupts from here on; PROPERTIES as of the option -trace: events=raise+deliver,cpu=0",
      monitor_trace_on },
    { "trace off", NULL, "", 0, 0, NULL, "ends that; what was kept stays", monitor_trace_off },
    { "trace last", NULL, "[N]", 0, 1, NULL, "the last 20 events, or N", monitor_trace_last },
    { "trace write", NULL, "FILE [FORMAT]", 1, 2, NULL,
      "writes what was kept to a file, for intact trace; or as text, json, vcd, chrome, svg or latency",
      monitor_trace_write },
    { "info trace", NULL, "", 0, 0, NULL, "whether a trace runs, and what it has", monitor_info_trace },
    { "stop", NULL, "", 0, 0, "Ctrl-c", "stops the machine", monitor_stop },
    { "cont", "c", "", 0, 0, "continue", "lets it run on", monitor_cont },
    { "step", "s", "[CPU]", 0, 1, "stepi", "runs it until the processor has executed one instruction", monitor_step },
    { "wait", NULL, "", 0, 0, "continue", "does the next command when the machine has stopped", monitor_wait },
    { "break", "b", "ADDRESS|EVENT", 1, 1, NULL,
      "stops before the instruction at a virtual address, or when something happens: raise:4", monitor_break },
    { "watch", NULL, "ADDRESS [SIZE]", 1, 2, "watch -location", "stops at writes to SIZE bytes, 4 if it is not given",
      monitor_watch },
    { "rwatch", NULL, "ADDRESS [SIZE]", 1, 2, "rwatch -location", "stops at reads", monitor_watch },
    { "awatch", NULL, "ADDRESS [SIZE]", 1, 2, "awatch -location", "stops at both", monitor_watch },
    { "delete", "d", "[N]", 0, 1, NULL, "removes breakpoint or watchpoint N, or all", monitor_delete },
    { "go", NULL, "INSTRUCTION", 1, 1, NULL, "goes to where all processors have executed so many instructions",
      monitor_go },
    { "replay_seek", "replay-seek", "INSTRUCTION", 1, 1, NULL, "as go", monitor_go },
    { "replay_break", NULL, "INSTRUCTION", 1, 1, NULL, "as break instruction:INSTRUCTION, in place of the one before",
      monitor_replay_break },
    { "replay_delete_break", NULL, "", 0, 0, NULL, "removes it", monitor_replay_delete_break },
    { "back", NULL, "[CPU|EVENT]", 0, 1, NULL,
      "goes before the processor's own last instruction, or to where something happened last", monitor_back },
    { "reverse", "rc", "", 0, 0, NULL, "goes back to the last breakpoint or watchpoint", monitor_reverse },
    { "snapshots", NULL, "[SIZE]", 0, 1, NULL,
      "takes snapshots from here on, so that the machine can go back to here; of 512M, or SIZE[K|M|G]",
      monitor_snapshots },
    { "savevm", NULL, "FILE", 1, LINE, NULL, "writes the machine's state to a file", monitor_savevm },
    { "loadvm", NULL, "FILE", 1, LINE, NULL, "makes the machine what it was then", monitor_loadvm },
    { "p", "print", "[/FMT] EXPRESSION", 1, LINE, "p", "a value: p $pc, p/d 0x10+4*$sp", monitor_p },
    { "x", NULL, "[/FMT] ADDRESS [COUNT]", 1, 3, "x",
      "COUNT bytes, 64 if it is not given, at a virtual address; or as FMT says: x/16xb, x/4dw, x/10i",
      monitor_examine },
    { "xp", NULL, "[/FMT] ADDRESS [COUNT]", 1, 3, NULL, "the same at a physical address", monitor_examine },
    { "screendump", NULL, "FILE", 1, LINE, NULL,
      "writes the guest's picture to FILE.png, or as PPM to a file with another name", monitor_screendump },
    { "sum", NULL, "ADDRESS SIZE", 2, 2, NULL, "the checksum of physical memory, as BSD's sum(1) has it", monitor_sum },
    { "balloon", NULL, "MIB", 1, 1, NULL, "asks the guest to leave itself so much of its memory", monitor_balloon },
    { "info balloon", NULL, "", 0, 0, NULL, "how much it says that it has left, and its statistics",
      monitor_info_balloon },
    { "nmi", NULL, "", 0, 0, NULL,
      "a pulse on the NMI line, which leads to LINT1 of each processor; port 70h may mask it", monitor_nmi },
    { "system_reset", NULL, "", 0, 0, NULL, "presses the reset button: with -no-reboot the machine ends",
      monitor_system_reset },
    { "system_powerdown", NULL, "", 0, 0, NULL, "presses the power button, which asks the guest to turn the power off",
      monitor_system_powerdown },
    { "sendkey", NULL, "KEYS [HOLD]", 1, 2, NULL,
      "presses keys together, ctrl-alt-f1, and lets them go after 100 ms of virtual time, or HOLD", monitor_sendkey },
    { "mouse_move", NULL, "DX DY [DZ]", 2, 3, NULL, "moves the mouse right and down, and its wheel",
      monitor_mouse_move },
    { "mouse_button", NULL, "STATE", 1, 1, NULL, "the mouse's buttons that are down: 1 left, 2 middle, 4 right",
      monitor_mouse_button },
    { "quit", "q", "", 0, 0, NULL, "ends the machine", monitor_quit },
};

const struct monitor_row *monitor_row(unsigned index)
{
    return index < countof(commands) ? &commands[index] : NULL;
}

static void tell_command(struct monitor *monitor, const struct monitor_row *command)
{
    char usage[64];
    snprintf(usage, sizeof usage, "%s%s%s %s", command->name, command->alias ? "|" : "",
             command->alias ? command->alias : "", command->arguments);
    monitor_print(monitor, "%-26s %s%s%s\n", usage, command->about,
                  monitor->in_gdb && command->in_gdb ? "; here: " : "",
                  monitor->in_gdb && command->in_gdb ? command->in_gdb : "");
}

// "info" means all that begin with it.
static bool is_meant(const struct monitor_row *command, unsigned count, char *const *words)
{
    size_t length = strlen(words[1]);
    if (command->alias && count == 2 && strcmp(command->alias, words[1]) == 0)
        return true;
    if (strncmp(command->name, words[1], length) != 0 || (command->name[length] && command->name[length] != ' '))
        return false;
    return count == 2 || (command->name[length] && strcmp(command->name + length + 1, words[2]) == 0);
}

struct monitor_result monitor_help(struct monitor *monitor, unsigned count, char *const *words)
{
    bool any = false;
    if (count == 2 && strcmp(words[1], "sources") == 0)
        return monitor_info_sources(monitor, count, words);
    for (unsigned i = 0; i < countof(commands); i++)
        if (count == 1 || is_meant(&commands[i], count, words)) {
            tell_command(monitor, &commands[i]);
            any = true;
        }
    if (!any)
        return monitor_refuse(monitor, words[0], "there is no command '%s%s%s'", words[1], count > 2 ? " " : "",
                              count > 2 ? words[2] : "");
    if (count == 1)
        monitor_print(
            monitor,
            "ADDRESS is an expression of numbers and registers: 0x1000, $sp+16. FMT: how many, x d u o or c, and 1, 2, "
            "4 or 8 bytes as b h w or g. EVENT: raise:GSI, accept:N, deliver:N, "
            "ack:N, eoi:N (vector or INTID N), write:ADDRESS, read:ADDRESS, in:PORT, out:PORT, instruction:N.\n");
    return MONITOR_STAY;
}

// --- the command of a line ---------------------------------------------------------------------------------------------

// Where `text` goes on behind the command's name, with blanks or a format; NULL: it is another command.
static char *behind(const char *name, char *text)
{
    for (; *name; name++) {
        if (*name == ' ') {
            if (*text != ' ')
                return NULL;
            text += strspn(text, " ");
        } else if (*text++ != *name) {
            return NULL;
        }
    }
    return *text == 0 || *text == ' ' || *text == '/' ? text + strspn(text, " ") : NULL;
}

const struct monitor_row *monitor_find(char *text, char **arguments)
{
    for (unsigned i = 0; i < countof(commands); i++) {
        *arguments = behind(commands[i].name, text);
        if (!*arguments && commands[i].alias)
            *arguments = behind(commands[i].alias, text);
        if (*arguments)
            return &commands[i];
    }
    return NULL;
}
