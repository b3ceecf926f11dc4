#pragma once
// What acts on cells from outside their synapses over days: fields and their effects, blocks, stimulation,
// nerves that are cut and grow back, and how much the body is used.
#include <cstdint>
#include <string>
#include <vector>

#include "host/run/injury.hpp"
#include "host/run/state_archive.hpp"
#include "host/scenario/scenario.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

class Influences {
 public:
  Influences(const Scenario& scenario, Network& network, const Injury& injury);

  /// Does anything of this timeline ever act on cells or skin?
  bool any() const { return any_; }
  /// Can a field change in this timeline?
  bool varies(const std::string& field) const;
  /// The value of a field at every neuron of a population at `time_s`: what is injured adds, of several the
  /// strongest.
  std::vector<float> field_at(const FieldSpec& field, const Population& population, double time_s) const;
  /// The product of the fields that speed up `what` (a structure or projection), at every neuron of the
  /// population that it targets; empty: nothing does.
  std::vector<float> speed_of(const std::string& what, const Population& target, double time_s) const;
  /// [body part] how often it is touched, relative to the scenario's own rate; empty: nothing changes that.
  std::vector<double> use(double time_s) const;

  /// Makes all arrays that set() will ever change, which then moves none: Engine::upload_inputs() is enough
  /// after it. The caller binds and uploads the network.
  void make_room();
  /// Puts currents, gains, tonic inhibition, silence and skin of that time in force. Returns whether anything
  /// changed: then the network is to be bound and uploaded. The caller has downloaded it.
  bool set(double time_s);

  /// [neuron] the share that fields have in a port's factor; null: none ever has.
  const std::vector<float>* share_of(std::uint32_t population, std::uint32_t port) const;

  /// What is in force. Having read it, either resume() or restart(), and upload the network. What is injured
  /// is read before.
  void archive(StateArchive& a);
  /// Puts what was read in force again.
  void resume();
  /// Another timeline begins, `seconds` after the start of the one that was read: of this one, what acts
  /// before its time 0 is in force, and what was cut off before stays so.
  void restart(double seconds);

 private:
  struct CellGain {
    std::uint32_t population, port;
    std::vector<float> value;  ///< [neuron]
  };
  void add_currents(double time_s, std::uint32_t population, std::vector<float>& bias) const;
  bool set_currents(double time_s);
  bool set_silence(double time_s);
  bool set_gains(double time_s);
  bool set_tonic(double time_s);
  bool set_afferents(double time_s);

  const Scenario& scenario_;
  Network& network_;
  const Injury& injury_;
  bool any_ = false;
  bool fresh_ = false;  ///< arrays have been made that no engine knows of
  bool set_once_ = false;
  double set_at_s_ = 0.0;                      ///< the time that is in force
  std::vector<bool> has_current_, has_block_;  ///< [population]
  std::vector<const FieldSpec*> tonic_;        ///< [population] that varies and scales it; null: none
  std::vector<CellGain> gains_;                ///< in force
  std::vector<double> afferent_;               ///< [event] share of touch and nerve that is there
};

}  // namespace penfield
