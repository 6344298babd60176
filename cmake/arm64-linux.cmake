# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# Toolchain: builds for arm64 Linux on another machine, with the headers and libraries below INTACT_SYSROOT, a folder that
# tools/arm64_root.sh makes. ctest runs what it built by qemu-aarch64. CONTRIBUTING.md, "Another host".
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES INTACT_SYSROOT)
if(NOT INTACT_SYSROOT)
  message(FATAL_ERROR "-DINTACT_SYSROOT=FOLDER is missing; tools/arm64_root.sh FOLDER makes it")
endif()
set(CMAKE_SYSROOT ${INTACT_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${INTACT_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${INTACT_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${INTACT_SYSROOT}/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${INTACT_SYSROOT})
