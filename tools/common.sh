# Sourced by the scripts of tools/: where the repository is, and what this machine has.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# nvcc is often installed without being on the path.
if ! command -v nvcc >/dev/null 2>&1 && [ -x /usr/local/cuda/bin/nvcc ]; then
  export PATH="$PATH:/usr/local/cuda/bin"
fi

say() { printf '%s\n' "$*" >&2; }
die() { say "$1"; exit "${2:-1}"; }

has_nvcc() { command -v nvcc >/dev/null 2>&1; }

has_gpu() {
  [ -e /dev/nvidia0 ] || [ -e /dev/dxg ] || { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q '^GPU'; }
}

# A heavy C++ file takes up to 1.5 GiB to compile: as many jobs as cores, but no more than memory holds.
num_jobs() {
  local cores memory_jobs
  cores="$(nproc 2>/dev/null || echo 2)"
  memory_jobs="$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo 2>/dev/null || true)"
  [ -n "$memory_jobs" ] && [ "$memory_jobs" -ge 1 ] || memory_jobs=1
  [ "$memory_jobs" -lt "$cores" ] && cores="$memory_jobs"
  echo "${PENFIELD_JOBS:-$cores}"
}
