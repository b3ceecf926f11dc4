#include "host/run/tile_edit.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "penfield/base/error.hpp"
#include "penfield/numerics/distributions.hpp"

namespace penfield {

namespace {

/// A synapse that comes, and where: `row` is its piece among the rows of the edited tile.
struct Arrival {
  std::uint64_t row;
  std::uint16_t code;
  float weight;
};

/// No synapse has this ordinal.
constexpr std::uint32_t kNone = 0xffffffffu;

class Editor {
 public:
  Editor(SynapseTile& tile, const ProjectionView& view, TileEdit& edit)
      : tile_(tile), view_(view), edit_(edit), rows_(tile.rows()) {}

  void run() {
    if (tile_.num_synapses() > 0) {
      const bool counts = pick_losses();
      for_each_row([&](std::size_t r, RowRange row) {
        const auto piece = static_cast<std::uint32_t>(r % tile_.pieces);
        const std::uint32_t s = tile_.source_begin + static_cast<std::uint32_t>(r / tile_.pieces);
        if (edit_.fates.spines || edit_.fates.of_source[s] != 0)
          judge(s, piece, row);
        else if (counts)
          count(s, row);
      });
    }
    if (doomed_.empty() && edit_.formed.empty()) return;
    arrange();
    write();
  }

 private:
  /// Calls f(row, range) for all rows that hold anything, in order. Most rows of a large sheet do not.
  template <class F>
  void for_each_row(F&& f) const {
    const std::size_t n = tile_.num_rows();
    if (!rows_.grouped()) {
      for (std::size_t r = 0; r < n; ++r)
        if (const RowRange row = rows_.at(r); row.begin != row.end) f(r, row);
      return;
    }
    for (std::size_t g = 0; g < num_row_groups(n); ++g) {
      const RowGroup group = rows_.group()[g];
      std::uint32_t begin = group.begin, place = group.first;
      for (std::uint64_t left = group.present; left != 0; left &= left - 1) {
        const std::uint32_t end = group.begin + rows_.end[place++];
        f(g * RowGroup::kRows + static_cast<std::size_t>(std::countr_zero(left)), RowRange{begin, end});
        begin = end;
      }
    }
  }

  /// Of each target, by the ordinals of its row, which are the same whatever tile it is in. False: none of
  /// any.
  bool pick_losses() {
    next_.assign(edit_.num_targets, kNone);
    place_.assign(edit_.num_targets, 0);
    counted_.assign(edit_.num_targets, 0);
    for (std::uint32_t t = 0; t < edit_.num_targets; ++t) {
      const std::uint32_t neuron = edit_.first_target + t, lost = edit_.target_loss[neuron];
      if (lost == 0) continue;
      place_[t] = static_cast<std::uint32_t>(picked_.size());
      pick(neuron, edit_.in_degree[neuron], lost);
      picked_.push_back(kNone);
      next_[t] = picked_[place_[t]];
    }
    return !picked_.empty();
  }

  /// Appends `lost` different ordinals below `length`, ascending (R. W. Floyd's sampling, Commun ACM 30:754,
  /// 1987).
  void pick(std::uint32_t neuron, std::uint32_t length, std::uint32_t lost) {
    RandomSequence random(edit_.fates.seed, Stream::structure_delete, neuron, edit_.fates.step);
    const std::size_t begin = picked_.size();
    lost = std::min(lost, length);
    for (std::uint32_t j = length - lost; j < length; ++j) {
      const auto drawn = static_cast<std::uint32_t>(random.below(std::uint64_t{j} + 1));
      const bool taken = std::find(picked_.begin() + static_cast<std::ptrdiff_t>(begin), picked_.end(),
                                   drawn) != picked_.end();
      picked_.push_back(taken ? j : drawn);
    }
    std::sort(picked_.begin() + static_cast<std::ptrdiff_t>(begin), picked_.end());
  }

  /// Is the next synapse of target `t` one that was picked? To be asked of all that are there, in order.
  bool is_picked(std::uint32_t t) {
    if (counted_[t]++ != next_[t]) return false;
    next_[t] = picked_[++place_[t]];
    return true;
  }

  void doom(std::uint32_t source, std::uint32_t place, std::uint32_t target) {
    doomed_.push_back(place);
    edit_.deleted.push_back({source, edit_.first_target + target});
  }

  void count(std::uint32_t source, RowRange row) {
    for (std::uint32_t k = row.begin; k < row.end; ++k) {
      const std::uint32_t t = view_.target_in_tile(tile_.code[k]);
      if (is_picked(t)) doom(source, k, t);
    }
  }

  /// Draws the fate of a source's synapses in one piece of its row.
  void judge(std::uint32_t source, std::uint32_t piece, RowRange row) {
    SynapseCopy which;
    for (std::uint32_t k = row.begin; k < row.end; ++k) {
      const std::uint16_t code = tile_.code[k];
      which.copy = k > row.begin && tile_.code[k - 1] == code ? which.copy + 1 : 0;
      which.delay = static_cast<std::uint32_t>(view_.delay(piece, code) - view_.min_delay);
      const std::uint32_t t = view_.target_in_tile(code);
      const bool picked = is_picked(t);
      const SynapseFate fate = edit_.fates.of(source, edit_.first_target + t, which, tile_.weight[k]);
      if (picked || fate == SynapseFate::goes) {
        doom(source, k, t);
      } else if (fate == SynapseFate::matures) {
        tile_.weight[k] = edit_.matured_weight;
        ++edit_.matured;
      }
    }
  }

  /// Rows of the edited tile, and what comes into each.
  void arrange() {
    begin_ = tile_.source_begin;
    end_ = tile_.source_end;
    const bool empty = tile_.num_synapses() == 0;
    for (const SynapseEntry& e : edit_.formed) {
      begin_ = empty && arrivals_.empty() ? e.source : std::min(begin_, e.source);
      end_ = empty && arrivals_.empty() ? e.source + 1 : std::max(end_, e.source + 1);
      const auto beyond = static_cast<std::uint32_t>(e.delay - view_.min_delay);
      arrivals_.push_back({std::uint64_t{e.source} * tile_.pieces + beyond / kPieceDelays,
                           SynapseCode::pack(e.target, beyond % kPieceDelays), e.weight});
    }
    for (Arrival& a : arrivals_) a.row -= std::uint64_t{begin_} * tile_.pieces;
    std::stable_sort(arrivals_.begin(), arrivals_.end(), [](const Arrival& a, const Arrival& b) {
      return a.row != b.row ? a.row < b.row : a.code < b.code;
    });
  }

  void write() {
    const std::size_t n = tile_.num_synapses() - doomed_.size() + arrivals_.size();
    AlignedArray<std::uint16_t> code(n);
    AlignedArray<float> weight(n);
    const std::size_t num_rows = std::size_t{end_ - begin_} * tile_.pieces;
    std::vector<std::uint32_t> offset(num_rows + 1, 0);
    // What stays is copied in runs, which go on over rows: [from, ...) of the old arrays goes to `at`.
    std::uint32_t at = 0, from = 0;
    std::size_t gone = 0, come = 0;
    const auto copy_before = [&](std::uint32_t to) {
      if (to == from) return;
      std::memcpy(code.data() + at, tile_.code.data() + from, (to - from) * sizeof(std::uint16_t));
      std::memcpy(weight.data() + at, tile_.weight.data() + from, (to - from) * sizeof(float));
      at += to - from;
      from = to;
    };
    const auto skip_doomed = [&](std::uint32_t before) {
      for (; gone < doomed_.size() && doomed_[gone] < before; ++gone) {
        copy_before(doomed_[gone]);
        ++from;
      }
    };
    const std::size_t shift =
        tile_.num_synapses() > 0 ? std::size_t{tile_.source_begin - begin_} * tile_.pieces : 0;
    const auto all = static_cast<std::uint32_t>(tile_.num_synapses());
    const std::uint16_t* const codes = tile_.code.data();
    std::size_t next = 0;  // the first row whose offset is not known yet
    // Rows up to `row` begin where what stays of the synapses before `place` ends.
    const auto begin_rows = [&](std::size_t row, std::uint32_t place) {
      skip_doomed(place);
      std::fill(offset.begin() + static_cast<std::ptrdiff_t>(next),
                offset.begin() + static_cast<std::ptrdiff_t>(row) + 1, at + (place - from));
      next = row + 1;
    };
    const auto arrive = [&](std::size_t row, RowRange range) {
      for (; come < arrivals_.size() && arrivals_[come].row == row; ++come) {
        const auto behind = static_cast<std::uint32_t>(
            std::upper_bound(codes + range.begin, codes + range.end, arrivals_[come].code) - codes);
        skip_doomed(behind);
        copy_before(behind);
        code[at] = arrivals_[come].code;
        weight[at++] = arrivals_[come].weight;
      }
    };
    const auto arrive_before = [&](std::size_t row, std::uint32_t place) {
      while (come < arrivals_.size() && arrivals_[come].row < row) {
        const std::size_t empty = arrivals_[come].row;
        begin_rows(empty, place);
        arrive(empty, {place, place});
      }
    };
    if (all > 0)
      for_each_row([&](std::size_t r, RowRange range) {
        arrive_before(r + shift, range.begin);
        begin_rows(r + shift, range.begin);
        arrive(r + shift, range);
      });
    arrive_before(num_rows, all);
    skip_doomed(all);
    copy_before(all);
    begin_rows(num_rows, all);
    tile_.source_begin = n == 0 ? 0 : begin_;
    tile_.source_end = n == 0 ? 0 : end_;
    if (n == 0) offset.assign(1, 0);
    tile_.code = std::move(code);
    tile_.weight = std::move(weight);
    tile_.set_rows({offset.data(), offset.size()});
  }

  SynapseTile& tile_;
  const ProjectionView& view_;
  TileEdit& edit_;
  RowPlaces rows_;
  // Ordinals that are lost, target after target, kNone behind each; [target in tile]: the next one, its place
  // in that list, and the synapses passed so far.
  std::vector<std::uint32_t> picked_, next_, place_, counted_;
  std::vector<std::uint32_t> doomed_;  ///< places, ascending
  std::uint32_t begin_ = 0, end_ = 0;  ///< sources of the edited tile
  std::vector<Arrival> arrivals_;
};

}  // namespace

void edit_tile(SynapseTile& tile, const ProjectionView& view, TileEdit& edit) {
  if (view.storage != WeightStorage::float32 || !tile.state.empty() || tile.elsewhere())
    throw Error(ExitCode::internal,
                "synapses that are packed, keep state or lie on a card alone cannot be edited in their tile");
  Editor(tile, view, edit).run();
}

}  // namespace penfield
