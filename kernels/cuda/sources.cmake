# Shared with test/parity, which runs the same sources without a card.
set(PENFIELD_CUDA_SOURCES
  arena.cu build_kernels.cu card_rewirer.cu card_tile_maker.cu card_tiles.cu cuda_engine.cu deliver_kernels.cu device.cu flush_kernels.cu
  launch_plan.cu mirror.cu persistent_kernel.cu persistent_steps.cu rank_exchange.cu rewire_kernels.cu row_drawer.cu
  sort_scan.cu spike_recorder.cu step_graph.cu tile_placer.cu update_kernels.cu)
list(TRANSFORM PENFIELD_CUDA_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/kernels/cuda/)
