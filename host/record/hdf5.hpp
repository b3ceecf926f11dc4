#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace penfield {

/// Whether this build can write and read HDF5. Without it every Hdf5File throws Error(output) that says what
/// is missing, and results stay in run.log.
bool hdf5_available();
/// "1.10.8", or "none".
std::string hdf5_version();

/// An HDF5 file: a thin layer over the C interface. Failures throw Error(ExitCode::output) with HDF5's own
/// innermost reason; HDF5 prints nothing itself. Object times are not stored, so equal content gives equal
/// bytes. T is one of float, double, int32, int64, uint32, uint64, uint8. Paths are absolute ("/maps/S1");
/// missing groups are made.
class Hdf5File {
 public:
  static Hdf5File create(const std::filesystem::path& path);
  /// For files this program wrote; a stranger's file belongs in a child process with limits.
  static Hdf5File open_read(const std::filesystem::path& path);
  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&&) = delete;
  ~Hdf5File();

  void group(const std::string& path);
  bool exists(const std::string& path) const;

  /// Writes a data set of 1 to 3 dimensions, C order; the product of `shape` must be `values.size()`. An
  /// empty shape makes a scalar. More than 64 KiB are stored in compressed chunks (shuffle, deflate 1).
  template <class T>
  void write(const std::string& path, std::span<const T> values, std::span<const std::uint64_t> shape);
  void write(const std::string& path, std::span<const std::string> values,
             std::span<const std::uint64_t> shape);

  /// Attributes of an existing object ("/" for the file).
  void attribute(const std::string& object, const std::string& name, const std::string& value);
  void attribute(const std::string& object, const std::string& name, std::span<const std::string> values);
  template <class T>
  void attribute(const std::string& object, const std::string& name, std::span<const T> values);
  /// A scalar attribute.
  void attribute(const std::string& object, const std::string& name, std::uint32_t value);
  void attribute(const std::string& object, const std::string& name, double value);

  /// The whole data set, C order, converted to T; `shape` may be null.
  template <class T>
  std::vector<T> read(const std::string& path, std::vector<std::uint64_t>* shape = nullptr) const;
  std::vector<std::string> read_strings(const std::string& path,
                                        std::vector<std::uint64_t>* shape = nullptr) const;
  std::string read_attribute(const std::string& object, const std::string& name) const;

  /// Flushes and closes; a full disk shows here at the latest.
  void close();

 private:
  Hdf5File(std::int64_t id, std::filesystem::path path) : id_(id), path_(std::move(path)) {}

  std::int64_t id_ = -1;
  std::filesystem::path path_;
};

}  // namespace penfield
