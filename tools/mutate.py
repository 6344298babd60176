#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Mutation tests: puts small faults into our sources, one at a time, and reports which of them no unit test notices.

  mutate.py FILE...             mutants of whole files below src/ (or FILE:10-40 for some lines)
  mutate.py [--base REF]        mutants of the lines changed since REF (default: where this branch left main, or on main
                                the last commit), changes that are not committed included

A survivor is a line whose fault no test sees: it wants a test, or is not needed, or the mutant is equivalent to the source
(no input can tell them apart; only a person can say so). The mutants are drawn from all possible ones by --seed, the
four kinds (mutants.py) in turn, so that the same seed on the same source gives the same ones.

The work tree is never touched. Its files are copied to a folder below build/mutate and built there, without optimisation
across rooms; a mutant costs a compilation of its file and a link of the test programs. Those of the file's own name run
first, then those of its folder, then the others that link with it (of processors and whole machines only for files of
theirs); the first failure ends it. A test that takes ten seconds is stopped, and counts as a failure; so is a program that
takes ten times as long as without the mutant (20 seconds at least). Mutants of the interrupt library alone (base, msi,
irqchip, groups) need only its tests, and are built without the machines.

--shard K/N tries the files K, K+N, K+2N, ... of the same mutants, in a folder of its own: N such runs together, side by
side or one after the other, try what one run without --shard tries.
"""
import argparse
import collections
import difflib
import fcntl
import functools
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import time

import mutants

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "build/mutate"
TREE, BUILD = WORK / "tree", WORK / "build" # moved by use_folder
CHIPS = ("base", "msi", "irqchip", "groups") # the rooms of libintact-irq
FAR = ("machine", "cli", "vcpu") # their tests run whole programs, and say little of the rooms below
LEAST_LIMIT, TIMES = 20, 10 # seconds of a program, and times the run without a mutant
TEST_LIMIT = 10 # seconds of one test
MEMORY = 16 << 30
LINKED_AT_ONCE = 4 # test programs


def fail(text):
    sys.exit(f"mutate: {text}")


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        fail(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


# --- What to change -----------------------------------------------------------------------------------------------------

def changed_lines(base):
    """{file: set of lines} of C sources below src/ that differ from `base`."""
    result, file = {}, None
    for line in git("diff", "--unified=0", "--no-renames", base, "--", "src").splitlines():
        if line.startswith("+++ "):
            file = line[6:] if line.startswith("+++ b/") else None
        found = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)
        if found and file and file.endswith((".c", ".h")):
            first, count = int(found.group(1)), int(found.group(2) or 1)
            result.setdefault(file, set()).update(range(first, first + count))
    return result


def named_files(names):
    result = {}
    for name in names:
        name, _, lines = name.partition(":")
        path = pathlib.Path(name).resolve()
        if not path.is_file() or not path.is_relative_to(ROOT / "src"):
            fail(f"'{name}' is not a file below src/")
        first, _, last = lines.partition("-")
        if lines and not (first.isdigit() and (last or first).isdigit()):
            fail(f"'{name}:{lines}': lines are FIRST-LAST")
        chosen = set(range(int(first), int(last or first) + 1)) if lines else None
        result[str(path.relative_to(ROOT))] = chosen
    return result


def default_base():
    if git("branch", "--show-current").strip() != "main":
        done = subprocess.run(["git", "merge-base", "HEAD", "main"], cwd=ROOT, capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() != git("rev-parse", "HEAD").strip():
            return done.stdout.strip()
    return "HEAD~1"


@functools.cache
def source(file):
    """As it was at the first call: the work tree may change under a long run."""
    return (ROOT / file).read_text()


def draw(files, seed):
    """All mutants of the files, in the order in which they are to be tried."""
    kinds = {kind: [] for kind in mutants.KINDS}
    for file in sorted(files):
        for mutant in mutants.mutants(source(file), files[file]):
            kinds[mutant.kind].append((file, mutant))
    dice = random.Random(seed)
    for list_ in kinds.values():
        dice.shuffle(list_)
    while any(kinds.values()):
        for list_ in kinds.values():
            if list_:
                yield list_.pop()


def shares(drawn, count):
    """{file: (its mutants, how many of them to try)}; of the mutants there are half as many again, as some do not compile."""
    chosen = collections.defaultdict(list)
    for number, (file, mutant) in enumerate(drawn):
        if number < count + count // 2:
            chosen[file].append(mutant)
    left, waiting, result = count, sum(map(len, chosen.values())), {}
    for file, list_ in sorted(chosen.items()):
        share = round(left * len(list_) / waiting)
        result[file] = list_, share
        left, waiting = left - share, waiting - len(list_)
    return result


# --- The copy and its build ---------------------------------------------------------------------------------------------

def use_folder(chips_only, shard):
    global WORK, TREE, BUILD
    WORK = WORK / (("chips" if chips_only else "all") + (f"-{shard[0]}" if shard[1] > 1 else ""))
    TREE, BUILD = WORK / "tree", WORK / "build"


def copy_sources():
    names = set(git("ls-files", "--cached", "--others", "--exclude-standard").split("\n")) - {""}
    names = {name for name in names if (ROOT / name).is_file()}
    for old in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(old.relative_to(TREE)) not in names:
            old.unlink()
    for name in names:
        data, place = (ROOT / name).read_bytes(), TREE / name
        if not place.exists() or place.read_bytes() != data:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            place.chmod((ROOT / name).stat().st_mode)


def configure(chips_only):
    copy_sources()
    if not (BUILD / "build.ninja").exists():
        run(["cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O1",
             "-DINTACT_LTO=OFF", "-DINTACT_WERROR=OFF", f"-DINTACT_MACHINE={'OFF' if chips_only else 'ON'}"])
    run(["ninja", "-C", BUILD, "build.ninja"])


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        fail(f"{' '.join(map(str, command))} failed:\n{done.stdout[-3000:]}")


def ninja(targets, jobs):
    return subprocess.run(["ninja", "-C", BUILD, f"-j{jobs}", *targets], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


class Program(collections.namedtuple("Program", "name folder output objects")):
    """A unit test program: test-irqchip-x86-pic is of the folder irqchip/x86."""


def programs():
    text = (BUILD / "build.ninja").read_text()
    folders = sorted((str(path.relative_to(TREE / "tests")) for path in (TREE / "tests").rglob("*") if path.is_dir()),
                     key=len, reverse=True)
    for found in re.finditer(r"^build (\S*test-(\S+)): C_EXECUTABLE_LINKER\S* (.*)$", text, re.MULTILINE):
        folder = next((f for f in folders if found.group(2).startswith(f.replace("/", "-") + "-")), None)
        if folder:
            stem = found.group(2)[len(folder) + 1:]
            yield Program(stem, folder, found.group(1), found.group(3))


def stages(file, all_):
    """Lists of test programs: of the file's name, of its folder, of the rest that links with it."""
    path = pathlib.PurePath(file).relative_to("src")
    folder, stem = str(path.parent), path.stem
    own = [p for p in all_ if p.folder == folder]
    named = [p for p in own if p.name == stem or p.name.startswith(stem + "_") or stem.startswith(p.name + "_")]
    room = f"room_{folder.replace('/', '_')}.dir/"
    far = folder.split("/")[0] in FAR
    rest = [p for p in all_ if p not in own and (far or p.folder.split("/")[0] not in FAR) and
            (room in p.objects or file.endswith(".h"))]
    rest.sort(key=lambda p: p.objects.count(".o "))
    return [list_ for list_ in (named, [p for p in own if p not in named], rest) if list_]


def limits():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def start(program):
    command = [BUILD / program.output, "--fail-fast", "--timeout", str(TEST_LIMIT)]
    return subprocess.Popen(command, cwd=BUILD, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limits)


def end(child):
    try:
        os.killpg(child.pid, signal.SIGKILL) # also what a test has left behind
    except ProcessLookupError:
        pass
    child.wait()


def passes(program, limit):
    """True, False, or None where it was stopped at the limit; and the seconds."""
    begin, child = time.monotonic(), start(program)
    try:
        result = child.wait(timeout=limit) == 0
    except subprocess.TimeoutExpired:
        result = None
    finally:
        end(child)
    return result, time.monotonic() - begin


# --- One mutant ---------------------------------------------------------------------------------------------------------

class Bench:
    def __init__(self, jobs):
        self.jobs, self.all, self.seconds, self.broken = jobs, list(programs()), {}, set()

    def prepare(self, stage, file, text):
        """Builds and times the programs without a mutant, once. Those that fail so are not used."""
        new = [p for p in stage if p not in self.seconds and p not in self.broken]
        if not new:
            return
        mutated = (TREE / file).read_text()
        (TREE / file).write_text(text)
        if not ninja([p.output for p in new], self.jobs):
            fail(f"the sources do not build: ninja -C {BUILD} {new[0].output}")
        for program in new:
            ok, seconds = passes(program, 600)
            if ok:
                self.seconds[program] = seconds
            else:
                self.broken.add(program)
                print(f"mutate: {program.folder}/{program.name} fails without a mutant; left out", flush=True)
        (TREE / file).write_text(mutated)

    def object_of(self, file):
        room = f"room_{file[4:file.rindex('/')].replace('/', '_')}.dir/{file}.o"
        found = BUILD / "CMakeFiles" / room
        return found if found.exists() else None

    def compile(self, file, text):
        """None where it does not compile, else the object's bytes (b"" for a header)."""
        place = TREE / file
        place.write_text(text)
        target = self.object_of(file)
        if not target:
            return b""
        return target.read_bytes() if ninja([target.relative_to(BUILD)], self.jobs) else None

    def judge(self, file, text, mutant, original):
        """What became of the mutant: invalid, same (as the original, to the compiler), killed, limit, survived."""
        made = self.compile(file, mutants.apply(text, mutant))
        if made is None:
            return "invalid"
        if made and made == original:
            return "same"
        for stage in stages(file, self.all):
            self.prepare(stage, file, text)
            use = [p for p in stage if p in self.seconds]
            use.sort(key=self.seconds.get)
            for first in range(0, len(use), LINKED_AT_ONCE):
                some = use[first:first + LINKED_AT_ONCE]
                if not ninja([p.output for p in some], self.jobs):
                    return "invalid"
                for program in some:
                    ok, _ = passes(program, max(LEAST_LIMIT, TIMES * self.seconds[program]))
                    if not ok:
                        return "limit" if ok is None else "killed"
        return "survived"

    def file(self, file, drawn):
        """Tries the mutants of one file; the caller gets (mutant, verdict) of each."""
        text = source(file)
        try:
            original = self.compile(file, text)
            if original is None:
                fail(f"{file} does not compile")
            for mutant in drawn:
                yield mutant, self.judge(file, text, mutant, original)
        finally:
            (TREE / file).write_text(text)


# --- The report ---------------------------------------------------------------------------------------------------------

def show(word, file, mutant):
    text = source(file)
    lines = difflib.unified_diff(text.splitlines(), mutants.apply(text, mutant).splitlines(), f"a/{file}", f"b/{file}",
                                 n=1, lineterm="")
    print(f"{word} ({mutant.kind}):\n" + "\n".join(lines), flush=True)


def report(verdicts):
    total = collections.Counter()
    print(f"\n{'file':44} {'mutants':>8} {'caught':>8} {'by limit':>8} {'survived':>9}")
    for file, counts in sorted(verdicts.items()):
        caught, alive = counts["killed"] + counts["limit"], counts["survived"]
        print(f"{file:44} {caught + alive:8} {caught:8} {counts['limit']:8} {alive:9}")
        total.update(counts)
    caught = total["killed"] + total["limit"]
    tried = caught + total["survived"]
    percent = 100 * caught / tried if tried else 100
    print(f"{tried} mutants, {caught} caught ({percent:.1f} percent); {total['same']} more that the compiler makes the same "
          f"code of, {total['invalid']} that do not compile", flush=True)
    return percent


def shard(text):
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not 1 <= int(found.group(1)) <= int(found.group(2)):
        raise argparse.ArgumentTypeError("a shard is K/N, K from 1 to N")
    return int(found.group(1)), int(found.group(2))


def arguments():
    parser = argparse.ArgumentParser(prog="mutate", description="puts faults into sources and tells which no test notices")
    parser.add_argument("files", nargs="*", metavar="FILE[:FIRST-LAST]", help="sources below src/; none: the changed lines")
    parser.add_argument("--base", help="changed since this commit")
    parser.add_argument("--count", type=int, default=60, help="mutants that are tried (60)")
    parser.add_argument("--seed", type=int, default=1, help="which mutants (1)")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="K/N", help="only every Nth file, from the Kth")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--least", type=float, default=0, help="fail below this percentage caught")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes that compile at a time")
    parser.add_argument("--list", action="store_true", help="print the mutants, and try none")
    return parser.parse_args()


def alone():
    """A lock on the copy, for as long as what is returned lives. An end by SIGTERM is one by Ctrl-c."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    WORK.mkdir(parents=True, exist_ok=True)
    lock = open(WORK / "lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fail(f"another run uses {WORK}")
    return lock


def main():
    args = arguments()
    files = named_files(args.files) if args.files else changed_lines(args.base or default_base())
    drawn = list(draw(files, args.seed))
    if args.list:
        for file, mutant in drawn[:args.count]:
            show("mutant", file, mutant)
    if args.list or not drawn:
        print(f"mutate: {len(drawn)} mutants in {len(files)} files")
        return
    chips_only = all(file.split("/")[1] in CHIPS for file in files)
    use_folder(chips_only, args.shard)
    lock = alone()
    configure(chips_only)
    bench, verdicts, stop = Bench(args.jobs), collections.defaultdict(collections.Counter), time.monotonic() + args.seconds
    chosen = sorted(shares(drawn, args.count).items())[args.shard[0] - 1::args.shard[1]]
    try:
        for file, (list_, share) in chosen: # by file: a change of file costs a compilation
            if not share or time.monotonic() > stop:
                continue
            for mutant, verdict in bench.file(file, list_):
                verdicts[file][verdict] += 1
                if verdict == "survived":
                    show("survived", file, mutant)
                done = sum(verdicts[file][v] for v in ("killed", "limit", "survived"))
                if done >= share or time.monotonic() > stop:
                    break
    except KeyboardInterrupt:
        print("mutate: interrupted; what was found so far:")
    lock.close()
    if report(verdicts) < args.least:
        sys.exit(1)


if __name__ == "__main__":
    main()
