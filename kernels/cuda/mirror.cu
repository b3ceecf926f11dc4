#include "kernels/cuda/mirror.cuh"

#include <algorithm>
#include <cstring>
#include <nvtx3/nvtx3.hpp>

#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

constexpr std::size_t number(ArrayKind kind) { return static_cast<std::size_t>(kind); }

bool same_bytes(const std::vector<PopulationView>& a, const std::vector<PopulationView>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(PopulationView)) == 0);
}

}  // namespace

std::array<std::vector<StateArray>, Mirror::kNumArenas> Mirror::sorted_arrays() const {
  static_assert(number(ArrayKind::scratch) + 1 == kInputs, "each kind of array has an arena");
  std::array<std::vector<StateArray>, kNumArenas> out;
  std::vector<const std::byte*> gains;
  const auto add = [&](const auto& array) {
    if (!array.empty()) gains.push_back(reinterpret_cast<const std::byte*>(array.data()));
  };
  for (const auto& p : network_.populations) {
    for (const auto& factor : p->factor) add(factor);
    add(p->bias_pA);
    add(p->tonic_share);
    add(p->silent);
    add(p->background_Hz);
    add(p->skin_gain);
  }
  for (StateArray& a : network_.held_arrays()) {
    std::size_t arena = number(a.kind);
    if (a.name.starts_with("touch/") || a.name.starts_with("modulator/")) arena = kInputs;
    if (std::find(gains.begin(), gains.end(), a.data) != gains.end()) arena = kGains;
    out[arena].push_back(std::move(a));
  }
  return out;
}

void Mirror::map_pointers() {
  pointers_.clear();
  for (const Arena& arena : arenas_)
    for (std::size_t k = 0; k < arena.num_arrays(); ++k)
      pointers_.emplace_back(arena.host(k), arena.device(k));
  std::sort(pointers_.begin(), pointers_.end());
}

template <class T>
T* Mirror::on_device(T* host) const {
  if (host == nullptr) return nullptr;
  const auto found = std::lower_bound(pointers_.begin(), pointers_.end(), static_cast<const void*>(host),
                                      [](const auto& entry, const void* at) { return entry.first < at; });
  if (found == pointers_.end() || found->first != host)
    throw Error(ExitCode::internal,
                "a view points to an array that the register of state arrays does not list, or that was "
                "resized without an upload: see Network::arrays()");
  return reinterpret_cast<T*>(found->second);
}

PopulationView Mirror::translate(PopulationView v) const {
#if defined(__LP64__)
  static_assert(sizeof(PopulationView) == 896, "PopulationView has changed: translate its new pointers here");
#endif
  const auto one = [this](auto*& pointer) { pointer = on_device(pointer); };
  for (void*& column : v.columns.column)
    if (column != nullptr) column = on_device(static_cast<std::byte*>(column));
  if (v.derived != nullptr) v.derived = on_device(static_cast<const std::byte*>(v.derived));
  for (int k = 0; k < kMaxPorts; ++k) {
    one(v.ring[k]);
    one(v.factor[k]);
    one(v.input[k]);
  }
  one(v.current_pA);
  for (PoissonDrive& drive : v.drive) one(drive.threshold);
  one(v.word);
  one(v.count);
  one(v.rate_Hz);
  one(v.uniform);
  one(v.background_Hz);
  one(v.part);
  one(v.skin_gain);
  one(v.bias_pA);
  one(v.tonic_share);
  one(v.silent);
  one(v.x_mm);
  one(v.y_mm);
  one(v.spiked);
  one(v.spike_count);
  one(v.list_size);
  one(v.list_start);
  one(v.list_neuron);
  one(v.list_previous_step);
  for (std::uint32_t k = 0; k < kMaxTraces; ++k) {
    one(v.list_previous_trace[k]);
    one(v.trace[k]);
    one(v.decay[k]);
    one(v.history_trace[k]);
  }
  one(v.last_spike);
  one(v.burst_sum);
  one(v.earlier_spike);
  one(v.history_step);
  one(v.history_count);
  one(v.history_mark);
  one(v.history_flushed);
  one(v.flush_due);
  return v;
}

TileSynapses Mirror::translate(TileSynapses v) const {
#if defined(__LP64__)
  static_assert(sizeof(TileSynapses) == 64, "TileSynapses has changed: translate its new pointers here");
#endif
  v.rows = {on_device(v.rows.table), on_device(v.rows.end)};
  v.code = on_device(v.code);
  v.packed = on_device(v.packed);
  v.weight = on_device(v.weight);
  v.state = on_device(v.state);
  return v;
}

void Mirror::let_go_of_fetched_tiles() const {
  for (const auto& p : network_.projections)
    if (std::none_of(p->tiles.begin(), p->tiles.end(), [](const SynapseTile& t) { return t.elsewhere(); }))
      p->distant.reset();
}

bool Mirror::upload() {
  const nvtx3::scoped_range range{"upload"};
  let_go_of_fetched_tiles();
  network_.bind();
  const auto arrays = sorted_arrays();
  for (std::size_t k = 0; k < kNumArenas; ++k) {
    const bool grow = k == number(ArrayKind::slow) || k == number(ArrayKind::topology);
    arenas_[k].place(arrays[k], grow, stream_);
    if (k != number(ArrayKind::scratch)) arenas_[k].upload(staging_);
  }
  map_pointers();

  std::vector<PopulationView> populations;
  for (const auto& p : network_.populations) populations.push_back(translate(p->view));
  const bool views_changed = !same_bytes(populations, populations_.values());
  bool changed = populations_.assign(std::move(populations), stream_) || views_changed;

  std::vector<TileSynapses> tiles;
  for (const auto& p : network_.projections)
    for (std::uint32_t t = 0; t < p->tile_views.size(); ++t)
      tiles.push_back(p->distant && p->distant->holds(t) ? p->distant->view(t) : translate(p->tile_views[t]));
  tiles_.assign(std::move(tiles), stream_);

  return place_projections() || changed;
}

bool Mirror::place_projections() {
  std::vector<ProjectionView> projections;
  std::size_t first_tile = 0;
  for (const auto& p : network_.projections) {
    ProjectionView view = p->view;
#if defined(__LP64__)
    static_assert(sizeof(ProjectionView) == 120,
                  "ProjectionView has changed: translate its new pointers here");
#endif
    view.tiles = tiles_.data() + first_tile;
    if (view.rule_params != nullptr)
      view.rule_params = on_device(static_cast<const std::byte*>(view.rule_params));
    view.modulator.step = on_device(view.modulator.step);
    view.modulator.level = on_device(view.modulator.level);
    first_tile += p->tile_views.size();
    projections.push_back(view);
  }
  return projections_.assign(std::move(projections), stream_);
}

bool Mirror::upload_inputs() {
  network_.bind();
  arenas_[kInputs].place(sorted_arrays()[kInputs], false, stream_);
  arenas_[kInputs].upload(staging_);
  arenas_[kGains].upload(staging_);
  map_pointers();
  return !network_.modulators.empty() && place_projections();
}

void Mirror::download() const {
  download_neurons();
  const nvtx3::scoped_range range{"download synapses"};
  for (const auto& p : network_.projections) {
    if (!p->distant) continue;
    const bool whole =
        std::any_of(p->tiles.begin(), p->tiles.end(), [](const SynapseTile& t) { return t.elsewhere(); });
    if (whole) {
      p->fetch();
    } else {
      p->distant->fetch_weights(p->tiles);
    }
  }
}

void Mirror::download_neurons() const {
  const nvtx3::scoped_range range{"download"};
  arenas_[number(ArrayKind::fast)].download(staging_);
  arenas_[number(ArrayKind::slow)].download(staging_);
  arenas_[kGains].download(staging_);
}

TouchTable Mirror::touch() const {
  TouchTable t = network_.touch;
  if (t.length <= 0) return {};
  t.active = on_device(t.active);
  t.x_mm = on_device(t.x_mm);
  t.y_mm = on_device(t.y_mm);
  t.amplitude_Hz = on_device(t.amplitude_Hz);
  return t;
}

std::size_t Mirror::bytes() const {
  std::size_t sum = 0;
  for (const Arena& arena : arenas_) sum += arena.bytes();
  return sum;
}

}  // namespace penfield::cuda
