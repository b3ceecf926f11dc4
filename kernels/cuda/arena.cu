#include "kernels/cuda/arena.cuh"

#include <algorithm>
#include <cstring>

namespace penfield::cuda {

namespace {

constexpr std::size_t kAlignment = 256;  // what cudaMalloc gives; keeps arrays apart by whole cache lines

std::size_t aligned(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

/// f(host, offset in the chunk, bytes) for every part of an array that lies in [begin, end) of the arena.
template <class F>
void for_each_piece(const std::vector<ArenaSlot>& slots, std::size_t begin, std::size_t end, F&& f) {
  auto slot = std::partition_point(slots.begin(), slots.end(),
                                   [begin](const ArenaSlot& s) { return s.offset + s.bytes <= begin; });
  for (; slot != slots.end() && slot->offset < end; ++slot) {
    const std::size_t from = std::max(begin, slot->offset);
    const std::size_t to = std::min(end, slot->offset + slot->bytes);
    if (from < to) f(slot->host + (from - slot->offset), from - begin, to - from);
  }
}

}  // namespace

bool Arena::fits(const std::vector<StateArray>& arrays) const {
  if (arrays.size() != slots_.size()) return false;
  for (std::size_t k = 0; k < arrays.size(); ++k)
    if (arrays[k].bytes > slots_[k].room) return false;
  return true;
}

void Arena::place(const std::vector<StateArray>& arrays, bool grow, const Stream& stream) {
  if (fits(arrays)) {
    for (std::size_t k = 0; k < arrays.size(); ++k) {
      slots_[k].host = arrays[k].data;
      slots_[k].bytes = arrays[k].bytes;
    }
    return;
  }
  slots_.clear();
  used_ = 0;
  for (const StateArray& a : arrays) {
    const std::size_t room = aligned(a.bytes + (grow ? a.bytes / 16 : 0));
    slots_.push_back({a.data, a.bytes, used_, room});
    used_ += room;
  }
  memory_ = DeviceBuffer<std::byte>();  // first, so that the old one and the new one need not fit together
  memory_ = DeviceBuffer<std::byte>(used_);
  if (used_ > 0) PENFIELD_CUDA_CHECK(cudaMemsetAsync(memory_.data(), 0, used_, stream.get()));
}

void Arena::upload(const Staging& staging) const {
  std::size_t chunk = 0;
  for (std::size_t begin = 0; begin < used_; begin += Staging::kHalf, ++chunk) {
    const std::size_t end = std::min(used_, begin + Staging::kHalf);
    std::byte* half = staging.half(chunk);
    staging.done(chunk).wait();
    for_each_piece(slots_, begin, end, [half](const std::byte* host, std::size_t at, std::size_t bytes) {
      std::memcpy(half + at, host, bytes);
    });
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(memory_.data() + begin, half, end - begin, cudaMemcpyHostToDevice,
                                        staging.stream().get()));
    staging.done(chunk).record(staging.stream().get());
  }
  staging.stream().wait();
}

void Arena::download(const Staging& staging) const { download_slots(memory_.data(), used_, slots_, staging); }

void download_slots(const std::byte* device, std::size_t used, const std::vector<ArenaSlot>& slots,
                    const Staging& staging) {
  const auto scatter = [&](std::size_t chunk) {
    const std::byte* half = staging.half(chunk);
    staging.done(chunk).wait();
    const std::size_t begin = chunk * Staging::kHalf;
    for_each_piece(
        slots, begin, std::min(used, begin + Staging::kHalf),
        [half](std::byte* host, std::size_t at, std::size_t bytes) { std::memcpy(host, half + at, bytes); });
  };
  std::size_t chunk = 0;
  for (std::size_t begin = 0; begin < used; begin += Staging::kHalf, ++chunk) {
    const std::size_t end = std::min(used, begin + Staging::kHalf);
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(staging.half(chunk), device + begin, end - begin,
                                        cudaMemcpyDeviceToHost, staging.stream().get()));
    staging.done(chunk).record(staging.stream().get());
    if (chunk > 0) scatter(chunk - 1);
  }
  if (chunk > 0) scatter(chunk - 1);
}

}  // namespace penfield::cuda
