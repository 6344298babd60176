// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine in WebAssembly: src/web/web.h as an object whose texts are strings. It answers at once, and a long run takes its time:
// pages use intact.js, which has it in a worker.
import { makeHost, readTar, unpack } from "./files.js";

// Keys that are no characters, as KeyboardEvent.key has them: their numbers in src/view/keys.h.
const KEYS = {
  Tab: 9, Enter: 13, Escape: 27, "Shift-Tab": 0x100, ArrowUp: 0x101, ArrowDown: 0x102, ArrowLeft: 0x103, ArrowRight: 0x104,
};

// `wasm`: the module's bytes, or what WebAssembly.instantiate takes; `pack`: the bytes of lessons.pack.
export async function createMachine(wasm, pack, print = console.error) {
  let exports;
  const host = makeHost(readTar(await unpack(pack)), () => exports.memory, print);
  const made = await WebAssembly.instantiate(wasm, { wasi_snapshot_preview1: host });
  exports = (made.instance ?? made).exports;
  exports._initialize();
  const machine = new Machine(exports);
  machine.pass("web_begin", "/lessons");
  return machine;
}

class Machine {
  constructor(exports) {
    this.exports = exports;
  }

  // Calls a function with texts.
  pass(name, ...texts) {
    const places = texts.map((text) => this.put(String(text)));
    try {
      return this.exports[name](...places);
    } finally {
      places.forEach((place) => this.exports.free(place));
    }
  }

  put(text) {
    const bytes = new TextEncoder().encode(text + "\0");
    const place = this.exports.malloc(bytes.length) >>> 0; // addresses come as signed numbers
    if (!place) throw new Error("the browser has no memory left");
    new Uint8Array(this.exports.memory.buffer, place, bytes.length).set(bytes);
    return place;
  }

  // `place`: an address, which JavaScript has from the module as a number with a sign.
  text(place) {
    const bytes = new Uint8Array(this.exports.memory.buffer, place >>> 0);
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }

  fail() {
    throw new Error(this.text(this.exports.web_error()));
  }

  // What a function answers: a text.
  ask(name, ...texts) {
    const place = this.pass(name, ...texts);
    return place ? this.text(place) : this.fail();
  }

  lessons() {
    return JSON.parse(this.ask("web_lessons"));
  }

  open(lesson, variant = "given") {
    if (this.pass("web_open", lesson, variant) < 0) this.fail();
    return this.model();
  }

  // A character, or a name of KEYS.
  key(key) {
    this.exports.web_key(KEYS[key] ?? key.charCodeAt(0));
    return this.model();
  }

  runOn() {
    this.exports.web_run_on();
    return this.model();
  }

  goTo(instructions) {
    this.exports.web_go_to(instructions);
    return this.model();
  }

  model() {
    return JSON.parse(this.ask("web_model"));
  }

  sources() {
    return lines(this.ask("web_sources"));
  }

  why(source) {
    return lines(this.ask("web_why", source));
  }

  check(lesson, variant = "given") {
    return JSON.parse(this.ask("web_check", lesson, variant));
  }
}

function lines(text) {
  return text.split("\n").filter((line) => line);
}
