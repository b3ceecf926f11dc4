#pragma once
// One loop body, three instruction sets: baseline x86-64, x86-64-v3 (AVX2, FMA) and x86-64-v4 (AVX-512). The
// twins are an attribute on the function, not a compiler flag on the file, so that no inline function of a
// header is ever emitted as AVX code that a baseline caller might link to; `flatten` inlines the whole body
// into it.
#include <cstdint>

#define PENFIELD_TARGET_BASELINE __attribute__((flatten))
#if defined(__x86_64__)
#define PENFIELD_FEATURES_V3 "avx2,fma,bmi,bmi2,lzcnt,popcnt,f16c,movbe"
#define PENFIELD_FEATURES_V4 PENFIELD_FEATURES_V3 ",avx512f,avx512bw,avx512cd,avx512dq,avx512vl"
#define PENFIELD_TARGET_V3 __attribute__((target(PENFIELD_FEATURES_V3), flatten))
#if defined(__clang__)
#define PENFIELD_TARGET_V4 __attribute__((target(PENFIELD_FEATURES_V4), flatten))
#else
#define PENFIELD_TARGET_V4 __attribute__((target(PENFIELD_FEATURES_V4 ",prefer-vector-width=512"), flatten))
#endif
#else
#define PENFIELD_TARGET_V3
#define PENFIELD_TARGET_V4
#endif

namespace penfield::cpu {

enum class Isa : std::uint8_t { baseline, v3, v4 };

/// The largest that this machine runs. PENFIELD_ISA=baseline or =v3 in the environment asks for less, for
/// tests.
Isa best_isa();
inline bool has_v3() { return best_isa() >= Isa::v3; }

/// As people write it: "baseline", "x86-64-v3", "x86-64-v4".
const char* isa_name(Isa isa);

}  // namespace penfield::cpu
