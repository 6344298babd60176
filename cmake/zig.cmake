# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# Toolchain: builds for INTACT_TARGET (aarch64-macos, x86_64-macos, aarch64-linux-musl, x86_64-linux-musl, wasm32-wasi) with zig's C
# compiler, which brings the system's headers and stubs of its libraries. INTACT_TOOLS is a folder that tools/cross.py makes,
# with cc, ar and ranlib for the target; INTACT_SYSROOT one with the libraries from outside. CONTRIBUTING.md, "Another host".
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES INTACT_TARGET INTACT_TOOLS INTACT_SYSROOT)
foreach(variable INTACT_TARGET INTACT_TOOLS INTACT_SYSROOT)
  if(NOT ${variable})
    message(FATAL_ERROR "-D${variable}=... is missing; tools/cross.py gives it")
  endif()
endforeach()
string(REGEX REPLACE "-.*" "" CMAKE_SYSTEM_PROCESSOR ${INTACT_TARGET})
if(INTACT_TARGET MATCHES macos)
  set(CMAKE_SYSTEM_NAME Darwin)
  set(CMAKE_INSTALL_NAME_TOOL ${INTACT_TOOLS}/install_name_tool)
elseif(INTACT_TARGET MATCHES wasi)
  set(CMAKE_SYSTEM_NAME Generic) # CMake does not know it
  set(INTACT_BARE ON)
else()
  set(CMAKE_SYSTEM_NAME Linux)
endif()
set(CMAKE_C_COMPILER ${INTACT_TOOLS}/cc)
set(CMAKE_AR ${INTACT_TOOLS}/ar)
set(CMAKE_RANLIB ${INTACT_TOOLS}/ranlib)
set(CMAKE_FIND_ROOT_PATH ${INTACT_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${INTACT_SYSROOT}/lib/pkgconfig)
