"""Reads Cython sources as text: what each file of a module defines, and which names it uses.

No parser: comments and strings go, every statement becomes one line, and a few patterns tell what
it defines. A name that is no attribute, no local variable and none of Cython's own words is a use.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path

KEYWORDS = """
    bint char double float int long short signed size_t unsigned void Py_buffer Py_ssize_t
    cdef cimport const cpdef ctypedef cython enum extern fused gil include inline nogil noexcept
    packed public readonly self sizeof struct union NULL
"""
KNOWN = {*keyword.kwlist, *dir(builtins), *KEYWORDS.split()}
NOT_CODE = re.compile(
    r"""\#.* | (\b\w{1,2})? ("{3}[\s\S]*?"{3} | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')""", re.X
)
INCLUDE = re.compile(r'^include "(?:.*/)?(\w+\.p(?:xi|yx))"$', re.M)
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?!\w|=[^=])")  # no attribute, no argument's name
FROM = re.compile(r"from (\S+) c?import (.+)")
IMPORT = re.compile(r"()c?import (.+)")
EXTERN = re.compile(r"cdef extern .*:")
TYPE = re.compile(r"(?:cdef|ctypedef) (enum|struct|fused) ?(\w*):")
CLASS = re.compile(r"(?:cdef )?(class) (\w+).*:")
DECLARATION = re.compile(r"(?:cdef|ctypedef) (.+)")
FUNCTION = re.compile(r"(?:cdef|cpdef|ctypedef|def) ([^=(]+)\(")
POINTER = re.compile(r"\(\*(\w+)\)\s*\(")  # (*name)(
BRACKETS = re.compile(r"\([^()]*\)|\[[^][]*\]|{[^{}]*}")
ASSIGN = re.compile(r"(?<![=!<>+\-*/%&|^])=(?!=)")
IN_OR_AS = re.compile(r"\bfor (.+?) in\b|\bas (\w+)")
SEEN_BY_PYTHON = re.compile(r"def |cdef class .*:|(?!cdef |ctypedef )[\w, ]+ = ")

Statement = tuple[int, str]  # its indentation and its code


def evaluated(literal: re.Match[str]) -> str:
    """What stands for a comment or a string: the expressions in an f-string, or nothing."""
    return " ".join(re.findall(r"{.*?}", literal[2]) if literal[1] == "f" else [])


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text, each of them in one line."""
    code = ""
    for line in NOT_CODE.sub(evaluated, text).splitlines():
        code = f"{code} {line.strip()}" if code else line.rstrip()
        if code.endswith("\\"):
            code = code[:-1].rstrip()
        elif sum(map(code.count, "([{")) <= sum(map(code.count, ")]}")):
            if code:
                yield len(code) - len(code.lstrip()), code.strip()
            code = ""


def blocks(lines: list[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    """Each statement of the outermost level, with those below it."""
    starts = [i for i, (indent, _) in enumerate(lines) if indent <= lines[0][0]]
    for start, end in pairwise([*starts, len(lines)]):
        yield lines[start][1], lines[start + 1 : end]


def names(*codes: str) -> set[str]:
    """The names in pieces of code."""
    return {name for code in codes for name in NAME.findall(code)} - KNOWN


def outside_brackets(code: str) -> str:
    """Code without what stands in brackets."""
    while BRACKETS.search(code):
        code = BRACKETS.sub("", code)
    return code


def listed(declarations: str) -> set[str]:
    """The names that `const real *w, Py_ssize_t ld=0, x[2]` declares."""
    parts = re.sub(r" (not|or) None\b", "", outside_brackets(declarations)).split(",")
    last_words = (re.search(r"(\w+)\s*$", re.split("[=:]", part)[0]) for part in parts)
    return {word[1] for word in last_words if word} - KNOWN


def defined(code: str) -> set[str]:
    """The names that a statement gives a meaning where it stands."""
    if found := FROM.match(code) or IMPORT.match(code):
        return {part.split(" as ")[-1].strip() for part in found[2].strip("()").split(",")}
    if found := TYPE.match(code) or CLASS.match(code):
        return {found[2]} - {""}
    code = POINTER.sub(r" \1(", code)
    targets = ["".join(either) for either in IN_OR_AS.findall(code)]
    if found := FUNCTION.match(code) or DECLARATION.match(code):
        targets += listed(found[1])
    else:
        targets += ASSIGN.split(outside_brackets(code.replace("[", ".[")))[:-1]
    return {word.strip("() ") for target in targets for word in target.split(",")} & names(code)


def parameters(code: str) -> set[str]:
    """The parameters of a function, if that is what a statement defines or declares."""
    code = POINTER.sub(r" \1(", code)
    found = FUNCTION.match(code)
    return listed(code[found.end() : code.rindex(")")]) if found else set()


def used(header: str, body: list[Statement]) -> set[str]:
    """The names that a block uses, but for its local ones."""
    if CLASS.match(header):
        return names(header).union(*(used(*block) for block in blocks(body)))
    codes = [code for _, code in body]
    if (kind := TYPE.match(header)) and kind[1] == "struct":
        codes = [f"cdef {code}" for code in codes]  # fields
    local = parameters(header).union(*map(defined, codes), *map(parameters, codes))
    of_module = names(*(code for code in codes if code.startswith("global ")))
    return names(header, *codes) - (local - of_module) - defined(header)


@dataclass
class Definitions:
    """What a file defines, which of it Python sees, which names it uses, and what it imports."""

    own: set[str] = field(default_factory=set)
    for_python: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    imported: list[tuple[str, str]] = field(default_factory=list)  # from where, what (* is all)

    def read(self, lines: list[Statement], cdef: str = "") -> None:
        """Add what the statements at the level of the module define and use."""
        for header, body in blocks(lines):
            code = header if header.startswith(("cdef", "ctypedef")) else cdef + header
            if found := FROM.match(code) or IMPORT.match(code):
                self.imported += [(found[1], name) for name in defined(code)]
                self.used |= defined(code) - {"*"}
                continue
            kind = TYPE.match(code)
            self.own |= defined(code)
            if SEEN_BY_PYTHON.match(code):
                self.for_python |= {name for name in defined(code) if name[0] != "_"}
            if EXTERN.match(code):
                self.read(body, "cdef ")
            elif kind and kind[1] == "enum":
                members = ", ".join(code for _, code in body)
                self.own |= listed(members)
                self.used |= names(members)
            elif not (kind or not body or FUNCTION.match(code) or CLASS.match(code)):
                self.used |= names(code)  # of an `if`
                self.read(body)
            else:
                self.used |= used(code, body)


class Sources:
    """Sources by name. A .pxi that is `written` by the build counts as text of what includes it."""

    def __init__(self, files: Mapping[str, Path], written: set[str]) -> None:
        self.files, self.written = files, written
        self.read = cache(self._read)
        self.places = cache(self._places)

    def text(self, name: str) -> str:
        """A file's text, with that of written files in place of their includes."""

        def text_of(include: re.Match[str]) -> str:
            return self.text(include[1]) if include[1] in self.written else include[0]

        return INCLUDE.sub(text_of, self.files[name].read_text("utf-8"))

    def _read(self, name: str) -> tuple[Definitions, list[str]]:
        """What a file defines, and the files that it includes."""
        text, definitions = self.text(name), Definitions()
        definitions.read([line for line in statements(text) if not line[1].startswith("include")])
        return definitions, INCLUDE.findall(text)

    def included(self, name: str) -> list[str]:
        """A file, and all that it and its includes include."""
        return [name, *(each for direct in self.read(name)[1] for each in self.included(direct))]

    def imported(self, name: str) -> Iterator[tuple[str, str]]:
        """The names that a file itself imports, each with the file that defines it."""
        for module, wanted in self.read(name)[0].imported:
            pxd = f"{module}.pxd"
            if pxd not in self.files:  # not one of src/
                yield wanted, name
            else:
                own = self.read(pxd)[0].own
                yield from ((each, pxd) for each in own if wanted in ("*", each))

    def _places(self, module: str) -> dict[str, str]:
        """Name -> the file that defines it, of all that are defined in a module."""
        files = self.included(module)
        imported = {name: place for file in files for name, place in self.imported(file)}
        return imported | {name: file for file in files for name in self.read(file)[0].own}

    def undefined(self, module: str) -> list[str]:
        """What is used in a module, and defined nowhere in it."""
        places = self.places(module)
        return [
            f"{module}: {file}: {name}"
            for file in self.included(module)
            for name in sorted(self.read(file)[0].used - set(places))
        ]

    def modules_of(self, name: str) -> list[str]:
        """The modules that a file is part of."""
        return [each for each in self.files if each.endswith("pyx") and name in self.included(each)]

    def needs(self, name: str) -> set[frozenset[str]]:
        """The files whose definitions a file, or one that it includes, uses and does not bring.

        There is a set for each way in which modules bring those definitions. Names stand in it for
        those of a .pyx, where that is not the same in all modules.
        """
        files = self.included(name)
        itself = {*files, *(place for file in files for _, place in self.imported(file))}
        all_used = set[str]().union(*(self.read(file)[0].used for file in files))
        used = [
            {each: places[each] for each in all_used & set(places)}
            for places in map(self.places, self.modules_of(name))
        ]
        pyx = {at for places in used for at in places.values() if at.endswith(".pyx")}
        of_their_own = pyx if len(pyx) > 1 else set()
        return {
            frozenset(
                each if at in of_their_own else at
                for each, at in places.items()
                if at not in itself
            )
            for places in used
        }

    def gives(self, name: str) -> tuple[set[str], set[str]]:
        """The names of a file that others use, Python among them; and those that none does."""
        own = self.read(name)[0]
        given = set(own.for_python)
        for module in self.modules_of(name):
            places = self.places(module)
            for file in set(self.included(module)) - {name}:
                given |= {each for each in self.read(file)[0].used if places.get(each) == name}
        return given, own.own - given
