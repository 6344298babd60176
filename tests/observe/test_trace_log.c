// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A log of events: what it keeps, and its file.
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/trace.h"

#include <intact/trace_log.h>

static struct trace trace;
static struct intact_trace_log *trace_log;
static char why[INTACT_ERROR_SIZE];
static char path[64];

static struct intact_trace_log *make(const char *filter, size_t records)
{
    struct intact_trace_log_config config;
    intact_trace_log_config_init(&config);
    config.filter = filter;
    config.records = records;
    config.arm = true;
    config.cpus = 4;
    cr_assert_eq(intact_trace_log_create(&config, &trace_log, why), 0, "%s", why);
    cr_assert_eq(trace_add(&trace, intact_trace_log_observer(trace_log)), 0);
    return trace_log;
}

static void name_path(void)
{
    snprintf(path, sizeof path, "/tmp/intact-log-%d", (int)getpid());
}

static void interrupt(uint32_t gsi, const char *name)
{
    trace_name(&trace, name);
    trace_raise(&trace, trace_key(TRACE_AT_GSI, 0, gsi), TRACE_LINE, TRACE_NO_CPU, gsi, 1, 0);
    trace_emit(&trace, TRACE_EOI, 1, 0x31, UINT64_C(0xffffffff81000000), 0);
    trace_emit(&trace, TRACE_ACCESS, 1, UINT64_C(0x123456789abcd), UINT64_MAX, 0x108);
    trace_end(&trace);
}

static char text[4096];

static void print(void *owner, const struct intact_trace_event *event)
{
    size_t used = strlen(text);
    (void)owner;
    snprintf(text + used, sizeof text - used, "%s%s %lx %s", used ? ", " : "", intact_trace_name(event->id),
             (unsigned long)event->a, event->source ? event->source : "-");
}

static const char *texts_of(const struct intact_trace_log *log)
{
    text[0] = 0;
    intact_trace_log_each(log, print, NULL);
    return text;
}

Test(trace_log, keeps_what_its_filter_wants)
{
    make("events=all,source=pit*", 100);
    interrupt(2, "pit.out0");
    interrupt(4, "com1.irq");
    cr_assert_str_eq(texts_of(trace_log),
                     "line 2 pit.out0, eoi 31 pit.out0, access 123456789abcd -, access 123456789abcd -");
    intact_trace_log_destroy(trace_log);
    cr_assert_eq(trace.observers, NULL);
}

Test(trace_log, accesses_are_left_out_by_default)
{
    make(NULL, 100);
    interrupt(2, "pit.out0");
    cr_assert_str_eq(texts_of(trace_log), "line 2 pit.out0, eoi 31 pit.out0");
    intact_trace_log_destroy(trace_log);
}

Test(trace_log, a_file_has_all_that_was_kept)
{
    make("events=all", 6);
    name_path();
    for (unsigned i = 0; i < 10; i++)
        interrupt(i, i % 2 ? "com1.irq" : "pit.out0");
    static char before[sizeof text];
    strcpy(before, texts_of(trace_log));
    cr_assert_gt(intact_trace_log_lost(trace_log), 0u);
    cr_assert_eq(intact_trace_log_write(trace_log, path, why), 0, "%s", why);
    struct intact_trace_log *read;
    cr_assert_eq(intact_trace_log_read(path, &read, why), 0, "%s", why);
    cr_assert_str_eq(texts_of(read), before);
    cr_assert_eq(intact_trace_log_lost(read), intact_trace_log_lost(trace_log));
    intact_trace_log_destroy(read);
    intact_trace_log_destroy(trace_log);
    unlink(path);
}

static int read_bytes(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    struct intact_trace_log *read = NULL;
    int result = intact_trace_log_read(path, &read, why);
    cr_assert_eq(result == 0, read != NULL);
    if (read)
        texts_of(read);
    intact_trace_log_destroy(read);
    return result;
}

Test(trace_log, a_damaged_file_is_refused_or_read_and_never_more)
{
    static uint8_t bytes[1024], changed[1024];
    make("events=all", 8);
    name_path();
    for (unsigned i = 0; i < 4; i++)
        interrupt(i, "pit.out0");
    cr_assert_eq(intact_trace_log_write(trace_log, path, why), 0);
    FILE *file = fopen(path, "rb");
    cr_assert(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert(size > 64 && size < sizeof bytes);
    for (size_t cut = 0; cut < size; cut++)
        cr_assert_eq(read_bytes(bytes, cut), -EINVAL, "%zu bytes", cut);
    for (size_t at = 0; at < size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(changed, bytes, size);
            changed[at] ^= (uint8_t)(1u << bit);
            int result = read_bytes(changed, size);
            cr_assert(result == 0 || result == -EINVAL);
        }
    intact_trace_log_destroy(trace_log);
    unlink(path);
}

// What the file says.
static const char *file_text(void)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

Test(trace_log, is_written_in_every_format)
{
    make("events=all", 100);
    name_path();
    interrupt(2, "pit.out0");
    const char *name, *about;
    unsigned count = 0;
    for (; (name = intact_trace_format(count, &about)); count++) {
        cr_assert_eq(intact_trace_log_export(trace_log, name, path, why), 0, "%s", why);
        cr_assert_gt(strlen(file_text()), 0u, "%s", name);
        cr_assert_gt(strlen(about), 0u, "%s", name);
    }
    cr_assert_gt(count, 1u);
    cr_assert_eq(intact_trace_format(UINT32_MAX, NULL), NULL);
    cr_assert_eq(intact_trace_log_export(trace_log, "json", path, why), 0);
    cr_assert_not_null(strstr(file_text(), "\"family\":\"arm\",\"cpus\":4"));
    cr_assert_not_null(strstr(text, "pit.out0"));
    intact_trace_log_destroy(trace_log);
    unlink(path);
}

static const char *refused(const char *filter, size_t records)
{
    struct intact_trace_log_config config;
    intact_trace_log_config_init(&config);
    config.filter = filter;
    config.records = records;
    cr_assert_eq(intact_trace_log_create(&config, &trace_log, why), -EINVAL);
    cr_assert_eq(trace_log, NULL);
    return why;
}

Test(trace_log, what_is_wrong_is_named)
{
    cr_assert_str_eq(refused(NULL, 3), "records is 3; 4 to 4294967295 are kept");
    cr_assert_str_eq(refused("cpu", 10), "filter: 'cpu' is no property: NAME=VALUE is expected");
    cr_assert_eq(intact_trace_log_read("/nowhere/trace", &trace_log, why), -ENOENT);
    cr_assert_str_eq(why, "cannot read '/nowhere/trace': No such file or directory");
    make(NULL, 4);
    cr_assert_eq(intact_trace_log_write(trace_log, "/nowhere/trace", why), -ENOENT);
    cr_assert_eq(intact_trace_log_export(trace_log, "text", "/nowhere/trace", why), -ENOENT);
    cr_assert_str_eq(why, "cannot write '/nowhere/trace': No such file or directory");
    cr_assert_eq(intact_trace_log_export(trace_log, "jsn", "/nowhere/trace", why), -EINVAL);
    cr_assert_str_eq(why, "there is no format 'jsn'; there are text, json, vcd, chrome, svg, latency");
    intact_trace_log_destroy(trace_log);
    intact_trace_log_destroy(NULL);
}
