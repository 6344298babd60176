#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Makes the pictures of docs/pictures from runs of the demo's guest: the window, and the terminal with its colours as SVG.

    tools/pictures.py [BUILD]      BUILD: build/release by default; with SDL
"""
import html
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/release"
PLACE = ROOT / "docs/pictures"
GUEST = ["-m", "64M", "-smp", "2", "-kernel", str(BUILD / "guests/x86_64/demo/demo.elf")]
INKS = {30: "#000000", 31: "#b02a2a", 32: "#1d7a3e", 33: "#8a5a00", 34: "#1f4e9c"}
WIDTH, HEIGHT, CELL, LINE = 100, 30, 8.4, 18


def window(name, keys):
    """As in a window, which needs no screen for that."""
    subprocess.run([BUILD / "intact", "watch", "-keys", keys, "-size", "112x36", "-shot", PLACE / name, "--", *GUEST,
                    "-display", "none,font-size=14"], check=True)


def at_a_terminal(keys):
    """What a terminal gets for the last screen."""
    child, master = pty.fork()
    if child == 0:
        os.execv(BUILD / "intact", ["intact", "watch", "-size", f"{WIDTH}x{HEIGHT}", "--", *GUEST])
    heard = b""
    for key in keys + "q":
        end = time.time() + 60
        while not heard.rsplit(b"\033[H", 1)[-1].endswith(b"\033[0m") and time.time() < end:
            if select.select([master], [], [], 1)[0]:
                heard += os.read(master, 65536)
        last = heard
        heard = b""
        os.write(master, key.encode())
    os.waitpid(child, 0)
    return last.rsplit(b"\033[H", 1)[-1].decode()


def runs_of(line):
    """The texts of a line with the numbers of their SGR sequences (ECMA-48 8.3.117)."""
    numbers = []
    for part in re.split(r"(\033\[[0-9;]*m)", line):
        if part.startswith("\033["):
            numbers = [int(number) for number in part[2:-1].split(";")]
        elif part:
            yield part, numbers


def terminal(name, keys):
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * CELL + 16:.0f} {HEIGHT * LINE + 16}" '
           'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
           "<title>intact watch on a terminal</title>", '<rect width="100%" height="100%" fill="#fdfdfb"/>']
    for row, line in enumerate(at_a_terminal(keys).split("\r\n")):
        column = 0
        for text, numbers in runs_of(line):
            x, y = 8 + column * CELL, 8 + row * LINE
            ink = next((INKS[number] for number in numbers if number in INKS), "#777777" if 2 in numbers else "#202020")
            if 7 in numbers:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{len(text) * CELL:.1f}" height="{LINE}" fill="#202020"/>')
                ink = "#fdfdfb"
            bold = ' font-weight="bold"' if 1 in numbers else ""
            if text.strip():
                out.append(f'<text x="{x:.1f}" y="{y + 13.5}" fill="{ink}"{bold} textLength="{len(text) * CELL:.1f}" '
                           f'xml:space="preserve">{html.escape(text)}</text>')
            column += len(text)
    (PLACE / name).write_text("\n".join([*out, "</svg>", ""]))


def main():
    PLACE.mkdir(exist_ok=True)
    window("window.png", "nnnnnTT")
    window("register.png", "nnnnnTTo" + "<Down>" * 8 + "<Enter>")
    terminal("terminal.svg", "nnnnn")
    for file in sorted(PLACE.iterdir()):
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size} bytes")


main()
