#include "host/run/raw_growth.hpp"

#include <algorithm>
#include <chrono>

#include "host/run/measure.hpp"
#include "host/run/session_schedule.hpp"
#include "penfield/model/plasticity/modulator.hpp"

namespace penfield {

struct RawGrowth::Structure {
  Structure(const StructureSpec& spec, const Scenario& scenario, Network& network, StepIndex now)
      : growing(spec, scenario, network),
        interval(std::max<StepIndex>(1, steps_of(spec.every_s, scenario.dt_ms))),
        baseline(steps_of(spec.baseline_s, scenario.dt_ms)),
        moved(now) {}

  GrowingStructure growing;
  std::int32_t modulator = -1;   ///< of spines; negative: none
  StepIndex interval, baseline;  ///< steps
  StepIndex moved;               ///< the step up to which all is done
};

RawGrowth::RawGrowth(const Scenario& scenario, Network& network, Engine& engine, const RawInjury& injury,
                     std::vector<GrowthRecord>& records)
    : scenario_(scenario), network_(network), engine_(engine), injury_(injury), records_(records) {
  if (scenario.clock.episodic || scenario.structure.empty()) return;
  const BorrowedSynapses borrowed(network);
  for (const StructureSpec& spec : scenario.structure) {
    structures_.push_back(std::make_unique<Structure>(spec, scenario, network, engine.now()));
    for (std::size_t m = 0; spec.spines && m < scenario.modulators.size(); ++m)
      if (scenario.modulators[m].name == spec.spines->modulator)
        structures_.back()->modulator = static_cast<std::int32_t>(m);
    records_.emplace_back();
    records_.back().structure = spec.name;
  }
}

RawGrowth::~RawGrowth() = default;

const GrowthStep& RawGrowth::latest(std::size_t k) const { return structures_[k]->growing.latest; }
const ElementCounts& RawGrowth::axonal(std::size_t k) const { return structures_[k]->growing.axonal; }
const ElementCounts& RawGrowth::dendritic(std::size_t k) const { return structures_[k]->growing.dendritic; }
const CalciumSensor& RawGrowth::target_calcium(std::size_t k) const {
  return structures_[k]->growing.target_calcium;
}

StepIndex RawGrowth::prepare(StepIndex until) {
  if (structures_.empty()) return until;
  const auto began = std::chrono::steady_clock::now();
  const StepIndex now = engine_.now();
  fetched_ = false;
  bool any = false;
  for (std::size_t k = 0; k < structures_.size(); ++k) {
    Structure& s = *structures_[k];
    until = std::min(until, (now / s.interval + 1) * s.interval);
    if (now % s.interval != 0 || now == s.moved) continue;
    if (!any) engine_.download_neurons();
    any = true;
    move(s, records_[k], now);
  }
  if (fetched_) {
    network_.bind();
    engine_.upload();
  }
  wall_s_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return until;
}

void RawGrowth::move(Structure& s, GrowthRecord& record, StepIndex now) {
  GrowingStructure& g = s.growing;
  const double seconds = static_cast<double>(now - s.moved) * scenario_.dt_ms * 1e-3;
  const double now_s = static_cast<double>(now) * scenario_.dt_ms * 1e-3;
  g.source_calcium.observe(g.source().view, seconds);
  g.target_calcium.observe(g.target().view, seconds);
  if (s.modulator >= 0) {
    // An eligibility that lasts for ever: the plain integral.
    constexpr float kForEver_ms = 1e12f;
    const ModulatorView& m = network_.modulators[static_cast<std::size_t>(s.modulator)]->view;
    g.modulator_level = static_cast<double>(eligible_level(m, s.moved, now, kForEver_ms)) / (1e3 * seconds);
  }
  s.moved = now;
  g.begin_interval();
  std::uint64_t matured = 0;
  if (now <= s.baseline) {
    if (now > s.baseline / 2)
      for (CalciumSensor* c : {&g.source_calcium, &g.target_calcium}) c->add_to_baseline();
    if (now + s.interval > s.baseline)
      for (CalciumSensor* c : {&g.source_calcium, &g.target_calcium}) c->end_baseline();
  } else if (!is_frozen_until(scenario_, g.spec().name, now)) {
    g.axonal.grow(g.source_calcium, seconds);
    g.dendritic.grow(g.target_calcium, seconds);
    matured = g.change(seconds, now_s, injury_.injury(), injury_.influences(), [&] { fetch(); });
  }
  g.append_to(record, now_s, matured);
}

/// The host's copy of the synapses becomes the one that counts, with all that was learnt.
void RawGrowth::fetch() {
  if (fetched_) return;
  fetched_ = true;
  engine_.flush();
  engine_.download();
  network_.fetch_synapses();
}

void RawGrowth::count_again() {
  const BorrowedSynapses borrowed(network_);
  for (const auto& s : structures_) s->growing.count_again(injury_.injury());
}

void RawGrowth::archive(StateArchive& a) {
  for (const auto& s : structures_) {
    a.value("growth_moved", s->moved);
    s->growing.archive(a);
  }
}

}  // namespace penfield
