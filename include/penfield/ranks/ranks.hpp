#pragma once
// The processes ("ranks") that run one network together. Every rank runs the same program on the same
// scenario and decides the same; each owns some tiles of every population and holds only their synapses. This
// class is one rank alone; kernels/mpi has the one that speaks MPI, and nothing else knows which it has.
//
// All calls but the plain numbers are collective: every rank makes them, in the same order.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "penfield/base/error.hpp"

namespace penfield {

class Ranks {
 public:
  Ranks() = default;
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  std::uint32_t rank() const { return rank_; }
  std::uint32_t size() const { return size_; }
  bool alone() const { return size_ == 1; }
  /// The first rank writes files and speaks for all.
  bool first() const { return rank_ == 0; }

  /// Ranks on this machine, and this one's place among them.
  std::uint32_t on_machine() const { return on_machine_; }
  std::uint32_t place_on_machine() const { return place_on_machine_; }
  /// Processors that a launcher left to this rank, its share of those that it left to several; 0: all there
  /// are.
  std::uint32_t processors() const { return processors_; }

  /// In place: every number becomes the sum (the largest) over the ranks.
  virtual void sum(std::span<std::uint64_t>) {}
  virtual void largest(std::span<std::uint64_t>) {}
  std::uint64_t sum_of(std::uint64_t mine) {
    sum({&mine, 1});
    return mine;
  }
  std::uint64_t largest_of(std::uint64_t mine) {
    largest({&mine, 1});
    return mine;
  }

  /// The first rank's bytes go to all.
  virtual void share(std::vector<std::byte>&) {}
  /// Every rank r has made the bytes [begin[r], begin[r + 1]) of `data`; afterwards all have all.
  virtual void gather(std::byte* data, std::span<const std::uint64_t> begin) {
    static_cast<void>(data), static_cast<void>(begin);
  }
  /// All ranks' bytes, one rank's after another's, on every rank. `begin` (size() + 1 entries) says where.
  virtual std::vector<std::byte> join(std::span<const std::byte> mine, std::vector<std::uint64_t>* begin);
  /// Copies `bytes` bytes from rank `from` to the first: `data` is read there and written here.
  virtual void hand_to_first(std::uint32_t from, std::byte* data, std::uint64_t bytes) {
    static_cast<void>(from), static_cast<void>(data), static_cast<void>(bytes);
  }

  /// The same, on the first rank; the others get nothing.
  std::vector<std::byte> collect(std::span<const std::byte> mine);

  /// Sends words to all ranks and returns at once; `mine` may change afterwards. One exchange at a time.
  virtual void start_exchange(std::span<const std::uint32_t> mine) { static_cast<void>(mine); }
  /// Lets an exchange that has been started go on.
  virtual void push_exchange() {}
  /// Waits for the exchange.
  virtual void finish_exchange() {}
  /// What rank r sent in the exchange that was finished last.
  virtual std::span<const std::uint32_t> received(std::uint32_t r) const {
    static_cast<void>(r);
    return {};
  }

  /// For a rank that cannot go on. Where all ranks fail together (or are done), returns whether this one is
  /// to say why; otherwise says why and ends all of them.
  virtual bool fail(int code, const std::string& message) {
    static_cast<void>(code), static_cast<void>(message);
    return true;
  }

 protected:
  std::uint32_t rank_ = 0, size_ = 1;
  std::uint32_t on_machine_ = 1, place_on_machine_ = 0, processors_ = 0;
};

inline std::vector<std::byte> Ranks::join(std::span<const std::byte> mine,
                                          std::vector<std::uint64_t>* begin) {
  if (begin != nullptr) *begin = {0, mine.size()};
  return {mine.begin(), mine.end()};
}

inline std::vector<std::byte> Ranks::collect(std::span<const std::byte> mine) {
  std::vector<std::uint64_t> bytes(size_, 0);
  bytes[rank_] = mine.size();
  sum(bytes);
  std::uint64_t total = 0;
  for (std::uint64_t b : bytes) total += b;
  std::vector<std::byte> all;
  if (first()) all.reserve(total);
  all.assign(mine.begin(), mine.end());
  for (std::uint32_t r = 1; r < size_; ++r) {
    if (first()) all.resize(all.size() + bytes[r]);
    if (first() || r == rank_) hand_to_first(r, all.data() + all.size() - bytes[r], bytes[r]);
  }
  if (!first()) all.clear();
  return all;
}

/// One process alone, for whoever is given no ranks.
inline Ranks& one_rank() {
  static Ranks alone;
  return alone;
}

/// All ranks' values, one rank's after another's.
template <class T>
std::vector<T> join_values(Ranks& ranks, const std::vector<T>& mine) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (ranks.alone()) return mine;
  const std::vector<std::byte> bytes = ranks.join(std::as_bytes(std::span(mine)), nullptr);
  std::vector<T> all(bytes.size() / sizeof(T));
  if (!all.empty()) std::memcpy(all.data(), bytes.data(), bytes.size());
  return all;
}

/// All ranks' values, one rank's after another's, on the first rank; the others are left with none.
template <class T>
void collect_values(Ranks& ranks, std::vector<T>& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (ranks.alone()) return;
  const std::vector<std::byte> bytes = ranks.collect(std::as_bytes(std::span(values)));
  values.resize(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
}

/// The first rank's text goes to all.
inline void share_text(Ranks& ranks, std::string& text) {
  const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
  std::vector<std::byte> shared(bytes, bytes + text.size());
  ranks.share(shared);
  text.assign(reinterpret_cast<const char*>(shared.data()), shared.size());
}

/// Calls f on every rank; where it throws an Error on any, all throw the lowest such rank's.
template <class F>
void agree(Ranks& ranks, F&& f) {
  if (ranks.alone()) {
    f();
    return;
  }
  std::string failure;
  try {
    f();
  } catch (const Error& e) {
    failure = std::to_string(static_cast<int>(e.code())) + " " + e.what();
  }
  std::vector<std::uint64_t> begin;
  const std::vector<std::byte> all = ranks.join(std::as_bytes(std::span(failure)), &begin);
  for (std::uint32_t r = 0; r < ranks.size(); ++r) {
    if (begin[r] == begin[r + 1]) continue;
    const std::string text(reinterpret_cast<const char*>(all.data()) + begin[r], begin[r + 1] - begin[r]);
    const std::size_t space = text.find(' ');
    throw Error(static_cast<ExitCode>(std::stoi(text.substr(0, space))), text.substr(space + 1));
  }
}

}  // namespace penfield
