#pragma once
#include "host/run/session.hpp"

namespace penfield {

/// `penfield run` of a scenario with the raw clock: folder, run, checkpoint on a stop, results.h5. Errors as run_session.
SessionOutcome run_raw_session(const SessionRequest& request);

}  // namespace penfield
