# libluge_extra, static and shared: what needs other libraries. Each of them is optional: a part without its library
# says so when it is called. What counts is whether a program links: a 32-bit build finds the headers of 64-bit libraries.
include(CheckCSourceCompiles)

option(LUGE_EXTRA "Use zlib, libpng, libjpeg, libyaml and libcurl where they are" ON)

set(luge_extra_definitions _POSIX_C_SOURCE=200809L)
set(luge_extra_libraries "")
set(luge_extra_flags "")

# luge_extra_part(NAME HEADER LIBRARY CALL): defines LUGE_HAVE_NAME as 0 or 1.
function(luge_extra_part name header library call)
    find_path(LUGE_${name}_INCLUDE ${header})
    find_library(LUGE_${name}_LIBRARY ${library})
    mark_as_advanced(LUGE_${name}_INCLUDE LUGE_${name}_LIBRARY)
    if(LUGE_EXTRA AND LUGE_${name}_INCLUDE AND LUGE_${name}_LIBRARY)
        set(CMAKE_REQUIRED_INCLUDES "${LUGE_${name}_INCLUDE}")
        set(CMAKE_REQUIRED_LIBRARIES "${LUGE_${name}_LIBRARY}")
        set(CMAKE_REQUIRED_QUIET ON)
        check_c_source_compiles("#include <stdio.h>\n#include <${header}>\nint main(void) { (void)${call}; return 0; }"
            LUGE_LINKS_${name})
    endif()
    if(LUGE_EXTRA AND LUGE_LINKS_${name})
        set(luge_extra_definitions "${luge_extra_definitions};LUGE_HAVE_${name}=1" PARENT_SCOPE)
        set(luge_extra_libraries "${luge_extra_libraries};${LUGE_${name}_LIBRARY}" PARENT_SCOPE)
        set(luge_extra_includes "${luge_extra_includes};${LUGE_${name}_INCLUDE}" PARENT_SCOPE)
        set(luge_extra_flags "${luge_extra_flags} -l${library}" PARENT_SCOPE)
    else()
        set(luge_extra_definitions "${luge_extra_definitions};LUGE_HAVE_${name}=0" PARENT_SCOPE)
        message(STATUS "luge_extra is built without lib${library}")
    endif()
endfunction()

luge_extra_part(ZLIB zlib.h z "zlibVersion()")
luge_extra_part(PNG png.h png "png_access_version_number()")
luge_extra_part(JPEG jpeglib.h jpeg "jpeg_std_error(0)")
luge_extra_part(YAML yaml.h yaml "yaml_get_version_string()")
luge_extra_part(CURL curl/curl.h curl "curl_version()")
list(REMOVE_DUPLICATES luge_extra_includes)
list(REMOVE_ITEM luge_extra_includes ${CMAKE_C_IMPLICIT_INCLUDE_DIRECTORIES} "")

add_library(luge_extra_objects OBJECT ${LUGE_EXTRA_SOURCES})
luge_c_defaults(luge_extra_objects)
target_compile_definitions(luge_extra_objects PRIVATE ${luge_extra_definitions})
target_include_directories(luge_extra_objects SYSTEM PRIVATE ${luge_extra_includes})

function(luge_extra_library target kind luge)
    add_library(${target} ${kind} $<TARGET_OBJECTS:luge_extra_objects>)
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME luge_extra LINKER_LANGUAGE C
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
        ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}" LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    target_link_libraries(${target} PUBLIC ${luge} PRIVATE ${luge_extra_libraries})
    target_link_options(${target} PRIVATE ${luge_link_flags} ${luge_compact})
endfunction()

luge_extra_library(luge_extra_static STATIC luge_static)
add_library(luge::luge_extra_static ALIAS luge_extra_static)
list(APPEND luge_targets luge_extra_static)
if(luge_shared)
    luge_extra_library(luge_extra_shared SHARED luge_shared)
    set_target_properties(luge_extra_shared PROPERTIES EXPORT_NAME luge_extra)
    add_library(luge::luge_extra ALIAS luge_extra_shared)
    list(APPEND luge_targets luge_extra_shared)
else()
    add_library(luge::luge_extra ALIAS luge_extra_static)
endif()
