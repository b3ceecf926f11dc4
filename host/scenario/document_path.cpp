// Reading a document's file, and finding values in a document by path.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "host/scenario/document.hpp"

namespace penfield {
namespace {

/// Closes a descriptor on every way out.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool plain_word(std::string_view key) {
  if (key.empty()) return false;
  for (const char c : key)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
      return false;
  return !(key[0] >= '0' && key[0] <= '9');
}

const std::string* text_member(const Value& object, std::string_view key) {
  const Value* v = object.find(key);
  return v != nullptr && v->is(Value::Type::string) ? &v->text : nullptr;
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const Member& m : members)
    if (m.key == key) return &m.value;
  return nullptr;
}

Value* Value::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

const char* type_name(Value::Type type) {
  switch (type) {
    case Value::Type::null: return "null";
    case Value::Type::boolean: return "true or false";
    case Value::Type::number: return "a number";
    case Value::Type::string: return "a string";
    case Value::Type::array: return "a list";
    case Value::Type::object: return "an object";
  }
  return "a value";
}

std::string shown(const Value& value) {
  switch (value.type) {
    case Value::Type::boolean: return value.boolean ? "true" : "false";
    case Value::Type::number: return value.text.size() <= 40 ? value.text : value.text.substr(0, 40) + "...";
    case Value::Type::string: return in_quotes(value.text);
    case Value::Type::array: return "a list of " + std::to_string(value.items.size());
    case Value::Type::object:
      return value.members.empty() ? "{}" : "an object with " + in_quotes(value.members.front().key);
    case Value::Type::null: break;
  }
  return "null";
}

std::string read_text_file(const std::string& path, std::size_t max_bytes, ExitCode code) {
  // O_NONBLOCK: a named pipe must not hang the program before fstat can tell what it is.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    throw Error(
        code, path + ": cannot be opened: " + std::strerror(errno) + "; check the name and its permissions");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    throw Error(code, path + ": not a regular file; name the file itself");
  const auto too_large = [&](std::uintmax_t bytes) {
    return Error(code, path + ": the file is too large, seen " + std::to_string(bytes) + " bytes, allowed " +
                           std::to_string(max_bytes) + " bytes; put long lists into data files");
  };
  if (static_cast<std::uintmax_t>(status.st_size) > max_bytes)
    throw too_large(static_cast<std::uintmax_t>(status.st_size));
  std::string text;
  std::size_t size = 0;
  while (true) {  // the size may have changed since fstat, so it is not trusted twice
    text.resize(size + (std::size_t{1} << 16));
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(code, path + ": cannot be read: " + std::strerror(errno) + "; check the disk");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > max_bytes) throw too_large(size);
  }
  text.resize(size);
  return text;
}

std::vector<std::string> split_path(std::string_view path) {
  const auto malformed = [&](const std::string& why) {
    return Error(ExitCode::usage, "malformed path " + in_quotes(path) + ": " + why +
                                      "; write it as populations[S1/E].n or timeline[0].at");
  };
  std::vector<std::string> steps;
  std::size_t i = 0;
  while (i < path.size()) {
    if (path[i] == '[') {
      // Brackets may hold anything but brackets; names of projections hold " -> ", those of populations a
      // slash.
      const std::size_t end = path.find(']', i);
      if (end == std::string_view::npos) throw malformed("a bracket is not closed");
      steps.emplace_back(path.substr(i + 1, end - i - 1));
      i = end + 1;
      if (i < path.size() && path[i] != '.' && path[i] != '[')
        throw malformed("a dot is missing after a bracket");
      if (i < path.size() && path[i] == '.') ++i;
    } else {
      std::size_t end = path.find_first_of(".[", i);
      if (end == std::string_view::npos) end = path.size();
      steps.emplace_back(path.substr(i, end - i));
      i = end + (end < path.size() && path[end] == '.' ? 1 : 0);
      if (i == path.size() && end < path.size()) throw malformed("it ends with a dot");
    }
    if (steps.back().empty()) throw malformed("a key is empty");
    if (steps.size() > static_cast<std::size_t>(kMaxNesting)) throw malformed("it is too deep");
  }
  if (steps.empty()) throw malformed("it is empty");
  return steps;
}

std::string join_path(const std::string& path, std::string_view key) {
  if (!plain_word(key)) return path + "[" + std::string(key) + "]";
  return path.empty() ? std::string(key) : path + "." + std::string(key);
}

std::string join_path(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string label_of(const Value& element) {
  if (!element.is(Value::Type::object)) return "";
  if (const std::string* name = text_member(element, "name")) return *name;
  const std::string *from = text_member(element, "from"), *to = text_member(element, "to");
  if (from != nullptr && to != nullptr) return *from + " -> " + *to;
  if (const std::string* probe = text_member(element, "probe")) return *probe;
  return "";
}

std::size_t find_element(const Value& array, std::string_view step) {
  std::size_t index = 0;
  const auto result = std::from_chars(step.data(), step.data() + step.size(), index);
  if (result.ec == std::errc() && result.ptr == step.data() + step.size())
    return index < array.items.size() ? index : std::string::npos;
  for (std::size_t i = 0; i < array.items.size(); ++i)
    if (label_of(array.items[i]) == step) return i;
  return std::string::npos;
}

namespace {

struct Found {
  const Value* value;
  bool whole;  ///< every step was found
};

Found walk(const Value& root, std::string_view path) {
  const Value* v = &root;
  if (path.empty()) return {v, true};
  try {
    for (const std::string& step : split_path(path)) {
      const Value* child = nullptr;
      if (v->is(Value::Type::object)) child = v->find(step);
      if (v->is(Value::Type::array)) {
        const std::size_t i = find_element(*v, step);
        if (i != std::string::npos) child = &v->items[i];
      }
      if (child == nullptr) return {v, false};
      v = child;
    }
  } catch (const Error&) {  // a key with a bracket in it: no path can name it
    return {v, false};
  }
  return {v, true};
}

}  // namespace

Place place_of(const Value& root, std::string_view path) { return walk(root, path).value->place; }

const Value* value_at(const Value& root, std::string_view path) {
  const Found found = walk(root, path);
  return found.whole ? found.value : nullptr;
}

}  // namespace penfield
