#pragma once
// One allocation that holds the device copies of many host arrays. A network has thousands of small arrays
// (each tile of each projection has its own), which as separate allocations and copies would cost
// microseconds each.
#include <cstddef>
#include <vector>

#include "kernels/cuda/device_buffer.cuh"
#include "penfield/state/arrays.hpp"

namespace penfield::cuda {

/// Pinned memory through which arenas are copied, half by half: one half is filled while the other one
/// travels.
class Staging {
 public:
  explicit Staging(const Stream& stream) : stream_(stream), memory_(2 * kHalf) {}
  static constexpr std::size_t kHalf = std::size_t{8} << 20;

  std::byte* half(std::size_t k) const { return memory_.data() + (k % 2) * kHalf; }
  const Event& done(std::size_t k) const { return done_[k % 2]; }
  const Stream& stream() const { return stream_; }

 private:
  const Stream& stream_;
  PinnedBuffer<std::byte> memory_;
  Event done_[2];
};

/// Where a host array lies in a stretch of device memory.
struct ArenaSlot {
  std::byte* host;
  std::size_t bytes;
  std::size_t offset;  ///< in the stretch
  std::size_t room;    ///< bytes up to the next slot
};

/// Brings `used` bytes of device memory to the host arrays that lie in them, in ascending order of offsets;
/// returns when those hold the data.
void download_slots(const std::byte* device, std::size_t used, const std::vector<ArenaSlot>& slots,
                    const Staging& staging);

class Arena {
 public:
  /// Gives every array a place. Where the arrays have outgrown the arena it is allocated anew, with a
  /// sixteenth to spare per array if they `grow`, and its contents are lost.
  void place(const std::vector<StateArray>& arrays, bool grow, const Stream& stream);

  void upload(const Staging& staging) const;
  void download(const Staging& staging) const;  ///< returns when the host arrays hold the data

  std::size_t num_arrays() const { return slots_.size(); }
  const std::byte* host(std::size_t k) const { return slots_[k].host; }
  std::byte* device(std::size_t k) const { return memory_.data() + slots_[k].offset; }
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  bool fits(const std::vector<StateArray>& arrays) const;

  std::vector<ArenaSlot> slots_;
  std::size_t used_ = 0;  ///< bytes
  DeviceBuffer<std::byte> memory_;
};

}  // namespace penfield::cuda
