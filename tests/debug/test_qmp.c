// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QMP's messages, with a table of commands of the test's own and without a machine.
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debug/qmp.h"

static struct qmp qmp;
static char said[1 << 20]; // since the last look
static size_t size;

static void take(void *owner, const char *text, size_t length)
{
    (void)owner;
    cr_assert_lt(size + length, sizeof said);
    memcpy(said + size, text, length);
    size += length;
    said[size] = 0;
}

static json_t *twice(struct qmp *of, json_t *arguments)
{
    json_int_t number = json_integer_value(json_object_get(arguments, "number"));
    const char *text = json_string_value(json_object_get(arguments, "text"));
    if (number == 0)
        return qmp_fail(of, "twice nothing is %s", "nothing");
    return json_pack("{s:I, s:o}", "number", 2 * number, "text", qmp_text(text ? text : "\xff"));
}

static json_t *nothing(struct qmp *of, json_t *arguments)
{
    (void)of, (void)arguments;
    return NULL;
}

static const struct qmp_command commands[] = {
    { "twice", { { "number", QMP_INTEGER, false }, { "text", QMP_STRING, true } }, twice },
    { "nothing", { { NULL } }, nothing },
};

static const char *say_bytes(const char *bytes, size_t count)
{
    said[size = 0] = 0;
    for (size_t used, at = 0; at < count; at += used)
        qmp_receive(&qmp, (const uint8_t *)bytes + at, count - at, &used);
    return said;
}

static const char *say(const char *text)
{
    return say_bytes(text, strlen(text));
}

static void setup(void)
{
    qmp = (struct qmp){ .commands = commands, .count = 2, .send = take };
    qmp_open(&qmp);
}

static void agree(void)
{
    setup();
    cr_assert_str_eq(say("{\"execute\": \"qmp_capabilities\"}\n"), "{\"return\": {}}\r\n");
}

#define ERROR(text)     "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}\r\n"
#define NOT_FOUND(text) "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"" text "\"}}\r\n"

TestSuite(qmp_begin, .init = setup);
TestSuite(qmp, .init = agree);

Test(qmp_begin, the_first_line_is_the_greeting)
{
    cr_expect_str_eq(said,
                     "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, \"package\": "
                     "\"Intact 0.1.0\"}, \"capabilities\": []}}\r\n");
}

Test(qmp_begin, the_first_command_agrees_on_capabilities)
{
    cr_expect_str_eq(say("{\"execute\": \"query-version\"}"), NOT_FOUND("the first command must be qmp_capabilities"));
    cr_expect_str_eq(say("{\"execute\": \"unknown\"}"), NOT_FOUND("the first command must be qmp_capabilities"));
    cr_expect_str_eq(say("{\"execute\": \"qmp_capabilities\", \"arguments\": {\"enable\": [\"oob\"]}}"),
                     ERROR("enable: there is no capability to enable"));
    cr_expect_str_eq(say("{\"execute\": \"qmp_capabilities\", \"arguments\": {\"enable\": []}, \"id\": null}"),
                     "{\"return\": {}, \"id\": null}\r\n");
    cr_expect_str_eq(say("{\"execute\": \"qmp_capabilities\"}"),
                     NOT_FOUND("qmp_capabilities is only for the first command"));
    cr_expect_str_eq(say("{\"execute\": \"unknown\"}"),
                     NOT_FOUND("there is no command 'unknown'; query-commands lists all"));
}

Test(qmp, a_new_client_agrees_again)
{
    qmp_open(&qmp);
    cr_expect_str_eq(say("{\"execute\": \"query-version\"}"), NOT_FOUND("the first command must be qmp_capabilities"));
}

Test(qmp, a_command_has_arguments_and_an_id_of_any_kind)
{
    cr_expect_str_eq(
        say("{\"execute\": \"twice\", \"arguments\": {\"number\": -21}, \"id\": [1, {\"a\": \"\\u00e4\"}]}"),
        "{\"return\": {\"number\": -42, \"text\": \"?\"}, \"id\": [1, {\"a\": \"\\u00E4\"}]}\r\n");
    cr_expect_str_eq(
        say("{\"id\": 7, \"execute\": \"twice\", \"arguments\": {\"number\": 0}}"),
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"twice nothing is nothing\"}, \"id\": 7}\r\n");
    cr_expect_str_eq(say("{\"execute\": \"nothing\"}"), ERROR("the host has no memory left"));
    cr_expect_str_eq(say("{\"execute\": \"query-commands\"}"),
                     "{\"return\": [{\"name\": \"qmp_capabilities\"}, {\"name\": \"query-version\"}, {\"name\": "
                     "\"query-commands\"}, {\"name\": \"twice\"}, {\"name\": \"nothing\"}]}\r\n");
}

Test(qmp, what_is_wrong_with_a_command_is_said)
{
    static const struct {
        const char *given, *answer;
    } wrong[] = {
        { "[]", ERROR("a command is a JSON object") },
        { "12\n", ERROR("a command is a JSON object") },
        { "\"stop\"\n", ERROR("a command is a JSON object") },
        { "{}", ERROR("a command has a member 'execute', with its name") },
        { "{\"execute\": 5}", ERROR("the member 'execute' is to be a string") },
        { "{\"execute\": \"twice\", \"arguments\": []}", ERROR("the member 'arguments' is to be an object") },
        { "{\"execute\": \"twice\", \"argument\": {}}", ERROR("a command has no member 'argument'") },
        { "{\"execute\": \"twice\"}", ERROR("twice needs the argument 'number'") },
        { "{\"execute\": \"twice\", \"arguments\": {\"number\": \"1\"}}",
          ERROR("twice: the argument 'number' is to be an integer of at most 64 bits") },
        { "{\"execute\": \"twice\", \"arguments\": {\"number\": 1.5}}",
          ERROR("twice: the argument 'number' is to be an integer of at most 64 bits") },
        { "{\"execute\": \"twice\", \"arguments\": {\"number\": 1, \"text\": null}}",
          ERROR("twice: the argument 'text' is to be a string") },
        { "{\"execute\": \"twice\", \"arguments\": {\"number\": 1, \"other\": 1}}",
          ERROR("twice takes no argument 'other'") },
        { "{\"execute\": \"query-version\", \"arguments\": {\"x\": 1}}", ERROR("query-version takes no argument 'x'") },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(say(wrong[i].given), wrong[i].answer);
}

// One line of an error, and the conversation goes on.
static void refuses(const char *bytes, size_t count, const char *text)
{
    const char *answer = say_bytes(bytes, count);
    cr_expect_eq(strncmp(answer, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"", 43), 0, "%s", answer);
    cr_expect_not_null(strstr(answer, text), "%s", answer);
    cr_expect_eq(strchr(answer, '\n'), answer + size - 1, "%s", answer);
    cr_expect_str_eq(say("{\"execute\": \"twice\", \"arguments\": {\"number\": 1, \"text\": \"\"}}"),
                     "{\"return\": {\"number\": 2, \"text\": \"\"}}\r\n");
}

#define REFUSES(text, error) refuses(text, sizeof text - 1, error)

Test(qmp, what_is_no_json_is_answered_with_one_error)
{
    REFUSES("garbage, and more of it\n", "this is no JSON, at byte ");
    REFUSES("}\n", "this is no JSON, at byte ");
    REFUSES("{]", "this is no JSON, at byte ");
    REFUSES("{\"execute\": stop}", "this is no JSON, at byte ");
    REFUSES("{'execute': 'stop'}", "this is no JSON, at byte ");
    REFUSES("{\"execute\": \"a\", \"execute\": \"b\"}", "duplicate object key");
    REFUSES("{\"execute\": \"a\\u0000b\"}", "this is no JSON, at byte ");
    REFUSES("{\"execute\": \"\xff", "a byte that is no text");
    REFUSES("{\"execute\": \"\xc3(\"}", "this is no JSON, at byte ");
    REFUSES("{\"execute\": \"\xed\xa0\x80\"}", "this is no JSON, at byte ");
    REFUSES("{\"execute\": \"\\ud800\"}", "this is no JSON, at byte ");
    REFUSES("{\"id\": 9223372036854775808}", "too big");
    REFUSES("{\"id\": 1e999}", "this is no JSON, at byte ");
    REFUSES("{\"execute\": \"a\n", "a control character");
    REFUSES("{\"execute\0", "a control character");
    REFUSES("\0\x1b\0\xff\xfe", "a control character");
    REFUSES("{\"a\": {\"b\": [1, 2, \"\xff", "a control character"); // a client wants to be understood again
}

Test(qmp, brackets_that_are_nested_too_deeply_are_refused)
{
    enum { DEPTH = 30000 };
    static char text[2 * DEPTH];
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    refuses(text, sizeof text, "maximum parsing depth reached");
    for (unsigned i = 0; i < DEPTH / 5; i++)
        memcpy(text + 5 * i, "{\"a\":", 5);
    text[DEPTH] = '0';
    memset(text + DEPTH + 1, '}', DEPTH / 5);
    refuses(text, DEPTH + 1 + DEPTH / 5, "maximum parsing depth reached");
}

Test(qmp, a_command_that_is_too_long_is_skipped_to_the_end_of_its_line)
{
    static char text[3 * QMP_MESSAGE];
    memset(text, 'a', sizeof text);
    memcpy(text, "{\"id\": \"", 8);
    text[sizeof text - 1] = '\n';
    refuses(text, sizeof text, "a command has at most 65536 bytes; the rest of the line is skipped");
    memset(text, 'a', 8);
    refuses(text, sizeof text, "a command has at most 65536 bytes");

    memset(text, ' ', QMP_MESSAGE); // as long as one may be
    static const char start[] = "{\"execute\": \"twice\", \"arguments\": {\"number\": 2,";
    memcpy(text, start, sizeof start - 1);
    memcpy(text + QMP_MESSAGE - 14, "\"text\": \"hi\"}}", 14);
    cr_expect_str_eq(say_bytes(text, QMP_MESSAGE), "{\"return\": {\"number\": 4, \"text\": \"hi\"}}\r\n");
}

Test(qmp, commands_come_in_any_pieces)
{
    static const char line[] =
        "{\"execute\": \"twice\",\r\n\t\"arguments\": {\"number\": 3, \"text\": \"]}\\\"{[\\\\\"}}";
    static const char answer[] = "{\"return\": {\"number\": 6, \"text\": \"]}\\\"{[\\\\\"}}\r\n";
    for (size_t i = 0; i + 1 < sizeof line - 1; i++)
        cr_expect_str_eq(say_bytes(line + i, 1), "");
    cr_expect_str_eq(say_bytes(line + sizeof line - 2, 1), answer);
    cr_expect_str_eq(say("  \r\n\n{\"execute\":\"twice\",\"arguments\":{\"number\":1,\"text\":\"\"}}{\"execute\":"
                         "\"nothing\"}\r\n"),
                     "{\"return\": {\"number\": 2, \"text\": \"\"}}\r\n" ERROR("the host has no memory left"));
}

Test(qmp, an_event_has_the_time_of_the_machine)
{
    say("");
    qmp_event(&qmp, "STOP", 12345678901, NULL);
    qmp_event(&qmp, "RESET", 999, json_pack("{s:b}", "guest", 1));
    cr_expect_str_eq(
        said, "{\"timestamp\": {\"seconds\": 12, \"microseconds\": 345678}, \"event\": \"STOP\"}\r\n"
              "{\"timestamp\": {\"seconds\": 0, \"microseconds\": 0}, \"event\": \"RESET\", \"data\": {\"guest\": "
              "true}}\r\n");
}

Test(qmp_begin, no_event_comes_before_capabilities_are_agreed_on)
{
    say("");
    qmp_event(&qmp, "STOP", 0, json_object());
    cr_expect_str_eq(said, "");
}
