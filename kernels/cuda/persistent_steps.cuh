#pragma once
// Steps by one cooperative kernel that stays on the card: the phases of a step as the graph has them, with
// barriers over the grid between them instead of nodes. No card has run it yet, so it is chosen by name.
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/device_table.cuh"
#include "kernels/cuda/launch_plan.cuh"
#include "kernels/cuda/spike_recorder.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/model/plasticity/catalogue.hpp"
#include "penfield/state/network.hpp"

namespace penfield::cuda {

/// A tile, of whose population a block keeps a view in shared memory, and perhaps its rings.
struct HeldTile {
  static constexpr std::uint32_t kInMemory = ~0u;

  std::uint32_t population, tile;
  std::uint32_t rings;  ///< where its rings begin in the block's sums; kInMemory: where the view says
};
/// A tile that a block updates.
struct OwnTile {
  HeldTile held;
  std::uint32_t recorded;  ///< are its spikes kept?
};
/// What a block delivers.
struct HeldShare {
  HeldTile held;
  BlockShare mine;
};

/// Items dealt to blocks, as kernels get them: block b has item[first[b]], ..., item[first[b + 1] - 1].
template <class T>
struct Dealt {
  const T* item;
  const std::uint32_t* first;
};
template <class T>
class DealtTable {
 public:
  /// `block_of`: of each item, below `blocks`.
  void assign(const std::vector<T>& items, const std::vector<std::uint32_t>& block_of, std::uint32_t blocks,
              const Stream& stream) {
    std::vector<std::uint32_t> first(blocks + 1, 0);
    for (const std::uint32_t b : block_of) ++first[b + 1];
    for (std::uint32_t b = 0; b < blocks; ++b) first[b + 1] += first[b];
    std::vector<std::uint32_t> next = first;
    std::vector<T> dealt(items.size());
    for (std::size_t k = 0; k < items.size(); ++k) dealt[next[block_of[k]]++] = items[k];
    items_.assign(std::move(dealt), stream);
    first_.assign(std::move(first), stream);
  }
  Dealt<T> view() const { return {items_.data(), first_.data()}; }

 private:
  DeviceTable<T> items_;
  DeviceTable<std::uint32_t> first_;
};

constexpr std::uint32_t kRules = PlasticityRules::size;

/// All that the kernel gets beside StepTables.
struct PersistentView {
  struct Delivery {
    Dealt<HeldShare> shares;
    const Segment* segments;
  };
  Dealt<OwnTile> tiles;
  Delivery deliver_static;
  Delivery deliver_plastic[kRules];
  WorkView flush[kRules];
  const TargetTile* marked;
  std::uint32_t num_marked;
  Spike* spikes;
  StepIndex batch;  ///< steps that a tile may be updated before what it fired is delivered
  bool owned;       ///< a tile's block alone delivers into it, and need not wait for others before it updates
  bool learns;
};

/// A card that runs all blocks of a grid at once, and what each block may use.
struct Residence {
  std::uint32_t blocks = 0;
  std::size_t sums = 0;  ///< dynamic shared memory of a block, [4 bytes]
};

class PersistentSteps {
 public:
  /// `most_blocks`: 0 for as many as the card takes. Throws Error(no_device) where the card has no
  /// cooperative launch.
  PersistentSteps(const Stream& stream, int device, std::uint32_t most_blocks);

  /// Chooses who owns which tile. Says into how many blocks' shares the launch plan is to cut its work.
  BlocksWanted choose_owners(const Network& network);
  /// Deals out the plan that was made so.
  void deal(const LaunchPlan& plan, const SpikeRecorder& recorder);
  /// "264 blocks, 1 barrier in 8 steps, rings of 305 tiles in shared memory".
  std::string description() const;
  /// Makes `num_steps` steps from Control::step on, in few launches.
  void run(const StepTables& tables, StepIndex num_steps, bool learning) const;

 private:
  struct Tile {
    OwnTile own;
    std::uint32_t block;
  };
  void keep_rings(const Network& network);
  void deal_shares(DealtTable<HeldShare>& to, const DeliveryList& from);

  const Stream& stream_;
  int device_;
  std::uint32_t most_blocks_;
  Residence card_;
  std::vector<Tile> tiles_;           ///< by population, then tile
  std::vector<std::uint32_t> first_;  ///< [population] its first in tiles_
  std::size_t sums_ = 0;              ///< of the block that needs most, [4 bytes]
  bool owned_ = false, whole_ = true;
  DealtTable<OwnTile> own_;
  DealtTable<HeldShare> shares_static_, shares_plastic_[kRules];
  PersistentView view_{};
};

/// There are two kernels. Does a network need the one that has everything? Its blocks are fewer.
bool needs_whole_kernel(const Network& network);
/// What a network has that no persistent kernel has, with the name of where; empty: nothing.
std::string lacks_of_persistent(const Network& network);

/// How many blocks of a kernel a card takes at once, and what shared memory each of them then may use.
Residence persistent_residence(int device, bool whole);

/// Launches one; see PersistentSteps::run.
void persistent_steps(cudaStream_t stream, const Residence& grid, bool whole, const PersistentView& work,
                      const StepTables& tables, StepIndex num_steps);

}  // namespace penfield::cuda
