#pragma once
// What the programs of bench/micro share: options, timing, the roofs of this machine, and a report as text
// and JSON. A program first checks what it times, then times it, then says how far it is from the roof.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "penfield/base/error.hpp"
#include "penfield/numerics/philox.hpp"
#include "penfield/state/aligned_array.hpp"

namespace penfield::micro {

struct Options {
  std::string json_file;
  bool tiny = false;    ///< sizes for a test of the program itself: its times mean nothing
  int repetitions = 9;  ///< the median counts
};

/// Reads --json FILE, --repetitions N, --tiny and --help; anything else ends the program with status 2.
inline Options read_options(int argc, char** argv, const char* question) {
  Options options;
  const auto usage = [&](std::FILE* out) {
    std::fprintf(out, "%s\nusage: %s [--json FILE] [--repetitions N] [--tiny]\n", question, argv[0]);
  };
  for (int k = 1; k < argc; ++k) {
    const std::string word = argv[k];
    const bool more = k + 1 < argc;
    if (word == "--json" && more) {
      options.json_file = argv[++k];
    } else if (word == "--repetitions" && more) {
      options.repetitions = std::atoi(argv[++k]);
    } else if (word == "--tiny") {
      options.tiny = true;
      options.repetitions = 1;
    } else {
      const bool help = word == "--help" || word == "-h";
      usage(help ? stdout : stderr);
      std::exit(help ? 0 : 2);
    }
  }
  if (options.repetitions < 1) options.repetitions = 1;
  return options;
}

/// Makes the compiler believe that the value is used, and that memory may have changed.
template <class T>
inline void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

inline double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/// Median of what `measure_once` returns, after one call that warms up.
template <class F>
double median_of(const Options& options, F&& measure_once) {
  static_cast<void>(measure_once());
  std::vector<double> values;
  for (int k = 0; k < options.repetitions; ++k) values.push_back(measure_once());
  return median(values);
}

/// Wall time of one call of f, [s]: median of stretches of some 10 ms, warm.
template <class F>
double seconds_of(const Options& options, F&& f) {
  const double began = now_s();
  f();
  const double first = now_s() - began;
  const int calls = options.tiny ? 1 : static_cast<int>(std::clamp(0.01 / std::max(first, 1e-9), 1.0, 1e6));
  return median_of(options, [&] {
    const double from = now_s();
    for (int k = 0; k < calls; ++k) f();
    return (now_s() - from) / calls;
  });
}

/// A word that depends on the two numbers alone.
inline std::uint32_t random_word(std::uint32_t what, std::uint64_t k) {
  return philox4x32(20240229, what, k / 4, 0).word[k % 4];
}

// ---- the roofs ----

/// Streaming copy within `bytes` (source and target together): bytes read and written a second.
inline double copy_bytes_per_s(std::size_t bytes, const Options& options) {
  const std::size_t half = std::max<std::size_t>(bytes / 2, 64);
  AlignedArray<std::byte> from(half), to(half);
  const double s = seconds_of(options, [&] {
    std::memcpy(to.data(), from.data(), half);
    keep(to[0]);
  });
  return 2.0 * static_cast<double>(half) / s;
}

/// One cache line's entry in a round trip through all lines of a buffer, in random order.
struct alignas(64) Stop {
  std::uint64_t next;
};

/// A random round trip through `bytes` of memory (Sattolo's algorithm: a single cycle).
inline AlignedArray<Stop> round_trip(std::size_t bytes) {
  const std::size_t lines = std::max<std::size_t>(bytes / sizeof(Stop), 2);
  AlignedArray<Stop> stops(lines);
  for (std::size_t i = 0; i < lines; ++i) stops[i].next = i;
  for (std::size_t i = lines - 1; i > 0; --i) {
    const std::size_t k = (static_cast<std::uint64_t>(random_word(1, i)) * i) >> 32;  // below i
    std::swap(stops[i].next, stops[k].next);
  }
  return stops;
}

/// Time of one load whose address the load before it gave, [s]: the latency of a random access.
inline double chase_s(const AlignedArray<Stop>& stops, const Options& options) {
  const std::size_t loads = options.tiny ? 1000 : std::clamp<std::size_t>(stops.size(), 100000, 2000000);
  std::uint64_t at = 0;
  return median_of(options, [&] {
    const double from = now_s();
    for (std::size_t k = 0; k < loads; ++k) at = stops[at].next;
    keep(at);
    return (now_s() - from) / static_cast<double>(loads);
  });
}
inline double gather_latency_s(std::size_t bytes, const Options& options) {
  return chase_s(round_trip(bytes), options);
}

// ---- the machine ----

inline std::size_t cache_bytes(int which, std::size_t otherwise) {
  const long size = sysconf(which);
  return size > 0 ? static_cast<std::size_t>(size) : otherwise;
}
inline std::size_t l1_bytes() { return cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32u << 10); }
inline std::size_t l2_bytes() { return cache_bytes(_SC_LEVEL2_CACHE_SIZE, 1u << 20); }
inline std::size_t l3_bytes() { return cache_bytes(_SC_LEVEL3_CACHE_SIZE, 32u << 20); }

inline std::string cpu_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(std::min(line.find(':') + 2, line.size()));
  return "unknown processor";
}

inline std::string bytes_text(double bytes) {
  char text[32];
  if (bytes < 1024.0 * 1024.0) {
    std::snprintf(text, sizeof text, "%.0f KiB", bytes / 1024.0);
  } else {
    std::snprintf(text, sizeof text, "%.0f MiB", bytes / (1024.0 * 1024.0));
  }
  return text;
}

// ---- the report ----

/// One measured line. Numbers that are 0 are left out of the text.
struct Row {
  std::string name;
  double value = 0.0;
  std::string unit;                                       ///< of `value`: "ns per event"
  double bytes_per_s = 0.0;                               ///< what it moves
  double roof_bytes_per_s = 0.0;                          ///< the stream copy of the same footprint
  std::vector<std::pair<std::string, double>> more = {};  ///< further numbers
};

class Report {
 public:
  Report(std::string name, const std::string& question, Options options, std::string machine = cpu_name())
      : name_(std::move(name)), options_(std::move(options)), machine_(std::move(machine)) {
    std::printf("%s: %s\non %s; median of %d, warm%s\n", name_.c_str(), question.c_str(), machine_.c_str(),
                options_.repetitions, options_.tiny ? "; TINY: the times mean nothing" : "");
  }

  /// A result against its plain body. A program whose checks fail times nothing.
  void check(const std::string& what, bool passed) {
    std::printf("  %-52s %s\n", what.c_str(), passed ? "same" : "DIFFERENT");
    checks_.emplace_back(what, passed);
    passed_ = passed_ && passed;
    std::fflush(stdout);
  }
  bool passed() const { return passed_; }

  void add(const Row& row) {
    std::printf("  %-52s %10.4g %s", row.name.c_str(), row.value, row.unit.c_str());
    if (row.bytes_per_s > 0.0) std::printf("; %.3g GB/s", row.bytes_per_s * 1e-9);
    if (row.bytes_per_s > 0.0 && row.roof_bytes_per_s > 0.0)
      std::printf(", %.0f %% of a copy's %.3g", 100.0 * row.bytes_per_s / row.roof_bytes_per_s,
                  row.roof_bytes_per_s * 1e-9);
    for (const auto& [key, value] : row.more) std::printf("; %s %.4g", key.c_str(), value);
    std::printf("\n");
    std::fflush(stdout);
    rows_.push_back(row);
  }

  /// Writes the JSON file where one was asked for. The program's exit status: 0, 1 where a check failed, 5
  /// where the file could not be written.
  int finish() const {
    if (!options_.json_file.empty()) {
      std::ofstream out(options_.json_file);
      out << json() << "\n";
      if (!out.flush()) {
        std::fprintf(stderr, "%s: cannot write %s\n", name_.c_str(), options_.json_file.c_str());
        return 5;
      }
    }
    return passed_ ? 0 : 1;
  }

 private:
  static std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
    return out + "\"";
  }
  static std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", value);
    return value - value == 0.0 ? text : "null";
  }
  std::string json() const {
    std::string out = "{\"micro\": " + quoted(name_) + ", \"machine\": " + quoted(machine_) +
                      ", \"tiny\": " + (options_.tiny ? "true" : "false") +
                      ", \"repetitions\": " + std::to_string(options_.repetitions) +
                      ", \"passed\": " + (passed_ ? "true" : "false") + ",\n \"checks\": {";
    for (std::size_t k = 0; k < checks_.size(); ++k)
      out += (k > 0 ? ", " : "") + quoted(checks_[k].first) + ": " + (checks_[k].second ? "true" : "false");
    out += "},\n \"results\": [";
    for (std::size_t k = 0; k < rows_.size(); ++k) {
      const Row& r = rows_[k];
      out += std::string(k > 0 ? "," : "") + "\n  {\"name\": " + quoted(r.name) +
             ", \"value\": " + number(r.value) + ", \"unit\": " + quoted(r.unit);
      if (r.bytes_per_s > 0.0) out += ", \"bytes_per_s\": " + number(r.bytes_per_s);
      if (r.roof_bytes_per_s > 0.0) out += ", \"roof_bytes_per_s\": " + number(r.roof_bytes_per_s);
      for (const auto& [key, value] : r.more) out += ", " + quoted(key) + ": " + number(value);
      out += "}";
    }
    return out + "]}";
  }

  std::string name_;
  Options options_;
  std::string machine_;
  std::vector<std::pair<std::string, bool>> checks_;
  std::vector<Row> rows_;
  bool passed_ = true;
};

/// Runs the body of a program; what it throws becomes a message and the error's own exit status.
template <class F>
int run_program(F&& body) {
  try {
    return body();
  } catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return static_cast<int>(e.code());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return static_cast<int>(ExitCode::internal);
  }
}

}  // namespace penfield::micro
