#include "kernels/cuda/persistent_steps.cuh"

#include <algorithm>
#include <numeric>
#include <queue>
#include <utility>

#include "kernels/cuda/device.cuh"
#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

/// A launch ends after so many steps: some tens of milliseconds.
constexpr StepIndex kStepsOfLaunch = 4096;
/// Owners save a barrier and the sums in L2. They cost more than that where the busiest block has more than
/// so many times the mean load of those with a tile, or where fewer than one in so many blocks have one.
constexpr double kUneven = 2.0;
constexpr std::size_t kIdle = 3;

/// Are spike lists kept for as long as a block that is ahead of others needs? So the builder makes them.
bool lists_wait(const Network& network) {
  const StepIndex batch = network.batched_steps();
  for (const auto& projection : network.projections) {
    const ProjectionView& v = projection->view;
    const StepIndex wait = v.rule < 0 ? v.pieces.last_age() : v.dendritic ? 0 : v.max_delay;
    if (network.populations[v.source]->view.list_slots < wait + 2 * batch) return false;
  }
  return true;
}

/// [item] block, in turn to that with the least so far, from the costliest on.
std::vector<std::uint32_t> level_out(const std::vector<double>& cost, std::uint32_t blocks, double* most) {
  std::vector<std::uint32_t> order(cost.size()), block(cost.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return cost[a] > cost[b]; });
  using Load = std::pair<double, std::uint32_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<Load>> loads;
  for (std::uint32_t b = 0; b < blocks; ++b) loads.push({0.0, b});
  *most = 0.0;
  for (const std::uint32_t k : order) {
    const Load least = loads.top();
    loads.pop();
    block[k] = least.second;
    loads.push({least.first + cost[k], least.second});
    *most = std::max(*most, least.first + cost[k]);
  }
  return block;
}

}  // namespace

PersistentSteps::PersistentSteps(const Stream& stream, int device, std::uint32_t most_blocks)
    : stream_(stream), device_(device), most_blocks_(most_blocks) {
  int cooperative = 0;
  PENFIELD_CUDA_CHECK(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, device));
  if (cooperative == 0)
    throw Error(ExitCode::no_device, "--kernel persistent needs a card with cooperative launch, " +
                                         device_identity() + " has none; use --kernel graph");
}

BlocksWanted PersistentSteps::choose_owners(const Network& network) {
  whole_ = needs_whole_kernel(network);
  card_ = persistent_residence(device_, whole_);
  if (most_blocks_ != 0) card_.blocks = std::min(card_.blocks, most_blocks_);
  if (card_.blocks == 0)
    throw Error(ExitCode::internal,
                "not one block of the persistent kernel fits onto " + device_identity() + ", report it");
  tiles_.clear();
  first_.clear();
  std::vector<double> cost;
  for (std::uint32_t p = 0; p < network.populations.size(); ++p) {
    const PopulationView& view = network.populations[p]->view;
    first_.push_back(static_cast<std::uint32_t>(tiles_.size()));
    for (std::uint32_t t = 0; t < view.num_tiles; ++t) {
      tiles_.push_back({{{p, t, HeldTile::kInMemory}, 0}, 0});
      cost.push_back(tile_count(view, t));
    }
  }
  const std::vector<double> neurons = cost;
  for (const auto& projection : network.projections)
    for (std::uint32_t t = 0; t < projection->tiles.size(); ++t)
      cost[first_[projection->view.target] + t] +=
          static_cast<double>(projection->tiles[t].num_synapses()) / 64.0;  // of some hundred, one a step
  double most = 0.0;
  std::vector<std::uint32_t> block = level_out(cost, card_.blocks, &most);
  const double all = std::accumulate(cost.begin(), cost.end(), 0.0);
  const auto busy = static_cast<double>(std::min<std::size_t>(cost.size(), card_.blocks));
  owned_ = lists_wait(network) && most * busy <= kUneven * all && kIdle * cost.size() >= card_.blocks;
  if (!owned_) block = level_out(neurons, card_.blocks, &most);
  for (std::size_t k = 0; k < tiles_.size(); ++k) tiles_[k].block = block[k];
  keep_rings(network);
  view_.batch = network.batched_steps();
  view_.owned = owned_;
  const std::uint32_t sharing = owned_ ? 0 : card_.blocks;
  return {sharing, sharing, 0, card_.blocks};
}

void PersistentSteps::keep_rings(const Network& network) {
  sums_ = 0;
  if (!owned_) return;
  std::vector<std::size_t> used(card_.blocks, 0);
  for (Tile& tile : tiles_) {
    const PopulationView& p = network.populations[tile.own.held.population]->view;
    std::size_t needs = 0;
    for (std::uint32_t port = 0; port < p.num_ports; ++port)
      if (p.ring[port] != nullptr) needs += std::size_t{p.ring_slots} * p.tile_size;
    if (needs == 0 || used[tile.block] + needs > card_.sums) continue;
    tile.own.held.rings = static_cast<std::uint32_t>(used[tile.block]);
    used[tile.block] += needs;
    sums_ = std::max(sums_, used[tile.block]);
  }
}

void PersistentSteps::deal_shares(DealtTable<HeldShare>& to, const DeliveryList& from) {
  std::vector<HeldShare> shares;
  std::vector<std::uint32_t> block;
  for (const BlockShare& mine : from.shares()) {
    const Tile& tile = tiles_[first_[mine.share.population] + mine.share.tile];
    block.push_back(owned_ ? tile.block : static_cast<std::uint32_t>(shares.size()) % card_.blocks);
    shares.push_back({tile.own.held, mine});
  }
  to.assign(shares, block, card_.blocks, stream_);
}

void PersistentSteps::deal(const LaunchPlan& plan, const SpikeRecorder& recorder) {
  std::vector<OwnTile> tiles;
  std::vector<std::uint32_t> block;
  for (const Tile& tile : tiles_) {
    tiles.push_back(tile.own);
    block.push_back(tile.block);
  }
  for (const TargetTile& at : recorder.tiles()) tiles[first_[at.population] + at.tile].recorded = 1;
  own_.assign(tiles, block, card_.blocks, stream_);
  deal_shares(shares_static_, plan.deliver_static);
  view_.tiles = own_.view();
  view_.deliver_static = {shares_static_.view(), plan.deliver_static.view().segments};
  for (std::uint32_t rule = 0; rule < kRules; ++rule) {
    const RulePlan& of = plan.by_rule[rule];
    deal_shares(shares_plastic_[rule], of.deliver);
    view_.deliver_plastic[rule] = {shares_plastic_[rule].view(), of.deliver.view().segments};
    view_.flush[rule] = of.flush.view();
  }
  view_.marked = plan.marked.data();
  view_.num_marked = plan.marked.size();
  view_.spikes = recorder.buffer();
}

std::string PersistentSteps::description() const {
  const auto in_shared = std::count_if(tiles_.begin(), tiles_.end(), [](const Tile& tile) {
    return tile.own.held.rings != HeldTile::kInMemory;
  });
  return std::to_string(card_.blocks) + (card_.blocks == 1 ? " block, " : " blocks, ") +
         (owned_ ? "1 barrier in " : "2 barriers in ") + std::to_string(view_.batch) +
         (view_.batch == 1 ? " step" : " steps") + ", rings of " + std::to_string(in_shared) +
         (in_shared == 1 ? " tile" : " tiles") + " in shared memory";
}

void PersistentSteps::run(const StepTables& tables, StepIndex num_steps, bool learning) const {
  PersistentView work = view_;
  work.learns = learning;
  for (StepIndex left = num_steps; left > 0; left -= kStepsOfLaunch)
    persistent_steps(stream_.get(), {card_.blocks, sums_}, whole_, work, tables,
                     std::min(left, kStepsOfLaunch));
}

}  // namespace penfield::cuda
