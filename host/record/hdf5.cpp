#include "host/record/hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "host/record/file.hpp"
#include "penfield/base/stop.hpp"

namespace penfield {
namespace fs = std::filesystem;

namespace {

static_assert(std::is_same_v<hid_t, std::int64_t>, "the header keeps HDF5 out by storing its ids as int64");

constexpr std::uint64_t kSmallestChunkedBytes = std::uint64_t{64} << 10;
constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kPieceBytes = std::uint64_t{8} << 20;  // written between two looks for a stop
constexpr unsigned kDeflateLevel =
    1;  // maps and rasters shrink most of what they can at level 1, at a third of the time
constexpr std::size_t kMostDimensions = 3;

/// An owned HDF5 id with the function that closes its kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  bool ok() const { return id_ >= 0; }
  /// Closes now; a failure (a chunk that does not reach the disk) is told.
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

herr_t keep_innermost(unsigned, const H5E_error2_t* error, void* text) {
  auto* reason = static_cast<std::string*>(text);
  if (reason->empty() && error->desc != nullptr) *reason = error->desc;
  return 0;
}

/// Before all else of the library. What it would do when the program ends, it would do to a file that could
/// not be closed, too, and fall over it; all others are closed by then.
void silence() {
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

[[noreturn]] void fail(const char* action, const fs::path& file, const std::string& object) {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
  throw Error(ExitCode::output,
              std::string("HDF5 cannot ") + action + " " + object + " (" + file.string() +
                  "): " + (reason.empty() ? "no reason given" : reason) +
                  "; check the disk and its free space, then run `penfield export` again: the "
                  "results are still in run.log");
}

template <class T>
hid_t memory_type() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::int64_t>) return H5T_NATIVE_INT64;
  if constexpr (std::is_same_v<T, std::uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

std::vector<const char*> pointers(std::span<const std::string> values) {
  std::vector<const char*> list;
  for (const std::string& value : values) list.push_back(value.c_str());
  return list;
}

Handle make_space(std::span<const std::uint64_t> shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose};
}

/// Chunks cut along the first dimension only, about 1 MiB each: readers take time slices or whole maps.
Handle layout(std::span<const std::uint64_t> shape, std::uint64_t element_bytes) {
  Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(list.get(), false);
  std::uint64_t row_bytes = element_bytes;
  for (std::size_t i = 1; i < shape.size(); ++i) row_bytes *= shape[i];
  if (shape.empty() || row_bytes == 0 || shape[0] * row_bytes < kSmallestChunkedBytes) return list;
  std::vector<hsize_t> chunk(shape.begin(), shape.end());
  chunk[0] = std::min<std::uint64_t>(shape[0], std::max<std::uint64_t>(1, kChunkBytes / row_bytes));
  // HDF5 refuses chunks of 4 GiB and more; a row that wide is stored plainly.
  if (chunk[0] * row_bytes >= (std::uint64_t{1} << 32)) return list;
  H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data());
  H5Pset_shuffle(list.get());
  H5Pset_deflate(list.get(), kDeflateLevel);
  return list;
}

Handle with_parents() {
  Handle list(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(list.get(), 1);
  H5Pset_char_encoding(list.get(), H5T_CSET_UTF8);
  return list;
}

void write_dataset(hid_t file, const fs::path& path, const std::string& name, hid_t type, const void* data,
                   std::uint64_t num_values, std::span<const std::uint64_t> shape,
                   std::uint64_t element_bytes) {
  std::uint64_t product = 1;
  for (const std::uint64_t extent : shape) product *= extent;
  if (shape.size() > kMostDimensions || product != num_values) {
    throw Error(ExitCode::internal, "shape and values of " + name + " differ (" + std::to_string(product) +
                                        " against " + std::to_string(num_values) + ", " +
                                        std::to_string(shape.size()) +
                                        " dimensions): this is a defect in Penfield, please report it");
  }
  const Handle space = make_space(shape);
  const Handle list = layout(shape, element_bytes);
  const Handle links = with_parents();
  Handle dataset(H5Dcreate2(file, name.c_str(), type, space.get(), links.get(), list.get(), H5P_DEFAULT),
                 H5Dclose);
  if (!dataset.ok()) fail("make the data set", path, name);
  // Some whole chunks at a time, so that a stop need not wait for gigabytes to be compressed.
  const std::uint64_t rows = shape.empty() || num_values == 0 ? 0 : shape[0];
  const std::uint64_t row_bytes = rows == 0 ? 0 : num_values / rows * element_bytes;
  std::uint64_t at_once = rows;
  if (rows > 0 && H5Pget_layout(list.get()) == H5D_CHUNKED) {
    std::vector<hsize_t> chunk(shape.size());
    H5Pget_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data());
    at_once = chunk[0] * std::max<std::uint64_t>(1, kPieceBytes / (chunk[0] * row_bytes));
  }
  if (num_values > 0 && at_once >= rows) {
    leave_if_stopped();
    if (H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
      fail("write the data set", path, name);
  }
  for (std::uint64_t row = 0; at_once < rows && row < rows; row += at_once) {
    leave_if_stopped();
    std::vector<hsize_t> begin(shape.size(), 0), extent(shape.begin(), shape.end());
    begin[0] = row;
    extent[0] = std::min(at_once, rows - row);
    const Handle piece(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose);
    if (H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, begin.data(), nullptr, extent.data(), nullptr) < 0 ||
        H5Dwrite(dataset.get(), type, piece.get(), space.get(), H5P_DEFAULT,
                 static_cast<const std::byte*>(data) + row * row_bytes) < 0)
      fail("write the data set", path, name);
  }
  if (!dataset.close()) fail("write the data set", path, name);
}

void write_attribute(hid_t file, const fs::path& path, const std::string& object, const std::string& name,
                     hid_t type, const void* data, const Handle& space) {
  const Handle owner(H5Oopen(file, object.c_str(), H5P_DEFAULT), H5Oclose);
  if (!owner.ok()) fail("find", path, object);
  Handle attribute(H5Acreate2(owner.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                   H5Aclose);
  if (!attribute.ok() || H5Awrite(attribute.get(), type, data) < 0 || !attribute.close()) {
    fail("write the attribute", path, object + "@" + name);
  }
}

std::uint64_t read_shape(hid_t space, std::vector<std::uint64_t>* shape) {
  const int dimensions = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(dimensions, 0)));
  H5Sget_simple_extent_dims(space, extent.data(), nullptr);
  if (shape != nullptr) shape->assign(extent.begin(), extent.end());
  return static_cast<std::uint64_t>(H5Sget_simple_extent_npoints(space));
}

}  // namespace

bool hdf5_available() { return true; }

std::string hdf5_version() {
  silence();
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

Hdf5File Hdf5File::create(const fs::path& path) {
  silence();
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.get(), false);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  // A plain open first: it tells a missing right or a full disk in our own words.
  File::create(path).close();
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.get(), access.get());
  if (id < 0) fail("make", path, "the file");
  return Hdf5File(id, path);
}

Hdf5File Hdf5File::open_read(const fs::path& path) {
  silence();
  File::open_read(path);
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) fail("open", path, "the file");
  return Hdf5File(id, path);
}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : id_(std::exchange(other.id_, -1)), path_(std::move(other.path_)) {}

Hdf5File::~Hdf5File() {
  if (id_ >= 0) H5Fclose(id_);
}

void Hdf5File::close() {
  if (id_ < 0) return;
  const hid_t id = std::exchange(id_, -1);
  // H5Fclose may report success although data did not reach the disk; H5Fflush does not.
  const bool flushed = H5Fflush(id, H5F_SCOPE_GLOBAL) >= 0;
  if (!flushed) {
    try {
      fail("write", path_, "the file");
    } catch (const Error&) {
      H5Fclose(id);
      throw;
    }
  }
  if (H5Fclose(id) < 0) fail("close", path_, "the file");
}

void Hdf5File::group(const std::string& path) {
  if (exists(path)) return;
  const Handle links = with_parents();
  const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.get(), false);
  const Handle made(H5Gcreate2(id_, path.c_str(), links.get(), creation.get(), H5P_DEFAULT), H5Gclose);
  if (!made.ok()) fail("make the group", path_, path);
}

bool Hdf5File::exists(const std::string& path) const {
  if (path == "/") return true;
  // H5Lexists wants every parent to exist, so the path is walked.
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    if (H5Lexists(id_, path.substr(0, at).c_str(), H5P_DEFAULT) <= 0) return false;
    if (at == std::string::npos) return true;
  }
}

template <class T>
void Hdf5File::write(const std::string& path, std::span<const T> values,
                     std::span<const std::uint64_t> shape) {
  write_dataset(id_, path_, path, memory_type<T>(), values.data(), values.size(), shape, sizeof(T));
}

void Hdf5File::write(const std::string& path, std::span<const std::string> values,
                     std::span<const std::uint64_t> shape) {
  const Handle type = string_type();
  const std::vector<const char*> list = pointers(values);
  // Element size 0: variable strings live in the file's heap, so chunks would compress only pointers.
  write_dataset(id_, path_, path, type.get(), list.data(), values.size(), shape, 0);
}

void Hdf5File::attribute(const std::string& object, const std::string& name, const std::string& value) {
  const Handle type = string_type();
  const char* text = value.c_str();
  write_attribute(id_, path_, object, name, type.get(), &text, make_space({}));
}

void Hdf5File::attribute(const std::string& object, const std::string& name,
                         std::span<const std::string> values) {
  const Handle type = string_type();
  const std::vector<const char*> list = pointers(values);
  const std::uint64_t shape[] = {values.size()};
  write_attribute(id_, path_, object, name, type.get(), list.data(), make_space(shape));
}

void Hdf5File::attribute(const std::string& object, const std::string& name, std::uint32_t value) {
  write_attribute(id_, path_, object, name, H5T_NATIVE_UINT32, &value, make_space({}));
}

void Hdf5File::attribute(const std::string& object, const std::string& name, double value) {
  write_attribute(id_, path_, object, name, H5T_NATIVE_DOUBLE, &value, make_space({}));
}

template <class T>
void Hdf5File::attribute(const std::string& object, const std::string& name, std::span<const T> values) {
  const std::uint64_t shape[] = {values.size()};
  write_attribute(id_, path_, object, name, memory_type<T>(), values.data(), make_space(shape));
}

template <class T>
std::vector<T> Hdf5File::read(const std::string& path, std::vector<std::uint64_t>* shape) const {
  const Handle dataset(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.ok()) fail("find", path_, path);
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  std::vector<T> values(read_shape(space.get(), shape));
  if (H5Dread(dataset.get(), memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    fail("read", path_, path);
  }
  return values;
}

std::vector<std::string> Hdf5File::read_strings(const std::string& path,
                                                std::vector<std::uint64_t>* shape) const {
  const Handle dataset(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.ok()) fail("find", path_, path);
  const Handle space(H5Dget_space(dataset.get()), H5Sclose);
  const Handle type = string_type();
  std::vector<char*> list(read_shape(space.get(), shape));
  if (H5Dread(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, list.data()) < 0)
    fail("read", path_, path);
  std::vector<std::string> values;
  for (const char* text : list) values.emplace_back(text != nullptr ? text : "");
  H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, list.data());
  return values;
}

std::string Hdf5File::read_attribute(const std::string& object, const std::string& name) const {
  const Handle type = string_type();
  const Handle attribute(H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  char* text = nullptr;
  if (!attribute.ok() || H5Aread(attribute.get(), type.get(), &text) < 0)
    fail("read", path_, object + "@" + name);
  const std::string value = text != nullptr ? text : "";
  H5free_memory(text);
  return value;
}

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
