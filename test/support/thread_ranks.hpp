#pragma once
// Ranks that are threads of one process: what several processes do, where sanitizers can follow it and MPI is
// not needed.
#include <algorithm>
#include <barrier>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "penfield/ranks/ranks.hpp"

namespace penfield::test {

class ThreadRanks final : public Ranks {
 public:
  /// Calls body(ranks) as each of `size` ranks at once; rethrows the lowest rank's exception. A body that
  /// throws must do so on all ranks, or the others would wait for it for ever.
  static void run(std::uint32_t size, const std::function<void(Ranks&)>& body) {
    Shared shared(size);
    std::vector<std::exception_ptr> failures(size);
    std::vector<std::thread> threads;
    for (std::uint32_t r = 0; r < size; ++r)
      threads.emplace_back([&, r] {
        try {
          ThreadRanks ranks(shared, r);
          body(ranks);
        } catch (...) {
          failures[r] = std::current_exception();
        }
      });
    for (std::thread& t : threads) t.join();
    for (const std::exception_ptr& failure : failures)
      if (failure) std::rethrow_exception(failure);
  }

  void sum(std::span<std::uint64_t> values) override {
    fold(values, [](std::uint64_t a, std::uint64_t b) { return a + b; });
  }
  void largest(std::span<std::uint64_t> values) override {
    fold(values, [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); });
  }
  void share(std::vector<std::byte>& bytes) override {
    show(bytes.data(), bytes.size());
    if (!first()) bytes.assign(shared_.data[0], shared_.data[0] + shared_.bytes[0]);
    meet();
  }
  void gather(std::byte* data, std::span<const std::uint64_t> begin) override {
    show(data, 0);
    for (std::uint32_t r = 0; r < size_; ++r)
      if (r != rank_) std::copy(shared_.data[r] + begin[r], shared_.data[r] + begin[r + 1], data + begin[r]);
    meet();
  }
  std::vector<std::byte> join(std::span<const std::byte> mine, std::vector<std::uint64_t>* begin) override {
    show(const_cast<std::byte*>(mine.data()), mine.size());
    std::vector<std::byte> all;
    if (begin != nullptr) begin->assign(1, 0);
    for (std::uint32_t r = 0; r < size_; ++r) {
      all.insert(all.end(), shared_.data[r], shared_.data[r] + shared_.bytes[r]);
      if (begin != nullptr) begin->push_back(all.size());
    }
    meet();
    return all;
  }
  void start_exchange(std::span<const std::uint32_t> mine) override {
    sent_.assign(mine.begin(), mine.end());
  }
  void finish_exchange() override {
    const auto words = std::as_writable_bytes(std::span(sent_));
    std::vector<std::uint64_t> begin;
    const std::vector<std::byte> all = join(words, &begin);
    received_.resize(size_);
    for (std::uint32_t r = 0; r < size_; ++r) {
      received_[r].resize((begin[r + 1] - begin[r]) / sizeof(std::uint32_t));
      if (!received_[r].empty())
        std::memcpy(received_[r].data(), all.data() + begin[r], begin[r + 1] - begin[r]);
    }
  }
  std::span<const std::uint32_t> received(std::uint32_t r) const override { return received_[r]; }

 private:
  struct Shared {
    explicit Shared(std::uint32_t size) : barrier(size), data(size), bytes(size) {}
    std::barrier<> barrier;
    std::vector<std::byte*> data;
    std::vector<std::size_t> bytes;
  };
  ThreadRanks(Shared& shared, std::uint32_t rank) : shared_(shared) {
    rank_ = place_on_machine_ = rank;
    size_ = on_machine_ = static_cast<std::uint32_t>(shared.data.size());
    processors_ = 1;
  }

  void meet() { shared_.barrier.arrive_and_wait(); }
  /// All may look at this rank's bytes until they meet again.
  void show(std::byte* data, std::size_t bytes) {
    shared_.data[rank_] = data;
    shared_.bytes[rank_] = bytes;
    meet();
  }
  template <class F>
  void fold(std::span<std::uint64_t> values, F&& f) {
    const std::vector<std::byte> all = join(std::as_bytes(values), nullptr);
    for (std::size_t k = 0; k < values.size(); ++k)
      for (std::uint32_t r = 0; r < size_; ++r) {
        std::uint64_t value;
        std::memcpy(&value, all.data() + (r * values.size() + k) * sizeof value, sizeof value);
        values[k] = r == 0 ? value : f(values[k], value);
      }
  }

  Shared& shared_;
  std::vector<std::uint32_t> sent_;
  std::vector<std::vector<std::uint32_t>> received_;
};

}  // namespace penfield::test
