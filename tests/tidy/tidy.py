"""tidy.py ROOT: house rules that are executable rather than prose. Prints FILE:LINE: what and what instead; exit 1 if any."""
import os
import re
import subprocess
import sys

import facts
import includes

LINES_MAX = 500

# Folder of lib -> folders whose headers it may include. Arrows run downwards only.
MAY_INCLUDE = {
    "util": {"util"},
    "core": {"util", "core"},
    "config": {"util", "core", "config"},
    "net": {"util", "net"},
    "process": {"util", "process"},
    "store": {"util", "core", "store"},
    "cloud": {"util", "core", "config", "net", "process", "cloud"},
    "batch": {"util", "core", "config", "process", "batch"},
    "names": {"util", "core", "process", "names"},
    "hooks": {"util", "core", "process", "hooks"},
    "engine": {"util", "core", "cloud", "batch", "names", "hooks", "store", "engine"},
    "sim": {"util", "core", "cloud", "batch", "names", "store", "engine", "sim"},
}
# Folders below a port that are no adapters: what several of them share.
SHARED = {"cloud": {"aws", "openstack"}, "batch": {"pbs"}}
# Engine and sim know ports, never adapters.
PORTS_ONLY = {"engine", "sim"}
PORTS = {"cloud": {"cloud.hpp"}, "batch": {"batch.hpp"}, "names": {"name_table.hpp"}, "hooks": {"hooks.hpp"}, "store": {"store.hpp"}}

# Word -> (where it may stand, what to use instead).
BANNED = [
    (r"\bsystem_clock::now|\bsteady_clock::now|\bclock_gettime\b|\bgettimeofday\b|\btime\(nullptr\)",
     r"^lib/util/system_clock\.cpp$", "the Clock port"),
    (r"\busleep\b|\bnanosleep\b|\bstd::this_thread", r"^lib/util/system_clock\.cpp$", "the Clock port"),
    (r"\brand\(\)|\brandom_device\b|\bgetrandom\b", r"^lib/util/system_clock\.cpp$", "the Random port"),
    (r"\bgetenv\b|\bsecure_getenv\b", r"^cmd/main\.cpp$", "the environment that main() read"),
    (r"\bstd::system\b|(?<![\w:.>])system\s*\(|\bpopen\b", r"^$", "process::CommandRunner"),
    (r"(?<!_)\bexit\s*\(|\bstd::exit\b", r"^cmd/main\.cpp$", "a Result"),
    (r"#include <(format|regex|expected|source_location)>", r"^$", "fmt, hand-written parsing, tide/util/result.hpp"),
    (r"std::views::", r"^$", "std::ranges algorithms: clang-tidy 14 cannot read views"),
    (r"#include <CLI/", r"^cmd/bind_cli11\.cpp$", "command.hpp: specs are plain data"),
    (r"\b(TODO|FIXME|XXX)\b", r"^$", "an issue, or the thing itself"),
]
# plan() is pure: lib/core includes nothing that reaches the world.
CORE_INCLUDES = {
    "algorithm", "array", "charconv", "chrono", "cmath", "compare", "concepts", "cstddef", "cstdint", "functional", "initializer_list",
    "iterator", "limits", "map", "memory", "numeric", "optional", "set", "span", "string", "string_view", "tuple",
    "type_traits", "utility", "variant", "vector", "fmt/core.h", "fmt/format.h", "fmt/ranges.h", "nlohmann/json.hpp",
}
CORE_UTIL = {"result.hpp", "id.hpp", "clock.hpp", "text.hpp", "units.hpp", "digest.hpp", "hostlist.hpp", "assert.hpp"}
CORE_WORDS = r"(?<!\w)(system_clock|steady_clock|random_device|getenv|popen|[io]?fstream|FILE|cout|cerr|printf|fopen|curl_\w+|sqlite3_\w+|errno|(?<![\w>])::(open|read|write)|read_file|Clock&|Random&)"


def strip(text):
    """Comments and strings blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_file(path, text):
    """Complaints about one file, as (line, text)."""
    found = []
    lines = text.split("\n")
    if len(lines) - 1 > LINES_MAX and re.match(r"(cmd|lib|tests|tools|examples)/", path) and not path.startswith("tests/fixtures/"):
        found.append((LINES_MAX, f"{len(lines) - 1} lines; {LINES_MAX} at most: split it by concept"))
    source = re.search(r"\.(cpp|hpp)$", path)
    if source and re.match(r"(cmd|lib)/", path):
        code = strip(text)
        for number, line in enumerate(code.split("\n"), 1):
            raw = lines[number - 1]
            for pattern, allowed, instead in BANNED:
                if re.search(pattern, line if "include" not in pattern else raw) and not re.search(allowed, path):
                    found.append((number, f"'{raw.strip()[:60]}': use {instead}"))
            if re.search(r"\b(TODO|FIXME|XXX)\b", raw):
                found.append((number, "an open end in a comment: do it, or file an issue"))
        found += check_includes(path, lines)
    if path.startswith("lib/core/") and source:
        found += check_core(lines, strip(text).split("\n"))
    if path.endswith(".hpp") and "#pragma once" not in text:
        found.append((1, "no #pragma once"))
    return found


def check_includes(path, lines):
    found = []
    parts = path.split("/")
    if parts[0] != "lib":
        return found
    folder = parts[1]
    allowed = MAY_INCLUDE.get(folder)
    if allowed is None:
        return [(1, f"lib/{folder} is not a folder of architecture: add it to tests/tidy/tidy.py with what it may include")]
    for number, line in enumerate(lines, 1):
        match = re.match(r'#include [<"]tide/([^>"]+)[>"]', line)
        if not match:
            if re.match(r'#include "', line) and not line.startswith('#include "tide/'):
                found.append((number, "include as <tide/...>"))
            continue
        target = match.group(1).split("/")
        if target[0] not in allowed:
            found.append((number, f"lib/{folder} may not include lib/{target[0]}"))
        elif folder in PORTS_ONLY and target[0] in PORTS and target[0] != folder and "/".join(target[1:]) not in PORTS[target[0]]:
            found.append((number, f"lib/{folder} knows the port only, not {'/'.join(target)}"))
        elif folder in ("cloud", "batch") and len(target) > 2 and target[0] == folder and len(parts) > 3 and target[1] != parts[2]:
            if target[1] not in SHARED[folder]:
                found.append((number, f"no adapter includes another's folder ({'/'.join(target)})"))
    return found


def check_core(lines, code):
    found = []
    for number, line in enumerate(lines, 1):
        match = re.match(r'#include [<"]([^>"]+)[>"]', line)
        if not match:
            continue
        name = match.group(1)
        if name.startswith("tide/util/"):
            if name[len("tide/util/"):] not in CORE_UTIL:
                found.append((number, f"lib/core is pure: {name} reaches the world"))
        elif not name.startswith("tide/") and name not in CORE_INCLUDES:
            found.append((number, f"lib/core is pure: <{name}> is not on its list"))
    for number, line in enumerate(code, 1):
        if re.search(CORE_WORDS, line):
            found.append((number, f"lib/core is pure: '{lines[number - 1].strip()[:60]}'"))
    return found


def check_tree(root, paths):
    found = []
    sources = {}
    hosts = "|".join(("deb" + r"\.debian\.org", "registry" + r"\.npmjs", "pypi" + r"\.org"))
    for path in paths:
        full = os.path.join(root, path)
        if os.path.islink(full) or not os.path.isfile(full):
            continue
        with open(full, "rb") as stream:
            data = stream.read()
        if b"\0" in data[:4096]:
            continue
        text = data.decode("utf-8", "replace")
        found += [(path, line, what) for line, what in check_file(path, text)]
        if re.match(r"(cmd|lib)/.*\.[ch]pp$", path):
            sources[path] = text
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(hosts, line):
                found.append((path, number, "names a package registry's host"))
    return found + includes.check_includes(sources, strip)


def main():
    root = sys.argv[1]
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=False)
    paths = listed.stdout.split("\n")[:-1]
    if listed.returncode != 0 or not paths:  # a tarball without .git
        paths = [os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names
                 if "/build" not in folder and "/.git" not in folder]
    found = check_tree(root, sorted(paths)) + facts.check_page(root)
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    if found:
        sys.exit(f"tidy: {len(found)} complaints")
    print(f"tidy: {len(paths)} files, fine")


if __name__ == "__main__":
    main()
