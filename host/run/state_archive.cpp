#include "host/run/state_archive.hpp"

#include <algorithm>
#include <map>

#include "penfield/base/error.hpp"

namespace penfield {

namespace {

template <class T>
T read_as(std::span<const std::byte> bytes, std::size_t at) {
  T v;
  std::memcpy(&v, bytes.data() + at, sizeof v);
  return v;
}

}  // namespace

bool next_entry(std::span<const std::byte> bytes, std::size_t* at, ArchiveEntry* entry) {
  std::size_t k = *at;
  const auto left = [&] { return bytes.size() - k; };
  if (left() < sizeof(std::uint16_t)) return false;
  const auto length = read_as<std::uint16_t>(bytes, k);
  k += sizeof length;
  if (left() < length + sizeof(std::uint32_t) + sizeof(std::uint64_t)) return false;
  entry->name = {reinterpret_cast<const char*>(bytes.data() + k), length};
  k += length;
  entry->element_bytes = read_as<std::uint32_t>(bytes, k);
  k += sizeof(std::uint32_t);
  entry->count = read_as<std::uint64_t>(bytes, k);
  k += sizeof(std::uint64_t);
  if (entry->element_bytes == 0 || entry->count > left() / entry->element_bytes) return false;
  entry->data = bytes.subspan(k, entry->count * entry->element_bytes);
  *at = k + entry->data.size();
  return true;
}

void StateArchive::put(std::string_view name, std::uint32_t element_bytes, std::uint64_t count,
                       const void* data) {
  const auto append = [&](const void* from, std::size_t bytes) {
    const auto* p = static_cast<const std::byte*>(from);
    written_.insert(written_.end(), p, p + bytes);
  };
  const auto length = static_cast<std::uint16_t>(name.size());
  append(&length, sizeof length);
  append(name.data(), name.size());
  append(&element_bytes, sizeof element_bytes);
  append(&count, sizeof count);
  if (count > 0) append(data, count * element_bytes);
}

ArchiveEntry StateArchive::take(std::string_view name, std::uint32_t element_bytes) {
  ArchiveEntry entry;
  if (!next_entry(bytes_, &at_, &entry) || entry.name != name || entry.element_bytes != element_bytes)
    misfit(name);
  return entry;
}

void StateArchive::misfit(std::string_view name) const {
  throw Error(ExitCode::input_file,
              what_ + " does not fit this version of Penfield: \"" + std::string(name) +
                  "\" is not where it should be; use the version that wrote it, or start anew with "
                  "another --out");
}

void StateArchive::finish() const {
  if (reading_ && at_ != bytes_.size()) misfit("end");
}

void StateArchive::value(std::string_view name, std::string& v) {
  std::vector<char> text(v.begin(), v.end());
  value(name, text);
  v.assign(text.begin(), text.end());
}

void StateArchive::value(std::string_view name, std::vector<bool>& v) {
  std::vector<std::uint8_t> bytes(v.begin(), v.end());
  value(name, bytes);
  v.assign(bytes.begin(), bytes.end());
}

std::string first_difference(std::span<const std::byte> a, std::span<const std::byte> b) {
  std::size_t at_a = 0, at_b = 0;
  std::map<std::string_view, int> seen;
  for (;;) {
    ArchiveEntry x, y;
    const bool more_a = next_entry(a, &at_a, &x), more_b = next_entry(b, &at_b, &y);
    if (!more_a && !more_b) return std::ranges::equal(a, b) ? "" : "bytes that are no values";
    if (!more_a || !more_b || x.name != y.name) return "which values there are";
    const int number = ++seen[x.name];
    const std::string name =
        std::string(x.name) + (number > 1 ? " (number " + std::to_string(number) + ")" : "");
    if (x.element_bytes != y.element_bytes || x.count != y.count) return name + ": its length";
    for (std::uint64_t k = 0; k < x.count; ++k)
      if (std::memcmp(x.data.data() + k * x.element_bytes, y.data.data() + k * x.element_bytes,
                      x.element_bytes) != 0)
        return x.count > 1 ? name + "[" + std::to_string(k) + "]" : name;
  }
}

}  // namespace penfield
