// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A file that gets every frame a network card sends, with its virtual time: libpcap's format, which network analysers
// read.
#ifndef HOST_NET_CAPTURE_H
#define HOST_NET_CAPTURE_H

#include <stdio.h>

#include <intact/backend.h>

#include "base/error.h"

struct net_capture {
    struct intact_net net; // for the card
    FILE *file;            // NULL: not open
};

// A negative errno, and a line in `error` that begins with the path.
int net_capture_open(struct net_capture *capture, const char *path, struct error *error);
// A zeroed or closed one may be closed too.
void net_capture_close(struct net_capture *capture);

#endif
