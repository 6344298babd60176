#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Gets a kernel before the tests that boot it (fetch_test.py ARCH)."""
import sys

import harness
import linux

try:
    print(*linux.prepare(sys.argv[1]))
except linux.CannotGet as error:
    harness.skip(f"cannot get {error}")
