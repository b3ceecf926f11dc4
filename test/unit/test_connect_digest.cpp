// Known answers: the same network from every compiler, optimisation level and machine. A change of these
// numbers changes every network that users have built from a seed; it needs a reason and a note in the change
// log.
#include <bit>

#include "penfield/connect/delay.hpp"
#include "penfield/numerics/hash.hpp"
#include "test/support/catch.hpp"
#include "test/support/connect_rows.hpp"

using namespace penfield;
using namespace penfield::test;
using Kind = ConnectRule::Kind;

namespace {

std::uint64_t digest_of(Kind kind, bool allow_multapses) {
  const LaidOut sources(700, {1.5f, 1.0f, true}, Layout::Kind::jittered_grid);
  const LaidOut targets(500, {1.5f, 1.0f, true}, Layout::Kind::uniform);
  ConnectRule rule;
  rule.kind = kind;
  rule.probability = 0.07;
  rule.in_degree = 30;
  rule.out_degree = 25;
  rule.total = 9000;
  rule.kernel.sigma_mm = 0.15;
  rule.kernel.peak = 0.8;
  rule.allow_multapses = allow_multapses;
  const RowMaker maker(rule, 42, 3, sources.geometry(), targets.geometry(), false);
  const ValueDrawer weight(ValueDistribution::lognormal(0.4, 0.5));
  const DelayDrawer delay({ValueDistribution::normal(1.5, 0.75), 0.3}, 0.1);
  std::uint64_t sum = 0;
  std::vector<std::uint32_t> row;
  for (std::uint32_t t = 0; t < maker.num_targets(); ++t) {
    maker.make_row(t, row);
    for (std::uint32_t i = 0; i < row.size(); ++i) {
      const SynapseKey key{3, t, i};
      const float w = static_cast<float>(weight.draw(42, Stream::connect_weight, key));
      const std::uint64_t place = (std::uint64_t{t} << 32) | i;
      sum += element_digest(1, place, row[i]);
      sum += element_digest(2, place, std::bit_cast<std::uint32_t>(w));
      sum += element_digest(3, place, delay.draw(42, key, maker.distance_mm(t, row[i])));
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("networks keep their digests", "[connect]") {
  CHECK(digest_of(Kind::all_to_all, false) == 0x1bab6322b07e1e9full);
  CHECK(digest_of(Kind::fixed_probability, false) == 0xbab82d905bbd8309ull);
  CHECK(digest_of(Kind::fixed_in_degree, true) == 0x42ff80b92daefce2ull);
  CHECK(digest_of(Kind::fixed_in_degree, false) == 0x25c131b1b43e8e57ull);
  CHECK(digest_of(Kind::fixed_out_degree, true) == 0x49b85b53f017a250ull);
  CHECK(digest_of(Kind::fixed_out_degree, false) == 0x749bcc348a4756e0ull);
  CHECK(digest_of(Kind::fixed_total_number, true) == 0x0016aeae5ca3d973ull);
  CHECK(digest_of(Kind::distance_probability, false) == 0xc3f25e112eaed133ull);
  CHECK(digest_of(Kind::distance_in_degree, true) == 0x0e2db2966458dd76ull);
  CHECK(digest_of(Kind::distance_in_degree, false) == 0xd3cca6c13137a3b7ull);
  CHECK(digest_of(Kind::topographic, true) == 0x0e2db2966458dd76ull);
}
