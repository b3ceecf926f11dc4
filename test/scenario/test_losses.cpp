// What is gone cannot be lost, used or stimulated once more.
#include "test/scenario/example.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

/// The example with this timeline, `more` changed.
Thrown fault_with(const std::string& events, std::vector<std::string> more = {}) {
  more.insert(more.begin(), "timeline=[" + events + "]");
  return fault_of(kExample, more);
}

void fine(const std::string& events) {
  const Thrown fault = fault_with(events);
  INFO("message: " << fault.message);
  CHECK(fault.message == "");
}

void refused(const std::string& events, const std::vector<std::string>& says) {
  const Thrown fault = fault_with(events);
  INFO("message: " << fault.message);
  CHECK(fault.code == ExitCode::scenario);
  for (const std::string& part : says) {
    INFO("expected: " << part);
    CHECK(fault.says(part));
  }
}

const std::string kLoss = R"({"name":"loss","at":"2 d","event":"amputate","part":"hand/D3"},)";
const std::string kCore =
    R"({"at":"2 d","event":"infarct","area":"S1","x_mm":1,"y_mm":0.5,"radius_mm":0.3},)";

}  // namespace

TEST_CASE("messages name the event that came before", "[scenario][losses]") {
  refused(kLoss + R"({"at":"3 d","event":"amputate","part":"hand/D3"})",
          {"timeline[1].part", "lost twice, by this event and \"loss\" at 2 d"});
  refused(R"({"at":"2 d","event":"cut","what":"EE"},{"at":"3 d","event":"cut","what":"EE"})",
          {"cut twice, by this event and timeline[0] at 2 d"});
}

TEST_CASE("a nerve that is back can be lost, one that still grows back cannot", "[scenario][losses]") {
  const auto cut = [](const std::string& more) {
    return R"({"from":"1 d","to":"4 d","event":"cut_afferents","part":"hand/D3")" + more + "},";
  };
  const std::string slowly = R"(,"regrowth_tau_s":86400)";
  const std::string amputated = R"({"at":"5 d","event":"amputate","part":"hand/D3"})",
                    again = R"({"from":"5 d","event":"cut_afferents","part":"hand/D3"})";
  for (const std::string& later : {amputated, again}) {
    fine(cut("") + later);
    refused(cut(slowly) + later, {"timeline[1].part", "still grows back", "timeline[0] at 1 d"});
  }
  refused(cut("") + R"({"at":"3 d","event":"amputate","part":"hand/D3"})", {"lost twice"});
}

TEST_CASE("a part that is gone is not used", "[scenario][losses]") {
  const auto use = [](const std::string& from, const std::string& part) {
    return R"({"from":")" + from + R"(","event":"use","gain":2,"part":")" + part + "\"}";
  };
  refused(kLoss + use("3 d", "hand/D3"), {"timeline[1].part", "gone by then: \"loss\" at 2 d"});
  fine(kLoss + use("1 d", "hand/D3"));
  fine(kLoss + use("3 d", "hand/*"));  // D2 is left
  refused(kLoss + R"({"from":"2 d","event":"cut_afferents","part":"hand/D2"},)" + use("3 d", "*"),
          {"timeline[2].part", "gone by then"});
  fine(R"({"from":"1 d","to":"2 d","event":"cut_afferents","part":"hand/D3"},)" + use("3 d", "hand/D3"));
}

TEST_CASE("dead tissue is neither blocked nor stimulated", "[scenario][losses]") {
  const auto block = [](const std::string& from, const std::string& shape, const std::string& of = "S1/E") {
    return R"({"from":")" + from + R"(","event":"block","of":")" + of + "\"," + shape + "}";
  };
  const std::string inside = R"("x_mm":1.1,"y_mm":0.5,"radius_mm":0.1)",
                    across = R"("x_mm":1.1,"y_mm":0.5,"radius_mm":0.25)",
                    wide = R"("x_mm":1,"y_mm":0.5,"width_mm":0.6,"radius_mm":0.05)";
  refused(kCore + block("3 d", inside), {"timeline[1].radius_mm", "dead by then: timeline[0] at 2 d"});
  fine(kCore + block("1 d", inside));
  fine(kCore + block("3 d", across));
  fine(kCore + block("3 d", wide));         // its corners reach out
  fine(kCore + block("3 d", inside, "*"));  // the thalamus is alive
  refused(kCore + R"({"from":"3 d","event":"stimulate","of":"S1/E","current_pA":100,)" + inside + "}",
          {"dead by then"});
}
