# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# cmake -DFILE=... -DNAME=... -DOUT=... -P Embed.cmake: a C file with the bytes of FILE as NAME[] and NAME_size.
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Made from a guest by cmake/Embed.cmake.
#include \"guests/embedded.h\"

const uint8_t ${NAME}[] = {
${bytes}
};
const size_t ${NAME}_size = sizeof ${NAME};
")
