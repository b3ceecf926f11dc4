#include "host/build/merge_networks.hpp"

#include <string>
#include <utility>

#include "penfield/base/error.hpp"

namespace penfield {

Network merge_networks(std::vector<Network> networks) {
  if (networks.empty()) throw Error(ExitCode::internal, "no networks to put side by side");
  Network merged = std::move(networks.front());
  for (std::size_t k = 0; k < networks.size(); ++k) {
    Network& one = k == 0 ? merged : networks[k];
    if (one.dt_ms != merged.dt_ms || !one.ranks->alone() || one.touch.length > 0)
      throw Error(ExitCode::internal, "networks side by side share dt, and have neither ranks nor touches");
    if (k == 0) continue;
    const std::string suffix = " #" + std::to_string(k + 1);
    const auto first_population = static_cast<std::uint32_t>(merged.populations.size());
    for (auto& p : one.populations) {
      p->name += suffix;
      p->view.index += first_population;
      p->view.seed_shift += one.seed - merged.seed;
      merged.populations.push_back(std::move(p));
    }
    for (auto& p : one.projections) {
      p->name += suffix;
      p->view.index = static_cast<std::uint32_t>(merged.projections.size());
      p->view.source += first_population;
      p->view.target += first_population;
      merged.projections.push_back(std::move(p));
    }
  }
  merged.bind();
  return merged;
}

}  // namespace penfield
