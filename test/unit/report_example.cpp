// Writes the report of a synthetic run, and its picture, for the check in a browser. usage: report_example
// FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "host/report/report.hpp"
#include "test/support/synthetic_report.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  const penfield::ReportData data = penfield::test::synthetic_report(),
                             square = penfield::test::square_report();
  penfield::ReportData nothing;
  nothing.title = "Nothing yet";
  nothing.run.finished = false;
  std::ofstream(folder / "report.html") << penfield::make_report(data);
  std::ofstream(folder / "square.html") << penfield::make_report(square);
  std::ofstream(folder / "hostile.html") << penfield::make_report(penfield::test::hostile_report());
  std::ofstream(folder / "twelve_weeks.html") << penfield::make_report(penfield::test::twelve_weeks_report());
  std::ofstream(folder / "empty.html") << penfield::make_report(nothing);
  std::ofstream(folder / "map.svg") << penfield::map_svg(data, 0, 3);
  std::ofstream(folder / "square.svg") << penfield::map_svg(square, 0, 3);
  return std::filesystem::exists(folder / "square.svg") ? 0 : 1;
}
