# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# The WebAssembly module: what is built for a bare host (cmake/Bare.cmake) in place of libraries and the command. docs/browser.md.
add_executable(intact-web)
use_rooms(intact-web ${LIBRARY_ROOMS} cli view web)
# What executes instructions is to be quick, the rest small.
foreach(name ${LIBRARY_ROOMS} cli view web)
  if(TARGET room_${name} AND NOT name MATCHES "^(base|vcpu|vcpu_.*_(exec|system))$")
    target_compile_options(room_${name} PRIVATE -Oz)
  endif()
endforeach()
set(exports malloc free)
file(STRINGS ${PROJECT_SOURCE_DIR}/src/web/web.h lines REGEX "web_[a-z_]+\\(.*;")
foreach(line ${lines})
  string(REGEX REPLACE ".*(web_[a-z_]+)\\(.*" "\\1" name "${line}")
  list(APPEND exports ${name})
endforeach()
list(TRANSFORM exports PREPEND "-Wl,--export=")
target_link_options(intact-web PRIVATE -mexec-model=reactor -Wl,--gc-sections -Wl,--strip-all -Wl,-z,stack-size=1048576 ${exports})
set_target_properties(intact-web PROPERTIES OUTPUT_NAME intact SUFFIX .wasm LINKER_LANGUAGE C
                      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
