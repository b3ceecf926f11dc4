#include "penfield/state/network.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "penfield/base/error.hpp"
#include "penfield/numerics/exp_log.hpp"
#include "penfield/numerics/fixed_point.hpp"

namespace penfield {

namespace {

template <class T>
T* pointer(AlignedArray<T>& array) {
  return array.empty() ? nullptr : array.data();
}

/// Adds arrays to the register under a common prefix, leaving out the unused ones.
class Register {
 public:
  Register(std::string prefix, std::vector<StateArray>& out) : prefix_(std::move(prefix)), out_(out) {}

  template <class T>
  void add(const std::string& name, ArrayKind kind, AlignedArray<T>& array) {
    if (array.empty()) return;
    if (array.elsewhere())
      throw Error(ExitCode::internal, prefix_ + name + " lies on the card alone: fetch the synapses first");
    out_.push_back(
        {prefix_ + name, kind, reinterpret_cast<std::byte*>(array.data()), array.bytes(), sizeof(T)});
  }
  template <class T, std::size_t N>
  void add(const std::string& name, ArrayKind kind, AlignedArray<T> (&arrays)[N]) {
    for (std::size_t k = 0; k < N; ++k) add(name + "[" + std::to_string(k) + "]", kind, arrays[k]);
  }

 private:
  std::string prefix_;
  std::vector<StateArray>& out_;
};

}  // namespace

void Population::bind() {
  PopulationView& v = view;
  for (int k = 0; k < kMaxColumns; ++k) v.columns.column[k] = pointer(columns[k]);
  v.derived = pointer(derived);
  for (int k = 0; k < kMaxPorts; ++k) {
    v.ring[k] = pointer(ring[k]);
    v.factor[k] = pointer(factor[k]);
    v.input[k] = pointer(input[k]);
  }
  v.current_pA = pointer(current_pA);
  v.word = pointer(word);
  v.count = pointer(count);
  for (std::uint32_t k = 0; k < v.num_drives; ++k) {
    v.drive[k].threshold = pointer(thresholds[k]);
    v.drive[k].length = static_cast<std::uint32_t>(thresholds[k].size());
  }
  v.rate_Hz = pointer(rate_Hz);
  v.uniform = pointer(uniform);
  v.background_Hz = pointer(background_Hz);
  v.part = pointer(part);
  v.skin_gain = pointer(skin_gain);
  v.bias_pA = pointer(bias_pA);
  v.tonic_share = pointer(tonic_share);
  v.silent = pointer(silent);
  v.x_mm = pointer(x_mm);
  v.y_mm = pointer(y_mm);
  v.spiked = pointer(spiked);
  v.spike_count = pointer(spike_count);
  v.list_size = pointer(list_size);
  v.list_start = pointer(list_start);
  v.list_neuron = pointer(list_neuron);
  v.list_previous_step = pointer(list_previous_step);
  for (std::uint32_t k = 0; k < kMaxTraces; ++k) {
    v.list_previous_trace[k] = pointer(list_previous_trace[k]);
    v.trace[k] = pointer(trace[k]);
    v.decay[k] = pointer(decay[k]);
    v.decay_length[k] = static_cast<std::uint32_t>(decay[k].size());
    v.history_trace[k] = pointer(history_trace[k]);
  }
  v.last_spike = pointer(last_spike);
  v.burst_sum = pointer(burst_sum);
  v.earlier_spike = pointer(earlier_spike);
  v.history_step = pointer(history_step);
  v.history_count = pointer(history_count);
  v.history_mark = pointer(history_mark);
  v.history_flushed = pointer(history_flushed);
  v.flush_due = pointer(flush_due);
}

void Population::list_arrays(std::vector<StateArray>& out) {
  Register r(name + "/", out);
  r.add("column", ArrayKind::fast, columns);
  r.add("derived", ArrayKind::constant, derived);
  r.add("ring", ArrayKind::fast, ring);
  r.add("factor", ArrayKind::slow, factor);
  r.add("input", ArrayKind::scratch, input);
  r.add("current_pA", ArrayKind::scratch, current_pA);
  r.add("word", ArrayKind::scratch, word);
  r.add("count", ArrayKind::scratch, count);
  r.add("poisson_thresholds", ArrayKind::constant, thresholds);
  r.add("rate_Hz", ArrayKind::scratch, rate_Hz);
  r.add("uniform", ArrayKind::scratch, uniform);
  r.add("background_Hz", ArrayKind::slow, background_Hz);
  r.add("skin_gain", ArrayKind::slow, skin_gain);
  r.add("bias_pA", ArrayKind::constant, bias_pA);
  r.add("tonic_share", ArrayKind::constant, tonic_share);
  r.add("silent", ArrayKind::constant, silent);
  r.add("part", ArrayKind::constant, part);
  r.add("x_mm", ArrayKind::constant, x_mm);
  r.add("y_mm", ArrayKind::constant, y_mm);
  r.add("spiked", ArrayKind::scratch, spiked);
  r.add("spike_count", ArrayKind::fast, spike_count);
  r.add("list_size", ArrayKind::fast, list_size);
  r.add("list_start", ArrayKind::fast, list_start);
  r.add("list_neuron", ArrayKind::fast, list_neuron);
  r.add("list_previous_step", ArrayKind::fast, list_previous_step);
  r.add("list_previous_trace", ArrayKind::fast, list_previous_trace);
  r.add("trace", ArrayKind::fast, trace);
  r.add("decay", ArrayKind::constant, decay);
  r.add("last_spike", ArrayKind::fast, last_spike);
  r.add("burst_sum", ArrayKind::fast, burst_sum);
  r.add("earlier_spike", ArrayKind::fast, earlier_spike);
  r.add("history_step", ArrayKind::fast, history_step);
  r.add("history_trace", ArrayKind::fast, history_trace);
  r.add("history_count", ArrayKind::fast, history_count);
  r.add("history_mark", ArrayKind::fast, history_mark);
  r.add("history_flushed", ArrayKind::fast, history_flushed);
  r.add("flush_due", ArrayKind::fast, flush_due);
}

void Modulator::add_pulse(StepIndex at, float amount) {
  if (num_pulses > 0 && at < step[num_pulses - 1])
    throw Error(ExitCode::internal, "modulator " + name + ": a pulse at step " + std::to_string(at) +
                                        " comes after one at step " + std::to_string(step[num_pulses - 1]) +
                                        " was entered; enter them in order of time");
  float left = 0.0f;
  if (num_pulses > 0) {
    const float since_ms = static_cast<float>(at - step[num_pulses - 1]) * view.dt_ms;
    left = level[num_pulses - 1] * exp_f(-since_ms / view.tau_ms);
    if (at == step[num_pulses - 1]) --num_pulses;  // both at once are one
  }
  make_room(num_pulses + 1);
  step[num_pulses] = at;
  level[num_pulses] = left + amount;
  ++num_pulses;
}

void Modulator::set_pulses(const std::vector<StepIndex>& steps, const std::vector<float>& levels) {
  num_pulses = 0;
  step.fill(kNoPulse);
  make_room(static_cast<std::uint32_t>(steps.size()));
  std::copy(steps.begin(), steps.end(), step.data());
  std::copy(levels.begin(), levels.end(), level.data());
  num_pulses = static_cast<std::uint32_t>(steps.size());
}

void Modulator::make_room(std::uint32_t pulses) {
  const std::size_t old = step.size();
  std::size_t room = old == 0 ? 64 : old;
  while (room < pulses) room *= 2;
  if (room == old) return;
  AlignedArray<StepIndex> steps(room);
  AlignedArray<float> levels(room);
  steps.fill(kNoPulse);
  std::copy(step.data(), step.data() + num_pulses, steps.data());
  std::copy(level.data(), level.data() + num_pulses, levels.data());
  step = std::move(steps);
  level = std::move(levels);
}

void Modulator::bind() {
  view.step = pointer(step);
  view.level = pointer(level);
  view.capacity = static_cast<std::uint32_t>(step.size());
}

RowPlaces SynapseTile::rows() const {
  if (group.empty()) return {offset.data(), nullptr};
  return {group.data(), row_end.data()};
}

RowRange SynapseTile::row(std::uint32_t s) const {
  const RowPlaces places = rows();
  return {places.at(std::size_t{s} * pieces).begin, places.at(std::size_t{s} * pieces + pieces - 1).end};
}

void SynapseTile::set_rows(Span<const std::uint32_t> offsets) {
  const std::size_t n = num_rows(), num_groups = num_row_groups(n);
  std::vector<RowGroup> groups(num_groups);
  std::uint32_t num_present = 0;
  bool fit = true;
  for (std::size_t g = 0; g < num_groups; ++g) {
    const std::size_t begin = g * RowGroup::kRows, end = std::min<std::size_t>(begin + RowGroup::kRows, n);
    groups[g].begin = offsets[begin];
    if (offsets[begin] != offsets[end]) groups[g] = group_of_rows(offsets.data(), n, g);
    groups[g].first = num_present;
    num_present += groups[g].num_present();
    fit = fit && ends_fit(offsets.data(), n, g);
  }
  const bool grouped = fit && groups_pay(n, num_present, offsets[n]);
  offset.resize(grouped ? 0 : n + 1);
  group.resize(grouped ? num_groups : 0);
  row_end.resize(grouped ? num_present : 0);
  if (!grouped) {
    std::copy(offsets.begin(), offsets.end(), offset.begin());
    return;
  }
  std::copy(groups.begin(), groups.end(), group.begin());
  for (std::size_t g = 0; g < num_groups; ++g)
    if (groups[g].present != 0) write_ends(offsets.data(), g, groups[g], row_end.data());
}

bool SynapseTile::rows_are_sound() const {
  const std::size_t n = num_rows();
  if (group.empty()) {
    if (offset.size() != n + 1 || !row_end.empty()) return false;
  } else {
    if (!offset.empty() || group.size() != num_row_groups(n)) return false;
    std::size_t present = 0;
    for (const RowGroup& g : group) {
      if (g.first != present) return false;
      present += g.num_present();
    }
    const std::uint32_t in_last = n % RowGroup::kRows;
    if (present != row_end.size() || (in_last != 0 && group[n / RowGroup::kRows].present >> in_last))
      return false;
  }
  const RowPlaces places = rows();
  std::uint32_t end = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const RowRange row = places.at(r);
    if (row.begin != end || row.end < row.begin) return false;
    end = row.end;
  }
  return end == num_synapses();
}

TileSynapses SynapseTile::view() {
  TileSynapses v;
  v.source_begin = source_begin;
  v.source_end = source_end;
  v.pieces = pieces;
  v.num_synapses = static_cast<std::uint32_t>(num_synapses());
  v.rows = rows();
  v.code = pointer(code);
  v.packed = pointer(packed);
  v.weight = pointer(weight);
  v.state = pointer(state);
  return v;
}

std::uint64_t Projection::num_synapses() const {
  std::uint64_t n = 0;
  for (const SynapseTile& tile : tiles) n += tile.num_synapses();
  return n;
}

Projection::Synapse Projection::read(const SynapseTile& tile, std::uint32_t source, std::uint32_t piece,
                                     std::size_t place) const {
  const std::uint32_t code = tile.packed.empty() ? tile.code[place] : tile.packed[place];
  Synapse s{source, view.target_in_tile(code), view.delay(piece, code), 0.0f, 0, place};
  if (view.storage == WeightStorage::float32) {
    s.weight = tile.weight[place];
    std::memcpy(&s.weight_bits, &s.weight, sizeof s.weight_bits);
    return s;
  }
  const std::int32_t fixed = view.static_weight(code);
  s.weight = from_fixed(fixed, view.scale_log2);
  s.weight_bits = static_cast<std::uint16_t>(fixed >> view.weight_shift);
  return s;
}

bool Projection::away() const {
  return distant && std::any_of(tiles.begin(), tiles.end(), [](const auto& t) { return t.elsewhere(); });
}

void Projection::fetch() {
  if (!away()) return;
  distant->fetch(tiles);
  bind();
}

void Projection::leave_on_card() {
  if (!distant) return;  // its engine has taken the host's copies
  for (std::uint32_t t = 0; t < tiles.size(); ++t) {
    if (!distant->holds(t)) continue;
    SynapseTile& tile = tiles[t];
    tile.offset.leave_elsewhere(tile.offset.size());
    tile.group.leave_elsewhere(tile.group.size());
    tile.row_end.leave_elsewhere(tile.row_end.size());
    tile.code.leave_elsewhere(tile.code.size());
    tile.packed.leave_elsewhere(tile.packed.size());
    tile.weight.leave_elsewhere(tile.weight.size());
  }
  bind();
}

void Projection::bind() {
  if (tile_views.size() != tiles.size()) tile_views.resize(tiles.size());
  for (std::size_t t = 0; t < tiles.size(); ++t) tile_views[t] = tiles[t].view();
  view.tiles = pointer(tile_views);
  view.rule_params = pointer(rule_params);
}

void Projection::list_arrays(std::vector<StateArray>& out, TileRange of) { list_arrays(out, of, false); }
void Projection::list_held_arrays(std::vector<StateArray>& out) {
  list_arrays(out, {0, static_cast<std::uint32_t>(tiles.size())}, true);
}

void Projection::list_arrays(std::vector<StateArray>& out, TileRange of, bool held_alone) {
  Register common(name + "/", out);
  common.add("rule_params", ArrayKind::constant, rule_params);
  for (std::size_t t = of.begin; t < of.end; ++t) {
    SynapseTile& tile = tiles[t];
    if (held_alone && tile.elsewhere()) continue;
    Register r(name + "/tile" + std::to_string(t) + "/", out);
    r.add("offset", ArrayKind::topology, tile.offset);
    r.add("group", ArrayKind::topology, tile.group);
    r.add("row_end", ArrayKind::topology, tile.row_end);
    r.add("code", ArrayKind::topology, tile.code);
    r.add("packed", ArrayKind::topology, tile.packed);
    r.add("weight", ArrayKind::slow, tile.weight);
    r.add("state", ArrayKind::slow, tile.state);
  }
}

void Projection::hand_to_card() {
  if (!distant) return;
  distant->take(tiles);
  leave_on_card();
}

std::uint64_t Network::num_neurons() const {
  std::uint64_t n = 0;
  for (const auto& p : populations) n += p->view.n;
  return n;
}

std::uint64_t Network::num_synapses() const {
  std::uint64_t n = 0;
  for (const auto& p : projections) n += p->num_synapses();
  return n;
}

StepIndex Network::batched_steps() const {
  if (projections.empty()) return 1;
  StepIndex batch = projections.front()->view.min_delay;
  for (const auto& projection : projections) {
    const ProjectionView& v = projection->view;
    if (v.rule >= 0) return 1;
    const StepIndex kept = populations[v.source]->view.list_slots;
    batch = std::min<StepIndex>(batch, v.min_delay - v.pieces.first_age);
    batch = std::min<StepIndex>(batch, (kept - v.pieces.last_age()) / 2);
  }
  return std::max<StepIndex>(batch, 1);
}

TileRange Network::tiles_of(const Population& population, std::uint32_t rank) const {
  if (population.rank_tiles.empty()) return {0, rank == 0 ? population.view.num_tiles : 0};
  return {population.rank_tiles[rank], population.rank_tiles[rank + 1]};
}

void gather_columns(Network& network) {
  for (auto& p : network.populations)
    for (AlignedArray<std::uint32_t>& column : p->columns)
      if (!column.empty()) gather_neurons(network, *p, column.data());
}

void gather_rings(Network& network) {
  if (network.ranks->alone()) return;
  for (auto& p : network.populations) {
    const std::uint64_t tile_bytes =
        std::uint64_t{p->view.ring_slots} * p->view.tile_size * sizeof(std::int32_t);
    std::vector<std::uint64_t> begin;
    for (std::uint32_t r = 0; r < network.ranks->size(); ++r)
      begin.push_back(network.tiles_of(*p, r).begin * tile_bytes);
    begin.push_back(p->view.num_tiles * tile_bytes);
    for (std::uint32_t port = 0; port < p->view.num_ports; ++port)
      if (!p->ring[port].empty())
        network.ranks->gather(reinterpret_cast<std::byte*>(p->ring[port].data()), begin);
  }
}

void Network::fetch_synapses() const {
  for (const auto& p : projections) p->fetch();
}

BorrowedSynapses::BorrowedSynapses(const Network& network) {
  for (const auto& p : network.projections)
    if (p->away()) away_.push_back(p.get());
}

BorrowedSynapses::~BorrowedSynapses() {
  for (Projection* p : away_) p->leave_on_card();
}

std::vector<StateArray> Network::arrays() {
  fetch_synapses();
  return held_arrays();
}

std::vector<StateArray> Network::held_arrays() {
  std::vector<StateArray> out;
  for (auto& p : populations) p->list_arrays(out);
  for (auto& p : projections) p->list_held_arrays(out);
  Register r("touch/", out);
  r.add("active", ArrayKind::constant, touch_active);
  r.add("x_mm", ArrayKind::constant, touch_x_mm);
  r.add("y_mm", ArrayKind::constant, touch_y_mm);
  r.add("amplitude_Hz", ArrayKind::constant, touch_amplitude_Hz);
  for (auto& m : modulators) {
    Register of("modulator/" + m->name + "/", out);
    of.add("step", ArrayKind::constant, m->step);
    of.add("level", ArrayKind::constant, m->level);
  }
  return out;
}

void Network::bind() {
  for (auto& p : populations) p->bind();
  for (auto& m : modulators) m->bind();
  for (auto& p : projections) {
    p->bind();
    if (p->modulator >= 0) p->view.modulator = modulators[static_cast<std::size_t>(p->modulator)]->view;
  }
  touch.active = pointer(touch_active);
  touch.x_mm = pointer(touch_x_mm);
  touch.y_mm = pointer(touch_y_mm);
  touch.amplitude_Hz = pointer(touch_amplitude_Hz);
}

}  // namespace penfield
