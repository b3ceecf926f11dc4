#include "host/run/episode_checks.hpp"

#include <cmath>
#include <limits>

#include "penfield/numerics/fused.hpp"

namespace penfield {

namespace {

constexpr std::size_t kFirst = kDriftBatches / 4;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargestDrift = 0.02, kErrors = 3.0;
constexpr double kMostWander = 0.5, kFewest = 10.0;

}  // namespace

void EpisodeChecks::add(const std::vector<EpisodeSpikes>& conditions) {
  conditions_.resize(conditions.size());
  for (std::size_t c = 0; c < conditions.size(); ++c) {
    conditions_[c].resize(conditions[c].count.size());
    for (std::size_t p = 0; p < conditions[c].count.size(); ++p) {
      double first = 0.0, rest = 0.0;
      for (std::size_t b = 0; b < kDriftBatches; ++b)
        (b < kFirst ? first : rest) += static_cast<double>(conditions[c].count[p][b]);
      if (!(first + rest > 0.0)) continue;
      constexpr double n = kDriftBatches, n_first = kFirst;
      const double drift = (first / n_first - rest / (n - n_first)) / ((first + rest) / n);
      Sums& s = conditions_[c][p];
      s.episodes += 1.0;
      s.drift += drift;
      s.squares = fused(drift, drift, s.squares);
      s.near += conditions[c].variogram[p].near;
      s.far += conditions[c].variogram[p].far;
    }
  }
}

EpisodeChecks::Drift EpisodeChecks::drift(std::size_t condition, std::size_t population) const {
  const Sums& s = conditions_[condition][population];
  if (s.episodes < 2.0) return {kNone, kNone};
  const double mean = s.drift / s.episodes, variance = (s.squares - s.drift * mean) / (s.episodes - 1.0);
  return {mean, std::sqrt(std::fmax(0.0, variance) / s.episodes)};
}

double EpisodeChecks::wander(std::size_t condition, std::size_t population) const {
  const Sums& s = conditions_[condition][population];
  return s.far > 0.0 ? 1.0 - s.near / s.far : kNone;
}

bool EpisodeChecks::heals_too_short(std::size_t condition, std::size_t population) const {
  const Drift d = drift(condition, population);
  return std::fabs(d.mean) > kLargestDrift && std::fabs(d.mean) > kErrors * d.standard_error;
}

bool EpisodeChecks::wanders(std::size_t condition, std::size_t population) const {
  return conditions_[condition][population].episodes >= kFewest &&
         wander(condition, population) > kMostWander;
}

void EpisodeChecks::archive(StateArchive& a) {
  a.list("episode_checks", conditions_, [](StateArchive& condition, std::vector<Sums>& populations) {
    condition.list("populations", populations, [](StateArchive& inner, Sums& s) {
      inner.value("episodes", s.episodes);
      inner.value("drift", s.drift);
      inner.value("squares", s.squares);
      inner.value("near", s.near);
      inner.value("far", s.far);
    });
  });
}

}  // namespace penfield
