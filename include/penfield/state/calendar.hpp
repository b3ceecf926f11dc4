#pragma once
// Plastic synapses that spikes are on their way to, sorted by the step in which learning visits them: a
// calendar queue (Brown, Commun ACM 31:1220, 1988). Axonal delays that differ have the synapses of a row
// visited one by one, and to look the row up at each of its delays, in every tile, costs many times the
// visits. So a piece of a row is looked up once, when its first delay is due, and its synapses are entered
// under their days.
//
// A calendar says nothing that spike lists and rows do not say: it is no part of a network's state, and where
// a day's list is not complete, the rows are looked up by delay as without it.
#include <cstdint>

#include "penfield/state/projection.hpp"
#include "penfield/state/segment.hpp"

namespace penfield {

/// A visit to come. 16 bytes, so that a thread writes it at once.
struct alignas(16) DueSynapse {
  std::uint32_t place;  ///< in the tile's arrays
  std::uint32_t code;   ///< SynapseCode; the piece of the row in the upper half
  std::uint32_t gap;    ///< steps since the source's spike before this one; 0: it was the first
  float trace;          ///< presynaptic trace right after that spike; unit: spikes
};
static_assert(sizeof(DueSynapse) == 16);

/// Steps that a calendar holds, at most: those over which a piece of a row spreads.
inline constexpr std::uint32_t kMostDays = kPieceDelays;

/// What one team is to visit. The list of step t is that of the day t modulo `days`.
struct Calendar {
  std::uint32_t* size;        ///< [days] visits that were entered, also such as found no room
  std::uint32_t* incomplete;  ///< [days] not 0: some visits were never entered
  std::uint32_t* missed;      ///< not 0: the day at work was not complete, its visits are still to be made
  DueSynapse* entry;          ///< [days][capacity]
  std::uint32_t days;         ///< delays of a piece, at most kMostDays
  std::uint32_t capacity;     ///< visits of a day
};

/// Words in which a calendar counts: size, incomplete, missed.
inline constexpr std::uint32_t kCalendarWords = 2 * kMostDays + 1;

/// Has `calendar` count in `words`, [kCalendarWords].
PENFIELD_HD inline void count_in(std::uint32_t* words, Calendar& calendar) {
  calendar.size = words;
  calendar.incomplete = words + kMostDays;
  calendar.missed = words + 2 * kMostDays;
}

/// Steps that the calendars of a projection hold; 0: it is visited without, since all of a row is due at once
/// or a look-up by delay finds a synapse or more, or it does not learn by a rule of pairs (`paired`): an
/// entry keeps one trace of a spike. `mean_row`: synapses of a source in a tile.
constexpr std::uint32_t calendar_days(bool paired, bool dendritic, std::int32_t min_delay,
                                      std::int32_t max_delay, double mean_row) {
  const std::int32_t delays = max_delay - min_delay + 1;
  if (!paired || dendritic || delays == 1 || mean_row >= delays) return 0;
  return static_cast<std::uint32_t>(delays < kPieceDelays ? delays : kPieceDelays);
}

/// Room of a day for `synapses` of a team's share while their sources fire at 15 Hz or less: three times the
/// rate of the network that bench times (`sheet_plastic`), since spikes are not spread evenly over steps. On
/// a day of more a team looks rows up by delay.
constexpr std::uint32_t calendar_capacity(double synapses, double dt_ms) {
  constexpr double kRate_Hz = 15.0, kLeast = 64.0, kMost = 1u << 28;
  const double visits = synapses * kRate_Hz * dt_ms * 1e-3 + kLeast;
  return static_cast<std::uint32_t>(visits < kMost ? visits : kMost);
}

/// What a team delivers by calendar: segments of whole pieces of one projection, at the age at which their
/// first delay is due.
struct CalendarShare {
  TileShare share;
  std::uint32_t projection;
  std::uint32_t lanes_log2;  ///< threads that share a row, at the most
  Calendar calendar;
};

}  // namespace penfield
