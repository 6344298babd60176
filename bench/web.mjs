// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How fast guests run in the WebAssembly module, in node: bench/web.mjs [FOLDER]
//
// FOLDER is the folder machine of the site, build/site/machine if it is not given. For each machine: guest instructions in a second of the
// whole lesson with the most of them, from making the machine to its end, the best of five runs; and how long a step and a look take.
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = path.resolve(process.argv[2] ?? "build/site/machine");
const RUNS = 5, STEPS = 200;
const { createMachine } = await import(pathToFileURL(path.join(folder, "core.js")));
const read = (name) => readFileSync(path.join(folder, name));

let start = performance.now();
const machine = await createMachine(read("intact.wasm"), read("lessons.pack"));
console.log(`load    ${(performance.now() - start).toFixed(0)} ms`);

for (const type of ["pc", "virt"]) {
  const results = machine.lessons().filter((lesson) => lesson.machine === type).map((lesson) => machine.check(lesson.number));
  const { lesson, instructions } = results.reduce((most, result) => (result.instructions > most.instructions ? result : most));
  let best = Infinity;
  for (let i = 0; i < RUNS; i++) {
    start = performance.now();
    machine.check(lesson);
    best = Math.min(best, performance.now() - start);
  }
  machine.open(lesson);
  start = performance.now();
  for (let i = 0; i < STEPS; i++) machine.key("s");
  const step = (performance.now() - start) / STEPS;
  console.log(`${type.padEnd(7)} ${(instructions / best / 1000).toFixed(1)} M instructions/s (lesson ${lesson}: ${instructions} in ` +
              `${best.toFixed(0)} ms), ${step.toFixed(2)} ms for a step with its model`);
}
