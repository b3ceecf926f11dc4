#include "host/scenario/visitor.hpp"

#include "host/scenario/text_forms.hpp"

namespace penfield {

std::string bounds_text(const Bounds& bounds, const char* unit) {
  const bool lower = bounds.lower > -std::numeric_limits<double>::infinity();
  const bool upper = bounds.upper < std::numeric_limits<double>::infinity();
  std::string text;
  if (lower && upper && !bounds.lower_open) {
    text = number_text(bounds.lower) + " to " + number_text(bounds.upper);
  } else {
    if (lower) text = (bounds.lower_open ? "above " : "at least ") + number_text(bounds.lower);
    if (upper) text += (text.empty() ? "at most " : ", at most ") + number_text(bounds.upper);
  }
  return !text.empty() && *unit ? text + " " + unit : text;
}

}  // namespace penfield
