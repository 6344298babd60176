#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""One target of tools/cross.py, or what all of them need (cross_test.py fetch|TARGET)."""
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / folder) for folder in ("tests/system", "tools")]
import cross # noqa: E402
import harness # noqa: E402

try:
    cross.main(["--jobs", "1", sys.argv[1]])
except cross.CannotGet as error:
    harness.skip(f"cannot get {error}")
