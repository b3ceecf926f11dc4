#pragma once

namespace penfield {

/// What this program was built from; a run writes it into its manifest. Strings live as long as the program.
struct BuildInfo {
  const char* version;  ///< "0.1.0"
  const char*
      commit;  ///< git commit, "+" appended if tracked files were changed; "unknown" outside a checkout
  const char* compiler;    ///< "GNU 12.2.0"
  const char* flags;       ///< host compiler flags
  const char* cuda;        ///< nvcc version, "" without the CUDA engine
  const char* preset;      ///< CMake preset, "" for a plain configure
  const char* build_type;  ///< "Release"
};

const BuildInfo& build_info();

}  // namespace penfield
