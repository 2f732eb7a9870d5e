// Every page: accessible, valid, in its own width, light, quick, and pictured.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { SIZES, openBrowser, visitor } from "./support/browser.js";
import { fitsItsWindow, hasLargeTargets, isAccessible, isValidHtml, keepPicture, keepWatch, noPictures, pictures } from "./support/checks.js";
import { until } from "./support/buying.js";
import { ADMIN_TOKEN, openHouse } from "./support/house.js";

// A pair that has both of each in CI, and all of them for who has the time.
const DRESSES = process.env.TEST_EVERY_SIZE
  ? ["phone", "tablet", "desktop"].flatMap((size) => ["en", "ko"].flatMap((lang) => ["light", "dark"].map((theme) => ({ size, lang, theme }))))
  : [
      { size: "phone", lang: "ko", theme: "dark" },
      { size: "desktop", lang: "en", theme: "light" },
    ];

let house;
let browser;
let pages;
let session;

before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser(), noPictures()]);
  const open = await house.event({ eventName: "아이유 콘서트: The Golden Hour", maxPerBuyer: 4 });
  const before = await house.event({ eventName: "Hamlet", venue: "National Theatre", saleOpensAt: "2030-01-01T10:00:00", eventDate: "2031-02-11T19:30:00" });
  const soldOut = await house.event({ eventName: "LG vs Doosan", venue: "Jamsil", price: { s: 0 }, totalSeats: 1, eventDate: "2031-03-01T14:00:00" });
  await house.reserve(soldOut.eventId);
  const over = await house.event({ eventName: "Last Year", eventDate: "2020-01-01T19:00:00" });
  const cancelled = await house.event({ eventName: "Called Off" });
  await house.api("PUT", `/events/${cancelled.eventId}`, { status: "CANCELLED" });
  const seats = await house.event({
    eventName: "String Quartet",
    price: undefined,
    totalSeats: undefined,
    seatTypes: [
      { seatType: "VIP", price: 150000, total: 60, seating: "ASSIGNED", rows: 3, seatsPerRow: 20 },
      { seatType: "R", price: 100000, total: 192, seating: "ASSIGNED", rows: 8, seatsPerRow: 24 },
    ],
  });
  await house.reserve(seats.eventId, { seats: ["VIP-A-9", "VIP-A-10"], quantity: 2 });
  const mine = { userId: "mina@example.com", quantity: 2 };
  const hold = await house.reserve(open.eventId, { ...mine, seatType: "VIP" });
  const paid = await house.reserve(seats.eventId, { ...mine, seats: ["R-D-11", "R-D-12"] });
  await house.api("POST", `/reservations/${paid.reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  const returned = await house.reserve(seats.eventId, { ...mine, seatType: "R" });
  await house.api("POST", `/reservations/${returned.reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  await house.api("DELETE", `/reservations/${returned.reservationId}`);
  const short = await house.event({ eventName: "Too Late", holdSeconds: 1 });
  const expired = await house.reserve(short.eventId, { ...mine, seatType: "R" });
  await until(() => house.api("GET", `/reservations/${expired.reservationId}`), ({ status }) => status === "EXPIRED");
  const used = await house.reserve(seats.eventId, { ...mine, seats: ["R-E-1", "R-E-2"] });
  await house.api("POST", `/reservations/${used.reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  const { tickets: [{ code }] } = await house.api("GET", `/reservations/${used.reservationId}`);
  await house.api("POST", `/tickets/${code}/check-in`);
  pages = {
    events: "/?show=all",
    "events-none": "/?q=nothing-like-it",
    event: `/events/${open.eventId}`,
    "event-before": `/events/${before.eventId}`,
    "event-sold-out": `/events/${soldOut.eventId}`,
    "event-over": `/events/${over.eventId}`,
    "event-cancelled": `/events/${cancelled.eventId}`,
    seats: `/events/${seats.eventId}/seats`,
    hold: `/reservations/${hold.reservationId}`,
    tickets: `/reservations/${paid.reservationId}`,
    "tickets-used": `/reservations/${used.reservationId}`,
    expired: `/reservations/${expired.reservationId}`,
    cancelled: `/reservations/${returned.reservationId}`,
    find: "/tickets",
    "find-missing": "/tickets?code=0123A-BCDEF&user=nobody",
    "not-found": "/nowhere",
    desk: "/admin",
    "desk-new": "/admin/new",
    "desk-edit": `/admin/events/${seats.eventId}/edit`,
    "desk-sale": `/admin/events/${seats.eventId}`,
    "desk-reservations": "/admin/reservations",
    "desk-door": `/admin/door?event=${seats.eventId}`,
    "desk-login": "/admin/login",
  };
  const answer = await fetch(`${house.url}/admin/login`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ token: ADMIN_TOKEN }),
  });
  [session] = answer.headers.get("set-cookie").split(";");
});
after(async () => {
  await browser?.close();
  await house?.close();
});

/** Signs an organizer in; the page that asks for it is seen by who has not. */
async function sitDown(context) {
  const [name, value] = session.split("=");
  await context.addCookies([{ name, value, url: house.url }]);
}

test("every page is accessible, fits its window, and asks nobody else for anything", { concurrency: 3 }, async (t) => {
  for (const dress of DRESSES) {
    const context = await visitor(browser, dress);
    await sitDown(context);
    const stranger = await visitor(browser, dress);
    const seen = Object.entries(pages).map(([name, path]) =>
      t.test(`${name}, ${Object.values(dress).join(", ")}`, async () => {
        const page = await (name === "desk-login" ? stranger : context).newPage();
        const isClean = keepWatch(page, house.url);
        await page.goto(house.url + path);
        if (name === "seats" || name === "desk-sale") await page.locator("[data-live]:not([hidden])").waitFor();
        await isAccessible(page);
        await fitsItsWindow(page);
        await hasLargeTargets(page);
        await page.close();
        isClean();
      }),
    );
    await Promise.all(seen);
    await Promise.all([context.close(), stranger.close()]);
  }
});

test("every page is pictured in every size, language and theme", async () => {
  await Promise.all(
    ["en", "ko"].map(async (lang) => {
      const context = await visitor(browser, { lang });
      await sitDown(context);
      const [page, stranger] = [await context.newPage(), await (await visitor(browser, { lang })).newPage()];
      for (const [name, path] of Object.entries(pages)) {
        const shown = name === "desk-login" ? stranger : page;
        await shown.goto(house.url + path);
        if (name === "seats" || name === "desk-sale") await shown.locator("[data-live]:not([hidden])").waitFor();
        for (const theme of ["light", "dark"]) {
          await shown.emulateMedia({ colorScheme: theme });
          for (const [size, [width, height]] of Object.entries(SIZES)) {
            await shown.setViewportSize({ width, height });
            await keepPicture(shown, `${name}-${size}-${lang}-${theme}`);
          }
        }
      }
    }),
  );
  const kept = await pictures();
  assert.equal(kept.length, 2 * 2 * Object.keys(SIZES).length * Object.keys(pages).length);
});

test("every page is valid HTML in both languages", async (t) => {
  for (const [name, path] of Object.entries(pages)) {
    for (const lang of ["en", "ko"]) {
      await t.test(`${name}, ${lang}`, async () => {
        const answer = await fetch(house.url + path, { headers: { accept: "text/html", "accept-language": lang, cookie: name === "desk-login" ? "" : session } });
        await isValidHtml(await answer.text());
      });
    }
  }
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
    await page.goto(house.url + pages.event, { waitUntil: "load" });
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
