# ctest: one test per suite, test program, example, public header and lint script. A test that exits 77 was skipped.
# Labels: suite, threads (also run under the thread sanitizer), slow, example, header, lint, guide, install.

function(luge_add_test name labels)
    add_test(NAME ${name} COMMAND ${ARGN})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" SKIP_RETURN_CODE 77 TIMEOUT 300)
    if(LUGE_SANITIZE)
        set(options "ASAN_OPTIONS=allocator_may_return_null=1" "UBSAN_OPTIONS=print_stacktrace=1"
            "TSAN_OPTIONS=halt_on_error=1:allocator_may_return_null=1")
        set_tests_properties(${name} PROPERTIES ENVIRONMENT "${options}")
    endif()
endfunction()

# luge_add_suite(NAME COMMAND ...): NAME is looked up in the lists of what is threaded and slow.
function(luge_add_suite name)
    set(labels suite)
    if(name IN_LIST LUGE_TEST_THREAD_SUITES)
        list(APPEND labels threads)
    endif()
    if(name IN_LIST LUGE_TEST_SLOW_SUITES)
        list(APPEND labels slow)
    endif()
    luge_add_test(${name} "${labels}" ${ARGN})
endfunction()

if(LUGE_TEST_SOURCES)
    add_executable(luge_test ${LUGE_TEST_SOURCES} ${LUGE_FORMULA_SOURCES})
    luge_c_private(luge_test)
    target_compile_definitions(luge_test PRIVATE LUGE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${luge_extra_definitions})
    target_include_directories(luge_test SYSTEM PRIVATE ${luge_extra_includes})
    target_link_libraries(luge_test PRIVATE luge_extra_static luge_static ${luge_extra_libraries} ${luge_libraries})
    set_target_properties(luge_test PROPERTIES
        OUTPUT_NAME luge-test RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    foreach(suite IN LISTS LUGE_TEST_SUITES)
        luge_add_suite(${suite} luge_test ${suite})
    endforeach()
endif()

function(luge_test_program name source)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE luge_static ${luge_libraries})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    luge_add_suite(${name} ${name})
endfunction()

foreach(name IN LISTS LUGE_TEST_PROGRAMS)
    luge_test_program(${name} tests/${name}.c)
    luge_c_private(${name})
endforeach()
if(TARGET oom_malloc) # its own malloc fails when told to
    target_link_options(oom_malloc PRIVATE
        LINKER:--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=pthread_create)
endif()
if(TARGET crash_resume) # it dies at a call of these
    target_link_options(crash_resume PRIVATE
        LINKER:--wrap=open,--wrap=flock,--wrap=ftruncate,--wrap=fchmod,--wrap=write,--wrap=fsync
        LINKER:--wrap=rename,--wrap=close,--wrap=unlink)
endif()
foreach(name IN LISTS LUGE_ISA_TEST_PROGRAMS)
    foreach(isa IN LISTS LUGE_ISAS)
        luge_test_program(${name}_${isa} tests/${name}.c)
        luge_c_isa(${name}_${isa} ${isa})
    endforeach()
endforeach()

# A short run of each; longer ones by hand: build-asan/tests/fuzz_NAME 1000000.
foreach(name IN LISTS LUGE_FUZZ)
    add_executable(fuzz_${name} tests/fuzz/${name}.c tests/fuzz/driver.c)
    luge_c_private(fuzz_${name})
    target_compile_definitions(fuzz_${name} PRIVATE ${luge_extra_definitions})
    target_include_directories(fuzz_${name} SYSTEM PRIVATE ${luge_extra_includes})
    target_link_libraries(fuzz_${name} PRIVATE luge_extra_static luge_static ${luge_extra_libraries} ${luge_libraries})
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    set(iterations 300000)
    if(name STREQUAL "formula")
        target_sources(fuzz_formula PRIVATE ${LUGE_FORMULA_SOURCES})
        set(iterations 20000)
    endif()
    if(name STREQUAL "model") # it trains, too
        set(iterations 3000)
        target_include_directories(fuzz_model PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    endif()
    luge_add_suite(fuzz_${name} fuzz_${name} ${iterations})
endforeach()

if(LUGE_BUILD_EXAMPLES)
    foreach(name IN LISTS LUGE_EXAMPLES)
        luge_add_test(example_${name} example examples_${name})
    endforeach()
endif()

# What follows reads the tree or the plain build: once is enough.
if(LUGE_SANITIZE OR LUGE_X86_32 OR NOT LUGE_THREADS OR CMAKE_CROSSCOMPILING OR NOT luge_shared)
    return()
endif()

set(luge_tools "${PROJECT_SOURCE_DIR}/tools")
foreach(header IN LISTS LUGE_HEADERS)
    get_filename_component(name "${header}" NAME_WE)
    luge_add_test(header_${name} header sh "${luge_tools}/check_headers.sh" "${name}.h")
    set_tests_properties(header_${name} PROPERTIES ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
endforeach()

foreach(check size includes words sources)
    luge_add_test(lint_${check} lint sh "${luge_tools}/check_${check}.sh")
endforeach()
luge_add_test(lint_library lint sh "${luge_tools}/check_library.sh" "$<TARGET_FILE:luge_static>")
luge_add_test(lint_symbols lint sh "${luge_tools}/check_symbols.sh" "$<TARGET_FILE:luge_shared>")
luge_add_test(lint_library_extra lint sh "${luge_tools}/check_library.sh" "$<TARGET_FILE:luge_extra_static>")
luge_add_test(lint_symbols_extra lint sh "${luge_tools}/check_symbols.sh" "$<TARGET_FILE:luge_extra_shared>")
if(LUGE_TEST_SOURCES)
    luge_add_test(lint_suites lint sh "${luge_tools}/check_suites.sh" "$<TARGET_FILE:luge_test>" ${LUGE_TEST_SUITES})
endif()
# The examples over data, where the data is.
if(LUGE_BUILD_EXAMPLES)
    foreach(name IN LISTS LUGE_DATA_EXAMPLES)
        luge_add_test(example_${name} "example;slow" sh "${PROJECT_SOURCE_DIR}/tests/with_data.sh"
            "${PROJECT_BINARY_DIR}/data" "$<TARGET_FILE:examples_${name}>")
        set_tests_properties(example_${name} PROPERTIES TIMEOUT 900)
    endforeach()
endif()
# The guide to adding an operator, followed word for word in a copy of the tree.
luge_add_test(adding_an_op guide sh "${PROJECT_SOURCE_DIR}/tests/adding_an_op.sh")
set_tests_properties(adding_an_op PROPERTIES ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
# Every program and snippet of README.md and the guides.
luge_add_test(readme_snippets guide sh "${PROJECT_SOURCE_DIR}/tests/readme_snippets.sh" "$<TARGET_FILE:luge_static>")
set_tests_properties(readme_snippets PROPERTIES ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
# The command, as a person uses it.
luge_add_test(cli cli sh "${PROJECT_SOURCE_DIR}/tests/cli.sh" "$<TARGET_FILE:luge_cli>")
luge_add_test(grad cli sh "${PROJECT_SOURCE_DIR}/tests/grad.sh" "$<TARGET_FILE:luge_cli>")
luge_add_test(plot cli sh "${PROJECT_SOURCE_DIR}/tests/plot.sh" "$<TARGET_FILE:luge_cli>")
luge_add_test(command_graph cli sh "${PROJECT_SOURCE_DIR}/tests/graph.sh" "$<TARGET_FILE:luge_cli>")
luge_add_test(gallery cli sh "${PROJECT_SOURCE_DIR}/tests/gallery.sh" "$<TARGET_FILE:luge_cli>")
luge_add_test(gallery_data "cli;slow" sh "${PROJECT_SOURCE_DIR}/tests/gallery.sh" "$<TARGET_FILE:luge_cli>" data)
set_tests_properties(gallery_data PROPERTIES TIMEOUT 900)
luge_add_test(command_guide guide sh "${PROJECT_SOURCE_DIR}/tests/command_guide.sh" "$<TARGET_FILE:luge_cli>")
# The benchmarks, a quick look.
if(LUGE_BUILD_BENCH)
    luge_add_test(bench guide sh "${PROJECT_SOURCE_DIR}/tests/bench.sh" "${PROJECT_BINARY_DIR}")
    set_tests_properties(bench PROPERTIES RUN_SERIAL ON)
endif()
# What the recipes reach, where the data is.
foreach(name IN ITEMS mnist-two-layer five-or-eight fashion-keras fashion-best breast-cancer iris wine-quality)
    luge_add_test(recipe_${name} "cli;slow" sh "${PROJECT_SOURCE_DIR}/tests/recipes.sh" "$<TARGET_FILE:luge_cli>" ${name})
    set_tests_properties(recipe_${name} PROPERTIES TIMEOUT 900)
endforeach()
# A C++ program over the plain functions.
luge_add_test(cxx_api header sh -c
    "c++ -std=c++11 -pedantic -Wall -Wextra -Werror -I'${PROJECT_SOURCE_DIR}/include' \
    '${PROJECT_SOURCE_DIR}/tests/cxx_api.cpp' '$<TARGET_FILE:luge_static>' -lm -pthread -o cxx_api && ./cxx_api")
luge_add_test(install install sh "${luge_tools}/check_install.sh" "${PROJECT_BINARY_DIR}")
set_tests_properties(install PROPERTIES ENVIRONMENT "CC=${CMAKE_C_COMPILER};CMAKE=${CMAKE_COMMAND}")
