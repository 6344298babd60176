// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A link to a lesson, its guest, a source and an instant: #lesson=1&variant=broken&source=testdev.line5&at=14693&by=raise. What in it is
// not valid is said, and the nearest that is takes its place.
import { STOPS } from "./lives.js";

// `lessons`: lessons.json. A word that a link does not have is no fault. `source` is checked by the machine alone.
export function readLink(hash, lessons) {
    const words = new URLSearchParams(hash.slice(1)), faults = [];
    const read = (name, valid, fault) => {
        const text = words.get(name);
        if (text === null || valid(text))
            return text;
        faults.push(`${name}=${text}: ${fault}`);
        return null;
    };
    const numbers = lessons.map((each) => each.number), has = (text) => /^\d+$/.test(text) && numbers.includes(Number(text));
    const lesson = Number(read("lesson", has, `lessons are ${Math.min(...numbers)} to ${Math.max(...numbers)}, and this is lesson 1.`) ?? 1);
    const { broken } = lessons.find((each) => each.number === lesson);
    const guests = broken ? ["given", "broken"] : ["given"];
    const variant = read("variant", (text) => guests.includes(text), `guests of lesson ${lesson} are ${guests.join(" and ")}, and this is given.`);
    const at = read("at", (text) => /^\d+$/.test(text) && Number.isSafeInteger(Number(text)), "not a number of instructions; this is the beginning.");
    const by = read("by", (text) => Object.hasOwn(STOPS, text), `a run stops by ${Object.keys(STOPS).join(", ")}; this is the instant alone.`);
    return { lesson, variant: variant ?? "given", source: words.get("source"), at: Number(at ?? 0), by, faults };
}

// `place`: as above, without what is not there.
export function writeLink({ lesson, variant, source, at, by }) {
    const words = new URLSearchParams({ lesson, variant, source });
    if (at)
        words.set("at", at);
    if (by)
        words.set("by", by);
    return new URL(`#${words}`, location.href).href;
}
