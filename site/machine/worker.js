// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The worker of intact.js: has the machine, and answers calls in their order.
import { createMachine } from "./core.js";

async function load(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} cannot be loaded: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

const machine = Promise.all([load("intact.wasm"), load("lessons.pack")]).then((files) => createMachine(...files));

self.onmessage = async ({ data: { id, method, values } }) => {
  try {
    const target = await machine;
    self.postMessage({ id, value: method ? target[method](...values) : null });
  } catch (error) {
    self.postMessage({ id, error: error.message });
  }
};
