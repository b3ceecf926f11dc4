#pragma once
// What structural plasticity draws for one target's row, by one thread wherever that runs: the host's
// rewiring (host/run/rewiring.cpp, where the model and its source stand) and a card's are these functions.
#include <cmath>
#include <cstdint>

#include "penfield/base/host_device.hpp"
#include "penfield/connect/delay.hpp"
#include "penfield/connect/kernel.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

/// Which sources a new synapse may have, by a territory.
enum class SourceMask : std::uint8_t { none, no_outside_sources, no_inside_sources };

/// Structure of one projection over one macro step, as plain data: pointers are to arrays of the host, or of
/// a card in the copy that its kernels take. Arrays are [num_neurons] of the targets; of sources,
/// [num_sources].
struct RowRewiring {
  std::uint32_t seed = 0;
  std::uint64_t macro_step = 0;
  std::uint32_t num_neurons = 0, num_sources = 0;
  double dt_ms = 0.1, days = 0.0;

  const float* deficit = nullptr;        ///< e, beyond the dead band
  const float* dendritic = nullptr;      ///< elements z_d
  const float* axonal = nullptr;         ///< elements z_a of a source; null: all sources alike
  const float* intact_sum = nullptr;     ///< summed weight of the intact row
  const float* field = nullptr;          ///< growth field at a source; null: 1
  const std::uint8_t* inside = nullptr;  ///< does a source lie in the territory; null: none does
  const float* x_mm = nullptr;
  const float* y_mm = nullptr;
  const float* source_x_mm = nullptr;  ///< where sources are another population; null: they are the targets
  const float* source_y_mm = nullptr;

  double hazard_per_d = 0.0, hazard_weight = 1.0, hazard_deficit_gain = 0.0;
  double weight_reference = 1.0;
  double cap = 0.0;           ///< largest share of a row that may change
  double formed_share = 0.0;  ///< of what is vacant
  std::uint32_t max_in_degree = 0;
  SourceMask mask = SourceMask::none;

  // Partners: cells of the sheet and the neurons in them.
  Kernel::Shape shape = Kernel::Shape::gaussian;
  double sigma_mm = 0.1, axon_max = 1.0;
  double width_mm = 1.0, height_mm = 1.0, cell_mm = 1.0;
  bool periodic = false;
  std::uint32_t cells_x = 1, cells_y = 1, most_in_cell = 1;
  const std::uint32_t* cell_begin = nullptr;   ///< [cells_x * cells_y + 1]
  const std::uint32_t* cell_neuron = nullptr;  ///< neurons, cell after cell; one may stand there repeatedly
  bool may_be_target = false;                  ///< may a source have the target's number?

  // New synapses, and how they grow.
  double delay_ms = 1.0, velocity_mm_per_ms = 0.0;  ///< velocity 0: distance adds nothing
  std::int32_t min_delay = 1, max_delay = 1;        ///< steps
  float new_weight = 0.0f, mature_weight = 0.0f, mature_share = 0.0f, sum_limit = 0.0f;
};

/// One synapse that was formed, for the record of where new synapses come from.
struct FormedSynapse {
  std::uint32_t source, target;
};

inline constexpr std::uint32_t kNoPartner = 0xffffffffu;

/// How a row shrinks.
struct RowDeletions {
  std::uint32_t drawn = 0;    ///< synapses that their hazard takes
  std::uint32_t weakest = 0;  ///< of all that no hazard took, the weakest so many go as well
};

PENFIELD_HD inline float magnitude_of(float x) { return x < 0.0f ? -x : x; }

/// A cap of less than one synapse is met on average: its fraction is a chance.
PENFIELD_HD inline std::uint32_t whole_cap(double cap, RandomSequence& random) {
  const double bounded = cap < 4.0e9 ? cap : 4.0e9;
  const auto whole = static_cast<std::uint32_t>(bounded);
  return random.uniform() < bounded - whole ? whole + 1 : whole;
}

/// Of a row of `length` synapses with weight(k): calls mark(k, goes) for every k in ascending order, for what
/// its hazard takes. Hazard: h0 exp(-|w| / w_c) (1 + kappa max(e, 0)); what exceeds z_d goes as well, weak
/// synapses first, and all within the cap.
template <class Weight, class Mark>
PENFIELD_HD RowDeletions draw_deletions(const RowRewiring& job, std::uint32_t neuron, std::uint32_t length,
                                        Weight&& weight, Mark&& mark) {
  RowDeletions out;
  if (length == 0) return out;
  RandomSequence random(job.seed, Stream::structure_delete, neuron, job.macro_step);
  const float deficit = job.deficit[neuron];
  const double need = 1.0 + job.hazard_deficit_gain * (deficit > 0.0f ? deficit : 0.0f);
  const std::uint32_t allowed = whole_cap(job.cap * static_cast<double>(length), random);
  std::uint32_t hit = 0;
  for (std::uint32_t k = 0; k < length; ++k) {
    const double hazard =
        job.hazard_per_d *
        exp_d(-static_cast<double>(magnitude_of(weight(k))) / job.weight_reference / job.hazard_weight) *
        need;
    const bool dies = random.uniform() < 1.0 - exp_d(-hazard * job.days);
    mark(k, dies && hit < allowed);
    hit += dies ? 1u : 0u;
  }
  const double surplus = static_cast<double>(length - hit) - job.dendritic[neuron];
  const std::uint32_t excess = surplus >= 1.0 ? static_cast<std::uint32_t>(surplus) : 0;
  out.drawn = hit < allowed ? hit : allowed;
  out.weakest = excess < allowed - out.drawn ? excess : allowed - out.drawn;
  return out;
}

/// Partners that a row of `length` synapses looks for: Poisson(vacant elements x formed_share), within the
/// cap and the largest in-degree.
PENFIELD_HD inline std::uint32_t draw_formations(const RowRewiring& job, std::uint32_t neuron,
                                                 std::uint32_t length) {
  const double vacant = job.dendritic[neuron] - static_cast<double>(length);
  if (!(vacant > 0.0)) return 0;
  RandomSequence random(job.seed, Stream::structure_form, neuron, job.macro_step);
  const std::uint32_t allowed = whole_cap(job.cap * (length > 0 ? static_cast<double>(length) : 1.0), random);
  const std::uint64_t drawn = random.poisson(vacant * job.formed_share);
  const std::uint32_t room = job.max_in_degree > length ? job.max_in_degree - length : 0;
  const std::uint32_t most = allowed < room ? allowed : room;
  return drawn < most ? static_cast<std::uint32_t>(drawn) : most;
}

struct Offset {
  double x_mm, y_mm;
};

/// From a target to where it looks for a partner: a place drawn with the kernel as its density.
PENFIELD_HD inline Offset draw_offset(Kernel::Shape shape, double sigma_mm, RandomSequence& random) {
  if (shape == Kernel::Shape::gaussian) {
    const double x_mm = sigma_mm * random.normal();
    return {x_mm, sigma_mm * random.normal()};
  }
  // Evenly in the unit disc, which is the box; for the exponential its direction alone counts, and distances
  // have the density r exp(-r/sigma): the sum of two exponential variates.
  double x = 1.0, y = 1.0, squared = 2.0;
  while (squared > 1.0 || squared == 0.0) {
    x = 2.0 * random.uniform() - 1.0;
    y = 2.0 * random.uniform() - 1.0;
    squared = x * x + y * y;
  }
  if (shape == Kernel::Shape::box) return {sigma_mm * x, sigma_mm * y};
  const double first = random.exponential();
  const double far = sigma_mm * (first + random.exponential()) / square_root(squared);
  return {far * x, far * y};
}

/// The source of the `attempt`-th synapse that a target looks for, drawn by kernel(distance) z_a growth
/// field; kNoPartner where the draws run out.
PENFIELD_HD inline std::uint32_t find_partner(const RowRewiring& job, std::uint32_t target,
                                              std::uint32_t attempt) {
  RandomSequence random(job.seed, Stream::structure_partner,
                        static_cast<std::uint64_t>(attempt) << 32 | target, job.macro_step);
  for (int attempts = 0; attempts < 64; ++attempts) {
    const Offset offset = draw_offset(job.shape, job.sigma_mm, random);
    double x = job.x_mm[target] + offset.x_mm;
    double y = job.y_mm[target] + offset.y_mm;
    if (job.periodic) {
      x -= job.width_mm * floor(x / job.width_mm);
      y -= job.height_mm * floor(y / job.height_mm);
    }
    if (!(x >= 0.0 && x < job.width_mm && y >= 0.0 && y < job.height_mm)) continue;
    const auto column = static_cast<std::uint32_t>(x / job.cell_mm);
    const auto row = static_cast<std::uint32_t>(y / job.cell_mm);
    const std::uint32_t cell = (row < job.cells_y ? row : job.cells_y - 1) * job.cells_x +
                               (column < job.cells_x ? column : job.cells_x - 1);
    const std::uint32_t begin = job.cell_begin[cell], in_cell = job.cell_begin[cell + 1] - begin;
    // Places in the fullest cell's count, so that every neuron is equally likely whatever cell it is in.
    const auto pick = static_cast<std::uint32_t>(random.below(job.most_in_cell));
    const double accept = random.uniform();
    if (pick >= in_cell) continue;
    const std::uint32_t source = job.cell_neuron[begin + pick];
    if (source == target && !job.may_be_target) continue;
    double attraction = job.axonal != nullptr ? job.axonal[source] / job.axon_max : 1.0;
    if (job.field != nullptr) attraction *= job.field[source] < 1.0f ? job.field[source] : 1.0f;
    if (accept >= attraction) continue;
    const bool inside = job.inside != nullptr && job.inside[source] != 0;
    if (job.mask == SourceMask::no_outside_sources && !inside) continue;
    if (job.mask == SourceMask::no_inside_sources && inside) continue;
    return source;
  }
  return kNoPartner;
}

/// Delay of a new synapse, steps.
PENFIELD_HD inline std::int32_t new_delay(const RowRewiring& job, std::uint32_t source,
                                          std::uint32_t target) {
  const float* const x_mm = job.source_x_mm != nullptr ? job.source_x_mm : job.x_mm;
  const float* const y_mm = job.source_y_mm != nullptr ? job.source_y_mm : job.y_mm;
  double dx = x_mm[source] - job.x_mm[target], dy = y_mm[source] - job.y_mm[target];
  if (job.periodic) {  // the shorter way
    dx -= job.width_mm * floor(dx / job.width_mm + 0.5);
    dy -= job.height_mm * floor(dy / job.height_mm + 0.5);
  }
  const double travel_ms =
      job.velocity_mm_per_ms > 0.0 ? square_root(dx * dx + dy * dy) / job.velocity_mm_per_ms : 0.0;
  const std::int32_t steps = delay_steps(job.delay_ms + travel_ms, job.dt_ms);
  const std::int32_t least = steps > job.min_delay ? steps : job.min_delay;
  return least < job.max_delay ? least : job.max_delay;
}

/// Lets the weights of a row grow towards the mature one, and shrinks all alike where their sum has passed
/// its limit: get(k) and set(k, weight). The sum is taken in the order of the row.
template <class Get, class Set>
PENFIELD_HD void mature_row(const RowRewiring& job, std::uint32_t neuron, std::uint32_t length, Get&& get,
                            Set&& set) {
  float sum = 0.0f;
  for (std::uint32_t k = 0; k < length; ++k) {
    float w = get(k);
    if (w < job.mature_weight) {
      w = fused(job.mature_share, job.mature_weight - w, w);
      set(k, w);
    }
    sum += w;
  }
  const float limit = job.sum_limit * job.intact_sum[neuron];
  if (!(job.sum_limit > 0.0f && sum > limit)) return;
  const float shrink = limit / sum;
  for (std::uint32_t k = 0; k < length; ++k) set(k, get(k) * shrink);
}

}  // namespace penfield
