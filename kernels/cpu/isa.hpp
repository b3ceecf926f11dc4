#pragma once
// One loop body, two instruction sets. The v3 twin is an attribute on the function, not a compiler flag on
// the file, so that no inline function of a header is ever emitted as AVX2 code that a baseline caller might
// link to; `flatten` inlines the whole body into it.
#if defined(__x86_64__)
#define PENFIELD_TARGET_V3 __attribute__((target("avx2,fma,bmi,bmi2,lzcnt,popcnt,f16c,movbe"), flatten))
#else
#define PENFIELD_TARGET_V3
#endif
#define PENFIELD_TARGET_BASELINE __attribute__((flatten))
