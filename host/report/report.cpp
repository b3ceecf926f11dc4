#include "host/report/report.hpp"

#include <string_view>

#include "host/report/page_data.hpp"
#include "host/report/page_text.hpp"
#include "host/report/prepare.hpp"
#include "penfield/base/error.hpp"

namespace penfield {

namespace {

/// What stands for {{name}} in page.html.
std::string content_of(std::string_view name, const ReportData& data) {
  if (name == "title") return escape_markup(data.title);
  if (name == "style") return std::string(kPageStyle);
  if (name == "script") return std::string(kPageScript);
  if (name == "data") return page_data_json(data);
  throw Error(ExitCode::internal, "page.html asks for '" + std::string(name) + "', which nothing fills in");
}

}  // namespace

std::string make_report(const ReportData& data) {
  check_report_data(data);
  // One pass over the template alone: braces inside the data are never taken for marks.
  std::string page;
  std::string_view rest = kPageHtml;
  for (;;) {
    const std::size_t open = rest.find("{{");
    page += rest.substr(0, open);
    if (open == std::string_view::npos) return page;
    const std::size_t close = rest.find("}}", open);
    if (close == std::string_view::npos) throw Error(ExitCode::internal, "page.html has an open {{");
    page += content_of(rest.substr(open + 2, close - open - 2), data);
    rest.remove_prefix(close + 2);
  }
}

}  // namespace penfield
