// Connection rules without distance: degrees, switches, totals, and independence of order and threads.
#include <algorithm>
#include <thread>

#include "test/support/catch.hpp"
#include "test/support/connect_rows.hpp"
#include "test/support/errors.hpp"
#include "test/support/statistics.hpp"

using namespace penfield;
using namespace penfield::test;
using Kind = ConnectRule::Kind;

namespace {

ConnectRule rule_of(Kind kind) {
  ConnectRule rule;
  rule.kind = kind;
  rule.probability = 0.1;
  rule.in_degree = 20;
  rule.out_degree = 20;
  rule.total = 8000;
  rule.kernel.sigma_mm = 0.2;
  rule.kernel.peak = 0.7;
  return rule;
}

constexpr Kind kGenerated[] = {Kind::all_to_all,         Kind::fixed_probability,  Kind::fixed_in_degree,
                               Kind::fixed_out_degree,   Kind::fixed_total_number, Kind::distance_probability,
                               Kind::distance_in_degree, Kind::topographic};

}  // namespace

TEST_CASE("rows are the same in any order, alone, and from several threads", "[connect]") {
  const LaidOut population(400, {1.0f, 1.0f, false});
  for (const Kind kind : kGenerated) {
    CAPTURE(info(kind).name);
    const RowMaker maker(rule_of(kind), 3, 9, population.geometry(), population.geometry(), true);
    const Rows rows = all_rows(maker);
    REQUIRE(num_synapses(rows) > 0);
    std::vector<std::uint32_t> row{1, 2, 3};
    const RowMaker again(rule_of(kind), 3, 9, population.geometry(), population.geometry(), true);
    for (std::uint32_t i = 0; i < 400; ++i) {
      const std::uint32_t target = (i * 263 + 17) % 400;
      again.make_row(target, row);
      REQUIRE(row == rows[target]);
      REQUIRE(is_ascending(row, false));
      REQUIRE(row.size() <= maker.max_in_degree());
    }
    Rows threaded(400);
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint32_t target = t; target < 400; target += 4) maker.make_row(target, threaded[target]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(threaded == rows);
    if (kind == Kind::all_to_all) continue;
    CHECK(all_rows(RowMaker(rule_of(kind), 4, 9, population.geometry(), population.geometry(), true)) !=
          rows);
    CHECK(all_rows(RowMaker(rule_of(kind), 3, 8, population.geometry(), population.geometry(), true)) !=
          rows);
  }
}

TEST_CASE("self-connections and multapses appear only where allowed", "[connect]") {
  const LaidOut population(60, {1.0f, 1.0f, true});
  for (const Kind kind : kGenerated) {
    for (const bool allow_self : {false, true}) {
      for (const bool allow_multapses : {false, true}) {
        if (kind == Kind::fixed_total_number && !allow_multapses) continue;
        CAPTURE(info(kind).name, allow_self, allow_multapses);
        ConnectRule rule = rule_of(kind);
        rule.allow_self = allow_self;
        rule.allow_multapses = allow_multapses;
        const Rows rows = all_rows(RowMaker(rule, 3, 9, population.geometry(), population.geometry(), true));
        bool has_self = false;
        bool has_multapse = false;
        for (std::uint32_t target = 0; target < 60; ++target) {
          has_self = has_self || std::binary_search(rows[target].begin(), rows[target].end(), target);
          has_multapse = has_multapse || !is_ascending(rows[target], true);
        }
        CHECK(has_self == allow_self);
        const bool makes_multapses =
            kind != Kind::all_to_all && kind != Kind::fixed_probability && kind != Kind::distance_probability;
        CHECK(has_multapse == (allow_multapses && makes_multapses));
        // Between two populations, equal indices are not the same neuron.
        const Rows between =
            all_rows(RowMaker(rule, 3, 9, population.geometry(), population.geometry(), false));
        bool has_equal = false;
        for (std::uint32_t target = 0; target < 60; ++target) {
          has_equal = has_equal || std::binary_search(between[target].begin(), between[target].end(), target);
        }
        CHECK(has_equal);
      }
    }
  }
}

TEST_CASE("one_to_one and all_to_all", "[connect]") {
  const RowMaker one(rule_of(Kind::one_to_one), 1, 1, without_positions(5), without_positions(5), false);
  CHECK(all_rows(one) == Rows{{0}, {1}, {2}, {3}, {4}});
  CHECK(one.expected_synapses() == 5);
  const RowMaker all(rule_of(Kind::all_to_all), 1, 1, without_positions(3), without_positions(2), false);
  CHECK(all_rows(all) == Rows{{0, 1, 2}, {0, 1, 2}});
  const RowMaker others(rule_of(Kind::all_to_all), 1, 1, without_positions(3), without_positions(3), true);
  CHECK(all_rows(others) == Rows{{1, 2}, {0, 2}, {0, 1}});
  CHECK(others.expected_synapses() == 6);
  CHECK(others.max_in_degree() == 2);
}

TEST_CASE("fixed_probability: binomial in- and out-degrees, pairs independent", "[connect]") {
  for (const double p : {0.003, 0.1, 0.5, 0.97}) {
    CAPTURE(p);
    ConnectRule rule = rule_of(Kind::fixed_probability);
    rule.probability = p;
    const RowMaker maker(rule, 11, 2, without_positions(300), without_positions(3000), false);
    const Rows rows = all_rows(maker);
    const auto chance_in = [&](std::size_t k) { return binomial_chance(300, static_cast<double>(k), p); };
    CHECK(chi_square_of_counts(histogram(in_degrees(rows), 301), chance_in) > kAbsurd);
    CHECK(chi_square_of_counts(out_degrees(rows, 300), [](std::size_t) { return 1.0 / 300; }) > kAbsurd);
    const double expected = 300.0 * 3000.0 * p;
    CHECK(maker.expected_synapses() == static_cast<std::uint64_t>(expected + 0.5));
    CHECK(std::abs(static_cast<double>(num_synapses(rows)) - expected) <
          4.5 * std::sqrt(expected * (1.0 - p)));
    // Neighbouring sources are joined as often as independence says.
    double both = 0.0;
    for (const auto& row : rows) {
      for (std::size_t i = 1; i < row.size(); ++i) both += row[i] == row[i - 1] + 1 ? 1.0 : 0.0;
    }
    const double pairs = 299.0 * 3000.0 * p * p;
    CHECK(std::abs(both - pairs) < 5.0 * std::sqrt(pairs * 3.0) + 1.0);
  }
  ConnectRule rule = rule_of(Kind::fixed_probability);
  rule.probability = 1.0;
  CHECK(num_synapses(all_rows(RowMaker(rule, 1, 1, without_positions(40), without_positions(40), true))) ==
        40 * 39);
  rule.probability = 0.0;
  CHECK(num_synapses(all_rows(RowMaker(rule, 1, 1, without_positions(40), without_positions(40), true))) ==
        0);
}

TEST_CASE("fixed_in_degree: exact in-degree, even choice of sources", "[connect]") {
  for (const bool allow_multapses : {true, false}) {
    for (const std::uint32_t degree : {1u, 30u, 60u, 99u}) {
      CAPTURE(allow_multapses, degree);
      ConnectRule rule = rule_of(Kind::fixed_in_degree);
      rule.in_degree = degree;
      rule.allow_multapses = allow_multapses;
      const RowMaker maker(rule, 5, 2, without_positions(100), without_positions(2000), false);
      const Rows rows = all_rows(maker);
      for (const auto& row : rows) REQUIRE(row.size() == degree);
      // Without repeats a source's out-degree is binomial(targets, degree / sources).
      const std::vector<double> out = out_degrees(rows, 100);
      const double share = degree / 100.0;
      const double variance = 2000.0 * (allow_multapses ? degree * 0.01 * 0.99 : share * (1.0 - share));
      double statistic = 0.0;
      for (const double d : out) statistic += (d - 2000.0 * share) * (d - 2000.0 * share) / variance;
      CHECK(chi_square_tail(statistic * 99.0 / 100.0, 99) > kAbsurd);
      CHECK(chi_square_tail(statistic * 99.0 / 100.0, 99) < 1.0 - kAbsurd);
    }
  }
}

TEST_CASE("draws without repeats make every subset equally likely", "[connect]") {
  for (const std::uint32_t k : {2u, 3u, 4u}) {  // of 6: the direct way and the complement
    std::vector<double> seen(64, 0.0);
    std::vector<std::uint32_t> row;
    for (std::uint32_t i = 0; i < 20000; ++i) {
      row.clear();
      RandomSequence random = connect_sequence(8, Stream::connect_source, i, k);
      sample_distinct(random, 6, k, row);
      std::size_t mask = 0;
      for (const std::uint32_t value : row) mask |= std::size_t{1} << value;
      ++seen[mask];
    }
    std::vector<double> subsets;
    for (std::size_t mask = 0; mask < 64; ++mask) {
      if (__builtin_popcountll(mask) == static_cast<int>(k)) subsets.push_back(seen[mask]);
    }
    CHECK(chi_square_of_counts(
              subsets, [&](std::size_t) { return 1.0 / static_cast<double>(subsets.size()); }) > kAbsurd);
  }
}

TEST_CASE("fixed_out_degree: exact out-degree, even choice of targets", "[connect]") {
  for (const bool allow_multapses : {true, false}) {
    ConnectRule rule = rule_of(Kind::fixed_out_degree);
    rule.out_degree = 40;
    rule.allow_multapses = allow_multapses;
    const RowMaker maker(rule, 5, 2, without_positions(3000), without_positions(200), false);
    const Rows rows = all_rows(maker);
    for (const double degree : out_degrees(rows, 3000)) REQUIRE(degree == 40.0);
    CHECK(maker.expected_synapses() == num_synapses(rows));
    const double p = 0.2;
    const double variance = 3000.0 * (allow_multapses ? 40.0 / 200.0 * (1.0 - 1.0 / 200.0) : p * (1.0 - p));
    double statistic = 0.0;
    std::size_t longest = 0;
    for (const auto& row : rows) {
      const double deviation = static_cast<double>(row.size()) - 600.0;
      statistic += deviation * deviation / variance * 199.0 / 200.0;
      longest = std::max(longest, row.size());
    }
    CHECK(chi_square_tail(statistic, 199) > kAbsurd);
    CHECK(chi_square_tail(statistic, 199) < 1.0 - kAbsurd);
    CHECK(maker.max_in_degree() == longest);
  }
}

TEST_CASE("fixed_total_number: exact total, binomial in-degrees, counts that can be had alone", "[connect]") {
  ConnectRule rule = rule_of(Kind::fixed_total_number);
  for (const std::uint64_t total : {std::uint64_t{1}, std::uint64_t{777}, std::uint64_t{60000}}) {
    rule.total = total;
    const RowMaker maker(rule, 5, 2, without_positions(150), without_positions(1999), false);
    const Rows rows = all_rows(maker);
    CHECK(num_synapses(rows) == total);
    CHECK(maker.expected_synapses() == total);
    const CountTree tree(5, 2, total, 1999);
    for (std::uint32_t target = 0; target < 1999; target += 13)
      REQUIRE(tree.count(target) == rows[target].size());
    const auto chance = [&](std::size_t k) {
      return binomial_chance(static_cast<double>(total), static_cast<double>(k), 1.0 / 1999);
    };
    CHECK(chi_square_of_counts(histogram(in_degrees(rows), 100), chance) > kAbsurd);
    CHECK(chi_square_of_counts(out_degrees(rows, 150), [](std::size_t) { return 1.0 / 150; }) > kAbsurd);
  }
}

TEST_CASE("empty populations and populations of one", "[connect]") {
  for (const Kind kind : kGenerated) {
    CAPTURE(info(kind).name);
    const LaidOut none(0, {1.0f, 1.0f, false});
    const LaidOut one(1, {1.0f, 1.0f, false});
    ConnectRule rule = rule_of(kind);
    const RowMaker no_targets(rule, 1, 1, one.geometry(), none.geometry(), false);
    CHECK(no_targets.num_targets() == 0);
    CHECK(no_targets.expected_synapses() == 0);
    CHECK(no_targets.max_in_degree() == 0);
    const RowMaker no_sources(rule, 1, 1, none.geometry(), one.geometry(), false);
    CHECK(all_rows(no_sources) == Rows{{}});
    CHECK(no_sources.expected_synapses() == 0);
    CHECK(no_sources.max_in_degree() == 0);
    CHECK(all_rows(RowMaker(rule, 1, 1, none.geometry(), none.geometry(), true)).empty());
    rule.kernel.peak = 1.0;
    rule.probability = 1.0;
    CHECK(num_synapses(all_rows(RowMaker(rule, 1, 1, one.geometry(), one.geometry(), false))) >= 1);
    rule.in_degree = rule.out_degree = 0;
    rule.total = 0;
    CHECK(num_synapses(all_rows(RowMaker(rule, 1, 1, one.geometry(), one.geometry(), true))) == 0);
  }
}

TEST_CASE("explicit_list: rows sorted by source, with the way back to the list", "[connect]") {
  EdgeList edges;
  edges.source = {4, 1, 1, 0, 4};
  edges.target = {0, 2, 0, 0, 0};
  edges.weight = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f};
  const RowMaker maker(rule_of(Kind::explicit_list), 1, 1, without_positions(5), without_positions(3), false,
                       &edges);
  CHECK(all_rows(maker) == Rows{{0, 1, 4, 4}, {}, {1}});
  CHECK(maker.expected_synapses() == 5);
  CHECK(maker.max_in_degree() == 4);
  const Span<const std::uint64_t> row = maker.edges_of(0);
  CHECK(std::vector<std::uint64_t>(row.begin(), row.end()) == std::vector<std::uint64_t>{3, 2, 0, 4});
}

TEST_CASE("requests that cannot be met are refused with the reason", "[connect]") {
  const auto problem = [](ConnectRule rule, std::uint32_t sources, std::uint32_t targets, bool same,
                          const EdgeList* edges = nullptr) {
    return validate(rule, without_positions(sources), without_positions(targets), same, edges).value_or("");
  };
  const auto says = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  ConnectRule rule = rule_of(Kind::fixed_in_degree);
  rule.allow_multapses = false;
  CHECK(problem(rule, 20, 10, false).empty());
  CHECK(says(problem(rule, 19, 10, false), "in_degree is 20, but only 19 sources"));
  CHECK(says(problem(rule, 20, 20, true), "only 19 sources"));
  rule.allow_multapses = true;
  CHECK(problem(rule, 19, 10, false).empty());
  CHECK(says(problem(rule, 1, 1, true), "no source to draw from"));
  CHECK(problem(rule, 0, 10, false).empty());
  rule.kind = Kind::fixed_out_degree;
  rule.allow_multapses = false;
  CHECK(says(problem(rule, 10, 19, false), "out_degree is 20, but only 19 targets"));
  rule.kind = Kind::fixed_total_number;
  CHECK(says(problem(rule, 10, 10, false), "pairs can repeat"));
  rule.allow_multapses = true;
  rule.total = std::uint64_t{1} << 60;
  CHECK(says(problem(rule, 10, 10, false), "2^30"));
  rule.kind = Kind::one_to_one;
  CHECK(says(problem(rule, 10, 11, false), "10 neurons and the target 11"));
  CHECK(says(problem(rule, 10, 10, true), "self-connections only"));
  rule.kind = Kind::fixed_probability;
  for (const double p : {-0.1, 1.1, static_cast<double>(NAN)}) {
    rule.probability = p;
    CHECK(says(problem(rule, 10, 10, false), "from 0 to 1"));
  }
  rule = rule_of(Kind::distance_in_degree);
  CHECK(says(problem(rule, 10, 10, false), "0 positions for 10 neurons"));
  rule = rule_of(Kind::explicit_list);
  CHECK(says(problem(rule, 10, 10, false), "needs a list"));
  EdgeList edges{.source = {1, 1, 3}, .target = {2, 2, 3}, .weight = {}, .delay_ms = {}, .weight_unit = ""};
  CHECK(problem(rule, 4, 4, false, &edges).empty());
  CHECK(says(problem(rule, 3, 4, false, &edges), "synapse 3 of the list has source 3"));
  CHECK(says(problem(rule, 4, 3, false, &edges), "has target 3"));
  CHECK(says(problem(rule, 4, 4, true, &edges), "neuron 3 to itself"));
  rule.allow_multapses = false;
  CHECK(says(problem(rule, 4, 4, false, &edges), "source 1 to target 2 more than once"));
  edges.weight = {1.0f};
  CHECK(says(problem(rule, 4, 4, false, &edges), "differ in length"));
  const Thrown thrown =
      thrown_by([&] { RowMaker(rule, 1, 1, without_positions(4), without_positions(4), false); });
  CHECK(thrown.code == ExitCode::scenario);
  CHECK(thrown.says("needs a list"));
}
