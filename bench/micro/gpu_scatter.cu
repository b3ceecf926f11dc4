// How many scattered 32-bit integer additions a second reach global memory, by footprint? The rate of
// delivery into rings: while they fit the second cache, and when they do not.
#include "bench/micro/measure_gpu.cuh"

namespace penfield::micro {

namespace {

constexpr const char* kQuestion = "how many scattered integer additions a second, by footprint?";
constexpr std::uint32_t kPerThread = 16;

// ---- kernels ----

/// Addition k goes to entry scattered(k) & mask. Nothing is returned, so that it compiles to a reduction.
__global__ void scatter_kernel(std::int32_t* sum, std::uint32_t mask, std::uint32_t additions) {
  const std::uint32_t stride = gridDim.x * blockDim.x;
  std::uint32_t k = blockIdx.x * blockDim.x + threadIdx.x;
  for (std::uint32_t n = 0; n < kPerThread && k < additions; ++n, k += stride)
    atomicAdd(sum + (scattered(k) & mask), static_cast<std::int32_t>(k & 7u) + 1);
}

// ---- launcher ----

void scatter(const Stream& stream, const DeviceBuffer<std::int32_t>& sum, std::uint32_t additions) {
  const std::uint32_t per_block = cuda::kBlockThreads * kPerThread;
  cuda::launch(stream.get(), cuda::kBlockThreads, (additions + per_block - 1) / per_block, 1, scatter_kernel,
               sum.data(), static_cast<std::uint32_t>(sum.size() - 1), additions);
}

std::vector<std::int32_t> plain(std::size_t size, std::uint32_t additions) {
  std::vector<std::int32_t> sum(size, 0);
  for (std::uint32_t k = 0; k < additions; ++k)
    sum[scattered(k) & (size - 1)] += static_cast<std::int32_t>(k & 7u) + 1;
  return sum;
}

int body(const Options& options) {
  const std::string card = open_card();
  Report report("gpu_scatter", kQuestion, options, card);
  const Stream stream;
  const std::uint32_t additions = options.tiny ? 10007 : 1u << 24;
  for (std::size_t mebibytes = 1; mebibytes <= (options.tiny ? 1u : 256u); mebibytes *= 2) {
    const DeviceBuffer<std::int32_t> sum((mebibytes << 20) / sizeof(std::int32_t));
    const std::string footprint = std::to_string(mebibytes) + " MiB";
    fill_zero(sum, stream);
    scatter(stream, sum, additions);
    report.check("sums, " + footprint, to_host(sum, stream) == plain(sum.size(), additions));
    if (!report.passed()) break;
    const double s =
        device_seconds_of(options, stream, options.tiny ? 1 : 5, [&] { scatter(stream, sum, additions); });
    const double each = s / additions;
    report.add({"additions into " + footprint,
                1e-9 / each,
                "G a second",
                64.0 / each,
                device_copy_bytes_per_s(std::size_t{mebibytes} << 20, options, stream),
                {}});
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
