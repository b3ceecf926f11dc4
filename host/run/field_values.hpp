#pragma once
// What a field is worth, in space and in time, as pure functions.
#include <string>

#include "host/scenario/scenario.hpp"

namespace penfield {

/// Null: there is none.
const FieldSpec* find_field(const Scenario& scenario, const std::string& name);

/// Places within a distance of a rectangle; of size 0: a disc.
struct Shape {
  double x_mm = 0.0, y_mm = 0.0, width_mm = 0.0, height_mm = 0.0, radius_mm = 0.0;
};
inline Shape shape_of(const EventSpec& e) { return {e.x_mm, e.y_mm, e.width_mm, e.height_mm, e.radius_mm}; }

/// How far a place lies outside a shape; negative within.
double outside_mm(const Shape& shape, double x_mm, double y_mm);

/// A course's value at `time_s`: between points on a straight line; growth (u e^(1-u))^n, 0 before time 0.
double course_value(const CourseSpec& course, double time_s);

}  // namespace penfield
