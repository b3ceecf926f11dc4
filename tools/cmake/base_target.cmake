# penfield_base: what every target shares. These flags are what keeps the bits equal on every compiler: no contraction of
# a*b+c, no fast-math, and never -march=native. -fno-math-errno and -fno-trapping-math change no value; they let loops
# vectorise. The device compiler gets the same rules in its own spelling.
add_library(penfield_base INTERFACE)
target_compile_features(penfield_base INTERFACE cxx_std_20)
target_include_directories(penfield_base INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR})

set(PENFIELD_HOST_FLAGS -ffp-contract=off -fno-fast-math -fno-math-errno -fno-trapping-math -Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlapping copies in "a" + std::string at -O3 where there are none: https://gcc.gnu.org/PR105651
  list(APPEND PENFIELD_HOST_FLAGS -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND PENFIELD_HOST_FLAGS -Wno-pass-failed)  # a loop that clang does not vectorise is slower, not wrong
endif()
if(PENFIELD_WERROR)
  list(APPEND PENFIELD_HOST_FLAGS -Werror)
endif()
if(PENFIELD_SANITIZE)
  list(APPEND PENFIELD_HOST_FLAGS -fsanitize=${PENFIELD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND PENFIELD_HOST_FLAGS -Wno-maybe-uninitialized)  # g++ warns of its own instrumentation of std::function
  endif()
  target_link_options(penfield_base INTERFACE -fsanitize=${PENFIELD_SANITIZE})
endif()
# The standard is spelt out, since CMake 3.25 finds no C++20 in nvcc 13; nvcc writes T (C::*m) where the source says T C::*m.
set(PENFIELD_DEVICE_FLAGS
  -std=c++20 --fmad=false --prec-div=true --prec-sqrt=true --ftz=false --expt-relaxed-constexpr
  -Xcompiler=-ffp-contract=off,-fno-fast-math,-fno-math-errno,-fno-trapping-math,-Wall,-Wextra,-Wno-parentheses)

target_compile_options(penfield_base INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:${PENFIELD_HOST_FLAGS}>"
  "$<$<COMPILE_LANGUAGE:CUDA>:${PENFIELD_DEVICE_FLAGS}>")
