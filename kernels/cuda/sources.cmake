# Shared with test/parity, which runs the same sources without a card.
set(PENFIELD_CUDA_SOURCES
  arena.cu cuda_engine.cu deliver_kernels.cu device.cu flush_kernels.cu launch_plan.cu mirror.cu
  persistent_kernel.cu persistent_steps.cu rank_exchange.cu spike_recorder.cu step_graph.cu update_kernels.cu)
list(TRANSFORM PENFIELD_CUDA_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/kernels/cuda/)
