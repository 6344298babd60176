// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a session shows, as JSON: for the page in the browser, for scripts, and for the test that compares the faces. Registers and
// addresses are text in hexadecimal, for JSON's numbers are doubles to many readers; counts are numbers. docs/watching.md lists
// the members.
#ifndef VIEW_VIEW_JSON_H
#define VIEW_VIEW_JSON_H

#include "view/session.h"

// One object on one line, as text to be freed. NULL: the host has no memory left.
char *view_json(const struct session *session);

#endif
