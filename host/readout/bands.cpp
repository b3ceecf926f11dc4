#include "host/readout/bands.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "penfield/base/error.hpp"

namespace penfield::readout {
namespace {

constexpr double kOpen = std::numeric_limits<double>::infinity();
constexpr double kWidening = 0.25;
constexpr std::uint32_t kMinSeeds = 5;

double size_of(double value) { return value < 0.0 ? -value : value; }

bool same_band(const Band& a, const Band& b) {
  return a.name == b.name && a.low == b.low && a.high == b.high && a.unit == b.unit;
}

}  // namespace

bool in_band(const Band& band) { return band.value >= band.low && band.value <= band.high; }

Band widened(const Band& band) {
  Band wide = band;
  const bool low_open = std::isinf(band.low), high_open = std::isinf(band.high);
  if (!low_open && !high_open) {
    const double step = 0.5 * kWidening * (band.high - band.low);
    wide.low -= step;
    wide.high += step;
  } else if (!low_open) {
    wide.low -= kWidening * size_of(band.low);
  } else if (!high_open) {
    wide.high += kWidening * size_of(band.high);
  }
  return wide;
}

Verdict verdict(const std::vector<Band>& seeds) {
  if (seeds.empty()) throw Error(ExitCode::internal, "a verdict needs at least one seed");
  const Band& first = seeds.front();
  Verdict out;
  out.name = first.name;
  out.unit = first.unit;
  out.source = first.source;
  out.low = first.low;
  out.high = first.high;
  out.num_seeds = static_cast<std::uint32_t>(seeds.size());
  double sum = 0.0;
  for (const Band& band : seeds) {
    if (!same_band(band, first)) {
      throw Error(ExitCode::internal,
                  "a verdict mixes the bands '" + first.name + "' and '" + band.name + "'");
    }
    sum += band.value;
    if (std::isnan(out.min) || band.value < out.min) out.min = band.value;
    if (std::isnan(out.max) || band.value > out.max) out.max = band.value;
    out.num_in_band += in_band(band);
    out.num_in_widened += in_band(widened(band));
  }
  out.mean = sum / out.num_seeds;
  Band mean = first;
  mean.value = out.mean;
  out.enough_seeds = out.num_seeds >= kMinSeeds;
  out.pass = out.enough_seeds && in_band(mean) && 5 * out.num_in_widened >= 4 * out.num_seeds;
  return out;
}

std::vector<Verdict> verdicts(const std::vector<std::vector<Band>>& seeds) {
  std::vector<Verdict> out;
  if (seeds.empty()) return out;
  for (std::size_t b = 0; b < seeds.front().size(); ++b) {
    std::vector<Band> one;
    for (const std::vector<Band>& bands : seeds) {
      if (bands.size() != seeds.front().size())
        throw Error(ExitCode::internal, "seeds differ in their bands");
      one.push_back(bands[b]);
    }
    out.push_back(verdict(one));
  }
  return out;
}

std::vector<Band> unmask_fast_bands(const UnmaskFastValues& values) {
  // Facial-nerve cut or forelimb amputation in rats: border sites change hands within hours, and blocking
  // GABA alone does the same. The limits are acceptance limits of this project around those reports.
  const std::string border =
      "Donoghue, Suner & Sanes 1990, Exp Brain Res 79:492; Jacobs & Donoghue 1991, Science 251:944";
  std::vector<Band> bands;
  bands.push_back({"recovered share of the silent area at 6 h", 100.0 * values.recovered_share, 15.0, 50.0,
                   "%", "Sanes, Suner, Lando & Donoghue 1988, PNAS 85:2003"});
  bands.push_back({"border shift at 6 h", values.border_shift_mm, 0.3, 1.0, "mm", border});
  // Less intracortical inhibition in amputees; the factor on inhibitory weights stands for it.
  bands.push_back({"change of inhibition at 6 h", values.inhibition_change_percent, -60.0, -20.0, "%",
                   "Chen, Corwell, Yaseen, Hallett & Cohen 1998, J Neurosci 18:3443"});
  // Knock-out: with inhibition clamped the border stays. A retreat is as far from staying as an advance.
  bands.push_back({"border shift with inhibition clamped, of the full shift",
                   100.0 * size_of(values.clamped_shift_mm) / values.border_shift_mm, 0.0, 10.0, "%",
                   border});
  return bands;
}

std::vector<Band> sprout_8wk_bands(const Sprout8wkValues& values) {
  const std::string project = "acceptance limit of this project";
  std::vector<Band> bands;
  // Two to eight months after digit amputation the neighbours fill most or all of its territory.
  bands.push_back({"share of the old territory within 1.5 mm at 8 weeks", 100.0 * values.share, 60.0, 100.0,
                   "%", "Merzenich et al. 1984, J Comp Neurol 224:591"});
  // From the filling of 0.5 to 1 mm on either side within months; fitted before 80 % is filled.
  bands.push_back({"front speed", values.front_mm_per_week, 0.05, 0.3, "mm/week",
                   "Merzenich et al. 1984, J Comp Neurol 224:591"});
  // Threefold spine turnover in the projection zone of a retinal lesion.
  bands.push_back({"turnover in the first 4 weeks, territory over far zone", values.turnover_ratio, 2.0, 4.0,
                   "1", "Keck et al. 2008, Nat Neurosci 11:1162"});
  // The lost part stays readable although the winner-take-all map changes.
  bands.push_back({"decoding of the lost part, of its accuracy before the lesion",
                   100.0 * values.decoding_ratio, 70.0, kOpen, "%",
                   "Makin & Krakauer 2023, eLife 12:e84716"});
  bands.push_back({"rate of the old territory, weekly mean, of the set-point",
                   100.0 * values.territory_rate_ratio, 80.0, kOpen, "%", project});
  // Scaling alone wins back part of the territory, so the claim is a difference.
  bands.push_back({"share of the old territory, structure on minus off",
                   100.0 * (values.share - values.structure_off_share), 40.0, kOpen, "points",
                   project + "; lateral connections expand: Florence, Taub & Kaas 1998, Science 282:1117"});
  // The net gain, since gross formation is dominated by local turnover.
  bands.push_back({"net gain of lateral synapses from outside the old territory, until half filled",
                   100.0 * values.net_outside_share, 70.0, 100.0, "%", project});
  bands.push_back({"new lateral synapses from responsive donors", 100.0 * values.responsive_donor_share, 90.0,
                   100.0, "%", project});
  return bands;
}

}  // namespace penfield::readout
