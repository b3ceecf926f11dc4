#include "kernels/cuda/card_rewirer.cuh"

#include <algorithm>
#include <nvtx3/nvtx3.hpp>

#include "kernels/cuda/copies.cuh"
#include "kernels/cuda/rewire_kernels.cuh"
#include "penfield/base/error.hpp"

namespace penfield::cuda {

namespace {

/// Keys, pieces and storage of a projection's tiles.
TileJob job_of(const ProjectionView& view, const PopulationView& source, const PopulationView& target) {
  TileJob job;
  job.tile_size = target.tile_size;
  job.min_delay = static_cast<std::uint32_t>(view.min_delay);
  job.pieces = view.pieces.count;
  job.storage = view.storage;
  job.keys.source_bits = bits_for(source.n);
  job.keys.delay_bits = bits_for(std::uint64_t(view.max_delay - view.min_delay) + 1);
  return job;
}

}  // namespace

CardRewirer::Rows CardRewirer::rows_of(const Network& network, const Projection& projection) const {
  auto* const tiles = dynamic_cast<CardTiles*>(projection.distant.get());
  if (tiles == nullptr || !projection.away())
    throw Error(ExitCode::internal, "the synapses of projection " + projection.name +
                                        " are not on the card alone: rewire and read them on the host");
  const PopulationView& source = network.populations[projection.view.source]->view;
  const PopulationView& target = network.populations[projection.view.target]->view;
  return {network, projection, *tiles, source, target, job_of(projection.view, source, target)};
}

/// Null for null.
template <class T>
const T* CardRewirer::copy(Room<T>& room, const T* from, std::size_t n) {
  if (from == nullptr || n == 0) return nullptr;
  T* const to = room.need(n);
  upload(stream_, to, from, n);
  return to;
}

RowRewiring CardRewirer::on_card(const RowRewiring& job) {
  RowRewiring out = job;
  const std::size_t n = job.num_neurons, num_sources = job.num_sources;
  out.deficit = copy(deficit_, job.deficit, n);
  out.dendritic = copy(dendritic_, job.dendritic, n);
  out.axonal = copy(axonal_, job.axonal, num_sources);
  out.intact_sum = copy(intact_sum_, job.intact_sum, n);
  out.field = copy(field_, job.field, num_sources);
  out.inside = copy(flag_, job.inside, num_sources);
  out.x_mm = copy(x_, job.x_mm, n);
  out.y_mm = copy(y_, job.y_mm, n);
  out.source_x_mm = copy(source_x_, job.source_x_mm, num_sources);
  out.source_y_mm = copy(source_y_, job.source_y_mm, num_sources);
  const std::size_t num_cells = std::size_t{job.cells_x} * job.cells_y;
  out.cell_begin = copy(cell_begin_, job.cell_begin, num_cells + 1);
  out.cell_neuron = copy(cell_neuron_, job.cell_neuron, num_sources);
  return out;
}

std::uint64_t CardRewirer::sum_to(std::uint64_t* at, std::uint64_t num) {
  clear(stream_, at + num, sizeof *at);
  sort_scan_.sum_before(at, num + 1);
  std::uint64_t sum = 0;
  download(stream_, &sum, at + num, 1);
  stream_.wait();
  return sum;
}

/// The rows of a chunk: its synapses, sorted by target, which keeps the order of sources and delays.
CardRewirer::Listed CardRewirer::list(const Rows& of, const TileChunk& chunk) {
  Listed listed;
  listed.num_tiles = chunk.end_tile - chunk.first_tile;
  listed.block.first_target = tile_begin(of.target, chunk.first_tile);
  listed.block.num_rows = tile_begin(of.target, chunk.end_tile - 1) +
                          tile_count(of.target, chunk.end_tile - 1) - listed.block.first_target;
  std::vector<ListedTile> tiles(listed.num_tiles);
  std::uint32_t most_pieces = 0;
  std::uint64_t n = 0;
  for (std::uint32_t t = 0; t < listed.num_tiles; ++t) {
    const SynapseTile& tile = of.projection.tiles[chunk.first_tile + t];
    tiles[t] = {of.tiles.view(chunk.first_tile + t), n};
    most_pieces = std::max(most_pieces, tile.num_sources() * tile.pieces);
    n += tile.num_synapses();
  }
  if (of.projection.view.storage == WeightStorage::float32) {
    keys_.need(n + n / 16);  // some may be formed
    weights_.need(n + n / 16);
  } else {
    keys_.need(n);
    weights_.need(n);
  }
  ListedTile* const table = listed_.need(listed.num_tiles);
  upload(stream_, table, tiles.data(), listed.num_tiles);
  list_synapses(stream_.get(), of.job.keys, of.projection.view, of.job.tile_size, table, listed.num_tiles,
                most_pieces, keys_.values(), weights_.values());
  const std::uint32_t row_bit = of.job.keys.row_begin();
  sort_scan_.sort(keys_, weights_, n, row_bit, row_bit + bits_for(listed.block.num_rows));
  std::uint64_t* const begin = row_begin_.need(listed.block.num_rows + std::size_t{1});
  find_rows(stream_.get(), of.job.keys, keys_.values(), n, listed.block.num_rows, begin);
  listed.rows = {n, begin, keys_.values(), weights_.values()};
  stream_.wait();  // the table above is the host's
  return listed;
}

void CardRewirer::read(const Network& network, const Projection& projection, const RowReading& reading) {
  const nvtx3::scoped_range range{"read synapses"};
  PENFIELD_CUDA_CHECK(cudaSetDevice(device_));
  const Rows of = rows_of(network, projection);
  RowReading on_card = reading;
  on_card.source_rate_Hz = copy(deficit_, reading.source_rate_Hz, of.source.n);
  on_card.target_gain = copy(dendritic_, reading.target_gain, of.target.n);
  on_card.source_flag = copy(flag_, reading.source_flag, of.source.n);
  if (reading.input != nullptr) {
    on_card.input = axonal_.need(of.target.n);
    upload(stream_, on_card.input, reading.input, of.target.n);
  }
  if (reading.weight_sum != nullptr) on_card.weight_sum = intact_sum_.need(of.target.n);
  if (reading.length != nullptr) on_card.length = length_.need(of.target.n);
  if (reading.flagged != nullptr) on_card.flagged = flagged_.need(of.target.n);
  for (const TileChunk& chunk : of.tiles.chunks) {
    const Listed listed = list(of, chunk);
    read_rows(stream_.get(), listed.block, of.job.keys, listed.rows, on_card);
    const std::uint32_t first = listed.block.first_target, n = listed.block.num_rows;
    const auto fetch = [&](auto* to, const auto* from) {
      if (to != nullptr) download(stream_, to + first, from + first, n);
    };
    fetch(reading.input, on_card.input);
    fetch(reading.weight_sum, on_card.weight_sum);
    fetch(reading.length, on_card.length);
    fetch(reading.flagged, on_card.flagged);
    stream_.wait();
  }
  release();
}

void CardRewirer::rewire(const Network& network, Projection& projection, const RowRewiring& job,
                         const RewiredRows& out) {
  const nvtx3::scoped_range range{"rewire"};
  PENFIELD_CUDA_CHECK(cudaSetDevice(device_));
  const Rows of = rows_of(network, projection);
  const RowRewiring there = on_card(job);
  for (TileChunk& chunk : of.tiles.chunks) rewire_chunk(of, there, chunk, projection.tiles, out);
  release();
}

void CardRewirer::rewire_chunk(const Rows& of, const RowRewiring& job, TileChunk& chunk,
                               std::vector<SynapseTile>& tiles, const RewiredRows& out) {
  Listed listed = list(of, chunk);
  const std::uint32_t first = listed.block.first_target, num_rows = listed.block.num_rows;
  row_begin_here_.resize(num_rows + std::size_t{1});
  left_here_.resize(num_rows + std::size_t{1});
  download(stream_, row_begin_here_.data(), listed.rows.begin, num_rows + std::size_t{1});
  remove(job, listed);
  download(stream_, left_here_.data(), listed.rows.begin, num_rows + std::size_t{1});
  stream_.wait();
  for (std::uint32_t i = 0; i < num_rows; ++i)
    out.deleted[first + i] = static_cast<std::uint32_t>((row_begin_here_[i + 1] - row_begin_here_[i]) -
                                                        (left_here_[i + 1] - left_here_[i]));
  form(of, job, listed, *out.formed);
  mature_rows(stream_.get(), job, listed.block, listed.rows);
  download(stream_, row_begin_here_.data(), listed.rows.begin, num_rows + std::size_t{1});
  stream_.wait();
  for (std::uint32_t i = 0; i < num_rows; ++i)
    out.in_degree[first + i] = static_cast<std::uint32_t>(row_begin_here_[i + 1] - row_begin_here_[i]);
  place(of, listed, chunk, tiles);
}

/// Deletes what the hazard takes and what is weakest; the rows close up.
void CardRewirer::remove(const RowRewiring& job, Listed& listed) {
  const std::uint32_t num_rows = listed.block.num_rows;
  DeletedRows deleted;
  deleted.keep = keep_.need(listed.rows.num_synapses);
  deleted.left = left_.need(num_rows + std::size_t{1});
  deleted.weakest = weakest_.need(num_rows);
  deleted.candidates = candidates_.need(num_rows + std::size_t{1});
  delete_drawn(stream_.get(), job, listed.block, listed.rows, deleted);
  remove_weakest(listed, deleted);
  sort_scan_.keep(keys_, deleted.keep, listed.rows.num_synapses);
  sort_scan_.keep(weights_, deleted.keep, listed.rows.num_synapses);
  const std::uint64_t left = sum_to(deleted.left, num_rows);
  listed.rows = {left, deleted.left, keys_.values(), weights_.values()};
}

/// Sorts the rows that have too many synapses by (target, weight).
void CardRewirer::remove_weakest(const Listed& listed, const DeletedRows& deleted) {
  const std::uint32_t num_rows = listed.block.num_rows;
  const std::uint64_t num = sum_to(deleted.candidates, num_rows);
  if (num == 0) return;
  weak_keys_.need(num);
  weak_places_.need(num);
  list_weak(stream_.get(), num_rows, listed.rows, deleted,
            {deleted.candidates, weak_keys_.values(), weak_places_.values()});
  sort_scan_.sort(weak_keys_, weak_places_, num, 0, 32 + bits_for(num_rows));
  delete_weakest(stream_.get(), num_rows, deleted,
                 {deleted.candidates, weak_keys_.values(), weak_places_.values()});
}

/// Forms new synapses and merges them into the rows.
void CardRewirer::form(const Rows& of, const RowRewiring& job, Listed& listed,
                       std::vector<FormedSynapse>& formed) {
  const SynapseKeys keys = of.job.keys;
  const std::uint32_t num_rows = listed.block.num_rows;
  std::uint64_t* const wanted = wanted_.need(num_rows + std::size_t{1});
  count_formations(stream_.get(), job, listed.block, listed.rows.begin, wanted);
  const std::uint64_t num_wanted = sum_to(wanted, num_rows);
  if (num_wanted == 0) return;
  formed_keys_.need(num_wanted);
  form_synapses(stream_.get(), job, listed.block, keys, wanted, num_wanted, formed_keys_.values());
  std::vector<std::uint64_t> drawn(num_wanted);
  download(stream_, drawn.data(), formed_keys_.values(), num_wanted);
  sort_scan_.sort(formed_keys_, num_wanted, 0, keys.row_begin() + bits_for(num_rows + std::uint64_t{1}));
  std::uint64_t* const begin = formed_begin_.need(num_rows + std::size_t{1});
  find_rows(stream_.get(), keys, formed_keys_.values(), num_wanted, num_rows, begin);
  stream_.wait();
  std::uint64_t num_formed = 0;
  for (const std::uint64_t key : drawn) {
    const std::uint64_t row = keys.listed_row(key);
    if (row >= num_rows) continue;
    formed.push_back({keys.listed_source(key), listed.block.first_target + static_cast<std::uint32_t>(row)});
    ++num_formed;
  }
  const std::uint64_t n = listed.rows.num_synapses + num_formed;
  std::uint64_t* const key = keys_.room[1 - keys_.current].need(n);
  std::uint32_t* const weight = weights_.room[1 - weights_.current].need(n);
  std::uint64_t* const merged_begin = row_begin_.need(num_rows + std::size_t{1});
  const ListedRows fresh{num_formed, begin, formed_keys_.values(), nullptr};
  merge_rows(stream_.get(), num_rows, keys, listed.rows, fresh, bits_from_float(job.new_weight), key, weight,
             merged_begin);
  stream_.wait();
  keys_.current = 1 - keys_.current;
  weights_.current = 1 - weights_.current;
  keys_.room[1 - keys_.current].need(n);
  weights_.room[1 - weights_.current].need(n);
  listed.rows = {n, merged_begin, keys_.values(), weights_.values()};
}

/// Back into tiles.
void CardRewirer::place(const Rows& of, const Listed& listed, TileChunk& chunk,
                        std::vector<SynapseTile>& tiles) {
  const std::uint64_t n = listed.rows.num_synapses;
  key_listed(stream_.get(), of.job.keys, of.job.tile_size, listed.rows, keys_.other());
  keys_.current = 1 - keys_.current;
  sort_scan_.sort(keys_, weights_, n, SynapseKeys::delay_begin(),
                  of.job.keys.tile_begin() + bits_for(listed.num_tiles));
  std::uint64_t* const begin = tile_begin_.need(listed.num_tiles + std::size_t{1});
  find_tiles(stream_.get(), listed.rows.begin, listed.block.num_rows, of.job.tile_size, listed.num_tiles,
             begin);
  std::vector<std::uint64_t> begin_here;
  for (std::uint32_t t = 0; t <= listed.num_tiles; ++t)
    begin_here.push_back(
        row_begin_here_[std::min<std::size_t>(std::size_t{t} * of.job.tile_size, listed.block.num_rows)]);
  placer_.place(of.job, {keys_.values(), weights_.values(), begin_here.data(), begin}, true, chunk, of.tiles,
                tiles);
}

void CardRewirer::release() {
  stream_.wait();
  for (SortBuffers<std::uint64_t>* b : {&keys_, &weak_keys_, &formed_keys_}) b->release();
  for (SortBuffers<std::uint32_t>* b : {&weights_, &weak_places_}) b->release();
  for (Room<float>* r :
       {&deficit_, &dendritic_, &axonal_, &intact_sum_, &field_, &x_, &y_, &source_x_, &source_y_})
    r->release();
  for (Room<std::uint64_t>* r : {&row_begin_, &left_, &candidates_, &wanted_, &formed_begin_, &tile_begin_})
    r->release();
  for (Room<std::uint32_t>* r : {&weakest_, &cell_begin_, &cell_neuron_, &length_, &flagged_}) r->release();
  keep_.release();
  flag_.release();
  listed_.release();
  placer_.release();
  sort_scan_.release();
}

}  // namespace penfield::cuda
