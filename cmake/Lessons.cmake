# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# Lessons, included by guests/CMakeLists.txt. What `intact lesson` needs is put together in the build folder as it is installed:
#
#   share/intact/lessons/NN-name/   the files of lessons/NN-name, and its guests as programs: guest.elf, broken.elf
#   share/intact/guests/            the headers of the guests' library
#   share/intact/guests/FAMILY/     with what a learner's guest is compiled and linked (src/cli/lesson_compile.c)
set(SHARE ${PROJECT_BINARY_DIR}/share/intact)
set(LESSON_FILES)
set(GUEST_EMULATION_x86_64 elf_x86_64)
set(GUEST_EMULATION_aarch64 aarch64elf)
set(GUEST_FLAGS_CLANG_x86_64 -target x86_64-unknown-none-elf -Wno-interrupt-service-routine -Wno-unknown-warning-option)
set(GUEST_FLAGS_CLANG_aarch64 -target aarch64-none-elf)
set(GUEST_FLAGS_GCC_x86_64 -fcf-protection=none -fno-pie)
set(GUEST_FLAGS_GCC_aarch64 -fno-pie)

# lesson_flags(<family> <file> <words>...): a word on each line.
function(lesson_flags family file)
  list(JOIN ARGN "\n" text)
  file(WRITE ${SHARE}/guests/${family}/${file} "${text}\n")
endfunction()

# lesson_copy(<file> <to>): at build time.
function(lesson_copy from to)
  add_custom_command(OUTPUT ${to} COMMAND ${CMAKE_COMMAND} -E copy ${from} ${to} DEPENDS ${from} VERBATIM)
  set(LESSON_FILES ${LESSON_FILES} ${to} PARENT_SCOPE)
endfunction()

# A learner's guest has the flags of ours, but for the folder of headers, and its warnings are no errors.
foreach(family ${GUEST_FAMILIES})
  set(common ${GUEST_FLAGS} ${GUEST_FLAGS_${family}} -mgeneral-regs-only)
  list(REMOVE_ITEM common -Werror -I${CMAKE_CURRENT_SOURCE_DIR} -target x86_64-unknown-none-elf aarch64-none-elf
       -Wno-interrupt-service-routine -Wno-unknown-warning-option -Wmissing-prototypes)
  lesson_flags(${family} flags ${common})
  lesson_flags(${family} flags.clang ${GUEST_FLAGS_CLANG_${family}})
  lesson_flags(${family} flags.gcc ${GUEST_FLAGS_GCC_${family}})
  set(link ${GUEST_LINK} -m ${GUEST_EMULATION_${family}})
  list(REMOVE_AT link 0)
  lesson_flags(${family} flags.link ${link})
  lesson_copy(${CMAKE_CURRENT_SOURCE_DIR}/lib/${family}/guest.lds ${SHARE}/guests/${family}/guest.lds)
  set(library ${SHARE}/guests/${family}/library.o)
  add_custom_command(OUTPUT ${library}
    COMMAND ${GUEST_LD} -r -m ${GUEST_EMULATION_${family}} -o ${library} ${GUEST_pvh_${family}} ${GUEST_LIB_${family}}
    DEPENDS ${GUEST_pvh_${family}} ${GUEST_LIB_${family}} COMMENT "Guests' library ${family}" VERBATIM)
  list(APPEND LESSON_FILES ${library})
endforeach()
foreach(folder lib intr drivers)
  foreach(header ${GUEST_HEADERS})
    file(RELATIVE_PATH name ${CMAKE_CURRENT_SOURCE_DIR} ${header})
    if(name MATCHES "^${folder}/")
      lesson_copy(${header} ${SHARE}/guests/${name})
    endif()
  endforeach()
endforeach()

file(GLOB lessons CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lessons/*/expect)
foreach(expect ${lessons})
  get_filename_component(folder ${expect} DIRECTORY)
  get_filename_component(lesson ${folder} NAME)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*)
  list(FILTER files EXCLUDE REGEX "[.]elf$") # what intact lesson check has left there
  foreach(file ${files})
    get_filename_component(name ${file} NAME)
    lesson_copy(${file} ${SHARE}/lessons/${lesson}/${name})
  endforeach()
  if(lesson STREQUAL skeleton)
    continue()
  endif()
  set(family x86_64)
  file(STRINGS ${expect} virt REGEX "^machine virt")
  if(virt)
    set(family aarch64)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.c)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    guest_object(${family} ${source} object)
    set(out ${SHARE}/lessons/${lesson}/${name}.elf)
    set(script ${CMAKE_CURRENT_SOURCE_DIR}/lib/${family}/guest.lds)
    add_custom_command(OUTPUT ${out}
      COMMAND ${GUEST_LINK} -m ${GUEST_EMULATION_${family}} -T ${script} -o ${out} ${object}
              ${SHARE}/guests/${family}/library.o
      DEPENDS ${object} ${SHARE}/guests/${family}/library.o ${script} COMMENT "Lesson ${lesson}: ${name}" VERBATIM)
    list(APPEND LESSON_FILES ${out})
  endforeach()
endforeach()
add_custom_target(lessons ${ALL} DEPENDS ${LESSON_FILES})
