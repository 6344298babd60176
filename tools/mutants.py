# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The mutants of a C source: each is the source with one small fault. tools/mutate.py runs the tests on them.

Four kinds:
  operator    + for -, < for <=, && for ||, a ! or ~ left out, ...
  constant    a number plus one, true for false
  condition   of if, while and ?: always or never true
  statement   an assignment, a call, break or continue left out

Comments, strings, the preprocessor's lines, and assertions are left alone: a fault there changes no behaviour.
"""
import collections
import re

KINDS = ("operator", "constant", "condition", "statement")
# `start` to `end` of the text becomes `new`; `line` counts from 1.
Mutant = collections.namedtuple("Mutant", "kind line start end new")
Token = collections.namedtuple("Token", "text start end depth parens")

SKIPPED = re.compile(r"""//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""",
                     re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r"0[xX][0-9a-fA-F.]*[pP][+-]?\w+|0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*(?![.\w])|\d[\w.]*|\w+|<<=|>>=|\.\.\.|->|\+\+|--|<<|>>|"
                   r"[<>=!+\-*/%&|^]=|&&|\|\||\S")
INTEGER = re.compile(r"(0[xX])?([0-9a-fA-F]+?)([uUlL]*)$")
BINARY = {
    "+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "&": "|", "|": "&", "^": "|", "<<": ">>", ">>": "<<",
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
    "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "^=": "|=", "<<=": ">>=", ">>=": "<<=", "++": "--", "--": "++",
}
ASSERTIONS = {"assert", "static_assert", "_Static_assert"}
TYPES = re.compile(r"(?:const|static|struct|enum|union|unsigned|signed|int|char|bool|void|float|double|long|short|"
                   r"size_t|ssize_t|FILE|va_list|\w+_t)$")
NO_STATEMENT = {"return", "goto", "case", "default", "if", "else", "for", "while", "do", "switch", "typedef", "extern"}


def tokens(text):
    """The tokens outside comments, strings and the preprocessor's lines, with the braces and parentheses around each."""
    blank = SKIPPED.sub(lambda found: re.sub(r"[^\n]", " ", found.group()) if found.group()[0] not in "\"'"
                        else found.group()[0] + "_" * (len(found.group()) - 2) + found.group()[0], text)
    depth, parens, result = 0, 0, []
    for found in TOKEN.finditer(re.sub(r"([\"'])(_*)\1", lambda s: "_" * len(s.group()), blank)):
        word = found.group()
        depth -= word == "}"
        parens -= word in ")]"
        result.append(Token(word, found.start(), found.end(), depth, parens))
        depth += word == "{"
        parens += word in "(["
    return result


def closing(list_, at):
    """The index of the parenthesis that closes the one at `at`."""
    level = 0
    for index in range(at, len(list_)):
        level += (list_[index].text in "([{") - (list_[index].text in ")]}")
        if level == 0:
            return index
    return len(list_) - 1


def is_operand_end(token):
    return bool(re.match(r"[\w\])]", token.text[-1])) and token.text not in {"return", "case"}


def quiet(list_):
    """Indices of the tokens that belong to assertions."""
    inside = set()
    for index, token in enumerate(list_[:-1]):
        if token.text in ASSERTIONS and list_[index + 1].text == "(":
            inside |= set(range(index, closing(list_, index + 1) + 1))
    return inside


def is_cast_or_pointer(list_, index):
    """`*` and `&` in types, casts and before operands: `uint8_t *p`, `(struct a *)`, `&x`."""
    before, after = list_[index - 1], list_[index + 1]
    if not is_operand_end(before) or after.text in {")", ",", "const", "*"}:
        return True
    return list_[index].text == "*" and bool(TYPES.match(before.text) or before.depth == 0 or
                                             (index > 1 and list_[index - 2].text in {"struct", "enum", "union"}))


def operators(list_, index):
    token = list_[index]
    if index == 0 or index + 1 >= len(list_) or (token.depth == 0 and token.text in "*-+&"):
        return
    if token.text in {"!", "~"}:
        yield token.start, token.end, ""
    elif token.text in {"++", "--"}:
        yield token.start, token.end, BINARY[token.text]
    elif token.text in BINARY and is_operand_end(list_[index - 1]):
        cast = list_[index - 1].text == ")" and token.text in "&*-+" and TYPES.match(list_[index - 2].text)
        if not cast and not (token.text in "*&" and is_cast_or_pointer(list_, index)):
            yield token.start, token.end, BINARY[token.text]


def constants(list_, index):
    token = list_[index]
    if token.text in {"true", "false"}:
        yield token.start, token.end, "false" if token.text == "true" else "true"
    found = INTEGER.match(token.text)
    if found and token.text[0].isdigit() and (found.group(1) or found.group(2).isdigit()):
        base = 16 if found.group(1) else 8 if found.group(2)[0] == "0" and len(found.group(2)) > 1 else 10
        if base == 8 and found.group(2).strip("01234567"):
            return # "08": a piece that the preprocessor joins to others
        value = int(found.group(2), base) + 1
        yield token.start, token.end, (f"0x{value:x}" if base == 16 else f"{value}") + found.group(3)


def conditions(list_, index):
    token = list_[index]
    if token.text in {"if", "while"} and list_[index + 1].text == "(":
        first, last = list_[index + 1], list_[closing(list_, index + 1)]
        for value in ("0", "1") if token.text == "if" else ("0",):
            yield first.start, last.end, f"({value})"
    if token.text == "?":
        for value in ("&& 0", "|| 1"): # the condition before it binds stronger, unless it is an assignment
            yield token.start, token.start, f"{value} "


def statements(list_, index):
    """A statement that begins at `index`."""
    token, before = list_[index], list_[index - 1]
    if token.depth == 0 or token.parens or index == 0 or not (before.text in {";", "{", "}", ")", ":", "else"}):
        return
    if before.text == ")" and list_[matching_word(list_, index - 1)].text not in {"if", "while", "for"}:
        return
    if before.text == ":" and not is_label(list_, index - 1):
        return
    if token.text in NO_STATEMENT or not re.match(r"[\w*+(-]", token.text) or TYPES.match(token.text):
        return
    end = index
    while end < len(list_) and list_[end].text not in {";", "{", "}"}:
        end = closing(list_, end) + 1 if list_[end].text in "([" else end + 1
    if end >= len(list_) or list_[end].text != ";":
        return
    words = list_[index:end]
    plain = len(words) == 1 and token.text in {"break", "continue"}
    effect = any(word.text == "(" or word.text in {"++", "--"} or (word.text[-1] == "=" and len(word.text) < 4 and
                 word.text not in {"==", "<=", ">=", "!="}) for word in words)
    declares = len(words) > 1 and re.match(r"\w", words[1].text) and re.match(r"[A-Za-z_]", token.text)
    if plain or (effect and not declares):
        yield token.start, list_[end].end, ";"


def matching_word(list_, at):
    """The index of the word before the parenthesis that the one at `at` closes."""
    level = 0
    for index in range(at, -1, -1):
        level += (list_[index].text == ")") - (list_[index].text == "(")
        if level == 0:
            return max(index - 1, 0)
    return 0


def is_label(list_, colon):
    for index in range(colon, max(colon - 12, 0), -1):
        if list_[index].text in {"case", "default"}:
            return True
        if list_[index].text in {";", "{", "}", "?"}:
            return False
    return False


def mutants(text, lines=None):
    """All mutants of `text`, those on `lines` only if it is a set of numbers."""
    list_ = tokens(text)
    left_alone = quiet(list_)
    starts = [0] + [found.end() for found in re.finditer(r"\n", text)]
    line, result = 0, []
    for index, token in enumerate(list_[:-1]):
        while line < len(starts) and starts[line] <= token.start:
            line += 1
        if index in left_alone or (lines is not None and line not in lines):
            continue
        for kind, find in zip(KINDS, (operators, constants, conditions, statements)):
            result += [Mutant(kind, line, *change) for change in find(list_, index)]
    return result


def apply(text, mutant):
    return text[:mutant.start] + mutant.new + text[mutant.end:]
