// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The pictures of page_pictures.py: for each a lesson, the keys that lead to what it shows, and its colours (page_pictures.mjs SITE
// PACKAGES CHROMIUM FOLDER).
import { createRequire } from "node:module";
import { join } from "node:path";

const [site, packages, chromium, folder] = process.argv.slice(2);
const playwright = createRequire(join(packages, "node_modules/"))("playwright-core");

const PICTURES = [
    { name: "page.png", place: "lesson=1", keys: "nnnp", colorScheme: "light", click: "[data-register=ISR] .bit:nth-child(6)" },
    { name: "page-why.png", place: "lesson=1&variant=broken", keys: "ngw", colorScheme: "light", height: 640 },
    { name: "page-gic.png", place: "lesson=20", keys: "nnnnn", colorScheme: "dark" },
];

const browser = await playwright.chromium.launch({ executablePath: chromium, args: ["--no-sandbox"] });
for (const { name, place, keys, colorScheme, height = 800, click } of PICTURES) {
    const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme, reducedMotion: "reduce" });
    const idle = () => page.waitForSelector("#machine[data-lesson]:not([aria-busy]):not([data-state=running])");
    await page.goto(`${site}index.html#${place}`);
    await idle();
    for (const key of keys) {
        await page.keyboard.press(key);
        await idle();
    }
    if (click)
        await page.click(click);
    await page.screenshot({ path: join(folder, name) });
    await page.close();
}
await browser.close();
