// Every state of every page: accessible, valid, in its own width, from our own host alone, and pictured.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { SIZES, openBrowser, visitor } from "./support/browser.js";
import { fitsItsWindow, hasLargeTargets, isAccessible, isValidHtml, keepPicture, noPictures, pictures } from "./support/checks.js";
import { STATES, openStates } from "./support/states.js";

const EVERY = ["en", "ko"].map((lang) => ({ lang, dresses: Object.keys(SIZES).flatMap((size) => ["light", "dark"].map((theme) => ({ size, theme }))) }));

// In CI every other state is seen on a phone, by night and in Korean, and the rest on a desktop, by day and
// in English; in all sizes, themes and languages for who has the time.
const SOME = [
  { lang: "ko", dresses: [{ size: "phone", theme: "dark" }] },
  { lang: "en", dresses: [{ size: "desktop", theme: "light" }] },
];

/** In what a state is looked at. */
const looks = (at) => (process.env.TEST_EVERY_SIZE ? EVERY : [SOME[at % SOME.length]]);

// How many are looked at together: most of its time a page waits.
const AT_A_TIME = 3;

let browser;
let states;
before(async () => {
  browser = await openBrowser();
  [states] = await Promise.all([openStates(browser), noPictures()]);
});
after(async () => {
  await browser?.close();
  await states?.close();
});

/** Everything that holds for a page, however it came to be. */
async function judge({ page }, name, { size, theme }) {
  const [width, height] = SIZES[size];
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme });
  await isAccessible(page);
  await fitsItsWindow(page);
  await hasLargeTargets(page);
  await keepPicture(page, name);
}

test("every state is accessible, valid, fits its window, and asks nobody else for anything", { concurrency: AT_A_TIME }, async (t) => {
  const judged = STATES.flatMap(([name, reach], at) =>
    looks(at).map(({ lang, dresses }) =>
      t.test(`${name}, ${lang}`, async () => {
        const visit = await states.show(reach, { lang, ...dresses[0] });
        try {
          await isValidHtml(await visit.html());
          for (const dress of dresses) await judge(visit, `${name}-${dress.size}-${lang}-${dress.theme}`, dress);
          visit.isClean();
        } finally {
          await visit.context.close();
        }
      }),
    ),
  );
  await Promise.all(judged);
});

test("every state is pictured", async () => {
  const kept = await pictures();
  assert.equal(kept.length, STATES.flatMap((_, at) => looks(at)).flatMap(({ dresses }) => dresses).length);
});

// How often the page is opened: the quickest says what it costs, the others what else went on.
const OPENINGS = 5;

test("the page of an event is light", async () => {
  const weights = [];
  const paints = [];
  for (let n = 0; n < OPENINGS; n += 1) {
    const context = await visitor(browser);
    const page = await context.newPage();
    // What a browser does once a process is not the page's.
    await page.goto("about:blank");
    const answers = [];
    const keep = (response) => {
      if (!response.url().includes("/stream")) answers.push(response.body());
    };
    page.on("response", keep);
    await page.goto(`${states.house.url}/events/${states.known.open}`, { waitUntil: "load" });
    const paint = await page.evaluate(
      () =>
        new Promise((resolve) => {
          new PerformanceObserver((list) => {
            const [first] = list.getEntriesByName("first-contentful-paint");
            if (first) resolve(first.startTime);
          }).observe({ type: "paint", buffered: true });
        }),
    );
    // What comes later, as an icon may, would be cut off by the end of the visit.
    page.off("response", keep);
    const bodies = await Promise.all(answers);
    weights.push(bodies.reduce((sum, body) => sum + gzipSync(body).length, 0));
    paints.push(paint);
    await context.close();
  }
  const [bytes, paint] = [Math.max(...weights), Math.min(...paints)];
  console.log(`the event's page: ${bytes} bytes in gzip, first contentful paint after ${paint.toFixed(0)} ms`);
  assert.ok(bytes > 3_000 && bytes < 60_000, `${bytes} bytes`);
  // How soon depends on the machine, so it is printed and not judged.
  assert.ok(paint > 0, `${paint} ms`);
});
