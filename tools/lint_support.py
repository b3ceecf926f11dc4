"""What the lints share: the list of files, comment stripping, the report, and the self-test of planted violations.

A lint is a function check(files) -> list of faults, where files maps a path below the repository root to its text and a
fault is "path:line: what, and what to do". `lint_x` checks the tree; `lint_x --self-test` plants violations in a small made
tree and fails unless each one is found (a lint that finds nothing proves nothing)."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED_FOLDERS = {"build", "runs", ".git", ".cache", "__pycache__", "third_party_headers"}


def list_files():
    """Paths below the root that are tracked or could be (not ignored); every file where there is no git checkout."""
    try:
        out = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        paths = [p for p in out.split("\0") if p]
    except (OSError, subprocess.CalledProcessError):
        paths = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS]
            paths += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(p for p in set(paths) if os.path.isfile(os.path.join(ROOT, p)))


def read_files(wanted):
    """{path: text} of the repository's text files for which wanted(path) holds."""
    files = {}
    for path in list_files():
        if not wanted(path):
            continue
        with open(os.path.join(ROOT, path), "rb") as stream:
            data = stream.read()
        if b"\0" not in data:
            files[path] = data.decode("utf-8", "replace")
    return files


def is_cpp(path):
    return path.endswith((".hpp", ".cpp", ".cu", ".cuh", ".h"))


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)


def without_comments(text, keep_strings=True):
    """C++ text with comments (and, if asked, string contents) blanked out; line numbers stay."""
    def blank(match):
        piece = match.group(0)
        if keep_strings and piece[0] in '"R':
            return piece
        return re.sub(r"[^\n]", " ", piece)
    return _TOKEN.sub(blank, text)


def main(name, check, wanted, planted, clean):
    """Runs the lint. planted: list of (files, word that a fault must hold); clean: files that must give no fault."""
    if sys.argv[1:] == ["--self-test"]:
        failures = []
        for files, word in planted:
            if not any(word in fault for fault in check(files)):
                failures.append(f"planted violation not found: {word} in {sorted(files)}")
        failures += [f"clean text reported: {fault}" for fault in check(clean)]
        for failure in failures:
            print(f"{name} self-test: {failure}")
        if not failures:
            print(f"{name} self-test: all {len(planted)} planted violations found")
        return 1 if failures else 0
    if sys.argv[1:]:
        print(f"usage: tools/{name} [--self-test]", file=sys.stderr)
        return 2
    files = read_files(wanted)
    faults = check(files)
    for fault in faults:
        print(fault)
    print(f"{name}: {len(files)} files, {len(faults)} faults")
    return 1 if faults else 0
