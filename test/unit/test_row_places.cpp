// Rows as offsets and as groups: the same places, the same bits.
#include <numeric>
#include <vector>

#include "kernels/cpu/cpu_engine.hpp"
#include "penfield/state/network.hpp"
#include "penfield/step/sweep.hpp"
#include "test/support/catch.hpp"
#include "test/support/every_model.hpp"
#include "test/support/row_forms.hpp"
#include "test/support/small_network.hpp"

namespace penfield::test {

namespace {

/// A tile whose rows have these lengths, without its synapses' arrays but their number.
SynapseTile tile_of(const std::vector<std::uint32_t>& lengths, std::vector<std::uint32_t>& offsets) {
  offsets.assign(1, 0);
  for (const std::uint32_t length : lengths) offsets.push_back(offsets.back() + length);
  SynapseTile tile;
  tile.source_end = static_cast<std::uint32_t>(lengths.size());
  tile.code.leave_elsewhere(offsets.back());
  tile.set_rows(offsets);
  return tile;
}

void require_rows(const SynapseTile& tile, const std::vector<std::uint32_t>& offsets) {
  const RowPlaces rows = tile.rows();
  REQUIRE(tile.rows_are_sound());
  TileSynapses view;
  view.rows = rows;
  const auto num_rows = static_cast<std::uint32_t>(offsets.size() - 1);
  bool same = true;
  for (std::size_t r = 0; r + 1 < offsets.size(); ++r) {
    const RowRange row = rows.at(r);
    same = same && row.begin == offsets[r] && row.end == offsets[r + 1];
    for (std::uint32_t k = row.begin; k < row.end && k < row.begin + 3; ++k)
      for (const std::uint32_t from : {std::uint32_t{0}, static_cast<std::uint32_t>(r)})
        same = same && piece_of(view, num_rows, k, from) == r;
  }
  REQUIRE(same);
}

}  // namespace

TEST_CASE("rows are where their offsets say, in groups or not") {
  std::vector<std::uint32_t> offsets;
  for (const std::size_t n : {1, 2, 63, 64, 65, 128, 1000})
    for (const std::uint32_t every : {1, 2, 7, 64, 3000}) {
      CAPTURE(n, every);
      std::vector<std::uint32_t> lengths(n, 0);
      for (std::size_t r = n - 1;; r -= every) {
        lengths[r] = 1 + static_cast<std::uint32_t>(r % 5);
        if (r < every) break;
      }
      SynapseTile tile = tile_of(lengths, offsets);
      require_rows(tile, offsets);
      if (every == 1 || n < 9) REQUIRE(tile.group.empty());
      if (every >= 7 && n >= 63) REQUIRE_FALSE(tile.group.empty());
      keep_in_groups(tile);
      require_rows(tile, offsets);
      keep_as_offsets(tile);
      require_rows(tile, offsets);
    }
}

TEST_CASE("rows that are too long for groups stay offsets, and those that just fit are found") {
  std::vector<std::uint32_t> offsets, lengths(70000, 0);
  lengths[3] = 65534;
  lengths[63] = 1;
  lengths[64] = 65535;
  lengths[639] = 2;
  const SynapseTile fits = tile_of(lengths, offsets);
  REQUIRE_FALSE(fits.group.empty());
  require_rows(fits, offsets);
  for (const std::size_t row : {std::size_t{10}, std::size_t{64}}) {
    std::vector<std::uint32_t> longer = lengths;
    ++longer[row];
    const SynapseTile too_long = tile_of(longer, offsets);
    REQUIRE(too_long.group.empty());
    require_rows(too_long, offsets);
  }
}

TEST_CASE("rows without a synapse, and tiles without a row") {
  std::vector<std::uint32_t> offsets;
  const SynapseTile none = tile_of({}, offsets);
  REQUIRE(none.rows_are_sound());
  REQUIRE(none.offset.size() == 1);
  const SynapseTile empty = tile_of(std::vector<std::uint32_t>(300, 0), offsets);
  require_rows(empty, offsets);
  REQUIRE(empty.row_end.empty());
}

TEST_CASE("an engine does the same with rows in either form", "[parity]") {
  const std::uint32_t threads = GENERATE(1u, 3u);
  const ScratchFolder folder;
  const Scenario scenario = every_model_scenario(folder, 0.1);
  StateDigest digests[2];
  std::size_t changed = 0;
  for (const bool grouped : {false, true}) {
    EveryModelRun run(scenario, tiles_of(32), {threads});
    for (auto& projection : run.network.projections)
      for (SynapseTile& tile : projection->tiles) {
        if (tile.num_rows() == 0) continue;
        changed += tile.group.empty() == grouped ? 1 : 0;
        grouped ? keep_in_groups(tile) : keep_as_offsets(tile);
      }
    run.network.bind();
    run.engine->upload();
    run.engine->run(3000);
    run.engine->download();
    digests[grouped] = digest(run.network);
  }
  REQUIRE(changed > 10);
  REQUIRE(digests[0] == digests[1]);
}

}  // namespace penfield::test
