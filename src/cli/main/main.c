// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "cli/run.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
