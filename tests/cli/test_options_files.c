// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -readconfig and -daemonize; -fw_cfg, -smbios, -uuid and -semihosting-config.
#include "cli/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct settings settings;

static int parse(const char *const *words)
{
    char *argv[16];
    int argc = 0;
    settings_free(&settings);
    settings_init(&settings);
    for (; words[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc];
    return options_parse(&settings, argc, argv);
}

#define TAKES(...) cr_assert_eq(parse((const char *const[]){ __VA_ARGS__, NULL }), 0, "%s", settings.why)
#define REFUSES(text, ...)                                                                                             \
    do {                                                                                                               \
        cr_assert_lt(parse((const char *const[]){ __VA_ARGS__, NULL }), 0);                                            \
        cr_assert_not_null(strstr(settings.why, (text)), "got: %s", settings.why);                                     \
    } while (0)

static void finish(void)
{
    settings_free(&settings);
}

TestSuite(options_files, .fini = finish);

// A file with this text; its name, until the next one.
static const char *config_file(const char *text)
{
    static char path[64];
    strcpy(path, "/tmp/intact-config-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(options_files, a_file_has_options_by_sections)
{
    const char *path =
        config_file("# comment\n[machine]\n  type = \"virt\"\n  gic-version = \"2\"\n  kernel = \"k\"\n\n"
                    "[memory]\n  size = \"64M\"\n[device \"a\"]\n driver = \"edu\"\n  addr = \"3\"\n"
                    "[global]\n driver = \"edu\"\n property = \"dma_mask\"\n value = \"0xff\"\n"
                    "[smbios]\n type = \"1\"\n serial = \"x,y\"\n");
    TAKES("-readconfig", path);
    unlink(path);
    cr_assert_eq(settings.config.type, INTACT_VIRT);
    cr_assert_eq(settings.config.gic_version, 2);
    cr_assert_str_eq(settings.config.kernel, "k");
    cr_assert_eq(settings.config.memory, 64 << 20);
    cr_assert_eq(settings.config.device_count, 1);
    cr_assert_str_eq(settings.config.devices[0].driver, "edu");
    cr_assert_eq(settings.config.devices[0].property_count, 3);
    cr_assert_str_eq(settings.config.smbios[0].value, "x,y");
}

Test(options_files, a_file_that_is_wrong_is_refused_by_line)
{
    static const char *const rows[][2] = {
        { "[colour]\n", "line 1: there is no such section" },
        { "x = \"y\"\n", "line 1: is before the first section" },
        { "[machine]\nx\n", "line 2: is no NAME" },
        { "[\n", "line 1: is no [section]" },
        { "[device \"a\"]\ndriver = \"edi\"\n", "line 2: -device: no device 'edi'" },
        { "[global]\nx = \"y\"\n", "line 2: [global] has driver" },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = config_file(rows[i][0]);
        REFUSES(rows[i][1], "-readconfig", path);
        unlink(path);
    }
    REFUSES("cannot read '/nowhere/f'", "-readconfig", "/nowhere/f");
    REFUSES("cannot read '/'", "-readconfig", "/");
}

Test(options_files, a_daemon_leaves_the_terminal)
{
    TAKES("-daemonize");
    cr_assert(settings.daemonize);
    cr_assert_eq(settings.serial.kind, STREAM_NULL);
    TAKES("-daemonize", "-serial", "file:x");
    REFUSES("-daemonize: -serial has the terminal", "-daemonize", "-serial", "stdio");
    REFUSES("-daemonize: -nographic has the terminal", "-daemonize", "-nographic");
    REFUSES("-daemonize: -monitor has the terminal", "-daemonize", "-monitor", "stdio");
}

Test(options_files, semihosting_has_its_command_line)
{
    TAKES("-machine", "virt", "-semihosting", "-kernel", "k", "-append", "a b");
    cr_assert(settings.config.semihosting);
    cr_assert_str_eq(settings.config.semihosting_line, "k a b");
    cr_assert_eq(settings.debugcon.kind, STREAM_STDIO);
    TAKES("-semihosting-config", "enable=on,target=native,arg=x,arg=y,,z");
    cr_assert_str_eq(settings.config.semihosting_line, "x y,z");
    TAKES("-semihosting-config", "off");
    cr_assert_not(settings.config.semihosting);
    TAKES("-chardev", "file,id=c,path=/dev/null", "-semihosting-config", "on,chardev=c");
    cr_assert_str_eq(settings.debugcon_chardev, "c");
    REFUSES("target=gdb is not auto or native", "-semihosting-config", "target=gdb");
    REFUSES("userspace is off", "-semihosting-config", "userspace=on");
    REFUSES("enable is on or off", "-semihosting-config", "enable=maybe");
}

Test(options_files, what_smbios_says)
{
    static const uint8_t uuid[] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
                                    0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf1 };
    TAKES("-uuid", "12345678-9ABC-def0-1234-56789abcdef1", "-smbios", "type=1,serial=a,,b,sku=c", "-smbios", "file=f");
    cr_assert_arr_eq(settings.config.uuid, uuid, 16);
    cr_assert_eq(settings.config.smbios_count, 3);
    cr_assert_eq(settings.config.smbios[0].type, 1);
    cr_assert_str_eq(settings.config.smbios[0].name, "serial");
    cr_assert_str_eq(settings.config.smbios[0].value, "a,b");
    cr_assert_str_eq(settings.config.smbios[1].name, "sku");
    cr_assert_null(settings.config.smbios[2].name);
    cr_assert_str_eq(settings.config.smbios[2].file, "f");
    TAKES("-smbios", "type=1,uuid=12345678-9abc-def0-1234-56789abcdef1");
    cr_assert_arr_eq(settings.config.uuid, uuid, 16);
    cr_assert_eq(settings.config.smbios_count, 0);
    REFUSES("-uuid: '1234' is no UUID", "-uuid", "1234");
    REFUSES("is no UUID", "-uuid", "12345678-9abc-def0-1234-56789abcdef12");
    REFUSES("is no UUID", "-uuid", "12345678x9abc-def0-1234-56789abcdef1");
    REFUSES("neither type=N", "-smbios", "serial=1");
    REFUSES("neither type=N", "-smbios", "type=1,file=f");
    REFUSES("neither type=N", "-smbios", "type=256");
    REFUSES("path= is not here", "-smbios", "type=11,path=f");
}

Test(options_files, the_clock_is_virtual)
{
    TAKES("-rtc", "base=2020-02-03,clock=vm,driftfix=slew");
    REFUSES("-rtc: no clock 'host'", "-rtc", "clock=host");
    REFUSES("-rtc: no driftfix 'fast'", "-rtc", "driftfix=fast");
}

Test(options_files, files_of_fw_cfg)
{
    TAKES("-fw_cfg", "name=opt/a,string=x=1,,y", "-fw_cfg", "opt/b,file=f");
    const struct intact_fw_cfg_config *files = settings.config.fw_cfgs;
    cr_assert_eq(settings.config.fw_cfg_count, 2);
    cr_assert_str_eq(files[0].name, "opt/a");
    cr_assert_str_eq(files[0].data, "x=1,y");
    cr_assert_eq(files[0].data_size, 5);
    cr_assert_str_eq(files[1].name, "opt/b");
    cr_assert_str_eq(files[1].file, "f");
    REFUSES("needs name=NAME", "-fw_cfg", "string=x");
    REFUSES("string=TEXT or file=FILE", "-fw_cfg", "opt/a");
    REFUSES("string=TEXT or file=FILE", "-fw_cfg", "opt/a,string=x,file=y");
}
