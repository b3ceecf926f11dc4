#pragma once
// What a field is worth, in space and in time, as pure functions.
#include <string>

#include "host/scenario/scenario.hpp"

namespace penfield {

/// Null: there is none.
const FieldSpec* find_field(const Scenario& scenario, const std::string& name);

/// How far a place lies outside a disc; negative within.
double outside_mm(double middle_x_mm, double middle_y_mm, double radius_mm, double x_mm, double y_mm);

/// A course's value at `time_s`: between points on a straight line; growth (u e^(1-u))^n, 0 before time 0.
double course_value(const CourseSpec& course, double time_s);

}  // namespace penfield
