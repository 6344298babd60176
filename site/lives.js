// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Draws the lives of interrupts: a line for each, a column for each instant, a sign for each station. As a run is the same every time,
// what was seen before a way back stays in the picture as what will come, and a station leads there, forwards as well as back.
import { count, draw, make, put, rove, say } from "./dom.js";

const ROW = 58, TOP = 30, NAME = 152, LEFT = 2, KEPT = 200; // page.css has the first three, too

// What a station is, as a sign that needs no colour.
const SIGNS = {
    rise: "M-7 6L0 -7L7 6Z", fall: "M-7 -6L0 7L7 -6Z", pin: "M-6 -6H6V6H-6Z", wait: "M0 -8L8 0L0 8L-8 0Z",
    take: "M-9 0A9 9 0 1 0 9 0A9 9 0 1 0 -9 0Z", end: "M-7 -7H7V7H-7ZM-7 -7L7 7M7 -7L-7 7", other: "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
};

function sign(station) {
    if (station.event === "line")
        return / lowers /.test(station.text) ? "fall" : "rise";
    if (station.event === "pin")
        return "pin";
    if (["pending", "accept", "mask"].includes(station.event))
        return "wait";
    if (["take", "deliver", "ack"].includes(station.event))
        return "take";
    return station.event === "eoi" || station.event === "deactivate" ? "end" : "other";
}

// The stations of an event by which a run stops (docs/debugging.md).
export const STOPS = { raise: ["line", "trigger", "ipi", "message"], accept: ["accept", "pending"], deliver: ["take"], ack: ["ack", "take"], eoi: ["eoi"] };

export class Lives {
    // `go(instructions, by)` is called when a station is chosen: to where a run stops for it; `by`: by that event, after the instruction.
    constructor(box, caption, go) {
        this.box = box;
        this.caption = caption;
        this.go = go;
        this.full = false;
        this.settle = rove(box, () => [...box.querySelectorAll(".station")], (item) => Number(item.dataset.row));
        box.addEventListener("focusin", (event) => this.tell(event.target.closest(".station")));
        box.addEventListener("scroll", () => this.tellHidden());
        box.addEventListener("pointerover", (event) => this.tell(event.target.closest(".station")));
    }

    // `aside`: chips that the lesson is not about; their stations are in the list alone.
    open(aside) {
        this.aside = aside.map((chip) => chip.text.split(" ")[0]);
        this.seen = new Map();
        this.back = 0; // how many lives older than the newest is the chosen one
    }

    update(model) {
        for (const life of model.lives) {
            const known = this.seen.get(life.number);
            if (!known || known.stations.length <= life.stations.length)
                this.seen.set(life.number, life);
        }
        if (this.seen.size > KEPT)
            this.seen = new Map([...this.seen].slice(-KEPT));
        this.model = model;
        this.draw();
    }

    older(way) {
        this.back = Math.max(0, Math.min(this.model.lives.length - 1, this.back + way));
        this.draw();
    }

    chosen() {
        const lives = this.model?.lives ?? [];
        return lives[lives.length - 1 - this.back] ?? null;
    }

    toggle() {
        this.full = !this.full;
        this.draw();
        return this.full;
    }

    // What the stop is about, in words.
    happened() {
        const by = this.model.state.match(/^stopped by (\w+)$/)?.[1];
        const newest = this.model.lives.flatMap((life) => life.stations).filter((station) => station.instructions >= this.model.instructions - 1);
        const shown = newest.filter((station) => this.shows(station));
        return by ? (shown.findLast((station) => STOPS[by]?.includes(station.event)) ?? shown.at(-1))?.text ?? "" : "";
    }

    shows(station) {
        return this.full || !this.aside.some((name) => station.text.includes(name));
    }

    // Lives, each with the stations that it has passed and those that are ahead.
    rows() {
        const passed = new Map(this.model.lives.map((life) => [life.number, life]));
        return [...this.seen.values()].map((life) => ({
            life: passed.get(life.number) ?? life, ahead: !passed.has(life.number),
            stations: life.stations.map((station, i) => ({ ...station, passed: i < (passed.get(life.number)?.stations.length ?? 0) }))
                .filter((station) => this.shows(station)),
        }));
    }

    draw() {
        const kept = this.box.contains(document.activeElement) ? document.activeElement.dataset.id : null;
        const rows = this.rows();
        put(this.box, "class", this.full ? "list" : "picture");
        this.box.replaceChildren(...(rows.length ? [this.full ? this.list(rows) : this.picture(rows)] :
            [make("p", { class: "quiet" }, "No interrupt yet. Press n, or the button, to run to the first one.")]));
        this.settle();
        if (kept)
            this.box.querySelector(`[data-id="${kept}"]`)?.focus({ preventScroll: true });
        say(this.caption, "");
        this.show();
    }

    // What is there at this instant can be seen without scrolling.
    show() {
        const now = this.box.querySelector(".now, [aria-current]");
        if (!now || this.full)
            return;
        const x = Number(now.dataset.x ?? 0), room = this.box.clientWidth - NAME, right = Math.min(x + this.step, this.end);
        if (x < this.box.scrollLeft + this.step || right > this.box.scrollLeft + room)
            this.box.scrollLeft = Math.max(0, Math.ceil((right - room - LEFT) / this.step)) * this.step + (right > room ? LEFT : 0);
        this.box.scrollTop = Number(now.dataset.y ?? 0) - this.box.clientHeight / 2;
        this.tellHidden();
    }

    // At the left and at the right: a button, where there is more.
    tellHidden() {
        const { scrollLeft, clientWidth } = this.box;
        const [earlier, later] = this.box.querySelectorAll(".corner button");
        if (!earlier)
            return;
        put(earlier, "hidden", scrollLeft <= LEFT);
        put(later, "hidden", scrollLeft + clientWidth - NAME >= this.end - LEFT);
    }

    // By what can be seen at a time, to where a station begins.
    scroll(way) {
        const seen = Math.max(1, Math.floor((this.box.clientWidth - NAME) / this.step));
        const to = Math.round((this.box.scrollLeft - LEFT) / this.step) + way * seen;
        this.box.scrollLeft = to > 0 ? to * this.step + LEFT : 0;
        this.tellHidden();
    }

    tell(node) {
        say(this.caption, node?.getAttribute("aria-label") ?? "");
    }

    label(station, life) {
        return `${count(station.instructions)}, ${station.event}: ${station.text}` +
            (station.passed ? "" : " (ahead)") + (station.text.includes(life.source) ? "" : ` (${life.source})`);
    }

    choose(station) {
        if (station.event === "take")
            this.go(station.instructions, "deliver"); // before the handler's first instruction
        else
            this.go(station.instructions + 1, null);
    }

    // --- As a picture --------------------------------------------------------------------------------------------------

    // Where each instant is, with room for its number: as wide as the most stations that one life has there.
    columns(rows) {
        const width = new Map();
        for (const row of rows) {
            const own = new Map();
            for (const station of row.stations)
                own.set(station.instructions, (own.get(station.instructions) ?? 0) + 1);
            for (const [at, number] of own)
                width.set(at, Math.max(width.get(at) ?? 0, number));
        }
        this.step = 62 + 7 * Math.max(0, count(Math.max(...width.keys())).length - 9);
        let x = LEFT;
        const place = new Map();
        for (const at of [...width.keys()].sort((a, b) => a - b)) {
            place.set(at, x);
            x += width.get(at) * this.step;
        }
        this.end = x + 4;
        return { place, end: x + this.step, width }; // and room to scroll to where a station begins
    }

    // The instants stay at the top, and the names at the left, when the picture is larger than its place.
    picture(rows) {
        const { place, end, width } = this.columns(rows), height = rows.length * ROW + 6;
        const instants = draw("svg", { width: end, height: TOP, viewBox: `0 0 ${end} ${TOP}`, "aria-hidden": "true" });
        const svg = draw("svg", { width: end, height, viewBox: `0 0 ${end} ${height}`, role: "group", "aria-label": "life lines" });
        const before = rows.flatMap((row) => row.stations).filter((station) => station.passed);
        const newest = Math.max(...before.map((station) => station.instructions));
        const here = before.length ? place.get(newest) + width.get(newest) * this.step : LEFT;
        for (const [at, x] of place) {
            instants.append(draw("text", { x: x + this.step / 2, y: 16, class: "instant" }, count(at)));
            svg.append(draw("line", { x1: x, x2: x, y1: 0, y2: height, class: "grid" }));
        }
        rows.forEach((row, i) => svg.append(this.lifeLine(row, i, place)));
        svg.append(draw("line", { x1: here, x2: here, y1: 0, y2: height, class: "now", "data-x": here, "data-y": this.rowOf(rows) * ROW + TOP }));
        return make("div", { class: "whole" }, make("div", { class: "instants" }, make("div", { class: "corner" }, this.scroller("◂ earlier", -1), this.scroller("later ▸", 1)), instants),
            make("div", { class: "both" }, this.names(rows), svg));
    }

    scroller(text, way) {
        return make("button", { type: "button", class: "rest", hidden: true, "data-id": text, onclick: () => this.scroll(way) }, text);
    }

    rowOf(rows) {
        return Math.max(0, rows.findLastIndex((row) => !row.ahead));
    }

    names(rows) {
        const chosen = this.chosen()?.number;
        return make("div", { class: "who" }, ...rows.map(({ life, ahead }) => make("p", { class: life.number === chosen && !ahead ? "chosen" : null },
            `${life.number === chosen && !ahead ? "▸ " : ""}#${life.number} ${life.source}`,
            make("span", { class: "fate" }, ahead ? "ahead" : life.fate + (life.missing ? `, ${life.missing} more` : "")))));
    }

    lifeLine(row, index, place) {
        const y = index * ROW + 22, at = new Map();
        const group = draw("g", { class: row.ahead ? "life ahead" : "life" });
        const spots = row.stations.map((station) => {
            const nth = at.get(station.instructions) ?? 0;
            at.set(station.instructions, nth + 1);
            return place.get(station.instructions) + nth * this.step + this.step / 2;
        });
        const passed = row.stations.filter((station) => station.passed).length;
        if (passed > 1)
            group.append(draw("line", { x1: spots[0], x2: spots[passed - 1], y1: y, y2: y, class: "way" }));
        if (passed < spots.length)
            group.append(draw("line", { x1: spots[Math.max(0, passed - 1)], x2: spots.at(-1), y1: y, y2: y, class: "way ahead" }));
        row.stations.forEach((station, i) => group.append(this.station(station, row.life, index, i, spots[i], y)));
        return group;
    }

    station(station, life, row, index, x, y) {
        const go = () => this.choose(station);
        const node = draw("g", {
            class: `station ${station.passed ? "passed" : "ahead"}`, transform: `translate(${x} ${y})`, role: "button", tabindex: -1,
            "aria-label": this.label(station, life), "data-row": row, "data-event": station.event, "data-id": `${life.number}.${index}`, onclick: go,
            onkeydown: (event) => {
                if (event.key === "Enter" || event.key === " ") {
                    event.preventDefault();
                    go();
                }
            },
        }, draw("rect", { x: -this.step / 2 + 2, y: -17, width: this.step - 4, height: 46, rx: 5, class: "touch" }),
        draw("path", { d: SIGNS[sign(station)], class: "sign" }), draw("text", { y: 24, class: "event" }, station.event));
        node.append(draw("title", {}, this.label(station, life)));
        return node;
    }

    // --- As a list -----------------------------------------------------------------------------------------------------

    list(rows) {
        return make("div", {}, ...rows.toReversed().map((row, r) => make("section", { class: row.ahead ? "ahead" : "" },
            make("h3", {}, `#${row.life.number} ${row.life.source}: ${row.ahead ? "ahead" : row.life.fate}`),
            make("ol", {}, ...row.stations.map((station, i) => make("li", {}, make("button", {
                type: "button", class: `station ${station.passed ? "passed" : "ahead"}`, tabindex: -1, "data-row": r,
                "data-id": `${row.life.number}.${i}`, onclick: () => this.choose(station),
            }, make("span", { class: "instant" }, count(station.instructions)), " ", make("span", { class: "event" }, station.event), " ",
            make("span", {}, station.text))))))));
    }
}
