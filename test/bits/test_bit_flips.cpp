// The digest sees every bit of the state: any bit of any array that says something, flipped, gives another
// digest.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "penfield/numerics/distributions.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"

namespace penfield::test {

namespace {

/// A network in mid-run: spikes on their way, histories half full, some weights unflushed.
EveryModelRun busy_network(const ScratchFolder& folder) {
  BuildOptions build;
  build.tile_size = 64;
  EveryModelRun run(every_model_scenario(folder, 0.15), build);
  run.macro_step();
  run.engine->run(230);
  return run;
}

/// The places of an array that hold nothing: entries of the spike lists beyond the number of spikes. All
/// others say something: places in the rings beyond the last neuron must be zero, and so are unused entries
/// of histories.
bool says_something(const Network& network, const StateArray& a, std::size_t element) {
  for (const auto& p : network.populations) {
    if (a.name.rfind(p->name + "/list_", 0) != 0 || a.name == p->name + "/list_size") continue;
    const PopulationView& v = p->view;
    if (a.name == p->name + "/list_start") return p->list_size[element] != 0;
    const std::size_t tile = element / v.list_length, at = element % v.list_length;
    for (std::uint32_t slot = 0; slot < v.list_slots; ++slot) {
      const std::size_t place = list_place(v, slot, tile);
      if (at - p->list_start[place] < p->list_size[place]) return true;
    }
    return false;
  }
  return true;
}

void flip(const StateArray& a, std::size_t element, std::uint32_t bit) {
  a.data[element * a.element_bytes + bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
}

}  // namespace

TEST_CASE("a flipped bit anywhere in the state changes the digest") {
  const ScratchFolder folder;
  EveryModelRun run = busy_network(folder);
  const StateDigest before = digest(run.network);
  RandomSequence random(11, 0u, 0, 0);
  std::uint64_t flips = 0, unused = 0;
  std::set<std::string> seen;
  for (const StateArray& a : run.network.arrays()) {
    if (a.kind != ArrayKind::fast && a.kind != ArrayKind::slow && a.kind != ArrayKind::topology) continue;
    const std::size_t count = a.bytes / a.element_bytes;
    REQUIRE(a.bytes == count * a.element_bytes);
    for (std::uint32_t k = 0; k < 12; ++k) {
      const std::size_t element = k == 0 ? 0 : k == 1 ? count - 1 : random.below(count);
      const auto bit = static_cast<std::uint32_t>(random.below(8 * a.element_bytes));
      if (!says_something(run.network, a, element)) {
        ++unused;
        continue;
      }
      flip(a, element, bit);
      if (digest(run.network) == before)
        FAIL("bit " << bit << " of element " << element << " of " << a.name << " is not seen");
      flip(a, element, bit);
      ++flips;
    }
    seen.insert(a.name.substr(a.name.rfind('/') + 1));
  }
  REQUIRE(digest(run.network) == before);
  REQUIRE(flips > 2000);
  for (const char* name : {"column[0]",
                           "ring[0]",
                           "factor[1]",
                           "background_Hz",
                           "skin_gain",
                           "spike_count",
                           "list_size",
                           "list_start",
                           "list_neuron",
                           "list_previous_step",
                           "list_previous_trace[1]",
                           "trace[0]",
                           "last_spike",
                           "burst_sum",
                           "history_step",
                           "history_trace[0]",
                           "history_count",
                           "history_mark",
                           "history_flushed",
                           "earlier_spike",
                           "flush_due",
                           "offset",
                           "code",
                           "packed",
                           "weight"})
    REQUIRE(seen.count(name) == 1);
}

TEST_CASE("every bit of one element of each kind of array is seen") {
  const ScratchFolder folder;
  EveryModelRun run = busy_network(folder);
  const StateDigest before = digest(run.network);
  std::set<std::string> seen;
  for (const StateArray& a : run.network.arrays()) {
    if (a.kind != ArrayKind::fast && a.kind != ArrayKind::slow && a.kind != ArrayKind::topology) continue;
    std::size_t element = a.bytes / a.element_bytes / 2;
    while (!says_something(run.network, a, element) && element > 0) --element;
    if (!says_something(run.network, a, element) || !seen.insert(a.name.substr(a.name.rfind('/') + 1)).second)
      continue;
    for (std::uint32_t bit = 0; bit < 8 * a.element_bytes; ++bit) {
      flip(a, element, bit);
      if (digest(run.network) == before)
        FAIL("bit " << bit << " of element " << element << " of " << a.name << " is not seen");
      flip(a, element, bit);
    }
  }
  REQUIRE(seen.size() >= 23);
}

TEST_CASE("what changed places changes the digest") {
  const ScratchFolder folder;
  EveryModelRun run = busy_network(folder);
  const StateDigest before = digest(run.network);
  Population& e = *run.network.populations[1];
  std::swap(e.columns[0][3], e.columns[0][700 % e.view.n]);
  REQUIRE_FALSE(digest(run.network) == before);
  std::swap(e.columns[0][3], e.columns[0][700 % e.view.n]);
  std::swap(e.columns[1], e.columns[2]);
  REQUIRE_FALSE(digest(run.network) == before);
  std::swap(e.columns[1], e.columns[2]);
  std::swap(run.network.projections[0]->tiles[0].weight[0], run.network.projections[0]->tiles[0].weight[5]);
  REQUIRE_FALSE(digest(run.network) == before);
  std::swap(run.network.projections[0]->tiles[0].weight[0], run.network.projections[0]->tiles[0].weight[5]);
  REQUIRE(digest(run.network) == before);
}

}  // namespace penfield::test
