// The one place that knows which engines exist.
#include "host/run/make_engine.hpp"

#include <algorithm>
#include <bit>

#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/base/error.hpp"
#if defined(PENFIELD_HAVE_CUDA)
#include "kernels/cuda/card_tile_maker.hpp"
#include "kernels/cuda/cuda_engine.hpp"
#endif

namespace penfield {

namespace {

bool gpu_available(std::string* why_not, std::string* description) {
#if defined(PENFIELD_HAVE_CUDA)
  return cuda::cuda_device_available(why_not, description);
#else
  (void)description;
  *why_not = "this program was built without CUDA (preset cuda-release has it)";
  return false;
#endif
}

void require_gpu_choice(DeviceChoice device, KernelChoice kernel) {
  if (kernel == KernelChoice::persistent && device == DeviceChoice::cpu)
    throw Error(ExitCode::usage,
                "--kernel persistent with --device cpu: it is a GPU's kernel, leave it out or use --device "
                "cuda");
}

/// The episodic clock moves projected weights on the host.
void require_synapses_there(const Scenario& scenario, SynapseChoice synapses) {
  if (synapses == SynapseChoice::host || !scenario.clock.episodic) return;
  for (const ProjectionSpec& p : scenario.projections)
    if (p.plasticity)
      throw Error(ExitCode::usage, "--synapses card with projection " + p.name +
                                       ", whose weights the episodic clock projects on the host: leave its "
                                       "synapses there, --synapses host");
}

#if defined(PENFIELD_HAVE_CUDA)
/// The card of this process.
int own_card(const Ranks& ranks) {
  return static_cast<int>(ranks.place_on_machine()) % cuda::num_cuda_devices();
}
#endif

std::shared_ptr<TileMaker> tile_maker(DeviceChoice device, const Ranks& ranks) {
  std::string why_not = "--device cpu asks for none", description;
  if (device == DeviceChoice::cpu || !gpu_available(&why_not, &description))
    throw Error(ExitCode::no_device, "no GPU to make synapses on (--synapses card), " + why_not +
                                         ", leave it to the host: --synapses host");
  std::shared_ptr<TileMaker> maker;
#if defined(PENFIELD_HAVE_CUDA)
  cuda::CardTileMakerOptions options;
  options.device = own_card(ranks);
  maker = cuda::make_card_tile_maker(options);
#else
  (void)ranks;
#endif
  return maker;
}

}  // namespace

EngineChoice make_engine(Network& network, DeviceChoice device, std::uint32_t threads, KernelChoice kernel) {
  EngineChoice out;
  require_gpu_choice(device, kernel);
  if (device != DeviceChoice::cpu) {
    std::string why_not, description;
    if (gpu_available(&why_not, &description)) {
#if defined(PENFIELD_HAVE_CUDA)
      cuda::CudaEngineOptions options;
      options.device = own_card(*network.ranks);
      if (kernel == KernelChoice::persistent) options.kernel = cuda::StepKernel::persistent;
      out.engine = cuda::make_cuda_engine(network, options);
      return out;
#endif
    }
    if (device == DeviceChoice::cuda)
      throw Error(ExitCode::no_device,
                  "no GPU (--device cuda), " + why_not + ", use --device cpu or --device auto");
    out.note = "no GPU: " + why_not + "; running on the CPU";
  }
  cpu::CpuEngineOptions options;
  options.threads = threads == 0 ? available_threads(*network.ranks) : threads;
  out.engine = cpu::make_cpu_engine(network, options);
  return out;
}

BuildOptions build_options(DeviceChoice device, std::uint32_t threads, Ranks& ranks, SynapseChoice synapses) {
  std::string why_not, description;
  BuildOptions out;
  out.ranks = &ranks;
  // Tiles are chosen by it, and all ranks must choose the same.
  out.threads =
      static_cast<std::uint32_t>(ranks.largest_of(threads == 0 ? available_threads(ranks) : threads));
  // As GPUs like it where any rank has one.
  out.gpu =
      ranks.largest_of(device != DeviceChoice::cpu && gpu_available(&why_not, &description) ? 1 : 0) != 0;
  if (synapses == SynapseChoice::card) out.maker = tile_maker(device, ranks);
  return out;
}

BuildOptions build_options(const Scenario& scenario, std::uint32_t instances, DeviceChoice device,
                           std::uint32_t threads, const CardChoice& card, Ranks& ranks) {
  require_gpu_choice(device, card.kernel);
  require_synapses_there(scenario, card.synapses);
  BuildOptions out = build_options(device, threads, ranks, card.synapses);
  if (!out.gpu || card.kernel != KernelChoice::persistent) return out;
  // Three blocks on each multiprocessor of an H200; fewer where spread delays make several segments of each
  // tile of sources, of which a block looks at 1,024 at a time.
  const bool spread =
      std::any_of(scenario.projections.begin(), scenario.projections.end(), [](const ProjectionSpec& q) {
        return q.delay.base_ms.kind != Distribution::Kind::constant || q.delay.velocity_mm_per_ms > 0.0;
      });
  const std::uint64_t most_tiles = spread ? 256 : 384;
  std::uint64_t neurons = 0;
  for (const PopulationSpec& p : scenario.populations)
    if (std::any_of(scenario.projections.begin(), scenario.projections.end(),
                    [&](const ProjectionSpec& q) { return q.to == p.name; }))
      neurons += std::uint64_t{p.n} * instances;
  // Larger networks have more tiles than blocks whatever their size: a graph's tiles then.
  const std::uint64_t size = std::bit_ceil(std::max<std::uint64_t>(neurons / most_tiles, 64));
  if (size <= 1024) out.tile_size = static_cast<std::uint32_t>(size);
  return out;
}

BuildOptions plan_options(const Scenario& scenario, std::uint32_t instances, DeviceChoice device,
                          std::uint32_t threads, CardChoice card, Ranks& ranks) {
  const bool on_card = card.synapses == SynapseChoice::card;
  card.synapses = SynapseChoice::host;
  BuildOptions out = build_options(scenario, instances, device, threads, card, ranks);
  out.plan_for_maker = on_card;
  out.gpu = out.gpu || on_card;
  return out;
}

std::optional<CardMemory> card_memory(DeviceChoice device, const Ranks& ranks) {
  std::string why_not, description;
  if (device == DeviceChoice::cpu || !gpu_available(&why_not, &description)) return std::nullopt;
  CardMemory card;
#if defined(PENFIELD_HAVE_CUDA)
  const auto cards = static_cast<std::uint32_t>(cuda::num_cuda_devices());
  cuda::cuda_device_memory(own_card(ranks), &card.name, &card.free_bytes, &card.total_bytes);
  card.ranks = (ranks.on_machine() + cards - 1) / cards;
#else
  (void)ranks;
#endif
  return card;
}

void require_room(const MemoryPlan& plan, DeviceChoice device, const Ranks& ranks) {
  require_memory(plan, ranks.on_machine());
  if (const auto card = card_memory(device, ranks)) require_card_memory(plan, *card);
}

std::string describe_gpu() {
  std::string why_not, description;
  return gpu_available(&why_not, &description) ? description : "none: " + why_not;
}

std::uint32_t available_threads(const Ranks& ranks) {
  return ranks.processors() != 0 ? ranks.processors() : cpu::default_threads();
}

}  // namespace penfield
