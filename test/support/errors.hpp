#pragma once
#include <string>

#include "penfield/base/error.hpp"

namespace penfield::test {

/// What `action` throws as an Error: its code and message; code `done` and no message if nothing is thrown.
struct Thrown {
  ExitCode code = ExitCode::done;
  std::string message;
  bool says(const std::string& text) const { return message.find(text) != std::string::npos; }
};

template <class Action>
Thrown thrown_by(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

}  // namespace penfield::test
