#pragma once
#include <cstddef>

#include "penfield/base/host_device.hpp"

namespace penfield {

/// A non-owning view of `size()` consecutive values, usable in host and device code and passed by value.
template <class T>
class Span {
 public:
  constexpr Span() = default;
  PENFIELD_HD constexpr Span(T* data, std::size_t size) : data_(data), size_(size) {}

  /// A view of any container with data() and size(); the container must outlive the view.
  template <class Container>
  constexpr Span(Container& container)  // NOLINT: conversion is the point
      : data_(container.data()), size_(container.size()) {}

  PENFIELD_HD constexpr T* data() const { return data_; }
  PENFIELD_HD constexpr std::size_t size() const { return size_; }
  PENFIELD_HD constexpr bool empty() const { return size_ == 0; }
  PENFIELD_HD constexpr T& operator[](std::size_t i) const { return data_[i]; }
  PENFIELD_HD constexpr T* begin() const { return data_; }
  PENFIELD_HD constexpr T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace penfield
