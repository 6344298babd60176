# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Figures beside QEMU's, and the tables that show them."""
import typing

HEAD = ("event", "intact", "QEMU fastest", "QEMU icount", "ratio to fastest", "ratio to icount", "aim")
HEAD_ABSOLUTE = ("figure", "intact", "QEMU", "aim")


class Figure(typing.NamedTuple):
    """One whose aim is for our own value. `theirs` may be a word that says why there is none."""
    what: str
    unit: str # "": a ratio
    ours: float
    theirs: float | str
    aim: float | None

    def text(self, value):
        if isinstance(value, str):
            return value
        if self.unit == "bytes":
            return f"{value:,.0f} bytes"
        return f"{value:,.3f}" if not self.unit else f"{value:,.2f} {self.unit}"

    def cells(self):
        verdict = "" if self.aim is None else f"<= {self.aim:,g}" + ("" if self.ours <= self.aim else "  missed")
        return (self.what, self.text(self.ours), self.text(self.theirs), verdict)


def amount(value, unit):
    return f"{value:,.{0 if abs(value) >= 100 else 1}f} {unit}"


def row(name, unit, ours, theirs, aim):
    """One whose aim is for the ratio to the fastest of QEMU's. `theirs` are its values by the name of the mode."""
    fast = {mode: value for mode, value in theirs.items() if mode != "icount"}
    mode = min(fast, key=fast.get)
    icount = theirs.get("icount")
    ratio, slow_ratio = (ours / value if value and value > 0 else float("nan") for value in (fast[mode], icount))
    return (name, amount(ours, unit), amount(fast[mode], unit) + (f" ({mode})" if len(fast) > 1 else ""),
            "" if icount is None else amount(icount, unit), f"{ratio:.3f}", "" if icount is None else f"{slow_ratio:.3f}",
            "" if aim is None else f"<= {aim:g}" + ("" if ratio <= aim else "  missed"))


def show(head, rows, markdown):
    """Names and aims to the left, numbers to the right."""
    last = len(head) - 1
    if markdown:
        marks = tuple("---" if i in (0, last) else "---:" for i in range(len(head)))
        for cells in (head, marks, *rows):
            print("| " + " | ".join(cells) + " |")
        return
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(len(head))]
    for cells in (head, *rows):
        print("  ".join(c.ljust(w) if i in (0, last) else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths))).rstrip())
