#include "host/build/first_values.hpp"

#include <algorithm>

#include "penfield/model/plasticity/catalogue.hpp"

namespace penfield {

void set_first_values(Projection& projection, std::size_t tile, std::size_t begin, std::size_t end) {
  SynapseTile& t = projection.tiles[tile];
  visit_plasticity_rule(static_cast<std::uint32_t>(projection.view.rule), [&]<class Rule>() {
    if constexpr (num_states<Rule>() > 0) {
      const Rule rule{*reinterpret_cast<const RuleConstants<Rule>*>(projection.rule_params.data())};
      for (std::size_t k = begin; k < end; ++k) {
        const auto first = rule.first_values(t.weight[k]);
        t.weight[k] = first.weight;
        std::copy_n(first.state, num_states<Rule>(), t.state.data() + k * num_states<Rule>());
      }
    }
  });
}

}  // namespace penfield
