#include "host/record/checkpoint.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "host/record/hash.hpp"
#include "penfield/base/stop.hpp"

namespace penfield {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "files are written in the memory's byte order");

namespace {

constexpr char kMagic[8] = {'P', 'E', 'N', 'F', 'C', 'K', 'P', 'T'};
constexpr std::uint64_t kLargestHeader = std::uint64_t{256} << 20;
constexpr std::size_t kPieceBytes = std::size_t{4} << 20;
// Header text per array beside its name, and the fixed fields: generous, only for the free-space check.
constexpr std::uint64_t kHeaderBytesPerArray = 160;
constexpr std::uint64_t kFixedHeaderBytes = 8192;

struct Prefix {
  char magic[8];
  std::uint32_t format;
  std::uint32_t zero;
  std::uint64_t header_bytes;
};
static_assert(sizeof(Prefix) == 24);
constexpr std::uint64_t kTextBegin = sizeof(Prefix) + sizeof(std::uint64_t);

fs::path current_of(const fs::path& folder) { return folder / "current.pfc"; }
fs::path previous_of(const fs::path& folder) { return folder / "previous.pfc"; }
fs::path settled_of(const fs::path& folder) { return folder / "settled.pfc"; }

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::uint64_t header_hash(const Prefix& prefix, const std::string& text) {
  ContentHasher hasher;
  hasher.add(&prefix, sizeof prefix);
  hasher.add(text.data(), text.size());
  return hasher.value();
}

std::string header_text(const CheckpointHeader& header, std::span<const ArrayRef> arrays) {
  Json list = Json::array();
  std::set<std::string> names;
  for (const ArrayRef& array : arrays) {
    if (!names.insert(array.name).second) {
      throw Error(ExitCode::internal, "two arrays of one name in a checkpoint (" + array.name +
                                          "): this is a defect in Penfield, please report it");
    }
    list.push_back({{"name", array.name},
                    {"element_bytes", array.element_bytes},
                    {"bytes", array.bytes},
                    {"xxh3", hex(array.fetch ? array.hash : content_hash(array.data, array.bytes))}});
  }
  try {
    const Json json = {{"program_version", header.program_version},
                       {"scenario_hash", header.scenario_hash},
                       {"seed", header.seed},
                       {"step", header.step},
                       {"log_offset", header.log_offset},
                       {"clock", Json::parse(header.clock_json)},
                       {"arrays", std::move(list)}};
    return json.dump();
  } catch (const Json::exception& problem) {
    throw Error(ExitCode::internal, std::string("bad header for a checkpoint (") + problem.what() +
                                        "): this is a defect in Penfield, please report it");
  }
}

/// A sound checkpoint of another version: not damage, so nothing older is tried in its place.
struct FormatRefused : Error {
  using Error::Error;
};

[[noreturn]] void damaged(const fs::path& file, const std::string& why) {
  throw Error(ExitCode::input_file,
              "checkpoint damaged (" + file.string() + "): " + why +
                  "; restore the file from a copy, or start the run again in a new folder");
}

}  // namespace

CheckpointWriter::CheckpointWriter(fs::path folder) : folder_(std::move(folder)) {
  if (::mkdir(folder_.c_str(), 0777) == 0) {
    sync_folder(folder_.parent_path());
  } else if (errno != EEXIST) {
    throw_file_error("make the folder", folder_, errno);
  }
  // A damaged current.pfc must never be moved over a good previous.pfc, so what is found here is read once.
  std::error_code ignored;
  if (!fs::exists(current_of(folder_), ignored)) return;
  try {
    CheckpointReader::open_file(current_of(folder_));
    current_is_good_ = true;
  } catch (const Error&) {
    current_is_good_ = false;
  }
}

std::uint64_t CheckpointWriter::bytes_needed(std::span<const ArrayRef> arrays) {
  std::uint64_t bytes = kTextBegin + kFixedHeaderBytes;
  for (const ArrayRef& array : arrays) bytes += array.bytes + array.name.size() + kHeaderBytesPerArray;
  return bytes;
}

void CheckpointWriter::write(const CheckpointHeader& header, std::span<const ArrayRef> arrays) {
  const std::string text = header_text(header, arrays);
  Prefix prefix{};
  std::copy(std::begin(kMagic), std::end(kMagic), prefix.magic);
  prefix.format = kCheckpointFormat;
  prefix.header_bytes = text.size();
  const std::uint64_t hash = header_hash(prefix, text);

  std::uint64_t bytes = kTextBegin + text.size();
  for (const ArrayRef& array : arrays) bytes += array.bytes;

  PendingFile pending(current_of(folder_));
  File file = File::create(pending.temporary());  // frees what a killed writer left under this name
  require_free_bytes(folder_, bytes);
  file.write_all(&prefix, sizeof prefix);
  file.write_all(&hash, sizeof hash);
  file.write_all(text.data(), text.size());
  std::vector<std::byte> fetched;
  for (const ArrayRef& array : arrays) {
    if (array.fetch) {
      fetched.resize(array.bytes);
      array.fetch(fetched.data());
    }
    file.write_all(array.fetch ? fetched.data() : array.data, array.bytes);
  }
  file.sync();
  file.close();
  // Killed between the two renames, the run finds the older one as previous.pfc and goes on from there.
  std::error_code ignored;
  if (current_is_good_ && fs::exists(current_of(folder_), ignored)) {
    rename_file(current_of(folder_), previous_of(folder_));
  }
  pending.commit();
  current_is_good_ = true;
}

void CheckpointWriter::keep_as_settled() {
  PendingFile pending(settled_of(folder_));
  // What a killed writer left may be a second name of a checkpoint: it must go before anything is written
  // there.
  if (::unlink(pending.temporary().c_str()) != 0 && errno != ENOENT)
    throw_file_error("delete", pending.temporary(), errno);
  if (::link(current_of(folder_).c_str(), pending.temporary().c_str()) != 0) {
    const File from = File::open_read(current_of(folder_));
    File to = File::create(pending.temporary());
    std::vector<std::byte> piece(kPieceBytes);
    for (std::uint64_t done = 0; done < from.size();) {
      const std::size_t bytes = from.read_at(done, piece.data(), piece.size());
      to.write_all(piece.data(), bytes);
      done += bytes;
      if (bytes == 0) break;
    }
    to.sync();
    to.close();
  }
  pending.commit();
}

bool CheckpointReader::exists(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(current_of(folder), ignored) || fs::exists(previous_of(folder), ignored);
}

CheckpointReader CheckpointReader::open(const fs::path& folder) {
  std::string reason;
  try {
    return open_file(current_of(folder));
  } catch (const FormatRefused&) {
    throw;
  } catch (const Error& error) {
    reason = error.what();
  }
  try {
    CheckpointReader reader = open_file(previous_of(folder));
    reader.fallback_reason_ = reason;
    return reader;
  } catch (const Error& error) {
    throw Error(ExitCode::input_file,
                "no usable checkpoint (" + folder.string() + "): " + reason + "; and " + error.what());
  }
}

CheckpointReader CheckpointReader::open_file(const fs::path& path) {
  CheckpointReader reader(File::open_read(path));
  reader.read_header();
  reader.verify_arrays();
  return reader;
}

void CheckpointReader::read_header() {
  const fs::path& path = file_.path();
  const std::uint64_t file_bytes = file_.size();
  Prefix prefix{};
  std::uint64_t stored_hash = 0;
  if (file_.read_at(0, &prefix, sizeof prefix) != sizeof prefix ||
      file_.read_at(sizeof prefix, &stored_hash, sizeof stored_hash) != sizeof stored_hash) {
    damaged(path, "it ends inside the header, at byte " + std::to_string(file_bytes));
  }
  if (std::memcmp(prefix.magic, kMagic, sizeof kMagic) != 0)
    damaged(path, "it does not begin as a checkpoint does");
  if (prefix.header_bytes > std::min(kLargestHeader, file_bytes - kTextBegin)) {
    damaged(path, "it ends inside the header, or the header's length at byte 16 is wrong");
  }
  std::string text(prefix.header_bytes, '\0');
  if (file_.read_at(kTextBegin, text.data(), text.size()) != text.size())
    damaged(path, "it ends inside the header");
  if (header_hash(prefix, text) != stored_hash)
    damaged(path,
            "the header's hash does not fit (bytes 0 to " + std::to_string(kTextBegin + text.size()) + ")");
  if (prefix.format != kCheckpointFormat) {
    throw FormatRefused(ExitCode::input_file,
                        "checkpoint of another format (" + path.string() + "): format " +
                            std::to_string(prefix.format) + ", this version reads format " +
                            std::to_string(kCheckpointFormat) + "; resume with the version that wrote it");
  }
  digest_ = stored_hash;
  try {
    const Json json = Json::parse(text);
    json.at("program_version").get_to(header_.program_version);
    json.at("scenario_hash").get_to(header_.scenario_hash);
    json.at("seed").get_to(header_.seed);
    json.at("step").get_to(header_.step);
    json.at("log_offset").get_to(header_.log_offset);
    header_.clock_json = json.at("clock").dump();
    std::uint64_t offset = kTextBegin + text.size();
    for (const Json& item : json.at("arrays")) {
      CheckpointArray array;
      item.at("name").get_to(array.name);
      item.at("element_bytes").get_to(array.element_bytes);
      item.at("bytes").get_to(array.bytes);
      array.hash = std::strtoull(item.at("xxh3").get<std::string>().c_str(), nullptr, 16);
      array.offset = offset;
      if (array.bytes > file_bytes - offset) {
        damaged(path, "it ends at byte " + std::to_string(file_bytes) + ", inside the array " + array.name);
      }
      offset += array.bytes;
      arrays_.push_back(std::move(array));
    }
    if (offset != file_bytes) {
      damaged(path, std::to_string(file_bytes - offset) + " bytes follow the last array, at byte " +
                        std::to_string(offset));
    }
  } catch (const Json::exception& problem) {
    damaged(path, std::string("the header cannot be read: ") + problem.what());
  }
}

void CheckpointReader::verify_arrays() const {
  std::vector<std::byte> piece;
  for (const CheckpointArray& array : arrays_) {
    ContentHasher hasher;
    for (std::uint64_t done = 0; done < array.bytes;) {
      piece.resize(std::min<std::uint64_t>(kPieceBytes, array.bytes - done));
      if (file_.read_at(array.offset + done, piece.data(), piece.size()) != piece.size()) {
        damaged(file_.path(), "it ends inside the array " + array.name);
      }
      hasher.add(piece.data(), piece.size());
      done += piece.size();
      leave_if_stopped();
    }
    if (hasher.value() != array.hash) {
      damaged(file_.path(), "the hash of the array " + array.name + " does not fit (bytes " +
                                std::to_string(array.offset) + " to " +
                                std::to_string(array.offset + array.bytes) + ")");
    }
  }
}

const CheckpointArray* CheckpointReader::find(const std::string& name) const {
  const auto found = std::find_if(arrays_.begin(), arrays_.end(),
                                  [&](const CheckpointArray& array) { return array.name == name; });
  return found == arrays_.end() ? nullptr : &*found;
}

void CheckpointReader::read_into(const std::string& name, void* data, std::size_t bytes) const {
  const CheckpointArray* array = find(name);
  if (array == nullptr || array->bytes != bytes) {
    const std::string seen = array == nullptr ? "absent" : std::to_string(array->bytes) + " bytes long";
    throw Error(ExitCode::input_file,
                "checkpoint does not fit this run (" + path().string() + "): the array " + name + " is " +
                    seen + " where " + std::to_string(bytes) +
                    " bytes are expected; resume with the scenario and version that wrote it");
  }
  if (file_.read_at(array->offset, data, bytes) != bytes || content_hash(data, bytes) != array->hash) {
    damaged(path(), "the array " + name + " changed on disk while it was read");
  }
}

void CheckpointReader::read_all(std::span<const ArrayRef> arrays) const {
  for (const ArrayRef& array : arrays) {
    const CheckpointArray* stored = find(array.name);
    if (stored != nullptr && stored->element_bytes != array.element_bytes) {
      throw Error(ExitCode::input_file, "checkpoint does not fit this run (" + path().string() +
                                            "): the array " + array.name + " has elements of " +
                                            std::to_string(stored->element_bytes) + " bytes where " +
                                            std::to_string(array.element_bytes) +
                                            " are expected; resume with the version that wrote it");
    }
    read_into(array.name, array.data, array.bytes);
  }
}

}  // namespace penfield
