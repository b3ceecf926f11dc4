#include "host/validate/run_cache.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/build_info/build_info.hpp"
#include "host/record/file.hpp"
#include "host/record/hash.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::string file_name(const std::string& scenario, const std::string& identity) {
  std::string name = scenario;
  for (char& c : name)
    if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-') c = '_';
  return name + "_" + hex(content_hash(identity.data(), identity.size())) + ".json";
}

}  // namespace

RunCache::RunCache(std::filesystem::path folder, const Scenario& scenario, std::string protocol)
    : scenario_(scenario.name),
      hash_(hex(scenario.hash)),
      program_(std::string(build_info().version) + " " + build_info().commit),
      protocol_(std::move(protocol)) {
  if (!folder.empty()) file_ = folder / file_name(scenario_, hash_ + "\n" + program_ + "\n" + protocol_);
}

std::optional<RunNumbers> RunCache::find() const {
  std::error_code ignored;
  if (file_.empty() || !std::filesystem::exists(file_, ignored)) return std::nullopt;
  try {
    const Json json = Json::parse(read_text_file(file_, kLargestFile));
    if (json.at("scenario_hash") != hash_ || json.at("program") != program_ ||
        json.at("protocol") != protocol_)
      return std::nullopt;
    RunNumbers numbers;
    for (const auto& [name, list] : json.at("numbers").items()) {
      std::vector<double>& values = numbers[name];
      for (const Json& v : list)
        values.push_back(v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.get<double>());
    }
    return numbers;
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void RunCache::keep(const RunNumbers& numbers) const {
  if (file_.empty()) return;
  Json lists = Json::object();
  for (const auto& [name, values] : numbers) {
    Json& list = lists[name] = Json::array();
    for (double v : values) list.push_back(std::isfinite(v) ? Json(v) : Json());
  }
  std::error_code failed;
  std::filesystem::create_directories(file_.parent_path(), failed);
  if (failed) throw_file_error("create", file_.parent_path(), failed.value());
  const Json json = {{"scenario", scenario_},
                     {"scenario_hash", hash_},
                     {"program", program_},
                     {"protocol", protocol_},
                     {"numbers", lists}};
  write_file_atomically(file_, json.dump() + "\n");
}

}  // namespace penfield
