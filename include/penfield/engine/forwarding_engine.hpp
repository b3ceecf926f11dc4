#pragma once
#include "penfield/engine/engine.hpp"

namespace penfield {

/// Stands before another engine, to which every call goes through that a derived class does not take.
class ForwardingEngine : public Engine {
 public:
  explicit ForwardingEngine(Engine& engine) : engine_(engine) {}

  std::string device() const override { return engine_.device(); }
  bool in_place() const override { return engine_.in_place(); }
  void run(StepIndex num_steps) override { engine_.run(num_steps); }
  void flush() override { engine_.flush(); }
  void set_learning(bool on) override { engine_.set_learning(on); }
  void download() override { engine_.download(); }
  void download_held() override { engine_.download_held(); }
  void download_neurons() override { engine_.download_neurons(); }
  void upload_inputs() override { engine_.upload_inputs(); }
  void upload() override { engine_.upload(); }
  TileRewirer* rewirer() override { return engine_.rewirer(); }
  StepIndex now() const override { return engine_.now(); }
  void set_now(StepIndex step) override { engine_.set_now(step); }
  FlushTimes flush_times() const override { return engine_.flush_times(); }
  void set_flush_times(const FlushTimes& times) override { engine_.set_flush_times(times); }
  void time_phases(bool on) override { engine_.time_phases(on); }
  std::vector<std::pair<std::string, double>> phase_times_s() const override {
    return engine_.phase_times_s();
  }
  void record_spikes(const std::vector<bool>& populations) override { engine_.record_spikes(populations); }
  std::vector<Spike> take_spikes() override { return engine_.take_spikes(); }

 protected:
  Engine& engine_;
};

}  // namespace penfield
