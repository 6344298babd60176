// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A lesson's machine for a page: docs/browser.md has its methods.
//
//     const machine = await openMachine();
//     let model = await machine.open(16, "given");
//     model = await machine.key("n");
//
// The machine is in a worker, so that a long run does not stop the page: every method returns a promise. Calls are answered in their
// order. Where something is wrong the promise is rejected with an Error whose message is a line for people.
const METHODS = ["lessons", "open", "key", "runOn", "goTo", "model", "sources", "why", "check"];

class Machine {
  constructor() {
    this.calls = new Map(); // by number: those that are not answered yet
    this.count = 0;
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.answer(data);
    this.worker.onerror = (event) => this.fail(event.message || "worker.js cannot be loaded");
  }

  call(method, values) {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, values });
    });
  }

  answer({ id, value, error }) {
    const call = this.calls.get(id);
    this.calls.delete(id);
    if (error === undefined) call.resolve(value);
    else call.reject(new Error(error));
  }

  fail(message) {
    for (const call of this.calls.values()) call.reject(new Error(message));
    this.calls.clear();
  }

  // Nothing is answered any more.
  close() {
    this.worker.terminate();
    this.fail("the machine was closed");
  }
}

for (const method of METHODS)
  Machine.prototype[method] = function (...values) {
    return this.call(method, values);
  };

// Resolves when the module and the lessons are there.
export async function openMachine() {
  const machine = new Machine();
  await machine.call(null, []);
  return machine;
}
