#include "host/cli/arguments.hpp"

#include <cstdio>
#include <cstdlib>

#include "host/scenario/faults.hpp"
#include "penfield/base/error.hpp"

namespace penfield::cli {

namespace {

std::string positional_help(const std::vector<std::string>& positionals, std::size_t required) {
  std::string text;
  for (std::size_t k = 0; k < positionals.size(); ++k) {
    if (!text.empty()) text += ' ';
    std::string shown;
    for (char c : positionals[k]) shown += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    text += k < required ? shown : "[" + shown + "]";
  }
  return text;
}

}  // namespace

Arguments::Arguments(std::string verb, std::string summary, std::vector<std::string> positionals,
                     std::size_t required, std::string example)
    : verb_(std::move(verb)),
      example_(std::move(example)),
      positionals_(std::move(positionals)),
      required_(required),
      options_("penfield " + verb_, summary) {
  options_.positional_help(positional_help(positionals_, required_)).show_positional_help();
  options_.allow_unrecognised_options();
  options_.add_options()("h,help", "print this");
  for (std::string& name : positionals_) {
    const bool many = name.ends_with("...");
    if (many) name.resize(name.size() - 3);
    options_.add_options("positional")(
        name, "",
        many ? std::static_pointer_cast<cxxopts::Value>(cxxopts::value<std::vector<std::string>>())
             : std::static_pointer_cast<cxxopts::Value>(cxxopts::value<std::string>()));
  }
  options_.parse_positional(positionals_);
}

std::string Arguments::help() const { return options_.help({""}) + "\nExample:\n  " + example_ + "\n"; }

std::optional<cxxopts::ParseResult> Arguments::parse(int argc, const char* const* argv) {
  const std::string see = "; see penfield " + verb_ + " --help";
  try {
    cxxopts::ParseResult given = options_.parse(argc, argv);
    if (given.count("help") > 0) {
      std::fputs(help().c_str(), stdout);
      return std::nullopt;
    }
    if (!given.unmatched().empty()) {
      const std::string& word = given.unmatched().front();
      if (word.starts_with("-")) {
        std::vector<std::string> known;
        for (const auto& option : options_.group_help("").options)
          if (!option.l.empty()) known.push_back("--" + option.l.front());
        unknown("option", word.substr(0, word.find('=')), known, see);
      }
      throw Error(ExitCode::usage, "one argument too many (" + word + ")" + see);
    }
    for (std::size_t k = 0; k < required_; ++k)
      if (given.count(positionals_[k]) == 0)
        throw Error(ExitCode::usage,
                    "penfield " + verb_ + " needs " + positional_help({positionals_[k]}, 1) + see);
    return given;
  } catch (const cxxopts::exceptions::exception& problem) {
    throw Error(ExitCode::usage, std::string(problem.what()) + see);
  }
}

std::optional<std::string> text_of(const cxxopts::ParseResult& given, const std::string& name) {
  if (given.count(name) == 0) return std::nullopt;
  return given[name].as<std::string>();
}

void unknown(const std::string& kind, const std::string& word, const std::vector<std::string>& known,
             const std::string& cure) {
  throw Error(ExitCode::usage,
              "unknown " + kind + " " + in_quotes(word) + ": " + suggestion(word, known) + cure);
}

DeviceChoice device_of(const std::string& word) {
  if (word == "auto") return DeviceChoice::automatic;
  if (word == "cpu") return DeviceChoice::cpu;
  if (word == "cuda") return DeviceChoice::cuda;
  unknown("device", word, {"auto", "cpu", "cuda"}, "");
}

KernelChoice kernel_of(const std::string& word) {
  if (word == "graph") return KernelChoice::graph;
  if (word == "persistent") return KernelChoice::persistent;
  unknown("kernel", word, {"graph", "persistent"}, "");
}

SynapseChoice synapses_of(const std::string& word) {
  if (word == "host") return SynapseChoice::host;
  if (word == "card") return SynapseChoice::card;
  unknown("place for --synapses", word, {"host", "card"}, "");
}

std::uint32_t threads_of(const cxxopts::ParseResult& given) {
  const auto text = given["threads"].as<std::string>();
  char* end = nullptr;
  const long n = std::strtol(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || n < 0 || n > 4096)
    throw Error(ExitCode::usage,
                "--threads " + text + " is no number of threads: give 1 to 4096, or 0 for all");
  return static_cast<std::uint32_t>(n);
}

}  // namespace penfield::cli
