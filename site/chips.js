// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Draws the chips: each as its package, with pins where it has some, and its registers as named bits and fields. A register appears
// as soon as the guest has changed it; a button shows all. What a bit or field means is said below the chip when it is chosen.
import { count, make, put, rove, say } from "./dom.js";

const MANY = 3; // registers of one name: where there are more, those that have the most frequent value are one line
const WIDE = 8; // bits with their numbers in them; of more, the numbers that are set stand beside them
const LISTED = 6; // of these

const bigger = (text) => BigInt(text);
const bits = (value, high, low) => (bigger(value) >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
const full = (reg) => reg.name + (reg.index === null ? "" : reg.index);

// 0x0000000000a04000: 00A0 4000h
function short(value) {
    const digits = value.slice(2), kept = digits.length > 8 ? digits.replace(/^(0{4}){1,3}/, "") : digits;
    return kept.replace(/(.)(?=(.{4})+$)/g, "$1 ").toUpperCase() + "h";
}

// Of a set: the bits of each number, now and before.
function numbers(reg) {
    const list = [];
    for (let i = 0; i * reg.each < reg.bits; i++) {
        const high = i * reg.each + reg.each - 1, low = i * reg.each;
        const value = bits(reg.value, high, low);
        list.push({ number: reg.first + i, value, changed: value !== bits(reg.before, high, low), high, low });
    }
    return list;
}

class Register {
    constructor(chip, reg) {
        this.chip = chip;
        this.name = full(reg);
        this.start = reg.value;
        this.touched = false;
        this.row = null; // it is made when it is shown first: a GIC has thousands of bits
    }

    make() {
        const { chip, reg } = this;
        this.cells = [];
        this.box = make("div", { class: reg.of ? "cells" : "fields" });
        this.value = make("button", { type: "button", class: "value", tabindex: -1, onclick: () => chip.explain(this, -1) });
        this.sign = make("span", { class: "sign", "aria-hidden": "true" });
        this.row = make("div", { class: "register", role: "group", "data-register": this.name }, this.sign,
            make("span", { class: "label" }, this.name), this.box, this.value);
        const parts = reg.of ? numbers(reg) : reg.fields ?? [];
        parts.forEach((part, i) => this.add(this.cell(reg, part), i));
        this.narrow = reg.of && parts.length > WIDE;
        if (this.narrow) {
            this.box.classList.add("narrow");
            this.names = make("span", { class: "names" });
            this.box.append(this.names);
        }
        return this.row;
    }

    cell(reg, part) {
        if (reg.of)
            return make("button", { type: "button", class: "bit", tabindex: -1 }, reg.bits / reg.each > WIDE ? "" : String(part.number));
        return make("button", { type: "button", class: "field", tabindex: -1 },
            make("span", { class: "field-name" }, part.name), " ", make("span", { class: "field-value" }));
    }

    add(node, index) {
        node.onclick = () => this.chip.explain(this, index);
        this.cells.push(node);
        this.box.append(node);
    }

    update(reg) {
        this.reg = reg;
        this.touched = this.touched || reg.changed || reg.value !== this.start;
    }

    show() {
        const { reg } = this;
        put(this.row, "aria-label", `${this.name}, ${reg.value}${reg.changed ? ", changed" : ""}`);
        this.row.classList.toggle("changed", reg.changed);
        say(this.sign, reg.changed ? "✱" : "");
        say(this.value, short(reg.value));
        put(this.value, "aria-label", `${this.name} = ${short(reg.value)}`);
        if (reg.of)
            this.updateSet(numbers(reg));
        else if (reg.fields)
            reg.fields.forEach((field, i) => this.updateField(this.cells[i], field));
    }

    updateSet(list) {
        list.forEach((part, i) => {
            const cell = this.cells[i], on = part.value !== 0n;
            cell.classList.toggle("on", on);
            cell.classList.toggle("new", part.changed);
            if (this.reg.each > 1)
                say(cell, `${part.number}${on ? ":" + part.value.toString(16).toUpperCase() : ""}`);
            put(cell, "aria-label", `${this.name} ${this.reg.of} ${part.number}: ${part.value}${part.changed ? ", changed" : ""}`);
            if (this.narrow)
                put(cell, "title", `${this.reg.of} ${part.number}: ${part.value}`);
        });
        if (this.narrow) {
            const on = list.filter((part) => part.value !== 0n).map((part) => part.number);
            say(this.names, on.length === list.length ? "all" : on.length > LISTED ? `${on.length} of ${list.length}` : on.join(" "));
        }
    }

    updateField(cell, field) {
        cell.classList.toggle("on", field.value !== "0x0");
        cell.classList.toggle("new", field.changed);
        say(cell.lastChild, field.meaning);
        put(cell, "aria-label", `${this.name} ${field.name} ${field.meaning}${field.changed ? ", changed" : ""}`);
    }

    // What is said about one of its cells.
    meaning(index) {
        const reg = this.reg, value = `${this.name} = ${short(reg.value)}`;
        const before = reg.changed ? `, before ${short(reg.before)}` : "";
        if (index < 0)
            index = Infinity;
        const manual = reg.section ? reg.section : "what the chip keeps; no register of the manual shows it";
        const part = reg.of && numbers(reg)[index];
        if (part) {
            const where = part.high === part.low ? `bit ${part.low}` : `bits ${part.high}:${part.low}`;
            return { what: `${this.name}, ${reg.of} ${part.number}: ${part.value}`, where: `${where} of ${value}${before}`, manual };
        }
        const field = reg.fields?.[index];
        if (!field)
            return { what: value, where: `${reg.bits} bits${before}`, manual };
        const where = field.high === field.low ? `bit ${field.low}` : `bits ${field.high}:${field.low}`;
        const number = /^\d+$/.test(field.meaning) ? ` (${field.value})` : "";
        return { what: `${field.name}: ${field.meaning}${number}`, where: `${where} of ${value}${before}`, manual };
    }
}

// The package: its name, and stubs for the inputs if it tells their levels.
class Chip {
    constructor(chip, closed) {
        this.registers = new Map();
        this.all = false;
        this.chosen = null;
        this.alike = new Map();
        this.number = new Map(); // how many registers have this name
        for (const reg of chip.registers)
            this.number.set(reg.name, (this.number.get(reg.name) ?? 0) + 1);
        this.rows = make("div", { class: "registers" });
        this.rest = make("button", { type: "button", class: "rest", onclick: () => this.showAll(!this.all) });
        this.note = make("p", { class: "meaning", role: "status", hidden: true });
        this.sign = make("span", { class: "sign" });
        this.head = make("summary", {}, make("h3", {}, chip.text), make("span", { class: "chip-name" }, chip.name), this.sign);
        this.box = make("details", { class: "chip", open: !closed }, this.head, this.rows, this.note, this.rest);
        this.box.dataset.chip = chip.name;
        chip.registers.forEach((reg, i) => this.know(reg, i));
        this.settle = rove(this.box, () => [...this.box.querySelectorAll(".bit, .field, .value")].filter((cell) => !cell.closest("[hidden]")),
            (cell) => Number(cell.closest(".register").dataset.place));
        this.update(chip);
    }

    know(reg, i) {
        const row = new Register(this, reg);
        row.pins = reg.name === "pins" && Boolean(reg.of);
        row.place = row.pins ? -1 : i;
        this.registers.set(row.name, row);
        if (this.number.get(reg.name) > MANY && reg.index === this.number.get(reg.name) - 1) {
            const line = make("p", { class: "alike", hidden: true, "data-place": i + 0.5 });
            this.alike.set(reg.name, line);
            this.rows.append(line);
        }
    }

    // Shows a register at its place among the others, or hides it.
    place(row, shown) {
        if (shown && !row.row) {
            const node = row.make();
            put(node, "data-place", row.place);
            node.classList.toggle("stubs", row.pins);
            this.rows.insertBefore(node, [...this.rows.children].find((other) => Number(other.dataset.place) > row.place) ?? null);
        }
        if (row.row)
            put(row.row, "hidden", !shown);
        if (shown)
            row.show();
    }

    // Of registers of which there are many, the value that most have; how many; whether the guest has changed one of them.
    frequent(chip) {
        const found = new Map();
        for (const name of this.alike.keys()) {
            const values = new Map();
            for (const reg of chip.registers.filter((each) => each.name === name))
                values.set(reg.value, (values.get(reg.value) ?? 0) + 1);
            found.set(name, [...values].reduce((best, each) => each[1] > best[1] ? each : best)[0]);
        }
        return found;
    }

    update(chip) {
        const frequent = this.frequent(chip), alike = new Map();
        let left = 0;
        for (const reg of chip.registers) {
            const row = this.registers.get(full(reg));
            row.update(reg);
            const small = reg.of && reg.bits <= WIDE && !this.alike.has(reg.name);
            const wanted = row.touched || row.pins || small;
            const usual = wanted && !reg.changed && frequent.get(reg.name) === reg.value;
            if (usual)
                alike.set(reg.name, (alike.get(reg.name) ?? 0) + 1);
            left += !wanted || usual;
            this.place(row, this.all || (wanted && !usual));
        }
        for (const [name, line] of this.alike) {
            put(line, "hidden", this.all || !alike.has(name));
            say(line, `${name}: ${alike.get(name)} with ${short(frequent.get(name))}`);
        }
        put(this.rest, "hidden", !left && !this.all);
        say(this.rest, this.all ? "only what the guest has changed" : `${count(left)} more ${left === 1 ? "register" : "registers"}`);
        this.box.classList.toggle("changed", chip.changed);
        say(this.sign, chip.changed ? "✱ changed" : "");
        if (this.chosen)
            this.tell();
        this.settle();
        this.last = chip;
    }

    showAll(all) {
        this.all = all;
        this.update(this.last);
    }

    explain(reg, index) {
        const same = this.chosen && this.chosen.reg === reg && this.chosen.index === index;
        this.box.querySelector(".chosen")?.classList.remove("chosen");
        this.chosen = same ? null : { reg, index };
        if (!same)
            (reg.cells[index] ?? reg.value).classList.add("chosen");
        put(this.note, "hidden", same);
        if (this.chosen)
            this.tell();
    }

    tell() {
        const { what, where, manual } = this.chosen.reg.meaning(this.chosen.index);
        this.note.replaceChildren(make("strong", {}, what), make("br"), where, make("br"), make("cite", {}, manual));
    }
}

export class Chips {
    constructor(box) {
        this.box = box;
    }

    // A machine is opened: what its lesson is not about is closed, and comes last.
    open(model, aside) {
        this.chips = model.chips.map((chip) => new Chip(chip, aside.includes(chip)));
        const order = [...this.chips.keys()].sort((a, b) => aside.includes(model.chips[a]) - aside.includes(model.chips[b]));
        this.box.replaceChildren(...order.map((i) => this.chips[i].box));
    }

    update(model) {
        model.chips.forEach((chip, i) => this.chips[i].update(chip));
    }
}
