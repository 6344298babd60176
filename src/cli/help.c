// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Texts made from the option table: -help, the man page, shell completions.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/run.h"
#include "cli/text.h"

enum { COLUMN = 12, WIDTH = 100 };

int cli_help(int argc, char *const *argv)
{
    (void)argc, (void)argv;
    puts("intact run OPTIONS      runs a guest; the option names are QEMU's\n"
         "intact record FILE [-digest N] OPTIONS  the same, with a journal of the run in FILE, and a digest of the "
         "state\n"
         "                        every N instructions\n"
         "intact replay FILE      runs the guest of a journal again, and compares its state\n"
         "intact replay --bisect FILE [--with PROGRAM]  finds the instruction at which two replays become different\n"
         "intact digest OPTIONS   runs a guest and prints the digest of its last state\n"
         "intact why SOURCE OPTIONS  runs a guest, and says why an interrupt of it does not arrive\n"
         "intact trace -o FILE -- OPTIONS  runs a guest and writes what happens to its interrupts; also -replay "
         "JOURNAL\n"
         "intact watch OPTIONS    shows a machine on the terminal: chips, wires, interrupts; step by step, and back\n"
         "intact demo             five interrupts of an embedded guest, station by station\n"
         "                        (-machine virt: on an Arm machine)\n"
         "intact lesson [N]       lessons about interrupts: lists them, or runs one and grades it (intact lesson "
         "-help)\n"
         "intact completion SHELL completions for bash, zsh or fish\n"
         "intact help             this text\n"
         "\n"
         "Example: intact run -m 512M -kernel vmlinuz -initrd initrd.gz -append console=ttyS0");
    for (int group = 0; group < OPTION_GROUPS; group++) {
        printf("\n%s\n", option_group_title((enum option_group)group));
        for (unsigned i = 0; i < option_count; i++) {
            if ((int)options[i].group != group)
                continue;
            printf("  -%s%s%s\n", options[i].name, options[i].argument ? " " : "",
                   options[i].argument ? options[i].argument : "");
            text_print(options[i].help, COLUMN, WIDTH);
        }
    }
    puts("\nExit status: 0 the guest powered off, or reset under -no-reboot, or you quit; 1 an option or file is "
         "wrong;\n"
         "(v << 1) | 1 the guest wrote v to isa-debug-exit; 64 every processor is halted for ever; 66 -limit;\n"
         "68 the machine could not be started again; 70 a replay is not the recorded run; 72 its journal was cut "
         "short;\n74 -lint error found something; 76 jit=check found a difference.");
    return 0;
}

// --- The man page, in scdoc's language ------------------------------------------------------------------------------

// Escapes characters that are markup in scdoc.
static void print_escaped(const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_[]#<>|", *text))
            putchar('\\');
        putchar(*text);
    }
}

static void manual_options(void)
{
    for (int group = 0; group < OPTION_GROUPS; group++) {
        printf("## %s\n\n", option_group_title((enum option_group)group));
        for (unsigned i = 0; i < option_count; i++) {
            if ((int)options[i].group != group)
                continue;
            fputs("*-", stdout);
            print_escaped(options[i].name);
            putchar('*');
            if (options[i].argument) {
                putchar(' ');
                print_escaped(options[i].argument);
            }
            fputs("\n\t", stdout);
            print_escaped(options[i].help);
            fputs("\n\n", stdout);
        }
    }
}

int cli_manual(int argc, char *const *argv)
{
    (void)argc, (void)argv;
    puts(
        "intact(1)\n\n# NAME\n\nintact - runs a machine whose interrupts are carried in software\n\n"
        "# SYNOPSIS\n\n*intact run* [options]\n\n*intact record* FILE [-digest N] [--] [options]\n\n*intact replay* "
        "FILE [[--] options]\n\n*intact replay* --bisect FILE [--with PROGRAM]\n\n*intact digest* [--] "
        "[options]\n\n*intact why* SOURCE [-at N|EVENT] [-replay JOURNAL] [--] "
        "[options]\n\n*intact trace* [-format FORMAT] [-events ...] -o FILE -- [options]\n\n*intact trace* [-format "
        "FORMAT] "
        "[-events ...] -o FILE -replay JOURNAL [[--] options]\n\n*intact trace* [-format FORMAT] [-events ...] [-o "
        "FILE] "
        "TRACE\n\n*intact watch* [-keys KEYS] [-size WxH] [-shot FILE] [--] [options]\n\n*intact demo* [-machine "
        "pc|virt[,gic-version=2|3]]\n\n*intact lesson* [N [--text|--broken] [--watch|--window|--trace] "
        "[--json]]\n\n*intact "
        "lesson* "
        "start|check|new ...\n\n*intact "
        "completion* bash|zsh|fish\n\n*intact "
        "help*\n\n*intact-system-x86\\_64* [options]\n\n*intact-system-aarch64* [options]\n\n"
        "# DESCRIPTION\n\n"
        "*intact run* builds a PC or an Arm machine, loads a kernel into it and runs it. No hypervisor takes part: "
        "every "
        "interrupt goes from the device through the 8259A, the IOAPIC and the local APICs, or the GIC, to the guest's "
        "handler in software, and arrives at the same instruction in every run.\n\n"
        "*intact record* runs a guest in the same way and writes a journal to FILE: what came in from outside, with "
        "the "
        "instruction at which the machine took it, and digests of the machine's state. *intact replay* runs it again "
        "from "
        "the journal alone, with the recorded options, and compares the digests; if they differ, it says where and in "
        "what, and compares two more replays. With *--bisect* "
        "two processes replay it, of this program and of PROGRAM or of this one again, and the first instruction is "
        "found "
        "after which they differ, with what differs. *intact digest* prints the digest of "
        "the "
        "last state, which is equal on all hosts.\n\n"
        "*intact why* runs a guest, or with *-replay* a recorded run again, to its end, until N instructions are "
        "executed, "
        "or until EVENT happens (as of *-break*: says:TEXT, the guest prints that), and then says why the interrupt of "
        "SOURCE does not arrive: each register that holds it back, in the order of its path, and where it is.\n\n"
        "*intact trace* writes a trace of the interrupts of a run, of a journal's replay, or from a file that *-trace* "
        "has "
        "written: as *text* (a line for each station), *json* (JSON Lines), *vcd* (waves), *chrome* (for a trace "
        "viewer), "
        "*svg* (the life of one interrupt) or *latency* (a table by source). *-events*, *-cpu*, *-vector*, *-source*, "
        "*-from* and *-to* choose events as the properties of *-trace* do; *-cause* is the interrupt to draw.\n\n"
        "*intact watch* shows a machine on the terminal: its chips with their registers, its wires, what lets "
        "interrupts "
        "into each processor, and the lives of its interrupts, with the serial port. Keys run it by instructions and "
        "by "
        "events, forwards and back, and ask why an interrupt does not arrive; *?* lists them. With *-keys* it does "
        "what "
        "these keys would, prints the last screen, or writes it to the FILE of *-shot* (FILE.png: a "
        "picture), and ends. With *-display sdl* it is in a window.\n\n"
        "*intact demo* shows the path of five interrupts, station by station, on a guest that the command carries with "
        "it; with *-machine virt* on an Arm machine.\n\n"
        "*intact lesson* lists lessons about interrupts; with the number or the name of one it says what it is about, "
        "runs "
        "its guest, and compares the events of the run with those that must occur. *--text* shows its text and task, "
        "*--broken* the guest with a mistake and what *intact why* says of it; *intact lesson start* N [DIR] copies "
        "that one "
        "for you to repair, and *intact lesson check* DIR compiles and grades yours. *intact lesson new* DIR NAME "
        "begins a "
        "lesson of your own. The exit status is 0 passed, 1 not passed, 2 something else is wrong; *intact lesson "
        "-help* "
        "has the rest.\n\n"
        "*intact completion* prints the completions of a shell, to be sourced there.\n\n"
        "*intact-system-x86\\_64* and *intact-system-aarch64* are *intact run* by other names, for scripts that call "
        "an "
        "emulator of such a name; the second means *-machine virt*.\n\n"
        "# OPTIONS\n");
    manual_options();
    puts("# KEYS\n\nOn a terminal, where the serial port is mon:stdio (as it is unless *-serial* says otherwise):\n\n"
         "*Ctrl-a x*\n\tquits\n\n*Ctrl-a c*\n\tswitches between the guest's console and the monitor\n\n*Ctrl-a "
         "a*\n\tsends a Ctrl-a to the guest\n\n*Ctrl-a h*\n\tlists the keys\n\n"
         "# EXIT STATUS\n\n"
         "*0*\n\tThe guest powered off, or was reset under *-no-reboot*, or the user quit.\n\n"
         "*1*\n\tAn option or a file is wrong; one line on standard error says which.\n\n"
         "*(v << 1) | 1*\n\tThe guest wrote v to isa-debug-exit.\n\n"
         "*64*\n\tEvery processor is halted, no timer runs, and no input is possible any more.\n\n"
         "*66*\n\tThe number of instructions given with *-limit* was executed.\n\n"
         "*68*\n\tThe machine could not be started again after a reset.\n\n"
         "*70*\n\tA replay is another run than the recorded one.\n\n"
         "*72*\n\tA replay has come to the end of a journal that was cut short.\n\n"
         "*74*\n\tWith *-lint error*: the guest did something wrong, and the run ended otherwise than with 1 or 64 to "
         "72.\n\n"
         "# EXAMPLES\n\n"
         "A kernel with its ramdisk, on the terminal:\n\n"
         "\tintact run -m 512M -kernel vmlinuz -initrd initrd.gz -append console=ttyS0\n\n"
         "Firmware for the Arm machine, which keeps what it saves in flash.img (truncate -s 64M flash.img):\n\n"
         "\tintact run -machine virt -m 256M -bios u-boot.bin -drive if=pflash,format=raw,unit=1,file=flash.img\n\n"
         "Two processors, no pacing, and how it ended:\n\n"
         "\tintact run -smp 2 -icount shift=0,sleep=off -d exit -kernel vmlinuz -append console=ttyS0");
    return 0;
}

// --- Completions ----------------------------------------------------------------------------------------------------

static bool takes_file(const struct option *option)
{
    return option->argument && strcmp(option->argument, "FILE") == 0;
}

static const char *const *words_of(const struct option *option)
{
    return option->take == take_device ? device_names() : option->words;
}

static void print_words(const char *const *words)
{
    for (; words && *words; words++)
        printf("%s%s", *words, words[1] ? " " : "");
}

static void bash_completion(void)
{
    puts("_intact()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n    case $last in");
    for (unsigned i = 0; i < option_count; i++) {
        if (takes_file(&options[i])) {
            printf("    -%s) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", options[i].name);
        } else if (words_of(&options[i])) {
            printf("    -%s) COMPREPLY=($(compgen -W '", options[i].name);
            print_words(words_of(&options[i]));
            puts("' -- \"$word\")); return ;;");
        }
    }
    fputs("    esac\n    COMPREPLY=($(compgen -W 'run record replay digest why trace watch demo lesson help completion",
          stdout);
    for (unsigned i = 0; i < option_count; i++)
        printf(" -%s", options[i].name);
    puts("' -- \"$word\"))\n}\ncomplete -F _intact intact intact-system-x86_64 intact-system-aarch64");
}

static void fish_completion(void)
{
    static const char *const commands[] = { "intact", "intact-system-x86_64", "intact-system-aarch64" };
    puts("complete -c intact -n __fish_use_subcommand -a 'run record replay digest why trace watch demo lesson help "
         "completion'");
    for (unsigned i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        for (int command = 0; command < 3; command++) {
            printf("complete -c %s -o %s %s-d '", commands[command], option->name,
                   !option->argument    ? ""
                   : takes_file(option) ? "-r "
                                        : "-x ");
            for (const char *text = option->help; *text; text++)
                printf(*text == '\'' ? "\\'" : "%c", *text);
            putchar('\'');
            if (words_of(option)) {
                fputs(" -a '", stdout);
                print_words(words_of(option));
                putchar('\'');
            }
            putchar('\n');
        }
    }
}

static void zsh_completion(void)
{
    puts("#compdef intact intact-system-x86_64 intact-system-aarch64\nlocal -a arguments\narguments=(");
    for (unsigned i = 0; i < option_count; i++) {
        const struct option *option = &options[i];
        printf("    '*-%s", option->name);
        if (takes_file(option)) {
            fputs(":file:_files", stdout);
        } else if (words_of(option)) {
            fputs(":value:(", stdout);
            for (const char *const *word = words_of(option); *word; word++) {
                for (const char *text = *word; *text; text++)
                    printf(*text == ':' ? "\\:" : "%c", *text);
                fputs(word[1] ? " " : "", stdout);
            }
            putchar(')');
        } else if (option->argument) {
            fputs(":value:", stdout);
        }
        puts("'");
    }
    puts(
        ")\n_arguments $arguments '1::command:(run record replay digest why trace watch demo lesson help completion)'");
}

int cli_completion(int argc, char *const *argv)
{
    if (argc == 1 && cli_asks_help(argv[0])) {
        puts("intact completion bash|fish|zsh\nPrints the completions of that shell.");
        return 0;
    }
    if (argc == 1 && strcmp(argv[0], "bash") == 0)
        bash_completion();
    else if (argc == 1 && strcmp(argv[0], "fish") == 0)
        fish_completion();
    else if (argc == 1 && strcmp(argv[0], "zsh") == 0)
        zsh_completion();
    else
        return cli_fail("completion: for which shell? bash, zsh or fish");
    return 0;
}
