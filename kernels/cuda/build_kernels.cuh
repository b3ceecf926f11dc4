#pragma once
// The launchers of construction (penfield/step/draw_rows.hpp, place_synapses.hpp). All are asynchronous;
// pointers are the device's.
#include <cuda_runtime.h>

#include <cstdint>

#include "penfield/step/draw_rows.hpp"
#include "penfield/step/place_synapses.hpp"

namespace penfield::cuda {

/// How rows are dealt out: each of `blocks` blocks takes `stretch` rows at a time, at most kBlockThreads.
struct RowLaunch {
  std::uint32_t blocks, stretch;
};

void count_rows(cudaStream_t stream, const TileJob& job, RowBlock block, RowLaunch rows,
                const RowScratches& scratches, std::uint64_t* length);
void draw_rows(cudaStream_t stream, const TileJob& job, RowBlock block, RowLaunch rows,
               const RowScratches& scratches, const std::uint64_t* row_begin, std::uint64_t* drawn,
               std::uint32_t* missing, std::int32_t* num_missing);
void key_synapses(cudaStream_t stream, const TileJob& job, RowBlock block, const std::uint64_t* row_begin,
                  const std::uint64_t* drawn, std::uint64_t* key, std::uint32_t* weight);
/// tile_begin[t] = row_begin[t * tile_size], of all rows where a tile ends beyond them.
void find_tiles(cudaStream_t stream, const std::uint64_t* row_begin, std::uint32_t num_rows,
                std::uint32_t tile_size, std::uint32_t num_tiles, std::uint64_t* tile_begin);
void find_sources(cudaStream_t stream, SynapseKeys keys, const std::uint64_t* key,
                  const std::uint64_t* tile_begin, std::uint32_t num_tiles, SourceRange* sources);
void place_synapses(cudaStream_t stream, const TileJob& job, const PlacedTile* tiles,
                    std::uint64_t num_synapses, const std::uint64_t* key, const std::uint32_t* weight);
void settle_offsets(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles,
                    std::uint32_t pieces, std::uint64_t most_offsets);
/// present: [groups of the chunk's rows]; counts: [tiles], zeros.
void count_present_rows(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles,
                        std::uint32_t pieces, std::uint64_t most_groups, std::uint64_t* present,
                        RowCount* counts);
void keep_rows(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles, std::uint32_t pieces,
               std::uint64_t most_offsets, const std::uint64_t* before);
/// held[(tile * num_source_tiles + source tile) * pieces + piece]; `seen` has kPieceDelays zeros for each.
void find_delays(cudaStream_t stream, const PlacedTile* tiles, std::uint32_t num_tiles, std::uint32_t pieces,
                 std::uint32_t num_delays, std::uint32_t num_source_tiles, std::uint32_t source_tile_size,
                 std::int32_t* seen, std::uint16_t* held);

}  // namespace penfield::cuda
