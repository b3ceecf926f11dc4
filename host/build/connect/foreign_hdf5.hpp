#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace penfield {

/// An HDF5 file of a stranger's making, for reading in a child process (child_reader.hpp). Objects are found
/// through plain links only: soft and external links, data kept in other files and filters from plug-ins are
/// refused, so that nothing but the file itself is read. All calls throw Error(input_file) that names file
/// and object. Paths are absolute.
class ForeignHdf5 {
 public:
  explicit ForeignHdf5(const std::string& path);
  ForeignHdf5(const ForeignHdf5&) = delete;
  ForeignHdf5& operator=(const ForeignHdf5&) = delete;
  ~ForeignHdf5();

  const std::string& name() const { return name_; }
  bool has(const std::string& path) const;
  bool is_group(const std::string& path) const;
  /// Names of the groups in a group, in alphabetical order.
  std::vector<std::string> members(const std::string& path) const;

  /// A data set of one dimension and at most `most` rows.
  std::vector<std::int64_t> integers(const std::string& path, std::uint64_t most) const;
  std::vector<double> numbers(const std::string& path, std::uint64_t most) const;
  /// An attribute that is one short text; empty if there is none.
  std::string text_attribute(const std::string& path, const std::string& attribute) const;

 private:
  [[noreturn]] void fail(const std::string& object, const std::string& problem) const;
  /// Follows the path link by link; false if one is missing.
  bool walk(const std::string& path) const;
  template <class T>
  std::vector<T> column(const std::string& path, std::uint64_t most, bool whole) const;

  std::string name_;
  std::int64_t id_ = -1;
};

}  // namespace penfield
