// What a buyer finds before she buys and keeps afterwards: the list, the calendar, the print, the code.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import jsqr from "jsqr";
import { openBrowser, testOnBoth, visitor } from "./support/browser.js";
import { until } from "./support/buying.js";
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

async function visit(path, options) {
  const context = await visitor(browser, options);
  const page = await context.newPage();
  await page.goto(house.url + path);
  return page;
}

/** A confirmed reservation with its tickets. */
async function bought(fields = {}) {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 10, holdSeconds: 0, ...fields });
  const { reservationId } = await house.reserve(eventId, { quantity: 2 });
  return house.api("GET", `/reservations/${reservationId}`);
}

testOnBoth("the list is filtered and sorted, and each card says what a buyer wants to know", async (size) => {
  // What is listed is all there is.
  const own = await openHouse();
  try {
    const hours = (count) => new Date(Date.now() + count * 3600_000).toISOString();
    await own.event({ eventName: "Zebra Night", eventDate: "2031-01-05T19:00:00" });
    const ball = await own.event({ eventName: "Alpha Ball", eventDate: "2031-06-01T20:00:00", venue: { name: "Blue Hall" }, price: { r: 10000 }, totalSeats: 1 });
    await own.reserve(ball.eventId);
    await own.event({ eventName: "Later Show", eventDate: "2031-03-01T20:00:00", saleOpensAt: hours(2) });
    const page = await (await visitor(browser, { size })).newPage();
    await page.goto(own.url);
    const names = () => page.locator(".card h2").allTextContents();
    const choose = async (label, option) => {
      await page.getByLabel(label, { exact: true }).selectOption(option);
      await page.getByRole("button", { name: "Search" }).click();
    };
    assert.deepEqual(await names(), ["Zebra Night", "Later Show", "Alpha Ball"]);
    const card = page.locator(".card", { hasText: "Zebra Night" });
    for (const text of ["Sun 5 Jan 2031, 19:00", "Seoul Olympic Stadium", "₩70,000 – ₩150,000", "300 seats left"]) await card.getByText(text).waitFor();
    const badge = page.locator(".card", { hasText: "Later Show" }).locator(".badge");
    assert.match(await badge.textContent(), /^Opens in (01:59:\d\d|02:00:00)$/);
    const first = await badge.textContent();
    await until(() => badge.textContent(), (now) => now !== first);

    await choose("Order", "By name");
    await until(names, (found) => found.join() === "Alpha Ball,Later Show,Zebra Night");
    await choose("Show", "Sold out");
    await until(names, (found) => found.join() === "Alpha Ball");
    await choose("Show", "On sale now");
    await until(names, (found) => found.join() === "Zebra Night");
    await page.getByLabel("Search", { exact: true }).fill("blue hall");
    await choose("Show", "All");
    await until(names, (found) => found.join() === "Alpha Ball");
    await page.getByLabel("Search", { exact: true }).fill("no such thing");
    await choose("Show", "All");
    await page.getByRole("heading", { name: "No event found" }).waitFor();
  } finally {
    await own.close();
  }
});

testOnBoth("a computer whose clock is wrong counts down by the server's", async (size) => {
  const opensAt = new Date(Date.now() + 3600_000).toISOString();
  const { eventId } = await house.event({ saleOpensAt: opensAt });
  const context = await visitor(browser, { size });
  await context.clock.install({ time: Date.now() - 86400_000 });
  // A driven clock has no origin before it is first asked for the time.
  await context.addInitScript(() => Date.now());
  const page = await context.newPage();
  await page.goto(`${house.url}/events/${eventId}`);
  assert.match(await page.locator("[data-countdown]").textContent(), /^(59:\d\d|01:00:00)$/);
});

testOnBoth("the other language keeps the page, and so does the way back", async (size) => {
  const seatTypes = [{ seatType: "R", price: 1000, total: 6000, seating: "ASSIGNED", rows: 60, seatsPerRow: 100 }];
  const { eventId } = await house.event({ price: undefined, totalSeats: undefined, seatTypes });
  for (const path of ["/?q=autumn&show=all&order=name&page=1", `/events/${eventId}`, `/events/${eventId}/seats?part=2`, "/tickets"]) {
    const page = await visit(path, { size });
    const speaks = () => page.locator("html").getAttribute("lang");
    assert.equal(await speaks(), "en");
    await page.getByRole("link", { name: "한국어" }).click();
    await until(speaks, (lang) => lang === "ko");
    assert.equal(page.url(), house.url + path);
    await page.getByRole("link", { name: "English" }).click();
    await until(speaks, (lang) => lang === "en");
    assert.equal(page.url(), house.url + path);
  }
});

testOnBoth("a ticket's code is read from its picture, as a scanner does", async (size) => {
  const { reservationId, tickets } = await bought();
  const page = await visit(`/reservations/${reservationId}`, { size });
  const pictures = await page.locator(".ticket .code svg").evaluateAll((all) => all.map((svg) => [Number(svg.getAttribute("viewBox").split(" ")[2]), svg.querySelector(".dark").getAttribute("d")]));
  const read = pictures.map(([side, path]) => {
    const scale = 4;
    const pixels = new Uint8ClampedArray((side * scale) ** 2 * 4).fill(255);
    for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      for (let row = y * scale; row < (Number(y) + 1) * scale; row += 1) {
        for (let at = x * scale; at < (Number(x) + Number(run)) * scale; at += 1) pixels.fill(0, (row * side * scale + at) * 4, (row * side * scale + at) * 4 + 3);
      }
    }
    return (jsqr.default ?? jsqr)(pixels, side * scale, side * scale)?.data;
  });
  assert.deepEqual(read, tickets.map(({ code }) => code));
});

testOnBoth("a ticket goes into a calendar and onto paper", async (size) => {
  const { reservationId } = await bought({ eventName: "Night, with; commas", eventDate: "2031-10-04T19:00:00" });
  const page = await visit(`/reservations/${reservationId}`, { size });
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Add to calendar" }).click()]);
  assert.equal(download.suggestedFilename(), "ticket.ics");
  const lines = (await readFile(await download.path(), "utf8")).replaceAll("\r\n ", "").split("\r\n");
  for (const line of ["BEGIN:VCALENDAR", "DTSTART:20311004T100000Z", "SUMMARY:Night\\, with\\; commas", "END:VCALENDAR"]) assert.ok(lines.includes(line), lines.join("\n"));

  await page.evaluate(() => {
    globalThis.print = () => {
      globalThis.isPrinted = true;
    };
  });
  await page.getByRole("button", { name: "Print" }).click();
  assert.ok(await page.evaluate(() => globalThis.isPrinted));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const useless of ["header.top", "footer", ".actions", "details.danger"]) assert.ok(await page.locator(useless).isHidden(), useless);
  assert.equal(await page.getByRole("img", { name: /QR code/ }).filter({ visible: true }).count(), 2);
  const ink = await page.locator(".ticket").first().evaluate((ticket) => getComputedStyle(ticket).backgroundColor);
  assert.equal(ink, "rgb(255, 255, 255)");
});
