#pragma once
// The one portability mark: a function that compiles for the host and, under nvcc, for the device.
#if defined(__CUDACC__)
#define PENFIELD_HD __host__ __device__
#else
#define PENFIELD_HD
#endif
