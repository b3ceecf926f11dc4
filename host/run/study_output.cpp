#include "host/run/study_output.hpp"

#include <algorithm>
#include <cmath>

#include "host/run/study_state.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

std::vector<std::byte> study_bytes(const StudyResult& result) {
  StateArchive a;
  readout::MapStudy map = result.map;
  std::uint32_t lost = result.lost_part;
  a.value("lost_part", lost);
  archive(a, map);
  return a.written();
}

std::vector<std::byte> totals_bytes(const StudyResult& result) {
  StateArchive a;
  StudyResult totals;
  totals.spiking_s = result.spiking_s;
  totals.biological_s = result.biological_s;
  totals.checks = result.checks;
  totals.loop_gains = result.loop_gains;
  archive_totals(a, totals);
  return a.written();
}

template <class Point>
std::vector<std::byte> point_bytes(const Point& point) {
  StateArchive a;
  Point copy = point;
  archive(a, copy);
  return a.written();
}

/// The bins from `from` on of the rates at `place`.
std::vector<std::byte> rates_bytes(const EpisodeRates& rates, std::uint64_t place, std::size_t from) {
  StateArchive a;
  EpisodeRates fresh = rates;
  for (std::vector<double>* v : {&fresh.end_ms, &fresh.bin_ms, &fresh.rate_Hz})
    v->erase(v->begin(), v->begin() + static_cast<std::ptrdiff_t>(from));
  a.value("place", place);
  archive(a, fresh);
  return a.written();
}

/// Puts bins behind those that were read before.
void read_rates(StateArchive& a, std::vector<EpisodeRates>& all) {
  std::uint64_t place = 0;
  EpisodeRates fresh;
  a.value("place", place);
  archive(a, fresh);
  if (place > all.size())
    throw Error(ExitCode::input_file, "run.log holds rates out of order; it is another version's");
  if (place == all.size()) all.push_back({fresh.population, {}, {}, {}});
  EpisodeRates& r = all[place];
  r.end_ms.insert(r.end_ms.end(), fresh.end_ms.begin(), fresh.end_ms.end());
  r.bin_ms.insert(r.bin_ms.end(), fresh.bin_ms.begin(), fresh.bin_ms.end());
  r.rate_Hz.insert(r.rate_Hz.end(), fresh.rate_Hz.begin(), fresh.rate_Hz.end());
}

/// A reader over the payload of a frame.
StateArchive reader_of(const LogFrame& frame, const std::filesystem::path& path) {
  return {frame.payload, "frame at byte " + std::to_string(frame.offset) + " of " + path.string()};
}

}  // namespace

const char* frame_name(std::uint32_t type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::step: return "macro step";
    case FrameType::map: return "map";
    case FrameType::study: return "intact map";
    case FrameType::totals: return "totals";
    case FrameType::digest: return "state digest";
    case FrameType::spikes: return "spikes";
    case FrameType::trace: return "trace";
    case FrameType::rate: return "rates";
    case FrameType::synapses: return "synapses";
    case FrameType::episode: return "episode";
    case FrameType::episode_rates: return "rates of episodes";
    case FrameType::energy: return "energy";
    case FrameType::growth: return "growth";
    case FrameType::pools: return "pools";
    case FrameType::deaths: return "deaths";
  }
  return "unknown";
}

StudyLog::StudyLog(const StudyResult& logged)
    : num_steps_(logged.steps.size()),
      num_maps_(logged.maps.size()),
      study_(study_bytes(logged)),
      totals_(totals_bytes(logged)),
      records_(logged.records.raw),
      num_episodes_(logged.records.episodes.size()) {
  for (const EpisodeRates& r : logged.records.rates) num_bins_.push_back(r.rate_Hz.size());
}

void StudyLog::append(RunLogWriter& log, const StudyResult& result, StepIndex step) {
  const auto write = [&](FrameType type, const std::vector<std::byte>& payload) {
    log.append(static_cast<std::uint32_t>(type), step, payload);
  };
  const bool new_map = result.maps.size() > num_maps_;
  if (new_map) {
    std::vector<std::byte> study = study_bytes(result);
    if (study != study_) write(FrameType::study, study);
    study_ = std::move(study);
  }
  for (; num_maps_ < result.maps.size(); ++num_maps_)
    write(FrameType::map, point_bytes(result.maps[num_maps_]));
  for (; num_steps_ < result.steps.size(); ++num_steps_)
    write(FrameType::step, point_bytes(result.steps[num_steps_]));
  const EpisodeRecords& records = result.records;
  for (; num_episodes_ < records.episodes.size(); ++num_episodes_)
    write(FrameType::episode, point_bytes(records.episodes[num_episodes_]));
  num_bins_.resize(records.rates.size(), 0);
  for (std::size_t k = 0; k < records.rates.size(); ++k) {
    if (records.rates[k].rate_Hz.size() == num_bins_[k]) continue;
    write(FrameType::episode_rates, rates_bytes(records.rates[k], k, num_bins_[k]));
    num_bins_[k] = records.rates[k].rate_Hz.size();
  }
  records_.append(log, records.raw, step);
  std::vector<std::byte> totals = totals_bytes(result);
  if (totals != totals_) write(FrameType::totals, totals);
  totals_ = std::move(totals);
}

void append_digest(RunLogWriter& log, const StateDigest& digest, StepIndex step) {
  StateArchive a;
  StateDigest d = digest;
  a.value("neurons", d.neurons);
  a.value("input", d.input);
  a.value("synapses", d.synapses);
  log.append(static_cast<std::uint32_t>(FrameType::digest), step, a.written());
}

StudyResult read_study_log(const std::filesystem::path& path) {
  StudyResult result;
  RunLogReader reader(path);
  LogFrame frame;
  while (reader.next(&frame)) {
    StateArchive a = reader_of(frame, path);
    switch (static_cast<FrameType>(frame.type)) {
      case FrameType::step: archive(a, result.steps.emplace_back()); break;
      case FrameType::map: archive(a, result.maps.emplace_back()); break;
      case FrameType::study:
        a.value("lost_part", result.lost_part);
        archive(a, result.map);
        break;
      case FrameType::totals: archive_totals(a, result); break;
      case FrameType::episode: archive(a, result.records.episodes.emplace_back()); break;
      case FrameType::episode_rates: read_rates(a, result.records.rates); break;
      default: continue;
    }
    a.finish();
  }
  double unused_s = 0.0;
  result.records.raw = read_raw_log(path, 1.0, &unused_s);
  return result;
}

}  // namespace penfield
