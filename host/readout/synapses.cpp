#include "host/readout/synapses.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "penfield/base/error.hpp"

namespace penfield::readout {
namespace {

void require(bool holds, const char* problem) {
  if (!holds) throw Error(ExitCode::internal, std::string("synapse readout: ") + problem);
}

double ratio(double part, double whole) { return whole > 0.0 ? part / whole : kNotMeasured; }

// Sorted (target, source) keys of the synapses that end in the territory.
std::vector<std::uint64_t> keys_into(const SynapseList& list, Span<const std::uint8_t> source_inside,
                                     Span<const std::uint8_t> target_inside) {
  require(list.source.size() == list.target.size(), "sources and targets differ in length");
  std::vector<std::uint64_t> keys;
  for (std::size_t k = 0; k < list.source.size(); ++k) {
    require(list.source[k] < source_inside.size() && list.target[k] < target_inside.size(),
            "a synapse names a neuron beyond its population");
    if (target_inside[list.target[k]]) keys.push_back(std::uint64_t{list.target[k]} << 32 | list.source[k]);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::uint32_t source_of(std::uint64_t key) { return static_cast<std::uint32_t>(key); }
std::uint32_t target_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }

}  // namespace

std::vector<Turnover> turnover_by_zone(Span<const std::uint32_t> formed, Span<const std::uint32_t> deleted,
                                       Span<const std::uint32_t> count_before,
                                       Span<const std::uint32_t> count_after, const std::vector<Zone>& zone,
                                       double days) {
  require(formed.size() == zone.size() && deleted.size() == zone.size() &&
              count_before.size() == zone.size() && count_after.size() == zone.size(),
          "counts and zones differ in length");
  std::vector<Turnover> out(kNumZones);
  std::vector<double> synapses(kNumZones, 0.0);
  for (std::size_t i = 0; i < zone.size(); ++i) {
    const auto z = static_cast<std::size_t>(zone[i]);
    out[z].formed += formed[i];
    out[z].deleted += deleted[i];
    synapses[z] += 0.5 * (static_cast<double>(count_before[i]) + count_after[i]);
  }
  for (std::size_t z = 0; z < kNumZones; ++z) {
    const double events = static_cast<double>(out[z].formed) + static_cast<double>(out[z].deleted);
    out[z].per_week = ratio(7.0 * events, 2.0 * synapses[z] * days);
  }
  return out;
}

double turnover_ratio(const std::vector<Turnover>& by_zone) {
  require(by_zone.size() == kNumZones, "a turnover is missing its zones");
  return ratio(by_zone[static_cast<std::size_t>(Zone::territory)].per_week,
               by_zone[static_cast<std::size_t>(Zone::far)].per_week);
}

std::vector<std::uint8_t> responsive_donors(Span<const float> driver, Span<const float> intact,
                                            double fraction) {
  require(driver.size() == intact.size(), "driver now and intact differ in length");
  std::vector<std::uint8_t> mask(driver.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = driver[i] > fraction * intact[i];
  return mask;
}

SynapseOrigin synapse_origin(const SynapseList& intact, const SynapseList& now, Span<const float> source_x_mm,
                             Span<const float> target_x_mm, Span<const std::uint8_t> source_inside,
                             Span<const std::uint8_t> target_inside, Span<const std::uint8_t> responsive) {
  require(source_x_mm.size() == source_inside.size() && responsive.size() == source_inside.size() &&
              target_x_mm.size() == target_inside.size(),
          "masks and positions differ in length");
  const std::vector<std::uint64_t> before = keys_into(intact, source_inside, target_inside);
  const std::vector<std::uint64_t> after = keys_into(now, source_inside, target_inside);
  const auto num_outside = [&](const std::vector<std::uint64_t>& keys) {
    double count = 0.0;
    for (const std::uint64_t key : keys) count += source_inside[source_of(key)] == 0;
    return count;
  };
  SynapseOrigin out;
  for (const std::uint8_t in : target_inside) out.num_targets += in != 0;
  const double net = static_cast<double>(after.size()) - static_cast<double>(before.size());
  const double net_outside = num_outside(after) - num_outside(before);
  out.net_outside_per_cell = out.num_targets == 0 ? kNotMeasured : net_outside / out.num_targets;
  out.net_inside_per_cell = out.num_targets == 0 ? kNotMeasured : (net - net_outside) / out.num_targets;
  if (net_outside > 0.0 && net - net_outside <= 0.0) {
    out.net_outside_share = 1.0;
  } else if (net > 0.0) {
    out.net_outside_share = std::max(net_outside, 0.0) / net;
    if (out.net_outside_share > 1.0) out.net_outside_share = 1.0;
  }
  std::vector<std::uint64_t> fresh;  // multiset difference
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(fresh));
  out.num_new = fresh.size();
  double from_responsive = 0.0, distance_mm = 0.0;
  for (const std::uint64_t key : fresh) {
    from_responsive += responsive[source_of(key)] != 0;
    const double offset_mm = static_cast<double>(source_x_mm[source_of(key)]) - target_x_mm[target_of(key)];
    distance_mm += offset_mm < 0.0 ? -offset_mm : offset_mm;
  }
  const double count = static_cast<double>(fresh.size());
  out.new_outside_share = ratio(num_outside(fresh), count);
  out.new_responsive_share = ratio(from_responsive, count);
  out.new_mean_distance_mm = ratio(distance_mm, count);
  return out;
}

}  // namespace penfield::readout
