#include "host/run/raw_watch.hpp"

#include <cmath>
#include <string>

#include "host/run/measure.hpp"
#include "host/run/raw_records.hpp"
#include "penfield/base/error.hpp"
#include "penfield/model/neuron/catalogue.hpp"

namespace penfield {

namespace {

constexpr double kMostRate_Hz = 500.0;  // no cortical population fires so on average
constexpr double kInterval_s = 0.1;

void require_finite(const Population& p, StepIndex now) {
  const auto columns = neuron_model_infos[p.view.model].columns;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].is_integer) continue;
    const auto* values = static_cast<const float*>(p.view.columns.column[c]);
    // x - x is 0 for a finite x and not a number otherwise; the sum keeps the loop free of branches.
    float sum = 0.0f;
    for (std::uint32_t i = 0; i < p.view.n; ++i) sum += values[i] - values[i];
    if (sum == 0.0f) continue;
    std::uint32_t i = 0;
    while (std::isfinite(values[i])) ++i;
    throw Error(ExitCode::numerics, "the numbers broke: " + std::string(columns[c].key) + " of neuron " +
                                        std::to_string(i) + " of " + p.name + " is not finite before step " +
                                        std::to_string(now) +
                                        "; look at its input and parameters, or use a smaller dt_ms");
  }
}

}  // namespace

void RawWatch::begin(const Network& network, StepIndex now) {
  interval_ = std::max<StepIndex>(1, steps_of(kInterval_s, network.dt_ms));
  since_ = now;
  counted_.clear();
  for (const auto& p : network.populations) counted_.push_back(count_spikes(*p));
}

void RawWatch::look(const Network& network, StepIndex now) {
  for (const auto& p : network.populations) require_finite(*p, now);
  if (now - since_ < interval_) return;
  const double seconds = static_cast<double>(now - since_) * network.dt_ms * 1e-3;
  for (const auto& p : network.populations) {
    const std::uint64_t spikes = count_spikes(*p);
    const double rate_Hz = static_cast<double>(spikes - counted_[p->view.index]) /
                           std::max<std::uint32_t>(1, p->view.n) / seconds;
    if (rate_Hz > kMostRate_Hz)
      throw Error(ExitCode::numerics, "the numbers broke: population " + p->name + " fires at " +
                                          std::to_string(std::lround(rate_Hz)) +
                                          " Hz in the mean before step " + std::to_string(now) +
                                          ", a run-away loop; lower excitation or raise inhibition");
    counted_[p->view.index] = spikes;
  }
  since_ = now;
}

}  // namespace penfield
