# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# A room is a folder of src/, built as one object library. It sees its own headers, those of the rooms it names, and the
# public ones in include/: the headers of a room stand, as links, in a tree of their own below the build folder, and only
# the trees of the rooms named are on the include path. A wrong include does not compile.
#
# Every include is written from src/ ("base/bits.h", "irqchip/x86/pic.h").
#
# Rooms, and what links with them directly, are compiled with src/prefix.h included first: internal names get a prefix that
# keeps them out of the way of other programs' names. What only include/intact declares leaves a shared library.
add_library(intact_prefix INTERFACE)
target_compile_options(intact_prefix INTERFACE "SHELL:-include ${PROJECT_SOURCE_DIR}/src/prefix.h")

# On a bare host (INTACT_BARE, cmake/Bare.cmake) a file X_bare.c takes the place of X.c, and of some rooms only a few files are built.
function(room_sources result name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  set(bare ${sources})
  list(FILTER bare INCLUDE REGEX "_bare[.]c$")
  if(INTACT_BARE)
    string(REPLACE "_bare.c" ".c" bare "${bare}")
  endif()
  list(REMOVE_ITEM sources ${bare} "")
  if(INTACT_BARE AND BARE_${name})
    list(TRANSFORM BARE_${name} PREPEND ${PROJECT_SOURCE_DIR}/${folder}/ OUTPUT_VARIABLE patterns)
    list(TRANSFORM patterns APPEND .c)
    file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  endif()
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

function(room name folder)
  room_sources(sources ${name} ${folder})
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.h)
  string(REGEX REPLACE "^src/" "" inner ${folder})
  set(tree ${PROJECT_BINARY_DIR}/rooms/${name})
  file(REMOVE_RECURSE ${tree})
  file(MAKE_DIRECTORY ${tree}/${inner})
  foreach(header ${headers})
    get_filename_component(file ${header} NAME)
    file(CREATE_LINK ${header} ${tree}/${inner}/${file} SYMBOLIC)
  endforeach()
  set(trees ${tree})
  foreach(other ${ARGN})
    list(APPEND trees ${PROJECT_BINARY_DIR}/rooms/${other})
  endforeach()
  set_property(GLOBAL PROPERTY ROOM_TREE_${name} ${tree})
  set_property(GLOBAL APPEND PROPERTY ROOMS ${name})
  if(NOT sources)
    return() # headers alone
  endif()
  add_library(room_${name} OBJECT ${sources})
  target_include_directories(room_${name} PRIVATE ${trees} ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(room_${name} PUBLIC intact_flags intact_prefix)
  set_target_properties(room_${name} PROPERTIES C_VISIBILITY_PRESET hidden)
endfunction()

# One source file, from the root of the project, may include headers of more rooms than the rest of its room.
function(room_file file)
  foreach(other ${ARGN})
    set_property(SOURCE ${PROJECT_SOURCE_DIR}/${file} APPEND PROPERTY INCLUDE_DIRECTORIES
                 ${PROJECT_BINARY_DIR}/rooms/${other})
  endforeach()
endfunction()

# Links `target` with rooms and lets it include their headers (tests, the command).
function(use_rooms target)
  foreach(name ${ARGN})
    get_property(tree GLOBAL PROPERTY ROOM_TREE_${name})
    target_include_directories(${target} PRIVATE ${tree})
    if(TARGET room_${name})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:room_${name}>)
      target_link_libraries(${target} PRIVATE $<TARGET_PROPERTY:room_${name},INTERFACE_LINK_LIBRARIES>)
    endif()
  endforeach()
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${target} PRIVATE intact_flags intact_prefix)
endfunction()
