// How many integer additions a second do the multiprocessors' shared memories take? The rate of delivery if a
// tile's sums lay there: scattered over a tile, to a bank of each lane's own, and all to one place.
#include "bench/micro/measure_gpu.cuh"

namespace penfield::micro {

namespace {

constexpr const char* kQuestion = "how many integer additions a second in shared memory?";
constexpr std::uint32_t kTile = 1024;

enum class Pattern { scattered_over_tile, own_bank, one_place };

PENFIELD_HD inline std::uint32_t place_of(Pattern pattern, std::uint32_t thread, std::uint32_t k) {
  if (pattern == Pattern::own_bank) return (thread + 32 * k) % kTile;
  if (pattern == Pattern::one_place) return k % kTile;
  // A cheap walk, so that the additions and not the addresses are timed: odd steps that differ by thread.
  return (scattered(thread) + k * (2 * thread + 1)) % kTile;
}

// ---- kernels ----

template <Pattern pattern>
__global__ void __launch_bounds__(cuda::kBlockThreads)
    shared_add_kernel(std::int32_t* sum, std::uint32_t per_thread) {
  __shared__ std::int32_t tile[kTile];
  for (std::uint32_t i = threadIdx.x; i < kTile; i += blockDim.x) tile[i] = 0;
  __syncthreads();
  for (std::uint32_t k = 0; k < per_thread; ++k)
    atomicAdd(tile + place_of(pattern, threadIdx.x, k), static_cast<std::int32_t>(k & 7u) + 1);
  __syncthreads();
  for (std::uint32_t i = threadIdx.x; i < kTile; i += blockDim.x) sum[blockIdx.x * kTile + i] = tile[i];
}

// ---- launcher ----

template <Pattern pattern>
void measure(const std::string& name, const Options& options, const Stream& stream, Report& report) {
  const std::uint32_t blocks = 8 * cuda::num_multiprocessors();
  const DeviceBuffer<std::int32_t> sum(std::size_t{blocks} * kTile);
  const auto add = [&](std::uint32_t per_thread) {
    cuda::launch(stream.get(), cuda::kBlockThreads, blocks, 1, shared_add_kernel<pattern>, sum.data(),
                 per_thread);
  };
  const std::uint32_t checked = 100;
  add(checked);
  std::vector<std::int32_t> expected(std::size_t{blocks} * kTile, 0);
  for (std::uint32_t b = 0; b < blocks; ++b)
    for (std::uint32_t t = 0; t < cuda::kBlockThreads; ++t)
      for (std::uint32_t k = 0; k < checked; ++k)
        expected[b * kTile + place_of(pattern, t, k)] += static_cast<std::int32_t>(k & 7u) + 1;
  report.check(name, to_host(sum, stream) == expected);
  if (!report.passed()) return;
  const std::uint32_t many = options.tiny ? 200 : 20000, few = many / 10;
  const auto time = [&](std::uint32_t n) { return device_seconds_of(options, stream, 1, [&] { add(n); }); };
  const double each =
      (time(many) - time(few)) / (double(many - few) * cuda::kBlockThreads * static_cast<double>(blocks));
  report.add({name, 1e-9 / each, "G a second", 0.0, 0.0, {}});
}

int body(const Options& options) {
  const std::string card = open_card();
  Report report("gpu_shared_atomics", kQuestion, options, card);
  const Stream stream;
  measure<Pattern::scattered_over_tile>("scattered over 1024 entries", options, stream, report);
  if (report.passed()) measure<Pattern::own_bank>("a bank of each lane's own", options, stream, report);
  if (report.passed()) measure<Pattern::one_place>("all lanes to one place", options, stream, report);
  return report.finish();
}

}  // namespace

}  // namespace penfield::micro

int main(int argc, char** argv) {
  using namespace penfield::micro;
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}
