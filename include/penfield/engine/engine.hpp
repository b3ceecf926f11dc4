#pragma once
// What an engine is: it advances a Network by steps. The seam between the host and the kernels.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "penfield/engine/tile_rewirer.hpp"
#include "penfield/state/network.hpp"

namespace penfield {

/// The phases of a step, in order.
enum class Phase : std::uint8_t { update, deliver, learn, observe };

/// One recorded spike.
struct Spike {
  StepIndex step;
  std::uint32_t population;
  std::uint32_t neuron;  ///< within the population
};

/// Engines hold the running copy of a network. `run` never changes slow state other than through the
/// network's own plasticity rules. Bits do not depend on the engine, its threads or its tiles.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string device() const = 0;
  /// Are the network's own arrays the running state, so that looking at them costs no download?
  virtual bool in_place() const { return false; }

  /// Advances by `num_steps` steps from now().
  virtual void run(StepIndex num_steps) = 0;
  /// Applies all pending lazy plasticity, so that the weights may be read.
  virtual void flush() = 0;
  /// With learning off, plastic synapses deliver the weights that they have. For probes: whoever switches it
  /// on again puts the fast state back as it was (host/probe/fast_state.hpp), since history rings that nobody
  /// flushes forget.
  virtual void set_learning(bool on) = 0;
  /// Makes the host Network equal the engine's copy (weights as they stand: flush first). On several ranks:
  /// what lies on this one, and what all have alike (counters, traces, lists).
  virtual void download() = 0;
  /// The same without the synapses that a card has made and alone holds (Network::held_arrays): they stay
  /// there.
  virtual void download_held() { download(); }
  /// The same for the fast state alone (ArrayKind::fast: potentials, counters), without weights: for who
  /// looks often. Potentials of other ranks' neurons are fetched.
  virtual void download_neurons() { download(); }
  /// Takes a new touch schedule (Network::touch and its arrays), new pulses of modulators, and new values of
  /// what acts on cells and skin (PopulationView::factor, bias_pA, silent, background_Hz, skin_gain).
  virtual void upload_inputs() = 0;
  /// Takes what the host changed in the Network: values, sizes or both.
  virtual void upload() = 0;

  /// Who reads and rewires synapses that the engine's card alone holds; null where there can be none.
  virtual TileRewirer* rewirer() { return nullptr; }

  /// Step index of the next step to run.
  virtual StepIndex now() const = 0;
  virtual void set_now(StepIndex step) = 0;

  /// When lazy plasticity was last brought up to date: part of a checkpoint.
  virtual FlushTimes flush_times() const = 0;
  virtual void set_flush_times(const FlushTimes& times) = 0;

  /// Starts (or ends) timing the phases; costs some 0.1 us a step while it is on.
  virtual void time_phases(bool on) { static_cast<void>(on); }
  /// Wall time by phase, [s], of the first worker since timing began; "wait" is what it waited for others.
  /// Empty where the engine does not time its phases.
  virtual std::vector<std::pair<std::string, double>> phase_times_s() const { return {}; }

  /// Spikes of the populations in `record` (one flag each) are kept until taken; sorted by step, then
  /// population, neuron. On several ranks the first has all of them and the others none.
  virtual void record_spikes(const std::vector<bool>& populations) = 0;
  virtual std::vector<Spike> take_spikes() = 0;
};

}  // namespace penfield
