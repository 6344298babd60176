#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The site is made, and no link in it is dead (build_test.py FOLDER LESSONS). A dead link is found: one is put in."""
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/system", "tools")]
import harness # noqa: E402
import site_links # noqa: E402

PLANTED = """<h1 id="a">A</h1><a href="missing.html">1</a> <a href="#nowhere">2</a> <a href="../outside.html">3</a>
<a href="documents.html#document">4</a> <a href="#a">5</a> <a href="https://example.org/">6</a> <b id="a"></b>"""

if not shutil.which("cmark-gfm"):
    harness.skip("cmark-gfm is not installed")
out = pathlib.Path(sys.argv[1]).resolve()
shutil.rmtree(out, ignore_errors=True)
made = subprocess.run([sys.executable, ROOT / "tools/site.py", "--out", out, "--lessons", sys.argv[2], "--jobs", "2"],
                      capture_output=True, text=True)
if "site: cannot get" in made.stderr:
    harness.skip(made.stderr.strip())
if made.returncode:
    sys.exit(f"FAILED: tools/site.py says\n{made.stdout}{made.stderr}")
(out / "planted.html").write_text(PLANTED)
found = list(site_links.dead(out))
(out / "planted.html").unlink()
if len(found) != 4 or not all(line.startswith("planted.html") for line in found):
    sys.exit("FAILED: of four mistakes in planted.html site_links finds\n" + "\n".join(found))
print(f"{sum(1 for _ in out.rglob('*.html'))} pages, no dead link")
