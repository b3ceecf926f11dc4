#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace penfield {

/// XXH3-64 of `bytes` bytes (seed 0): guards frames, checkpoint arrays and headers against damage, not
/// against malice. Source: the xxHash specification, https://github.com/Cyan4973/xxHash.
std::uint64_t content_hash(const void* data, std::size_t bytes);

/// The same hash over a stream of pieces; equal to `content_hash` of their concatenation.
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;

  void add(const void* data, std::size_t bytes);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penfield
