// The same interface for a build without HDF5: every use says what is missing and where the results are.
#include "host/record/hdf5.hpp"
#include "penfield/base/error.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void missing(const fs::path& path) {
  throw Error(ExitCode::output,
              "cannot write or read HDF5 (" + path.string() +
                  "): this build has no HDF5; install its development files (Debian: libhdf5-dev), "
                  "build again and run `penfield export`: the results are in run.log");
}

}  // namespace

bool hdf5_available() { return false; }
std::string hdf5_version() { return "none"; }

Hdf5File Hdf5File::create(const fs::path& path) { missing(path); }
Hdf5File Hdf5File::open_read(const fs::path& path) { missing(path); }
Hdf5File::Hdf5File(Hdf5File&& other) noexcept : id_(other.id_), path_(std::move(other.path_)) {}
Hdf5File::~Hdf5File() = default;
void Hdf5File::close() {}
void Hdf5File::group(const std::string&) { missing(path_); }
bool Hdf5File::exists(const std::string&) const { missing(path_); }

template <class T>
void Hdf5File::write(const std::string&, std::span<const T>, std::span<const std::uint64_t>) {
  missing(path_);
}
void Hdf5File::write(const std::string&, std::span<const std::string>, std::span<const std::uint64_t>) {
  missing(path_);
}
void Hdf5File::attribute(const std::string&, const std::string&, const std::string&) { missing(path_); }
void Hdf5File::attribute(const std::string&, const std::string&, std::span<const std::string>) {
  missing(path_);
}
void Hdf5File::attribute(const std::string&, const std::string&, std::uint32_t) { missing(path_); }
void Hdf5File::attribute(const std::string&, const std::string&, double) { missing(path_); }
template <class T>
void Hdf5File::attribute(const std::string&, const std::string&, std::span<const T>) {
  missing(path_);
}
template <class T>
std::vector<T> Hdf5File::read(const std::string&, std::vector<std::uint64_t>*) const {
  missing(path_);
}
std::vector<std::string> Hdf5File::read_strings(const std::string&, std::vector<std::uint64_t>*) const {
  missing(path_);
}
std::string Hdf5File::read_attribute(const std::string&, const std::string&) const { missing(path_); }

using Extent = std::span<const std::uint64_t>;
template void Hdf5File::write<float>(const std::string&, std::span<const float>, Extent);
template void Hdf5File::write<double>(const std::string&, std::span<const double>, Extent);
template void Hdf5File::write<std::int32_t>(const std::string&, std::span<const std::int32_t>, Extent);
template void Hdf5File::write<std::int64_t>(const std::string&, std::span<const std::int64_t>, Extent);
template void Hdf5File::write<std::uint32_t>(const std::string&, std::span<const std::uint32_t>, Extent);
template void Hdf5File::write<std::uint64_t>(const std::string&, std::span<const std::uint64_t>, Extent);
template void Hdf5File::write<std::uint8_t>(const std::string&, std::span<const std::uint8_t>, Extent);
template void Hdf5File::attribute<float>(const std::string&, const std::string&, std::span<const float>);
template void Hdf5File::attribute<double>(const std::string&, const std::string&, std::span<const double>);
template void Hdf5File::attribute<std::int32_t>(const std::string&, const std::string&,
                                                std::span<const std::int32_t>);
template void Hdf5File::attribute<std::int64_t>(const std::string&, const std::string&,
                                                std::span<const std::int64_t>);
template void Hdf5File::attribute<std::uint32_t>(const std::string&, const std::string&,
                                                 std::span<const std::uint32_t>);
template void Hdf5File::attribute<std::uint64_t>(const std::string&, const std::string&,
                                                 std::span<const std::uint64_t>);
template void Hdf5File::attribute<std::uint8_t>(const std::string&, const std::string&,
                                                std::span<const std::uint8_t>);
template std::vector<float> Hdf5File::read<float>(const std::string&, std::vector<std::uint64_t>*) const;
template std::vector<double> Hdf5File::read<double>(const std::string&, std::vector<std::uint64_t>*) const;
template std::vector<std::int32_t> Hdf5File::read<std::int32_t>(const std::string&,
                                                                std::vector<std::uint64_t>*) const;
template std::vector<std::int64_t> Hdf5File::read<std::int64_t>(const std::string&,
                                                                std::vector<std::uint64_t>*) const;
template std::vector<std::uint32_t> Hdf5File::read<std::uint32_t>(const std::string&,
                                                                  std::vector<std::uint64_t>*) const;
template std::vector<std::uint64_t> Hdf5File::read<std::uint64_t>(const std::string&,
                                                                  std::vector<std::uint64_t>*) const;
template std::vector<std::uint8_t> Hdf5File::read<std::uint8_t>(const std::string&,
                                                                std::vector<std::uint64_t>*) const;

}  // namespace penfield
