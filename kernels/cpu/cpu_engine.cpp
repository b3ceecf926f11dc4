#include "kernels/cpu/cpu_engine.hpp"

#include <algorithm>
#include <atomic>

#include "kernels/cpu/phase_clock.hpp"
#include "kernels/cpu/rank_spikes.hpp"
#include "kernels/cpu/team_steps.hpp"
#include "kernels/cpu/thread_pool.hpp"
#include "kernels/cpu/units.hpp"
#include "penfield/base/error.hpp"
#include "penfield/state/tile_cost.hpp"

namespace penfield::cpu {

namespace {

class CpuEngine final : public Engine {
 public:
  CpuEngine(Network& network, const CpuEngineOptions& options)
      : network_(network),
        options_(options),
        pool_(std::max(1u, options.team_threads > 0 ? options.team_threads
                           : options.threads > 0    ? options.threads
                                                    : default_threads())),
        barrier_(pool_.size()),
        spikes_(pool_.size()),
        rank_spikes_(network) {
    if (options.team_threads > 0 && !network.ranks->alone())
      throw Error(ExitCode::internal, "a test of teams runs on one rank");
    upload();
  }

  std::string device() const override {
    return "CPU, " + std::to_string(pool_.size()) + (pool_.size() == 1 ? " thread, " : " threads, ") +
           isa_name(best_isa());
  }

  void run(StepIndex num_steps) override {
    if (num_steps <= 0) return;
    const StepIndex first = now_;
    flush_wanted_.store(-1, std::memory_order_relaxed);  // time may have been set back since
    if (options_.team_threads > 0) {
      run_as_team(first, num_steps);
    } else {
      pool_.run([&](std::uint32_t worker) { run_worker(worker, first, num_steps); });
    }
    now_ = first + num_steps;
  }

  void flush() override {
    if (now_ == 0 || flush_.all == now_ - 1) return;
    pool_.run([&](std::uint32_t worker) { flush_share(worker, now_ - 1, FlushScope::all); });
    flush_.last = flush_.all = now_ - 1;
  }

  bool in_place() const override { return true; }
  void set_learning(bool on) override { learning_ = on; }
  void download() override {}
  void download_neurons() override { gather_columns(network_); }
  void upload_inputs() override {}
  void upload() override {
    network_.fetch_synapses();
    network_.bind();
    if (!network_.ranks->alone()) rank_spikes_.bind();
    make_units();
  }

  StepIndex now() const override { return now_; }
  void set_now(StepIndex step) override { now_ = step; }

  void record_spikes(const std::vector<bool>& populations) override { record_ = populations; }

  std::vector<Spike> take_spikes() override {
    std::vector<Spike> all;
    for (std::vector<Spike>& part : spikes_) {
      all.insert(all.end(), part.begin(), part.end());
      part.clear();
    }
    std::sort(all.begin(), all.end(), [](const Spike& a, const Spike& b) {
      if (a.step != b.step) return a.step < b.step;
      if (a.population != b.population) return a.population < b.population;
      return a.neuron < b.neuron;
    });
    return all;
  }

  void time_phases(bool on) override {
    timing_ = on;
    phase_s_ = {};
  }
  std::vector<std::pair<std::string, double>> phase_times_s() const override {
    return {{"update", phase_s_[PhaseClock::update]},
            {"wait", phase_s_[PhaseClock::wait]},
            {"exchange", phase_s_[PhaseClock::exchange]},
            {"deliver", phase_s_[PhaseClock::deliver]},
            {"learn", phase_s_[PhaseClock::learn]}};
  }

  FlushTimes flush_times() const override { return flush_; }
  void set_flush_times(const FlushTimes& times) override { flush_ = times; }

 private:
  void make_units() {
    const Isa isa = best_isa();
    // Teams and reversed delivery are there to test: they run the bodies as they are written once for all.
    const bool plain = options_.reversed_delivery || options_.team_threads > 0;
    const Loops loops = plain ? Loops::plain_reversed : Loops::tuned;
    deliver_rows_ = find_deliver_rows(isa);
    units_.clear();
    // Of the whole network: ranks flush together, whoever owns what learns.
    plastic_ = std::any_of(network_.projections.begin(), network_.projections.end(),
                           [](const auto& p) { return p->view.rule >= 0; });
    for (auto& population : network_.populations) {
      PopulationView& p = population->view;
      const TileRange own = network_.own_tiles(*population);
      for (std::uint32_t tile = own.begin; tile < own.end; ++tile) {
        Unit unit{population.get(), tile, find_update(p.model, isa), {}, {}, {}, 0.0};
        double synapses = 0.0;
        for (auto& projection : network_.projections) {
          const ProjectionView& view = projection->view;
          if (network_.populations[view.target].get() != population.get()) continue;
          const PopulationView& source = network_.populations[view.source]->view;
          if (view.rule < 0 && !plain) {
            add_static_input(unit, source, view);
          } else {
            unit.incoming.push_back({projection.get(), &source, find_deliver(view, isa, loops),
                                     find_static(isa, loops),
                                     view.rule >= 0 ? find_flush(view, isa) : nullptr});
          }
          synapses += static_cast<double>(projection->tiles[tile].num_synapses());
        }
        unit.cost = tile_cost(p, tile_count(p, tile), synapses);
        units_.push_back(std::move(unit));
      }
    }
    shares_ = share_out(units_, pool_.size());
    batch_ = network_.batched_steps();
  }

  void add_static_input(Unit& unit, const PopulationView& source, const ProjectionView& projection) {
    const PopulationView& target = unit.population->view;
    if (network_.ranks->alone()) {
      unit.static_inputs.emplace_back(source, target, projection, unit.tile);
      return;
    }
    using Of = RankSpikes::Of;
    unit.static_inputs.emplace_back(rank_spikes_.view(source.index, Of::own), target, projection, unit.tile);
    unit.static_others.emplace_back(rank_spikes_.view(source.index, Of::others), target, projection,
                                    unit.tile);
  }

  void run_worker(std::uint32_t worker, StepIndex first, StepIndex num_steps) {
    const std::size_t begin = shares_[worker], end = shares_[worker + 1];
    PhaseClock clock(timing_ && worker == 0 ? &phase_s_ : nullptr);
    const StepIndex last = first + num_steps;
    StepIndex updated = first;  // the next step that is not updated yet
    for (StepIndex step = first, until; step < last; step = until) {
      until = std::min(step + batch_, last);
      if (updated == step) {
        for (std::size_t k = begin; k < end; ++k) update(units_[k], worker, step, until);
        updated = until;
        clock.end(PhaseClock::update);
      }
      barrier_.wait();
      clock.end(PhaseClock::wait);
      if (!network_.ranks->alone()) {
        exchange_and_deliver(worker, step, until, clock);
      } else if (until == last || flush_is_due(step)) {
        for (std::size_t k = begin; k < end; ++k) deliver(units_[k], step, until);
        clock.end(PhaseClock::deliver);
      } else {
        // A tile's next steps at once, while its rings are near.
        updated = std::min(until + batch_, last);
        for (std::size_t k = begin; k < end; ++k) {
          deliver(units_[k], step, until);
          clock.end(PhaseClock::deliver);
          update(units_[k], worker, until, updated);
          clock.end(PhaseClock::update);
        }
      }
      if (flush_is_due(step)) flush_in_step(worker, step);
      clock.end(PhaseClock::learn);
    }
  }
  /// Asked for before the last barrier by whoever saw a full history, so that every worker takes the same
  /// branch. (One that is ahead may ask for the next step's meanwhile, but not where this step's is due.)
  bool flush_is_due(StepIndex step) const {
    return plastic_ && learning_ && flush_wanted_.load(std::memory_order_relaxed) == step;
  }

  void update(const Unit& unit, std::uint32_t worker, StepIndex step, StepIndex until) {
    const PopulationView& p = unit.population->view;
    unit.update(p, network_.touch, unit.tile, network_.seed, step, until);
    for (StepIndex s = step; s < until; ++s) {
      if (!network_.ranks->alone()) rank_spikes_.note_own(p, unit.tile, s);
      look_at_spikes(p, unit.tile, worker, s);
    }
  }
  /// After the spikes of a tile are booked.
  void look_at_spikes(const PopulationView& p, std::uint32_t tile, std::uint32_t worker, StepIndex step) {
    if (p.history_capacity != 0 && p.flush_due[tile] != 0)
      flush_wanted_.store(step, std::memory_order_relaxed);
    if (p.index < record_.size() && record_[p.index] && network_.ranks->first())
      keep_spikes(p, tile, worker, step);
  }

  /// Own spikes are delivered while those of other ranks are on their way.
  void exchange_and_deliver(std::uint32_t worker, StepIndex step, StepIndex until, PhaseClock& clock) {
    const std::size_t begin = shares_[worker], end = shares_[worker + 1];
    if (worker == 0) rank_spikes_.send(step, until);
    clock.end(PhaseClock::exchange);
    for (std::size_t k = begin; k < end; ++k) {
      deliver(units_[k], step, until, RankSpikes::Of::own);
      if (worker == 0) rank_spikes_.push();
    }
    clock.end(PhaseClock::deliver);
    if (worker == 0) rank_spikes_.receive();
    clock.end(PhaseClock::exchange);
    barrier_.wait();
    rank_spikes_.book(worker, pool_.size(), [&](const PopulationView& p, std::uint32_t tile, StepIndex s) {
      look_at_spikes(p, tile, worker, s);
    });
    clock.end(PhaseClock::deliver);
    barrier_.wait();
    clock.end(PhaseClock::wait);
    for (std::size_t k = begin; k < end; ++k) deliver(units_[k], step, until, RankSpikes::Of::others);
    clock.end(PhaseClock::deliver);
  }

  void deliver(const Unit& unit, StepIndex step, StepIndex until) {
    const auto all = [](const PopulationView& source) -> const PopulationView& { return source; };
    deliver_from(unit, unit.static_inputs, step, until, all);
  }
  void deliver(const Unit& unit, StepIndex step, StepIndex until, RankSpikes::Of of) {
    const auto some = [&](const PopulationView& source) -> const PopulationView& {
      return rank_spikes_.view(source.index, of);
    };
    deliver_from(unit, of == RankSpikes::Of::own ? unit.static_inputs : unit.static_others, step, until,
                 some);
  }
  template <class Source>
  void deliver_from(const Unit& unit, const std::vector<StaticInput>& inputs, StepIndex step, StepIndex until,
                    Source&& source) {
    if (!inputs.empty()) deliver_rows_(inputs, unit.tile, step, until);
    for (std::size_t q = 0; q < unit.incoming.size(); ++q) {
      const Unit::Incoming& in = unit.incoming[options_.reversed_delivery ? unit.incoming.size() - 1 - q : q];
      const ProjectionTile body = learning_ ? in.deliver : in.deliver_frozen;
      for (StepIndex s = step; s < until; ++s)
        body(source(*in.source), unit.population->view, in.projection->view, flush_, unit.tile, s);
    }
  }

  void flush_in_step(std::uint32_t worker, StepIndex step) {
    barrier_.wait();  // all visits of this step are done before weights are swept
    flush_share(worker, step, FlushScope::filled);
    barrier_.wait();
    if (worker == 0) flush_.last = step;
    barrier_.wait();
  }

  void flush_share(std::uint32_t worker, StepIndex step, FlushScope scope) {
    for (std::size_t k = shares_[worker]; k < shares_[worker + 1]; ++k) flush_unit(units_[k], step, scope);
    if (!network_.ranks->alone()) rank_spikes_.mark_flushed_share(worker, pool_.size(), step, scope);
  }
  void flush_unit(const Unit& unit, StepIndex step, FlushScope scope) {
    const PopulationView& p = unit.population->view;
    for (const Unit::Incoming& in : unit.incoming)
      if (in.flush != nullptr) in.flush(*in.source, p, in.projection->view, flush_, unit.tile, step, scope);
    SoloTeam solo;
    mark_flushed(solo, p, unit.tile, step, scope);
  }

  void keep_spikes(const PopulationView& p, std::uint32_t tile, std::uint32_t worker, StepIndex step) {
    const std::uint32_t place = list_place(p, step, tile);
    const std::uint32_t* neuron = p.list_neuron + list_base(p, place, tile);
    for (std::uint32_t k = 0; k < p.list_size[place]; ++k)
      spikes_[worker].push_back({step, p.index, neuron[k]});
  }

  /// Every body by one team of all workers: slow, and a test that bodies are correct as teams.
  void run_as_team(StepIndex first, StepIndex num_steps) {
    ThreadedTeam::Shared shared(pool_.size());
    pool_.run([&](std::uint32_t rank) {
      ThreadedTeam team(shared, rank);
      for (StepIndex step = first; step < first + num_steps; ++step) {
        bool due = false;
        for (const Unit& unit : units_) {
          const PopulationView& p = unit.population->view;
          update_as_team(team, unit, network_.touch, network_.seed, step);
          if (p.history_capacity != 0 && p.flush_due[unit.tile] != 0) due = true;
          if (rank == 0 && p.index < record_.size() && record_[p.index]) keep_spikes(p, unit.tile, 0, step);
        }
        for (const Unit& unit : units_) deliver_as_team(team, unit, learning_, flush_, step);
        team.barrier();
        if (due && learning_) {
          for (const Unit& unit : units_) flush_as_team(team, unit, flush_, step);
          team.barrier();
          if (rank == 0) flush_.last = step;
          team.barrier();
        }
      }
    });
  }

  Network& network_;
  CpuEngineOptions options_;
  ThreadPool pool_;
  SpinBarrier barrier_;
  std::vector<Unit> units_;
  DeliverRows deliver_rows_ = nullptr;
  std::vector<std::size_t> shares_;
  StepIndex batch_ = 1;  ///< steps between two barriers
  bool plastic_ = false;
  bool learning_ = true;
  bool timing_ = false;
  PhaseClock::Times phase_s_{};
  StepIndex now_ = 0;
  FlushTimes flush_;
  std::atomic<StepIndex> flush_wanted_{-1};
  std::vector<bool> record_;
  std::vector<std::vector<Spike>> spikes_;  ///< one list per worker
  RankSpikes rank_spikes_;                  ///< unused by one rank alone
};

}  // namespace

std::uint32_t default_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

std::unique_ptr<Engine> make_cpu_engine(Network& network, const CpuEngineOptions& options) {
  return std::make_unique<CpuEngine>(network, options);
}

}  // namespace penfield::cpu
