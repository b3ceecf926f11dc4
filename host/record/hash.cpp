#include "host/record/hash.hpp"

// Inlined from the header, so that no shared library decides what a stored hash means.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace penfield {

std::uint64_t content_hash(const void* data, std::size_t bytes) { return XXH3_64bits(data, bytes); }

struct ContentHasher::State {
  XXH3_state_t xxh3;
};

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh3); }
ContentHasher::~ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;

void ContentHasher::add(const void* data, std::size_t bytes) {
  XXH3_64bits_update(&state_->xxh3, data, bytes);
}

std::uint64_t ContentHasher::value() const { return XXH3_64bits_digest(&state_->xxh3); }

}  // namespace penfield
