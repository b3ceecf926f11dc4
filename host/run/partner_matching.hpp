#pragma once
// Who forms a synapse with whom on the raw clock: free elements of targets look for free elements of sources.
#include <cstdint>
#include <vector>

#include "host/run/sheet_cells.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/connect/rewire_row.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// Each free dendritic element draws free axonal ones by kernel(distance) times the growth field at the
/// source (find_partner in penfield/connect/rewire_row.hpp, which the episodic clock and a card use as well);
/// an axonal element that several draw takes one of them, evenly. Where axonal elements are scarce, only four
/// times as many dendritic ones look for them, picked evenly; what finds nobody stays free. Every rank finds
/// all pairs.
class PartnerMatching {
 public:
  PartnerMatching(const Scenario& scenario, const StructureSpec& spec, const Network& network,
                  std::uint32_t projection);

  /// [source] growth field from now on; 0: nobody's partner.
  void set_field(std::vector<float> field);

  /// Free elements, in whole numbers; without `offered`, every source takes whoever comes.
  struct Elements {
    const std::vector<std::uint32_t>* wanted = nullptr;   ///< [target]
    const std::vector<std::uint32_t>* offered = nullptr;  ///< [source]
  };
  /// Pairs by target; `step` keys the draws.
  std::vector<FormedSynapse> match(const Elements& free, std::uint64_t step);

  /// Delay of a new synapse, steps.
  std::int32_t delay(const FormedSynapse& pair) const { return new_delay(job_, pair.source, pair.target); }

 private:
  struct Proposal {
    std::uint32_t source, target, attempt, priority;
  };
  std::vector<Proposal> propose(const std::vector<std::uint32_t>& wanted, double chance, std::uint64_t step);

  RowRewiring job_;
  const Population& source_;
  std::vector<float> field_;
  SheetCells cells_;
  bool all_sources_ = false;  ///< the cells hold every source once
};

}  // namespace penfield
