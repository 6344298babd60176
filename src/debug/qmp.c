// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See qmp.h. What a client sends is not trusted: whatever is wrong with it is answered with an error.
#include "debug/qmp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/version.h>

#include "base/bits.h"

// The version of QEMU with which the shapes of the messages are compared.
enum { QEMU_MAJOR = 7, QEMU_MINOR = 2, QEMU_MICRO = 0 };

// --- sending ---------------------------------------------------------------------------------------------------------

// One line for each message. `message` is the function's.
static void send(struct qmp *qmp, json_t *message)
{
    static const char no_memory[] =
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"the host has no memory left\"}}";
    char *text = message ? json_dumps(message, JSON_ENSURE_ASCII) : NULL;
    const char *line = text ? text : no_memory;
    qmp->send(qmp->owner, line, strlen(line));
    qmp->send(qmp->owner, "\r\n", 2);
    free(text);
    json_decref(message);
}

json_t *qmp_text(const char *text)
{
    json_t *value = json_string(text);
    if (value)
        return value;
    char *copy = strdup(text);
    for (char *c = copy; c && *c; c++)
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    value = copy ? json_string(copy) : NULL;
    free(copy);
    return value;
}

static json_t *make_error(const char *class, const char *format, va_list arguments)
{
    char text[512];
    vsnprintf(text, sizeof text, format, arguments);
    return json_pack("{s:s, s:o}", "class", class, "desc", qmp_text(text));
}

// What a client has sent may have been cut within a character.
static void set_error(struct qmp *qmp, json_t *error)
{
    json_decref(qmp->error);
    qmp->error = error;
}

json_t *qmp_fail(struct qmp *qmp, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(qmp, make_error("GenericError", format, arguments));
    va_end(arguments);
    return NULL;
}

static json_t *not_found(struct qmp *qmp, const char *format, ...) __attribute__((format(printf, 2, 3)));
static json_t *not_found(struct qmp *qmp, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    set_error(qmp, make_error("CommandNotFound", format, arguments));
    va_end(arguments);
    return NULL;
}

// `result` NULL: the error. `id` may be NULL.
static void answer(struct qmp *qmp, json_t *result, json_t *id)
{
    json_t *message = NULL;
    if (result)
        message = json_pack("{s:o}", "return", result);
    else if (qmp->error)
        message = json_pack("{s:O}", "error", qmp->error);
    if (message && id)
        json_object_set(message, "id", id);
    set_error(qmp, NULL);
    send(qmp, message);
}

json_t *qmp_version(void)
{
    return json_pack("{s:{s:i, s:i, s:i}, s:s}", "qemu", "micro", QEMU_MICRO, "minor", QEMU_MINOR, "major", QEMU_MAJOR,
                     "package", "Intact " INTACT_VERSION);
}

void qmp_event(struct qmp *qmp, const char *name, uint64_t time, json_t *data)
{
    const uint64_t second = 1000000000, microsecond = 1000;
    json_t *event = json_pack("{s:{s:I, s:I}, s:s}", "timestamp", "seconds", (json_int_t)(time / second),
                              "microseconds", (json_int_t)(time % second / microsecond), "event", name);
    if (event && data)
        json_object_set(event, "data", data);
    json_decref(data);
    if (qmp->negotiated && event)
        send(qmp, event);
    else
        json_decref(event);
}

// --- commands that every table has -----------------------------------------------------------------------------------

static json_t *capabilities(struct qmp *qmp, json_t *arguments)
{
    json_t *enable = json_object_get(arguments, "enable");
    if (json_array_size(enable))
        return qmp_fail(qmp, "enable: there is no capability to enable");
    qmp->negotiated = true;
    return json_object();
}

static json_t *version(struct qmp *qmp, json_t *arguments)
{
    (void)qmp, (void)arguments;
    return qmp_version();
}

static json_t *list_commands(struct qmp *qmp, json_t *arguments);

static const struct qmp_command own[] = {
    { "qmp_capabilities", { { "enable", QMP_ARRAY, true } }, capabilities },
    { "query-version", { { NULL } }, version },
    { "query-commands", { { NULL } }, list_commands },
};

static json_t *list_commands(struct qmp *qmp, json_t *arguments)
{
    json_t *list = json_array();
    (void)arguments;
    for (unsigned i = 0; i < countof(own); i++)
        json_array_append_new(list, json_pack("{s:s}", "name", own[i].name));
    for (unsigned i = 0; i < qmp->count; i++)
        json_array_append_new(list, json_pack("{s:s}", "name", qmp->commands[i].name));
    return list;
}

static const struct qmp_command *find(const struct qmp *qmp, const char *name)
{
    for (unsigned i = 0; i < countof(own); i++)
        if (strcmp(own[i].name, name) == 0)
            return &own[i];
    for (unsigned i = 0; i < qmp->count; i++)
        if (strcmp(qmp->commands[i].name, name) == 0)
            return &qmp->commands[i];
    return NULL;
}

// --- a command -------------------------------------------------------------------------------------------------------

static const struct qmp_argument *find_argument(const struct qmp_command *command, const char *name)
{
    for (unsigned i = 0; i < QMP_ARGUMENTS && command->arguments[i].name; i++)
        if (strcmp(command->arguments[i].name, name) == 0)
            return &command->arguments[i];
    return NULL;
}

static const char *type_text(const json_t *value, enum qmp_type type)
{
    switch (type) {
    case QMP_STRING: return json_is_string(value) ? NULL : "a string";
    case QMP_INTEGER: return json_is_integer(value) ? NULL : "an integer of at most 64 bits";
    case QMP_ARRAY: return json_is_array(value) ? NULL : "an array";
    case QMP_NO_ARGUMENT: break;
    }
    return NULL;
}

static bool check_arguments(struct qmp *qmp, const struct qmp_command *command, json_t *arguments)
{
    const char *name;
    json_t *value;
    json_object_foreach(arguments, name, value)
    {
        const struct qmp_argument *argument = find_argument(command, name);
        const char *wanted = argument ? type_text(value, argument->type) : NULL;
        if (!argument)
            qmp_fail(qmp, "%s takes no argument '%.80s'", command->name, name);
        else if (wanted)
            qmp_fail(qmp, "%s: the argument '%s' is to be %s", command->name, name, wanted);
        if (!argument || wanted)
            return false;
    }
    for (unsigned i = 0; i < QMP_ARGUMENTS && command->arguments[i].name; i++)
        if (!command->arguments[i].optional && !json_object_get(arguments, command->arguments[i].name)) {
            qmp_fail(qmp, "%s needs the argument '%s'", command->name, command->arguments[i].name);
            return false;
        }
    return true;
}

// The first command agrees on capabilities, and no other one does.
static bool is_its_time(struct qmp *qmp, const struct qmp_command *command)
{
    bool agrees = command->run == capabilities;
    if (!agrees && !qmp->negotiated)
        not_found(qmp, "the first command must be qmp_capabilities");
    else if (agrees && qmp->negotiated)
        not_found(qmp, "qmp_capabilities is only for the first command");
    return agrees != qmp->negotiated;
}

static json_t *execute(struct qmp *qmp, const char *name, json_t *arguments)
{
    static const struct qmp_command unknown;
    const struct qmp_command *command = find(qmp, name);
    if (!is_its_time(qmp, command ? command : &unknown))
        return NULL;
    if (!command)
        return not_found(qmp, "there is no command '%.80s'; query-commands lists all", name);
    json_t *given = arguments ? json_incref(arguments) : json_object();
    json_t *result = check_arguments(qmp, command, given) ? command->run(qmp, given) : NULL;
    json_decref(given);
    return result;
}

static json_t *obey(struct qmp *qmp, json_t *message)
{
    const char *name;
    json_t *value, *command = json_object_get(message, "execute"), *arguments = json_object_get(message, "arguments");
    json_object_foreach(message, name, value)
    {
        if (strcmp(name, "execute") != 0 && strcmp(name, "arguments") != 0 && strcmp(name, "id") != 0)
            return qmp_fail(qmp, "a command has no member '%.80s'", name);
    }
    if (!command)
        return qmp_fail(qmp, "a command has a member 'execute', with its name");
    if (!json_is_string(command))
        return qmp_fail(qmp, "the member 'execute' is to be a string");
    if (arguments && !json_is_object(arguments))
        return qmp_fail(qmp, "the member 'arguments' is to be an object");
    return execute(qmp, json_string_value(command), arguments);
}

static void handle(struct qmp *qmp)
{
    json_error_t error;
    json_t *message = json_loadb(qmp->frame.text, qmp->frame.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error),
           *result = NULL;
    if (!message)
        qmp_fail(qmp, "this is no JSON, at byte %d: %s", error.position, error.text);
    else if (!json_is_object(message))
        qmp_fail(qmp, "a command is a JSON object");
    else
        result = obey(qmp, message);
    answer(qmp, result, json_object_get(message, "id"));
    json_decref(message);
}

void qmp_open(struct qmp *qmp)
{
    qmp->frame = (struct qmp_frame){ .size = 0 };
    qmp->negotiated = false;
    send(qmp, json_pack("{s:{s:o, s:[]}}", "QMP", "version", qmp_version(), "capabilities"));
}

void qmp_receive(struct qmp *qmp, const uint8_t *bytes, size_t size, size_t *used)
{
    switch (qmp_frame_take(&qmp->frame, bytes, size, used)) {
    case QMP_FRAME_MORE: break;
    case QMP_FRAME_MESSAGE: handle(qmp); break;
    case QMP_FRAME_STRAY:
        qmp_fail(qmp, "this is no JSON: a control character, or a byte that is no text");
        answer(qmp, NULL, NULL);
        break;
    case QMP_FRAME_TOO_LONG:
        qmp_fail(qmp, "a command has at most %d bytes; the rest of the line is skipped", QMP_MESSAGE);
        answer(qmp, NULL, NULL);
        break;
    }
}
