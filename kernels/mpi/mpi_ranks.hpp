#pragma once
// Ranks over MPI. The one place that knows MPI.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include "penfield/ranks/ranks.hpp"

namespace penfield {

class MpiRanks final : public Ranks {
 public:
  MpiRanks();
  ~MpiRanks() override;

  void sum(std::span<std::uint64_t> values) override;
  void largest(std::span<std::uint64_t> values) override;
  void share(std::vector<std::byte>& bytes) override;
  void gather(std::byte* data, std::span<const std::uint64_t> begin) override;
  std::vector<std::byte> join(std::span<const std::byte> mine, std::vector<std::uint64_t>* begin) override;
  void hand_to_first(std::uint32_t from, std::byte* data, std::uint64_t bytes) override;

  void start_exchange(std::span<const std::uint32_t> mine) override;
  void push_exchange() override;
  void finish_exchange() override;
  std::span<const std::uint32_t> received(std::uint32_t r) const override;

  bool fail(int code, const std::string& message) override;

 private:
  /// A rank of this machine.
  struct Neighbour {
    std::uint32_t rank;
    int process;
  };

  void find_neighbours();
  /// Waits without taking a core from ranks that still compute, and looks whether they are still there.
  void wait(MPI_Request& request);
  void wait_longer(MPI_Request& request);
  void look_for_the_dead() const;
  /// Ranks that fail and ranks that are done meet here, and learn from each other's exit codes which is
  /// which.
  MPI_Request leave(int code);
  /// Chooses the blocks' size from what the last exchanges held; all ranks choose the same.
  void adapt_block();
  void end_all(int code, const std::string& message) const;

  MPI_Comm farewell_ = MPI_COMM_NULL;
  bool left_ = false;
  int own_code_ = 0;
  std::vector<int> codes_;
  std::vector<Neighbour> neighbours_;
  std::uint32_t sharing_ = 0;  ///< ranks that may use just the processors that this one may use

  // An exchange: equal blocks [number of words, the first words] from all to all, then the words that did not
  // fit into theirs, if any.
  MPI_Request request_ = MPI_REQUEST_NULL;
  std::vector<std::uint32_t> sent_;   ///< all words of this rank behind their number
  std::vector<std::uint32_t> block_;  ///< what of them goes into the first collective
  std::vector<std::uint32_t> blocks_, rest_;
  std::vector<int> rest_count_, rest_begin_;
  std::vector<std::vector<std::uint32_t>> whole_;  ///< [rank] of those that did not fit
  std::uint32_t block_words_ = 256;
  std::uint32_t most_words_ = 0, num_exchanges_ = 0;  ///< since the block's size was last looked at
};

std::string mpi_version();

}  // namespace penfield
