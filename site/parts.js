// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Draws what is around the chips: the processors with what lets an interrupt in, the wires, and what the guest prints.
import { count, draw, find, make, put, say } from "./dom.js";

// --- Processors ------------------------------------------------------------------------------------------------------

// A way with a bar: across it, or swung out of it.
function gateSign(open) {
    return draw("svg", { viewBox: "0 0 30 18", width: 30, height: 18, "aria-hidden": "true" },
        draw("path", { d: "M1 13H29", class: "way" }), draw("path", { d: open ? "M11 13L20 2" : "M15 3V17", class: "bar" }));
}

function gate(gate) {
    return make("li", { class: `gate ${gate.open ? "open" : "closed"}${gate.changed ? " changed" : ""}`, "data-gate": gate.name }, gateSign(gate.open),
        make("span", { class: "gate-name" }, (gate.changed ? "✱ " : "") + gate.name),
        make("span", { class: "gate-state" }, gate.open ? "open" : "closed"), make("span", { class: "gate-text" }, gate.text));
}

function processor(cpu, index, chosen) {
    const code = cpu.code.map((line, i) => make("li", { "aria-current": i === 0 ? "step" : null },
        make("span", { class: "address" }, line.address), " ", line.text));
    return make("section", { class: `cpu${chosen ? " chosen" : ""}`, "aria-label": `CPU ${index}` },
        make("h3", {}, `CPU ${index}`, make("span", { class: "cpu-state" }, `${cpu.moved ? "✱ " : ""}${cpu.state} at ${cpu.pc}`)),
        make("ul", { class: "gates", "aria-label": "what an interrupt must pass" }, ...cpu.gates.map(gate)),
        code.length ? make("ol", { class: "code", "aria-label": "the next instructions" }, ...code) : null);
}

export function showCpus(model) {
    find("cpus").replaceChildren(...model.cpus.map((cpu, i) => processor(cpu, i, model.cpus.length > 1 && i === model.chosen.cpu)));
}

// --- Wires -----------------------------------------------------------------------------------------------------------

function level(high) {
    return draw("svg", { viewBox: "0 0 26 14", width: 26, height: 14, "aria-hidden": "true" },
        draw("path", { d: high ? "M1 12H6V2H20V12H25" : "M1 12H25", class: high ? "level high" : "level" }));
}

function wire(wire) {
    const low = wire.others ? (wire.high ? ` (not ${wire.others})` : wire.others) : "";
    return make("li", { class: `wire${wire.changed ? " changed" : ""}${wire.high ? " high" : ""}`, "data-gsi": wire.gsi }, level(wire.high),
        make("span", { class: "gsi" }, `${wire.changed ? "✱ " : ""}GSI ${wire.gsi}`),
        make("span", { class: "level-name" }, wire.high ? "high" : "low"), make("span", { class: "drivers" }, wire.high_by + low));
}

export class Wires {
    // The wires that the guest has moved, or that `source` drives, are shown; the others on demand.
    open(source) {
        this.source = source;
        this.moved = new Set();
        this.all = false;
    }

    update(model) {
        for (const each of model.wires)
            if (each.changed || each.high || `${each.high_by},${each.others}`.split(/, ?/).includes(this.source))
                this.moved.add(each.gsi);
        const shown = model.wires.filter((each) => this.all || this.moved.has(each.gsi));
        const left = model.wires.length - shown.length;
        const rest = make("button", { type: "button", class: "rest", hidden: !left && !this.all, onclick: () => {
            this.all = !this.all;
            this.update(model);
            find("wires").querySelector(".rest").focus();
        } }, this.all ? "only those that have moved" : `${count(left)} more, low`);
        const heading = make("h2", {}, "Wires");
        find("wires").replaceChildren(heading, make("ul", { class: "wire-list", "aria-label": "wires" }, ...shown.map(wire)), rest);
    }
}

// --- The guest's console ---------------------------------------------------------------------------------------------

export function showPrinted(model) {
    const box = find("printed"), text = model.printed || "(nothing yet)";
    put(box, "class", model.printed ? "" : "quiet");
    if (box.textContent !== text) {
        say(box, text);
        box.scrollTop = box.scrollHeight;
    }
}
