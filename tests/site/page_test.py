#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The learner's page in Chromium (page_test.py SITE INTACT [TEST]): page_test.mjs."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / folder) for folder in ("tests/system", "tools")]
import browser # noqa: E402
import harness # noqa: E402
import linux # noqa: E402

site, *words = sys.argv[1:]
site = pathlib.Path(site).resolve()
if not (site / "machine/intact.wasm").exists():
    harness.skip("the site has no machine; site/build says why")
try:
    sys.exit(browser.run(HERE / "page_test.mjs", site, *words))
except linux.CannotGet as error:
    harness.skip(f"cannot get {error}")
