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

/// Fewer segments have too few rows for a block.
constexpr std::uint32_t kLeastSegments = 4;

/// Segments of a block such that about `num_blocks` blocks share those of all tiles, and no tile less than
/// one.
std::uint32_t segments_of_block(std::uint64_t num_segments, std::uint64_t num_tiles,
                                std::uint64_t num_blocks) {
  const std::uint64_t spare = num_blocks > num_tiles ? num_blocks - num_tiles : 0;
  if (spare == 0) return ~0u;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(std::max<std::uint64_t>(kLeastSegments, num_segments / spare + 1), ~0u));
}

/// The segments of a tile in `split` shares, copied to their places in `dealt`. One after the other, as cards
/// are dealt: what a busy source sends goes to all shares.
std::vector<TileShare> deal(const std::vector<Segment>& segments, const TileShare& of, std::uint32_t split,
                            std::vector<Segment>& dealt) {
  std::vector<TileShare> shares;
  std::uint32_t next = of.begin;
  for (std::uint32_t b = 0; b < split; ++b) {
    const std::uint32_t begin = next;
    for (std::uint32_t q = of.begin + b; q < of.end; q += split) dealt[next++] = segments[q];
    shares.push_back({of.population, of.tile, begin, next});
  }
  return shares;
}

/// See the function of this name in penfield/state/calendar.hpp.
std::uint32_t calendar_days(const Projection& projection) {
  std::uint64_t rows = 0;
  for (const SynapseTile& tile : projection.tiles)
    if (tile.num_synapses() > 0) rows += tile.num_sources();
  const double mean_row =
      rows == 0 ? 0.0 : static_cast<double>(projection.num_synapses()) / static_cast<double>(rows);
  const ProjectionView& v = projection.view;
  return penfield::calendar_days(is_pair_rule(v.rule), v.dendritic, v.min_delay, v.max_delay, mean_row);
}

/// Segments of one projection into one tile, and what they lead to.
struct CalendarTile {
  CalendarShare of;
  std::uint64_t num_synapses;
};

}  // namespace

template <class Wanted>
bool DeliveryList::assign(const Network& network, Wanted&& wanted, std::uint32_t num_blocks,
                          const Stream& stream, SourceTiles sources) {
  const std::vector<std::vector<std::uint32_t>> into = sorted_by_target(network, wanted);
  std::vector<BlockShare> tiles;
  std::vector<Segment> segments;
  for (std::uint32_t p = 0; p < network.populations.size(); ++p)
    for (std::uint32_t t = 0; t < network.populations[p]->view.num_tiles; ++t) {
      const auto begin = static_cast<std::uint32_t>(segments.size());
      for (const std::uint32_t k : into[p]) append_segments(network, k, t, segments);
      if (sources != SourceTiles::all)
        segments.erase(std::remove_if(segments.begin() + begin, segments.end(),
                                      [&](const Segment& s) {
                                        const TileRange own =
                                            network.own_tiles(*network.populations[s.source]);
                                        return own.holds(s.source_tile) != (sources == SourceTiles::own);
                                      }),
                       segments.end());
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
    const std::uint32_t split = (of.share.end - of.share.begin - 1) / most + 1;
    for (const TileShare& share : deal(segments, of.share, split, dealt))
      blocks.push_back({share, of.lanes_log2});
  }
  const Segment* const before = segments_.data();
  segments_.assign(std::move(dealt), stream);
  return blocks_.assign(std::move(blocks), stream) || segments_.data() != before;
}

bool CalendarList::assign(const Network& network, std::int32_t rule, std::uint32_t num_blocks,
                          const Stream& stream) {
  std::vector<CalendarTile> tiles;
  std::vector<Segment> segments;
  for (std::uint32_t k = 0; k < network.projections.size() && num_blocks > 0; ++k) {
    const Projection& projection = *network.projections[k];
    const ProjectionView& v = projection.view;
    const std::uint32_t days = v.rule == rule ? calendar_days(projection) : 0;
    if (days == 0) continue;
    for (std::uint32_t t = 0; t < projection.tiles.size(); ++t) {
      const auto begin = static_cast<std::uint32_t>(segments.size());
      append_segments(network, k, t, segments, true);
      const auto end = static_cast<std::uint32_t>(segments.size());
      if (end == begin) continue;
      CalendarShare of{{v.target, t, begin, end}, k, lanes_log2(network, {k}, t), {}};
      of.calendar.days = days;
      tiles.push_back({of, projection.tiles[t].num_synapses()});
    }
  }
  // Two waves of blocks, as near as whole shares of tiles allow: none that is nearly empty.
  const std::uint64_t most = tiles.empty() ? 1 : (2 * num_blocks + tiles.size() / 2) / tiles.size();
  std::vector<CalendarShare> shares;
  std::vector<Segment> dealt(segments.size());
  std::size_t num_entries = 0;
  for (const CalendarTile& tile : tiles) {
    const std::uint64_t most_shares = (tile.of.share.end - tile.of.share.begin) / kLeastSegments;
    const auto split = static_cast<std::uint32_t>(std::max<std::uint64_t>(std::min(most, most_shares), 1));
    for (const TileShare& share : deal(segments, tile.of.share, split, dealt)) {
      CalendarShare mine = tile.of;
      mine.share = share;
      mine.calendar.capacity =
          calendar_capacity(static_cast<double>(tile.num_synapses) / split, network.dt_ms);
      num_entries += std::size_t{mine.calendar.days} * mine.calendar.capacity;
      shares.push_back(mine);
    }
  }
  if (counts_.size() < shares.size() * kCalendarWords)
    counts_ = DeviceBuffer<std::uint32_t>(shares.size() * kCalendarWords);
  if (entries_.size() < num_entries) {
    entries_ = DeviceBuffer<DueSynapse>();  // not both at once
    entries_ = DeviceBuffer<DueSynapse>(num_entries);
  }
  std::size_t entry = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    Calendar& calendar = shares[k].calendar;
    count_in(counts_.data() + k * kCalendarWords, calendar);
    calendar.entry = entries_.data() + entry;
    entry += std::size_t{calendar.days} * calendar.capacity;
  }
  const bool changed = segments_.assign(std::move(dealt), stream);
  return shares_.assign(std::move(shares), stream) || changed;
}

void CalendarList::forget(const Stream& stream) const {
  // Any bit of `incomplete` will do; counts are taken anew when a day's list has been gone through.
  if (!counts_.empty())
    PENFIELD_CUDA_CHECK(cudaMemsetAsync(counts_.data(), 1, counts_.bytes(), stream.get()));
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
  const std::uint32_t split = num_tiles == 0 ? 1 : std::max((num_blocks + num_tiles - 1) / num_tiles, 1u);
  const std::uint32_t parts = (split + most - 1) / most;
  bool changed = split != split_ || parts != parts_;
  split_ = split;
  parts_ = parts;
  changed = tiles_.assign(std::move(tiles), stream) || changed;
  return incoming_.assign(std::move(incoming), stream) || changed;
}

bool LaunchPlan::assign(const Network& network, const BlocksWanted& blocks, const Stream& stream) {
  plastic = std::any_of(network.projections.begin(), network.projections.end(),
                        [](const auto& p) { return p->view.rule >= 0; });
  const auto has_no_rule = [](const ProjectionView& v) { return v.rule < 0; };
  const bool alone = network.ranks->alone();
  bool changed = deliver_static.assign(network, has_no_rule, blocks.deliver_static, stream,
                                       alone ? SourceTiles::all : SourceTiles::own);
  if (!alone)
    changed = deliver_received.assign(network, has_no_rule, blocks.deliver_static, stream,
                                      SourceTiles::of_other_ranks) ||
              changed;
  std::int32_t rule = 0;
  PlasticityRules::for_each([&]<class Rule>() {
    if (by_rule.size() <= static_cast<std::size_t>(rule)) by_rule.emplace_back();
    const auto wanted = [rule](const ProjectionView& v) { return v.rule == rule; };
    RulePlan& plan = by_rule[rule];
    changed = plan.deliver.assign(network, wanted, blocks.deliver_plastic, stream) || changed;
    changed = plan.by_calendar.assign(network, rule, blocks.by_calendar, stream) || changed;
    const auto beside = [&](const ProjectionView& v) {
      return wanted(v) && !plan.by_calendar.empty() && calendar_days(*network.projections[v.index]) == 0;
    };
    changed = plan.beside.assign(network, beside, blocks.deliver_plastic, stream) || changed;
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

void LaunchPlan::forget_calendars(const Stream& stream) const {
  for (const RulePlan& plan : by_rule) plan.by_calendar.forget(stream);
}

}  // namespace penfield::cuda
