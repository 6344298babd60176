#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Takes the pictures of the learner's page that documents show: docs/pictures/page*.png, from build/site (./dev site), by
page_pictures.mjs.
pngquant (Debian's and Homebrew's package of that name) makes them small."""
import pathlib
import shutil
import subprocess
import sys

import browser
import linux

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT = 150000 # bytes of a picture

site, pictures = ROOT / "build/site", ROOT / "docs/pictures"
if not (site / "index.html").exists():
    sys.exit("page_pictures: build/site is not there; ./dev site makes it")
if not shutil.which("pngquant"):
    sys.exit("page_pictures: pngquant is not installed")
pictures.mkdir(exist_ok=True)
try:
    status = browser.run(ROOT / "tools/page_pictures.mjs", site, pictures)
except linux.CannotGet as error:
    sys.exit(f"page_pictures: cannot get {error}")
subprocess.run(["pngquant", "--force", "--strip", "--ext", ".png", "64", *pictures.glob("page*.png")], check=True)
large = [picture.name for picture in pictures.glob("page*.png") if picture.stat().st_size > LIMIT]
sys.exit(status or (f"page_pictures: larger than {LIMIT} bytes: {', '.join(large)}" if large else 0))
