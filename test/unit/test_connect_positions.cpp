// Layouts of neurons on sheets, and distances.
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "penfield/connect/positions.hpp"
#include "test/support/catch.hpp"
#include "test/support/statistics.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

std::vector<Position> laid_out(Layout::Kind kind, const Sheet& sheet, std::uint32_t n,
                               std::uint32_t seed = 1) {
  return lay_out({kind, 0.5f}, sheet, seed, 0, n);
}

}  // namespace

TEST_CASE("a grid whose size fits the sheet is regular", "[connect]") {
  const Sheet sheet{4.0f, 2.0f, false};
  std::set<std::pair<int, int>> places;
  for (const Position& p : laid_out(Layout::Kind::grid, sheet, 80 * 40)) {
    const double column = p.x_mm / 0.05 - 0.5;
    const double row = p.y_mm / 0.05 - 0.5;
    REQUIRE(std::abs(column - std::round(column)) < 1e-4);
    REQUIRE(std::abs(row - std::round(row)) < 1e-4);
    places.insert({static_cast<int>(std::round(column)), static_cast<int>(std::round(row))});
  }
  CHECK(places.size() == 80 * 40);
  CHECK(places.begin()->first == 0);
  CHECK(places.rbegin()->first == 79);
}

TEST_CASE("grids of every size fill the sheet without two neurons in one place", "[connect]") {
  for (const Sheet& sheet : {Sheet{1.0f, 1.0f, false}, Sheet{10.0f, 0.1f, false}, Sheet{0.2f, 7.0f, true}}) {
    for (std::uint32_t n = 1; n < 700; n += n < 40 ? 1 : 37) {
      std::set<std::pair<float, float>> places;
      double sum_x = 0.0;
      double sum_y = 0.0;
      for (const Position& p : laid_out(Layout::Kind::grid, sheet, n)) {
        REQUIRE((p.x_mm > 0.0f && p.x_mm < sheet.width_mm && p.y_mm > 0.0f && p.y_mm < sheet.height_mm));
        places.insert({p.x_mm, p.y_mm});
        sum_x += p.x_mm / sheet.width_mm;
        sum_y += p.y_mm / sheet.height_mm;
      }
      CHECK(places.size() == n);
      // Evenly filled: the centre of gravity is the middle, up to a row that is not full.
      CHECK(std::abs(sum_x / n - 0.5) < 0.01 + 1.0 / n);
      CHECK(std::abs(sum_y / n - 0.5) < 0.01 + 1.0 / n);
    }
  }
}

TEST_CASE("consecutive neurons of a grid are close, and a block of them is compact", "[connect]") {
  const Sheet sheet{3.0f, 2.0f, false};
  const std::uint32_t n = 9973;  // a prime: no exact lattice
  const double spacing_mm = std::sqrt(3.0 * 2.0 / n);
  const std::vector<Position> positions = laid_out(Layout::Kind::grid, sheet, n);
  double longest = 0.0;
  for (std::uint32_t i = 1; i < n; ++i) {
    longest = std::max(longest, distance_mm(positions[i - 1], positions[i], sheet));
  }
  CHECK(longest < 20.0 * spacing_mm);  // a step to the next strip
  double widest = 0.0;
  for (std::uint32_t begin = 0; begin + 256 <= n; begin += 256) {
    widest = std::max(widest, distance_mm(positions[begin], positions[begin + 255], sheet));
  }
  CHECK(widest < 40.0 * spacing_mm);
}

TEST_CASE("jitter moves a neuron by up to half its share of the spacing", "[connect]") {
  const Sheet sheet{2.0f, 2.0f, false};
  const std::vector<Position> grid = laid_out(Layout::Kind::grid, sheet, 1600);
  const std::vector<Position> jittered = laid_out(Layout::Kind::jittered_grid, sheet, 1600);
  std::vector<double> moves;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    moves.push_back((jittered[i].x_mm - grid[i].x_mm) / 0.05 / 0.5 + 0.5);
    REQUIRE((moves.back() > -1e-4 && moves.back() < 1.0001));
  }
  CHECK(kolmogorov_smirnov_p(moves, [](double x) { return x; }) > kAbsurd);
}

TEST_CASE("uniform positions are even and depend on seed, population and index alone", "[connect]") {
  const Sheet sheet{2.0f, 0.5f, false};
  std::vector<double> cells(64, 0.0);
  for (const Position& p : laid_out(Layout::Kind::uniform, sheet, 20000)) {
    ++cells[std::min(7u, static_cast<unsigned>(p.x_mm / 0.25f)) * 8 +
            std::min(7u, static_cast<unsigned>(p.y_mm / 0.0625f))];
  }
  CHECK(chi_square_of_counts(cells, [](std::size_t) { return 1.0 / 64; }) > kAbsurd);
  const Layout layout{Layout::Kind::uniform, 0.0f};
  CHECK(draw_position(layout, sheet, 1, 0, 10, 7) == draw_position(layout, sheet, 1, 0, 20000, 7));
  CHECK_FALSE(draw_position(layout, sheet, 1, 0, 10, 7) == draw_position(layout, sheet, 2, 0, 10, 7));
  CHECK_FALSE(draw_position(layout, sheet, 1, 0, 10, 7) == draw_position(layout, sheet, 1, 1, 10, 7));
}

TEST_CASE("uniform positions are those that were drawn, numbered so that a block of neurons is compact",
          "[connect]") {
  const Sheet sheet = GENERATE(Sheet{2.0f, 2.0f, false}, Sheet{6.0f, 0.5f, true}, Sheet{0.5f, 8.0f, false});
  const std::uint32_t n = GENERATE(0u, 1u, 2u, 10007u);
  CAPTURE(sheet.width_mm, n);
  const Layout layout{Layout::Kind::uniform, 0.0f};
  const std::vector<Position> positions = lay_out(layout, sheet, 3, 5, n);
  using Place = std::pair<float, float>;
  std::multiset<Place> drawn, kept;
  for (std::uint32_t i = 0; i < n; ++i) {
    const Position p = draw_position(layout, sheet, 3, 5, n, i);
    drawn.insert({p.x_mm, p.y_mm});
    kept.insert({positions[i].x_mm, positions[i].y_mm});
  }
  CHECK(positions.size() == n);
  CHECK(drawn == kept);
  for (std::uint32_t i = 1; i < n; ++i)
    REQUIRE(place_on_curve(positions[i - 1], sheet) <= place_on_curve(positions[i], sheet));
  if (n < 10000) return;
  // A block of 256 covers 1/39 of the sheet: on average its sides are not far from those of a square.
  double sides = 0.0;
  for (std::uint32_t begin = 0; begin + 256 <= n; begin += 256) {
    Position low = positions[begin], high = low;
    for (std::uint32_t i = begin; i < begin + 256; ++i) {
      low = {std::min(low.x_mm, positions[i].x_mm), std::min(low.y_mm, positions[i].y_mm)};
      high = {std::max(high.x_mm, positions[i].x_mm), std::max(high.y_mm, positions[i].y_mm)};
    }
    sides += (high.x_mm - low.x_mm) + (high.y_mm - low.y_mm);
  }
  const double square_mm = std::sqrt(sheet.width_mm * sheet.height_mm * 256.0 / n);
  CHECK(sides / (n / 256) < 4.0 * square_mm);  // two sides: 2 in a square, 10 or more in no order
}

TEST_CASE("the curve goes through the corners of the square around a sheet", "[connect]") {
  const Sheet wide{4.0f, 2.0f, false};
  CHECK(place_on_curve({0.0f, 0.0f}, wide) == 0);
  CHECK(place_on_curve({4.0f, 0.0f}, wide) == 0x55555555u);
  CHECK(place_on_curve({0.0f, 2.0f}, wide) == 0x80000000u);  // half way up the square
  CHECK(place_on_curve({4.0f, 4.0f}, {4.0f, 4.0f, false}) == 0xffffffffu);
}

TEST_CASE("distance is straight on an open sheet and the shortest way round on a periodic one", "[connect]") {
  const Position a{0.1f, 0.1f};
  const Position b{1.9f, 0.9f};
  CHECK(distance_mm(a, b, {2.0f, 1.0f, false}) == Approx(std::sqrt(1.8 * 1.8 + 0.8 * 0.8)));
  CHECK(distance_mm(a, b, {2.0f, 1.0f, true}) == Approx(std::sqrt(0.2 * 0.2 + 0.2 * 0.2)));
  CHECK(distance_mm(b, a, {2.0f, 1.0f, true}) == Approx(std::sqrt(0.2 * 0.2 + 0.2 * 0.2)));
  CHECK(distance_mm({0.0f, 0.0f}, {2.0f, 1.0f}, {2.0f, 1.0f, true}) == 0.0);
  CHECK(largest_distance_mm({6.0f, 8.0f, false}) == 10.0);
  CHECK(largest_distance_mm({6.0f, 8.0f, true}) == 5.0);
}

TEST_CASE("layouts that make no sense are refused by name", "[connect]") {
  CHECK_FALSE(validate(Layout{}, Sheet{}));
  CHECK(validate(Layout{}, Sheet{0.0f, 1.0f, false})->find("sheet") != std::string::npos);
  CHECK(validate(Layout{}, Sheet{1.0f, NAN, false}));
  CHECK(validate(Layout{Layout::Kind::jittered_grid, 1.5f}, Sheet{})->find("jitter") != std::string::npos);
}
