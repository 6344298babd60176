# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
# limit_tests(): gives each test of this directory that has no time limit of its own one of two minutes, so that a test that
# hangs is a failure: none of them needs more than a few seconds. Called at the end of every CMakeLists.txt that has tests.
function(limit_tests)
  get_property(tests DIRECTORY PROPERTY TESTS)
  foreach(test ${tests})
    get_test_property(${test} TIMEOUT limit)
    if(NOT limit)
      set_tests_properties(${test} PROPERTIES TIMEOUT 120)
    endif()
  endforeach()
endfunction()
