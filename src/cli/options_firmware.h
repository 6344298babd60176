// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#ifndef CLI_OPTIONS_FIRMWARE_H
#define CLI_OPTIONS_FIRMWARE_H

#include "cli/settings.h"

enum { FIRMWARE_PATH = 4096 };

// In the folder of -L, beside the file of -bios, or, if the name has no folder of its own, where packages have such files. Whether
// there is one that can be read; its path.
bool firmware_find(const struct settings *settings, const char *name, char path[FIRMWARE_PATH]);

#endif
