#pragma once
#include <string_view>

namespace penfield {

/// A line "warning: text" on stderr, so that stdout stays free for results. Coloured only on a terminal. A
/// closed stderr is not an error.
void log_warning(std::string_view text);

}  // namespace penfield
