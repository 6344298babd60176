// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command's main function; everything else is in cli.c, so that tests can call it.
#include "cli/run.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
