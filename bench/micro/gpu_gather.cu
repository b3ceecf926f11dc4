// How many 32-byte sectors a second can be gathered at random, by footprint, and what is the latency of one
// such access? The rate and latency of looking up targets' spike histories.
#include "bench/micro/measure_gpu.cuh"

namespace penfield::micro {

namespace {

constexpr const char* kQuestion = "how many random 32-byte gathers a second, by footprint?";
constexpr std::uint32_t kPerThread = 8;

struct alignas(32) Sector {
  std::uint32_t word[8];
};

PENFIELD_HD inline std::uint32_t word_of(std::uint32_t sector, std::uint32_t k) {
  return scattered(sector * 8 + k);
}

// ---- kernels ----

__global__ void fill_kernel(Sector* sectors, std::uint32_t n) {
  const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  for (std::uint32_t k = 0; k < 8; ++k) sectors[i].word[k] = word_of(i, k);
}

/// Thread t sums the words of sectors scattered(t * kPerThread + ...) & mask: independent loads.
__global__ void gather_kernel(const Sector* sectors, std::uint32_t mask, std::uint32_t* out,
                              std::uint32_t threads) {
  const std::uint32_t t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= threads) return;
  std::uint32_t sum = 0;
#pragma unroll
  for (std::uint32_t n = 0; n < kPerThread; ++n) {
    const auto* at = reinterpret_cast<const uint4*>(sectors + (scattered(t * kPerThread + n) & mask));
    const uint4 a = at[0], b = at[1];
    sum += a.x + a.y + a.z + a.w + b.x + b.y + b.z + b.w;
  }
  out[t] = sum;
}

/// One thread; each address comes from the load before.
__global__ void chase_kernel(const Sector* sectors, std::uint32_t mask, std::uint32_t steps,
                             std::uint32_t* out) {
  std::uint32_t at = 0;
  for (std::uint32_t k = 0; k < steps; ++k) at = (sectors[at].word[0] + k) & mask;
  *out = at;
}

// ---- launchers ----

std::vector<std::uint32_t> plain_gather(std::uint32_t mask, std::uint32_t threads) {
  std::vector<std::uint32_t> out(threads, 0);
  for (std::uint32_t t = 0; t < threads; ++t)
    for (std::uint32_t n = 0; n < kPerThread; ++n)
      for (std::uint32_t k = 0; k < 8; ++k) out[t] += word_of(scattered(t * kPerThread + n) & mask, k);
  return out;
}
std::uint32_t plain_chase(std::uint32_t mask, std::uint32_t steps) {
  std::uint32_t at = 0;
  for (std::uint32_t k = 0; k < steps; ++k) at = (word_of(at, 0) + k) & mask;
  return at;
}

void measure(std::size_t mebibytes, const Options& options, const Stream& stream, Report& report) {
  const std::string footprint = std::to_string(mebibytes) + " MiB";
  const auto n = static_cast<std::uint32_t>((mebibytes << 20) / sizeof(Sector));
  const DeviceBuffer<Sector> sectors(n);
  const auto blocks = [](std::uint32_t threads) {
    return (threads + cuda::kBlockThreads - 1) / cuda::kBlockThreads;
  };
  cuda::launch(stream.get(), cuda::kBlockThreads, blocks(n), 1, fill_kernel, sectors.data(), n);
  const std::uint32_t threads = options.tiny ? 1000 : 1u << 21;
  const DeviceBuffer<std::uint32_t> out(threads);
  const auto gather = [&] {
    cuda::launch(stream.get(), cuda::kBlockThreads, blocks(threads), 1, gather_kernel, sectors.data(), n - 1,
                 out.data(), threads);
  };
  gather();
  report.check("gathered sums, " + footprint, to_host(out, stream) == plain_gather(n - 1, threads));
  const std::uint32_t steps = options.tiny ? 100 : 20000;
  const DeviceBuffer<std::uint32_t> end(1);
  const auto chase = [&] {
    cuda::launch(stream.get(), 1, 1, 1, chase_kernel, sectors.data(), n - 1, steps, end.data());
  };
  chase();
  report.check("chase, " + footprint, to_host(end, stream)[0] == plain_chase(n - 1, steps));
  if (!report.passed()) return;
  const double each = device_seconds_of(options, stream, options.tiny ? 1 : 5, gather) /
                      (static_cast<double>(threads) * kPerThread);
  report.add({"gathers from " + footprint,
              1e-9 / each,
              "G a second",
              sizeof(Sector) / each,
              device_copy_bytes_per_s(mebibytes << 20, options, stream),
              {}});
  const double latency = device_seconds_of(options, stream, 1, chase) / steps;
  report.add({"one access to " + footprint, 1e9 * latency, "ns", 0.0, 0.0, {}});
}

int body(const Options& options) {
  const std::string card = open_card();
  Report report("gpu_gather", kQuestion, options, card);
  const Stream stream;
  for (std::size_t mebibytes : {8u, 16u, 32u, 64u, 1024u}) {
    if (!report.passed() || (options.tiny && mebibytes > 8)) break;
    measure(mebibytes, options, stream, report);
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
