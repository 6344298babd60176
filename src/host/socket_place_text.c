// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Places of sockets as a user writes them. See socket_place.h.
#include <stdlib.h>
#include <string.h>

#include "host/socket_place.h"

bool socket_place_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && digits <= 5 && !text[digits] && atoi(text) <= 65535;
}

bool socket_place_cut(char *text, struct socket_place *place)
{
    char *colon = strrchr(text, ':');
    if (!colon || !socket_place_port(colon + 1))
        return false;
    *colon = 0;
    place->host = text;
    place->port = colon + 1;
    if (text[0] == '[' && colon > text + 1 && colon[-1] == ']') {
        colon[-1] = 0;
        place->host = text + 1;
    }
    return true;
}
