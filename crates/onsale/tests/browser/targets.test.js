// On a phone, whatever can be pressed is 44 pixels wide and high: seats of the table, links of tables.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { signIn } from "./support/buying.js";
import { fitsItsWindow } from "./support/checks.js";
import { openHouse } from "./support/house.js";

let house;
let browser;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

/** What of these is smaller than a finger, with its size. */
async function small(page, selector) {
  const found = await page.locator(selector).evaluateAll((elements) =>
    elements.map((element) => {
      const { width, height } = (element.closest("label") ?? element).getBoundingClientRect();
      return [element.outerHTML.slice(0, 80), width, height];
    }),
  );
  assert.ok(found.length > 0, `${selector} on ${page.url()}`);
  return found.filter(([, width, height]) => width < 43.5 || height < 43.5);
}

test("seats of the table, and links beside it, are as large as a finger", async () => {
  const seatTypes = [{ seatType: "R", price: 1000, total: 40, seating: "ASSIGNED", rows: 2, seatsPerRow: 20 }];
  const { eventId } = await house.event({ price: undefined, totalSeats: undefined, seatTypes });
  const page = await (await visitor(browser, { javaScript: false })).newPage();
  await page.goto(`${house.url}/events/${eventId}/seats`);
  assert.deepEqual(await small(page, ".table input[type=checkbox]"), []);
  assert.deepEqual(await small(page, ".intro a, .panel p > a, .bottom a"), []);
  await fitsItsWindow(page);
  // Between two seats the nearer one is chosen.
  await page.getByRole("checkbox", { name: "R-A-2", exact: true }).locator("xpath=..").click({ position: { x: 4, y: 40 } });
  assert.ok(await page.getByRole("checkbox", { name: "R-A-2", exact: true }).isChecked());
  await page.goto(`${house.url}/events/${eventId}`);
  assert.deepEqual(await small(page, "form .hint a, .bottom a"), []);
});

test("links of the desk's tables and lists are, too", async () => {
  const { eventId } = await house.event({ price: { r: 1000 }, totalSeats: 30 });
  await house.reserve(eventId);
  const desk = await visitor(browser);
  await signIn(desk, house);
  const page = await desk.newPage();
  await page.goto(`${house.url}/admin/reservations`);
  assert.deepEqual(await small(page, "table a"), []);
  await page.goto(`${house.url}/admin`);
  assert.deepEqual(await small(page, ".sales h2 a, .top a"), []);
  await page.goto(`${house.url}/admin/door?event=${eventId}`);
  assert.deepEqual(await small(page, "main input:not([type=hidden]), main button"), []);
});
