#pragma once
// From the number of a model or a rule to its type, in device code: the functions of the catalogues are the
// host's.
#include <cstdint>

#include "penfield/model/neuron/catalogue.hpp"
#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield::cuda {

/// Calls f.operator()<Model>() for the model at `index` of the list.
template <class F, class... Models>
__device__ void visit_on_device(NeuronModelList<Models...>, std::uint32_t index, F&& f) {
  std::uint32_t k = 0;
  static_cast<void>(((index == k++ ? (f.template operator()<Models>(), true) : false) || ...));
}

/// The same for the rule at `index`.
template <class F, class... Rules>
__device__ void visit_on_device(PlasticityList<Rules...>, std::uint32_t index, F&& f) {
  std::uint32_t k = 0;
  static_cast<void>(((index == k++ ? (f.template operator()<Rules>(), true) : false) || ...));
}

}  // namespace penfield::cuda
