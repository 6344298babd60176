// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "cli/run.h"
int cli_demo(int argc, char *const *argv) { (void)argc; (void)argv; return 0; }
