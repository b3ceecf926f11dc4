#pragma once
#include <string>
#include <string_view>

namespace penfield {

enum class LogLevel { debug, info, warning, error, off };

/// Sets up the console log: lines "level: text" on stderr, so that stdout stays free for results. Colours
/// only on a terminal. A closed stderr is not an error. Call once, before threads start; without it the level
/// is `info`.
void start_log(LogLevel level);
/// The level of that name (debug, info, warning, error, off). Throws Error(usage).
LogLevel log_level_of(const std::string& name);

void log_debug(std::string_view text);
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

}  // namespace penfield
