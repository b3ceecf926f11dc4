#pragma once
// One verb's command line. A comma in a value is part of it (--set 'areas.S1.sheet_mm=[2, 2]').
#define CXXOPTS_VECTOR_DELIMITER '\0'
#include <cxxopts.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/run/make_engine.hpp"

namespace penfield::cli {

class Arguments {
 public:
  /// `positionals`: names of the arguments without dashes, in order; the first `required` must be given. A
  /// name that ends in "..." takes all that are left, as a vector of texts.
  Arguments(std::string verb, std::string summary, std::vector<std::string> positionals, std::size_t required,
            std::string example);

  cxxopts::OptionAdder add() { return options_.add_options(); }
  /// Adds --json.
  void add_json() { add()("json", "print JSON"); }

  /// Nothing when --help was asked for and has been printed. Throws Error(usage) naming what is unknown or
  /// missing.
  std::optional<cxxopts::ParseResult> parse(int argc, const char* const* argv);

 private:
  std::string help() const;

  std::string verb_;
  std::string example_;
  std::vector<std::string> positionals_;
  std::size_t required_;
  cxxopts::Options options_;
};

/// The positional argument of that name, or nothing.
std::optional<std::string> text_of(const cxxopts::ParseResult& given, const std::string& name);

/// Throws Error(usage) for an unknown word, with the nearest known one.
[[noreturn]] void unknown(const std::string& kind, const std::string& word,
                          const std::vector<std::string>& known, const std::string& cure);

/// The device of an option `device`. Throws Error(usage).
DeviceChoice device_of(const std::string& word);
/// The kernel of an option `kernel`. Throws Error(usage).
KernelChoice kernel_of(const std::string& word);
/// host or card.
SynapseChoice synapses_of(const std::string& word);
/// The number of an option `threads`, 0 for all. Throws Error(usage) for more than any machine has.
std::uint32_t threads_of(const cxxopts::ParseResult& given);

}  // namespace penfield::cli
