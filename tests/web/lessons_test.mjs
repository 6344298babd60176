// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The WebAssembly module does what the same C does on this host: lessons_test.mjs MACHINE LESSONS COMMAND NATIVE
//
// MACHINE is the folder machine of the site. Each lesson's guests are run to their ends, and the results compared with those of the
// command, byte by byte; then each lesson is opened, run by events, by instructions, back and forward, and what is to be seen after
// each step is compared with what native.c says. Instructions as text are left out: the module has no disassembler.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, lessons, command, native] = process.argv.slice(2);
const SKIPPED = 77, LARGEST = 2_000_000; // bytes of the whole folder
if (!existsSync(path.join(folder, "intact.wasm"))) {
  console.log("there is no module: the site was not made");
  process.exit(SKIPPED);
}

const { createMachine } = await import(pathToFileURL(path.join(folder, "core.js")));
const read = (name) => readFileSync(path.join(folder, name));
const machine = await createMachine(read("intact.wasm"), read("lessons.pack"));
let failures = 0;

function compare(what, found, wanted) {
  if (found === wanted) return;
  let at = 0;
  while (found[at] === wanted[at]) at++;
  console.log(`FAILED: ${what}: at character ${at} the module says\n  ${found.slice(Math.max(0, at - 60), at + 60)}\nand this host\n  ` +
              wanted.slice(Math.max(0, at - 60), at + 60));
  failures++;
}

// --- Whole lessons -----------------------------------------------------------------------------------------------------

const list = machine.lessons();
const variants = list.flatMap((lesson) => ["given", "broken"].slice(0, lesson.hasBroken ? 2 : 1).map((variant) => [lesson, variant]));
for (const [lesson, variant] of variants) {
  const options = ["lesson", String(lesson.number), "--json", "--lessons", lessons, ...(variant === "broken" ? ["--broken"] : [])];
  const told = spawnSync(command, options, { encoding: "utf8" });
  compare(`lesson ${lesson.number}, ${variant}`, machine.ask("web_check", lesson.number, variant), told.stdout.trim());
}

// --- Sessions ----------------------------------------------------------------------------------------------------------

// To events, by instructions, back, forward by a leap, to an instant before and to one after it; then a run by portions. The way to the
// event before takes long, so that only some lessons have it.
const KEYS = ["n", "s", "n", "c", "\t", "b", "G"];
const INSTANTS = [12345, 3000, 20000];

function* callsOf(lesson) {
  yield `open ${lesson.number} ${lesson.hasBroken && lesson.number % 2 ? "broken" : "given"}`;
  yield "model";
  yield "sources";
  for (const key of lesson.number % 4 ? KEYS : [...KEYS, "p"]) {
    yield `key ${key.charCodeAt(0)}`;
    yield "model";
  }
  for (const instant of INSTANTS) {
    yield `go ${instant}`;
    yield "model";
  }
  yield `key ${"g".charCodeAt(0)}`;
  for (let i = 0; i < 5; i++) yield "run";
  yield "model";
  yield `why ${lesson.machine === "pc" ? "pit.out0" : "uart.irq"}`;
}

const WRONG = ["open 99 given", "open 1 odd", "check none given", "why nothing.here"];
const calls = ["lessons", "model", ...list.flatMap((lesson) => [...callsOf(lesson)]), ...WRONG];

const CODE = /"code": ?\[(?:\{"address": ?"[^"]*", ?"text": ?"[^"]*"\},? ?)*\]/g;
const plain = (text) => text.replace(CODE, '"code":[]');
const lines = (text) => text.replace(/\n$/, "").replaceAll("\n", " | ");
const tell = (name, ...texts) => {
  const place = machine.pass(name, ...texts);
  return place ? lines(machine.text(place)) : lines(machine.text(machine.exports.web_error()));
};
const MEANINGS = {
  open: (a, b) => (machine.pass("web_open", a, b) < 0 ? machine.text(machine.exports.web_error()) : "opened"),
  run: () => (machine.exports.web_run_on() ? "runs" : "stands"),
  key: (a) => (machine.exports.web_key(Number(a)), "done"),
  go: (a) => (machine.exports.web_go_to(Number(a)), "done"),
};

const told = spawnSync(native, [lessons], { input: calls.join("\n"), encoding: "utf8", maxBuffer: 1 << 28 });
const answers = told.stdout.split("\n");
calls.forEach((call, index) => {
  const [verb, ...words] = call.split(" ");
  const answer = MEANINGS[verb] ? MEANINGS[verb](...words) : tell(`web_${verb}`, ...words);
  compare(`${calls.slice(0, index).findLast((earlier) => earlier.startsWith("open")) ?? "before all"}: ${call}`, plain(answer), plain(answers[index]));
});

// --- Its size ----------------------------------------------------------------------------------------------------------

const size = readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
if (size > LARGEST) {
  console.log(`FAILED: the files of the machine have ${size} bytes; at most ${LARGEST} are to be loaded by a page`);
  failures++;
}
console.log(`${variants.length} guests and ${calls.length} calls, ${failures} differences; ${size} bytes`);
process.exit(failures ? 1 : 0);
