// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Snapshot files of other versions: one whose fields are these is loaded, and any other is refused by the name of the first
// field that is not the same, and changes nothing. And values that no machine reaches.
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include <intact/replay.h>
#include <intact/snapshot.h>

#include "guests/embedded.h"
#include "machine/snapshot_file.h"

TestSuite(state_file, .timeout = 120);

static char why[INTACT_ERROR_SIZE], path[64];

static struct intact_machine *make(enum intact_machine_type type)
{
    struct intact_machine *machine;
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = type;
    config.memory = UINT64_C(16) << 20;
    config.kernel = "demo";
    config.kernel_data = type == INTACT_PC ? demo_x86_64 : demo_aarch64;
    config.kernel_size = type == INTACT_PC ? demo_x86_64_size : demo_aarch64_size;
    config.reboot = false;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    return machine;
}

static uint64_t state_digest(struct intact_machine *machine)
{
    uint64_t digest;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    return digest;
}

// A machine that has run a little, and its file.
static struct intact_machine *save(enum intact_machine_type type, struct snapshot_file *parts)
{
    struct intact_machine *machine = make(type);
    snprintf(path, sizeof path, "/tmp/intact-state-file-%ld", (long)getpid());
    intact_machine_run_for(machine, 5000);
    cr_assert_eq(intact_machine_save_file(machine, path, why), 0, "%s", why);
    snapshot_take_apart(parts, path);
    return machine;
}

static const uint8_t *find(const struct snapshot_file *parts, const char *text)
{
    const uint8_t *schema = snapshot_schema(parts), *end = schema + snapshot_schema_length(parts);
    for (const uint8_t *at = schema; at + strlen(text) <= end; at++)
        if (memcmp(at, text, strlen(text)) == 0)
            return at;
    cr_assert(false, "the schema is without '%s'", text);
    return NULL;
}

// As if it had been written by a version in which `to` was where this one has `from`.
static void change_schema(struct snapshot_file *parts, const char *from, const char *to)
{
    size_t at = (size_t)(find(parts, from) - parts->state), rest = at + strlen(from);
    size_t size = parts->state_size - strlen(from) + strlen(to), length = snapshot_schema_length(parts);
    uint8_t *state = snapshot_memory(malloc(size));
    memcpy(state, parts->state, at);
    memcpy(state + at, to, strlen(to));
    memcpy(state + at + strlen(to), parts->state + rest, parts->state_size - rest);
    free(parts->state);
    parts->state = state;
    parts->state_size = size;
    bytes_put(state + STATE_AT + 24, 8, length - strlen(from) + strlen(to));
    snapshot_seal(parts, true);
}

Test(state_file, of_an_older_version_with_the_same_fields_is_loaded)
{
    struct snapshot_file parts;
    struct intact_machine *machine = save(INTACT_PC, &parts), *other = make(INTACT_PC);
    cr_assert_eq(strncmp(parts.text, "version ", 8), 0);
    strcpy(parts.text, "version 0.0.1\n");
    snapshot_put_together(&parts, path);
    cr_assert_eq(intact_machine_load_file(other, path, why), 0, "%s", why);
    cr_assert_eq(state_digest(other), state_digest(machine));
    snapshot_free(&parts);
    intact_machine_destroy(machine);
    intact_machine_destroy(other);
    unlink(path);
}

static void is_refused(enum intact_machine_type type, const char *from, const char *to, const char *text)
{
    struct snapshot_file parts;
    struct intact_machine *machine = save(type, &parts);
    intact_machine_run_for(machine, 700);
    uint64_t digest = state_digest(machine);
    change_schema(&parts, from, to);
    snapshot_put_together(&parts, path);
    cr_assert_eq(intact_machine_load_file(machine, path, why), -EINVAL);
    cr_assert_str_eq(why, text);
    cr_assert_eq(state_digest(machine), digest);
    snapshot_free(&parts);
    intact_machine_destroy(machine);
    unlink(path);
}

Test(state_file, with_other_fields_is_refused_by_the_first_that_is_not_the_same)
{
    is_refused(INTACT_PC, "turns 8\n", "", "the saved state has 'steps 4' where 'turns 8' belongs");
    is_refused(INTACT_PC, "turns 8\n", "older 2\nturns 8\n", "the saved state has 'older 2' where 'turns 8' belongs");
    is_refused(INTACT_PC, "turns 8\n", "turns 4\n", "the saved state has 'turns 4' where 'turns 8' belongs");
    is_refused(INTACT_PC, "com1/\nIER 1\n", "com1/\nIER 2\n",
               "the saved state has 'com1/IER 2' where 'com1/IER 1' belongs");
    is_refused(INTACT_VIRT, "uart/\nUARTLCR_H 2\n", "uart/\n",
               "the saved state has 'uart/UARTCR 2' where 'uart/UARTLCR_H 2' belongs");
}

// The first byte of a field that begins with `value`, wherever its name is.
static size_t field_offset(const struct snapshot_file *parts, const char *section, const char *name)
{
    const char *schema = (const char *)snapshot_schema(parts),
               *end = (const char *)find(parts, section) + strlen(section);
    size_t offset = 0;
    bool there = false;
    for (const char *line = schema; !there || strncmp(line, name, strlen(name)) != 0; line = strchr(line, '\n') + 1) {
        unsigned size = 0, count = 1;
        const char *stop = strchr(line, '\n'), *equals = strchr(line, '=');
        there |= stop + 1 == end;
        if (stop[-1] == '/' || (equals && equals < stop) || memchr(line, '*', (size_t)(stop - line)))
            continue;
        sscanf(line, "%*s %u %u", &size, &count); // the next line does not begin with a digit
        offset += (size_t)size * count;
    }
    return offset;
}

Test(state_file, with_a_value_that_cannot_be_is_refused_by_name)
{
    struct snapshot_file parts;
    struct intact_machine *machine = save(INTACT_PC, &parts), *other = make(INTACT_PC);
    uint64_t digest = state_digest(other);
    uint8_t *field = snapshot_fields(&parts) + field_offset(&parts, "com1/\n", "rx_head ");
    cr_assert_eq(*field, 0);
    *field = 16;
    snapshot_seal(&parts, false);
    snapshot_put_together(&parts, path);
    cr_assert_eq(intact_machine_load_file(other, path, why), -EIO);
    cr_assert_str_eq(why, "the saved state is damaged: com1/rx_head is 16, which cannot be");
    cr_assert_eq(state_digest(other), digest);
    snapshot_free(&parts);
    intact_machine_destroy(machine);
    intact_machine_destroy(other);
    unlink(path);
}
