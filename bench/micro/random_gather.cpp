// What does a random access cost? The roof of everything that is scattered: rows that lie anywhere, the
// histories of targets. Latency: each load's address comes from the load before. Throughput: addresses are
// known ahead, so that several loads are under way at once.
#include "bench/micro/measure.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what does a random access to a 64-byte line cost, by footprint?";

/// Every line is passed exactly once before the trip is back at its start.
bool is_one_round_trip(const AlignedArray<Stop>& stops) {
  std::uint64_t at = 0;
  std::size_t length = 0;
  do {
    at = stops[at].next;
    ++length;
  } while (at != 0 && length <= stops.size());
  return length == stops.size();
}

void measure(std::size_t bytes, const Options& options, Report& report) {
  const AlignedArray<Stop> stops = round_trip(bytes);
  const std::string footprint = bytes_text(static_cast<double>(stops.bytes()));
  report.check("one round trip through all lines, " + footprint, is_one_round_trip(stops));

  const std::size_t gathers = options.tiny ? 1000 : std::size_t{1} << 18;
  AlignedArray<std::uint32_t> where(gathers);
  for (std::size_t k = 0; k < gathers; ++k)
    where[k] = static_cast<std::uint32_t>((std::uint64_t{random_word(2, k)} * stops.size()) >> 32);
  std::uint64_t plain = 0, fast = 0;
  for (std::size_t k = gathers; k-- > 0;) plain += stops[where[k]].next;
  const auto gather = [&] {
    fast = 0;
    for (std::size_t k = 0; k < gathers; ++k) fast += stops[where[k]].next;
    keep(fast);
  };
  gather();
  report.check("gathered sum, either way round, " + footprint, plain == fast);
  if (!report.passed()) return;

  const double latency = chase_s(stops, options);
  report.add({"dependent, " + footprint, 1e9 * latency, "ns per line", 64.0 / latency, 0.0, {}});
  const double each = seconds_of(options, gather) / static_cast<double>(gathers);
  const double roof = copy_bytes_per_s(stops.bytes(), options);
  report.add({"independent, " + footprint,
              1e9 * each,
              "ns per line",
              64.0 / each,
              roof,
              {{"under way at once", latency / each}}});
}

int body(const Options& options) {
  Report report("random_gather", kQuestion, options);
  if (options.tiny) {
    measure(std::size_t{1} << 16, options, report);
    return report.finish();
  }
  for (std::size_t bytes :
       {l1_bytes() / 2, l2_bytes() / 2, std::size_t{32} << 20, std::size_t{256} << 20, std::size_t{1} << 30})
    measure(bytes, options, report);
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}
