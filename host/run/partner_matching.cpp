#include "host/run/partner_matching.hpp"

#include <algorithm>
#include <tuple>

#include "host/build/population_builder.hpp"
#include "host/run/rewiring.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/numerics/distributions.hpp"

namespace penfield {

namespace {

/// Dendritic elements that look for an axonal one: most of these are found by somebody, and a search in vain
/// takes 64 draws.
constexpr double kSearchesPerOffer = 4.0;

}  // namespace

PartnerMatching::PartnerMatching(const Scenario& scenario, const StructureSpec& spec, const Network& network,
                                 std::uint32_t projection)
    : source_(*network.populations[network.projections[projection]->view.source]) {
  const ProjectionView& view = network.projections[projection]->view;
  const Population& target = *network.populations[view.target];
  const Sheet sheet = sheet_of(scenario, source_.name);
  field_ = growth_field(scenario, spec, source_);
  cells_ = SheetCells(sheet.width_mm, sheet.height_mm, spec.kernel.sigma_mm, source_.view.n);
  job_.seed = scenario.seed;
  job_.num_neurons = target.view.n;
  job_.dt_ms = scenario.dt_ms;
  job_.field = field_.empty() ? nullptr : field_.data();
  job_.x_mm = target.x_mm.data();
  job_.y_mm = target.y_mm.data();
  job_.source_x_mm = source_.x_mm.data();
  job_.source_y_mm = source_.y_mm.data();
  job_.may_be_target = view.source != view.target;
  job_.sigma_mm = spec.kernel.sigma_mm;
  job_.shape = kernel_shape(spec.kernel.kind);
  job_.periodic = sheet.periodic;
  job_.width_mm = sheet.width_mm;
  job_.height_mm = sheet.height_mm;
  job_.delay_ms = scenario.projections[projection].delay.base_ms.a;
  job_.velocity_mm_per_ms = scenario.projections[projection].delay.velocity_mm_per_ms;
  job_.min_delay = view.min_delay;
  job_.max_delay = view.max_delay;
}

void PartnerMatching::set_field(std::vector<float> field) {
  field_ = std::move(field);
  job_.field = field_.data();
}

std::vector<PartnerMatching::Proposal> PartnerMatching::propose(const std::vector<std::uint32_t>& wanted,
                                                                double chance, std::uint64_t step) {
  std::vector<Proposal> out;
  job_.macro_step = step;
  for (std::uint32_t target = 0; target < wanted.size(); ++target)
    for (std::uint32_t k = 0; k < wanted[target]; ++k) {
      RandomSequence random(job_.seed, Stream::structure_match, std::uint64_t{k} << 32 | target, step);
      const std::uint32_t priority = random.next_u32();
      if (chance < 1.0 && random.uniform() >= chance) continue;
      const std::uint32_t source = find_partner(job_, target, k);
      if (source != kNoPartner) out.push_back({source, target, k, priority});
    }
  return out;
}

std::vector<FormedSynapse> PartnerMatching::match(const Elements& free, std::uint64_t step) {
  double wanted = 0.0;
  for (const std::uint32_t n : *free.wanted) wanted += n;
  if (wanted == 0.0) return {};
  double chance = 1.0;
  if (free.offered != nullptr) {
    const std::uint32_t offered =
        cells_.fill(source_.x_mm, source_.y_mm, [&](std::uint32_t i) { return (*free.offered)[i]; });
    all_sources_ = false;
    if (offered == 0) return {};
    chance = kSearchesPerOffer * offered / wanted;
  } else if (!all_sources_) {
    if (cells_.fill(source_.x_mm, source_.y_mm, [](std::uint32_t) { return 1u; }) == 0) return {};
    all_sources_ = true;
  }
  cells_.show(job_);
  std::vector<Proposal> proposals = propose(*free.wanted, chance, step);
  if (free.offered != nullptr) {
    std::sort(proposals.begin(), proposals.end(), [](const Proposal& a, const Proposal& b) {
      return std::tie(a.source, a.priority, a.target, a.attempt) <
             std::tie(b.source, b.priority, b.target, b.attempt);
    });
    std::uint32_t source = kNoPartner, taken = 0;
    std::erase_if(proposals, [&](const Proposal& p) {
      taken = p.source == source ? taken + 1 : 1;
      source = p.source;
      return taken > (*free.offered)[p.source];
    });
    std::sort(proposals.begin(), proposals.end(), [](const Proposal& a, const Proposal& b) {
      return std::tie(a.target, a.attempt) < std::tie(b.target, b.attempt);
    });
  }
  std::vector<FormedSynapse> pairs;
  pairs.reserve(proposals.size());
  for (const Proposal& p : proposals) pairs.push_back({p.source, p.target});
  return pairs;
}

}  // namespace penfield
