// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The learner's page as a learner has it: in a browser, by keyboard, and beside the command (page_test.mjs SITE PACKAGES CHROMIUM INTACT
// [TEST]). One browser for all of it; each test says how long it took.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const [site, packages, chromium, intact, only] = process.argv.slice(2);
const require = createRequire(join(packages, "node_modules/"));
const playwright = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "intact-page-"));
const LIMIT = 30000; // ms for one step; a busy host is slow

let browser, failures = 0;
const problems = []; // of the browser's console, and requests that leave the site

function expect(holds, what) {
    if (holds)
        return;
    failures++;
    console.log(`FAILED: ${what}`);
}

const same = (seen, wanted, what) => expect(JSON.stringify(seen) === JSON.stringify(wanted),
    `${what}\n  the page:    ${JSON.stringify(seen)}\n  the command: ${JSON.stringify(wanted)}`);

// --- A page and what is on it ------------------------------------------------------------------------------------------

async function open(place = "", options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(LIMIT);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => request.url().startsWith(site) || problems.push(`a request to ${request.url()}`));
    page.on("response", (response) => response.status() >= 400 && problems.push(`${response.status()} for ${response.url()}`));
    await page.goto(site + place);
    return page;
}

const ready = (page) => page.waitForSelector("#machine[data-lesson]:not([aria-busy])");
const idle = (page) => page.waitForSelector("#machine:not([aria-busy]):not([data-state=running])");

async function lesson(number, variant = "given", more = "") {
    const page = await open(`index.html#lesson=${number}&variant=${variant}${more}`);
    await ready(page);
    return page;
}

// Another lesson in a page that is there.
async function turn(page, number, variant) {
    await page.evaluate((hash) => {
        delete document.getElementById("machine").dataset.lesson;
        location.hash = hash;
    }, `lesson=${number}&variant=${variant}`);
    await page.waitForSelector(`#machine[data-lesson="${number} ${variant}"]:not([aria-busy])`);
}

async function press(page, keys) {
    for (const key of keys) {
        await page.keyboard.press(key);
        await idle(page);
    }
}

const at = async (page) => Number(await page.getAttribute("#machine", "data-at"));

// Tab until the element that has the focus fits.
async function tabTo(page, selector) {
    for (let i = 0; i < 150; i++) {
        await page.keyboard.press("Tab");
        if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector))
            return true;
    }
    return false;
}

// --- The command -------------------------------------------------------------------------------------------------------

async function json(...words) {
    const { stdout } = await run(intact, ["lesson", ...words, "--json"]).catch((failed) => failed); // not passed: status 1
    return JSON.parse(stdout);
}

async function jsonOfAll(runs) {
    const all = [];
    for (const [number, variant] of runs)
        all.push(await json(String(number), ...(variant === "broken" ? ["--broken"] : [])));
    return all;
}

// What intact watch shows after these keys: as data, and as the text of its screen.
async function watch(number, broken, keys) {
    const { stdout } = await run(intact, ["lesson", String(number), ...(broken ? ["--broken"] : [])]).catch((failed) => failed);
    const options = stdout.match(/intact run (.*)/)[1].split(" ");
    const [data, screen] = ["json", "txt"].map((end) => join(folder, `shot.${end}`));
    await run(intact, ["watch", "-keys", keys, "-shot", data, ...options]);
    await run(intact, ["watch", "-keys", keys, "-shot", screen, "-size", "240x200", ...options]);
    return { model: JSON.parse(readFileSync(data, "utf8")), screen: readFileSync(screen, "utf8") };
}

// --- The tests ---------------------------------------------------------------------------------------------------------

const tests = {
    async "the first interrupt is seen within seconds"() {
        const before = performance.now();
        const page = await open();
        await page.click("text=Go to the first interrupt");
        await page.waitForSelector(".station.passed");
        console.log(`  from the call of the page to the first interrupt: ${Math.round(performance.now() - before)} ms`);
        expect(performance.now() - before < 10000, "the first interrupt takes longer than 10 s");
        expect(await page.textContent("#happened") === "testdev.line5 raises GSI 5", "what has happened is not said");
        return page;
    },

    async "every lesson ends as by the command"() {
        const page = await lesson(1), list = await page.evaluate(async () => (await fetch("lessons.json")).json());
        expect(list.length >= 33, `only ${list.length} lessons`);
        const runs = list.flatMap(({ number, broken }) => broken ? [[number, "given"], [number, "broken"]] : [[number, "given"]]);
        await page.click("#tab-check");
        const [seen, wanted] = await Promise.all([page.evaluate(checkAll, [runs, LIMIT]), jsonOfAll(runs)]);
        for (const [i, [number, variant]] of runs.entries()) {
            const { passed, exit, missing, forbidden, why, instructions } = wanted[i];
            const { text, ...counts } = seen[i];
            same(counts, { passed, no: missing.length + forbidden.length, why: why.length }, `the verdict of lesson ${number}, ${variant}`);
            expect(text.includes(instructions.toLocaleString("en-US")) && text.includes(`ended: ${exit}`),
                `lesson ${number}, ${variant}, ends with '${exit}' after ${instructions} instructions, but:\n${text}`);
        }
        return page;
    },

    async "why answers as the command does"() {
        const page = await lesson(1, "broken"), { why } = await json("1", "--broken");
        await press(page, "g");
        await page.waitForSelector("#machine[data-state=ended]");
        await press(page, "w");
        await page.waitForSelector("#why .first");
        const seen = await page.$$eval("#why .findings li", (items) => items.map((item) => item.textContent.replace(" This holds it.", "").replace(/^idle/, "gate")));
        same(seen.filter((line) => !line.startsWith("past")), why.filter((line) => !line.startsWith("past")).map((line) => line.replace(/^(\w+)\s+/, "$1")), "the answer of why");
        await turn(page, 1, "given");
        await press(page, "w");
        const marks = await page.$$eval("#why .first strong", (words) => words.map((word) => word.textContent.trim()));
        same(marks, ["It requests nothing now.", "This would hold it."], "what why marks while the line is low");
        return page;
    },

    async "all of it is done by the keyboard alone"() {
        const page = await lesson(1);
        expect(await tabTo(page, "[data-key=n]"), "Tab does not lead to the next event");
        await press(page, ["Enter", "n", "n"]);
        const end = await at(page);
        await press(page, "b");
        expect(await at(page) === end - 1, "b does not go back by one instruction");
        await press(page, "s");
        expect(await at(page) === end, "s does not step");
        await press(page, "p");
        expect(await at(page) < end, "p does not go back to the event before");
        expect(await page.$(".station.ahead"), "what is ahead is not in the picture");
        expect(await tabTo(page, ".station"), "Tab does not lead to the stations");
        await press(page, ["End"]);
        const name = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
        await press(page, ["Enter"]);
        expect(await at(page) === Number(name.split(": ")[0].split(", ")[0].replaceAll(",", "")) + 1, `Enter does not go to '${name}'`);
        await press(page, ["Home", "Enter"]);
        expect(await page.textContent("#happened") !== null && await at(page) < end, "Enter does not lead back");
        expect(await tabTo(page, ".bit, .field, .value"), "Tab does not lead to the bits");
        await press(page, ["ArrowRight", "ArrowRight", "ArrowDown", "Enter"]);
        expect(await page.isVisible(".meaning"), "Enter does not say what a bit means");
        await press(page, ["?"]);
        expect(await page.isVisible("#help"), "? does not show the keys");
        await page.keyboard.press("Escape");
        await press(page, ["i"]);
        expect(await page.isVisible("#lives.full ol"), "i does not list the stations");
        return page;
    },

    async "a link leads to the same place"() {
        for (const [number, variant, keys] of [[1, "broken", "ns"], [19, "given", "nn"]]) {
            const first = await lesson(number, variant);
            await first.context().grantPermissions(["clipboard-read", "clipboard-write"]);
            await press(first, keys);
            await first.click("#copy");
            await first.waitForSelector("text=Copied");
            const link = await first.evaluate(() => navigator.clipboard.readText());
            expect(link === first.url(), `the link that is copied, ${link}, is not that of the address bar, ${first.url()}`);
            const second = await open(link.slice(site.length));
            await ready(second);
            const seen = (page) => page.evaluate(() => [location.hash, document.getElementById("when").textContent.replace(/:.*/, ""),
                document.getElementById("source").value, document.querySelector("[name=variant]:checked").value,
                ...[...document.querySelectorAll(".station.passed, [data-gate], .cpu-state")].map((node) => node.textContent.replace("✱ ", ""))]);
            same(await seen(second), await seen(first), `a link to lesson ${number} after ${keys}`);
            await first.context().close();
            await second.context().close();
        }
    },

    async "what is wrong in a link is said"() {
        const page = await lesson(99);
        expect((await page.textContent("#notice")).includes("lesson=99: lessons are 1 to "), "lesson 99 is not said to be none");
        await press(page, ["w", "h", "l", "c", "n"]);
        expect(await page.textContent("#when") !== "" && !await page.$("#when.error"), "keys after a link to lesson 99 do not work");
        expect(await page.isVisible("#why") === false && await page.textContent("#happened") === "testdev.line5 raises GSI 5",
            "after a link to lesson 99, n does not go to lesson 1's first interrupt");
        expect(await page.isVisible("#notice"), "what was wrong is not said any more");
        for (const [words, wrong] of [["lesson=abc", "lesson"], ["lesson=1&variant=x", "variant"], ["lesson=1&at=abc", "at"], ["lesson=1&at=99999999999999999", "at"],
            ["lesson=1&at=900000000000", "at"], ["lesson=1&by=toString", "by"], ["lesson=1&source=nothing", "source"], ["lesson=1&source=gsi:5", null]]) {
            await page.evaluate((hash) => {
                delete document.getElementById("machine").dataset.lesson;
                location.hash = hash;
            }, words);
            await ready(page);
            const notice = await page.textContent("#notice");
            expect(wrong ? notice.includes(`${wrong}=`) : !notice, `of #${words} the page says '${notice}'`);
            expect(!await page.$("#source option[value=nothing]") && await page.inputValue("#source"), `#${words} chooses no source`);
        }
        return page;
    },

    async "a file says that it needs a server, and a link is there without a clipboard"() {
        const file = await browser.newPage(), page = await lesson(1);
        await file.goto(new URL("../../site/index.html", import.meta.url).href);
        expect((await file.textContent("#when")).includes('python3 -m http.server -d "'), "a page from a file does not say what it needs");
        await file.close();
        await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
        await page.click("#copy");
        expect(await page.textContent("#copy") === "It is in the address bar", "a link that cannot be copied is not said to be in the address bar");
        return page;
    },

    async "keys stop a machine that runs, and an answer goes with its instant"() {
        const page = await lesson(15); // a long one
        for (const [key, asks] of [["w", true], ["Escape", false]]) {
            await page.evaluate(async (second) => { // before it ends
                const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                press("g");
                while (document.getElementById("machine").dataset.state !== "running")
                    await new Promise((resolve) => setTimeout(resolve, 1));
                press(second);
            }, key);
            await idle(page);
            expect(await page.getAttribute("#machine", "data-state") === "stopped", `${key} does not stop a machine that runs`);
            expect(await page.isVisible("#why") === asks, `after ${key} the answer of why is ${asks ? "not " : ""}shown`);
        }
        return page;
    },

    // What a reader of the page sees is what the terminal and JSON say.
    async "the page, the terminal and JSON say the same"() {
        const page = await lesson(1);
        await press(page, ["i"]);
        for (const [number, variant, keys] of [[12, "given", "nn"], [19, "given", "nnnn"], [25, "given", "nn"], [1, "broken", "g"], [1, "given", "nnn"]]) {
            const { model, screen } = await watch(number, variant === "broken", keys);
            await turn(page, number, variant);
            await press(page, keys);
            await page.$$eval(".chip", (chips) => chips.forEach((chip) => { chip.open = true; }));
            await page.$$eval("#machine .rest:not([hidden])", (buttons) => buttons.forEach((button) => button.click()));
            const seen = await page.evaluate(read), where = `lesson ${number}, ${variant}, ${keys}`;
            compare(seen, model, where);
            compareScreen(seen, screen, model, where);
        }
        return page;
    },

    async "axe finds nothing"() {
        const page = await lesson(1, "given", "", { colorScheme: "light" });
        await audit(page, "at the beginning");
        await press(page, ["n", "n", "n", "p"]);
        await press(page, ["w", "i"]);
        await page.click("#tab-check");
        await page.click("#check");
        await page.waitForSelector("#verdict[data-passed]");
        await page.click("#lessons");
        await audit(page, "with an answer of why, a verdict, and the lists of stations and lessons");
        await page.keyboard.press("Escape");
        await page.emulateMedia({ colorScheme: "dark" });
        await press(page, ["i"]);
        await page.click("#tab-source");
        await page.click("[data-register=ISR] .bit:nth-child(6)");
        await audit(page, "in the dark, with sources, and a bit that is explained");
        await press(page, ["?"]);
        await audit(page, "with the keys");
        for (const name of ["docs/learn.html", "documents.html"]) {
            await page.goto(site + name);
            await audit(page, name);
        }
        return page;
    },

    async "nothing is cut off on a narrow screen"() {
        const page = await lesson(20);
        await press(page, "nnn");
        for (const width of [1280, 640, 320]) { // of 1280: as it is, at 200 % and at 400 %
            await page.setViewportSize({ width, height: 800 });
            const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
            expect(wide <= width, `at ${width} pixels the page is ${wide} wide`);
        }
        await turn(page, 1, "given");
        await press(page, "nnnnnn");
        expect(await page.$eval("#lines", (lines) => lines.scrollLeft > 0) && await page.isVisible("text=◂ earlier"), "that the life begins earlier is not said");
        const cut = await page.evaluate(() => [...document.querySelectorAll("#lines .station")].filter((station) => {
            const { left, right } = station.getBoundingClientRect(), edge = document.querySelector("#lines .corner").getBoundingClientRect().right;
            return left < edge && right > edge + 1;
        }).map((station) => station.textContent));
        same(cut, [], "stations whose names are cut off");
        await page.click("text=◂ earlier");
        expect(await page.isVisible("text=later ▸"), "that the life goes on is not said");
        await page.setViewportSize({ width: 640, height: 400 });
        const low = await page.$eval("#lines .station", (station) => station.getBoundingClientRect().bottom);
        expect(low < 400, `at 640 by 400 pixels the life lines are ${low} below the top`);
        await page.setViewportSize({ width: 1280, height: 800 });
        expect(await page.$eval("#panel-text pre", (picture) => picture.clientWidth && picture.scrollWidth <= picture.clientWidth), "the picture of lesson 1 is cut off");
        return page;
    },
};

// In the page: opens and checks one after the other, by its own link and button.
async function checkAll([runs, limit]) {
    const until = async (holds) => {
        for (const end = performance.now() + limit; !holds();) {
            if (performance.now() > end)
                throw new Error(`${location.hash} does not come to an end: ${document.getElementById("machine").innerText.slice(0, 400)}`);
            await new Promise((resolve) => setTimeout(resolve, 2));
        }
    };
    const { dataset } = document.getElementById("machine"), results = [];
    for (const [number, variant] of runs) {
        delete dataset.lesson;
        location.hash = `lesson=${number}&variant=${variant}`;
        await until(() => dataset.lesson === `${number} ${variant}`);
        document.getElementById("check").click();
        await until(() => document.getElementById("verdict").dataset.passed);
        const verdict = document.getElementById("verdict");
        results.push({ passed: verdict.dataset.passed === "true", no: verdict.querySelectorAll(".no").length,
            why: verdict.querySelectorAll(".findings li").length, text: verdict.textContent });
    }
    return results;
}

async function audit(page, where) {
    await page.evaluate(axe); // not a script element: the page allows its own alone
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, help, nodes } of violations)
        expect(false, `axe, ${where}: ${id}: ${help}\n  ${nodes.slice(0, 3).map((node) => `${node.html}\n  ${node.failureSummary}`).join("\n  ")}`);
}

// --- Three faces -------------------------------------------------------------------------------------------------------

// In the page: what is to be read there.
function read() {
    const text = (node, selector) => node.querySelector(selector)?.innerText.trim() ?? "";
    const all = (selector, each) => [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility()).map(each);
    return {
        when: document.getElementById("when").innerText,
        registers: all("[data-register]", (row) => ({
            chip: row.closest(".chip").dataset.chip, name: text(row, ".label"), value: text(row, ".value"), changed: text(row, ".sign") === "✱",
            fields: [...row.querySelectorAll(".field")].map((field) => [text(field, ".field-name"), text(field, ".field-value")]),
            set: [...row.querySelectorAll(".bit.on")].map((bit) => bit.getAttribute("aria-label").match(/(\d+): \d+/)[1]),
        })),
        gates: all("[data-gate]", (gate) => [text(gate, ".gate-name").replace("✱ ", ""), text(gate, ".gate-state"), text(gate, ".gate-text")]),
        wires: all("[data-gsi]", (wire) => [text(wire, ".gsi").replace("✱ ", ""), text(wire, ".level-name"), text(wire, ".drivers")]),
        stations: all(".station.passed", (station) => [...station.children].map((part) => part.innerText)),
        fates: all("#lines h3", (life) => life.innerText),
        printed: document.getElementById("printed").innerText.trim(),
        pcs: all(".cpu-state", (state) => state.innerText.replace("✱ ", "")),
    };
}

function compare(seen, model, where) {
    const number = (value) => value.toLocaleString("en-US");
    expect(seen.when.includes(`instruction ${number(model.instructions)},`) && seen.when.endsWith(`: ${model.state}`), `${where}: ${seen.when}`);
    const registers = new Map(seen.registers.map((row) => [`${row.chip} ${row.name}`, row]));
    for (const chip of model.chips)
        for (const reg of chip.registers) {
            const name = `${chip.name} ${reg.name}${reg.index ?? ""}`, row = registers.get(name);
            expect(row, `${where}: ${name} is not shown`);
            if (!row)
                continue;
            registers.delete(name);
            same([BigInt(`0x${row.value.replace(/[ h]/g, "")}`).toString(), row.changed], [BigInt(reg.value).toString(), reg.changed], `${where}: ${name}`);
            same(row.fields, (reg.fields ?? []).map((field) => [field.name, field.meaning]), `${where}: fields of ${name}`);
            same(row.set, (reg.set ?? []).map(([which]) => String(which)), `${where}: ${name}`);
        }
    same([...registers.keys()], [], `${where}: registers that there are not`);
    same(seen.gates, model.cpus.flatMap((cpu) => cpu.gates.map((gate) => [gate.name, gate.open ? "open" : "closed", gate.text])), `${where}: gates`);
    same(seen.wires, model.wires.map((wire) => [`GSI ${wire.gsi}`, wire.high ? "high" : "low", wire.high ?
        wire.high_by + (wire.others ? ` (not ${wire.others})` : "") : wire.others]), `${where}: wires`);
    same(seen.stations, model.lives.toReversed().flatMap((life) => life.stations.map((each) => [number(each.instructions), each.event, each.text])),
        `${where}: stations`);
    same(seen.fates, model.lives.toReversed().map((life) => `#${life.number} ${life.source}: ${life.fate}`), `${where}: lives`);
    same(seen.pcs, model.cpus.map((cpu) => `${cpu.state} at ${cpu.pc}`), `${where}: processors`);
    same(seen.printed, model.printed.trim() || "(nothing yet)", `${where}: the console`);
}

// The screen has one chip, the stations of the newest life, and of long lists of names the beginning; its words are the same.
function compareScreen(seen, screen, model, where) {
    const [first, ...lines] = screen.split("\n"), words = screen.replace(/\s+/g, " ");
    const says = (text) => expect(words.includes(text.replace(/\s+/g, " ")), `${where}: the terminal does not say '${text}'`);
    same(seen.when.replace(/, [^:]*/, ""), first.trim().replace(/, [^:,]*(?=:)/, ""), `${where}: the first line of the terminal`);
    for (const [name, open, text] of seen.gates)
        says(`${open === "open" ? "o" : "x"} ${name} ${text}`);
    for (const [gsi, level, drivers] of seen.wires)
        says(`${gsi} ${level} ${drivers.slice(0, 12)}`);
    for (const station of seen.stations.slice(0, model.lives.at(-1)?.stations.length))
        says(station.join(" "));
    for (const fate of seen.fates)
        says(fate);
    const shown = new Map(seen.registers.filter((row) => row.chip === model.chips[model.chosen.chip].name).map((row) => [row.name, row]));
    const rows = lines.slice(1, lines.findIndex((line) => line.startsWith("-- interrupts"))).map((line) => line.match(/^([* ])(\w+) +([0-9A-F]+)h/));
    expect(rows.filter(Boolean).length > 4, `${where}: the terminal shows no registers`);
    for (const [, sign, name, value] of rows.filter(Boolean))
        same([shown.get(name)?.value.replace(/ /g, "").replace(/^0+(?=.)/, ""), shown.get(name)?.changed],
            [`${value}h`.replace(/^0+(?=.)/, ""), sign === "*"], `${where}: ${name} on the terminal`);
}

// --- All of them -------------------------------------------------------------------------------------------------------

browser = await playwright.chromium.launch({ executablePath: chromium, args: ["--no-sandbox"] });
for (const [name, test] of Object.entries(tests)) {
    if (only && !name.includes(only))
        continue;
    const before = performance.now();
    try {
        await (await test())?.context().close();
    } catch (error) {
        expect(false, `${name}: ${error.stack}`);
    }
    for (const problem of problems.splice(0))
        expect(false, `${name}: ${problem}`);
    console.log(`${((performance.now() - before) / 1000).toFixed(1)} s: ${name}`);
}
await browser.close();
process.exit(failures ? 1 : 0);
