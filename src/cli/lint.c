// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See lint.h.
#include "cli/lint.h"

#include <stdio.h>

#include "cli/run.h"

int lint_begin(struct settings *settings, struct intact_machine *machine)
{
    if (settings->lint != LINT_OFF && intact_machine_lint(machine, NULL) < 0)
        return refuse(settings, "-lint: the host has no memory left");
    return 0;
}

static void tell(void *owner, const struct intact_lint_finding *finding)
{
    char text[INTACT_LINT_TEXT];
    intact_lint_text(finding, text, sizeof text);
    fprintf(owner, "intact: lint: %s (%s)\n", text, intact_lint_section(finding->id));
}

// The guest's own ends are 0 and odd ones but 1.
static bool ended_well(int status)
{
    return status == 0 || (status % 2 && status != STATUS_USAGE);
}

int lint_tell(const struct settings *settings, struct intact_machine *machine, int status)
{
    size_t found = intact_machine_lint_each(machine, tell, stderr);
    return found && settings->lint == LINT_ERROR && ended_well(status) ? STATUS_LINT : status;
}
