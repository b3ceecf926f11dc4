# Third-party headers, one target each. They are looked for by header and not by package file, so that a machine without
# packages builds from a folder of headers (-DPENFIELD_HEADERS=DIR, made by tools/bundle --headers-only DIR).
find_package(Threads REQUIRED)

function(penfield_header_library target header package)
  string(TOUPPER ${target}_INCLUDE variable)
  find_path(${variable} ${header} HINTS ${PENFIELD_HEADERS} NO_CACHE)
  if(${variable})
    add_library(${target} INTERFACE)
    if(NOT ${variable} STREQUAL "/usr/include")  # -isystem /usr/include breaks #include_next
      target_include_directories(${target} SYSTEM INTERFACE ${${variable}})
    endif()
  elseif(ARGN STREQUAL "REQUIRED")
    message(FATAL_ERROR "Penfield: ${header} was not found. Install the Debian package ${package} (tools/install_deps does), "
                        "or name a folder of headers with -DPENFIELD_HEADERS=DIR.")
  endif()
endfunction()

penfield_header_library(penfield_json nlohmann/json.hpp nlohmann-json3-dev REQUIRED)
penfield_header_library(penfield_cxxopts cxxopts.hpp libcxxopts-dev REQUIRED)
penfield_header_library(penfield_xxhash xxhash.h libxxhash-dev REQUIRED)
penfield_header_library(penfield_fmt fmt/core.h libfmt-dev REQUIRED)
penfield_header_library(penfield_spdlog spdlog/spdlog.h libspdlog-dev REQUIRED)
# Header-only on purpose: one file logs, and the program then needs no libspdlog or libfmt where it runs.
target_compile_definitions(penfield_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)
target_link_libraries(penfield_spdlog INTERFACE penfield_fmt Threads::Threads)

# HDF5 is optional: without it results stay in run.log, SONATA edges are refused, and the program says so.
find_package(HDF5 QUIET COMPONENTS C)
if(HDF5_FOUND)
  add_library(penfield_hdf5 INTERFACE)
  target_compile_definitions(penfield_hdf5 INTERFACE PENFIELD_HAVE_HDF5)
  target_include_directories(penfield_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
  target_link_libraries(penfield_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
else()
  message(STATUS "Penfield: no HDF5 (Debian: libhdf5-dev), so no results.h5 and no SONATA edges")
endif()

# MPI is optional: without it one process runs a network, and the program says so. Its own races (of its helper threads)
# would drown ours under the thread sanitizer.
option(PENFIELD_MPI "Let several processes run one network, if MPI is found" ON)
if(PENFIELD_MPI AND NOT PENFIELD_SANITIZE MATCHES "thread")
  find_package(MPI QUIET COMPONENTS C)
  if(MPI_C_FOUND)
    add_library(penfield_mpi_c INTERFACE)
    target_include_directories(penfield_mpi_c SYSTEM INTERFACE ${MPI_C_INCLUDE_DIRS})
    target_link_libraries(penfield_mpi_c INTERFACE ${MPI_C_LIBRARIES})
  else()
    message(STATUS "Penfield: no MPI (Debian: libopenmpi-dev, openmpi-bin), so a network runs in one process")
  endif()
endif()

if(PENFIELD_TESTS)
  penfield_header_library(penfield_catch catch2/catch.hpp catch2)
  penfield_header_library(penfield_random123 Random123/philox.h librandom123-dev)
endif()
