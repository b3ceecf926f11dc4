#include "host/build/connect/foreign_hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "penfield/base/error.hpp"

namespace penfield {

namespace {

static_assert(std::is_same_v<hid_t, std::int64_t>, "the header keeps HDF5 out by storing its ids as int64");

constexpr std::uint64_t kMaxMembers = 4096;
constexpr std::size_t kMaxText = 64;

/// An owned HDF5 id with the function that closes its kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t get() const { return id_; }
  bool ok() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

herr_t keep_innermost(unsigned, const H5E_error2_t* error, void* text) {
  auto* reason = static_cast<std::string*>(text);
  if (reason->empty() && error->desc != nullptr) *reason = error->desc;
  return 0;
}

std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
  return reason.empty() ? "no reason given" : reason;
}

}  // namespace

ForeignHdf5::ForeignHdf5(const std::string& path) : name_(path) {
  H5dont_atexit();  // as for the files that are written (host/record/hdf5.cpp)
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
  const htri_t known = H5Fis_hdf5(path.c_str());
  if (known == 0)
    throw Error(ExitCode::input_file, path +
                                          ": this is not an HDF5 file, which SONATA edges are; CSV files "
                                          "end in .csv");
  id_ = known < 0 ? -1 : H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id_ < 0)
    throw Error(ExitCode::input_file, path + ": HDF5 cannot open it: " + hdf5_reason() +
                                          "; check its permissions, or write it again");
}

ForeignHdf5::~ForeignHdf5() { H5Fclose(id_); }

void ForeignHdf5::fail(const std::string& object, const std::string& problem) const {
  throw Error(ExitCode::input_file, name_ + ", " + object + ": " + problem);
}

bool ForeignHdf5::walk(const std::string& path) const {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (H5Lexists(id_, part.c_str(), H5P_DEFAULT) <= 0) return false;
    H5L_info_t info;
    if (H5Lget_info(id_, part.c_str(), &info, H5P_DEFAULT) < 0)
      fail(part, "HDF5 cannot read the link: " + hdf5_reason());
    if (info.type != H5L_TYPE_HARD)
      fail(part, "a soft or external link; copy what it names into the file itself");
    if (at == std::string::npos) return true;
  }
}

bool ForeignHdf5::has(const std::string& path) const { return walk(path); }

bool ForeignHdf5::is_group(const std::string& path) const {
  if (!walk(path)) return false;
  const Handle object(H5Oopen(id_, path.c_str(), H5P_DEFAULT), H5Oclose);
  return object.ok() && H5Iget_type(object.get()) == H5I_GROUP;
}

std::vector<std::string> ForeignHdf5::members(const std::string& path) const {
  const Handle group(H5Gopen2(id_, path.c_str(), H5P_DEFAULT), H5Gclose);
  H5G_info_t info;
  if (!group.ok() || H5Gget_info(group.get(), &info) < 0) fail(path, "HDF5 cannot open it: " + hdf5_reason());
  if (info.nlinks > kMaxMembers)
    fail(path, "more than " + std::to_string(kMaxMembers) + " members; split the file");
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const ssize_t length =
        H5Lget_name_by_idx(id_, path.c_str(), H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    if (length < 0) fail(path, "HDF5 cannot list it: " + hdf5_reason());
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(id_, path.c_str(), H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(),
                       H5P_DEFAULT);
    name.pop_back();
    if (is_group(path + "/" + name)) names.push_back(std::move(name));
  }
  return names;
}

template <class T>
std::vector<T> ForeignHdf5::column(const std::string& path, std::uint64_t most, bool whole) const {
  if (!walk(path)) fail(path, "the data set is missing");
  const Handle data(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), H5Dclose);
  if (!data.ok()) fail(path, "this is not a data set that HDF5 can open: " + hdf5_reason());
  const Handle type(H5Dget_type(data.get()), H5Tclose);
  const H5T_class_t kind = H5Tget_class(type.get());
  if (H5Tget_size(type.get()) > 8 || (kind != H5T_INTEGER && (whole || kind != H5T_FLOAT)))
    fail(path, std::string("its values are not ") + (whole ? "whole " : "") + "numbers of at most 8 bytes");
  const Handle list(H5Dget_create_plist(data.get()), H5Pclose);
  if (!list.ok() || H5Pget_external_count(list.get()) != 0 || H5Pget_layout(list.get()) == H5D_VIRTUAL)
    fail(path, "its values lie in other files; copy them into the file itself");
  const Handle space(H5Dget_space(data.get()), H5Sclose);
  hsize_t rows = 0;
  if (H5Sget_simple_extent_ndims(space.get()) != 1 ||
      H5Sget_simple_extent_dims(space.get(), &rows, nullptr) < 0)
    fail(path, "it has not one dimension; give one value an edge");
  if (rows > most)
    fail(path, "it has " + std::to_string(rows) + " rows, more than the " + std::to_string(most) +
                   " synapses allowed; split it");
  std::vector<T> values(rows);
  // HDF5 clips what does not fit: an index beyond int64 stays far beyond every population.
  const hid_t memory = whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE;
  if (rows > 0 && H5Dread(data.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    fail(path, "HDF5 cannot read it: " + hdf5_reason() + "; write the file again");
  return values;
}

std::vector<std::int64_t> ForeignHdf5::integers(const std::string& path, std::uint64_t most) const {
  return column<std::int64_t>(path, most, true);
}

std::vector<double> ForeignHdf5::numbers(const std::string& path, std::uint64_t most) const {
  return column<double>(path, most, false);
}

std::string ForeignHdf5::text_attribute(const std::string& path, const std::string& attribute) const {
  const Handle object(H5Oopen(id_, path.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object.ok() || H5Aexists(object.get(), attribute.c_str()) <= 0) return "";
  const Handle found(H5Aopen(object.get(), attribute.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(found.get()), H5Tclose);
  const Handle space(H5Aget_space(found.get()), H5Sclose);
  const std::string where = path + "@" + attribute;
  if (H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1)
    fail(where, "the attribute is not a text");
  std::string text;
  if (H5Tis_variable_str(type.get()) > 0) {
    char* held = nullptr;
    if (H5Aread(found.get(), type.get(), &held) < 0) fail(where, "HDF5 cannot read it: " + hdf5_reason());
    if (held != nullptr) text = held;
    H5free_memory(held);
  } else {
    if (H5Tget_size(type.get()) > kMaxText) fail(where, "the text is too long for a unit");
    text.resize(H5Tget_size(type.get()));
    if (H5Aread(found.get(), type.get(), text.data()) < 0)
      fail(where, "HDF5 cannot read it: " + hdf5_reason());
    text.resize(std::min(text.size(), text.find('\0')));
  }
  if (text.size() > kMaxText) fail(where, "the text is too long for a unit");
  return text;
}

}  // namespace penfield
