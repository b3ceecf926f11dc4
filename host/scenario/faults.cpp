#include "host/scenario/faults.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace penfield {
namespace {

constexpr std::size_t kQuotedBytes = 60;
constexpr std::size_t kLongestWord = 64;  // edit distance is quadratic, and no key is longer
constexpr std::size_t kListedWords = 30;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Damerau-Levenshtein distance (adjacent swaps count 1), letters compared without case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

/// A key given without its unit, or with another one: `tau_m` or `tau_m_s` for `tau_m_ms`.
bool same_stem(std::string_view word, std::string_view known) {
  constexpr std::size_t kLongestUnit = 3;
  const auto stem = [](std::string_view w) {
    const std::size_t at = w.rfind('_');
    return at == std::string_view::npos || w.size() - at - 1 > kLongestUnit ? w : w.substr(0, at);
  };
  return stem(known).size() >= 2 && stem(known) != known &&
         (word == stem(known) || stem(word) == stem(known));
}

std::string line_of(const Fault& fault, const Sources& sources) {
  std::string text = sources.name(fault.place.source);
  const bool in_file = fault.place.line > 0 && text.rfind("--set ", 0) != 0;
  if (in_file) text += ":" + std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column);
  text += ": ";
  if (!fault.path.empty()) text += fault.path + ": ";
  text += fault.problem;
  if (!fault.seen.empty()) text += ", seen " + fault.seen;
  if (!fault.allowed.empty()) text += ", allowed " + fault.allowed;
  if (!fault.cure.empty()) text += "; " + fault.cure;
  return text;
}

}  // namespace

std::uint32_t Sources::add(std::string name, std::string prefix) {
  names_.push_back(std::move(name));
  prefixes_.push_back(std::move(prefix));
  return static_cast<std::uint32_t>(names_.size() - 1);
}

void Faults::add(Fault fault) {
  if (full()) {
    ++total_;
    return;
  }
  const auto same = [&](const Fault& f) {
    return f.path == fault.path && f.place.source == fault.place.source;
  };
  if (!fault.path.empty() && std::any_of(faults_.begin(), faults_.end(), same)) return;
  ++total_;
  faults_.push_back(std::move(fault));
}

bool Faults::concern(std::string_view path) const {
  return std::any_of(faults_.begin(), faults_.end(), [&](const Fault& f) {
    const bool inside =
        f.path.size() > path.size() && (f.path[path.size()] == '.' || f.path[path.size()] == '[');
    return f.path.compare(0, path.size(), path) == 0 && (f.path.size() == path.size() || inside);
  });
}

void Faults::throw_if_any() const {
  if (faults_.empty()) return;
  const bool only_files = std::all_of(faults_.begin(), faults_.end(),
                                      [](const Fault& f) { return f.code == ExitCode::input_file; });
  std::string text;
  if (total_ > 1) text = std::to_string(total_) + " faults in the scenario\n";
  for (std::size_t i = 0; i < std::min(faults_.size(), kShown); ++i) {
    if (i > 0) text += '\n';
    text += line_of(faults_[i], *sources_);
  }
  if (total_ > kShown) text += "\n... and " + std::to_string(total_ - kShown) + " more; mend these first";
  throw Error(only_files ? ExitCode::input_file : ExitCode::scenario, text);
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
  if (word.empty() || word.size() > kLongestWord) return "";
  std::string best;
  std::size_t best_distance = 2 * std::max<std::size_t>(2, word.size() / 3) + 1;  // in halves of an edit
  for (const std::string& k : known) {
    if (k.size() > kLongestWord) continue;
    const std::size_t edits = 2 * edit_distance(word, k);
    const std::size_t distance = same_stem(word, k) ? std::min<std::size_t>(3, edits) : edits;
    if (distance < best_distance && distance < 2 * std::max(word.size(), k.size())) {
      best_distance = distance;
      best = k;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> known) {
  const std::string near = nearest(word, known);
  if (!near.empty()) return "did you mean " + in_quotes(near) + "?";
  if (known.empty()) return "none is defined";
  return "known: " + joined(known.first(std::min(known.size(), kListedWords))) +
         (known.size() > kListedWords ? ", ..." : "");
}

std::string joined(std::span<const std::string> words) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : ", ") + w;
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  std::size_t i = 0;
  for (; i < text.size() && i < kQuotedBytes; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) {
      constexpr char digits[] = "0123456789abcdef";
      out += {'\\', 'x', digits[c >> 4], digits[c & 15]};
    } else {
      out += text[i];
    }
  }
  // A cut must not leave half a UTF-8 sequence behind.
  while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) out += text[i++];
  return out + (i < text.size() ? "...\"" : "\"");
}

}  // namespace penfield
