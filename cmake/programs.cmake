# The command and the examples see the public headers only.
if(LUGE_CLI_SOURCES)
    add_executable(luge_cli ${LUGE_CLI_SOURCES})
    luge_c_defaults(luge_cli)
    target_include_directories(luge_cli PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_compile_definitions(luge_cli PRIVATE _POSIX_C_SOURCE=200809L)
    target_link_libraries(luge_cli PRIVATE luge_extra_static luge_static)
    set_target_properties(luge_cli PROPERTIES OUTPUT_NAME luge RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
endif()

# luge_program(FOLDER NAME): FOLDER/NAME.c becomes build/FOLDER/NAME, named FOLDER_NAME among the targets.
function(luge_program folder name)
    add_executable(${folder}_${name} ${folder}/${name}.c)
    set_target_properties(${folder}_${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${folder}")
endfunction()

# build/FOLDER.txt lists the programs in their order.
function(luge_program_list folder)
    list(JOIN ARGN "\n" names)
    file(WRITE "${PROJECT_BINARY_DIR}/${folder}.txt" "${names}\n")
endfunction()

if(LUGE_BUILD_EXAMPLES)
    foreach(name IN LISTS LUGE_EXAMPLES LUGE_DATA_EXAMPLES)
        luge_program(examples ${name})
        luge_c_defaults(examples_${name})
        target_link_libraries(examples_${name} PRIVATE luge::luge ${luge_math})
    endforeach()
    luge_program_list(examples ${LUGE_EXAMPLES})
endif()

if(LUGE_BUILD_BENCH)
    include(cmake/bench.cmake)
endif()
