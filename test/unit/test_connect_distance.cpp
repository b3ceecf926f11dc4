// Rules of distance, against chances summed over all pairs without any cell grid.
#include <algorithm>
#include <cmath>

#include "test/support/catch.hpp"
#include "test/support/connect_rows.hpp"
#include "test/support/errors.hpp"
#include "test/support/statistics.hpp"

using namespace penfield;
using namespace penfield::test;
using Kind = ConnectRule::Kind;

namespace {

ConnectRule distance_rule(Kind kind, Kernel::Shape shape, double sigma_mm) {
  ConnectRule rule;
  rule.kind = kind;
  rule.kernel.shape = shape;
  rule.kernel.sigma_mm = sigma_mm;
  rule.kernel.peak = 0.6;
  rule.in_degree = 25;
  return rule;
}

/// The kernel from its formula, with the C library.
double kernel_value(const Kernel& kernel, double d) {
  switch (kernel.shape) {
    case Kernel::Shape::gaussian:
      return d > 4.0 * kernel.sigma_mm ? 0.0 : std::exp(-0.5 * d * d / (kernel.sigma_mm * kernel.sigma_mm));
    case Kernel::Shape::exponential: return d > 10.0 * kernel.sigma_mm ? 0.0 : std::exp(-d / kernel.sigma_mm);
    case Kernel::Shape::box: break;
  }
  return d <= kernel.sigma_mm ? 1.0 : 0.0;
}

constexpr Kernel::Shape kShapes[] = {Kernel::Shape::gaussian, Kernel::Shape::exponential, Kernel::Shape::box};

}  // namespace

TEST_CASE("distance_probability follows the kernel at every distance, open and periodic", "[connect]") {
  for (const Kernel::Shape shape : kShapes) {
    for (const bool periodic : {false, true}) {
      for (const double sigma_mm : {0.02, 0.15, 2.0}) {
        CAPTURE(static_cast<int>(shape), periodic, sigma_mm);
        const Sheet sheet{1.5f, 1.0f, periodic};
        const LaidOut sources(900, sheet, Layout::Kind::uniform, 5);
        const LaidOut targets(700, sheet, Layout::Kind::uniform, 6);
        const ConnectRule rule = distance_rule(Kind::distance_probability, shape, sigma_mm);
        const RowMaker maker(rule, 21, 4, sources.geometry(), targets.geometry(), false);
        const double bin_mm = std::min(4.0 * sigma_mm, 1.0) / 16;
        std::vector<double> seen(64, 0.0);
        std::vector<double> expected(64, 0.0);
        std::vector<double> variance(64, 0.0);
        double variance_of_sum = 0.0;
        std::vector<std::uint32_t> row;
        const auto bin_of = [&](double d) {
          return std::min<std::size_t>(63, static_cast<std::size_t>(d / bin_mm));
        };
        for (std::uint32_t t = 0; t < 700; ++t) {
          maker.make_row(t, row);
          REQUIRE(is_ascending(row, true));
          for (const std::uint32_t s : row) ++seen[bin_of(maker.distance_mm(t, s))];
          for (std::uint32_t s = 0; s < 900; ++s) {
            const double d = distance_mm(targets.positions[t], sources.positions[s], sheet);
            const double p = 0.6 * kernel_value(rule.kernel, d);
            expected[bin_of(d)] += p;
            variance[bin_of(d)] += p * (1.0 - p);
            variance_of_sum += p * (1.0 - p);
          }
        }
        double statistic = 0.0;
        double degrees = 0.0;
        double total_seen = 0.0;
        double total_expected = 0.0;
        for (std::size_t i = 0; i < 64; ++i) {
          total_seen += seen[i];
          total_expected += expected[i];
          if (variance[i] < 8.0) continue;
          statistic += (seen[i] - expected[i]) * (seen[i] - expected[i]) / variance[i];
          degrees += 1.0;
        }
        CHECK(degrees >= 3.0);
        CHECK(chi_square_tail(statistic, degrees) > kAbsurd);
        CHECK(std::abs(total_seen - total_expected) < 4.0 * std::sqrt(variance_of_sum));
        CHECK(std::abs(static_cast<double>(maker.expected_synapses()) - total_expected) < 1.0);
      }
    }
  }
}

TEST_CASE("distance_in_degree draws each source in proportion to the kernel", "[connect]") {
  for (const Kernel::Shape shape : kShapes) {
    for (const bool periodic : {false, true}) {
      CAPTURE(static_cast<int>(shape), periodic);
      const Sheet sheet{1.0f, 1.0f, periodic};
      const LaidOut sources(200, sheet, Layout::Kind::uniform, 5);
      // One target near a corner, so that edges matter; many projections are as many independent rows.
      const LaidOut target({Position{0.05f, 0.93f}}, sheet);
      const ConnectRule rule = distance_rule(Kind::distance_in_degree, shape, 0.2);
      std::vector<double> seen(200, 0.0);
      std::vector<std::uint32_t> row;
      for (std::uint32_t projection = 0; projection < 2000; ++projection) {
        RowMaker(rule, 21, projection, sources.geometry(), target.geometry(), false).make_row(0, row);
        REQUIRE(row.size() == 25);
        for (const std::uint32_t s : row) ++seen[s];
      }
      std::vector<double> weight;
      double total = 0.0;
      for (const Position& p : sources.positions) {
        weight.push_back(kernel_value(rule.kernel, distance_mm(target.positions[0], p, sheet)));
        total += weight.back();
      }
      for (std::size_t s = 0; s < 200; ++s) REQUIRE((weight[s] > 0.0 || seen[s] == 0.0));
      CHECK(chi_square_of_counts(seen, [&](std::size_t s) { return weight[s] / total; }) > kAbsurd);
    }
  }
}

TEST_CASE("distance_in_degree without multapses is drawing one by one without replacement", "[connect]") {
  const Sheet sheet{1.0f, 1.0f, false};
  const LaidOut sources({{0.5f, 0.5f}, {0.6f, 0.5f}, {0.5f, 0.75f}, {0.2f, 0.5f}, {0.9f, 0.9f}}, sheet);
  const LaidOut target({Position{0.5f, 0.5f}}, sheet);
  ConnectRule rule = distance_rule(Kind::distance_in_degree, Kernel::Shape::gaussian, 0.2);
  rule.allow_multapses = false;
  rule.in_degree = 2;
  std::vector<double> w;
  double total = 0.0;
  for (const Position& p : sources.positions) {
    w.push_back(kernel_value(rule.kernel, distance_mm(target.positions[0], p, sheet)));
    total += w.back();
  }
  std::vector<double> seen(25, 0.0);
  std::vector<std::uint32_t> row;
  for (std::uint32_t projection = 0; projection < 20000; ++projection) {
    RowMaker(rule, 2, projection, sources.geometry(), target.geometry(), false).make_row(0, row);
    REQUIRE(is_ascending(row, true));
    ++seen[row[0] * 5 + row[1]];
  }
  const auto chance = [&](std::size_t pair) {
    const double a = w[pair / 5];
    const double b = w[pair % 5];
    return pair / 5 < pair % 5 ? a / total * b / (total - a) + b / total * a / (total - b) : 0.0;
  };
  CHECK(chi_square_of_counts(seen, chance) > kAbsurd);
}

TEST_CASE("a row is completed exactly when the sources left weigh next to nothing", "[connect]") {
  // Two near sources take nearly all weight; a third has to come from three far ones that weigh 1 : 2 : 3.
  const Sheet sheet{40.0f, 1.0f, false};
  const auto far = [](double share) { return Position{static_cast<float>(18.0 - std::log(share)), 0.5f}; };
  const LaidOut sources({{0.0f, 0.5f}, far(1.0), {0.0f, 0.5f}, far(2.0), far(3.0), {39.0f, 0.5f}}, sheet);
  const LaidOut target({Position{0.0f, 0.5f}}, sheet);
  ConnectRule rule = distance_rule(Kind::distance_in_degree, Kernel::Shape::exponential, 1.0);
  rule.kernel.cutoff_mm = 20.0;
  rule.allow_multapses = false;
  rule.in_degree = 3;
  std::vector<double> seen(6, 0.0);
  std::vector<std::uint32_t> row;
  for (std::uint32_t projection = 0; projection < 6000; ++projection) {
    RowMaker(rule, 2, projection, sources.geometry(), target.geometry(), false).make_row(0, row);
    REQUIRE(row.size() == 3);
    for (const std::uint32_t s : row) ++seen[s];
  }
  CHECK(seen[0] == 6000.0);
  CHECK(seen[2] == 6000.0);
  CHECK(seen[5] == 0.0);
  CHECK(chi_square_of_counts({seen[1], seen[3], seen[4]}, [](std::size_t i) { return (i + 1.0) / 6.0; }) >
        kAbsurd);
  rule.in_degree = 5;
  RowMaker(rule, 2, 0, sources.geometry(), target.geometry(), false).make_row(0, row);
  CHECK(row == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
  rule.in_degree = 6;
  const Thrown thrown =
      thrown_by([&] { RowMaker(rule, 2, 0, sources.geometry(), target.geometry(), false).make_row(0, row); });
  CHECK(thrown.code == ExitCode::scenario);
  CHECK(thrown.says("has 5 sources within the cutoff of 20"));
  CHECK(thrown.says("in_degree of 6"));
}

TEST_CASE("a target beyond every source is named, with and without multapses", "[connect]") {
  const Sheet sheet{10.0f, 10.0f, false};
  const LaidOut sources({{1.0f, 1.0f}, {1.1f, 1.0f}}, sheet);
  const LaidOut target({Position{9.0f, 9.0f}}, sheet);
  ConnectRule rule = distance_rule(Kind::distance_in_degree, Kernel::Shape::box, 0.5);
  rule.in_degree = 1;
  for (const bool allow_multapses : {true, false}) {
    rule.allow_multapses = allow_multapses;
    std::vector<std::uint32_t> row;
    const RowMaker maker(rule, 2, 0, sources.geometry(), target.geometry(), false);
    CHECK(thrown_by([&] { maker.make_row(0, row); }).says("has 0 sources within the cutoff"));
  }
  rule.kind = Kind::distance_probability;
  CHECK(all_rows(RowMaker(rule, 2, 0, sources.geometry(), target.geometry(), false)) == Rows{{}});
}

TEST_CASE("open edges thin rows, joined edges do not", "[connect]") {
  for (const bool periodic : {false, true}) {
    const LaidOut population(4000, {1.0f, 1.0f, periodic}, Layout::Kind::grid);
    const ConnectRule rule = distance_rule(Kind::distance_probability, Kernel::Shape::gaussian, 0.08);
    const Rows rows = all_rows(RowMaker(rule, 3, 1, population.geometry(), population.geometry(), true));
    double edge = 0.0;
    double middle = 0.0;
    double num_edge = 0.0;
    double num_middle = 0.0;
    for (std::uint32_t t = 0; t < 4000; ++t) {
      const Position& p = population.positions[t];
      const bool at_edge = p.x_mm < 0.02f || p.x_mm > 0.98f;
      const bool inside = std::abs(p.x_mm - 0.5f) < 0.2f && std::abs(p.y_mm - 0.5f) < 0.2f;
      edge += at_edge ? static_cast<double>(rows[t].size()) : 0.0;
      num_edge += at_edge ? 1.0 : 0.0;
      middle += inside ? static_cast<double>(rows[t].size()) : 0.0;
      num_middle += inside ? 1.0 : 0.0;
    }
    const double ratio = edge / num_edge / (middle / num_middle);
    // Half a Gaussian lies beyond a straight edge; less for neurons a little inside, more in the corners.
    if (periodic) CHECK(ratio == Approx(1.0).epsilon(0.03));
    if (!periodic) CHECK((ratio > 0.45 && ratio < 0.58));
    // In the middle, peak * 2 pi sigma^2 * density sources.
    CHECK(middle / num_middle == Approx(0.6 * 2.0 * 3.14159265 * 0.08 * 0.08 * 4000.0).epsilon(0.02));
  }
}

TEST_CASE("topographic maps a target onto the source's sheet and scatters around it", "[connect]") {
  const LaidOut sources(3000, {4.0f, 2.0f, false}, Layout::Kind::jittered_grid);
  const LaidOut targets(500, {1.0f, 3.0f, false}, Layout::Kind::jittered_grid);
  ConnectRule rule = distance_rule(Kind::topographic, Kernel::Shape::gaussian, 0.1);
  rule.in_degree = 40;
  const RowMaker maker(rule, 3, 1, sources.geometry(), targets.geometry(), false);
  double sum_x = 0.0;
  double sum_xx = 0.0;
  double n = 0.0;
  for (std::uint32_t t = 0; t < 500; ++t) {
    const double x = targets.positions[t].x_mm * 4.0;
    const double y = targets.positions[t].y_mm / 3.0 * 2.0;
    if (x < 0.4 || x > 3.6 || y < 0.4 || y > 1.6) continue;
    std::vector<std::uint32_t> row;
    maker.make_row(t, row);
    REQUIRE(row.size() == 40);
    for (const std::uint32_t s : row) {
      const double dx = sources.positions[s].x_mm - x;
      const double dy = sources.positions[s].y_mm - y;
      REQUIRE(maker.distance_mm(t, s) == Approx(std::sqrt(dx * dx + dy * dy)).margin(1e-5));
      sum_x += dx;
      sum_xx += dx * dx;
      n += 1.0;
    }
  }
  CHECK(n > 5000.0);
  CHECK(std::abs(sum_x / n) < 0.005);
  CHECK(std::sqrt(sum_xx / n) == Approx(0.1).epsilon(0.05));
}

TEST_CASE("a cell grid misses no source and repeats none", "[connect]") {
  for (const bool periodic : {false, true}) {
    const Sheet sheet{3.0f, 0.7f, periodic};
    const LaidOut sources(500, sheet, Layout::Kind::uniform, 3);
    for (const double cell_mm : {0.01, 0.2, 5.0}) {
      const CellGrid owner(sources.geometry().positions, sheet, cell_mm);
      const CellGridView& grid = owner.view();
      for (const double radius_mm : {0.0, 0.13, 0.4, 1.4, 50.0}) {
        for (const Position at : {Position{0.0f, 0.0f}, Position{3.0f, 0.7f}, Position{1.3f, 0.65f}}) {
          std::vector<std::uint32_t> found;
          grid.for_each_near(at.x_mm, at.y_mm, radius_mm, [&](const CellGrid::Cell& cell) {
            for (std::uint32_t slot = cell.begin; slot < cell.end; ++slot) {
              found.push_back(grid.source(slot));
              REQUIRE(grid.squared_distance(at.x_mm, at.y_mm, slot) >=
                      grid.least_squared_distance(at.x_mm, at.y_mm, cell));
            }
          });
          std::sort(found.begin(), found.end());
          REQUIRE(is_ascending(found, true));
          for (std::uint32_t s = 0; s < 500; ++s) {
            if (distance_mm(at, sources.positions[s], sheet) > radius_mm) continue;
            REQUIRE(std::binary_search(found.begin(), found.end(), s));
          }
        }
      }
    }
  }
}

TEST_CASE("rules of distance refuse kernels and positions that make no sense", "[connect]") {
  const LaidOut good(10, {1.0f, 1.0f, false});
  const LaidOut other(10, {2.0f, 1.0f, false});
  const LaidOut outside({Position{1.5f, 0.5f}}, {1.0f, 1.0f, false});
  const auto problem = [&](const ConnectRule& rule, const LaidOut& source, const LaidOut& target) {
    return validate(rule, source.geometry(), target.geometry(), false).value_or("");
  };
  const auto says = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  ConnectRule rule = distance_rule(Kind::distance_probability, Kernel::Shape::gaussian, 0.1);
  CHECK(problem(rule, good, good).empty());
  CHECK(says(problem(rule, good, other), "use topographic"));
  CHECK(says(problem(rule, outside, good), "neuron 0 of the source population lies at 1.5"));
  rule.kind = Kind::topographic;
  CHECK(problem(rule, good, other).empty());
  rule.kernel.peak = 1.5;
  CHECK(says(problem(rule, good, good), "peak is 1.5"));
  rule.kernel.peak = 1.0;
  rule.kernel.cutoff_mm = -1.0;
  CHECK(says(problem(rule, good, good), "cutoff_mm is -1"));
  rule.kernel.sigma_mm = 0.0;
  CHECK(says(problem(rule, good, good), "sigma_mm is 0"));
}
