# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# What is built from the rooms and installed: the library, static and shared, the command, and what lets others find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
find_package(Threads REQUIRED)

set(library_objects)
foreach(room ${LIBRARY_ROOMS})
  if(TARGET room_${room})
    list(APPEND library_objects $<TARGET_OBJECTS:room_${room}>)
  endif()
endforeach()

# The libraries that rooms link with, from outside, are named once more in intactConfig.cmake.in and intact.pc.in.
foreach(kind STATIC SHARED)
  string(TOLOWER ${kind} name)
  add_library(intact_${name} ${kind} ${library_objects})
  target_include_directories(intact_${name} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(intact_${name} PRIVATE ZLIB::ZLIB ${FDT_LIBRARY} PkgConfig::MPFR m Threads::Threads
                        ${INTACT_SLIRP_LIBRARY} ${INTACT_ZSTD_LIBRARY})
  set_target_properties(intact_${name} PROPERTIES OUTPUT_NAME intact EXPORT_NAME ${name} LINKER_LANGUAGE C
                        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  add_library(intact::${name} ALIAS intact_${name})
  if(INTACT_SANITIZE)
    target_link_options(intact_${name} PUBLIC -fsanitize=address,undefined)
  endif()
endforeach()
target_link_options(intact_shared PRIVATE ${INTACT_LINK_LTO})
install(TARGETS intact_static intact_shared EXPORT intact)
install(DIRECTORY include/intact DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT intact NAMESPACE intact:: FILE intactTargets.cmake DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/intact)
configure_package_config_file(cmake/intactConfig.cmake.in intactConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/intact)
write_basic_package_version_file(intactConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/intactConfig.cmake ${PROJECT_BINARY_DIR}/intactConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/intact)
configure_file(cmake/intact.pc.in intact.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/intact.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(NOT TARGET room_cli)
  return()
endif()

# The command; intact-system-x86_64 and -aarch64 let a script swap an emulator's name.
add_executable(intact-command src/cli/main/main.c)
use_rooms(intact-command ${LIBRARY_ROOMS} cli guests)
target_link_libraries(intact-command PRIVATE Threads::Threads)
target_link_options(intact-command PRIVATE ${INTACT_LINK_LTO})
set_target_properties(intact-command PROPERTIES OUTPUT_NAME intact LINKER_LANGUAGE C
                      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
install(TARGETS intact-command)

# The manual page and the completions come from the command's own table of options.
find_program(SCDOC scdoc)
if(SCDOC AND NOT CMAKE_CROSSCOMPILING)
  add_custom_command(OUTPUT intact.1
    COMMAND intact-command manual > intact.1.scd
    COMMAND ${SCDOC} < intact.1.scd > intact.1
    DEPENDS intact-command VERBATIM)
  add_custom_target(manual ALL DEPENDS intact.1)
  install(FILES ${PROJECT_BINARY_DIR}/intact.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
foreach(system x86_64 aarch64)
  set(link intact-system-${system})
  add_custom_command(TARGET intact-command POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E create_symlink $<TARGET_FILE_NAME:intact-command> ${PROJECT_BINARY_DIR}/${link} VERBATIM)
  install(FILES ${PROJECT_BINARY_DIR}/${link} DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
