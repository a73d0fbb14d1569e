# The libraries that the core stands on, as pkg-config describes them: PkgConfig::UV, PkgConfig::HIREDIS,
# PkgConfig::JANSSON, PkgConfig::MSGPACK.
#
# With BQ_STATIC_DEPENDENCIES each of them is its static archive instead, for an extension module that runs
# where they are not installed. One without an archive that fits stays shared, and is named. The extension
# must hide what it links (LINKER:--exclude-libs,ALL or a version script).
include(CheckCSourceCompiles)

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
# Distributions name the C library's pkg-config file in two ways.
pkg_search_module(MSGPACK REQUIRED IMPORTED_TARGET msgpack-c msgpack)

set(BQ_LIBC_DATA "${CMAKE_CURRENT_LIST_DIR}/../core/static/libc_data")

# Sets `out` in the cache to whether every object of `archive` can go into a shared object.
function(goes_into_a_shared_object archive out)
  file(READ "${BQ_LIBC_DATA}.c" libc_data)
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF) # would say -fPIE: checks are made for programs
  set(CMAKE_REQUIRED_FLAGS -fPIC)
  set(CMAKE_REQUIRED_LINK_OPTIONS -shared LINKER:--exclude-libs,ALL)
  set(CMAKE_REQUIRED_LIBRARIES -Wl,--whole-archive "${archive}" -Wl,--no-whole-archive)
  check_c_source_compiles("${libc_data}" ${out})
endfunction()

# Debian compiles some archives for programs only (-fPIE): they reach variables of the C library directly,
# which a shared object cannot. A copy of such an archive reads those of core/static/libc_data.c instead.
function(copy_for_a_shared_object archive copy)
  cmake_path(GET copy PARENT_PATH folder)
  file(MAKE_DIRECTORY "${folder}")
  execute_process(COMMAND "${CMAKE_OBJCOPY}" "--redefine-syms=${BQ_LIBC_DATA}.syms" "${archive}" "${copy}"
                  COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Puts the archive of a library, one of the file names that follow, into PkgConfig::<prefix>.
function(link_archive prefix)
  find_library(BQ_${prefix}_ARCHIVE NAMES ${ARGN} HINTS "${${prefix}_LIBDIR}")
  set(archive "${BQ_${prefix}_ARCHIVE}")
  set(others ${${prefix}_STATIC_LIBRARIES})
  list(POP_FRONT others) # the library itself
  if(archive)
    goes_into_a_shared_object("${archive}" BQ_${prefix}_ARCHIVE_FITS)
    set(fits ${BQ_${prefix}_ARCHIVE_FITS})
    if(NOT fits AND CMAKE_OBJCOPY)
      set(copy "${CMAKE_CURRENT_BINARY_DIR}/archives/${prefix}.a")
      copy_for_a_shared_object("${archive}" "${copy}")
      goes_into_a_shared_object("${copy}" BQ_${prefix}_COPY_FITS)
      set(fits ${BQ_${prefix}_COPY_FITS})
      set(archive "${copy}")
      list(PREPEND others bullmq_libc_data)
    endif()
  endif()
  if(NOT fits)
    message(WARNING "${prefix} stays a shared library: no archive ${ARGN} that fits into a shared object")
    return()
  endif()
  message(STATUS "Linked statically: ${BQ_${prefix}_ARCHIVE}")
  set_target_properties(PkgConfig::${prefix} PROPERTIES INTERFACE_LINK_LIBRARIES "${archive};${others}")
endfunction()

if(BQ_STATIC_DEPENDENCIES)
  add_library(bullmq_libc_data STATIC "${BQ_LIBC_DATA}.c")
  link_archive(UV libuv_a.a libuv.a)
  link_archive(HIREDIS libhiredis.a)
  link_archive(JANSSON libjansson.a)
  link_archive(MSGPACK libmsgpackc.a libmsgpack-c.a)
endif()
