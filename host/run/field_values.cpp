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

double outside_mm(double middle_x_mm, double middle_y_mm, double radius_mm, double x_mm, double y_mm) {
  const double dx = x_mm - middle_x_mm, dy = y_mm - middle_y_mm;
  return square_root(dx * dx + dy * dy) - radius_mm;
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
