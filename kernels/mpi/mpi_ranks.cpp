#include "kernels/mpi/mpi_ranks.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <thread>

namespace penfield {

namespace {

using Clock = std::chrono::steady_clock;

// MPI counts are ints.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 30;
constexpr std::uint32_t kSpins = 2000;  // of MPI_Test: some 0.2 ms, longer than most exchanges
constexpr std::uint32_t kBlockPeriod = 256;

double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

/// What a rank says of its place; sent as bytes.
struct Place {
  char host[64];
  char process_space[64];  ///< processes of other containers have numbers of their own
  cpu_set_t processors;
  int process;
};

}  // namespace

MpiRanks::MpiRanks() {
  int given = MPI_THREAD_SINGLE;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  rank_ = static_cast<std::uint32_t>(rank);
  size_ = static_cast<std::uint32_t>(size);
  MPI_Comm_dup(MPI_COMM_WORLD, &farewell_);
  whole_.resize(size_);
  rest_count_.resize(size_);
  rest_begin_.resize(size_);
  find_neighbours();
  if (given < MPI_THREAD_FUNNELED)
    throw Error(ExitCode::no_device,
                "this MPI allows no threads beside it (" + mpi_version() + "): use another");
}

MpiRanks::~MpiRanks() {
  // MPI_Finalize waits for the others at full speed, and they may have files to write.
  if (!left_) {
    MPI_Request request = leave(0);
    wait(request);
  }
  MPI_Comm_free(&farewell_);
  MPI_Finalize();
}

void MpiRanks::find_neighbours() {
  Place mine{};
  gethostname(mine.host, sizeof mine.host - 1);
  const bool known = readlink("/proc/self/ns/pid", mine.process_space, sizeof mine.process_space - 1) > 0;
  sched_getaffinity(0, sizeof mine.processors, &mine.processors);
  mine.process = static_cast<int>(getpid());
  std::vector<Place> all(size_);
  MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, MPI_COMM_WORLD);
  on_machine_ = 0;
  for (std::uint32_t r = 0; r < size_; ++r) {
    if (std::strncmp(all[r].host, mine.host, sizeof mine.host) != 0) continue;
    if (r == rank_) place_on_machine_ = on_machine_;
    ++on_machine_;
    if (CPU_EQUAL(&all[r].processors, &mine.processors)) ++sharing_;
    if (r != rank_ && known && std::strcmp(all[r].process_space, mine.process_space) == 0)
      neighbours_.push_back({r, all[r].process});
  }
  processors_ = std::max(1u, static_cast<std::uint32_t>(CPU_COUNT(&mine.processors)) / sharing_);
}

void MpiRanks::wait(MPI_Request& request) {
  int done = 0;
  for (std::uint32_t spin = 0; spin < kSpins; ++spin) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done != 0) return;
    if (sharing_ > 1) sched_yield();
  }
  wait_longer(request);
}

void MpiRanks::wait_longer(MPI_Request& request) {
  int done = 0;
  auto looked = Clock::now();
  for (auto pause = std::chrono::microseconds(20);;) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done != 0) return;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::microseconds(1000));
    if (since(looked) < 0.01) continue;
    look_for_the_dead();
    looked = Clock::now();
  }
}

void MpiRanks::look_for_the_dead() const {
  for (const Neighbour& n : neighbours_) {
    if (kill(n.process, 0) == 0 || errno != ESRCH) continue;
    // The lowest rank left on this machine speaks.
    const bool speaks = std::none_of(neighbours_.begin(), neighbours_.end(), [&](const Neighbour& other) {
      return other.rank < rank_ && kill(other.process, 0) == 0;
    });
    end_all(static_cast<int>(ExitCode::device_fault),
            speaks
                ? "rank " + std::to_string(n.rank) + " (process " + std::to_string(n.process) +
                      ") is gone, so the run ends here; its last checkpoint and results are intact, and the "
                      "same command goes on from there"
                : "");
  }
}

void MpiRanks::end_all(int code, const std::string& message) const {
  if (!message.empty()) std::fprintf(stderr, "penfield: rank %u: %s\n", rank_, message.c_str());
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

MPI_Request MpiRanks::leave(int code) {
  left_ = true;
  own_code_ = code;
  codes_.resize(size_);
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallgather(&own_code_, 1, MPI_INT, codes_.data(), 1, MPI_INT, farewell_, &request);
  return request;
}

bool MpiRanks::fail(int code, const std::string& message) {
  MPI_Request together = leave(code);
  int all = 0;
  for (const auto began = Clock::now(); all == 0 && since(began) < 2.0;) {
    MPI_Test(&together, &all, MPI_STATUS_IGNORE);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (all == 0) end_all(code, message);
  return std::all_of(codes_.begin(), codes_.begin() + rank_, [](int lower) { return lower == 0; });
}

void MpiRanks::sum(std::span<std::uint64_t> values) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_UINT64_T, MPI_SUM,
                 MPI_COMM_WORLD, &request);
  wait(request);
}

void MpiRanks::largest(std::span<std::uint64_t> values) {
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Iallreduce(MPI_IN_PLACE, values.data(), static_cast<int>(values.size()), MPI_UINT64_T, MPI_MAX,
                 MPI_COMM_WORLD, &request);
  wait(request);
}

void MpiRanks::share(std::vector<std::byte>& bytes) {
  std::uint64_t size = first() ? bytes.size() : 0;
  largest({&size, 1});
  bytes.resize(size);
  for (std::uint64_t at = 0; at < size; at += kPiece) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibcast(bytes.data() + at, static_cast<int>(std::min(kPiece, size - at)), MPI_BYTE, 0, MPI_COMM_WORLD,
               &request);
    wait(request);
  }
}

void MpiRanks::gather(std::byte* data, std::span<const std::uint64_t> begin) {
  if (begin[size_] <= kPiece) {
    std::vector<int> count(size_), at(size_);
    for (std::uint32_t r = 0; r < size_; ++r) {
      at[r] = static_cast<int>(begin[r]);
      count[r] = static_cast<int>(begin[r + 1] - begin[r]);
    }
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, data, count.data(), at.data(), MPI_BYTE, MPI_COMM_WORLD,
                    &request);
    wait(request);
    return;
  }
  for (std::uint32_t r = 0; r < size_; ++r)
    for (std::uint64_t at = begin[r]; at < begin[r + 1]; at += kPiece) {
      MPI_Request request = MPI_REQUEST_NULL;
      MPI_Ibcast(data + at, static_cast<int>(std::min(kPiece, begin[r + 1] - at)), MPI_BYTE,
                 static_cast<int>(r), MPI_COMM_WORLD, &request);
      wait(request);
    }
}

std::vector<std::byte> MpiRanks::join(std::span<const std::byte> mine, std::vector<std::uint64_t>* begin) {
  std::vector<std::uint64_t> at(size_ + 1, 0);
  at[rank_ + 1] = mine.size();
  sum(at);
  for (std::uint32_t r = 0; r < size_; ++r) at[r + 1] += at[r];
  std::vector<std::byte> all(at[size_]);
  std::copy(mine.begin(), mine.end(), all.begin() + static_cast<std::ptrdiff_t>(at[rank_]));
  gather(all.data(), at);
  if (begin != nullptr) *begin = std::move(at);
  return all;
}

void MpiRanks::hand_to_first(std::uint32_t from, std::byte* data, std::uint64_t bytes) {
  if (from == 0 || (rank_ != from && !first())) return;
  for (std::uint64_t at = 0; at < bytes; at += kPiece) {
    const int count = static_cast<int>(std::min(kPiece, bytes - at));
    MPI_Request request = MPI_REQUEST_NULL;
    if (first()) {
      MPI_Irecv(data + at, count, MPI_BYTE, static_cast<int>(from), 0, MPI_COMM_WORLD, &request);
    } else {
      MPI_Isend(data + at, count, MPI_BYTE, 0, 0, MPI_COMM_WORLD, &request);
    }
    wait(request);
  }
}

void MpiRanks::adapt_block() {
  if (most_words_ + 1 <= block_words_ && num_exchanges_++ % kBlockPeriod != 0) return;
  block_words_ = std::bit_ceil(most_words_ + most_words_ / 4 + 64);
  most_words_ = 0;
}

void MpiRanks::start_exchange(std::span<const std::uint32_t> mine) {
  adapt_block();
  sent_.resize(mine.size() + 1);
  sent_[0] = static_cast<std::uint32_t>(mine.size());
  std::copy(mine.begin(), mine.end(), sent_.begin() + 1);
  block_.assign(block_words_, 0);
  std::copy_n(sent_.begin(), std::min<std::size_t>(sent_.size(), block_words_), block_.begin());
  blocks_.resize(std::size_t{block_words_} * size_);
  MPI_Iallgather(block_.data(), static_cast<int>(block_words_), MPI_UINT32_T, blocks_.data(),
                 static_cast<int>(block_words_), MPI_UINT32_T, MPI_COMM_WORLD, &request_);
}

void MpiRanks::push_exchange() {
  int done = 0;
  if (request_ != MPI_REQUEST_NULL) MPI_Test(&request_, &done, MPI_STATUS_IGNORE);
}

void MpiRanks::finish_exchange() {
  if (request_ != MPI_REQUEST_NULL) wait(request_);
  std::int64_t total = 0;
  for (std::uint32_t r = 0; r < size_; ++r) {
    const std::uint32_t words = blocks_[std::size_t{r} * block_words_];
    most_words_ = std::max(most_words_, words);
    rest_count_[r] = words + 1 > block_words_ ? static_cast<int>(words + 1 - block_words_) : 0;
    rest_begin_[r] = static_cast<int>(total);
    total += rest_count_[r];
  }
  if (total > std::numeric_limits<int>::max())
    end_all(static_cast<int>(ExitCode::numerics),
            "more spikes between two exchanges of ranks than MPI can count: the network runs away");
  if (total > 0) {
    rest_.resize(static_cast<std::size_t>(total));
    MPI_Iallgatherv(sent_.data() + std::min<std::size_t>(block_words_, sent_.size()), rest_count_[rank_],
                    MPI_UINT32_T, rest_.data(), rest_count_.data(), rest_begin_.data(), MPI_UINT32_T,
                    MPI_COMM_WORLD, &request_);
    wait(request_);
    for (std::uint32_t r = 0; r < size_; ++r) {
      if (rest_count_[r] == 0) continue;
      const auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(std::size_t{r} * block_words_);
      const auto rest = rest_.begin() + rest_begin_[r];
      whole_[r].assign(begin + 1, begin + block_words_);
      whole_[r].insert(whole_[r].end(), rest, rest + rest_count_[r]);
    }
  }
}

std::span<const std::uint32_t> MpiRanks::received(std::uint32_t r) const {
  if (rest_count_[r] > 0) return whole_[r];
  const std::uint32_t* block = blocks_.data() + std::size_t{r} * block_words_;
  return {block + 1, block[0]};
}

std::string mpi_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<std::size_t>(std::max(length, 0)));
  return version.substr(0, version.find_first_of(",\n"));
}

}  // namespace penfield
