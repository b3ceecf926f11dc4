// What does it cost to order work on a card: a barrier over the whole grid inside one kernel, a node that
// waits for the node before it in a captured graph, the graph of a step like ours, and a plain launch?
// Decides a persistent kernel against a graph.
#include <cooperative_groups.h>

#include "bench/micro/measure_gpu.cuh"
#include "kernels/cuda/step_graph.cuh"

namespace penfield::micro {

namespace {

constexpr const char* kQuestion = "what do a grid barrier and a dependent graph node cost?";

// ---- kernels ----

__global__ void barrier_kernel(std::uint32_t rounds) {
  const auto grid = cooperative_groups::this_grid();
  for (std::uint32_t r = 0; r < rounds; ++r) grid.sync();
}

/// After the barrier of a round every block must see that its neighbour has arrived in it.
__global__ void checked_barrier_kernel(std::uint32_t rounds, volatile std::uint32_t* arrived,
                                       std::uint32_t* faults) {
  const auto grid = cooperative_groups::this_grid();
  for (std::uint32_t r = 1; r <= rounds; ++r) {
    if (threadIdx.x == 0) arrived[blockIdx.x] = r;
    grid.sync();
    if (threadIdx.x == 0 && arrived[(blockIdx.x + 1) % gridDim.x] < r) atomicAdd(faults, 1u);
  }
}

/// Every launch adds one: a launch that did not wait for the one before would lose some.
__global__ void count_kernel(std::uint32_t* count) {
  if (blockIdx.x == 0 && threadIdx.x == 0) *count += 1;
}

// ---- launchers ----

template <class... Arguments>
void launch_cooperative(const Stream& stream, std::uint32_t blocks, void (*kernel)(Arguments...),
                        Arguments... arguments) {
  void* pointers[] = {&arguments...};
  PENFIELD_CUDA_CHECK(cudaLaunchCooperativeKernel(reinterpret_cast<void*>(kernel), dim3(blocks),
                                                  dim3(cuda::kBlockThreads), pointers, 0, stream.get()));
}

void measure_barrier(std::uint32_t blocks, const Options& options, const Stream& stream, Report& report) {
  const std::string grid = std::to_string(blocks) + " blocks of 256";
  const std::uint32_t rounds = options.tiny ? 20 : 2000;
  DeviceBuffer<std::uint32_t> arrived(blocks), faults(1);
  fill_zero(arrived, stream);
  fill_zero(faults, stream);
  launch_cooperative<std::uint32_t, volatile std::uint32_t*, std::uint32_t*>(
      stream, blocks, checked_barrier_kernel, rounds, arrived.data(), faults.data());
  report.check("grid barrier, " + grid, to_host(faults, stream)[0] == 0);
  if (!report.passed()) return;
  const auto time = [&](std::uint32_t n) {
    return device_seconds_of(options, stream, 1,
                             [&] { launch_cooperative<std::uint32_t>(stream, blocks, barrier_kernel, n); });
  };
  const double each = (time(rounds) - time(0)) / rounds;
  report.add({"grid barrier, " + grid, 1e6 * each, "us", 0.0, 0.0, {}});
}

/// `nodes` launches put into a graph by `launches`; each of `counters` must have counted its launches.
void measure_graph(const std::string& name, std::uint32_t nodes, std::uint32_t parts,
                   const std::function<void(std::uint32_t*)>& launches,
                   const std::vector<std::uint32_t>& each, const Options& options, const Stream& stream,
                   Report& report) {
  DeviceBuffer<std::uint32_t> counters(each.size());
  launches(counters.data());  // kernels are loaded before they are captured
  stream.wait();
  cuda::StepGraph graph;
  graph.capture(stream, [&] { launches(counters.data()); });
  fill_zero(counters, stream);
  graph.replay(stream);
  report.check(name, to_host(counters, stream) == each);
  if (!report.passed()) return;
  const double s = device_seconds_of(options, stream, options.tiny ? 1 : 10, [&] { graph.replay(stream); });
  report.add({name,
              1e6 * s / parts,
              parts == nodes ? "us per node" : "us per step",
              0.0,
              0.0,
              {{"nodes", static_cast<double>(nodes)}}});
}

int body(const Options& options) {
  const std::string card = open_card();
  Report report("gpu_latency", kQuestion, options, card);
  const Stream stream;
  const std::uint32_t sm = cuda::num_multiprocessors();
  for (std::uint32_t blocks : {sm, 2 * sm, 3 * sm}) measure_barrier(blocks, options, stream, report);

  const std::uint32_t n = options.tiny ? 10 : 500;
  for (std::uint32_t blocks : {1u, 2 * sm}) {
    const auto chain = [&](std::uint32_t* counters) {
      for (std::uint32_t k = 0; k < n; ++k)
        cuda::launch(stream.get(), cuda::kBlockThreads, blocks, 1, count_kernel, counters);
    };
    measure_graph("graph, chain of nodes of " + std::to_string(blocks) + " blocks", n, n, chain, {n}, options,
                  stream, report);
    DeviceBuffer<std::uint32_t> counter(1);
    const double s = device_seconds_of(options, stream, n, [&] {
      cuda::launch(stream.get(), cuda::kBlockThreads, blocks, 1, count_kernel, counter.data());
    });
    report.add({"plain launches of " + std::to_string(blocks) + " blocks", 1e6 * s, "us", 0.0, 0.0, {}});
  }
  // Steps as CudaEngine's graph has them: populations side by side on four branches, then delivery, then end.
  cuda::Branches branches(stream);
  const std::uint32_t steps = options.tiny ? 2 : 64;
  for (std::uint32_t populations : {2u, 3u, 8u}) {
    const auto step = [&](std::uint32_t* counters) {
      for (std::uint32_t s = 0; s < steps; ++s) {
        branches.open();
        for (std::uint32_t p = 0; p < populations; ++p)
          cuda::launch(branches.next(), cuda::kBlockThreads, 32, 1, count_kernel, counters + p);
        branches.close();
        cuda::launch(stream.get(), cuda::kBlockThreads, 2 * sm, 1, count_kernel, counters + populations);
        cuda::launch(stream.get(), 1, 1, 1, count_kernel, counters + populations);
      }
    };
    std::vector<std::uint32_t> counted(populations + 1, steps);
    counted.back() = 2 * steps;
    measure_graph("graph, a step of " + std::to_string(populations) + " populations",
                  steps * (populations + 2), steps, step, counted, options, stream, report);
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
