// What do our own exp, log and normal draw cost beside the C library's? Ours vectorise; "scalar" is the same
// body, one element at a time, and "baseline" has no FMA instruction, so that each fma is a call.
#include <cmath>

#include "bench/micro/measure.hpp"
#include "kernels/cpu/isa.hpp"
#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace {

using namespace penfield;
using namespace penfield::micro;

constexpr const char* kQuestion = "what do exp, log and a normal draw cost, and how far from the library's?";

struct ExpF {
  static float of(float x) { return exp_f(x); }
  static float library(float x) { return std::exp(x); }
};
struct LogF {
  static float of(float x) { return log_f(x); }
  static float library(float x) { return std::log(x); }
};
struct NormalF {
  static float of(float x) { return normal_f(bits_from_float(x)); }
  static float library(float x) { return x; }  // it has none
};

using Loop = void (*)(const float* x, float* y, std::size_t n);

template <class F>
PENFIELD_TARGET_V3 void wide(const float* x, float* y, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) y[k] = F::of(x[k]);
}
template <class F>
PENFIELD_TARGET_BASELINE void baseline(const float* x, float* y, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) y[k] = F::of(x[k]);
}
/// A barrier to the compiler in every pass keeps the loop from being vectorised.
template <class F>
PENFIELD_TARGET_V3 void scalar(const float* x, float* y, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    y[k] = F::of(x[k]);
    asm volatile("" : : : "memory");
  }
}
template <class F>
void library(const float* x, float* y, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    y[k] = F::library(x[k]);
    asm volatile("" : : : "memory");
  }
}
template <class F>
__attribute__((noinline)) float plain(float x) {
  return F::of(x);
}

template <class F>
void measure(const char* name, const AlignedArray<float>& x, bool has_library, const Options& options,
             double roof, Report& report) {
  const std::size_t n = x.size();
  AlignedArray<float> expected(n), y(n);
  for (std::size_t k = 0; k < n; ++k) expected[k] = plain<F>(x[k]);
  const auto check = [&](const std::string& what, Loop loop) {
    y.fill(-1.0f);
    loop(x.data(), y.data(), n);
    report.check(what, std::memcmp(y.data(), expected.data(), y.bytes()) == 0);
  };
  const auto time = [&](const std::string& what, Loop loop) {
    const double s = seconds_of(options,
                                [&] {
                                  loop(x.data(), y.data(), n);
                                  keep(y[0]);
                                }) /
                     static_cast<double>(n);
    report.add({what, 1e9 * s, "ns", 2.0 * sizeof(float) / s, roof, {}});
    return s;
  };
  const std::string of = name;
  const bool v3 = cpu::has_v3();
  if (v3) check(of + ", v3", wide<F>);
  if (v3) check(of + ", v3 scalar", scalar<F>);
  check(of + ", baseline", baseline<F>);
  if (!report.passed()) return;
  const double wide_s = v3 ? time(of + ", v3", wide<F>) : 0.0;
  const double scalar_s = v3 ? time(of + ", v3 scalar", scalar<F>) : 0.0;
  const double baseline_s = time(of + ", baseline", baseline<F>);
  const double library_s = has_library ? time(of + ", C library", library<F>) : 0.0;
  if (!v3) return;
  Row row{of + ", v3 over v3 scalar", scalar_s / wide_s, "times as fast", 0.0, 0.0, {}};
  row.more.emplace_back("over baseline", baseline_s / wide_s);
  if (has_library) row.more.emplace_back("over C library", library_s / wide_s);
  report.add(row);
}

int body(const Options& options) {
  Report report("exp_log", kQuestion, options);
  const std::size_t n = 4096;  // with the results 32 KiB
  AlignedArray<float> exponents(n), positives(n), words(n);
  for (std::size_t k = 0; k < n; ++k) {
    exponents[k] = -20.0f + 40.0f * uniform_f(random_word(3, k));
    positives[k] = exp_f(exponents[k]);
    words[k] = float_from_bits(random_word(4, k) & 0x7effffffu);  // no NaN, whose bits could change
  }
  const double roof = copy_bytes_per_s(2 * n * sizeof(float), options);
  measure<ExpF>("exp_f", exponents, true, options, roof, report);
  measure<LogF>("log_f", positives, true, options, roof, report);
  measure<NormalF>("normal_f", words, false, options, roof, report);
  return report.finish();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv, kQuestion);
  return run_program([&] { return body(options); });
}
