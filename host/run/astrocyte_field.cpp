#include "host/run/astrocyte_field.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/population_builder.hpp"
#include "host/run/drugs.hpp"
#include "host/scenario/catalogues.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

AstrocyteField::AstrocyteField(const AstrocyteSpec& spec, const Scenario& scenario, const Network& network)
    : spec_(&spec), scenario_(&scenario), constants_{spec.glycogen_mM,    spec.lactate_mM,
                                                     spec.atp_mM,         spec.glycolysis_mM_per_s,
                                                     spec.driven_share,   spec.glycogen_tau_s,
                                                     spec.blood_tau_s,    spec.mct2_k_mM,
                                                     spec.atp_per_lactate} {
  const Sheet sheet = sheet_of(scenario, spec.area + "/");
  const auto bins = [&](double length_mm) {
    return std::max(1u, static_cast<std::uint32_t>(std::ceil(length_mm / spec.bin_mm)));
  };
  num_x_ = bins(sheet.width_mm);
  num_y_ = bins(sheet.height_mm);
  pools_.assign(std::size_t{num_x_} * num_y_, constants_.rest());
  cells_.assign(pools_.size(), 0);
  for (const auto& p : network.populations) {
    if (area_of(p->name) != spec.area || !matches_name(spec.released_by, p->name)) continue;
    Releasing r{p->view.index, {}};
    for (std::uint32_t i = 0; i < p->view.n; ++i) {
      r.bin.push_back(bin_at(static_cast<double>(p->x_mm[i]), static_cast<double>(p->y_mm[i])));
      ++cells_[r.bin.back()];
    }
    releasing_.push_back(std::move(r));
  }
}

std::uint32_t AstrocyteField::bin_at(double x_mm, double y_mm) const {
  const auto place = [&](double at_mm, std::uint32_t num) {
    const double k = std::floor(at_mm / spec_->bin_mm);
    return k <= 0.0 ? 0u : std::min(num - 1, static_cast<std::uint32_t>(k));
  };
  return place(y_mm, num_y_) * num_x_ + place(x_mm, num_x_);
}

void AstrocyteField::step(double time_s, double seconds, const std::vector<double>& sum_Hz) {
  LactateGains gains;
  for (const EventSpec& e : scenario_->timeline) {
    if (e.kind != EventSpec::Kind::drug || !e.enabled) continue;
    double* const gain = e.what == kMct2             ? &gains.mct2
                         : e.what == kMct4           ? &gains.mct4
                         : e.what == kGlycogenolysis ? &gains.glycogenolysis
                                                     : nullptr;
    const bool here = std::any_of(scenario_->populations.begin(), scenario_->populations.end(),
                                  [&](const PopulationSpec& p) {
                                    return area_of(p.name) == spec_->area && matches_name(e.of, p.name);
                                  });
    if (gain != nullptr && here) *gain *= 1.0 + (e.gain - 1.0) * drug_level(e, time_s + 0.5 * seconds);
  }
  for (std::size_t b = 0; b < pools_.size(); ++b) {
    const double drive = cells_[b] == 0 ? 1.0 : sum_Hz[b] / cells_[b] / spec_->rest_rate_Hz;
    pools_[b] = lactate_after(pools_[b], constants_, gains, drive, seconds);
  }
}

void AstrocyteField::take(std::uint32_t bin, double atp_mM) {
  pools_[bin].atp_mM = std::max(0.0, pools_[bin].atp_mM - atp_mM);
}

void AstrocyteField::append_to(PoolRecord& record, double time_s) const {
  LactatePools sum;
  double least_mM = pools_.front().atp_mM;
  for (const LactatePools& p : pools_) {
    sum.glycogen_mM += p.glycogen_mM;
    sum.lactate_mM += p.lactate_mM;
    sum.atp_mM += p.atp_mM;
    least_mM = std::min(least_mM, p.atp_mM);
  }
  const auto bins = static_cast<double>(pools_.size());
  record.astrocytes = spec_->name;
  record.time_s.push_back(time_s);
  record.glycogen_mM.push_back(sum.glycogen_mM / bins);
  record.lactate_mM.push_back(sum.lactate_mM / bins);
  record.atp_mM.push_back(sum.atp_mM / bins);
  record.least_atp_mM.push_back(least_mM);
}

void AstrocyteField::archive(StateArchive& a) {
  a.within("astrocytes " + spec_->name);
  const std::size_t bins = pools_.size();
  a.value("astrocyte_pools", pools_);
  if (pools_.size() != bins)
    throw Error(ExitCode::input_file,
                "the checkpoint has " + std::to_string(pools_.size()) + " bins of astrocytes " + spec_->name +
                    ", not " + std::to_string(bins) + ": it is damaged; start anew with another --out");
}

}  // namespace penfield
