#include "host/run/raw_watch.hpp"

#include <algorithm>

#include "host/run/measure.hpp"
#include "host/run/raw_records.hpp"

namespace penfield {

namespace {

constexpr double kInterval_s = 0.1;
constexpr std::uint64_t kSynapsesALook = 1000000;  // half a millisecond

}  // namespace

void RawWatch::begin(const Network& network, StepIndex now) {
  interval_ = std::max<StepIndex>(1, steps_of(kInterval_s, network.dt_ms));
  since_ = now;
  counted_.clear();
  for (const auto& p : network.populations) counted_.push_back(count_spikes(*p));
}

bool RawWatch::whole_due(const Network& network, StepIndex now) const {
  return (now / interval_) % static_cast<StepIndex>(1 + network.num_synapses() / kSynapsesALook) == 0;
}

void RawWatch::look(const Network& network, StepIndex now, bool weights) {
  require_finite(network, now, weights);
  if (now - since_ < interval_) return;
  const double seconds = static_cast<double>(now - since_) * network.dt_ms * 1e-3;
  std::vector<double> rate_Hz;
  for (const auto& p : network.populations) {
    const std::uint64_t spikes = count_spikes(*p);
    rate_Hz.push_back(static_cast<double>(spikes - counted_[p->view.index]) /
                      std::max<std::uint32_t>(1, p->view.n) / seconds);
    counted_[p->view.index] = spikes;
  }
  since_ = now;
  watchdog_.look(rate_Hz, seconds, now);
}

}  // namespace penfield
