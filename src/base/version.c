// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The version of the code, for programs that were compiled with other headers.
#include <intact/version.h>

const char *intact_version(void)
{
    return INTACT_VERSION;
}

int intact_version_number(void)
{
    return INTACT_VERSION_NUMBER;
}
