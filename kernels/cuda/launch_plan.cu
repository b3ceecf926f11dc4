#include "kernels/cuda/launch_plan.cuh"

#include <algorithm>

#include "kernels/network/segments.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield::cuda {

namespace {

/// Rows are mostly short: lanes beyond their length would idle.
std::uint32_t lanes_of_length(std::uint64_t length) {
  std::uint32_t log2 = 2;
  while (log2 < 5 && (1u << log2) < length) ++log2;
  return log2;
}

std::uint32_t lanes_log2(const Projection& projection) {
  std::uint64_t rows = 0;
  for (const SynapseTile& tile : projection.tiles) rows += tile.source_end - tile.source_begin;
  return lanes_of_length(rows == 0 ? 0 : projection.num_synapses() / rows);
}

/// Of pieces of rows into one tile, as a spike meets them: long ones hold most synapses.
std::uint32_t lanes_log2(const Network& network, const std::vector<std::uint32_t>& projections,
                         std::uint32_t tile) {
  double synapses = 0.0, weighted = 0.0;
  for (const std::uint32_t k : projections) {
    const SynapseTile& t = network.projections[k]->tiles[tile];
    const auto count = static_cast<double>(t.num_synapses());
    if (t.num_synapses() == 0) continue;
    synapses += count;
    weighted += count * count / (static_cast<double>(t.num_sources()) * t.pieces);
  }
  return lanes_of_length(synapses > 0.0 ? static_cast<std::uint64_t>(weighted / synapses) : 0);
}

/// [population] projections into it.
template <class Wanted>
std::vector<std::vector<std::uint32_t>> sorted_by_target(const Network& network, Wanted&& wanted) {
  std::vector<std::vector<std::uint32_t>> into(network.populations.size());
  for (std::uint32_t k = 0; k < network.projections.size(); ++k) {
    const ProjectionView& view = network.projections[k]->view;
    if (wanted(view)) into[view.target].push_back(k);
  }
  return into;
}

/// Segments of a block such that about `num_blocks` blocks share those of all tiles, and no tile less than
/// one.
std::uint32_t segments_of_block(std::uint64_t num_segments, std::uint64_t num_tiles,
                                std::uint64_t num_blocks) {
  constexpr std::uint64_t kLeast = 4;  // fewer have too few rows for a block
  const std::uint64_t spare = num_blocks > num_tiles ? num_blocks - num_tiles : 0;
  if (spare == 0) return ~0u;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(std::max(kLeast, num_segments / spare + 1), ~0u));
}

}  // namespace

template <class Wanted>
bool DeliveryList::assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks,
                          const Stream& stream) {
  const std::vector<std::vector<std::uint32_t>> into = sorted_by_target(network, wanted);
  std::vector<BlockShare> tiles;
  std::vector<Segment> segments;
  for (std::uint32_t p = 0; p < network.populations.size(); ++p)
    for (std::uint32_t t = 0; t < network.populations[p]->view.num_tiles; ++t) {
      const auto begin = static_cast<std::uint32_t>(segments.size());
      for (const std::uint32_t k : into[p]) append_segments(network, k, t, segments);
      if (segments.size() > ~0u)
        throw Error(ExitCode::memory,
                    "delivery on the GPU would go by more than 4294967295 segments (69 GB): a tile hears too "
                    "many tiles of sources at too many delays; use more ranks or a larger dt_ms");
      const auto end = static_cast<std::uint32_t>(segments.size());
      if (end > begin) tiles.push_back({{p, t, begin, end}, lanes_log2(network, into[p], t)});
    }
  const std::uint32_t most = segments_of_block(segments.size(), tiles.size(), num_blocks);
  std::vector<BlockShare> blocks;
  std::vector<Segment> dealt(segments.size());
  for (const BlockShare& of : tiles) {
    const std::uint32_t count = of.share.end - of.share.begin;
    const std::uint32_t split = (count - 1) / most + 1;
    std::uint32_t next = of.share.begin;
    // One of `split` after the other, as cards are dealt: what a busy source sends goes to all blocks.
    for (std::uint32_t b = 0; b < split; ++b) {
      const std::uint32_t begin = next;
      for (std::uint32_t q = b; q < count; q += split) dealt[next++] = segments[of.share.begin + q];
      blocks.push_back({{of.share.population, of.share.tile, begin, next}, of.lanes_log2});
    }
  }
  const Segment* const before = segments_.data();
  segments_.assign(std::move(dealt), stream);
  return blocks_.assign(std::move(blocks), stream) || segments_.data() != before;
}

template <class Wanted>
bool WorkList::assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks,
                      const Stream& stream) {
  std::vector<TargetTile> tiles;
  std::vector<Incoming> incoming;
  std::uint32_t most = 1;
  const std::vector<std::vector<std::uint32_t>> into = sorted_by_target(network, wanted);
  for (std::uint32_t p = 0; p < network.populations.size(); ++p)
    for (std::uint32_t t = 0; t < network.populations[p]->view.num_tiles; ++t) {
      TargetTile at{p, t, static_cast<std::uint32_t>(incoming.size()), 0};
      for (const std::uint32_t k : into[p])
        if (network.projections[k]->tiles[t].num_synapses() > 0)
          incoming.push_back({k, lanes_log2(*network.projections[k])});
      at.end = static_cast<std::uint32_t>(incoming.size());
      if (at.end == at.begin) continue;
      most = std::max(most, at.end - at.begin);
      tiles.push_back(at);
    }
  const auto num_tiles = static_cast<std::uint32_t>(tiles.size());
  const std::uint32_t split =
      num_tiles == 0 ? 1 : std::clamp((num_blocks + num_tiles - 1) / num_tiles, 1u, most);
  bool changed = split != split_;
  split_ = split;
  changed = tiles_.assign(std::move(tiles), stream) || changed;
  return incoming_.assign(std::move(incoming), stream) || changed;
}

bool LaunchPlan::assign(const Network& network, const BlocksWanted& blocks, const Stream& stream) {
  plastic = std::any_of(network.projections.begin(), network.projections.end(),
                        [](const auto& p) { return p->view.rule >= 0; });
  bool changed = deliver_static.assign(
      network, [](const ProjectionView& v) { return v.rule < 0; }, blocks.deliver_static, stream);
  std::int32_t rule = 0;
  PlasticityRules::for_each([&]<class Rule>() {
    if (by_rule.size() <= static_cast<std::size_t>(rule)) by_rule.emplace_back();
    const auto wanted = [rule](const ProjectionView& v) { return v.rule == rule; };
    RulePlan& plan = by_rule[rule];
    changed = plan.deliver.assign(network, wanted, blocks.deliver_plastic, stream) || changed;
    changed = plan.flush.assign(network, wanted, blocks.flush, stream) || changed;
    ++rule;
  });
  std::vector<TargetTile> tiles;
  for (std::uint32_t p = 0; p < network.populations.size(); ++p)
    if (network.populations[p]->view.history_capacity != 0)
      for (std::uint32_t t = 0; t < network.populations[p]->view.num_tiles; ++t)
        tiles.push_back({p, t, 0, 0});
  return marked.assign(std::move(tiles), stream) || changed;
}

}  // namespace penfield::cuda
