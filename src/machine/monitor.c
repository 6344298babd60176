// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The table of commands, the words of a line, and where the machine stopped. See monitor.h.
//
// Not modelled: QEMU's commands about devices, migration and display; symbols; -qmp and -mon.
#include "machine/monitor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/monitor_commands.h"

enum { WORDS = 4, LENGTH = MONITOR_LINE + 400 };

// --- printing --------------------------------------------------------------------------------------------------------

void monitor_print(struct monitor *monitor, const char *format, ...)
{
    char text[LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    monitor->print(monitor->owner, text);
}

struct monitor_result monitor_refuse(struct monitor *monitor, const char *command, const char *format, ...)
{
    char text[LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    monitor_print(monitor, "%s: %s\n", command, text);
    return MONITOR_STAY;
}

void monitor_tell_place(struct monitor *monitor)
{
    struct board *board = machine_board(monitor->machine);
    const char *name = board->config.type == INTACT_PC ? "rip" : "pc";
    uint64_t pc = 0;
    board->type->read_register(board, monitor->cpu, name, &pc);
    monitor_print(monitor, "stopped%s: instruction %" PRIu64 ", %" PRIu64 " ns, CPU %u, %s 0x%" PRIx64 "\n",
                  monitor->stopped, board->loop.instructions, board->clock.now, monitor->cpu, name, pc);
}

// What stopped it is the monitor's own point, or one of the program's.
static void describe_stop(const struct monitor *monitor, const struct intact_exit *end, char *text, size_t size)
{
    const struct monitor_point *point = monitor_point_of(monitor, end);
    bool watched = end->stop == INTACT_STOP_WRITE || end->stop == INTACT_STOP_READ || end->stop == INTACT_STOP_ACCESS;
    int used = 0;
    text[0] = 0;
    if (end->stop == INTACT_STOP_STEP)
        snprintf(text, size, " by step");
    else if (point)
        used = snprintf(text, size, " by %s %u", watched ? "watchpoint" : "breakpoint", point->number);
    else if (end->stop != INTACT_STOP_REQUEST)
        used = snprintf(text, size, " by a %s", watched ? "watchpoint" : "breakpoint");
    if (watched)
        snprintf(text + used, size - (size_t)used, " at 0x%" PRIx64, end->address);
    else if (end->stop == INTACT_STOP_EVENT)
        snprintf(text + used, size - (size_t)used, ", %s", monitor->machine->events.hit);
}

void monitor_note_stop(struct monitor *monitor, const struct intact_exit *end)
{
    monitor->cpu = end->cpu;
    describe_stop(monitor, end, monitor->stopped, sizeof monitor->stopped);
}

struct monitor_result monitor_refuse_in_gdb(struct monitor *monitor, const char *command, const char *instead)
{
    return monitor_refuse(monitor, command, "gdb has a command of its own for it: %s", instead);
}

// --- commands about the run ------------------------------------------------------------------------------------------

static struct monitor_result help(struct monitor *monitor, unsigned count, char *const *words);

static struct monitor_result stop(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (!monitor->running)
        return monitor_refuse(monitor, words[0], "the machine is stopped already");
    snprintf(monitor->stopped, sizeof monitor->stopped, " by stop");
    monitor_tell_place(monitor);
    return (struct monitor_result){ MONITOR_STOPS, 0 };
}

static struct monitor_result cont(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (monitor->running)
        return monitor_refuse(monitor, words[0], "the machine is running already");
    return (struct monitor_result){ MONITOR_RUNS, 0 };
}

static struct monitor_result step(struct monitor *monitor, unsigned count, char *const *words)
{
    unsigned cpu;
    if (!monitor_cpu(monitor, count, words, 1, &cpu))
        return MONITOR_STAY;
    return (struct monitor_result){ MONITOR_STEPS, cpu };
}

static struct monitor_result await_stop(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count;
    if (!monitor->running)
        return monitor_refuse(monitor, words[0], "the machine is stopped already; cont starts it");
    return (struct monitor_result){ MONITOR_WAITS, 0 };
}

static struct monitor_result quit(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)monitor, (void)count, (void)words;
    return (struct monitor_result){ MONITOR_QUITS, 0 };
}

// --- the table -------------------------------------------------------------------------------------------------------

static const struct command {
    const char *name, *alias; // of one or two words; another name, or NULL
    const char *arguments;
    uint8_t least, most; // how many of them there may be; LINE: one, which is the rest of the line
    const char *in_gdb;  // what a client of gdb's says instead; NULL: this
    const char *about;
    monitor_function *run;
} commands[] = {
#define LINE UINT8_MAX
    { "help", "?", "[COMMAND]", 0, 2, NULL, "lists the commands, or those that begin with COMMAND", help },
    { "info status", NULL, "", 0, 0, NULL, "whether the machine runs, and where it is", monitor_info_status },
    { "info instructions", NULL, "", 0, 0, NULL, "what was executed, by all and by each, and the virtual time",
      monitor_info_instructions },
    { "info cpus", NULL, "", 0, 0, NULL, "what each processor does, and where it is", monitor_info_cpus },
    { "info registers", NULL, "[CPU]", 0, 1, NULL, "a processor's registers, system registers too",
      monitor_info_registers },
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
    { "lint", NULL, "", 0, 0, NULL, "what the guest did wrong since the first lint, or with the option -lint in all",
      monitor_lint },
    { "stop", NULL, "", 0, 0, "Ctrl-c", "stops the machine", stop },
    { "cont", "c", "", 0, 0, "continue", "lets it run on", cont },
    { "step", "s", "[CPU]", 0, 1, "stepi", "runs it until the processor has executed one instruction", step },
    { "wait", NULL, "", 0, 0, "continue", "does the next command when the machine has stopped", await_stop },
    { "break", "b", "ADDRESS|EVENT", 1, 1, NULL,
      "stops before the instruction at a virtual address, or when something happens: raise:4", monitor_break },
    { "watch", NULL, "ADDRESS [SIZE]", 1, 2, "watch -location", "stops at writes to SIZE bytes, 4 if it is not given",
      monitor_watch },
    { "rwatch", NULL, "ADDRESS [SIZE]", 1, 2, "rwatch -location", "stops at reads", monitor_watch },
    { "awatch", NULL, "ADDRESS [SIZE]", 1, 2, "awatch -location", "stops at both", monitor_watch },
    { "delete", "d", "[N]", 0, 1, NULL, "removes breakpoint or watchpoint N, or all", monitor_delete },
    { "go", NULL, "INSTRUCTION", 1, 1, NULL, "goes to where all processors have executed so many instructions",
      monitor_go },
    { "back", NULL, "[CPU|EVENT]", 0, 1, NULL,
      "goes before the processor's own last instruction, or to where something happened last", monitor_back },
    { "reverse", "rc", "", 0, 0, NULL, "goes back to the last breakpoint or watchpoint", monitor_reverse },
    { "snapshots", NULL, "[SIZE]", 0, 1, NULL,
      "takes snapshots from here on, so that the machine can go back to here; of 512M, or SIZE[K|M|G]",
      monitor_snapshots },
    { "savevm", NULL, "FILE", 1, LINE, NULL, "writes the machine's state to a file", monitor_savevm },
    { "loadvm", NULL, "FILE", 1, LINE, NULL, "makes the machine what it was then", monitor_loadvm },
    { "x", NULL, "ADDRESS [COUNT]", 1, 2, "x", "COUNT bytes, 64 if it is not given, at a virtual address",
      monitor_examine },
    { "xp", NULL, "ADDRESS [COUNT]", 1, 2, NULL, "the same at a physical address", monitor_examine },
    { "quit", "q", "", 0, 0, NULL, "ends the machine", quit },
};

static void tell_command(struct monitor *monitor, const struct command *command)
{
    char usage[64];
    snprintf(usage, sizeof usage, "%s%s%s %s", command->name, command->alias ? "|" : "",
             command->alias ? command->alias : "", command->arguments);
    monitor_print(monitor, "%-26s %s%s%s\n", usage, command->about,
                  monitor->in_gdb && command->in_gdb ? "; here: " : "",
                  monitor->in_gdb && command->in_gdb ? command->in_gdb : "");
}

// "info" means all that begin with it.
static bool is_meant(const struct command *command, unsigned count, char *const *words)
{
    size_t length = strlen(words[1]);
    if (command->alias && count == 2 && strcmp(command->alias, words[1]) == 0)
        return true;
    if (strncmp(command->name, words[1], length) != 0 || (command->name[length] && command->name[length] != ' '))
        return false;
    return count == 2 || (command->name[length] && strcmp(command->name + length + 1, words[2]) == 0);
}

static struct monitor_result help(struct monitor *monitor, unsigned count, char *const *words)
{
    bool any = false;
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
            "ADDRESS is a sum of numbers and registers: 0x1000, $sp+16. EVENT: raise:GSI, accept:N, deliver:N, "
            "ack:N, eoi:N (vector or INTID N), write:ADDRESS, read:ADDRESS, in:PORT, out:PORT, instruction:N.\n");
    return MONITOR_STAY;
}

// --- a line ----------------------------------------------------------------------------------------------------------

// Where `text` goes on behind the command's name; NULL: it is another command.
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
    return *text == 0 || *text == ' ' ? text + strspn(text, " ") : NULL;
}

static const struct command *find(char *text, char **arguments)
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

// Cuts the text into words, one more than `most` if there are more. With LINE it is one.
static unsigned cut(char *text, unsigned most, char **words)
{
    unsigned count = 0;
    if (most == LINE) {
        words[0] = text;
        return *text != 0;
    }
    while (*text && count <= most) {
        words[count++] = text;
        text += strcspn(text, " ");
        if (*text)
            *text++ = 0;
        text += strspn(text, " ");
    }
    return count;
}

// Without control characters, and without blanks around it.
static void clean(const char *line, char *text)
{
    size_t length = 0;
    for (line += strspn(line, " \t"); line[length] && length + 1 < MONITOR_LINE; length++) {
        unsigned char c = (unsigned char)line[length];
        text[length] = c == '\t' ? ' ' : c < ' ' || c == 0x7f ? '?' : line[length];
    }
    while (length && text[length - 1] == ' ')
        length--;
    text[length] = 0;
}

struct monitor_result monitor_command(struct monitor *monitor, const char *line)
{
    char text[MONITOR_LINE], *arguments, *words[WORDS] = { NULL };
    clean(line, text);
    if (!text[0])
        return MONITOR_STAY;
    const struct command *command = find(text, &arguments);
    if (!command) {
        monitor_print(monitor, "There is no command '%s'; help lists all.\n", text);
        return MONITOR_STAY;
    }
    words[0] = (char *)(uintptr_t)command->name;
    unsigned count = cut(arguments, command->most, words + 1);
    if (monitor->in_gdb && command->in_gdb)
        return monitor_refuse_in_gdb(monitor, command->name, command->in_gdb);
    if (count < command->least)
        return monitor_refuse(monitor, command->name, "needs %s", command->arguments);
    if (count > command->most)
        return monitor_refuse(monitor, command->name, "'%s' is too much; it takes %s", words[count],
                              command->arguments[0] ? command->arguments : "nothing");
    return command->run(monitor, count + 1, words);
}

// --- words -----------------------------------------------------------------------------------------------------------

bool monitor_number(const char *text, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
    unsigned base = hex ? 16 : 10;
    const char *digits = "0123456789abcdef";
    text += hex ? 2 : 0;
    if (!*text)
        return false;
    for (*value = 0; *text; text++) {
        char c = *text >= 'A' && *text <= 'F' ? (char)(*text | 0x20) : *text;
        const char *digit = strchr(digits, c);
        unsigned add = digit ? (unsigned)(digit - digits) : base;
        if (add >= base || *value > (UINT64_MAX - add) / base)
            return false;
        *value = *value * base + add;
    }
    return true;
}

static int read_register(struct monitor *monitor, const char *name, uint64_t *value)
{
    struct board *board = machine_board(monitor->machine);
    int result = board->type->read_register(board, monitor->cpu, name, value);
    if (result < 0 && strcmp(name, "pc") == 0)
        return board->type->read_register(board, monitor->cpu, "rip", value);
    if (result < 0 && strcmp(name, "sp") == 0)
        return board->type->read_register(board, monitor->cpu, "rsp", value);
    return result;
}

static bool read_term(struct monitor *monitor, const char *command, const char *term, uint64_t *value)
{
    if (term[0] == '$') {
        if (read_register(monitor, term + 1, value) == 0)
            return true;
        monitor_refuse(monitor, command, "there is no register '%s'; info registers lists them", term + 1);
        return false;
    }
    if (monitor_number(term, value))
        return true;
    monitor_refuse(monitor, command, "'%s' is no number of at most 64 bits, as 4096 or 0x1000, and no register, as $pc",
                   term);
    return false;
}

bool monitor_value(struct monitor *monitor, const char *command, const char *text, uint64_t *value)
{
    char term[MONITOR_LINE];
    uint64_t one;
    bool minus = false;
    *value = 0;
    for (;;) {
        size_t length = strcspn(text, "+-");
        memcpy(term, text, length);
        term[length] = 0;
        if (!read_term(monitor, command, term, &one))
            return false;
        *value = minus ? *value - one : *value + one;
        minus = text[length] == '-';
        if (!text[length])
            return true;
        text += length + 1;
    }
}

bool monitor_is_event(const char *word)
{
    return (word[0] >= 'a' && word[0] <= 'z') || strchr(word, ':');
}

bool monitor_cpu(struct monitor *monitor, unsigned count, char *const *words, unsigned index, unsigned *cpu)
{
    uint64_t number = monitor->cpu;
    unsigned cpus = machine_board(monitor->machine)->loop.count;
    if (index < count && (!monitor_number(words[index], &number) || number >= cpus)) {
        monitor_refuse(monitor, words[0], "'%s' is no CPU; the machine has 0 to %u", words[index], cpus - 1);
        return false;
    }
    *cpu = (unsigned)number;
    return true;
}
