# libluge, static and shared, from the same objects.
add_library(luge_objects OBJECT ${LUGE_SOURCES})
luge_c_private(luge_objects)
set(luge_objects $<TARGET_OBJECTS:luge_objects>)

if(LUGE_ISA_SOURCES)
    foreach(isa IN LISTS LUGE_ISAS)
        add_library(luge_isa_${isa} OBJECT ${LUGE_ISA_SOURCES})
        luge_c_isa(luge_isa_${isa} ${isa})
        list(APPEND luge_objects $<TARGET_OBJECTS:luge_isa_${isa}>)
    endforeach()
endif()

set(luge_math "")
if(UNIX)
    set(luge_math m)
endif()
set(luge_libraries ${luge_math})
if(LUGE_THREADS)
    set(THREADS_PREFER_PTHREAD_FLAG ON)
    find_package(Threads REQUIRED)
    list(APPEND luge_libraries Threads::Threads)
endif()

# Code and constants on the same pages: tens of kilobytes less padding.
include(CheckLinkerFlag)
check_linker_flag(C LINKER:-z,noseparate-code LUGE_ACCEPTS_NOSEPARATE_CODE)
set(luge_compact "$<$<BOOL:${LUGE_ACCEPTS_NOSEPARATE_CODE}>:LINKER:-z,noseparate-code>")

function(luge_library target kind)
    add_library(${target} ${kind} ${luge_objects})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME luge LINKER_LANGUAGE C
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
        ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    target_include_directories(${target} INTERFACE
        "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
    target_link_libraries(${target} PRIVATE ${luge_libraries})
    target_link_options(${target} PRIVATE ${luge_link_flags} ${luge_compact})
endfunction()

luge_library(luge_static STATIC)
add_library(luge::luge_static ALIAS luge_static)
set(luge_targets luge_static)

get_property(luge_shared GLOBAL PROPERTY TARGET_SUPPORTS_SHARED_LIBS)
if(luge_shared)
    luge_library(luge_shared SHARED)
    set_target_properties(luge_shared PROPERTIES EXPORT_NAME luge)
    add_library(luge::luge ALIAS luge_shared)
    list(APPEND luge_targets luge_shared)
else()
    add_library(luge::luge ALIAS luge_static)
endif()
