#pragma once
// The launchers of rewiring (penfield/step/rewire_rows.hpp). All are asynchronous; pointers are the device's.
#include <cuda_runtime.h>

#include <cstdint>

#include "penfield/step/rewire_rows.hpp"

namespace penfield::cuda {

void list_synapses(cudaStream_t stream, SynapseKeys keys, const ProjectionView& view, std::uint32_t tile_size,
                   const ListedTile* tiles, std::uint32_t num_tiles, std::uint32_t most_pieces,
                   std::uint64_t* key, std::uint32_t* weight);
void find_rows(cudaStream_t stream, SynapseKeys keys, const std::uint64_t* key, std::uint64_t num_synapses,
               std::uint32_t num_rows, std::uint64_t* begin);
void delete_drawn(cudaStream_t stream, const RowRewiring& job, RowBlock block, const ListedRows& rows,
                  const DeletedRows& out);
void list_weak(cudaStream_t stream, std::uint32_t num_rows, const ListedRows& rows,
               const DeletedRows& deleted, const WeakSynapses& weak);
void delete_weakest(cudaStream_t stream, std::uint32_t num_rows, const DeletedRows& deleted,
                    const WeakSynapses& weak);
void count_formations(cudaStream_t stream, const RowRewiring& job, RowBlock block, const std::uint64_t* begin,
                      std::uint64_t* wanted);
void form_synapses(cudaStream_t stream, const RowRewiring& job, RowBlock block, SynapseKeys keys,
                   const std::uint64_t* wanted_begin, std::uint64_t num_wanted, std::uint64_t* key);
void merge_rows(cudaStream_t stream, std::uint32_t num_rows, SynapseKeys keys, const ListedRows& old,
                const ListedRows& formed, std::uint32_t new_weight, std::uint64_t* key, std::uint32_t* weight,
                std::uint64_t* begin);
void mature_rows(cudaStream_t stream, const RowRewiring& job, RowBlock block, const ListedRows& rows);
void key_listed(cudaStream_t stream, SynapseKeys keys, std::uint32_t tile_size, const ListedRows& rows,
                std::uint64_t* placed);
void read_rows(cudaStream_t stream, RowBlock block, SynapseKeys keys, const ListedRows& rows,
               const RowReading& reading);

}  // namespace penfield::cuda
