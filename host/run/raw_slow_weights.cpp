#include "host/run/raw_slow_weights.hpp"

#include <algorithm>

#include "host/run/measure.hpp"
#include "host/run/raw_records.hpp"
#include "host/run/session_schedule.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

RawSlowWeights::RawSlowWeights(const Scenario& scenario, Network& network, Engine& engine,
                               std::vector<PoolRecord>& records)
    : scenario_(scenario), network_(network), engine_(engine), slow_(scenario, network), records_(records) {
  records_.resize(slow_.fields.size());
  const auto due = [&](double every_s) {
    return Due{std::max<StepIndex>(1, steps_of(every_s, scenario.dt_ms)), engine.now()};
  };
  for (const AstrocyteField& f : slow_.fields) {
    fields_.push_back(due(f.spec().every_s));
    std::vector<std::vector<std::uint32_t>>& counted = counted_.emplace_back();
    for (const auto& p : network.populations)
      counted.push_back(record_matches(f.spec().released_by, p->name)
                            ? std::vector<std::uint32_t>{p->spike_count.begin(), p->spike_count.end()}
                            : std::vector<std::uint32_t>{});
  }
  for (const Consolidation& c : slow_.consolidations) consolidations_.push_back(due(c.spec().every_s));
  for (const Normalisation& n : slow_.normalisations) normalisations_.push_back(due(n.spec().every_s));
}

void RawSlowWeights::advance_field(std::size_t k, StepIndex now) {
  const double seconds = seconds_since(fields_[k], now);
  std::vector<std::vector<std::uint32_t>>& counted = counted_[k];
  slow_.fields[k].advance(static_cast<double>(fields_[k].done) * scenario_.dt_ms * 1e-3, seconds,
                          [&](std::uint32_t population, std::size_t i) {
                            const std::uint32_t spikes =
                                network_.populations[population]->spike_count[i] - counted[population][i];
                            return static_cast<double>(spikes) / seconds;
                          });
  for (std::size_t p = 0; p < counted.size(); ++p)
    if (!counted[p].empty())
      std::copy(network_.populations[p]->spike_count.begin(), network_.populations[p]->spike_count.end(),
                counted[p].begin());
  fields_[k].done = now;
  slow_.fields[k].append_to(records_[k], static_cast<double>(now) * scenario_.dt_ms * 1e-3);
}

StepIndex RawSlowWeights::prepare(StepIndex until) {
  const StepIndex now = engine_.now();
  bool pools = false, weights = false;
  for (const std::vector<Due>* all : {&fields_, &consolidations_, &normalisations_})
    for (const Due& due : *all) {
      until = std::min(until, (now / due.interval + 1) * due.interval);
      (all == &fields_ ? pools : weights) |= is_due(due, now);
    }
  if (weights) {
    engine_.flush();
    engine_.download();
  } else if (pools) {
    engine_.download_neurons();
  }
  for (std::size_t k = 0; k < fields_.size(); ++k)
    if (is_due(fields_[k], now)) advance_field(k, now);
  for (std::size_t k = 0; k < consolidations_.size(); ++k) {
    if (!is_due(consolidations_[k], now)) continue;
    Consolidation& c = slow_.consolidations[k];
    c.advance(network_, seconds_since(consolidations_[k], now),
              is_frozen_until(scenario_, c.spec().name, now));
    consolidations_[k].done = now;
  }
  for (std::size_t k = 0; k < normalisations_.size(); ++k) {
    if (!is_due(normalisations_[k], now)) continue;
    const Normalisation& n = slow_.normalisations[k];
    if (!is_frozen_until(scenario_, n.spec().name, now)) n.apply(network_);
    normalisations_[k].done = now;
  }
  if (weights) engine_.upload();
  return until;
}

void RawSlowWeights::archive(StateArchive& a) {
  for (std::vector<Due>* all : {&fields_, &consolidations_, &normalisations_})
    for (Due& due : *all) a.value("slow_done", due.done);
  for (auto& field : counted_)
    for (std::size_t p = 0; p < field.size(); ++p) {
      const std::size_t n = field[p].size();
      a.value("released_counted", field[p]);
      if (field[p].size() != n)
        throw Error(ExitCode::input_file, "the checkpoint's counts of glutamate released by " +
                                              network_.populations[p]->name +
                                              " are damaged; start anew with another --out");
    }
  slow_.archive(a, network_);
}

}  // namespace penfield
