#include "host/run/session_progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace penfield {

namespace {

constexpr auto kLineEvery = std::chrono::seconds(10);
constexpr auto kBarEvery = std::chrono::milliseconds(500);
constexpr int kBarWidth = 24;

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

double seconds_between(std::chrono::steady_clock::time_point a, std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

}  // namespace

std::string duration_text(double seconds) {
  if (!(seconds >= 0.0) || seconds > 1e9) return "unknown";
  char text[64];
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (seconds < 10.0) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else if (whole < 60) {
    std::snprintf(text, sizeof text, "%lld s", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
  }
  return text;
}

std::string time_point_text(double seconds) {
  const double size = std::fabs(seconds);
  if (size >= 86400.0) return format("%.4g d", seconds / 86400.0);
  if (size >= 3600.0) return format("%.3g h", seconds / 3600.0);
  if (size >= 60.0) return format("%.3g min", seconds / 60.0);
  return format("%.3g s", seconds);
}

ProgressReport::ProgressReport(bool quiet)
    : quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) != 0),
      began_(Clock::now()),
      last_line_(began_ - kLineEvery),
      last_advance_(began_) {
  if (!quiet_) thread_ = std::thread([this] { work(); });
}

ProgressReport::~ProgressReport() { finish(); }

void ProgressReport::finish() {
  {
    std::lock_guard lock(mutex_);
    if (!done_ && !quiet_ && terminal_) clear();
    done_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ProgressReport::phase(const std::string& what) {
  std::lock_guard lock(mutex_);
  phase_ = what;
  running_ = false;
  if (!quiet_ && !done_) show();
}

void ProgressReport::expect(double start_s, double end_s, double spiking_s, double spiked_s) {
  std::lock_guard lock(mutex_);
  start_s_ = time_s_ = start_s;
  end_s_ = end_s;
  spiking_s_ = spiking_s;
  spiked_at_start_s_ = spiked_s_ = spiked_s;
  running_ = true;
  began_ = last_advance_ = Clock::now();
}

void ProgressReport::advance(double time_s, double spiked_s) {
  std::lock_guard lock(mutex_);
  time_s_ = time_s;
  spiked_s_ = spiked_s;
  last_advance_ = Clock::now();
}

void ProgressReport::note(const std::string& text) {
  std::lock_guard lock(mutex_);
  if (quiet_) return;
  if (terminal_) clear();
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
}

void ProgressReport::work() {
  std::unique_lock lock(mutex_);
  while (!done_) {
    wake_.wait_for(lock, kBarEvery, [&] { return done_; });
    if (done_) break;
    if (terminal_ || Clock::now() - last_line_ >= kLineEvery) show();
  }
}

std::string ProgressReport::line() const {
  if (!running_) return phase_ + " (" + duration_text(seconds_between(began_, Clock::now())) + ")";
  const double spiked = spiked_s_ - spiked_at_start_s_;
  const double wall = seconds_between(began_, last_advance_);
  std::string text = "biological time " + time_point_text(time_s_) + " of " + time_point_text(end_s_);
  text += ", " + format("%.0f", spiked_s_) + " of " + format("%.0f", spiking_s_) + " s spiking";
  if (spiked > 0.0 && wall > 0.0) {
    const double speed = spiked / wall;
    const double since = seconds_between(last_advance_, Clock::now());
    text += ", " + format(speed < 10.0 ? "%.2g" : "%.0f", speed) + " x real time, " +
            duration_text(std::max(0.0, (spiking_s_ - spiked_s_) / speed - since)) + " left";
  }
  return text;
}

void ProgressReport::show() {
  last_line_ = Clock::now();
  std::string text = line();
  if (terminal_) {
    std::string bar;
    if (running_ && spiking_s_ > 0.0) {
      const int full = std::clamp(static_cast<int>(kBarWidth * spiked_s_ / spiking_s_), 0, kBarWidth);
      bar = "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "] ";
    }
    std::fprintf(stderr, "\r\033[K%s%s", bar.c_str(), text.c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::fflush(stderr);
}

void ProgressReport::clear() { std::fprintf(stderr, "\r\033[K"); }

}  // namespace penfield
