// How many bytes a second does one core move? The roof of every loop that walks through arrays, by footprint:
// what fits a cache runs at that cache's roof. Bytes read and bytes written both count.
#include "bench/micro/measure.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "how many bytes a second does one core copy and read, by footprint?";

std::uint64_t sum_of(const AlignedArray<std::uint64_t>& words) {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < words.size(); ++k) sum += words[k];
  return sum;
}

void measure(std::size_t bytes, const Options& options, Report& report) {
  const std::size_t words = bytes / 2 / sizeof(std::uint64_t);
  AlignedArray<std::uint64_t> from(words), to(words);
  std::uint64_t expected = 0;
  for (std::size_t k = 0; k < words; ++k) expected += from[k] = 0x9E3779B97F4A7C15ull * (k + 1);
  const std::string footprint = bytes_text(static_cast<double>(bytes));
  std::memcpy(to.data(), from.data(), from.bytes());
  bool equal = sum_of(to) == expected;
  for (std::size_t k = 0; k < words; ++k) equal = equal && to[k] == from[k];
  report.check("copy and sum, word for word, " + footprint, equal);
  if (!report.passed()) return;

  const double copied = copy_bytes_per_s(bytes, options);
  report.add({"copy, " + footprint, copied * 1e-9, "GB/s", copied, 0.0, {}});
  std::uint64_t sum = 0;
  const double read_s = seconds_of(options, [&] {
    sum += sum_of(from);
    keep(sum);
  });
  const double read = static_cast<double>(from.bytes()) / read_s;
  report.add(
      {"read, " + bytes_text(static_cast<double>(from.bytes())), read * 1e-9, "GB/s", read, copied, {}});
}

int body(const Options& options) {
  Report report("stream_copy", kQuestion, options);
  if (options.tiny) {
    measure(std::size_t{1} << 16, options, report);
    return report.finish();
  }
  for (std::size_t bytes :
       {l1_bytes() / 2, l2_bytes() / 2, std::size_t{32} << 20, std::size_t{256} << 20, std::size_t{2} << 30})
    measure(bytes, options, report);
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}
