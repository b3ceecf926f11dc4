#include "host/scenario/document.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <unordered_set>

namespace penfield {
namespace {

/// Thrown inside this file to leave the recursion at the first syntax error, which is already reported.
struct SyntaxError {};

/// One pass over the text. Recursion is bounded by kMaxNesting.
class Parser {
 public:
  Parser(std::string_view text, std::uint32_t source, Faults& faults)
      : text_(text), source_(source), faults_(faults) {}

  Value document() {
    if (text_.size() > kMaxDocumentBytes)
      fail("the text is too long", std::to_string(text_.size()) + " bytes", "at most 16 MiB",
           "put long lists into data files");
    if (text_.substr(0, 3) == "\xef\xbb\xbf")
      at_ = line_start_ = 3;  // a byte order mark says nothing in UTF-8
    skip_space();
    if (at_ == text_.size())
      fail("the file is empty", "", "", "write a JSON object; `penfield init` makes an example");
    Value root = value(0);
    skip_space();
    if (at_ < text_.size())
      fail("text after the end of the document", next(), "",
           "remove it, or look for a bracket that closes too early");
    return root;
  }

 private:
  // ---- places and failure
  // ----------------------------------------------------------------------------------------
  Place here() const {
    std::uint32_t column = 1;
    for (std::size_t i = line_start_; i < at_; ++i)
      column +=
          (static_cast<unsigned char>(text_[i]) & 0xc0) != 0x80;  // continuation bytes are no characters
    return {source_, line_, column};
  }

  /// here(), for values: counts on from the last call, as many short values may share one long line.
  Place next_place() {
    if (counted_line_ != line_) counted_at_ = line_start_, counted_column_ = 1, counted_line_ = line_;
    for (; counted_at_ < at_; ++counted_at_)
      counted_column_ += (static_cast<unsigned char>(text_[counted_at_]) & 0xc0) != 0x80;
    return {source_, line_, counted_column_};
  }

  [[noreturn]] void fail(std::string problem, std::string seen, std::string allowed, std::string cure) {
    faults_.add({here(), "", std::move(problem), std::move(seen), std::move(allowed), std::move(cure)});
    throw SyntaxError{};
  }

  std::string next() const {
    return at_ < text_.size() ? in_quotes(text_.substr(at_, 12)) : std::string("the end of the file");
  }

  // ---- tokens
  // ----------------------------------------------------------------------------------------------------
  void skip_space() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c == '/' && at_ + 1 < text_.size() && (text_[at_ + 1] == '/' || text_[at_ + 1] == '*')) {
        fail("JSON has no comments", next(), "", "write the comment as a member: \"//\": \"text\"");
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Value value(int depth) {
    if (++count_ > kMaxValues)
      fail("too many values", "", "at most " + std::to_string(kMaxValues), "put long lists into data files");
    if (at_ >= text_.size()) fail("a value is missing", next(), "", "complete the document");
    Value v;
    v.place = next_place();
    switch (text_[at_]) {
      case '{': object(v, depth + 1); break;
      case '[': array(v, depth + 1); break;
      case '"':
        v.type = Value::Type::string;
        v.text = string();
        break;
      default: scalar(v);
    }
    return v;
  }

  void check_depth(int depth) {
    if (depth > kMaxNesting)
      fail("brackets are nested too deeply", "", "at most " + std::to_string(kMaxNesting) + " levels",
           "no scenario needs that; look for a bracket that never closes");
  }

  void object(Value& v, int depth) {
    check_depth(depth);
    v.type = Value::Type::object;
    ++at_;
    skip_space();
    if (take('}')) return;
    std::unordered_set<std::string> keys;
    do {
      skip_space();
      const Place place = next_place();
      if (at_ >= text_.size() || text_[at_] != '"') {
        fail("a key in double quotes is missing", next(), "",
             at_ < text_.size() && text_[at_] == '}' ? "remove the comma before the bracket"
                                                     : "write \"key\": value");
      }
      std::string key = string();
      skip_space();
      if (!take(':')) fail("a colon is missing after " + in_quotes(key), next(), "", "write \"key\": value");
      skip_space();
      Value child = value(depth);
      if (key != kCommentKey && !keys.insert(key).second) {
        faults_.add({place, join_path("", key), "the key " + in_quotes(key) + " is given twice in one object",
                     "", "", "remove one of the two"});
      } else {
        v.members.push_back({std::move(key), place, std::move(child)});
      }
      skip_space();
    } while (take(','));
    if (!take('}')) fail("a comma or closing brace is missing", next(), "", "look at the value just before");
  }

  void array(Value& v, int depth) {
    check_depth(depth);
    v.type = Value::Type::array;
    ++at_;
    skip_space();
    if (take(']')) return;
    do {
      skip_space();
      if (at_ < text_.size() && text_[at_] == ']')
        fail("a value is missing", next(), "", "remove the comma before the bracket");
      v.items.push_back(value(depth));
      skip_space();
    } while (take(','));
    if (!take(']'))
      fail("a comma or closing bracket is missing", next(), "", "look at the value just before");
  }

  void scalar(Value& v) {
    const char c = text_[at_];
    if (c == '-' || (c >= '0' && c <= '9')) {
      number(v);
    } else if (word("true") || word("false")) {
      v.type = Value::Type::boolean;
      v.boolean = text_[at_ - 2] == 'u';  // tr-u-e
    } else if (!word("null")) {
      const bool no_number = text_.substr(at_, 3) == "NaN" || text_.substr(at_, 3) == "nan" ||
                             text_.substr(at_, 3) == "Inf" || text_.substr(at_, 3) == "inf";
      fail(no_number ? "NaN and infinity are no JSON numbers" : "this is no JSON value", next(), "",
           no_number ? "give a finite number" : "text needs double quotes");
    }
  }

  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    const char after = at_ + w.size() < text_.size() ? text_[at_ + w.size()] : ' ';
    if ((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z') || (after >= '0' && after <= '9'))
      return false;
    at_ += w.size();
    return true;
  }

  std::size_t digits() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - begin;
  }

  void number(Value& v) {
    const std::size_t begin = at_;
    take('-');
    if (text_.substr(at_, 3) == "Inf" || text_.substr(at_, 3) == "inf")
      fail("NaN and infinity are no JSON numbers", next(), "", "give a finite number");
    const bool leading_zero = take('0');
    const std::size_t more = digits();
    bool good = leading_zero ? more == 0 : more > 0;
    if (good && take('.')) good = digits() > 0;
    if (good && (take('e') || take('E'))) {
      if (!take('+')) take('-');
      good = digits() > 0;
    }
    const std::string_view lexeme = text_.substr(begin, at_ - begin);
    if (!good) fail("this is no JSON number", in_quotes(lexeme), "", "write it as 0.5, -3 or 1e-3");
    v.type = Value::Type::number;
    v.text = std::string(lexeme.substr(0, kMaxStringBytes));
    const auto result = std::from_chars(lexeme.data(), lexeme.data() + lexeme.size(), v.number);
    if (result.ec != std::errc() || v.number - v.number != 0.0) {
      at_ = begin;
      fail("the number does not fit a double", in_quotes(lexeme), "0, or a size from 1e-307 to 1e308",
           "give a finite number");
    }
    if (v.number == 0.0) v.number = 0.0 * 0.0;  // -0 equals 0, and is read as 0
  }

  // ---- strings
  // ---------------------------------------------------------------------------------------------------
  std::string string() {
    ++at_;
    std::string out;
    while (true) {
      if (at_ >= text_.size()) fail("a string is not closed", next(), "", "close it with a double quote");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') break;
      if (c < 0x20)
        fail("a control character inside a string", in_quotes(text_.substr(at_, 1)), "",
             "write \\n, \\t or \\u....");
      if (c == '\\') {
        escape(out);
      } else if (c < 0x80) {
        out += text_[at_++];
      } else {
        copy_utf8(out);
      }
      if (out.size() > kMaxStringBytes)
        fail("a string is too long", "", "at most " + std::to_string(kMaxStringBytes) + " bytes",
             "shorten it");
    }
    ++at_;
    return out;
  }

  void escape(std::string& out) {
    ++at_;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    const std::size_t i = from.find(c);
    if (c != '\0' && i != std::string_view::npos) {
      out += to[i];
      ++at_;
    } else if (c == 'u') {
      ++at_;
      std::uint32_t code = hex4();
      if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
        at_ += 2;
        const std::uint32_t low = hex4();
        if (low < 0xdc00 || low > 0xdfff) fail("half a surrogate pair", "", "", "write the character itself");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      } else if (code >= 0xd800 && code < 0xe000) {
        fail("half a surrogate pair", "", "", "write the character itself");
      }
      if (code == 0) fail("a NUL character inside a string", "\"\\u0000\"", "", "remove it");
      append_utf8(out, code);
    } else {
      fail("an unknown escape inside a string", next(), "\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX",
           "write a backslash as \\\\");
    }
  }

  std::uint32_t hex4() {
    std::uint32_t code = 0;
    const std::string_view four = text_.substr(at_, 4);
    const auto result = std::from_chars(four.data(), four.data() + four.size(), code, 16);
    if (four.size() < 4 || result.ec != std::errc() || result.ptr != four.data() + 4)
      fail("\\u needs four hexadecimal digits", next(), "", "");
    at_ += 4;
    return code;
  }

  static void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += {static_cast<char>(0xc0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3f))};
    } else if (code < 0x10000) {
      out += {static_cast<char>(0xe0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3f)),
              static_cast<char>(0x80 | (code & 0x3f))};
    } else {
      out += {static_cast<char>(0xf0 | (code >> 18)), static_cast<char>(0x80 | ((code >> 12) & 0x3f)),
              static_cast<char>(0x80 | ((code >> 6) & 0x3f)), static_cast<char>(0x80 | (code & 0x3f))};
    }
  }

  /// Copies one well-formed sequence (Unicode 15, table 3-7): no overlong forms, no surrogates, no more than
  /// U+10FFFF.
  void copy_utf8(std::string& out) {
    const auto byte = [&](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    const unsigned first = byte(0), second = byte(1);
    std::size_t length = 0;
    if (first >= 0xc2 && first <= 0xdf) length = 2;
    if (first >= 0xe0 && first <= 0xef) length = 3;
    if (first >= 0xf0 && first <= 0xf4) length = 4;
    bool good = length > 0;
    for (std::size_t i = 1; i < length; ++i) good = good && (byte(i) & 0xc0) == 0x80;
    good = good && !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) &&
           !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
    if (!good) fail("bytes that are not UTF-8", "", "", "save the file as UTF-8");
    out.append(text_.substr(at_, length));
    at_ += length;
  }

  std::string_view text_;
  std::uint32_t source_;
  Faults& faults_;
  std::size_t at_ = 0, line_start_ = 0, count_ = 0;
  std::size_t counted_at_ = 0;
  std::uint32_t line_ = 1, counted_line_ = 0, counted_column_ = 1;
};

}  // namespace

Value parse_json(std::string_view text, std::uint32_t source, Faults& faults) {
  try {
    return Parser(text, source, faults).document();
  } catch (const SyntaxError&) {
    return {};
  }
}

}  // namespace penfield
