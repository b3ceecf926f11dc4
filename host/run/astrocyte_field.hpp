#pragma once
// The pools of host/clock/lactate.hpp in square bins over an area's sheet. A bin is driven by the mean rate
// of the releasing cells in it; one without such cells stays as at rest.
#include <cstdint>
#include <vector>

#include "host/clock/lactate.hpp"
#include "host/run/pool_record.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

class AstrocyteField {
 public:
  AstrocyteField(const AstrocyteSpec& spec, const Scenario& scenario, const Network& network);

  const AstrocyteSpec& spec() const { return *spec_; }
  /// `seconds` from the time `time_s` on (biological) at these rates, rate_of(population, neuron) Hz.
  template <class RateOf>
  void advance(double time_s, double seconds, const RateOf& rate_of) {
    std::vector<double> sum(pools_.size(), 0.0);
    for (const Releasing& r : releasing_)
      for (std::size_t i = 0; i < r.bin.size(); ++i) sum[r.bin[i]] += rate_of(r.population, i);
    step(time_s, seconds, sum);
  }
  /// Bin of a neuron that lies in the area.
  std::uint32_t bin_at(double x_mm, double y_mm) const;
  std::size_t num_bins() const { return pools_.size(); }
  const LactatePools& pools(std::uint32_t bin) const { return pools_[bin]; }
  /// Adds the pools as they stand; the first time also its name.
  void append_to(PoolRecord& record, double time_s) const;
  /// ATP over that of rest.
  double energy(std::uint32_t bin) const { return pools_[bin].atp_mM / constants_.atp_mM; }
  /// Takes ATP for what has been consolidated; never more than there is.
  void take(std::uint32_t bin, double atp_mM);

  void archive(StateArchive& a);

 private:
  struct Releasing {
    std::uint32_t population;
    std::vector<std::uint32_t> bin;  ///< [neuron]
  };
  void step(double time_s, double seconds, const std::vector<double>& sum_Hz);

  const AstrocyteSpec* spec_;
  const Scenario* scenario_;
  LactateConstants constants_;
  std::uint32_t num_x_ = 1, num_y_ = 1;
  std::vector<Releasing> releasing_;
  std::vector<std::uint32_t> cells_;  ///< [bin] releasing ones
  std::vector<LactatePools> pools_;   ///< [bin]
};

}  // namespace penfield
