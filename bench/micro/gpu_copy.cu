// How many bytes a second does the card copy? The roof of every kernel that walks through arrays: the
// driver's copy, and a kernel of 16 bytes a thread and access. Bytes read and bytes written both count.
#include "bench/micro/measure_gpu.cuh"

namespace penfield::micro {

namespace {

constexpr const char* kQuestion = "how many bytes a second does the card copy?";

// ---- kernels ----

__global__ void fill_kernel(uint4* words, std::size_t n) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < n;
       i += std::size_t{gridDim.x} * blockDim.x) {
    const auto k = static_cast<std::uint32_t>(i);
    words[i] = uint4{scattered(k), scattered(k + 1), k, static_cast<std::uint32_t>(i >> 32)};
  }
}
__global__ void copy_kernel(const uint4* from, uint4* to, std::size_t n) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < n;
       i += std::size_t{gridDim.x} * blockDim.x)
    to[i] = from[i];
}
__global__ void compare_kernel(const uint4* words, std::size_t n, std::uint32_t* different) {
  for (std::size_t i = blockIdx.x * std::size_t{blockDim.x} + threadIdx.x; i < n;
       i += std::size_t{gridDim.x} * blockDim.x) {
    const auto k = static_cast<std::uint32_t>(i);
    const uint4 w = words[i];
    if (w.x != scattered(k) || w.y != scattered(k + 1) || w.z != k ||
        w.w != static_cast<std::uint32_t>(i >> 32))
      atomicAdd(different, 1u);
  }
}

// ---- launchers ----

void measure(std::size_t bytes, const Options& options, const Stream& stream, Report& report) {
  const std::size_t n = bytes / 2 / sizeof(uint4);
  const DeviceBuffer<uint4> from(n), to(n);
  const DeviceBuffer<std::uint32_t> different(1);
  const std::uint32_t blocks = 16 * cuda::num_multiprocessors();
  const auto by_kernel = [&] {
    cuda::launch(stream.get(), cuda::kBlockThreads, blocks, 1, copy_kernel, from.data(), to.data(), n);
  };
  const auto by_driver = [&] {
    PENFIELD_CUDA_CHECK(
        cudaMemcpyAsync(to.data(), from.data(), from.bytes(), cudaMemcpyDeviceToDevice, stream.get()));
  };
  cuda::launch(stream.get(), cuda::kBlockThreads, blocks, 1, fill_kernel, from.data(), n);
  const auto check = [&](const std::string& what) {
    fill_zero(different, stream);
    cuda::launch(stream.get(), cuda::kBlockThreads, blocks, 1, compare_kernel, to.data(), n,
                 different.data());
    report.check(what + ", " + bytes_text(static_cast<double>(bytes)), to_host(different, stream)[0] == 0);
    fill_zero(to, stream);
  };
  fill_zero(to, stream);
  by_kernel();
  check("copy by a kernel");
  by_driver();
  check("copy by the driver");
  if (!report.passed()) return;
  const double total = 2.0 * static_cast<double>(from.bytes());
  const int calls = options.tiny ? 1 : 5;
  const double driver = total / device_seconds_of(options, stream, calls, by_driver);
  const double kernel = total / device_seconds_of(options, stream, calls, by_kernel);
  const std::string footprint = bytes_text(static_cast<double>(bytes));
  report.add({"driver's copy, " + footprint, driver * 1e-9, "GB/s", driver, 0.0, {}});
  report.add({"kernel of 16-byte accesses, " + footprint, kernel * 1e-9, "GB/s", kernel, driver, {}});
}

int body(const Options& options) {
  const std::string card = open_card();
  Report report("gpu_copy", kQuestion, options, card);
  const Stream stream;
  std::size_t free_bytes = 0, total_bytes = 0;
  PENFIELD_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
  for (std::size_t mebibytes : {32u, 256u, 8192u}) {
    const std::size_t bytes = options.tiny ? std::size_t{1} << 20 : mebibytes << 20;
    if (!report.passed() || bytes > free_bytes / 2) break;
    measure(bytes, options, stream, report);
    if (options.tiny) break;
  }
  return report.finish();
}

}  // namespace

}  // namespace penfield::micro

int main(int argc, char** argv) {
  using namespace penfield::micro;
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}
