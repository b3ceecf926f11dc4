#pragma once
// Histories: what a process did, interval by interval, as named series of equal length, of which the first is
// time. A type of history has `group` (in results.h5), name() and series().
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "host/record/results_file.hpp"
#include "host/run/state_archive.hpp"

namespace penfield {

/// One series, as files and pages name it.
template <class History>
struct HistorySeries {
  const char* name;
  const char* unit;
  const char* meaning;
  std::vector<double> History::*values;
};

template <class History>
std::size_t length_of(const History& h) {
  return (h.*(History::series()[0].values)).size();
}

/// The intervals from `from` on.
template <class History>
History tail_of(const History& h, std::size_t from) {
  History out = h;
  for (const auto& series : History::series()) {
    std::vector<double>& values = out.*series.values;
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(from));
  }
  return out;
}

/// Puts a piece behind the history it belongs to.
template <class History>
void join_history(std::vector<History>& all, const History& piece) {
  for (History& h : all) {
    if (h.name() != piece.name()) continue;
    for (const auto& series : History::series()) {
      const std::vector<double>& values = piece.*series.values;
      (h.*series.values).insert((h.*series.values).end(), values.begin(), values.end());
    }
    return;
  }
  all.push_back(piece);
}

template <class History>
void archive_history(StateArchive& a, History& h) {
  a.value(History::name_key, h.name());
  for (const auto& series : History::series()) a.value(series.name, h.*series.values);
}

template <class History>
void add_datasets(std::vector<Dataset>& datasets, const std::vector<History>& all) {
  for (const History& h : all) {
    std::string name = h.name();
    std::replace(name.begin(), name.end(), '/', '_');
    for (const auto& series : History::series())
      datasets.push_back({std::string(History::group) + "/" + name + "/" + series.name,
                          {length_of(h)},
                          h.*series.values,
                          series.unit,
                          series.meaning,
                          {"interval"}});
  }
}

}  // namespace penfield
