# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# What is built from the rooms and installed: the libraries, static and shared, the command, and what lets others find them.
#
#   intact-irq   the interrupt chips and groups alone: libc and threads
#   intact       whole machines. The static library needs the static intact-irq; the shared one has the chips inside, so that
#                an interrupt's path is optimised as one
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# objects_of(<variable> <rooms>...): the objects of rooms.
function(objects_of result)
  set(objects)
  foreach(room ${ARGN})
    if(TARGET room_${room})
      list(APPEND objects $<TARGET_OBJECTS:room_${room}>)
    endif()
  endforeach()
  set(${result} ${objects} PARENT_SCOPE)
endfunction()

# library(<target> <STATIC|SHARED> <name of the file> <name for users, in intact::> <rooms>...)
function(library target kind file name)
  objects_of(objects ${ARGN})
  add_library(${target} ${kind} ${objects})
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Until 1.0 a minor version may change the binary interface.
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${file} EXPORT_NAME ${name} LINKER_LANGUAGE C
                        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  add_library(intact::${name} ALIAS ${target})
  if(kind STREQUAL SHARED)
    target_link_options(${target} PRIVATE ${INTACT_LINK_LTO})
  elseif(INTACT_LINK_LTO AND CMAKE_OBJCOPY)
    # Without them: a program that links the library would be optimised with all of it again, for a minute each time.
    add_custom_command(TARGET ${target} POST_BUILD VERBATIM
      COMMAND ${CMAKE_OBJCOPY} -R ".gnu.lto_*" -R ".gnu.debuglto_*" $<TARGET_FILE:${target}>)
  endif()
  if(INTACT_SANITIZE)
    target_link_options(${target} PUBLIC $<BUILD_INTERFACE:-fsanitize=address,undefined>)
  endif()
endfunction()

library(intact_irq_static STATIC intact-irq irq_static ${IRQ_ROOMS})
library(intact_irq_shared SHARED intact-irq irq_shared ${IRQ_ROOMS})
target_link_libraries(intact_irq_static PRIVATE Threads::Threads)
target_link_libraries(intact_irq_shared PRIVATE $<BUILD_INTERFACE:Threads::Threads>)
set(products intact_irq_static intact_irq_shared)
if(INTACT_MACHINE)
  set(machine_rooms ${LIBRARY_ROOMS})
  list(REMOVE_ITEM machine_rooms ${IRQ_ROOMS})
  library(intact_static STATIC intact static ${machine_rooms})
  library(intact_shared SHARED intact shared ${LIBRARY_ROOMS})
  target_link_libraries(intact_static PUBLIC intact_irq_static)
  # An installed static library asks for these by intact::dependencies, of intactConfig.cmake.
  set(dependencies ZLIB::ZLIB ${FDT_LIBRARY} PkgConfig::MPFR m Threads::Threads ${INTACT_SLIRP_LIBRARY}
      ${INTACT_CAPSTONE_LIBRARY} ${INTACT_PNG_LIBRARY} ${ZSTD_LIBRARY} PkgConfig::JANSSON)
  target_link_libraries(intact_static PRIVATE "$<BUILD_INTERFACE:${dependencies}>" $<INSTALL_INTERFACE:intact::dependencies>)
  target_link_libraries(intact_shared PRIVATE "$<BUILD_INTERFACE:${dependencies}>")
  list(APPEND products intact_static intact_shared)
endif()

# intact::intact and intact::irq are the shared libraries, or the static ones where BUILD_SHARED_LIBS is off.
set(kind shared)
if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
  set(kind static)
endif()
add_library(intact::irq ALIAS intact_irq_${kind})
if(INTACT_MACHINE)
  add_library(intact::intact ALIAS intact_${kind})
endif()

if(INTACT_INSTALL)
  install(TARGETS ${products} EXPORT intact)
  set(headers FILES_MATCHING PATTERN "*.h")
  if(NOT INTACT_MACHINE)
    foreach(header machine backend pci debug code log replay snapshot screen input)
      list(APPEND headers PATTERN ${header}.h EXCLUDE)
    endforeach()
  endif()
  install(DIRECTORY include/intact DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${headers})
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/intact)
  install(EXPORT intact NAMESPACE intact:: FILE intactTargets.cmake DESTINATION ${package})
  configure_package_config_file(cmake/intactConfig.cmake.in intactConfig.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(intactConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/intactConfig.cmake ${PROJECT_BINARY_DIR}/intactConfigVersion.cmake
          DESTINATION ${package})
  # Relative to the file itself: an installed tree may be moved.
  file(RELATIVE_PATH PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" PC_PREFIX ${PC_PREFIX})
  foreach(pc intact-irq intact)
    if(INTACT_MACHINE OR NOT pc STREQUAL intact)
      configure_file(cmake/${pc}.pc.in ${pc}.pc @ONLY)
      install(FILES ${PROJECT_BINARY_DIR}/${pc}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    endif()
  endforeach()
endif()

if(NOT TARGET room_cli)
  return()
endif()

# Where the command finds its lessons: beside its folder, or where they are installed.
file(RELATIVE_PATH share /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_DATADIR}/intact)
set_property(SOURCE ${PROJECT_SOURCE_DIR}/src/cli/lesson_place.c APPEND PROPERTY COMPILE_DEFINITIONS
  "INTACT_SHARE=\"${CMAKE_INSTALL_FULL_DATADIR}/intact\"" "INTACT_SHARE_FROM_BIN=\"${share}\"")

# The command; intact-system-x86_64 and -aarch64 let a script swap an emulator's name.
add_executable(intact-command src/cli/main/main.c)
use_rooms(intact-command ${LIBRARY_ROOMS} cli guests view view_window)
target_link_libraries(intact-command PRIVATE Threads::Threads)
target_link_options(intact-command PRIVATE ${INTACT_LINK_LTO})
set_target_properties(intact-command PROPERTIES OUTPUT_NAME intact LINKER_LANGUAGE C
                      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
foreach(system x86_64 aarch64)
  set(link intact-system-${system})
  add_custom_command(TARGET intact-command POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E create_symlink $<TARGET_FILE_NAME:intact-command> ${PROJECT_BINARY_DIR}/${link} VERBATIM)
endforeach()

# The manual page and the completions come from the command's own table of options.
find_program(SCDOC scdoc)
if(SCDOC AND NOT CMAKE_CROSSCOMPILING)
  add_custom_command(OUTPUT intact.1
    COMMAND intact-command manual > intact.1.scd
    COMMAND ${SCDOC} < intact.1.scd > intact.1
    DEPENDS intact-command VERBATIM)
  add_custom_target(manual ALL DEPENDS intact.1)
endif()
# A shell looks for them by the command's name: each name has its own file.
set(completion_names intact intact-system-x86_64 intact-system-aarch64)
if(NOT CMAKE_CROSSCOMPILING)
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT completion.${shell} COMMAND intact-command -completion ${shell} > completion.${shell}
                       DEPENDS intact-command VERBATIM)
  endforeach()
  add_custom_target(completions ALL DEPENDS completion.bash completion.zsh completion.fish)
endif()
if(INTACT_INSTALL)
  install(TARGETS intact-command)
  install(FILES ${PROJECT_BINARY_DIR}/intact-system-x86_64 ${PROJECT_BINARY_DIR}/intact-system-aarch64
          DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(TARGET lessons AND INTACT_GUESTS)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/share/intact DESTINATION ${CMAKE_INSTALL_DATADIR})
  endif()
  if(TARGET manual)
    install(FILES ${PROJECT_BINARY_DIR}/intact.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  endif()
  if(TARGET completions)
    foreach(name ${completion_names})
      install(FILES ${PROJECT_BINARY_DIR}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
              RENAME ${name})
      install(FILES ${PROJECT_BINARY_DIR}/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
              RENAME ${name}.fish)
    endforeach()
    install(FILES ${PROJECT_BINARY_DIR}/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions
            RENAME _intact)
  endif()
endif()
