# Writes the page's files into one C++ source as raw strings. cmake -Dfolder=page -Doutput=page_text.cpp -Dscripts=a.js,b.js
# -P embed_page.cmake
string(REPLACE "," ";" scripts "${scripts}")
set(source "#include \"host/report/page_text.hpp\"\n\nnamespace penfield {\n\n")

function(append_text name)
  set(text "")
  foreach(file ${ARGN})
    file(READ ${folder}/${file} content)
    string(FIND "${content}" ")penfield_page\"" end_mark)
    if(NOT end_mark EQUAL -1)
      message(FATAL_ERROR "${file} holds the mark that ends its own string")
    endif()
    string(APPEND text "${content}")
  endforeach()
  string(APPEND source "const std::string_view ${name} = R\"penfield_page(${text})penfield_page\";\n\n")
  set(source "${source}" PARENT_SCOPE)
endfunction()

append_text(kPageHtml page.html)
append_text(kPageStyle page.css)
append_text(kPageScript ${scripts})
file(WRITE ${output} "${source}}  // namespace penfield\n")
