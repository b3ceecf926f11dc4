// Checks that join several values, beyond those of test_faults.cpp.
#include <algorithm>

#include "test/scenario/example.hpp"
#include "test/support/catch.hpp"

using namespace penfield;
using namespace penfield::test;

namespace {

void expect(const std::vector<std::string>& sets, const std::vector<std::string>& says,
            const std::string& text = kExample) {
  const Thrown fault = fault_of(text, sets);
  INFO("message: " << fault.message);
  CHECK(fault.code == ExitCode::scenario);
  for (const std::string& part : says) {
    INFO("expected: " << part);
    CHECK(fault.says(part));
  }
}

}  // namespace

TEST_CASE("fractions of the day sum to one", "[scenario][checks]") {
  expect({"clock.conditions.rest.fraction=0.5"},
         {"clock.conditions", "do not sum to 1", "seen 1.1", "by -0.1"});
  expect({"clock.conditions=null"}, {"an episodic clock without conditions"});
}

TEST_CASE("territories lie on the sheets and apart", "[scenario][checks]") {
  expect({"body.parts[hand/D3].width_mm=2.5"},
         {"leaves the sheet of \"S1\"", "up to 4.5 x 1 mm", "4 x 1 mm"});
  expect({"body.parts[hand/D3].x_mm=1.5"}, {"\"hand/D3\" and \"hand/D2\" overlap", "0.5 x 1 mm"});
  expect({"body.relay=S1/E"}, {"body.relay", "the skin drives relays"});
  expect({"body=null"}, {"there is no body part \"hand/D3\"", "a somatotopic population, but no body"});
}

TEST_CASE("rules fit their populations", "[scenario][checks]") {
  expect({"projections[EI].rule=one_to_one"},
         {"projections[1].rule", "one_to_one needs populations of one size", "800"});
  expect({"projections[EI].rule={\"fixed_in_degree\":900}", "projections[EI].allow_multapses=false"},
         {"in_degree is 900, but only 800"});
  expect({"projections[EI].rule={\"distance_in_degree\":{\"in_degree\":5}}", "projections[EI].from=VPL/relay",
          "areas.VPL.sheet_mm=[5,2]"},
         {"different sheets", "use topographic"});
  CHECK(fault_of(kExample,
                 {"projections[EI].rule={\"distance_probability\":{\"peak\":0.5,\"kernel\":\"box\"}}"})
            .message == "");
  expect({"projections[EI].rule={\"fixed_probability\":1.5}"}, {"out of range", "allowed 0 to 1"});
}

TEST_CASE("modulators: rules that read one name one, and rewards name synapses that can be",
          "[scenario][checks]") {
  const std::string learns = "projections[0].plasticity={\"stdp_dopamine\":{\"w_max\":1000}}";
  const std::string dopamine = "modulators=[{\"name\":\"dopamine\"}]";
  expect({learns}, {"projections[0].modulator", "stdp_dopamine needs a modulator"}, kRawExample);
  expect({learns, dopamine, "projections[0].modulator=dopamin"},
         {"projections[0].modulator", "there is no modulator \"dopamin\"", "dopamine"}, kRawExample);
  expect({dopamine, "projections[0].modulator=dopamine"}, {"stdp_pair reads no modulator", "remove the key"},
         kRawExample);
  CHECK(fault_of(kRawExample, {learns, dopamine, "projections[0].modulator=dopamine"}).message == "");
  const auto with = [](const std::string& more) {
    return "modulators=[{\"name\":\"dopamine\"," + more + "}]";
  };
  expect({with("\"pulses\":[[\"2 s\",1],[\"1 s\",1]]")},
         {"modulators[0].pulses", "a pulse comes before the one listed before it"}, kRawExample);
  expect({with("\"tau_ms\":0")}, {"modulators[0].tau_ms", "above 0"}, kRawExample);
  expect({with("\"rewards\":[{\"projection\":\"nowhere\",\"source\":0,\"target\":0}]")},
         {"modulators[0].rewards[0].projection", "there is no projection \"nowhere\""}, kRawExample);
  expect({dopamine}, {"modulators[0]", "teaches trial by trial", "episodic clock"});
}

TEST_CASE("plastic weights lie within the rule's bounds", "[scenario][checks]") {
  expect({"projections[0].weight_pA=2000"}, {"outside the bounds of the plasticity rule", "w_max 1000"},
         kRawExample);
  expect({"projections[0].plasticity.stdp_pair.w_max=0"}, {"w_max is not above w_min"}, kRawExample);
  expect({"projections[0].plasticity={\"stdp_nearest\":{\"w_max\":1000,\"scheme\":0.5}}"},
         {"plasticity.stdp_nearest.scheme", "0 (symmetric), 1 (presynaptic-centred)"}, kRawExample);
  expect({"projections[0].plasticity={\"stdp_triplet\":{\"w_max\":1000,\"nearest\":0.5}}"},
         {"plasticity.stdp_triplet.nearest", "neither 0 (all-to-all) nor 1"}, kRawExample);
  expect({"projections[0].plasticity={\"calcium_graupner\":{\"w_max\":1000,\"theta_p\":0.9}}"},
         {"plasticity.calcium_graupner.theta_p", "below theta_d", "raise theta_p"}, kRawExample);
  expect({"projections[0].plasticity={\"stdp_power_law\":{\"w_max\":1000,\"w_min\":-1}}"},
         {"w_min", "allowed"}, kRawExample);
}

TEST_CASE("drawn weights lie within the rule's bounds, but for a tail", "[scenario][checks]") {
  const auto bounds = [](const std::string& w) {
    return "projections[0].plasticity={\"stdp_pair\":{" + w + "}}";
  };
  expect({bounds("\"w_max\":1")},
         {"projections[0].weight_pA", "100 % of the drawn weights lie outside", "seen mean 40",
          "w_min 0 to w_max 1"},
         kRawExample);
  expect({bounds("\"w_max\":40"), "projections[0].weight_pA={\"uniform\":[30,50]}"},
         {"50 % of the drawn weights"}, kRawExample);
  expect({bounds("\"w_max\":40"), "projections[0].weight_pA={\"lognormal\":[-40,3]}"}, {"100 % of the drawn"},
         kRawExample);
  // Of a normal 2.3 % lie above two standard deviations, of which nothing is left once it is truncated.
  for (const char* weight : {"{\"normal\":[40,3]}", "{\"normal\":[40,30],\"min\":0,\"max\":46}"}) {
    const Thrown fault =
        fault_of(kRawExample, {bounds("\"w_max\":46"), std::string("projections[0].weight_pA=") + weight});
    INFO("message: " << fault.message);
    CHECK(fault.message == "");
  }
}

TEST_CASE("a rule of one kind of synapse is refused on the other", "[scenario][checks]") {
  const std::string conductance = "populations[S1/E].model=iaf_cond_receptors";
  const auto rule = [](const std::string& text) { return "projections[0].plasticity={" + text + "}"; };
  const std::vector<std::string> receptors = {"stimuli=[]",
                                              "homeostasis=[]",
                                              "structure=[]",
                                              "modulators=[]",
                                              "projections[EE]=null",
                                              conductance,
                                              "projections[0].weight_pA=null",
                                              "projections[0].weight_nS=0.5"};
  const auto with = [](std::vector<std::string> sets, const std::vector<std::string>& more) {
    sets.insert(sets.end(), more.begin(), more.end());
    return sets;
  };
  expect({rule("\"istdp_vogels\":{\"w_max\":1000}")},
         {"istdp_vogels is a rule of synapses that inhibit", "excite by the sign of their weights"},
         kRawExample);
  expect({rule("\"istdp_vogels\":{\"w_min\":-5,\"w_max\":1000}")}, {"w_min", "the bounds have both signs"},
         kRawExample);
  CHECK(fault_of(kRawExample, {rule("\"istdp_vogels\":{\"w_min\":-1000,\"w_max\":0}"),
                               "projections[0].weight_pA={\"lognormal\":[-40,3]}"})
            .message == "");
  expect(with(receptors, {"projections[0].port=GABA_A", rule("\"calcium_nmda\":{}")}),
         {"calcium_nmda is a rule of synapses that excite", "through port \"GABA_A\"", "another port"},
         kRawExample);
  expect(with(receptors, {"projections[0].port=AMPA", rule("\"istdp_vogels\":{}")}),
         {"these excite through port \"AMPA\""}, kRawExample);
  const Thrown fault =
      fault_of(kRawExample, with(receptors, {"projections[0].port=GABA_A", rule("\"istdp_vogels\":{}")}));
  INFO("message: " << fault.message);
  CHECK(fault.message == "");
  // Tonic inhibition is these cells' too: a field may scale what is there.
  const std::string
      field = R"(fields=[{"name":"f","area":"S1","course":"points","points":[["0 s",1],["1 s",2]]}])",
      follows = "populations[S1/E].tonic_field=f";
  expect({field, follows}, {"tonic_field", "has no tonic GABA", "iaf_cond_receptors"}, kRawExample);
  expect(with(receptors, {follows}), {"tonic_field", "there is no field"}, kRawExample);
  expect(with(receptors, {field, follows}),
         {"tonic_field", "no tonic conductance that the field could scale"}, kRawExample);
  const Thrown tonic =
      fault_of(kRawExample,
               with(receptors, {"projections[0].port=AMPA", field, follows,
                                "populations[S1/E].params={\"g_tonic_nS\":2}",
                                R"(timeline=[{"from":"1 s","event":"scale_field","what":"f","gain":2}])"}));
  INFO("message: " << tonic.message);
  CHECK(tonic.message == "");
}

TEST_CASE("stimuli fit their populations", "[scenario][checks]") {
  CHECK(fault_of(kRawExample).message == "");
  const auto expect = [](const std::vector<std::string>& sets, const std::vector<std::string>& says) {
    ::expect(sets, says, kRawExample);
  };
  expect({"stimuli[0].poisson.to=VPL/relay"}, {"stimuli[0].poisson"});
  expect({"stimuli[2].rate.to=S1/E"}, {"a rate drives relays"});
  expect({"stimuli[1].spikes.spikes=[[800, 3]]"},
         {"stimuli[1].spikes.spikes[0]", "a neuron that does not exist", "0 to 799"});
  expect({"stimuli[2].rate.schedule=[[\"2 s\", 1], [\"1 s\", 2]]"}, {"times do not rise"});
  expect({"stimuli[0].poisson.from=2 s", "stimuli[0].poisson.to_time=1 s"}, {"ends before it starts"});
  expect({"stimuli[1]={\"dc\":{\"to\":\"S1/E\",\"current_pA\":5},\"noise\":{\"to\":\"S1/E\",\"sd_pA\":5}}"},
         {"more than one choice, \"dc\" and \"noise\""});
  const std::string noise = "stimuli[1]={\"noise\":{\"to\":\"S1/E\",\"crossings\":\"continuous\",";
  expect({noise + "\"sd_pA\":1e5}}"}, {"the corrected threshold does not lie above v_reset_mV"});
  expect({noise + "\"sd_pA\":5,\"to_time\":\"1 s\"}}"}, {"cannot move while the network runs"});
  expect({noise + "\"sd_pA\":5}}", "populations[S1/E]={\"model\":\"adex\",\"n\":800}"},
         {"adex has no threshold at which it fires"});
  expect({"stimuli[1].spikes=5"}, {"stimuli[1].spikes", "wrong type"});
}

TEST_CASE("injury, fields and stimulation are of the raw clock, too", "[scenario][checks]") {
  const auto timeline = [](const std::string& event) { return "timeline=[{" + event + "}]"; };
  const std::string infarct =
      R"("event":"infarct","area":"S1","x_mm":1,"y_mm":0.5,"radius_mm":0.2,"penumbra_mm":0.2)";
  const std::string field =
      R"(fields=[{"name":"f","area":"S1","course":"points","points":[["0 s",1],["1 s",2]]}])";
  const auto fine = [](const std::vector<std::string>& sets) {
    const Thrown fault = fault_of(kRawExample, sets);
    INFO("message: " << fault.message);
    CHECK(fault.message == "");
  };
  const std::string open = "areas.S1.edge=open";
  fine({open, timeline(R"("at":"2 s",)" + infarct), "structure=[]"});
  fine({timeline(R"("at":"2 s","event":"cut","what":"EE")")});
  fine({open,
        timeline(
            R"("from":"1 s","to":"1.5 s","event":"block","of":"S1/E","x_mm":1,"y_mm":0.5,"radius_mm":0.2)")});
  fine({field, R"(effects=[{"field":"f","effect":"gain","of":"S1/E","port":"excitatory"}])",
        timeline(R"("from":"1 s","event":"scale_field","what":"f","gain":2)")});
  expect({open, timeline(R"("at":"0.5 s",)" + infarct)},
         {"timeline[0].at", "live by the rates that they had before", "at least 1 s"}, kRawExample);
  expect({field, R"(effects=[{"field":"f","effect":"speed","what":"growth"}])"},
         {"effects[0].effect", "a field's effect on a speed has no effect in the raw clock"}, kRawExample);
  expect({timeline(R"("from":"1 s","to":"1.0001 s","event":"block","of":"S1/E")")},
         {"timeline[0].to", "would not last a step", "at least 0.5 ms after"}, kRawExample);
  expect(
      {timeline(R"("at":"1 s","event":"cut","what":"EE")"), "energy={\"mode\":\"budget\"}", "structure=[]"},
      {"timeline[0].event", "counts spikes at the synapses of the run's start", "textbook"}, kRawExample);
}

TEST_CASE("trains of pulses lie in the steps of the raw clock", "[scenario][checks]") {
  const auto train = [](const std::string& keys) {
    return R"(timeline=[{"from":"1 s","event":"stimulate","of":"S1/E","current_pA":100,)" + keys + "}]";
  };
  const std::string at = "timeline[0].";
  CHECK(fault_of(kRawExample, {train(R"("pulse_ms":0.5,"rate_Hz":350,"pulses":13,"trains_every":"300 ms")")})
            .message == "");
  CHECK(fault_of(kRawExample, {train(R"("pulse_ms":0.25)")}).message == "");
  expect({train(R"("pulse_ms":0.2)")},
         {at + "pulse_ms", "shorter than half a step", "seen 0.2 ms", "at least dt_ms 0.5 ms"}, kRawExample);
  expect({train(R"("pulse_ms":1,"pulses":3)")}, {at + "rate_Hz", "no rate at which they come"}, kRawExample);
  expect({train(R"("pulse_ms":2,"pulses":3,"rate_Hz":500)")},
         {at + "rate_Hz", "would run into each other", "at most 400 Hz"}, kRawExample);
  CHECK(fault_of(kRawExample, {train(R"("pulse_ms":2,"pulses":3,"rate_Hz":400)")}).message == "");
  expect({train(R"("pulse_ms":1,"pulses":13,"rate_Hz":100,"trains_every":"100 ms")")},
         {at + "trains_every", "before the last one has ended", "at least 0.1215 s"}, kRawExample);
  expect({train(R"("rate_Hz":100)")}, {at + "pulse_ms", "pulses that have no length"}, kRawExample);
  expect({"areas.S1.edge=open", train(R"("sigma_mm":0.3,"radius_mm":0.2)")},
         {at + "sigma_mm", "falls off as a Gaussian has no disc"}, kRawExample);
  expect({"areas.S1.edge=periodic", train(R"("sigma_mm":0.3)")}, {at + "sigma_mm", "a sheet without edges"},
         kRawExample);
  expect({R"(timeline=[{"from":"1 d","event":"stimulate","of":"S1/E","current_pA":100,"pulse_ms":1}])"},
         {at + "pulse_ms", "a train of pulses", "has no effect in the episodic clock"});
  CHECK(fault_of(kExample, {R"(timeline=[{"from":"1 d","event":"stimulate","of":"S1/E","current_pA":100}])"})
            .message == "");
}

TEST_CASE("what a clock would ignore is refused", "[scenario][checks]") {
  expect({"clock.mode=raw"}, {"structure[0]", "probes[0]", "timeline[2].event", "clock.conditions",
                              "has no effect in the raw clock"});
  // What the episodic clock does not project, by its reason.
  const std::string learns = "projections[0].plasticity={\"";
  expect({learns + "istdp_vogels\":{\"w_max\":1000}}"},
         {"projections[0].plasticity", "faster than a macro step", "homeostasis"});
  expect({learns + "stdp_triplet\":{\"w_max\":1000}}"},
         {"projections[0].plasticity", "not projected over days", "choose a pair rule"});
  expect({learns + "stdp_dopamine\":{\"w_max\":1000}}", "projections[0].modulator=dopamine"},
         {"projections[0].plasticity", "trial by trial", "cannot be leapt over"});
  expect({learns + "stdp_pair\":{\"w_max\":1000,\"tau_minus_ms\":5000}}"},
         {"heal", "too short for the traces of stdp_pair", "at least 15000 ms"});
  expect({"populations[S1/E].params={\"tau_syn_in_ms\":400}"},
         {"heal", "too short for inhibitory input of S1/E, whose tau_syn_in_ms is 400", "at least 1200 ms"});
  for (const char* stimulus :
       {"{\"spikes\":{\"to\":\"S1/E\",\"port\":\"excitatory\",\"weight_pA\":1,\"spikes\":[[0,10]]}}",
        "{\"step_current\":{\"to\":\"S1/E\",\"current_pA\":1}}",
        "{\"noise\":{\"to\":\"S1/E\",\"sd_pA\":1,\"to_time\":\"1 s\"}}",
        "{\"rate\":{\"to\":\"VPL/relay\",\"schedule\":[[\"0 s\",1]]}}"})
    expect({std::string("stimuli[1]=") + stimulus}, {"stimuli[1]", "no effect in the episodic clock"});
  expect({"probes=[{\"probe\":\"receptive_fields\",\"of\":\"S1/"
          "E\"},{\"probe\":\"receptive_fields\",\"of\":\"S1/I\"}]"},
         {"probes[1]", "a second probe"});
  expect({"probes[0].trials=1"}, {"probes[0].trials", "at least 2"});
}

TEST_CASE("a homeostat of the raw clock moves in steps that are short beside its time constants",
          "[scenario][checks]") {
  const auto refused = [](const std::vector<std::string>& sets, const std::vector<std::string>& says) {
    expect(sets, says, kRawExample);
  };
  refused({"homeostasis[scaling].every=0.1 ms"}, {"homeostasis[0].every", "more than once a step", "0.5 ms"});
  refused({"homeostasis[scaling].every=4 s"},
          {"homeostasis[0].sensor_tau_s", "five times", "seen 2 s", "at least 20 s", "lower \"every\""});
  refused({"homeostasis[scaling].tau_s=0.1"}, {"homeostasis[0].tau_s", "five times", "at least 1 s"});
  refused({"homeostasis[scaling].sensor_tau_s=0"}, {"homeostasis[0].sensor_tau_s", "above 0"});
  refused({"homeostasis[scaling].port=AMPA"}, {"homeostasis[0].port", "AMPA"});
  CHECK(fault_of(kRawExample, {"timeline=[{\"event\":\"freeze\",\"from\":\"1 s\",\"what\":\"scaling\"}]"})
            .message == "");
}

TEST_CASE("structure on the raw clock has elements of both sides, or spines, and rules without state",
          "[scenario][checks]") {
  const auto refused = [](const std::vector<std::string>& sets, const std::vector<std::string>& says) {
    expect(sets, says, kRawExample);
  };
  CHECK(fault_of(kRawExample, {"structure[growth].projection=EE"}).message == "");
  refused({"structure[growth].axonal=null"},
          {"structure[0]", "needs elements of both sides", "\"axonal\": {\"eps\": ...}"});
  refused({"structure[growth].axonal.eta=1"}, {"structure[0].axonal.eta", "two ends of a gaussian curve"});
  refused({"structure[growth].axonal={}"}, {"structure[0].axonal.eps", "missing"});
  refused({"structure[growth].axonal.curve=cubic"}, {"structure[0].axonal.curve", "gaussian"});
  refused({"structure[growth].calcium_tau_s=0"}, {"structure[0].calcium_tau_s", "above 0"});
  refused({"structure[growth].calcium_tau_s=-3"}, {"structure[0].calcium_tau_s", "above 0"});
  refused({"structure[growth].calcium_tau_s=0.5"},
          {"structure[0].calcium_tau_s", "five times", "at least 1 s", "lower \"every\""});
  refused({"structure[growth].every=0.1 ms"}, {"structure[0].every", "more than once a step"});
  refused({"structure[growth].baseline=300 ms"},
          {"structure[0].baseline", "no mean so soon", "at least 400 ms"});
  refused({"structure[growth].maturation_tau_s=100"},
          {"structure[0].maturation_tau_s", "do not mature over days"});
  refused({"structure[growth].projection=VPL/relay -> S1/E", "areas.VPL.sheet_mm=[3,1]"},
          {"structure[0].projection", "different sheets"});
  refused({"projections[EE].plasticity={\"calcium_graupner\":{}}"},
          {"structure[0].projection", "keep state of calcium_graupner", "stdp_pair"});
  refused({"projections[EE].plasticity={\"stdp_pair\":{\"w_max\":20}}", "structure[growth].new_weight=5"},
          {"structure[0].new_weight", "outside the bounds", "seen 50", "w_max 20"});
  const std::string one =
      "{\"name\":\"once\",\"projection\":\"EE\",\"axonal\":{\"eps\":1},\"dendritic\":{\"eps\":1}}";
  const std::string two =
      "{\"name\":\"twice\",\"projection\":\"EE\",\"axonal\":{\"eps\":1},\"dendritic\":{\"eps\":1}}";
  refused({"structure=[" + one + "," + two + "]"}, {"structure[1].projection", "rewired twice"});
  const std::string spines = "structure[growth].spines={\"modulator\":\"dopamine\",\"formation_gain\":1}";
  refused({spines}, {"structure[0].axonal", "spines take any source"});
  refused({"structure[growth].axonal=null", spines}, {"structure[0].spines.modulator", "\"dopamine\""});
  refused({"structure[growth].axonal=null", "structure[growth].spines={\"stabilise_gain\":1}"},
          {"structure[0].spines.modulator", "none is named"});
  refused({"structure[growth].axonal=null", "structure[growth].spines={\"mature_weight\":0.2}"},
          {"structure[0].spines.mature_weight", "mature at once", "above new_weight 0.25"});
  refused({"structure[growth].axonal=null", "structure[growth].spines={\"labile_loss_per_d\":-1}"},
          {"structure[0].spines.labile_loss_per_d", "0 to 1000000"});
  refused({"structure[growth].axonal=null", "structure[growth].spines={}",
           "projections[EE].plasticity={\"stdp_pair\":{\"w_max\":20}}"},
          {"structure[0].spines", "stdp_pair moves it"});
  expect({"structure[0].dendritic={\"eps\":1}"},
         {"structure[0]", "by a growth curve of calcium needs elements of both sides", "\"axonal\""});
  expect({"structure[0].spines={}"}, {"structure[0].spines", "has no effect in the episodic clock"});
}

TEST_CASE("structure rewires what lies on one sheet, and masks know where its neurons lie",
          "[scenario][checks]") {
  expect({"structure[0].projection=VPL/relay -> S1/E", "areas.VPL.sheet_mm=[3,1]"},
         {"structure[0].projection", "different sheets"});
  expect({"structure=[{\"name\":\"a\",\"projection\":\"EE\"},{\"name\":\"b\",\"projection\":\"VPL/relay -> "
          "S1/E\",\"burst_tau_ms\":50}]"},
         {"structure[1].burst_tau_ms", "one burst calcium, which \"a\" reads too", "114, as there"});
  expect({"populations[S1/E].somatotopic=false"}, {"timeline[2].event", "belong to no body part"});
  expect({"structure[0].weight_reference=0"}, {"structure[0].weight_reference", "relative to 0"});
  expect({"fields[0].area=VPL"}, {"structure[0].growth_field", "another area's sheet"});
  CHECK(fault_of(kExample, {"structure[0].kernel=box"}).message == "");
  const std::string cut = "{\"at\":\"3 d\",\"event\":\"amputate\",\"part\":\"hand/D3\"}";
  const std::string mask =
      "{\"from\":\"3 d\",\"event\":\"mask_formation\",\"part\":\"hand/D3\",\"what\":\"outside\"}";
  expect({"timeline[1]=" + cut}, {"timeline[1].part", "lost twice"});
  expect({"timeline[1]=" + mask}, {"timeline[2].from", "two masks"});
}

TEST_CASE("a drug on a modulator needs some of it to be there", "[scenario][checks]") {
  const auto run = [](const std::string& modulator) {
    return fault_of(
        kRawExample,
        {"projections[0].plasticity={\"stdp_dopamine\":{\"w_max\":1000}}",
         "projections[0].modulator=dopamine", "modulators=[{\"name\":\"dopamine\"" + modulator + "}]",
         "timeline=[{\"event\":\"drug\",\"from\":\"1 s\",\"what\":\"dopamine\",\"of\":\"S1/"
         "E\",\"gain\":5}]"});
  };
  const Thrown fault = run("");
  INFO("message: " << fault.message);
  CHECK(fault.says("there is never any of \"dopamine\""));
  CHECK(run(",\"baseline\":0.1").message == "");
  CHECK(run(",\"pulses\":[[\"1 s\",0.5]]").message == "");
}

TEST_CASE("drugs act on receptors that are there", "[scenario][checks]") {
  const auto event = [](const std::string& rest) {
    return "timeline[1]={\"event\":\"drug\",\"from\":\"2 d\"," + rest + "}";
  };
  const auto faults = [&](const std::string& rest) { return fault_of(kExample, {event(rest)}); };
  CHECK(faults("\"what\":\"GABA_A\",\"of\":\"S1/I\",\"gain\":0.5").message == "");
  CHECK(faults("\"what\":\"sodium\",\"of\":\"*\",\"gain\":0.5").message == "");
  CHECK(faults("\"what\":\"inhibitory\",\"of\":\"S1/E\",\"gain\":2,\"to\":\"3 d\",\"onset_tau_s\":600,"
               "\"washout_tau_s\":7200")
            .message == "");
  expect({event("\"what\":\"GABA_C\",\"of\":\"S1/I\",\"gain\":0.5")},
         {"timeline[1].what", "no model has the receptor or channel \"GABA_C\"", "GABA_A"});
  expect({event("\"what\":\"NMDA\",\"of\":\"S1/I\",\"gain\":0.5")},
         {"timeline[1].of", "iaf_cond_exp of \"S1/I\" has no \"NMDA\"", "AMPA", "name another population"});
  expect({event("\"what\":\"GABA_A\",\"of\":\"VPL/*\",\"gain\":0.5")}, {"timeline[1].of", "relay"});
  expect({event("\"what\":\"GABA_A\",\"of\":\"S1/X\",\"gain\":0.5")},
         {"timeline[1].of", "there is no population \"S1/X\""});
  expect({event("\"what\":\"GABA_A\",\"of\":\"V1/*\",\"gain\":0.5")}, {"nothing matches \"V1/*\""});
  expect({event("\"what\":\"GABA_A\",\"of\":\"S1/I\",\"gain\":-0.5")}, {"timeline[1].gain", "out of range"});
  expect({event("\"what\":\"GABA_A\",\"of\":\"S1/I\"")}, {"timeline[1].gain", "missing"});
  for (const char* key : {"onset_tau_s", "washout_tau_s"})
    expect({event("\"what\":\"GABA_A\",\"of\":\"S1/I\",\"gain\":2,\"to\":\"3 d\",\"" + std::string(key) +
                  "\":-1")},
           {std::string("timeline[1].") + key, "out of range"});
  expect({event("\"what\":\"GABA_A\",\"of\":\"S1/I\",\"gain\":2,\"washout_tau_s\":60")},
         {"timeline[1].washout_tau_s", "never goes"});
  for (const char* gain : {"0", "1.5"})
    expect({event("\"what\":\"sodium\",\"of\":\"S1/E\",\"gain\":" + std::string(gain))},
           {"timeline[1].gain", "sodium channels"});
  // In the raw clock as well; and a rule may know a receptor that its target's model does not have.
  const std::string raw = "timeline=[{\"event\":\"drug\",\"from\":\"1 s\",\"gain\":0.1,";
  CHECK(fault_of(kRawExample, {raw + "\"what\":\"sodium\",\"of\":\"S1/E\"}]"}).message == "");
  expect({raw + "\"what\":\"NMDA\",\"of\":\"S1/E\"}]"}, {"timeline[0].of", "has no \"NMDA\""}, kRawExample);
  CHECK(fault_of(kRawExample, {raw + "\"what\":\"NMDA\",\"of\":\"S1/E\"}]",
                               "projections[0].plasticity={\"calcium_nmda\":{\"w_max\":1000}}"})
            .message == "");
}

TEST_CASE("homeostats have a set-point, and potentials no log-normal start", "[scenario][checks]") {
  expect({"homeostasis[0].set_point_Hz=null"}, {"homeostasis[0].set_point_Hz", "missing"});
  expect({R"(homeostasis[+]=[{"name":"again","of":"S1/E","port":"inhibitory","set_point_Hz":3}])"},
         {"homeostasis[1].port", "fight over one gain", "keep one of them"});
  expect({"homeostasis[0].set_point_Hz=0"}, {"homeostasis[0].set_point_Hz", "out of range"});
  expect({"homeostasis[0].loop_gain=0"}, {"homeostasis[0].loop_gain", "out of range"});
  expect({"populations[S1/E].initial_v_m_mV={\"lognormal\":[60,2]}"}, {"a potential is not log-normal"});
}

TEST_CASE("rules of a model that join several parameters", "[scenario][checks]") {
  expect({"populations[S1/E].params.v_reset_mV=-40"}, {"populations[S1/E].params.v_reset_mV", "v_th_mV"});
}

TEST_CASE("population names, models and sizes", "[scenario][checks]") {
  expect({"populations.lonely={\"model\":\"relay\",\"n\":4}"}, {"populations.lonely", "AREA/NAME"});
  expect({"populations[S1/E].n=4000000000", "populations[S1/I].n=4000000000"}, {"too many neurons in all"});
  expect({"record[1].count=801"}, {"neurons that do not exist"});
  expect({"structure=[]"}, {"timeline[2].event", "nothing forms any"});
}
