// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The learner's page: a lesson, its machine under the keys of intact watch, and a link that leads to what is shown. The machine runs in
// a worker (machine/intact.js); this module asks it, one question after the other, and gives the answers to those who draw.
import { openMachine } from "./machine/intact.js";
import { Chips } from "./chips.js";
import { count, find, make, put, say } from "./dom.js";
import { findings, readLessons, showLesson, showList, showVerdict, startTabs } from "./lesson.js";
import { readLink, writeLink } from "./link.js";
import { Lives } from "./lives.js";
import { showCpus, showPrinted, Wires } from "./parts.js";

const FRAME = 100; // ms between two pictures of a machine that runs

const page = { lessons: [], lesson: null, variant: "given", model: null, asked: null };
const chips = new Chips(find("chips")), wires = new Wires();
const lives = new Lives(find("lines"), find("station"), (at, by) => act(() => goTo(at, by)));
let machine;

// --- What is shown ---------------------------------------------------------------------------------------------------

function time(ns) {
    const [unit, name] = ns < 1e6 ? [1e3, "µs"] : ns < 1e9 ? [1e6, "ms"] : [1e9, "s"];
    return `${(ns / unit).toFixed(3)} ${name}`;
}

function show(model) {
    page.model = model;
    if (page.asked && page.asked.at !== instant(model)) // the answer was about another instant
        closeWhy();
    chips.update(model);
    lives.update(model);
    wires.update(model);
    showCpus(model);
    showPrinted(model);
    showState(model);
    rememberPlace();
}

// What comes between two instructions is told apart by the event that the run stopped by.
const instant = (model) => `${model.instructions} ${model.state}`;

function closeWhy() {
    page.asked = null;
    put(find("why"), "hidden", true);
}

function showState(model) {
    say(find("when"), `instruction ${count(model.instructions)}, ${time(model.time)}: ${model.runs ? "running; a key stops it" : model.state}`);
    say(find("happened"), lives.happened());
    say(find("next-event"), model.lives.length || model.instructions ? "next event" : "Go to the first interrupt");
    say(find("run-stop"), model.runs ? "stop" : "run");
    for (const button of document.querySelectorAll(".run [data-key]"))
        put(button, "aria-disabled", button.dataset.key.match(/[pb]/) ? (model.instructions ? null : "true") : (model.ended ? "true" : null));
    find("machine").dataset.at = model.instructions;
    find("machine").dataset.state = model.runs ? "running" : model.ended ? "ended" : "stopped";
}

function fail(error) {
    say(find("when"), error.message);
    find("when").classList.add("error");
    find("machine").dataset.state = "failed";
}

// --- What is done ----------------------------------------------------------------------------------------------------

// One thing after the other; `busy` counts those that are not done, so that a key held down does not pile up.
let queue = Promise.resolve(), busy = 0;

function act(what) {
    busy++;
    put(find("machine"), "aria-busy", "true");
    queue = queue.then(what).then(() => find("when").classList.remove("error"), fail).finally(() => {
        busy--;
        put(find("machine"), "aria-busy", busy ? "true" : null);
    });
    return queue;
}

// To where `at` instructions have been executed; `by` an event, if a run stopped there by one: what comes between two instructions, as
// an interrupt that is taken, comes only when the run goes on.
async function seek(at, by) {
    if (!by)
        return machine.goTo(at);
    let model = await machine.goTo(at - 1);
    while (!model.ended && (model.instructions < at || (model.instructions === at && model.state !== `stopped by ${by}`)))
        model = await machine.key("n");
    return model.instructions === at ? model : machine.goTo(at);
}

async function goTo(at, by) {
    lives.back = 0;
    show(await seek(at, by));
}

async function press(key) {
    lives.back = 0;
    show(await machine.key(key));
    if (page.model.runs)
        runOn();
}

// While the machine runs, what others ask comes between two portions.
async function runOn() {
    let shown = performance.now(), model = page.model;
    while (model.runs && page.model.runs) {
        model = await machine.runOn();
        if (!model.runs || performance.now() - shown > FRAME) {
            shown = performance.now();
            show(model);
            await new Promise(requestAnimationFrame);
        }
    }
}

async function why(source) {
    const box = find("why"), lines = await machine.why(source);
    page.asked = { source, at: instant(page.model) };
    put(box, "hidden", false);
    box.replaceChildren(make("div", { class: "why-head" }, make("h2", {}, `Why ${source} does not arrive, asked at ${count(page.model.instructions)}`),
        make("button", { type: "button", "aria-label": "close the answer", onclick: () => {
            closeWhy();
            find("source").focus();
        } }, "✕")), findings(lines));
    box.dataset.source = source;
    rememberPlace();
}

// `w`: of the source that is chosen; at the same place again, of the next one.
function ask() {
    const list = find("source");
    if (page.asked && page.asked.source === list.value && page.asked.at === instant(page.model))
        list.selectedIndex = (list.selectedIndex + 1) % list.length;
    return why(list.value);
}

async function check() {
    put(find("check"), "aria-disabled", "true");
    say(find("verdict"), "The guest runs ...");
    try {
        showVerdict(page.lesson, await machine.check(page.lesson.number, page.variant), (at) => act(() => goTo(at)));
    } catch (error) {
        say(find("verdict"), error.message);
    }
    put(find("check"), "aria-disabled", null);
}

const KEYS = {
    w: () => act(ask),
    i: () => put(find("lives"), "class", lives.toggle() ? "full" : null),
    Escape: () => {},
    "?": () => find("help").open ? find("help").close() : find("help").showModal(),
    h: () => chooseLife(1),
    l: () => chooseLife(-1),
};

function chooseLife(way) {
    lives.older(way);
    const life = lives.chosen();
    if (life && [...find("source").options].some((option) => option.value === life.source))
        find("source").value = life.source;
}

const isKey = (name) => Object.hasOwn(KEYS, name) || (name.length === 1 && "snbpgGc".includes(name));

// Every key stops a machine that runs, and then does what it does else; `g` does no more than that.
function key(name) {
    const runs = page.model?.runs;
    if (runs)
        act(() => press("l"));
    if (!page.model && name !== "?") // nothing could be opened, and the page says so
        return;
    if (Object.hasOwn(KEYS, name))
        KEYS[name]();
    else if (busy < 3 && !(runs && name === "g"))
        act(() => press(name));
}

// --- Lessons and links -----------------------------------------------------------------------------------------------

function link() {
    return writeLink({ lesson: page.lesson.number, variant: page.variant, source: find("source").value, at: page.model.instructions,
        by: page.model.state.match(/^stopped by (\w+)$/)?.[1] });
}

function rememberPlace() {
    if (!page.model.runs)
        history.replaceState(null, "", link());
}

const place = () => readLink(location.hash, page.lessons);

async function open(to) {
    const lesson = page.lessons.find((each) => each.number === to.lesson), faults = [...to.faults ?? []];
    showFaults(faults);
    page.lesson = lesson;
    page.variant = lesson.broken ? to.variant : "given";
    closeWhy();
    document.title = `${lesson.number}. ${lesson.title} - Intact`;
    showList(page.lessons, lesson.number);
    for (const radio of document.querySelectorAll("[name=variant]")) {
        radio.checked = radio.value === page.variant;
        radio.disabled = radio.value === "broken" && !lesson.broken;
    }
    await showLesson(lesson, page.variant, page.lessons);
    if (!machine)
        throw page.broken;
    find("check").onclick = () => act(check);
    let model = await machine.open(lesson.number, page.variant);
    await showSources(await known(to.source, lesson.source, faults));
    const aside = model.chips.filter((chip) => [chip.name, chip.name.replace(/\d+$/, "")].includes(lesson.hide)); // "ioapic0", "pic"
    chips.open(model, aside);
    lives.open(aside);
    wires.open(lesson.source);
    if (to.at)
        model = await seek(to.at, to.by);
    if (model.instructions < to.at)
        faults.push(`at=${to.at}: the run ends before; this is its end.`);
    showFaults(faults);
    show(model);
    find("machine").dataset.lesson = `${lesson.number} ${page.variant}`;
}

// What in a link is not valid: said until something else is opened.
function showFaults(faults) {
    say(find("notice"), faults.length ? `In the link, ${faults.join(" ")}` : "");
    put(find("notice"), "hidden", !faults.length);
}

// A source that the machine has, or `other`.
async function known(source, other, faults) {
    try {
        if (source !== null && source !== undefined)
            await machine.why(source);
        return source ?? other;
    } catch {
        faults.push(`source=${source}: the machine has no such source; this is ${other}.`);
        return other;
    }
}

async function showSources(chosen) {
    const names = await machine.sources();
    if (chosen && !names.includes(chosen))
        names.unshift(chosen);
    find("source").replaceChildren(...names.map((name) => make("option", { value: name }, name)));
    find("source").value = chosen ?? names[0];
}

function openList(open) {
    put(find("list"), "hidden", !open);
    put(find("lessons"), "aria-expanded", String(open));
    if (open)
        find("list").querySelector("[aria-current], a").focus();
}

function neighbour(way) {
    const index = page.lessons.indexOf(page.lesson) + way;
    if (page.lessons[index])
        location.hash = `lesson=${page.lessons[index].number}`;
}

// --- Its buttons and keys --------------------------------------------------------------------------------------------

// What the browser keeps for this page; it need not keep anything.
function kept(name) {
    try {
        return localStorage.getItem(name);
    } catch {
        return null;
    }
}

function keep(name, value) {
    try {
        localStorage.setItem(name, value);
    } catch {
        // It holds until the page is left.
    }
}

const THEMES = { "": "colours: as the system", light: "colours: light", dark: "colours: dark" };

function setTheme(theme) {
    put(document.documentElement, "data-theme", theme || null);
    put(find("theme"), "aria-label", THEMES[theme]);
    put(find("theme"), "title", THEMES[theme]);
    keep("theme", theme);
}

async function copy() {
    if (!page.model)
        return;
    let done = "Copied";
    try {
        await navigator.clipboard.writeText(link()); // there is no clipboard for pages that come by http from another host
    } catch {
        done = "It is in the address bar";
    }
    say(find("copy"), done);
    setTimeout(() => say(find("copy"), "Copy link"), 2000);
}

function onKey(event) {
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), select, textarea");
    if (event.key === "Escape" && !find("list").hidden) {
        openList(false);
        find("lessons").focus();
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || (event.key.length === 1 && !find("single").checked) || (find("help").open && event.key !== "?"))
        return;
    if (isKey(event.key)) {
        if (event.key !== "Escape") // which also closes what the browser has open
            event.preventDefault();
        key(event.key);
    }
}

function connect() {
    startTabs();
    setTheme(kept("theme") ?? "");
    find("single").checked = kept("single") !== "no";
    find("single").onchange = () => keep("single", find("single").checked ? "yes" : "no");
    for (const button of document.querySelectorAll("[data-key]"))
        button.onclick = () => button.getAttribute("aria-disabled") || key(button.dataset.key);
    for (const radio of document.querySelectorAll("[name=variant]"))
        radio.onchange = () => page.lesson && act(() => open({ lesson: page.lesson.number, variant: radio.value, at: 0, source: find("source").value }));
    find("source").onchange = () => page.model && rememberPlace();
    find("keys").onclick = KEYS["?"];
    find("copy").onclick = copy;
    find("theme").onclick = () => setTheme({ "": "light", light: "dark", dark: "" }[document.documentElement.dataset.theme ?? ""]);
    find("previous").onclick = () => neighbour(-1);
    find("next").onclick = () => neighbour(1);
    find("lessons").onclick = () => openList(find("list").hidden);
    find("list").onclick = (event) => event.target.closest("a") && openList(false);
    document.addEventListener("keydown", onKey);
    addEventListener("hashchange", () => act(() => {
        if (!page.lessons.length)
            throw page.broken;
        return open(place());
    }));
}

// The text can be read while the machine is loaded.
async function start() {
    connect();
    const text = readLessons().then((lessons) => {
        page.lessons = lessons;
        const to = place();
        return showLesson(lessons.find((each) => each.number === to.lesson), to.variant, lessons);
    });
    [machine] = await Promise.all([openMachine(), text]).catch((error) => {
        page.broken = error;
        throw error;
    });
    await open(place());
}

act(start);
