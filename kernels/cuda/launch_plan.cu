#include "kernels/cuda/launch_plan.cuh"

#include <algorithm>

#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield::cuda {

namespace {

/// Rows are mostly short: lanes beyond their length would idle.
std::uint32_t lanes_log2(const Projection& projection) {
  std::uint64_t rows = 0;
  for (const SynapseTile& tile : projection.tiles) rows += tile.source_end - tile.source_begin;
  const std::uint64_t length = rows == 0 ? 0 : projection.num_synapses() / rows;
  std::uint32_t log2 = 2;
  while (log2 < 5 && (1u << log2) < length) ++log2;
  return log2;
}

}  // namespace

template <class Wanted>
bool WorkList::assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks,
                      const Stream& stream) {
  std::vector<TargetTile> tiles;
  std::vector<Incoming> incoming;
  std::uint32_t most = 1;
  std::vector<std::vector<Incoming>> into(network.populations.size());
  for (std::uint32_t k = 0; k < network.projections.size(); ++k) {
    const Projection& projection = *network.projections[k];
    if (wanted(projection.view)) into[projection.view.target].push_back({k, lanes_log2(projection)});
  }
  for (std::uint32_t p = 0; p < network.populations.size(); ++p)
    for (std::uint32_t t = 0; t < network.populations[p]->view.num_tiles; ++t) {
      TargetTile at{p, t, static_cast<std::uint32_t>(incoming.size()), 0};
      for (const Incoming& in : into[p])
        if (network.projections[in.projection]->tiles[t].num_synapses() > 0) incoming.push_back(in);
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

bool LaunchPlan::assign(const Network& network, std::uint32_t num_blocks, const Stream& stream) {
  plastic = std::any_of(network.projections.begin(), network.projections.end(),
                        [](const auto& p) { return p->view.rule >= 0; });
  bool changed = learning_static.assign(
      network, [](const ProjectionView& v) { return v.rule < 0; }, num_blocks, stream);
  changed = all.assign(
                network, [](const ProjectionView&) { return true; }, num_blocks, stream) ||
            changed;
  std::int32_t rule = 0;
  PlasticityRules::for_each([&]<class Rule>() {
    if (by_rule.size() <= static_cast<std::size_t>(rule)) by_rule.emplace_back();
    changed = by_rule[rule].assign(
                  network, [rule](const ProjectionView& v) { return v.rule == rule; }, num_blocks, stream) ||
              changed;
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
