#include "host/build/merge_networks.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "penfield/base/error.hpp"

namespace penfield {

namespace {

[[noreturn]] void refuse(std::size_t number, const std::string& why) {
  throw Error(ExitCode::internal,
              "network " + std::to_string(number) + " cannot run side by side with others: " + why);
}

void require_alike(const Network& first, const Network& one, std::size_t number) {
  if (!one.ranks->alone())
    refuse(number, "it is held by " + std::to_string(one.ranks->size()) +
                       " processes, start one process for several networks");
  if (one.instances != 1) refuse(number, "it is several networks already, merge all of them at once");
  if (one.touch.length > 0) refuse(number, "it is touched, and all would be, run it alone");
  if (one.dt_ms != first.dt_ms)
    refuse(number, "its step is " + std::to_string(one.dt_ms) + " ms, and that of network 1 " +
                       std::to_string(first.dt_ms) + " ms, give all the same dt_ms");
  const bool same_populations =
      std::equal(one.populations.begin(), one.populations.end(), first.populations.begin(),
                 first.populations.end(), [](const auto& a, const auto& b) { return a->name == b->name; });
  if (!same_populations || one.projections.size() != first.projections.size())
    refuse(number,
           "its populations or projections are not those of network 1, only their parameters may differ");
}

}  // namespace

Network merge_networks(std::vector<Network> networks) {
  if (networks.empty()) throw Error(ExitCode::internal, "no networks to put side by side, give at least one");
  for (std::size_t k = 0; k < networks.size(); ++k) require_alike(networks[0], networks[k], k + 1);
  Network merged = std::move(networks[0]);
  merged.instances = static_cast<std::uint32_t>(networks.size());
  for (std::size_t k = 1; k < networks.size(); ++k) {
    const std::string suffix = " #" + std::to_string(k + 1);
    const auto first_population = static_cast<std::uint32_t>(merged.populations.size());
    const auto first_modulator = static_cast<std::int32_t>(merged.modulators.size());
    for (auto& m : networks[k].modulators) {
      m->name += suffix;
      merged.modulators.push_back(std::move(m));
    }
    for (auto& p : networks[k].populations) {
      p->name += suffix;
      p->view.index += first_population;
      p->view.seed_shift = networks[k].seed - merged.seed;
      merged.populations.push_back(std::move(p));
    }
    for (auto& p : networks[k].projections) {
      p->name += suffix;
      p->view.index = static_cast<std::uint32_t>(merged.projections.size());
      p->view.source += first_population;
      p->view.target += first_population;
      if (p->modulator >= 0) p->modulator += first_modulator;
      merged.projections.push_back(std::move(p));
    }
  }
  merged.bind();
  return merged;
}

}  // namespace penfield
