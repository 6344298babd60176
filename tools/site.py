#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Makes the site: the page on which a learner opens a lesson (site/), and the project's documents as HTML beside it.

  site.py [--out DIR] [--lessons DIR] [--jobs N]
                        into build/site, or DIR; lessons with their guests as programs are in build/release/share/intact/lessons

The machine that the page runs is made by site_machine.py, with a compiler that tools/cross.py fetches.

A folder of files that any web server can give out, below any path: python3 -m http.server -d build/site. Documents are rendered
by cmark-gfm (Debian's package of that name, or Homebrew's). At the end every link in every file is followed: a dead one is an error.
"""
import argparse
import pathlib
import shutil
import sys

import cross
import site_links
import site_machine
import site_pages
from linux import CannotGet

ROOT = pathlib.Path(__file__).resolve().parent.parent


def own_files(out):
    """The page itself: everything in site/, as it is."""
    shutil.copytree(ROOT / "site", out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("machine"))


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("--out", type=pathlib.Path, default=ROOT / "build/site")
    options.add_argument("--lessons", type=pathlib.Path, default=ROOT / "build/release/share/intact/lessons")
    options.add_argument("--jobs", type=int, default=cross.jobs)
    given = options.parse_args()
    out, cross.jobs = given.out.resolve(), given.jobs
    if out == ROOT or out in ROOT.parents:
        sys.exit(f"site: {out} is not a folder of its own; --out names one that can be filled")
    out.mkdir(parents=True, exist_ok=True)
    own_files(out)
    site_machine.write(ROOT, out, given.lessons)
    site_pages.write(ROOT, out)
    dead = list(site_links.dead(out))
    for line in dead:
        print(f"site: {line}", file=sys.stderr)
    if dead:
        sys.exit(1)
    print(f"the site is in {out}\npython3 -m http.server -d {out}   shows it at http://localhost:8000/")


if __name__ == "__main__":
    try:
        main()
    except CannotGet as error:
        sys.exit(f"site: cannot get {error}")
