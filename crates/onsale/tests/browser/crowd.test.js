// Twenty tabs on one map of two thousand seats. Two hundred buyers choose and buy in them, and
// `onsale contest` empties the hall meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { countReservations, until } from "./support/buying.js";
import { ADMIN_TOKEN, BINARY, openHouse } from "./support/house.js";

const TABS = Number(process.env.TEST_TABS ?? 20);
const BUYERS = Number(process.env.TEST_BUYERS ?? 200);
const ROWS = Number(process.env.TEST_ROWS ?? 40);
const LATE_MS_MAX = Number(process.env.TEST_LATE_MS_MAX ?? 1_000);
const PLACES = 50;
const AT_A_TIME = 4;
const TOTAL = ROWS * PLACES;

/** Runs in every page: counts the seats of its map, and remembers since when it says that none is left. */
function watchMap() {
  globalThis.shown = () => {
    const count = (name) => [...document.querySelectorAll(`.plan > svg > path.${name}`)].reduce((sum, path) => sum + (path.getAttribute("d") ?? "").split("M").length - 1, 0);
    const [free, held, sold] = [count("free"), count("held"), count("sold")];
    // Who comes to the map of an event that is sold out is led to a page that says so.
    return { free, held, sold, isSoldOut: Boolean(document.querySelector("article[data-standing=soldout]")) };
  };
  const isEmpty = (name) => [...document.querySelectorAll(`.plan > svg > path.${name}`)].every((path) => !path.getAttribute("d"));
  // As little as will do: twenty tabs do this on the processors on which the hall is emptied.
  new MutationObserver(() => {
    const isGone = isEmpty("free") && isEmpty("held") && !isEmpty("sold");
    if (isGone || document.querySelector("article[data-standing=soldout]")) globalThis.soldOutSince ??= performance.timeOrigin + performance.now();
    else globalThis.soldOutSince = undefined;
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["d"] });
}

/** Holds a contest on this event, as an engineer does; gives its report. */
async function contest(house, eventId, buyers) {
  const held = spawn(BINARY, ["contest", "--json", "--url", house.url, "--event", String(eventId), "--assigned", "name", "--buyers", String(buyers)], {
    env: { ...process.env, ONSALE_LOG_FILTER: "warn", ONSALE_ADMIN_TOKEN: ADMIN_TOKEN },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let report = "";
  for await (const part of held.stdout) report += part;
  return JSON.parse(report);
}

/** Somebody chooses a seat that is free as far as the map says, and buys it; gives it, or nothing. */
async function buy(tab, user) {
  if ((await tab.locator("#user").count()) === 0) return undefined;
  await tab.getByLabel("E-mail or user name").fill(user);
  const arrived = tab.waitForNavigation();
  // In one go: while a test's driver thinks about it, others would take the seat.
  const label = await tab.evaluate(() => {
    const free = [...document.querySelectorAll(".plan > svg > path.free")].flatMap((row) => [...row.getAttribute("d").matchAll(/M([\d.]+) ([\d.]+)/g)]);
    if (free.length === 0) return undefined;
    const [, x, y] = free[Math.floor(Math.random() * free.length)].map(Number);
    const plan = document.querySelector(".plan");
    const at = new DOMPoint(x + 4, y + 4).matrixTransform(plan.querySelector("svg").getScreenCTM());
    for (const name of ["pointerdown", "pointerup"]) {
      plan.dispatchEvent(new PointerEvent(name, { pointerId: 1, pointerType: "mouse", clientX: at.x, clientY: at.y, bubbles: true }));
    }
    const seat = document.querySelector("#reserve input[name=seats]:checked")?.value;
    if (seat) document.querySelector("#reserve button[type=submit]").click();
    return seat;
  });
  if (!label) {
    arrived.catch(() => undefined);
    return undefined;
  }
  const status = (await arrived).status();
  assert.ok(status === 200 || status === 409, `${status}`);
  return status === 200 ? label : undefined;
}

test(`${TABS} tabs end in the truth within ${LATE_MS_MAX} ms of the last commit`, async () => {
  const [house, browser] = await Promise.all([openHouse(), openBrowser()]);
  try {
    const seatTypes = [{ seatType: "R", price: 100000, total: TOTAL, seating: "ASSIGNED", rows: ROWS, seatsPerRow: PLACES }];
    const { eventId } = await house.event({ price: undefined, totalSeats: undefined, holdSeconds: 0, seatTypes });
    const map = `${house.url}/events/${eventId}/seats`;
    const tabs = [];
    for (let n = 0; n < TABS; n += 1) {
      // Each is somebody else's browser: one browser opens no more than six connections to a server.
      const context = await visitor(browser, { size: "desktop" });
      await context.addInitScript(watchMap);
      tabs.push(await context.newPage());
      await tabs[n].goto(map);
    }
    for (const tab of tabs) await until(() => tab.evaluate(() => globalThis.shown()), ({ free }) => free === TOTAL);

    // A few buy at a time, each in the next of her own tabs, and the others look. The contest, in which
    // somebody wants each seat, begins when as many have bought as there are tabs.
    const bought = new Set();
    let [asked, rush] = [0, undefined];
    const shop = async (_, first) => {
      // Nobody else's: two in one tab would lead each other away.
      const own = tabs.filter((_tab, n) => n % AT_A_TIME === first);
      for (let turn = 0; asked < BUYERS; turn += 1) {
        const [tab, user] = [own[turn % own.length], `buyer${asked}@example.com`];
        asked += 1;
        const seat = await buy(tab, user);
        assert.ok(!seat || !bought.has(seat), `${seat} was sold twice`);
        if (seat) bought.add(seat);
        if (bought.size >= TABS) rush ??= contest(house, eventId, TOTAL);
        if (!tab.url().startsWith(map)) await tab.goto(map);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, TABS) }, shop));
    const report = await rush;

    const last = await house.lastSale(eventId);
    const late = [];
    let watching = 0;
    for (const tab of tabs) {
      await until(() => tab.evaluate(() => globalThis.shown()), ({ free, held, sold, isSoldOut }) => isSoldOut || (free + held === 0 && sold === TOTAL));
      const { since, opened } = await tab.evaluate(() => ({ since: globalThis.soldOutSince, opened: performance.timeOrigin }));
      if (opened < last) watching += 1;
      late.push(Math.round(since - Math.max(last, opened)));
    }

    console.log(`${TABS} tabs, ${asked} buyers in them, ${report.buyers} of the contest, ${TOTAL} seats: ${bought.size} and ${report.sold} sold; ${watching} tabs saw the last commit, the last of all was ${Math.max(...late)} ms late`);
    assert.ok(Math.max(...late) <= LATE_MS_MAX, `${late} ms`);
    assert.deepEqual([report.soldTwice, report.violations, report.errors], [0, [], {}]);
    assert.equal(report.others, bought.size);
    assert.equal(report.sold + bought.size, TOTAL);
    assert.equal(await countReservations(house, eventId), TOTAL);
  } finally {
    await browser.close();
    await house.close();
  }
});
