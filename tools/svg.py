#!/usr/bin/python3
"""svg.py COLUMNS ROWS: a terminal's screen, as `tmux capture-pane -e -p` writes it, from standard input to an SVG."""
import re
import sys
from xml.sax.saxutils import escape

CELL, LINE, MARGIN = 8.4, 18, 12
COLORS = {31: "#e06c75", 32: "#98c379", 33: "#d7ba7d", 36: "#56b6c2", 39: "#d0d0d0"}


def spans(line):
    """(text, colour, bold, dim, reverse) pieces of one line."""
    color, bold, dim, reverse = 39, False, False, False
    for code, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+|\x1b)", line):
        if text:
            yield text.replace("\x0e", "").replace("\x0f", ""), COLORS[color], bold, dim, reverse
            continue
        for number in (int(part or 0) for part in code.split(";")):
            if number == 0:
                color, bold, dim, reverse = 39, False, False, False
            elif number == 1:
                bold = True
            elif number == 2:
                dim = True
            elif number == 7:
                reverse = True
            elif number in COLORS:
                color = number


def main():
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    width, height = columns * CELL + 2 * MARGIN, rows * LINE + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
           f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
           f'<rect width="{width:.0f}" height="{height:.0f}" rx="6" fill="#1e1e1e"/>']
    for row, line in enumerate(sys.stdin.read().split("\n")[:rows]):
        column = 0
        for text, color, bold, dim, reverse in spans(line):
            x, y = MARGIN + column * CELL, MARGIN + row * LINE
            length = len(text) * CELL
            if reverse:
                out.append(f'<rect x="{x:.1f}" y="{y + 1:.1f}" width="{length:.1f}" height="{LINE}" fill="{color}"/>')
            if text.strip():
                style = (' font-weight="bold"' if bold else "") + (' opacity="0.6"' if dim else "")
                out.append(f'<text x="{x:.1f}" y="{y + 14:.1f}" textLength="{length:.1f}" xml:space="preserve" '
                           f'fill="{"#1e1e1e" if reverse else color}"{style}>{escape(text)}</text>')
            column += len(text)
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
