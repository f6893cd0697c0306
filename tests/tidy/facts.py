"""tests/FACTS.md names the tests that hold each fact: every file and case that it names is there."""
import os
import re

PAGE = "tests/FACTS.md"
CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)')


def cases_of(text):
    """The names of doctest's cases in a source."""
    return {re.sub(r"\\(.)", r"\1", "".join(re.findall(r'"((?:\\.|[^"\\])*)"', found))) for found in CASE.findall(text)}


def check_reference(root, reference):
    """'unit/x/test_y.cpp: a case', or 'real/x.sh: words that it has', below tests/. None if it holds."""
    match = re.fullmatch(r"([\w./-]+\.(?:cpp|sh|py|cmd))(?:: (.+))?", reference)
    if not match or (match[2] is None) != match[1].endswith(".cmd"):
        return f"'{reference}' is not 'FILE: CASE'"
    path = os.path.join(root, "tests", match[1])
    if not os.path.isfile(path):
        return f"there is no tests/{match[1]}"
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    held = match[2] is None or (match[2] in cases_of(text) if path.endswith(".cpp") else match[2] in text)
    return None if held else f"tests/{match[1]} has no '{match[2]}'"


def check(root, text):
    """Complaints about the page, as (line, text)."""
    found, rows = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("|") or re.match(r"\|[ -]*-", line) or line.startswith("| fact"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        rows += 1
        if len(cells) != 2 or not cells[0]:
            found.append((number, "a row is a fact and its tests"))
            continue
        complaints = [check_reference(root, reference) for reference in cells[1].split("<br>")]
        found += [(number, what) for what in complaints if what]
    return found if rows else [(1, "it names no test")]


def check_page(root):
    path = os.path.join(root, PAGE)
    if not os.path.isfile(path):
        return [(PAGE, 1, "it is missing")]
    with open(path, encoding="utf-8") as stream:
        return [(PAGE, line, what) for line, what in check(root, stream.read())]
