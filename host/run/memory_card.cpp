// What a card needs for a run, and what it needs beside while it makes synapses
// (kernels/cuda/card_tile_maker.cu) and rewires them (card_rewirer.cu).
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/run/memory_layout.hpp"
#include "penfield/base/error.hpp"
#include "penfield/engine/tile_maker.hpp"

namespace penfield {

namespace {

/// CUB's own room for sorting a value of 64 bits, bytes: 256 counters of 4 bytes for each few thousand.
constexpr double kSortBytes = 0.25;
constexpr std::uint64_t kMostTiles = 4096;     ///< that go through together
constexpr std::uint64_t kSpareForFormed = 16;  ///< one place in so many is left free (card_tiles.cu)

std::uint64_t synapse_bytes(const ProjectionLayout& p, const std::vector<PopulationLayout>& populations) {
  std::vector<MemoryLine> lines;
  list_projection(p, populations, lines);
  std::uint64_t bytes = 0;
  for (const MemoryLine& line : lines)
    if (line.array != "views") bytes += line.bytes;
  return bytes;
}

/// The largest chunk of a projection's tiles that go through together.
struct Chunk {
  double tiles, synapses;
};

Chunk largest_chunk(const ProjectionLayout& p, const PopulationLayout& target) {
  const double tiles = std::max(1u, target.num_tiles);
  const double of_tile = std::ceil(static_cast<double>(p.synapses) / tiles);
  // A chunk ends with the tile that still fits, and has one at least.
  const double fitting =
      std::floor(static_cast<double>(MakingLimits{}.chunk_synapses) / std::max(1.0, of_tile));
  const double in_chunk = std::clamp(fitting, 1.0, std::min<double>(kMostTiles, tiles));
  return {in_chunk, in_chunk * of_tile};
}

/// Lines of what one projection needs for a while, with room to grow.
class Scratch {
 public:
  explicit Scratch(const ProjectionLayout& p) : owner_(p.name) {}

  void add(const char* what, double bytes) {
    if (bytes >= 1.0)
      lines_.push_back({owner_, what, static_cast<std::uint64_t>(std::ceil(kRoomToGrow * bytes))});
  }
  std::vector<MemoryLine> take() { return std::move(lines_); }

 private:
  std::string owner_;
  std::vector<MemoryLine> lines_;
};

/// Which delays a tile has from each tile of sources.
double delays_seen_bytes(const ProjectionLayout& p, const PopulationLayout& source, const Chunk& chunk) {
  const std::uint32_t pieces = p.delays().pieces().count;
  return chunk.tiles * std::max(1u, source.num_tiles) * pieces * (4.0 * kPieceDelays + 2.0);
}

/// Offsets of rows, until their form is known.
double offsets_bytes(const ProjectionLayout& p, const Chunk& chunk) {
  const double rows = chunk.tiles * p.sources_per_tile * p.delays().pieces().count;
  return 4.0 * (rows + chunk.tiles) + 8.0 * rows / RowGroup::kRows;
}

/// Bytes beside the synapses, while those of one projection are made.
std::vector<MemoryLine> making(const ProjectionLayout& p, const std::vector<PopulationLayout>& populations) {
  const PopulationLayout& source = populations[p.source];
  const PopulationLayout& target = populations[p.target];
  const MakingLimits limits;
  const Chunk chunk = largest_chunk(p, target);
  const double rows = target.n;
  const double drawn =
      std::min<double>(static_cast<double>(limits.scratch_bytes), rows * static_cast<double>(p.row_bytes));
  Scratch out(p);
  out.add("synapses being sorted", chunk.synapses * (p.uniform ? 16.0 : 24.0));
  out.add("sorting", kSortBytes * chunk.synapses);
  out.add("rows being drawn", std::max(drawn, static_cast<double>(p.row_bytes)));
  out.add("where rows begin", 8.0 * (rows + target.num_tiles + 2.0) + 4.0 * chunk.tiles * target.tile_size);
  out.add("rows being placed", offsets_bytes(p, chunk));
  out.add("positions and grid", 8.0 * (source.n + rows) + static_cast<double>(p.maker_bytes));
  out.add("delays that were seen", delays_seen_bytes(p, source, chunk));
  return out.take();
}

/// Bytes beside the network, while one projection is rewired: where every row exceeds its elements, all
/// synapses are candidates that are sorted once more.
std::vector<MemoryLine> rewiring(const ProjectionLayout& p,
                                 const std::vector<PopulationLayout>& populations) {
  const PopulationLayout& source = populations[p.source];
  const PopulationLayout& target = populations[p.target];
  const Chunk chunk = largest_chunk(p, target);
  const double synapses = chunk.synapses * (1.0 + 1.0 / kSpareForFormed);
  const double rows = std::min<double>(target.n, chunk.tiles * target.tile_size);
  Scratch out(p);
  out.add("synapses being sorted", 24.0 * synapses);
  out.add("candidates for deletion", (24.0 + 1.0) * chunk.synapses);
  out.add("synapses that form", 16.0 * chunk.synapses / kSpareForFormed);
  out.add("sorting", kSortBytes * synapses);
  out.add("where rows begin", (6.0 * 8.0 + 4.0) * (rows + 1.0));
  out.add("rows being placed", offsets_bytes(p, chunk));
  out.add("elements and fields", (9.0 * 4.0 + 1.0 + 4.0 * 4.0) * std::max(source.n, target.n));
  out.add("delays that were seen", delays_seen_bytes(p, source, chunk));
  return out.take();
}

std::uint64_t sum(const std::vector<MemoryLine>& lines) {
  std::uint64_t bytes = 0;
  for (const MemoryLine& line : lines) bytes += line.bytes;
  return bytes;
}

}  // namespace

void list_card(const std::vector<PopulationLayout>& populations,
               const std::vector<ProjectionLayout>& projections, MemoryPlan& plan) {
  std::uint64_t made = 0, most = 0, spare = 0, scratch = 0;
  for (const ProjectionLayout& p : projections) {
    if (!made_on_card(p)) continue;
    const std::uint64_t bytes = synapse_bytes(p, populations);
    made += bytes;
    if (p.structural) {
      spare += bytes / kSpareForFormed;
      std::vector<MemoryLine> lines = rewiring(p, populations);
      if (sum(lines) > scratch) {
        scratch = sum(lines);
        plan.rewiring = std::move(lines);
      }
    }
    std::vector<MemoryLine> lines = making(p, populations);
    if (made + sum(lines) <= most) continue;
    most = made + sum(lines);
    lines.push_back({p.name, "synapses made by then", made});
    plan.making = std::move(lines);
  }
  if (spare > 0) plan.rewiring.push_back({"all", "room for synapses that form", spare});
  plan.made_on_card = made;
  plan.device = std::max(plan.network + spare + scratch, most);
}

void require_card_memory(const MemoryPlan& plan, const CardMemory& card) {
  const std::uint64_t bytes = plan.device * card.ranks;
  if (bytes <= card.free_bytes) return;
  const auto megabytes = [](std::uint64_t value) { return static_cast<double>(value) * 1e-6; };
  const bool making = plan.device > plan.network;  // or rewiring them
  char text[300];
  std::snprintf(
      text, sizeof text, "%.0f MB %s%sfor %llu neurons and %.4g synapses, and %.0f of %.0f MB are free",
      megabytes(bytes), card.ranks > 1 ? "for all ranks that share it " : "",
      making ? "while synapses are made or rewired " : "", static_cast<unsigned long long>(plan.neurons),
      static_cast<double>(plan.synapses), megabytes(card.free_bytes), megabytes(card.total_bytes));
  throw Error(ExitCode::memory, "not enough memory (" + card.name + "): the run needs " + text +
                                    "; lower n or the in-degrees, " +
                                    (making ? "leave the synapses to the host (--synapses host), " : "") +
                                    "use a larger card, more ranks with a card each, or --device cpu");
}

}  // namespace penfield
