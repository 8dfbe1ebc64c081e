# What `cmake --install` puts where: libraries, headers, command, luge.pc and the CMake package.
include(CMakePackageConfigHelpers)

install(TARGETS ${luge_targets} EXPORT luge_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES ${LUGE_HEADERS} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/luge")
if(TARGET luge_cli)
    install(TARGETS luge_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    install(FILES docs/man/luge.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()

set(luge_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/luge")
set(luge_package "${PROJECT_BINARY_DIR}/package")
configure_package_config_file(cmake/luge-config.cmake.in "${luge_package}/luge-config.cmake"
    INSTALL_DESTINATION "${luge_cmake_dir}" NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${luge_package}/luge-config-version.cmake" COMPATIBILITY SameMajorVersion)
install(EXPORT luge_targets FILE luge-targets.cmake NAMESPACE luge:: DESTINATION "${luge_cmake_dir}")
install(FILES "${luge_package}/luge-config.cmake" "${luge_package}/luge-config-version.cmake"
    DESTINATION "${luge_cmake_dir}")

# luge.pc and luge-extra.pc find their prefix from where they lie, so the installed tree can be moved.
set(luge_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
set(luge_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
foreach(dir libdir includedir)
    if(NOT IS_ABSOLUTE "${luge_pc_${dir}}")
        string(PREPEND luge_pc_${dir} "\${prefix}/")
    endif()
endforeach()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(luge_pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
    file(RELATIVE_PATH luge_pc_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
    string(REGEX REPLACE "/$" "" luge_pc_prefix "\${pcfiledir}/${luge_pc_prefix}")
endif()
set(luge_pc_private "-lm")
if(LUGE_THREADS)
    string(APPEND luge_pc_private " -pthread")
endif()
foreach(name luge luge-extra)
    configure_file(${name}.pc.in "${luge_package}/${name}.pc" @ONLY)
    install(FILES "${luge_package}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
