// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The functions of src/web, called on this host: each line of standard input is a call, and its answer is a line of standard output.
// lessons_test.mjs makes the same calls to the WebAssembly module.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/web.h"

static void tell(const char *text)
{
    for (; text && *text; text++)
        if (*text != '\n')
            putchar(*text);
        else
            fputs(text[1] ? " | " : "", stdout);
    puts("");
}

static void tell_or_error(const char *text)
{
    tell(text ? text : web_error());
}

static void obey(const char *verb, const char *a, const char *b)
{
    if (strcmp(verb, "open") == 0)
        tell(web_open(a, b) < 0 ? web_error() : "opened");
    else if (strcmp(verb, "check") == 0)
        tell_or_error(web_check(a, b));
    else if (strcmp(verb, "why") == 0)
        tell_or_error(web_why(a));
    else if (strcmp(verb, "lessons") == 0)
        tell_or_error(web_lessons());
    else if (strcmp(verb, "sources") == 0)
        tell_or_error(web_sources());
    else if (strcmp(verb, "model") == 0)
        tell_or_error(web_model());
    else if (strcmp(verb, "run") == 0)
        tell(web_run_on() ? "runs" : "stands");
    else if (strcmp(verb, "key") == 0)
        tell((web_key(atoi(a)), "done"));
    else
        tell((web_go_to(atof(a)), "done"));
}

int main(int argc, char **argv)
{
    char line[256], verb[16], a[64], b[64];
    if (argc != 2)
        return 2;
    web_begin(argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        verb[0] = a[0] = b[0] = 0;
        if (sscanf(line, "%15s %63s %63s", verb, a, b) > 0)
            obey(verb, a, b);
    }
    return 0;
}
