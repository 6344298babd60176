// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The version of the library: of its headers when a program is compiled, of its code when the program runs.
//
// MAJOR.MINOR.PATCH as in Semantic Versioning 2.0. Before 1.0.0 a new MINOR may change the API and the ABI (so may the
// name of the shared library); a new PATCH changes neither. This file is where the build takes the version from.
#ifndef INTACT_VERSION_H
#define INTACT_VERSION_H

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

#define INTACT_VERSION_MAJOR 0
#define INTACT_VERSION_MINOR 1
#define INTACT_VERSION_PATCH 0
#define INTACT_VERSION       "0.1.0"

// One number that grows with the version: 0.1.0 is 1000.
#define INTACT_VERSION_NUMBER                  INTACT_VERSION_OF(INTACT_VERSION_MAJOR, INTACT_VERSION_MINOR, INTACT_VERSION_PATCH)
#define INTACT_VERSION_OF(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))

// The version of the library that is linked: as INTACT_VERSION, and as INTACT_VERSION_NUMBER. Any thread.
const char *intact_version(void);
int intact_version_number(void);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
