#include <cstdio>
#include <chrono>
#include "host/build/build_network.hpp"
#include "host/run/make_engine.hpp"
#include "host/run/study.hpp"
#include "host/scenario/scenario_json.hpp"
#include "penfield/base/error.hpp"
using namespace penfield;
int main(int argc,char**argv){ try{
 std::vector<std::string> sets; for(int i=2;i<argc;++i) sets.push_back(argv[i]);
 auto t0=std::chrono::steady_clock::now(); auto now=[&]{return std::chrono::duration<double>(std::chrono::steady_clock::now()-t0).count();};
 Scenario s=load_scenario(argv[1],sets);
 BuildOptions o; o.threads=2; Network n=build_network(s,o); printf("built %lu neurons %lu synapses %.2f s\n",n.num_neurons(),n.num_synapses(),now());
 auto e=make_engine(n,DeviceChoice::cpu,0); Study st(s,n,*e.engine);
 size_t maps=0, steps=0;
 st.run([&](double,double,double sp){ auto&r=st.result();
   for(;steps<r.steps.size();++steps){auto&p=r.steps[steps]; if(p.time_s<=0||p.time_s<6.1*3600||steps%6==0) printf("t %8.3f d zone %.2f nb %.2f far %.2f | E %.2f I %.2f relay %.2f inh %.3f gain %.3f formed %lu del %lu to %.3f/%.3f out %.2f resp %.2f net %.1f/%.1f\n",p.time_s/86400,p.zone_rate_Hz,p.neighbour_rate_Hz,p.far_rate_Hz,p.rate_Hz[1],p.rate_Hz[2],p.rate_Hz[0],p.inhibition,p.excitatory_gain,p.formed,p.deleted,p.turnover_zone,p.turnover_far,p.formed_outside,p.formed_responsive,p.net_outside_per_cell,p.net_inside_per_cell);}
   for(;maps<r.maps.size();++maps){auto&m=r.maps[maps]; printf("MAP t %.3f d theta %.1f rec %.2f share %.2f base %.2f shift %.3f near %.2f topo %.2f kept %.2f ovl %.2f rf %.2f direct %.1f dec %.2f (ch %.2f, lost %.2f) spiking %.0f wall %.1f\n",m.time_s/86400,r.map.theta_Hz,m.recovered_share,m.share,m.baseline_overlap,m.border_shift_mm,m.share_near_border,m.topography,m.kept_winner_share,m.overlap,m.field_mm2,m.direct_response_Hz,m.decode_accuracy,m.decode_chance,m.decode_lost_part,sp,now());}
   fflush(stdout);
 },{});
 printf("done %.1f s spiking %.0f\n",now(),st.result().spiking_s);
}catch(const Error&e){fprintf(stderr,"%s\n",e.what());return (int)e.code();} }
