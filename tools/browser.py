# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Chromium on the site, by a script of node: what the test of the page and its pictures need. The driver and the accessibility checker
come from npm, once, to INTACT_CACHE or .cache; the site is given out below a path that is not the root."""
import contextlib
import fcntl
import functools
import http.server
import os
import pathlib
import shutil
import subprocess
import threading

from linux import CannotGet

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("INTACT_CACHE", ROOT / ".cache")).resolve() / "site"
PACKAGES = {"playwright-core": "1.60.0", "axe-core": "4.14.1"}


def packages():
    """The folder with them."""
    for program in ("chromium", "node", "npm"):
        if not shutil.which(program):
            raise CannotGet(f"a browser: {program} is not installed")
    place = CACHE / "-".join(PACKAGES.values())
    part = place.with_suffix(".part")
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock: # the cache may belong to several trees
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
            got = subprocess.run(["npm", "install", "--prefix", part, "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1",
                                  *wanted], stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if got.returncode:
                raise CannotGet(f"{' and '.join(wanted)} from npm: {got.stderr[-600:]}")
            part.rename(place) # Whole, or not there.
    return place


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def serve(site):
    """The address of the site, as long as it is used; INTACT_SITE is that of another one."""
    if os.environ.get("INTACT_SITE"):
        yield os.environ["INTACT_SITE"]
        return
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site.parent))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/{site.name}/"
    server.shutdown()


def run(script, site, *words):
    """Runs a script with the address, the packages, the browser and `words`: its exit status."""
    place = packages()
    with serve(site) as address:
        command = ["node", script, address, place, shutil.which("chromium"), *words]
        return subprocess.run(command, stdin=subprocess.DEVNULL).returncode
