#include "host/run/influences.hpp"

#include <algorithm>
#include <cmath>

#include "host/build/build_network.hpp"
#include "host/build/population_builder.hpp"
#include "host/run/event_steps.hpp"
#include "host/run/field_values.hpp"
#include "host/scenario/checks.hpp"
#include "host/scenario/text_forms.hpp"
#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

namespace {

using Event = EventSpec::Kind;
using Effect = EffectSpec::Kind;

bool in_shape(const EventSpec& e, const Population& p, std::uint32_t i) {
  return !(e.radius_mm > 0.0) || outside_mm(shape_of(e), p.x_mm[i], p.y_mm[i]) <= 0.0;
}

/// What a stimulation that is on puts into a cell.
float stimulus_pA(const EventSpec& e, const Population& p, std::uint32_t i) {
  if (!(e.sigma_mm > 0.0)) return in_shape(e, p, i) ? static_cast<float>(e.current_pA) : 0.0f;
  const double dx = p.x_mm[i] - e.x_mm, dy = p.y_mm[i] - e.y_mm;
  return static_cast<float>(e.current_pA * exp_d(-(dx * dx + dy * dy) / (2.0 * e.sigma_mm * e.sigma_mm)));
}

}  // namespace

Influences::Influences(const Scenario& scenario, Network& network, const Injury& injury)
    : scenario_(scenario), network_(network), injury_(injury) {
  const std::size_t populations = network.populations.size();
  has_current_.assign(populations, false);
  has_block_.assign(populations, false);
  tonic_.assign(populations, nullptr);
  afferent_.assign(scenario.timeline.size(), 1.0);
  for (std::uint32_t p = 0; p < populations; ++p) {
    const std::string& name = network.populations[p]->name;
    for (const EventSpec& e : scenario.timeline) {
      if ((e.kind != Event::stimulate && e.kind != Event::block) || !matches_name(e.of, name)) continue;
      (e.kind == Event::block ? has_block_ : has_current_)[p] = true;
      any_ = true;
    }
    // A network may be several instances of the scenario side by side.
    const PopulationSpec& spec = scenario.populations[p % scenario.populations.size()];
    if (varies(spec.tonic_field)) {
      tonic_[p] = find_field(scenario, spec.tonic_field);
      any_ = true;
    }
    for (const EffectSpec& x : scenario.effects) {
      if (x.kind == Effect::speed || !matches_name(x.of, name)) continue;
      any_ = true;
      if (x.kind == Effect::current) {
        has_current_[p] = true;
        continue;
      }
      const auto& ports = neuron_model_infos[network.populations[p]->view.model].ports;
      for (std::uint32_t port = 0; port < ports.size(); ++port)
        if (x.port == ports[port].name && std::none_of(gains_.begin(), gains_.end(), [&](const CellGain& g) {
              return g.population == p && g.port == port;
            }))
          gains_.push_back({p, port, std::vector<float>(network.populations[p]->view.n, 1.0f)});
    }
  }
  for (const EventSpec& e : scenario.timeline) any_ = any_ || e.kind == Event::cut_afferents;
  for (const CellGain& g : gains_) {
    Population& p = *network.populations[g.population];
    if (!p.factor[g.port].empty()) continue;
    p.factor[g.port].resize(p.view.n);
    p.factor[g.port].fill(1.0f);
    fresh_ = true;
  }
}

void Influences::make_room() {
  for (std::uint32_t k = 0; k < has_current_.size(); ++k) {
    Population& p = *network_.populations[k];
    if (has_current_[k] && p.bias_pA.empty()) p.bias_pA.resize(p.view.n);
    if (has_block_[k] && p.silent.empty()) p.silent.resize(p.view.n);
  }
  fresh_ = false;
}

bool Influences::varies(const std::string& field) const {
  const FieldSpec* f = find_field(scenario_, field);
  return f != nullptr &&
         (f->injury_amplitude != 0.0 || f->course.kind != CourseSpec::Kind::steady ||
          std::any_of(scenario_.timeline.begin(), scenario_.timeline.end(),
                      [&](const EventSpec& e) { return e.kind == Event::scale_field && e.what == field; }));
}

std::vector<float> Influences::field_at(const FieldSpec& field, const Population& population,
                                        double time_s) const {
  double scale = 1.0;
  for (const EventSpec& e : scenario_.timeline)
    if (e.kind == Event::scale_field && e.what == field.name && acts_at(scenario_, e, time_s))
      scale *= e.gain;
  const bool of_injury = field.injury_amplitude != 0.0;
  const double course = of_injury ? 1.0 : course_value(field.course, time_s);
  const double sigma = field.injury_sigma_mm;
  std::vector<float> out(population.view.n);
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    double beyond = 0.0;
    // A course without bumps is that of the whole sheet.
    if (!of_injury && field.bumps.empty() && field.course.kind != CourseSpec::Kind::steady)
      beyond = course - field.base;
    beyond += course * bumps_at(field, population.x_mm[i], population.y_mm[i]);
    if (of_injury) {
      double strongest = 0.0;
      for (const Injury::Distance& d :
           injury_.distances(field.area, population.x_mm[i], population.y_mm[i])) {
        const double here =
            exp_d(-d.mm * d.mm / (2.0 * sigma * sigma)) * course_value(field.course, time_s - d.time_s);
        if (std::fabs(here) > std::fabs(strongest)) strongest = here;
      }
      beyond += field.injury_amplitude * strongest;
    }
    out[i] = static_cast<float>(field.base + scale * beyond);
  }
  return out;
}

std::vector<float> Influences::speed_of(const std::string& what, const Population& target,
                                        double time_s) const {
  std::vector<float> out;
  for (const EffectSpec& x : scenario_.effects) {
    if (x.kind != Effect::speed || x.what != what) continue;
    const std::vector<float> field = field_at(*find_field(scenario_, x.field), target, time_s);
    if (out.empty()) out.assign(field.size(), 1.0f);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] *= std::max(0.0f, field[i]);
  }
  return out;
}

std::vector<double> Influences::use(double time_s) const {
  std::vector<double> out;
  for (const EventSpec& e : scenario_.timeline) {
    if (e.kind != Event::use || !acts_at(scenario_, e, time_s)) continue;
    out.resize(scenario_.body->parts.size(), 1.0);
    for (std::size_t k = 0; k < out.size(); ++k)
      if (matches_name(e.part, scenario_.body->parts[k].name)) out[k] *= e.gain;
  }
  return out;
}

bool Influences::set(double time_s) {
  bool changed = set_currents(time_s) || fresh_;
  fresh_ = false;
  set_once_ = true;
  set_at_s_ = time_s;
  changed = set_silence(time_s) || changed;
  changed = set_gains(time_s) || changed;
  changed = set_tonic(time_s) || changed;
  return set_afferents(time_s) || changed;
}

void Influences::add_currents(double time_s, std::uint32_t population, std::vector<float>& bias) const {
  const Population& p = *network_.populations[population];
  for (const EventSpec& e : scenario_.timeline) {
    if (e.kind != Event::stimulate || !matches_name(e.of, p.name) || !acts_at(scenario_, e, time_s)) continue;
    for (std::uint32_t i = 0; i < bias.size(); ++i) bias[i] += stimulus_pA(e, p, i);
  }
  for (const EffectSpec& x : scenario_.effects) {
    if (x.kind != Effect::current || !matches_name(x.of, p.name)) continue;
    const std::vector<float> field = field_at(*find_field(scenario_, x.field), p, time_s);
    for (std::uint32_t i = 0; i < bias.size(); ++i) bias[i] += static_cast<float>(x.current_pA) * field[i];
  }
}

bool Influences::set_currents(double time_s) {
  bool changed = false;
  for (std::uint32_t k = 0; k < has_current_.size(); ++k) {
    if (!has_current_[k]) continue;
    Population& p = *network_.populations[k];
    std::vector<float> bias(p.view.n, 0.0f);
    add_currents(time_s, k, bias);
    if (std::equal(bias.begin(), bias.end(), p.bias_pA.begin(), p.bias_pA.end())) continue;
    if (p.bias_pA.size() != bias.size()) p.bias_pA.resize(bias.size());
    std::copy(bias.begin(), bias.end(), p.bias_pA.begin());
    changed = true;
  }
  return changed;
}

bool Influences::set_silence(double time_s) {
  bool changed = false;
  for (std::uint32_t k = 0; k < has_block_.size(); ++k) {
    if (!has_block_[k]) continue;
    Population& p = *network_.populations[k];
    const std::vector<std::uint8_t>& dead = injury_.dead(k);
    std::vector<std::uint32_t> silent(dead.begin(), dead.end());
    silent.resize(p.view.n, 0);
    for (const EventSpec& e : scenario_.timeline) {
      if (e.kind != Event::block || !matches_name(e.of, p.name) || !acts_at(scenario_, e, time_s)) continue;
      for (std::uint32_t i = 0; i < silent.size(); ++i)
        if (in_shape(e, p, i)) silent[i] = 1;
    }
    if (std::equal(silent.begin(), silent.end(), p.silent.begin(), p.silent.end())) continue;
    if (p.silent.size() != silent.size()) p.silent.resize(silent.size());
    std::copy(silent.begin(), silent.end(), p.silent.begin());
    changed = true;
  }
  return changed;
}

/// A port's factor is a homeostat's too: the field's share of it is exchanged.
bool Influences::set_gains(double time_s) {
  bool changed = false;
  for (CellGain& g : gains_) {
    Population& p = *network_.populations[g.population];
    const auto& ports = neuron_model_infos[p.view.model].ports;
    std::vector<float> wanted(p.view.n, 1.0f);
    for (const EffectSpec& x : scenario_.effects) {
      if (x.kind != Effect::gain || !matches_name(x.of, p.name) || x.port != ports[g.port].name) continue;
      const std::vector<float> field = field_at(*find_field(scenario_, x.field), p, time_s);
      for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] *= std::max(1e-3f, field[i]);
    }
    if (wanted == g.value) continue;
    auto& factor = p.factor[g.port];
    for (std::size_t i = 0; i < wanted.size(); ++i) factor[i] *= wanted[i] / g.value[i];
    g.value = std::move(wanted);
    changed = true;
  }
  return changed;
}

bool Influences::set_tonic(double time_s) {
  bool changed = false;
  for (std::size_t k = 0; k < tonic_.size(); ++k) {
    if (tonic_[k] == nullptr) continue;
    Population& p = *network_.populations[k];
    std::vector<float> share = field_at(*tonic_[k], p, time_s);
    for (float& s : share) s = std::max(0.0f, s);
    if (std::equal(share.begin(), share.end(), p.tonic_share.begin(), p.tonic_share.end())) continue;
    std::copy(share.begin(), share.end(), p.tonic_share.begin());
    changed = true;
  }
  return changed;
}

bool Influences::set_afferents(double time_s) {
  bool changed = false;
  for (std::size_t k = 0; k < scenario_.timeline.size(); ++k) {
    const EventSpec& e = scenario_.timeline[k];
    if (e.kind != Event::cut_afferents || !e.enabled) continue;
    double there = 1.0;
    if (acts_at(scenario_, e, time_s)) {
      there = 0.0;
    } else if (over_at(scenario_, e, time_s)) {
      const double since_s = std::max(0.0, time_s - e.to_s);
      there = e.regrowth_tau_s > 0.0 ? 1.0 - exp_d(-since_s / e.regrowth_tau_s) : 1.0;
    }
    if (there == afferent_[k]) continue;
    Population& relay = *network_.populations[population_index(network_, scenario_.body->relay)];
    const double rate_Hz =
        e.relay_keeps_rate ? 0.0
                           : (there - afferent_[k]) *
                                 (scenario_.body->spontaneous_Hz - scenario_.body->residual_spontaneous_Hz);
    const std::vector<std::uint8_t>& dead = injury_.dead(relay.view.index);
    for (std::uint32_t i = 0; i < relay.view.n; ++i) {
      if (!dead.empty() && dead[i] != 0) continue;
      if (relay.part[i] < 0 || scenario_.body->parts[static_cast<std::size_t>(relay.part[i])].name != e.part)
        continue;
      relay.skin_gain[i] = static_cast<float>(there);
      relay.background_Hz[i] += static_cast<float>(rate_Hz);
    }
    afferent_[k] = there;
    changed = true;
  }
  return changed;
}

void Influences::archive(StateArchive& a) {
  a.within("fields");
  std::vector<CellGain> gains = gains_;
  a.list("field_gains", gains, [](StateArchive& inner, CellGain& g) {
    inner.value("population", g.population);
    inner.value("port", g.port);
    inner.value("value", g.value);
  });
  std::vector<double> afferent = afferent_;
  a.value("afferents", afferent);
  a.value("set_once", set_once_);
  a.value("set_at_s", set_at_s_);
  if (!a.reading()) return;
  // A run that branches may know of other effects: what no longer acts is taken back, what is new begins.
  for (CellGain& g : gains_) std::fill(g.value.begin(), g.value.end(), 1.0f);
  for (const CellGain& was : gains) {
    const auto same = std::find_if(gains_.begin(), gains_.end(), [&](const CellGain& g) {
      return g.population == was.population && g.port == was.port;
    });
    if (same != gains_.end()) {
      same->value = was.value;
      continue;
    }
    auto& factor = network_.populations[was.population]->factor[was.port];
    for (std::size_t i = 0; i < factor.size(); ++i) factor[i] /= was.value[i];
  }
  if (afferent.size() == afferent_.size()) afferent_ = afferent;
}

void Influences::resume() {
  if (set_once_) set(set_at_s_);
}

void Influences::restart(double seconds) {
  std::fill(afferent_.begin(), afferent_.end(), 1.0);
  set_at_s_ = std::min(set_at_s_ - seconds, -1.0);
  if (set_once_) set(set_at_s_);
}

const std::vector<float>* Influences::share_of(std::uint32_t population, std::uint32_t port) const {
  for (const CellGain& g : gains_)
    if (g.population == population && g.port == port) return &g.value;
  return nullptr;
}

}  // namespace penfield
