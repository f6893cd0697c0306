"""Does each source name the headers of the helpers that it uses? CI compiles several files together (cmake/together.cmake), where a
header that one of them forgot comes with its neighbour; who builds file by file then cannot. This looks at the free functions of
lib/util, which all others use: each must be declared in what a file includes, directly or not."""
import re

FUNCTION = re.compile(r"^(?!#|\}|using |return |class |struct |enum |namespace )[\w:<>,&*\[\] ]*?[\w>&*\]] [&*]*(\w+)\(", re.M)
MEMBER = re.compile(r"^ +(?! |return |co_return )[\w:<>,&* \[\]]*[\w>&*\]] [&*]*(\w+)\(", re.M)  # a type before it: no call
INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.M)


def path_of(name, includer):
    if name.startswith("tide/"):
        return "lib/" + name[len("tide/"):]
    return name if "/" in name else includer.rsplit("/", 1)[0] + "/" + name


def check_includes(texts, strip):
    """texts: path -> text of all of lib and cmd. Complaints as (path, line, text)."""
    codes = {path: strip(text) for path, text in texts.items()}
    nexts = {path: [path_of(name, path) for name in INCLUDE.findall(text)] for path, text in texts.items()}
    homes, members = {}, set()
    for path, code in codes.items():
        if path.endswith(".hpp"):
            members.update(MEMBER.findall(code))
            for name in FUNCTION.findall(code) if path.startswith("lib/util/") else ():
                homes.setdefault(name, set()).add(path)
    found = []
    for path, code in sorted(codes.items()):
        seen, ahead = set(), [path]
        while ahead:
            one = ahead.pop()
            if one not in seen:
                seen.add(one)
                ahead += nexts.get(one, ())
        known = set(FUNCTION.findall(code)) | members
        for match in re.finditer(r"(?<![\w.>:])(?:tide::)?(\w+)\(", code):
            name = match.group(1)
            if name in homes and name not in known and not homes[name] & seen:
                known.add(name)  # told once a file
                found.append((path, code.count("\n", 0, match.start()) + 1, f"uses {name}() and does not include {sorted(homes[name])[0]}"))
    return found
