#include "host/run/field_values.hpp"

#include <algorithm>
#include <utility>

#include "penfield/numerics/distributions.hpp"
#include "penfield/numerics/exp_log.hpp"

namespace penfield {

const FieldSpec* find_field(const Scenario& scenario, const std::string& name) {
  for (const FieldSpec& f : scenario.fields)
    if (f.name == name) return &f;
  return nullptr;
}

double outside_mm(const Shape& shape, double x_mm, double y_mm) {
  const auto beyond = [](double from_middle, double length) {
    const double out = (from_middle < 0.0 ? -from_middle : from_middle) - 0.5 * length;
    return out > 0.0 ? out : 0.0;
  };
  const double dx = beyond(x_mm - shape.x_mm, shape.width_mm),
               dy = beyond(y_mm - shape.y_mm, shape.height_mm);
  return square_root(dx * dx + dy * dy) - shape.radius_mm;
}

double course_value(const CourseSpec& course, double time_s) {
  switch (course.kind) {
    case CourseSpec::Kind::steady: return 1.0;
    case CourseSpec::Kind::growth: {
      if (time_s <= 0.0) return 0.0;
      const double u = time_s / course.peak_s;
      return exp_d(course.power * (log_d(u) + 1.0 - u));
    }
    case CourseSpec::Kind::points: break;
  }
  const auto& points = course.points;
  const auto after = std::find_if(points.begin(), points.end(),
                                  [&](const std::pair<double, double>& p) { return p.first > time_s; });
  if (after == points.begin()) return points.front().second;
  const auto before = after - 1;
  if (after == points.end()) return before->second;
  const double share = (time_s - before->first) / (after->first - before->first);
  return before->second + share * (after->second - before->second);
}

}  // namespace penfield
