// Memory, streams, events and graphs of the stand-in.
#include <cuda_runtime.h>
#include <sys/mman.h>

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "test/parity/emulated/blocks.hpp"
#include "test/parity/emulated/faults.hpp"

namespace emulated {

struct Event {
  std::uint64_t recorded = 0, completed = 0;
  Stream* stream = nullptr;  ///< where it was last recorded
};

/// One entry of a stream's queue: work, an event to complete, or an event to wait for.
struct Operation {
  std::function<void()> work;
  Event* completes = nullptr;
  Event* awaits = nullptr;
  std::uint64_t version = 0;
};
struct Stream {
  std::deque<Operation> queue;
};
struct Graph {
  std::vector<std::pair<Stream*, Operation>> operations;
};

namespace {

/// "Device" memory: the host cannot touch it except while an operation runs.
class DeviceMemory {
 public:
  static constexpr std::size_t kBytes = std::size_t{1} << 31;

  DeviceMemory() {
    void* p = mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) std::abort();
    base_ = static_cast<char*>(p);
  }
  void* allocate(std::size_t bytes) {
    const std::size_t room = (bytes + 4095) / 4096 * 4096;
    if (room > free_bytes() || room > kBytes - used_) return nullptr;
    void* p = base_ + used_;
    used_ += room;
    live_bytes_ += room;
    live_[p] = room;
    return p;
  }
  bool release(void* p) {
    const auto it = live_.find(p);
    if (it == live_.end()) return false;
    live_bytes_ -= it->second;
    live_.erase(it);
    if (live_.empty()) used_ = 0;
    return true;
  }
  void open(bool on) const {
    if (used_ > 0) mprotect(base_, used_, on ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
  bool holds(const void* p) const { return p >= base_ && p < base_ + kBytes; }
  std::size_t free_bytes() const { return live_bytes_ < limit ? limit - live_bytes_ : 0; }

  std::size_t limit = kBytes;

 private:
  char* base_;
  std::size_t used_ = 0;  ///< addresses handed out since nothing was held; none twice
  std::size_t live_bytes_ = 0;
  std::map<void*, std::size_t> live_;
};
DeviceMemory& memory() {
  static DeviceMemory one;
  return one;
}

constexpr int kMultiprocessors = 16;

/// What the card answers from now on, and when it will begin to.
cudaError_t sticky = cudaSuccess, coming = cudaSuccess;
std::uint64_t kernels_until_fault = 0;
bool cooperative = true, pinned = true;

std::set<Stream*> streams;
Graph* capturing = nullptr;

void run_one(Stream& stream) {
  Operation op = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (op.awaits != nullptr)
    while (op.awaits->completed < op.version) run_one(*op.awaits->stream);
  if (op.work && sticky == cudaSuccess) op.work();
  if (op.completes != nullptr) op.completes->completed = op.version;
}

/// Runs a stream, and of the others only what it waits for.
void run_all(Stream& stream) {
  if (stream.queue.empty()) return;
  memory().open(true);
  while (!stream.queue.empty()) run_one(stream);
  memory().open(false);
}

void put(Stream* stream, Operation op) {
  if (op.completes != nullptr) {
    op.version = ++op.completes->recorded;
    op.completes->stream = stream;
  }
  if (op.awaits != nullptr) op.version = op.awaits->recorded;
  stream->queue.push_back(std::move(op));
}

cudaError_t submit(Stream* stream, Operation op) {
  if (sticky != cudaSuccess) return sticky;
  if (capturing != nullptr) {
    capturing->operations.emplace_back(stream, std::move(op));
  } else {
    put(stream, std::move(op));
  }
  return cudaSuccess;
}

/// Does the kernel that is about to run stop half-way?
bool faults_now() {
  if (kernels_until_fault == 0 || --kernels_until_fault > 0) return false;
  sticky = coming;
  return true;
}

}  // namespace

cudaError_t call_on_stream(Stream* stream, std::function<void()> work) {
  Operation op;
  op.work = std::move(work);
  return submit(stream, std::move(op));
}

void fail_in_kernel(std::uint64_t number, cudaError_t error) {
  kernels_until_fault = number;
  coming = error;
}
void limit_memory(std::size_t bytes) { memory().limit = bytes; }
void lack_pinned_memory() { pinned = false; }
void lack_cooperative_launch() { cooperative = false; }
void repair() {
  sticky = cudaSuccess;
  kernels_until_fault = 0;
  cooperative = pinned = true;
  memory().limit = DeviceMemory::kBytes;
}

cudaError_t launch(Stream* stream, const Shape& shape, std::function<void()> kernel) {
  if (shape.shared_bytes > kDynamicSharedBytes) return cudaErrorInvalidValue;
  if (shape.cooperative) {
    if (shape.grid.y != 1 || shape.grid.x > kMultiprocessors * 2) return cudaErrorCooperativeLaunchTooLarge;
    return submit(stream, {[=] {
                    if (!faults_now()) run_cooperative_blocks(shape.grid.x, shape.block.x, kernel);
                  }});
  }
  return submit(stream, {[=] {
                  gridDim = shape.grid;
                  blockDim = shape.block;
                  const unsigned width = faults_now() ? shape.grid.x / 2 : shape.grid.x;
                  for (unsigned y = 0; y < shape.grid.y; ++y)
                    for (unsigned x = 0; x < width; ++x) {
                      blockIdx = {x, y, 0};
                      run_block(shape.block.x, kernel);
                    }
                }});
}

}  // namespace emulated

using namespace emulated;

bool __isGlobal(const void* p) { return memory().holds(p); }

const char* cudaGetErrorName(cudaError_t) { return "emulated"; }
const char* cudaGetErrorString(cudaError_t) { return "an error of the emulated CUDA runtime"; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  *p = {"emulated on the host", 9, 0, kMultiprocessors};
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int) {
  switch (which) {
    case cudaDevAttrCooperativeLaunch: *value = cooperative ? 1 : 0; break;
    case cudaDevAttrMultiProcessorCount: *value = kMultiprocessors; break;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = 128 << 10; break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = 100 << 10; break;
    case cudaDevAttrReservedSharedMemoryPerBlock: *value = 1 << 10; break;
  }
  return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int) {
  std::snprintf(text, static_cast<std::size_t>(length), "no card");
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) { return device == 0 ? sticky : cudaErrorInvalidDevice; }
cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total) {
  *free_bytes = memory().free_bytes();
  *total = memory().limit;
  return sticky;
}
cudaError_t cudaMalloc(void** p, std::size_t bytes) {
  if (sticky != cudaSuccess) return sticky;
  *p = memory().allocate(bytes);
  return *p == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  for (Stream* s : streams) run_all(*s);
  return memory().release(p) ? cudaSuccess : cudaErrorInvalidValue;
}
cudaError_t cudaMallocHost(void** p, std::size_t bytes) {
  *p = pinned ? std::malloc(bytes) : nullptr;
  return *p == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}
cudaError_t cudaFreeHost(void* p) {
  std::free(p);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (capturing != nullptr) return cudaErrorStreamCaptureUnsupported;
  const bool down = kind == cudaMemcpyDeviceToHost;
  if (memory().holds(to) == down || memory().holds(from) != down) return cudaErrorInvalidValue;
  return submit(stream, {[=] { std::memcpy(to, from, bytes); }});
}
cudaError_t cudaMemsetAsync(void* p, int value, std::size_t bytes, cudaStream_t stream) {
  if (capturing != nullptr) return cudaErrorStreamCaptureUnsupported;
  if (!memory().holds(p)) return cudaErrorInvalidValue;
  return submit(stream, {[=] { std::memset(p, value, bytes); }});
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new Stream;
  streams.insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  run_all(*stream);
  streams.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (capturing != nullptr) return cudaErrorStreamCaptureUnsupported;
  run_all(*stream);
  return sticky;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new Event;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  for (Stream* s : streams) run_all(*s);
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  Operation op;
  op.completes = event;
  return submit(stream, std::move(op));
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  Operation op;
  op.awaits = event;
  return submit(stream, std::move(op));
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  memory().open(true);
  while (event->completed < event->recorded) run_one(*event->stream);
  memory().open(false);
  return sticky;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  capturing = new Graph;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = std::exchange(capturing, nullptr);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new Graph(*graph);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  if (sticky != cudaSuccess) return sticky;
  for (const auto& [stream, op] : graph->operations) put(stream, op);
  return cudaSuccess;
}
