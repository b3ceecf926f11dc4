#include "host/body/touch_plan.hpp"

#include <algorithm>
#include <cmath>

#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/streams.hpp"

namespace penfield {

namespace {

constexpr std::uint32_t stream = static_cast<std::uint32_t>(Stream::touch_schedule);

/// Places on one part: cells visited in rounds of random order, or plain uniform draws.
class Places {
 public:
  Places(const BodyPartSpec& part, const TouchSpec& touch)
      : part_(part), stratified_(touch.stratified_places) {
    const double cell_mm = 2.0 * touch.sigma_mm;
    nx_ = std::max(1u, static_cast<std::uint32_t>(std::ceil(part.width_mm / cell_mm)));
    ny_ = std::max(1u, static_cast<std::uint32_t>(std::ceil(part.height_mm / cell_mm)));
  }

  void next(RandomSequence& random, float* x_mm, float* y_mm) {
    double cx = random.uniform(), cy = random.uniform();
    if (stratified_) {
      if (order_.empty()) {
        for (std::uint32_t c = 0; c < nx_ * ny_; ++c) order_.push_back(c);
        for (std::uint32_t c = nx_ * ny_; c > 1; --c) std::swap(order_[c - 1], order_[random.below(c)]);
      }
      const std::uint32_t cell = order_.back();
      order_.pop_back();
      cx = (cell % nx_ + cx) / nx_;
      cy = (cell / nx_ + cy) / ny_;
    }
    *x_mm = static_cast<float>(part_.x_mm + cx * part_.width_mm);
    *y_mm = static_cast<float>(part_.y_mm + cy * part_.height_mm);
  }

 private:
  const BodyPartSpec& part_;
  bool stratified_;
  std::uint32_t nx_, ny_;
  std::vector<std::uint32_t> order_;
};

}  // namespace

std::vector<Touch> random_touches(const BodySpec& body, double dt_ms, std::uint32_t seed,
                                  std::uint64_t episode, StepIndex length, const std::vector<double>& use) {
  std::vector<Touch> touches;
  const double length_ms = static_cast<double>(length) * dt_ms;
  for (std::uint32_t p = 0; p < body.parts.size(); ++p) {
    RandomSequence random(seed, stream, p, episode);
    Places places(body.parts[p], body.touch);
    // Starting in the off state with a full waiting time would leave the episode's start too quiet: the
    // stationary chance of being touched decides, and waiting times have no memory.
    double off_mean_ms = body.touch.off_mean_ms;
    if (!use.empty())
      off_mean_ms = std::max(0.0, (body.touch.on_ms + off_mean_ms) / use[p] - body.touch.on_ms);
    const double duty = body.touch.on_ms / (body.touch.on_ms + off_mean_ms);
    double at_ms =
        random.uniform() < duty ? -random.uniform() * body.touch.on_ms : random.exponential() * off_mean_ms;
    while (at_ms < length_ms) {
      Touch touch{p, 0, 0, 0.0f, 0.0f};
      places.next(random, &touch.x_mm, &touch.y_mm);
      const double end_ms = at_ms + body.touch.on_ms;
      touch.from = static_cast<StepIndex>(std::max(0.0, std::floor(at_ms / dt_ms)));
      touch.to = std::min(length, static_cast<StepIndex>(std::floor(end_ms / dt_ms)));
      if (touch.to > touch.from) touches.push_back(touch);
      at_ms = end_ms + random.exponential() * off_mean_ms;
    }
  }
  return touches;
}

void set_touches(Network& network, const BodySpec& body, const std::vector<Touch>& touches, StepIndex first,
                 StepIndex length) {
  const std::size_t parts = body.parts.size();
  network.touch_active.resize(static_cast<std::size_t>(length) * parts);
  network.touch_active.fill(-1);
  network.touch_x_mm.resize(touches.size());
  network.touch_y_mm.resize(touches.size());
  network.touch_amplitude_Hz.resize(touches.size());
  for (std::size_t k = 0; k < touches.size(); ++k) {
    const Touch& t = touches[k];
    network.touch_x_mm[k] = t.x_mm;
    network.touch_y_mm[k] = t.y_mm;
    network.touch_amplitude_Hz[k] = static_cast<float>(body.touch.amplitude_Hz);
    for (StepIndex s = t.from; s < t.to; ++s)
      network.touch_active[static_cast<std::size_t>(s) * parts + t.part] = static_cast<std::int32_t>(k);
  }
  network.touch.first = first;
  network.touch.length = length;
  network.touch.num_parts = static_cast<std::uint32_t>(parts);
  network.touch.inverse_two_sigma2 =
      static_cast<float>(1.0 / (2.0 * body.touch.sigma_mm * body.touch.sigma_mm));
  network.bind();
}

void clear_touches(Network& network) { network.touch.length = 0; }

}  // namespace penfield
