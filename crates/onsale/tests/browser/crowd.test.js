// Twenty tabs on one map while two hundred buyers empty it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { until } from "./support/buying.js";
import { openHouse } from "./support/house.js";

const TABS = Number(process.env.TEST_TABS ?? 20);
const BUYERS = Number(process.env.TEST_BUYERS ?? 200);
const ROWS = Number(process.env.TEST_ROWS ?? 40);
const PLACES = 50;

/** What a tab shows: how many seats in each state. */
const shown = (page) =>
  page.evaluate(() => {
    const count = (name, mark) => [...document.querySelectorAll(`.plan > svg > path.${name}`)].reduce((sum, path) => sum + (path.getAttribute("d") ?? "").split(mark).length - 1, 0);
    return { free: count("free", "M"), held: count("held", "M"), sold: count("sold", "M") };
  });

/** Takes seats that are free as far as she knows, until none is. */
async function buy(house, eventId, user, labels, taken) {
  const own = [...labels].sort(() => Math.random() - 0.5);
  for (const label of own) {
    if (taken.has(label)) continue;
    const answer = await fetch(`${house.url}/api/reservations`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": `${user}-${label}` },
      body: JSON.stringify({ eventId, userId: user, seats: [label] }),
    });
    const body = await answer.json();
    if (answer.status === 201) {
      assert.ok(!taken.get(label), `${label} was sold twice`);
      taken.set(label, user);
    } else {
      assert.equal(body.error.code, "SEAT_TAKEN", JSON.stringify(body));
      if (!taken.has(label)) taken.set(label, undefined);
    }
  }
}

test(`${TABS} tabs end in the truth within a second of the last commit`, async () => {
  const [house, browser] = await Promise.all([openHouse(), openBrowser()]);
  try {
    const total = ROWS * PLACES;
    const seatTypes = [{ seatType: "R", price: 100000, total, seating: "ASSIGNED", rows: ROWS, seatsPerRow: PLACES }];
    const { eventId } = await house.event({ price: undefined, totalSeats: undefined, holdSeconds: 0, seatTypes });
    const tabs = [];
    for (let n = 0; n < TABS; n += 1) {
      // Each is somebody else's browser: one browser opens no more than six connections to a server.
      const context = await visitor(browser, { size: "desktop" });
      const tab = await context.newPage();
      tabs.push(tab);
      await tab.goto(`${house.url}/events/${eventId}/seats`);
      await tab.locator("[data-live]:not([hidden])").waitFor();
    }
    for (const tab of tabs) await until(() => shown(tab), ({ free }) => free === total);
    const { seatTypes: [{ seats }] } = await house.api("GET", `/events/${eventId}/seats`);
    const labels = seats.flatMap(({ row }) => Array.from({ length: PLACES }, (_, place) => `R-${row}-${place + 1}`));

    const taken = new Map();
    await Promise.all(Array.from({ length: BUYERS }, (_, n) => buy(house, eventId, `buyer${n}`, labels, taken)));
    const last = Date.now();
    const late = await Promise.all(
      tabs.map(async (tab) => {
        await until(() => shown(tab), ({ free, sold }) => free === 0 && sold === total);
        return Date.now() - last;
      }),
    );

    console.log(`${TABS} tabs, ${BUYERS} buyers, ${total} seats: the last tab was ${Math.max(...late)} ms late`);
    assert.ok(Math.max(...late) <= 1_000, `${late} ms`);
    assert.equal([...taken.values()].filter(Boolean).length, total);
    const { totalElements } = await house.api("GET", `/reservations?eventId=${eventId}&size=1`);
    assert.equal(totalElements, total);
  } finally {
    await browser.close();
    await house.close();
  }
});
