// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random command lines: options and values that exist, damaged ones, absurd numbers, any bytes.
//
// What must hold: 0 with settings from which a machine can be created, or -1 with one line of text.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "fuzz.h"

const char *const fuzz_name = "fuzz_options";

enum { ARGUMENTS = 24, TEXT = 300 };

// clang-format off
static const char *const values[] = {
    "pc", "type=pc", "pc,acpi=off", "pc,hpet=off,acpi=on", "pc,accel=tcg", "q35", "help", "?", "none", "max", "qemu64", "host",
    "1", "2", "8", "255", "256", "0", "-1", "4294967296", "99999999999999999999", "cpus=4,sockets=2,cores=2", "4,cores=3",
    "4,threads=0", "cpus=", "sockets=4294967295,cores=4294967295,threads=4294967295", "64", "128M", "4G", "512G", "513G", "1T",
    "16777216T", "size=64M", "size=", "0x10", "1.5G", "3", "4096K", "tcg,thread=multi", "tcg,thread=single", "kvm:tcg", "kvm",
    "isa-debug-exit", "isa-debug-exit,iobase=0xf4,iosize=4", "isa-debug-exit,iobase=0x10000", "isa-debug-exit,iosize=5",
    "isa-debugcon,chardev=x", "isa-debugcon,iobase=0xe9,chardev=c", "pc-testdev", "e1000", "virtio-net,mac=1", "stdio", "mon:stdio",
    "null", "file:/nonexistent/x", "file:", "chardev:c", "chardev:nobody", "stdio,id=c", "file,id=c,path=/nonexistent/y",
    "null,id=", "null,id=c", "socket,id=c", "shift=0", "shift=10,sleep=off", "shift=11", "shift=auto", "shift=0,sleep=on", "sleep=off",
    "base=utc", "base=localtime", "base=2026-01-01T00:00:00", "base=2026-13-41T99:99:99", "base=1969-12-31", "base=9999-12-31",
    "base=10000-01-01", "base=,clock=vm", "clock=host", "exit", "int", "int,exit", "exit,nothing", "/nonexistent/kernel", "", ",",
    "virt", "virt,gic-version=2", "virt,gic-version=3,its=on", "virt,gic-version=4", "virt,gic-version=max", "virt,its=maybe",
    "virt,gic-version=2,its=on", "pc,gic-version=3", "type=virt", "virt,acpi=off", "cortex-a57", "cortex-a53", "cortex-a57,x2apic=on",
    "124", "if=pflash,file=/nonexistent/f", "if=pflash,file=/dev/zero,unit=1", "if=pflash,unit=2,file=x", "if=none,id=d,file=/dev/null",
    "if=none,file=,id=d", "if=pflash,format=qcow2,file=x", "file=/dev/null,if=pflash,readonly=on,snapshot=on", "if=",
    "virtio-blk-device,drive=d", "virtio-blk-pci,drive=nobody", "virtio-net-device,netdev=n", "virtio-rng-pci,addr=99.9",
    "=", ",,,", "=,=", "id=", "%s%n", "console=ttyS0 \"quoted\"", "\n", "a\nb", "\x1b[31m", "\xff\xfe",
};
// clang-format on

static char *any_text(struct fuzz *fuzz, char *text)
{
    uint32_t length = fuzz_below(fuzz, fuzz_chance(fuzz, 16) ? TEXT - 1 : 12);
    for (uint32_t i = 0; i < length; i++)
        text[i] = (char)(1 + fuzz_below(fuzz, fuzz_chance(fuzz, 4) ? 255 : 126));
    text[length] = 0;
    return text;
}

// One byte of it becomes another, or goes, or two values become one.
static void damage(struct fuzz *fuzz, char *text)
{
    size_t length = strlen(text), at = fuzz_below(fuzz, (uint32_t)length + 1);
    const char *other = FUZZ_PICK(fuzz, values);
    switch (fuzz_below(fuzz, 4)) {
    case 0: text[at] = at < length ? (char)(1 + fuzz_below(fuzz, 255)) : 0; break;
    case 1: text[at] = 0; break;
    case 2: memmove(text, text + at, length - at + 1); break;
    default: snprintf(text + length, TEXT - length, ",%s", other); break;
    }
}

static char *any_value(struct fuzz *fuzz, char *text)
{
    if (fuzz_chance(fuzz, 16))
        return any_text(fuzz, text);
    snprintf(text, TEXT, "%s", FUZZ_PICK(fuzz, values));
    if (fuzz_chance(fuzz, 4))
        damage(fuzz, text);
    return text;
}

static const char *word_of(struct fuzz *fuzz, const struct option *option)
{
    unsigned count = 0;
    while (option->words && option->words[count])
        count++;
    return count ? option->words[fuzz_below(fuzz, count)] : NULL;
}

static int any_line(struct fuzz *fuzz, char text[ARGUMENTS][TEXT])
{
    int count = 0;
    for (unsigned left = fuzz_below(fuzz, ARGUMENTS / 2); left; left--) {
        const struct option *option = &options[fuzz_below(fuzz, option_count)];
        snprintf(text[count], TEXT, "%s%s", fuzz_chance(fuzz, 8) ? "--" : "-", option->name);
        if (fuzz_chance(fuzz, 64))
            damage(fuzz, text[count]);
        count++;
        if (!option->argument || fuzz_chance(fuzz, 64))
            continue;
        const char *word = fuzz_chance(fuzz, 2) ? word_of(fuzz, option) : NULL;
        if (word)
            snprintf(text[count], TEXT, "%s", word);
        else
            any_value(fuzz, text[count]);
        count++;
    }
    return count;
}

static bool has_loader(const struct intact_machine_config *config)
{
    for (unsigned i = 0; i < config->device_count; i++)
        if (strcmp(config->devices[i].driver, "loader") == 0)
            return true;
    return false;
}

// Without a kernel: everything is built and checked, and in the end there is nothing to run, but for what a loader starts.
static void try_machine(struct settings *settings)
{
    struct intact_machine *machine = NULL;
    char why[INTACT_ERROR_SIZE] = "";
    settings->config.kernel = settings->config.bios = NULL;
    if (intact_machine_create(&settings->config, &machine, why) < 0)
        fuzz_check_line(why);
    else if (!has_loader(&settings->config))
        fuzz_fail("a machine without a kernel was made");
    intact_machine_destroy(machine);
}

void fuzz_case(struct fuzz *fuzz)
{
    static char text[ARGUMENTS][TEXT];
    char *arguments[ARGUMENTS + 1] = { NULL };
    struct settings settings;
    int count = any_line(fuzz, text);
    for (int i = 0; i < count; i++) {
        arguments[i] = text[i];
        fuzz_tell(fuzz, "'%s'", text[i]);
    }
    settings_init(&settings);
    int result = options_parse(&settings, count, arguments);
    fuzz_tell(fuzz, "%d %s", result, settings.why);
    if (result != 0 && result != -1)
        fuzz_fail("the parser returned %d", result);
    if (result < 0)
        fuzz_check_line(settings.why);
    else if (settings.action == RUN && fuzz_chance(fuzz, 32))
        try_machine(&settings);
    settings_free(&settings);
}
