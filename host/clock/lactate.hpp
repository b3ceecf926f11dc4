#pragma once
// Three pools of a patch of cortex: glycogen of astrocytes G (glucose units), lactate outside cells L, ATP of
// neurons A, all in mM. With the release of glutamate x, relative to rest,
//   v = v0 (1 - s + s x) g G/G0            astrocytes split glycogen; s: the share that glutamate drives
//   dG/dt = v0 + (G0 - G)/tau_G - v        and refill it from blood
//   dL/dt = 2 o v - u + (L0 - L)/tau_B     lactate leaves them by MCT4 and MCT1, and is exchanged with blood
//   u = m 2 v0 (K + L0)/L0 L/(K + L)       neurons take it up by MCT2
//   dA/dt = y (u - 2 v0 A/A0)              and burn it, y ATP each; use is in proportion to what there is
// g, o, m: 1, or what is left under a block of glycogenolysis, of MCT4 and MCT1, of MCT2. At x = 1 nothing
// moves from G0, L0, A0. The shuttle is that of Pellerin & Magistretti, PNAS 91:10625 (1994), in which
// glutamate calls for glycolysis; that learning raises lactate from glycogen, and that memory fails without
// its way out of astrocytes or into neurons: Suzuki et al., Cell 144:810 (2011). This is the least model that
// has these pools; Aubert & Costalat, J Cereb Blood Flow Metab 25:1476 (2005), and Jolivet et al., PLoS
// Comput Biol 11:e1004036 (2015) have detailed ones. Neurons' own glucose is left out, as are oxygen and
// creatine: A stands for ATP that lactate makes, which plasticity draws on.
#include <cstddef>

namespace penfield {

struct LactatePools {
  static constexpr bool all_doubles = true;
  double glycogen_mM = 0.0, lactate_mM = 0.0, atp_mM = 0.0;
};

struct LactateConstants {
  double glycogen_mM = 5.0, lactate_mM = 1.0, atp_mM = 2.2;  ///< at rest: G0, L0, A0
  double glycolysis_mM_per_s = 0.0042;                       ///< v0
  double driven_share = 0.5;                                 ///< s
  double glycogen_tau_s = 3600.0, blood_tau_s = 250.0;
  double mct2_k_mM = 0.7;         ///< K
  double atp_per_lactate = 17.0;  ///< y

  LactatePools rest() const { return {glycogen_mM, lactate_mM, atp_mM}; }
  /// The fastest thing: what moves ATP, glycogen that is being split (drive up to `most`), lactate.
  double shortest_tau_s(double most) const {
    const double atp_s = atp_mM / (2.0 * atp_per_lactate * glycolysis_mM_per_s);
    const double uptake_s = lactate_mM * mct2_k_mM / (2.0 * glycolysis_mM_per_s * (mct2_k_mM + lactate_mM));
    const double drive = 1.0 - driven_share + driven_share * most;
    const double split_s = glycogen_mM / (glycolysis_mM_per_s * (drive > 1.0 ? drive : 1.0));
    double least = atp_s < uptake_s ? atp_s : uptake_s;
    least = split_s < least ? split_s : least;
    return blood_tau_s < least ? blood_tau_s : least;
  }
};

/// Shares that blocks leave.
struct LactateGains {
  double glycogenolysis = 1.0, mct4 = 1.0, mct2 = 1.0;
};

inline LactatePools lactate_drift(const LactatePools& p, const LactateConstants& c, const LactateGains& g,
                                  double drive) {
  const double v0 = c.glycolysis_mM_per_s;
  const double split =
      v0 * (1.0 - c.driven_share + c.driven_share * drive) * g.glycogenolysis * p.glycogen_mM / c.glycogen_mM;
  const double uptake = g.mct2 * 2.0 * v0 * (c.mct2_k_mM + c.lactate_mM) / c.lactate_mM * p.lactate_mM /
                        (c.mct2_k_mM + p.lactate_mM);
  return {v0 + (c.glycogen_mM - p.glycogen_mM) / c.glycogen_tau_s - split,
          2.0 * g.mct4 * split - uptake + (c.lactate_mM - p.lactate_mM) / c.blood_tau_s,
          c.atp_per_lactate * (uptake - 2.0 * v0 * p.atp_mM / c.atp_mM)};
}

/// `seconds` at a constant drive, in steps of Heun's method of a fifth of the shortest time constant at most.
inline LactatePools lactate_after(LactatePools p, const LactateConstants& c, const LactateGains& gains,
                                  double drive, double seconds) {
  const double most_s = 0.2 * c.shortest_tau_s(drive);
  const double wanted = seconds / most_s;
  const auto steps = static_cast<std::size_t>(wanted) + 1;
  const double h = seconds / static_cast<double>(steps);
  const auto kept = [](double x) { return x > 0.0 ? x : 0.0; };
  for (std::size_t k = 0; k < steps; ++k) {
    const LactatePools a = lactate_drift(p, c, gains, drive);
    const LactatePools ahead{p.glycogen_mM + h * a.glycogen_mM, p.lactate_mM + h * a.lactate_mM,
                             p.atp_mM + h * a.atp_mM};
    const LactatePools b = lactate_drift(ahead, c, gains, drive);
    p.glycogen_mM = kept(p.glycogen_mM + 0.5 * h * (a.glycogen_mM + b.glycogen_mM));
    p.lactate_mM = kept(p.lactate_mM + 0.5 * h * (a.lactate_mM + b.lactate_mM));
    p.atp_mM = kept(p.atp_mM + 0.5 * h * (a.atp_mM + b.atp_mM));
  }
  return p;
}

}  // namespace penfield
