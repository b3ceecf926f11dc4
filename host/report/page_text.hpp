#pragma once
// The files of page/, put into the program by embed_page.cmake when it is built.
#include <string_view>

namespace penfield {

extern const std::string_view kPageHtml;    ///< with {{title}}, {{style}}, {{data}} and {{script}} to fill in
extern const std::string_view kPageStyle;   ///< page.css
extern const std::string_view kPageScript;  ///< the scripts, in the order of CMakeLists.txt

}  // namespace penfield
