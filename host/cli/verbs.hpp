#pragma once
// The verbs of `penfield`. argv[0] is the verb itself; the result is the exit code. Errors are thrown.
#include <span>
#include <string>

namespace penfield::cli {

struct Verb {
  const char* name;
  const char* summary;
  int (*run)(int argc, const char* const* argv);
};

/// Every verb, in the order of the help.
std::span<const Verb> verbs();

int run_verb(int argc, const char* const* argv);
int check_verb(int argc, const char* const* argv);
int plan_verb(int argc, const char* const* argv);
int describe_verb(int argc, const char* const* argv);
int schema_verb(int argc, const char* const* argv);
int init_verb(int argc, const char* const* argv);
int export_verb(int argc, const char* const* argv);
int report_verb(int argc, const char* const* argv);
int status_verb(int argc, const char* const* argv);
int diff_verb(int argc, const char* const* argv);
int validate_verb(int argc, const char* const* argv);
int bench_verb(int argc, const char* const* argv);
int doctor_verb(int argc, const char* const* argv);

/// What the exception being handled has to say to the user.
struct Failure {
  int code;
  std::string message;
};
Failure current_failure();

/// The program: picks the verb, and turns errors into messages and exit codes.
int main_verb(int argc, const char* const* argv);

}  // namespace penfield::cli
