#pragma once
// Named values in a byte string, bit for bit (NaN included): for checkpoints, frames of run.log and their
// comparison.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace penfield {

// One entry per value, nothing between them, little-endian:
//   uint16 length of the name, the name, uint32 bytes of one element, uint64 number of elements, the
//   elements.
// A list is an entry `name` that holds its length, followed by the entries of its elements.

/// One entry as it lies in the bytes.
struct ArchiveEntry {
  std::string_view name;
  std::uint32_t element_bytes = 0;
  std::uint64_t count = 0;
  std::span<const std::byte> data;
};

/// Floating-point values of one entry, where they lie: one of the two pointers is set.
struct LookedAt {
  std::string_view within, name;  ///< the process that they belong to, and the entry
  float* floats;
  double* doubles;
  std::size_t count, width;  ///< values, of which `width` an element

  double at(std::size_t k) const { return floats != nullptr ? static_cast<double>(floats[k]) : doubles[k]; }
};

/// A type whose members are all doubles.
template <class T>
concept AllDoubles = requires {
  requires T::all_doubles;
};

/// Either writes values or reads them back, by the same calls: what describes a type's fields once serves
/// both ways. Reading throws Error(input_file) where a name or size differs: the bytes are another version's.
/// A third way shows whoever wants to see them the floating-point values of state, results left out.
class StateArchive {
 public:
  using Look = std::function<void(const LookedAt&)>;

  /// For writing.
  StateArchive() = default;
  /// For writing what a digest is taken of: the same bytes whatever the tiles.
  static StateArchive for_digest() {
    StateArchive a;
    a.digesting_ = true;
    return a;
  }
  /// For looking.
  explicit StateArchive(Look look) : look_(std::move(look)) {}
  /// For reading; `bytes` must outlive this, `what` names them in messages.
  StateArchive(std::span<const std::byte> bytes, std::string what)
      : reading_(true), bytes_(bytes), what_(std::move(what)) {}

  bool reading() const { return reading_; }
  bool digesting() const { return digesting_; }
  bool looking() const { return static_cast<bool>(look_); }
  /// Whose values come next, for who looks: "homeostat scaling".
  void within(std::string_view process) {
    if (look_) within_ = process;
  }
  const std::vector<std::byte>& written() const { return written_; }
  /// Reading: throws Error(input_file) unless everything has been read.
  void finish() const;

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void value(std::string_view name, T& v) {
    if (look_) return show(name, &v, 1);
    if (!reading_) return put(name, sizeof(T), 1, &v);
    const ArchiveEntry e = take(name, sizeof(T));
    if (e.count != 1) misfit(name);
    std::memcpy(&v, e.data.data(), sizeof(T));
  }
  void value(std::string_view name, std::string& v);
  void value(std::string_view name, std::vector<bool>& v);
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void value(std::string_view name, std::vector<T>& v) {
    if (look_) return show(name, v.data(), v.size());
    if (!reading_) return put(name, sizeof(T), v.size(), v.data());
    const ArchiveEntry e = take(name, sizeof(T));
    v.resize(e.count);
    if (e.count > 0) std::memcpy(v.data(), e.data.data(), e.data.size());
  }
  /// `each(archive, element)` describes one element.
  template <class T, class Each>
  void list(std::string_view name, std::vector<T>& v, Each&& each) {
    std::uint64_t size = v.size();
    value(name, size);
    if (reading_) {
      if (size > bytes_.size()) misfit(name);
      v.resize(size);
    }
    for (T& element : v) each(*this, element);
  }

 private:
  template <class T>
  void show(std::string_view name, T* values, std::size_t n) {
    if constexpr (std::is_same_v<T, float>) {
      look_({within_, name, values, nullptr, n, 1});
    } else if constexpr (std::is_same_v<T, double>) {
      look_({within_, name, nullptr, values, n, 1});
    } else if constexpr (AllDoubles<T>) {
      constexpr std::size_t width = sizeof(T) / sizeof(double);
      look_({within_, name, nullptr, reinterpret_cast<double*>(values), width * n, width});
    }
  }
  void put(std::string_view name, std::uint32_t element_bytes, std::uint64_t count, const void* data);
  ArchiveEntry take(std::string_view name, std::uint32_t element_bytes);
  [[noreturn]] void misfit(std::string_view name) const;

  bool reading_ = false, digesting_ = false;
  std::vector<std::byte> written_;
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::string what_;
  Look look_;
  std::string within_;
};

/// The entry that starts at `*at`, which moves behind it; false at the end and at bytes that are no entry.
bool next_entry(std::span<const std::byte> bytes, std::size_t* at, ArchiveEntry* entry);

/// Where two archives first differ: "share", "winner[17]", "time_s (3rd)"; empty if they are equal.
std::string first_difference(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace penfield
