// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lesson beside the machine: the list of all lessons, its text, the sources of its guests with what repairs the broken one, and
// whether everything occurred that must. What is read was written by tools/site_pages.py.
import { count, find, make, put, say } from "./dom.js";

const read = async (name) => {
    const answer = await fetch(new URL(name, import.meta.url));
    if (!answer.ok)
        throw new Error(`${name} cannot be read: ${answer.status} ${answer.statusText}`);
    return answer.json();
};

export const readLessons = () => read("lessons.json");

// --- The list --------------------------------------------------------------------------------------------------------

export function showList(lessons, current) {
    const tracks = Map.groupBy ? Map.groupBy(lessons, (lesson) => lesson.track) : new Map();
    if (!tracks.size)
        for (const lesson of lessons)
            tracks.set(lesson.track, [...(tracks.get(lesson.track) ?? []), lesson]);
    find("list").replaceChildren(...[...tracks].map(([track, list]) => make("section", { "aria-label": `track ${track}` },
        make("h2", {}, track), make("ol", {}, ...list.map((lesson) => make("li", { value: lesson.number },
            make("a", { href: `#lesson=${lesson.number}`, "aria-current": lesson.number === current ? "page" : null },
                make("span", { class: "number" }, String(lesson.number)), lesson.title)))))));
}

// --- Tabs ------------------------------------------------------------------------------------------------------------

const tabs = () => [...find("tabs").children];
const narrow = matchMedia("(max-width: 62rem)"); // as in page.css: the machine is below the lesson there, and what is read is folded

// `tab`: null folds all of them.
function choose(tab) {
    for (const each of tabs()) {
        put(each, "aria-selected", String(each === tab));
        put(each, "tabindex", each === (tab ?? tabs()[0]) ? 0 : -1);
        put(find(each.getAttribute("aria-controls")), "hidden", each !== tab);
    }
}

const first = () => choose(narrow.matches ? null : tabs()[0]);

export function startTabs() {
    for (const tab of tabs())
        tab.onclick = () => choose(narrow.matches && tab.getAttribute("aria-selected") === "true" ? null : tab);
    first();
    narrow.onchange = first;
    find("tabs").addEventListener("keydown", (event) => {
        const all = tabs(), way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!way)
            return;
        event.preventDefault();
        const next = all[(all.indexOf(event.target) + way + all.length) % all.length];
        choose(next);
        next.focus();
    });
}

// --- Its text and sources --------------------------------------------------------------------------------------------

function code(text, label) {
    return make("pre", { tabindex: 0, "aria-label": label }, make("code", {}, ...text.split(/(?<=\n)/).map((line, i) =>
        make("span", { class: /^\s*\/\//.test(line) ? "line comment" : "line", "data-line": i + 1 }, line))));
}

function difference(lines) {
    const names = { "-": "less", "+": "more", "@": "place", " ": "same" };
    return make("pre", { tabindex: 0, "aria-label": "what repairs it", class: "difference" }, make("code", {}, ...lines.map(([way, line]) =>
        make("span", { class: `line ${names[way]}` }, way === "@" ? "⋯\n" : `${way} ${line}\n`))));
}

function sources(lesson) {
    const { guests } = lesson.files;
    return [
        make("h2", {}, "The guest that is right ", make("code", {}, "guest.c")), code(guests["guest.c"], "guest.c"),
        ...(guests["broken.c"] ? [make("h2", {}, "The guest with a mistake ", make("code", {}, "broken.c")), code(guests["broken.c"], "broken.c"),
            make("details", { class: "solution" }, make("summary", {}, "What repairs it"), difference(lesson.files.difference))] : []),
    ];
}

// Source of the variant that runs is first.
function showSources(lesson, variant) {
    const parts = sources(lesson);
    find("panel-source").replaceChildren(...(variant === "broken" ? [...parts.slice(2), ...parts.slice(0, 2)] : parts));
}

export async function showLesson(lesson, variant, lessons) {
    lesson.files = lesson.files ?? await read(`lessons/${lesson.name}/lesson.json`);
    say(find("title"), lesson.title);
    say(find("lesson-name"), `Lesson ${lesson.number} of ${lessons.length}`);
    const text = find("panel-text");
    if (text.dataset.lesson !== lesson.name) {
        text.dataset.lesson = lesson.name;
        text.innerHTML = lesson.files.html;
        for (const link of text.querySelectorAll("a[href]"))
            if (!link.getAttribute("href").startsWith("#"))
                link.href = new URL(link.getAttribute("href"), new URL(`lessons/${lesson.name}/lesson.html`, import.meta.url));
        for (const picture of text.querySelectorAll("pre"))
            picture.style.setProperty("--columns", Math.max(...picture.textContent.split("\n").map((line) => line.length)));
        for (const place of text.querySelectorAll("[id]"))
            place.id = `lesson-${place.id}`;
        text.scrollTop = 0;
        first();
    }
    showSources(lesson, variant);
    find("panel-check").replaceChildren(make("p", {}, "The guest runs to its end, and every line of what the lesson expects is compared with its events."),
        make("button", { type: "button", id: "check", class: "go" }, "Check this guest"), make("div", { id: "verdict", role: "status" }));
}

// --- Whether everything occurred -------------------------------------------------------------------------------------

const KINDS = { must: "must occur", some: "must occur", not: "must not occur here", never: "must never occur" };

function expectation(each, result, go) {
    const missing = result.missing.find((line) => line.line === each.line), broken = result.forbidden.find((line) => line.line === each.line);
    const holds = !missing && !broken;
    const at = broken?.instructions ?? result.expectations?.find((line) => line.line === each.line)?.instructions;
    return make("li", { class: holds ? "yes" : "no" }, make("span", { class: "mark" }, holds ? "✓ yes" : "✗ no"),
        make("span", {}, make("span", { class: "kind" }, `${KINDS[each.kind]}: `), each.text ?? "", " ", make("code", {}, each.event),
            broken?.happened ? make("span", { class: "happened" }, ` but: ${broken.happened}`) : null,
            at === undefined || at === null ? null : make("button", { type: "button", class: "at", onclick: () => go(at + 1) }, `at ${count(at)}`)));
}

export function showVerdict(lesson, result, go) {
    const { expect } = lesson.files, failed = result.missing.length + result.forbidden.length;
    const hold = `${expect.length - failed} of ${expect.length} expectations hold, ${count(result.instructions)} instructions`;
    find("verdict").dataset.passed = result.passed;
    find("verdict").replaceChildren(
        make("p", { class: result.passed ? "passed" : "failed" }, make("strong", {}, result.passed ? "✓ passed" : "✗ not passed"), `: ${hold}`),
        make("p", {}, `The guest ended: ${result.exit}.`),
        make("ol", { class: "expectations" }, ...expect.map((each) => expectation(each, result, go))),
        ...(result.why.length ? [make("h2", {}, `Why ${result.source} does not arrive, asked at the end`), findings(result.why)] : []));
}

// The lines of an answer of why: the first gate is what holds the interrupt; or what would, where the source requests nothing now.
export function findings(lines) {
    const first = lines.findIndex((line) => line.startsWith("gate")), idle = lines.findIndex((line) => line.startsWith("idle"));
    const waits = idle >= 0 && (first < 0 || idle < first);
    const marks = new Map(waits ? [[first, " This would hold it."], [idle, " It requests nothing now."]] : [[first, " This holds it."]]);
    return make("ol", { class: "findings" }, ...lines.map((line, i) => {
        const [, kind, text] = line.match(/^(gate|idle|place|past)?\s*(.*)$/);
        return make("li", { class: `${kind ?? ""}${marks.has(i) ? " first" : ""}` }, make("span", { class: "kind" }, kind ?? ""),
            make("span", {}, text, marks.has(i) ? make("strong", {}, marks.get(i)) : null));
    }));
}
