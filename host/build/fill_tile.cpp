#include "host/build/fill_tile.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

namespace {

/// Puts the synapses of a piece, which lie by target, in the order of their delays; those of one delay stay
/// as they are.
class PieceSorter {
 public:
  void sort(SynapseTile& tile, std::uint32_t begin, std::uint32_t end) {
    const auto delay = [&](std::uint32_t k) {
      return SynapseCode::delay(tile.packed.empty() ? tile.code[k] : tile.packed[k]);
    };
    std::array<std::uint32_t, kPieceDelays + 1> place{};
    bool sorted = true;
    for (std::uint32_t k = begin; k < end; ++k) {
      ++place[delay(k) + 1];
      sorted = sorted && (k == begin || delay(k - 1) <= delay(k));
    }
    if (sorted) return;
    for (std::size_t d = 1; d < place.size(); ++d) place[d] += place[d - 1];
    to_.resize(end - begin);
    for (std::uint32_t k = begin; k < end; ++k) to_[k - begin] = place[delay(k)]++;
    move(tile.code, begin, codes_);
    move(tile.packed, begin, packed_);
    move(tile.weight, begin, weights_);
  }

 private:
  template <class T>
  void move(AlignedArray<T>& values, std::uint32_t begin, std::vector<T>& moved) const {
    if (values.empty()) return;
    moved.resize(to_.size());
    for (std::size_t k = 0; k < to_.size(); ++k) moved[to_[k]] = values[begin + k];
    std::copy(moved.begin(), moved.end(), values.begin() + begin);
  }

  std::vector<std::uint32_t> to_;
  std::vector<std::uint16_t> codes_;
  std::vector<std::uint32_t> packed_;
  std::vector<float> weights_;
};

/// `for_each(f)` calls f(const SynapseEntry&) for all `n` synapses, each time in the same order; their
/// sources lie in [first, last].
template <class ForEach>
void fill(SynapseTile& tile, const ProjectionView& view, std::size_t n, std::uint32_t first,
          std::uint32_t last, ForEach&& for_each) {
  tile.source_begin = n == 0 ? 0 : first;
  tile.source_end = n == 0 ? 0 : last + 1;
  tile.pieces = view.pieces.count;
  std::vector<std::uint32_t> offset(tile.num_rows() + 1);
  const bool packed = view.storage == WeightStorage::fixed16;
  tile.code.resize(packed ? 0 : n);
  tile.packed.resize(packed ? n : 0);
  tile.weight.resize(view.storage == WeightStorage::float32 ? n : 0);

  const auto beyond = [&](const SynapseEntry& e) {
    return static_cast<std::uint32_t>(e.delay - view.min_delay);
  };
  const auto piece = [&](const SynapseEntry& e) {
    return std::size_t{e.source - tile.source_begin} * tile.pieces + beyond(e) / kPieceDelays;
  };
  for_each([&](const SynapseEntry& e) { ++offset[piece(e) + 1]; });
  const std::size_t pieces = offset.size() - 1;
  for (std::size_t p = 0; p < pieces; ++p) offset[p + 1] += offset[p];
  // The start of a piece is counted up while it fills, and so ends as the start of the next.
  for_each([&](const SynapseEntry& e) {
    const std::uint32_t k = offset[piece(e)]++;
    const std::uint16_t code = SynapseCode::pack(e.target, beyond(e) % kPieceDelays);
    if (packed) {
      const std::int32_t fixed = to_fixed(e.weight, view.scale_log2 - view.weight_shift);
      tile.packed[k] = static_cast<std::uint32_t>(fixed) << 16 | code;
    } else {
      tile.code[k] = code;
    }
    if (!tile.weight.empty()) tile.weight[k] = e.weight;
  });
  for (std::size_t p = pieces; p > 0; --p) offset[p] = offset[p - 1];
  offset[0] = 0;

  tile.set_rows({offset.data(), offset.size()});

  if (view.min_delay == view.max_delay) return;
  PieceSorter sorter;
  for (std::size_t p = 0; p < pieces; ++p) sorter.sort(tile, offset[p], offset[p + 1]);
}

}  // namespace

void fill_tile(SynapseTile& tile, const ProjectionView& view, const RowStream& rows) {
  fill(tile, view, rows.size(), rows.first_source(), rows.last_source(), [&](auto&& f) { rows.for_each(f); });
}

void fill_tile(SynapseTile& tile, const ProjectionView& view, Span<const std::vector<SynapseEntry>> rows) {
  const auto for_each = [&](auto&& f) {
    for (const auto& row : rows)
      for (const SynapseEntry& e : row) f(e);
  };
  std::size_t n = 0;
  std::uint32_t first = std::numeric_limits<std::uint32_t>::max(), last = 0;
  for_each([&](const SynapseEntry& e) {
    ++n;
    first = std::min(first, e.source);
    last = std::max(last, e.source);
  });
  fill(tile, view, n, first, last, for_each);
}

}  // namespace penfield
