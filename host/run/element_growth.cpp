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
  set_levels();
}

void CalciumSensor::add_to_baseline() {
  ++baseline_samples_;
  for (std::size_t i = 0; i < calcium_.size(); ++i) baseline_[i] += calcium_[i];
}

void CalciumSensor::end_baseline() {
  relative_ = true;
  set_levels();
}

void CalciumSensor::set_levels() {
  if (!relative_) {
    level_ = calcium_;
    return;
  }
  const auto samples = static_cast<float>(baseline_samples_);
  for (std::size_t i = 0; i < calcium_.size(); ++i)
    level_[i] = baseline_[i] > 0.0f ? calcium_[i] * samples / baseline_[i] : 1.0f;
}

void CalciumSensor::archive(StateArchive& a, std::string_view prefix) {
  const std::string p(prefix);
  a.value(p + "calcium", calcium_);
  a.value(p + "calcium_baseline", baseline_);
  a.value(p + "calcium_samples", baseline_samples_);
  a.value(p + "calcium_relative", relative_);
  a.value(p + "calcium_counted", counted_);
  if (a.reading() && fits(level_.size())) set_levels();
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

void ElementCounts::grow(const CalciumSensor& calcium, double seconds) {
  const auto most = curve_.nu_per_s * static_cast<float>(seconds);
  const auto decayed = vacant_tau_s_ > 0.0 ? static_cast<float>(1.0 - exp_d(-seconds / vacant_tau_s_)) : 0.0f;
  for (std::uint32_t i = 0; i < elements_.size(); ++i) {
    float z = fused(most, curve_.value(calcium.level(i)), elements_[i]);
    const float vacant = z - static_cast<float>(synapses_[i]);
    if (vacant > 0.0f) z -= decayed * vacant;
    z = z > 0.0f ? z : 0.0f;
    elements_[i] = z < kMostElements ? z : kMostElements;
  }
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
