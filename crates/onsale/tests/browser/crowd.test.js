// Tabs on one map, twenty on two thousand seats at full size. Two hundred buyers choose and buy in them, and
// `onsale contest` empties the hall meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { countReservations, until } from "./support/buying.js";
import { ADMIN_TOKEN, BINARY, openHouse } from "./support/house.js";

// `cargo xtask test browser` runs it at its full size; beside everything else it is a smaller crowd.
const TABS = Number(process.env.TEST_TABS ?? 20);
const BUYERS = Number(process.env.TEST_BUYERS ?? 200);
// The contest begins when so many have bought; after it there is nothing to click.
const RUSH_AFTER = BUYERS / 4;
const ROWS = Number(process.env.TEST_ROWS ?? 40);
const PLACES = 50;
const TOTAL = ROWS * PLACES;

// So many buy at a time, each in the next of her own tabs, and the others look.
const AT_A_TIME = 4;
// Whose page was opened before the last commit saw it on the map. A shopper's own tab may be on its way from
// one page to the next at that moment, and another may have been left for a new buyer before it got there.
const WATCHING_MIN = Math.max(TABS - 2 * AT_A_TIME, TABS / 3);
const LATE_MILLIS_MAX = 1_000;

/**
 * Runs in every page: notes when the page first says that every seat is sold, and when that page was opened.
 * Whatever is true then stays true, so the note outlives the page. Nobody asks for it before the end: to ask
 * twenty tabs, twenty times a second, would take the time that is measured.
 */
function watchMap(total) {
  const count = (name, mark) => [...document.querySelectorAll(`.plan > svg > path.${name}`)].reduce((sum, path) => sum + (path.getAttribute("d") ?? "").split(mark).length - 1, 0);
  const isEmpty = (name) => [...document.querySelectorAll(`.plan > svg > path.${name}`)].every((path) => !path.getAttribute("d"));
  // Who comes to the map of an event that is sold out is led to a page that says so.
  globalThis.isTold = () => Boolean(document.querySelector("article[data-standing=soldout]"));
  globalThis.free = () => count("free", "z");
  globalThis.isSoldOut = () => globalThis.isTold() || (isEmpty("free") && isEmpty("held") && count("sold", "M") === total);
  const look = () => {
    if (localStorage.soldOut || !globalThis.isSoldOut()) return;
    localStorage.soldOut = JSON.stringify({ since: Date.now(), opened: performance.timeOrigin });
  };
  document.addEventListener("DOMContentLoaded", () => {
    look();
    new MutationObserver(look).observe(document.querySelector(".plan") ?? document.body, { subtree: true, attributes: true, attributeFilter: ["d"] });
  });
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

/** Clicks a seat that is free as far as the map says, and sends the form. In one go: while a test's driver thinks about it, others would take the seat. */
function clickSeat(tab, user) {
  return tab.evaluate((name) => {
    const free = document.querySelectorAll("input[name=seats]:not(:disabled)");
    const seat = free[Math.floor(Math.random() * free.length)];
    if (!seat) return undefined;
    document.getElementById("user").value = name;
    seat.click();
    document.querySelector("#reserve button[type=submit]").click();
    return seat.value;
  }, user);
}

/** Somebody wants a seat: she buys one, comes too late for the one she clicked, or opens the map and hears that none is left. */
async function buy(tab, map, user) {
  for (;;) {
    const arrived = tab.waitForNavigation();
    const label = await clickSeat(tab, user);
    if (label) {
      const status = (await arrived).status();
      assert.ok(status === 200 || status === 409, `${status}`);
      await tab.goto(map);
      return { end: status === 200 ? "bought" : "late", label };
    }
    arrived.catch(() => undefined);
    await tab.goto(map);
    if (await tab.evaluate(() => globalThis.isTold())) return { end: "told" };
  }
}

let house;
let browser;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

/** Tabs on one map, each in somebody else's browser: one browser opens no more than six connections to a server. */
async function openTabs(map) {
  const tabs = [];
  for (let n = 0; n < TABS; n += 1) {
    const context = await visitor(browser, { size: n % 2 ? "desktop" : "phone" });
    await context.addInitScript(watchMap, TOTAL);
    tabs.push(await context.newPage());
    await tabs[n].goto(map);
  }
  for (const tab of tabs) await until(() => tab.evaluate(() => globalThis.free()), (free) => free === TOTAL);
  return tabs;
}

test(`${BUYERS} buyers in ${TABS} tabs end in the truth within a second of the last commit`, async () => {
  const seatTypes = [{ seatType: "R", price: 100000, total: TOTAL, seating: "ASSIGNED", rows: ROWS, seatsPerRow: PLACES }];
  const { eventId } = await house.event({ price: undefined, totalSeats: undefined, holdSeconds: 0, seatTypes });
  const map = `${house.url}/events/${eventId}/seats`;
  const tabs = await openTabs(map);

  // The contest, in which somebody wants each seat, begins when some have bought in peace.
  const ends = { bought: 0, late: 0, told: 0 };
  const bought = new Set();
  let [asked, rush] = [0, undefined];
  const shop = async (_, first) => {
    // Nobody else's: two in one tab would lead each other away.
    const own = tabs.filter((_tab, n) => n % AT_A_TIME === first);
    for (let turn = 0; asked < BUYERS; turn += 1) {
      const tab = own[turn % own.length];
      asked += 1;
      const { end, label } = await buy(tab, map, `buyer${asked}@example.com`);
      ends[end] += 1;
      assert.ok(end !== "bought" || !bought.has(label), `${label} was sold twice`);
      if (end === "bought") bought.add(label);
      if (bought.size >= RUSH_AFTER) rush ??= contest(house, eventId, TOTAL);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, shop));
  const report = await rush;

  const last = await house.lastSale(eventId);
  const seen = [];
  for (const tab of tabs) {
    await until(() => tab.evaluate(() => globalThis.isSoldOut()), (isSoldOut) => isSoldOut);
    seen.push(JSON.parse(await tab.evaluate(() => localStorage.soldOut)));
  }
  const late = seen.map(({ since, opened }) => Math.round(since - Math.max(last, opened)));
  const watching = seen.filter(({ opened }) => opened < last).length;

  console.log(`${TABS} tabs, ${asked} buyers in them (${JSON.stringify(ends)}), ${report.buyers} of the contest, ${TOTAL} seats: ${bought.size} and ${report.sold} sold; ${watching} tabs saw the last commit, the last of all was ${Math.max(...late)} ms late`);
  console.log(`late by ${late} ms`);
  assert.ok(Math.max(...late) <= LATE_MILLIS_MAX, `${late} ms`);
  assert.ok(watching >= WATCHING_MIN, `${watching} of ${TABS} tabs saw the last commit`);
  assert.deepEqual([asked, ends.bought + ends.late + ends.told], [BUYERS, BUYERS]);
  assert.equal(ends.bought, bought.size);
  assert.deepEqual([report.soldTwice, report.violations, report.errors], [0, [], {}]);
  assert.equal(report.others, bought.size);
  assert.equal(report.sold + bought.size, TOTAL);
  assert.equal(await countReservations(house, eventId), TOTAL);
});
