#pragma once
// Host storage of one state array: 64-byte aligned, zero-initialised, move-only, size known at run time.
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

#include "penfield/base/span.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace penfield {

/// `bytes` zeros at a multiple of 64 bytes, to be given to std::free. Large ones ask for large pages where
/// the system lets them: rows are read in no order, and looking up small pages took up to half the time of
/// delivery. Throws std::bad_alloc.
inline void* allocate_zeros(std::size_t bytes) {
  constexpr std::size_t kLine = 64, kLargePage = std::size_t{2} << 20;
  const bool large = bytes >= 2 * kLargePage;
  const std::size_t rounded = (bytes + kLine - 1) / kLine * kLine;
  void* p = std::aligned_alloc(large ? kLargePage : kLine,
                               large ? (bytes + kLargePage - 1) / kLargePage * kLargePage : rounded);
  if (p == nullptr) throw std::bad_alloc();
#if defined(__linux__)
  // Whole large pages only: a part of one would take memory that nobody uses.
  if (large) static_cast<void>(madvise(p, bytes / kLargePage * kLargePage, MADV_HUGEPAGE));
#endif
  std::memset(p, 0, rounded);
  return p;
}

template <class T>
class AlignedArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedArray() = default;
  explicit AlignedArray(std::size_t size) { resize(size); }

  /// Makes `size` zeros; what was there is lost. Throws std::bad_alloc.
  void resize(std::size_t size) {
    data_.reset();
    size_ = size;
    if (size == 0) return;
    data_.reset(static_cast<T*>(allocate_zeros(size * sizeof(T))));
  }
  /// Keeps the size of values that lie elsewhere, on a card: there is no data until the next resize().
  void leave_elsewhere(std::size_t size) {
    data_.reset();
    size_ = size;
  }
  bool elsewhere() const { return size_ > 0 && !data_; }
  void fill(T value) {
    for (std::size_t i = 0; i < size_; ++i) data_.get()[i] = value;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_.get()[i]; }
  const T& operator[](std::size_t i) const { return data_.get()[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace penfield
