"""Prints the two range tables of Widths.java from the Unicode data of the Python that runs it.

Python 3.13 carries Unicode 15.1: python3.13 widths.py
"""

import textwrap
import unicodedata

# format characters that are drawn: soft hyphen and the prepended concatenation marks
DRAWN = {0xAD, 0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}


def width(code):
    if code in DRAWN or 0xD800 <= code <= 0xDFFF:
        return 1
    if unicodedata.category(chr(code)) in ("Mn", "Me", "Cf", "Zl", "Zp"):
        return 0
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF:  # vowels and finals of conjoining Hangul
        return 0
    return 2 if unicodedata.east_asian_width(chr(code)) in "WF" else 1


def table(wanted):
    words, last, code = [], 0, 0xA0
    while code < 0x20000:
        if width(code) != wanted:
            code += 1
            continue
        end = code
        while end + 1 < 0x20000 and width(end + 1) == wanted:
            end += 1
        words.append("%x" % (code - last) + ("" if end == code else "+%x" % (end - code)))
        last, code = end, end + 1
    return "\n".join(textwrap.wrap(" ".join(words), 96))


print(unicodedata.unidata_version, table(0), table(2), sep="\n\n")
