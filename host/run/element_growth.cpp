#include "host/run/element_growth.hpp"

#include <algorithm>
#include <string>

#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

/// Elements beyond are of no use to anybody, and stay whole numbers in a float.
constexpr float kMostElements = 1e6f;

GrowthCurve curve_of(const GrowthCurveSpec& spec) {
  if (spec.curve == "linear") return GrowthCurve::linear(spec.rate_per_s, spec.eps);
  if (spec.curve == "sigmoid") return GrowthCurve::sigmoid(spec.rate_per_s, spec.eps, spec.psi);
  return GrowthCurve::gaussian(spec.rate_per_s, spec.eta, spec.eps);
}

}  // namespace

CalciumSensor::CalciumSensor(const StructureSpec& spec, const PopulationView& population)
    : tau_s_(spec.calcium_tau_s),
      beta_(spec.calcium_beta),
      calcium_(population.n, 0.0f),
      baseline_(population.n, 0.0f),
      level_(population.n, 0.0f),
      counted_(population.spike_count, population.spike_count + population.n) {}

void CalciumSensor::observe(const PopulationView& population, double seconds) {
  const double left = exp_d(-seconds / tau_s_);
  const auto decay = static_cast<float>(left);
  const auto per_spike = static_cast<float>(beta_ * tau_s_ / seconds * (1.0 - left));
  for (std::uint32_t i = 0; i < population.n; ++i) {
    const auto spikes = static_cast<float>(population.spike_count[i] - counted_[i]);
    counted_[i] = population.spike_count[i];
    calcium_[i] = fused(decay, calcium_[i], per_spike * spikes);
  }
  set_levels(calcium_);
}

void CalciumSensor::observe_rates(const std::vector<float>& rate_Hz, double seconds) {
  const double left = exp_d(-seconds / tau_s_), held = tau_s_ / seconds * (1.0 - left);
  std::vector<float> mean(calcium_.size());
  for (std::size_t i = 0; i < calcium_.size(); ++i) {
    const double steady = beta_ * tau_s_ * static_cast<double>(rate_Hz[i]);
    const double apart = static_cast<double>(calcium_[i]) - steady;
    mean[i] = static_cast<float>(fused(apart, held, steady));
    calcium_[i] = static_cast<float>(fused(apart, left, steady));
  }
  set_levels(mean);
}

void CalciumSensor::add_to_baseline(double weight) {
  baseline_weight_ += weight;
  const auto times = static_cast<float>(weight);
  for (std::size_t i = 0; i < calcium_.size(); ++i) baseline_[i] += times * calcium_[i];
}

void CalciumSensor::end_baseline() {
  relative_ = true;
  set_levels(calcium_);
}

double CalciumSensor::unit_Hz(std::uint32_t neuron) const {
  const double of_1 = beta_ * tau_s_;
  const auto baseline = static_cast<double>(baseline_[neuron]);
  return relative_ && baseline > 0.0 ? baseline / (baseline_weight_ * of_1) : 1.0 / of_1;
}

void CalciumSensor::set_levels(const std::vector<float>& calcium) {
  if (!relative_) {
    level_ = calcium;
    return;
  }
  const auto weight = static_cast<float>(baseline_weight_);
  for (std::size_t i = 0; i < calcium.size(); ++i)
    level_[i] = baseline_[i] > 0.0f ? calcium[i] * weight / baseline_[i] : 1.0f;
}

void CalciumSensor::archive(StateArchive& a, std::string_view prefix) {
  const std::string p(prefix);
  a.value(p + "calcium", calcium_);
  a.value(p + "calcium_baseline", baseline_);
  a.value(p + "calcium_weight", baseline_weight_);
  a.value(p + "calcium_relative", relative_);
  a.value(p + "calcium_counted", counted_);
  if (a.reading() && fits(level_.size())) set_levels(calcium_);
}

bool CalciumSensor::fits(std::size_t n) const {
  return calcium_.size() == n && baseline_.size() == n && counted_.size() == n && level_.size() == n;
}

ElementCounts::ElementCounts(const GrowthCurveSpec& spec, double vacant_tau_s,
                             std::vector<std::uint32_t> synapses)
    : curve_(curve_of(spec)),
      vacant_tau_s_(vacant_tau_s),
      elements_(synapses.begin(), synapses.end()),
      synapses_(std::move(synapses)) {}

/// Share of the vacant that is gone after so long.
float ElementCounts::decayed(double seconds) const {
  return vacant_tau_s_ > 0.0 ? static_cast<float>(1.0 - exp_d(-seconds / vacant_tau_s_)) : 0.0f;
}

void ElementCounts::set(std::uint32_t neuron, float elements, float decayed) {
  const float vacant = elements - static_cast<float>(synapses_[neuron]);
  if (vacant > 0.0f) elements -= decayed * vacant;
  elements = elements > 0.0f ? elements : 0.0f;
  elements_[neuron] = elements < kMostElements ? elements : kMostElements;
}

void ElementCounts::grow(const CalciumSensor& calcium, double seconds) {
  const auto most = curve_.nu_per_s * static_cast<float>(seconds);
  const float gone = decayed(seconds);
  for (std::uint32_t i = 0; i < elements_.size(); ++i)
    set(i, fused(most, curve_.value(calcium.level(i)), elements_[i]), gone);
}

void ElementCounts::move(const std::vector<double>& change, double share, double seconds) {
  const float gone = decayed(seconds);
  for (std::uint32_t i = 0; i < elements_.size(); ++i)
    set(i, static_cast<float>(fused(share, change[i], static_cast<double>(elements_[i]))), gone);
}

void ElementCounts::bury(const std::vector<std::uint8_t>& dead) {
  for (std::size_t i = 0; i < dead.size(); ++i)
    if (dead[i] != 0) elements_[i] = 0.0f;
}

void ElementCounts::free(std::uint32_t most_synapses, std::vector<std::uint32_t>& elements) const {
  elements.resize(elements_.size());
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    const float vacant = elements_[i] - static_cast<float>(synapses_[i]);
    const std::uint32_t room = most_synapses > synapses_[i] ? most_synapses - synapses_[i] : 0;
    elements[i] = vacant >= 1.0f ? std::min(static_cast<std::uint32_t>(vacant), room) : 0;
  }
}

void ElementCounts::archive(StateArchive& a, std::string_view prefix) {
  const std::string p(prefix);
  a.value(p + "elements", elements_);
  a.value(p + "synapses", synapses_);
}

}  // namespace penfield
