// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the other modules make pages of: elements in one call, and changes of only what is not so already.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes))
        put(node, name, value);
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
}

// make("button", { class: "bit", onclick: f }, "text", child...)
export function make(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}

// An attribute; false and null remove it, a function is a listener.
export function put(node, name, value) {
    if (typeof value === "function")
        node[name] = value;
    else if (value === false || value === null || value === undefined)
        node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value === true ? "" : value))
        node.setAttribute(name, value === true ? "" : value);
}

export function say(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}

export const find = (id) => document.getElementById(id);

export const count = (number) => number.toLocaleString("en-US");

// A group in which arrows move and which has one stop for Tab: `items()` in their order. `rows`: for up and down, the number of the
// row of an item; without it, they are as left and right.
export function rove(group, items, row) {
    const stop = (item) => {
        for (const other of items())
            put(other, "tabindex", other === item ? 0 : -1);
    };
    const step = (all, from, key) => {
        if (key === "Home" || key === "End")
            return all[key === "Home" ? 0 : all.length - 1];
        const way = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
        if (!row || key === "ArrowLeft" || key === "ArrowRight")
            return all[from + way];
        const place = all.filter((item) => row(item) === row(all[from])).indexOf(all[from]);
        const beyond = all.filter((item) => (row(item) - row(all[from])) * way > 0).map(row);
        const next = all.filter((item) => row(item) === (way > 0 ? Math.min(...beyond) : Math.max(...beyond)));
        return next[Math.min(place, next.length - 1)];
    };
    group.addEventListener("focusin", (event) => items().includes(event.target) && stop(event.target));
    group.addEventListener("keydown", (event) => {
        const all = items(), from = all.indexOf(event.target);
        if (from < 0 || !/^(Arrow|Home$|End$)/.test(event.key))
            return;
        event.preventDefault();
        const next = step(all, from, event.key);
        if (next)
            next.focus();
    });
    return () => { // after the items have changed: one of them can be reached
        const all = items();
        if (all.length && !all.some((item) => item.getAttribute("tabindex") === "0"))
            put(all[0], "tabindex", 0);
    };
}
