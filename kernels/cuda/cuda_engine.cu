#include "kernels/cuda/cuda_engine.hpp"

#include <algorithm>
#include <nvtx3/nvtx3.hpp>
#include <optional>

#include "kernels/cuda/card_rewirer.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launch_plan.cuh"
#include "kernels/cuda/mirror.cuh"
#include "kernels/cuda/persistent_steps.cuh"
#include "kernels/cuda/rank_exchange.cuh"
#include "kernels/cuda/spike_recorder.cuh"
#include "kernels/cuda/step_graph.cuh"
#include "kernels/cuda/step_kernels.cuh"
#include "penfield/base/error.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield::cuda {

namespace {

class CudaEngine final : public Engine {
 public:
  CudaEngine(Network& network, const CudaEngineOptions& options)
      : network_(network),
        options_(options),
        opened_(options.device),
        branches_(stream_),
        mirror_(network, stream_),
        recorder_(stream_),
        exchange_(network, stream_),
        rewirer_(options.device, stream_),
        control_(1),
        host_control_(1) {
    if (options.kernel == StepKernel::persistent)
      persistent_.emplace(stream_, options.device, options.persistent_blocks);
    upload();
  }

  std::string device() const override {
    return opened_.identity + (persistent_ ? ", persistent kernel: " + persistent_->description() : "");
  }

  void run(StepIndex num_steps) override {
    if (num_steps <= 0) return;
    put_control(now_, FlushScope::none);
    if (learning_ && !calendars_follow_) plan_.forget_calendars(stream_);
    calendars_follow_ = learning_;
    StepIndex left = num_steps;
    if (!network_.ranks->alone()) {
      run_with_others(num_steps);
      left = 0;
    }
    while (left > 0) {
      const StepIndex part = recorder_.active() ? std::min(left, recorder_.steps_between_drains()) : left;
      launch_steps(part);
      if (recorder_.active()) recorder_.drain(control_.data());
      left -= part;
    }
    get_control();
    if (host_control_[0].step != now_ + num_steps)
      throw Error(ExitCode::internal, "the card says that it is at step " +
                                          std::to_string(host_control_[0].step) + ", not " +
                                          std::to_string(now_ + num_steps));
    now_ += num_steps;
    flush_ = host_control_[0].flush;
  }

  void flush() override {
    if (now_ == 0 || flush_.all == now_ - 1) return;
    put_control(now_ - 1, FlushScope::all);
    launch_flush();
    stream_.wait();
    flush_.last = flush_.all = now_ - 1;
  }

  void set_learning(bool on) override { learning_ = on; }

  void download() override {
    select();
    mirror_.download();
  }
  void download_held() override {
    select();
    mirror_.download_neurons();
  }
  void download_neurons() override {
    select();
    mirror_.download_neurons();
    gather_columns(network_);
  }
  void upload_inputs() override {
    select();
    if (mirror_.upload_inputs()) forget_graphs();
  }
  void upload() override {
    select();
    bool changed = mirror_.upload();
    updates_ = tiles_by_model(network_, mirror_.populations(), opened_.multiprocessors);
    const BlocksWanted blocks =
        persistent_ ? persistent_->choose_owners(network_) : blocks_of_card(opened_.multiprocessors);
    changed = plan_.assign(network_, blocks, stream_) || changed;
    changed = choose_recorded() || changed;
    if (!network_.ranks->alone()) exchange_.assign(mirror_.populations());
    if (changed) forget_graphs();
    calendars_follow_ = false;
  }

  TileRewirer* rewirer() override { return &rewirer_; }

  StepIndex now() const override { return now_; }
  void set_now(StepIndex step) override {
    now_ = step;
    calendars_follow_ = false;
  }

  FlushTimes flush_times() const override { return flush_; }
  void set_flush_times(const FlushTimes& times) override { flush_ = times; }

  void record_spikes(const std::vector<bool>& populations) override {
    select();
    record_ = network_.ranks->first() ? populations : std::vector<bool>(populations.size(), false);
    if (choose_recorded()) forget_graphs();
  }
  std::vector<Spike> take_spikes() override { return recorder_.take(); }

 private:
  /// Opens the card before any member allocates on it.
  struct Opened {
    explicit Opened(int device) {
      open_device(device);
      identity = device_identity();
      multiprocessors = num_multiprocessors();
    }
    std::string identity;
    std::uint32_t multiprocessors;
  };

  /// The current card is a property of the calling thread.
  void select() const { PENFIELD_CUDA_CHECK(cudaSetDevice(options_.device)); }

  bool choose_recorded() {
    const bool changed =
        recorder_.assign(record_, mirror_.populations(), std::size_t{options_.spike_buffer_MiB} << 20);
    if (persistent_) persistent_->deal(plan_, recorder_);
    return changed;
  }

  void forget_graphs() {
    for (StepGraph& graph : graphs_) graph.reset();
  }

  StepTables tables() const {
    return {control_.data(), mirror_.device_populations(), mirror_.device_projections()};
  }

  void put_control(StepIndex step, FlushScope flush_wanted) {
    select();
    Control& c = host_control_[0];
    c = Control{};
    c.step = step;
    c.flush = flush_;
    c.flush_wanted = flush_wanted;
    c.seed = network_.seed;
    c.touch = mirror_.touch();
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(control_.data(), host_control_.data(), sizeof c,
                                        cudaMemcpyHostToDevice, stream_.get()));
  }

  /// Waits for all steps that were launched.
  void get_control() {
    PENFIELD_CUDA_CHECK(cudaMemcpyAsync(host_control_.data(), control_.data(), sizeof(Control),
                                        cudaMemcpyDeviceToHost, stream_.get()));
    stream_.wait();
  }

  void launch_steps(StepIndex num_steps) {
    if (persistent_) {
      persistent_->run(tables(), num_steps, learning_);
      return;
    }
    const auto at_once = static_cast<StepIndex>(options_.graph_steps);
    StepIndex k = 0;
    if (at_once > 0 && num_steps > at_once) {
      StepGraph& graph = graphs_[learning_ ? 1 : 0];
      if (!graph.ready()) {
        launch_step();  // kernels are loaded when they are first launched, which a capture may not allow
        ++k;
        graph.capture(stream_, [&] {
          for (StepIndex s = 0; s < at_once; ++s) launch_step();
        });
      }
      const nvtx3::scoped_range range{"steps"};
      for (; k + at_once <= num_steps; k += at_once) graph.replay(stream_);
    }
    for (; k < num_steps; ++k) launch_step();
  }

  /// Steps as on one card, but that several are updated before their spikes go to the other ranks. While they
  /// are on their way, the card delivers static synapses of its own sources; then all others.
  void run_with_others(StepIndex num_steps) {
    const StepIndex batch = learning_ && plan_.plastic ? 1 : network_.batched_steps();
    StepIndex until = now_;
    for (StepIndex first = now_; first < now_ + num_steps; first = until) {
      until = std::min(first + batch, now_ + num_steps);
      for (StepIndex step = first; step < until; ++step) {
        launch_update();
        exchange_.record(stream_.get(), tables());
        if (batch > 1) end_step(stream_.get(), control_.data(), false);
      }
      exchange_.send(tables(), first, until);
      if (batch > 1) put_control(first, FlushScope::none);
      for (StepIndex step = first; step < until; ++step) {
        deliver_static_tiles(stream_.get(), tables(), plan_.deliver_static.view());
        if (batch > 1) end_step(stream_.get(), control_.data(), false);
      }
      exchange_.receive(tables(), first, until);
      if (batch > 1) {
        stream_.wait();  // the copy of the clock above is the host's to change
        put_control(first, FlushScope::none);
      }
      for (StepIndex step = first; step < until; ++step) launch_after_update(plan_.deliver_received.view());
      if (recorder_.active()) recorder_.drain(control_.data());
    }
  }

  void launch_step() {
    launch_update();
    launch_after_update(plan_.deliver_static.view());
  }

  /// `static_synapses`: those that are still to be delivered.
  void launch_after_update(const DeliveryView& static_synapses) {
    const bool flushes = learning_ && plan_.plastic;
    launch_deliver(static_synapses);
    if (flushes) launch_flush();
    end_step(stream_.get(), control_.data(), flushes);
  }

  void launch_update() {
    const nvtx3::scoped_range range{"update"};
    branches_.open();
    for (const TilesOfModel& of : updates_) update_tiles(branches_.next(), of, control_.data());
    branches_.close();
  }

  void launch_deliver(const DeliveryView& static_synapses) {
    const nvtx3::scoped_range range{"deliver"};
    branches_.open();
    deliver_static_tiles(branches_.next(), tables(), static_synapses);
    for (std::uint32_t rule = 0; rule < plan_.by_rule.size(); ++rule) {
      const RulePlan& plan = plan_.by_rule[rule];
      if (plan.deliver.view().num_blocks == 0) continue;
      if (!learning_) {
        deliver_static_tiles(branches_.next(), tables(), plan.deliver.view());
        continue;
      }
      if (!plan.by_calendar.empty())
        deliver_calendar_tiles(branches_.next(), tables(), plan.by_calendar.view(), rule);
      if (plan.without_calendar().num_blocks > 0)
        deliver_plastic_tiles(branches_.next(), tables(), plan.without_calendar(), rule);
    }
    if (recorder_.active()) recorder_.record(branches_.next(), tables());
    branches_.close();
  }

  void launch_flush() {
    const nvtx3::scoped_range range{"flush"};
    branches_.open();
    for (std::uint32_t rule = 0; rule < plan_.by_rule.size(); ++rule)
      if (plan_.by_rule[rule].flush.view().num_tiles > 0)
        flush_tiles(branches_.next(), tables(), plan_.by_rule[rule].flush.view(), rule);
    branches_.close();
    mark_flushed_tiles(stream_.get(), tables(), plan_.marked);
  }

  Network& network_;
  CudaEngineOptions options_;
  Opened opened_;
  Stream stream_;
  Branches branches_;
  Mirror mirror_;
  LaunchPlan plan_;
  std::vector<TilesOfModel> updates_;
  SpikeRecorder recorder_;
  RankExchange exchange_;  ///< unused by one rank alone
  CardRewirer rewirer_;
  StepGraph graphs_[2];                        ///< [learning]
  std::optional<PersistentSteps> persistent_;  ///< runs the steps if it is there
  DeviceBuffer<Control> control_;
  PinnedBuffer<Control> host_control_;
  bool learning_ = true;
  bool calendars_follow_ = false;  ///< every step up to now_ was made with them
  StepIndex now_ = 0;
  FlushTimes flush_;
  std::vector<bool> record_;
};

}  // namespace

std::unique_ptr<Engine> make_cuda_engine(Network& network, const CudaEngineOptions& options) {
  if (options.kernel == StepKernel::persistent && !network.ranks->alone())
    throw Error(ExitCode::usage, "--kernel persistent runs a network on one card, this one has " +
                                     std::to_string(network.ranks->size()) + " ranks; use --kernel graph");
  if (options.kernel == StepKernel::persistent)
    for (const auto& p : network.projections)
      if (p->view.rule >= 0 && !is_pair_rule(p->view.rule))
        throw Error(ExitCode::usage, "--kernel persistent does not have the rule " + p->rule +
                                         " of projection " + p->name +
                                         ", only rules of pairs; use --kernel graph");
  return std::make_unique<CudaEngine>(network, options);
}

}  // namespace penfield::cuda
