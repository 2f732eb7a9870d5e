// A buyer's way from the list to her ticket, and everything that gets in between.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { countReservations, fillIn, pay, reserve, until } from "./support/buying.js";
import { openHouse } from "./support/house.js";
import { openLine } from "./support/line.js";

let house;
let browser;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

async function visit(options) {
  const context = await visitor(browser, options);
  return context.newPage();
}

const eventUrl = ({ eventId }) => `${house.url}/events/${eventId}`;

test("a buyer finds an event, reserves, pays, and has her tickets", async () => {
  await house.event({ eventName: "The Long Way Home" });
  const page = await visit();
  await page.goto(house.url);
  await page.getByRole("searchbox").fill("long way");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: "The Long Way Home" }).click();
  await fillIn(page);
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.waitForURL("**/reservations/*");

  const timer = page.getByRole("timer");
  const first = await timer.textContent();
  await until(() => timer.textContent(), (now) => now !== first);
  await page.getByRole("button", { name: "More time, please" }).click();
  await page.getByText("You have extended your time already.").waitFor();

  await pay(page, "4000 0000 0000 0002");
  await page.getByRole("alert").getByText("Your card was declined").waitFor();
  await pay(page);
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  assert.equal(await page.getByRole("img", { name: "QR code of the ticket" }).count(), 2);

  const code = await page.locator(".order code").textContent();
  await page.getByRole("link", { name: "My tickets" }).click();
  await page.getByLabel("Reservation code").fill(code.toLowerCase());
  await page.getByLabel("E-mail or user name").fill("mina@example.com");
  await page.getByRole("button", { name: "Show my tickets" }).click();
  await page.getByText("Ticket 2 of 2").waitFor();

  await page.getByText("Cancel these tickets").click();
  await page.getByRole("button", { name: "Yes, cancel all of them" }).click();
  await page.getByRole("heading", { name: "Cancelled" }).waitFor();
  await page.getByText("₩200,000").first().waitFor();
});

test("without scripts a buyer finds an event, reserves, pays and sees the ticket", async () => {
  await house.event({ eventName: "Plain Evening" });
  const page = await visit({ javaScript: false });
  await page.goto(`${house.url}/?q=plain`);
  await page.getByRole("link", { name: "Plain Evening" }).click();
  await fillIn(page);
  await page.getByRole("button", { name: "Reserve" }).click();
  await pay(page);
  await page.getByText("Ticket 2 of 2").waitFor();
});

test("without scripts a buyer chooses her seats in the table", async () => {
  const event = await house.event(numbered());
  const page = await visit({ javaScript: false });
  await page.goto(eventUrl(event));
  await page.getByRole("link", { name: "Choose seats on the map" }).click();
  await page.getByRole("checkbox", { name: "R-B-3", exact: true }).check();
  await page.getByRole("checkbox", { name: "R-B-4", exact: true }).check();
  await page.getByLabel("E-mail or user name").fill("mina");
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.getByText("R-B-3", { exact: true }).waitFor();
  await page.getByText("R-B-4", { exact: true }).waitFor();
});

test("a double click reserves once", async () => {
  const event = await house.event();
  const page = await visit();
  await page.goto(eventUrl(event));
  await fillIn(page);
  await page.getByRole("button", { name: "Reserve" }).dblclick();
  await page.waitForURL("**/reservations/*");
  assert.equal(await countReservations(house, event.eventId), 1);
});

test("who goes back and sends the same form again has reserved once", async () => {
  const event = await house.event();
  const page = await visit();
  await reserve(page, eventUrl(event));
  const first = page.url();
  await page.reload();
  assert.equal(page.url(), first);
  await page.goBack();
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.waitForURL("**/reservations/*");
  assert.equal(page.url(), first);
  assert.equal(await countReservations(house, event.eventId), 1);
});

test("an answer that is lost on its way loses nothing, and going back to try again doubles nothing", async () => {
  const event = await house.event();
  const line = await openLine(house.url);
  try {
    const page = await visit();
    await page.goto(`${line.url}/events/${event.eventId}`);
    await fillIn(page);
    line.breaks = true;
    // The browser shows an error of its own.
    await page.getByRole("button", { name: "Reserve" }).click();
    await until(() => line.broken, (count) => count > 0);
    await page.waitForURL((url) => url.protocol === "chrome-error:");
    assert.equal(await countReservations(house, event.eventId), 1);

    line.breaks = false;
    await page.goBack();
    await page.getByLabel("E-mail or user name").fill("mina@example.com");
    await page.getByRole("button", { name: "Reserve" }).click();
    await page.waitForURL("**/reservations/*");
    assert.equal(await countReservations(house, event.eventId), 1);

    line.breaks = true;
    const before = line.broken;
    await page.getByRole("button", { name: /^Pay/ }).click();
    await until(() => line.broken, (count) => count > before);
    await page.waitForURL((url) => url.protocol === "chrome-error:");
    line.breaks = false;
    await page.goBack();
    await page.reload();
    await page.getByRole("heading", { name: "See you there!" }).waitFor();
  } finally {
    line.close();
  }
});

test("two tabs of one buyer are two forms, and each counts once", async () => {
  const event = await house.event({ maxPerBuyer: 3 });
  const context = await visitor(browser);
  const tabs = await Promise.all([context.newPage(), context.newPage()]);
  await Promise.all(tabs.map((tab) => tab.goto(eventUrl(event))));
  for (const tab of tabs) await fillIn(tab);
  await tabs[0].getByRole("button", { name: "Reserve" }).click();
  await tabs[0].waitForURL("**/reservations/*");
  await tabs[1].getByRole("button", { name: "Reserve" }).click();
  await tabs[1].getByRole("alert").getByText("One person may have 3 tickets of this event, and you have 2.").waitFor();
  assert.equal(await countReservations(house, event.eventId), 1);
});

test("a payment that is sent twice is one payment", async () => {
  const event = await house.event();
  const page = await visit();
  await reserve(page, eventUrl(event));
  await page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await page.getByRole("button", { name: /^Pay/ }).dblclick();
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  await page.goBack();
  await page.goForward();
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
});

test("a slow bank is waited for, and the page finds out by itself", async () => {
  const event = await house.event();
  const page = await visit();
  await reserve(page, eventUrl(event));
  await pay(page, "4000 0000 0000 0119");
  await page.getByRole("heading", { name: "See you there!" }).waitFor({ timeout: 20_000 });
});

test("a declined card and a hold that runs out after it do not pay again by themselves", async () => {
  const event = await house.event({ holdSeconds: 4 });
  const page = await visit();
  await reserve(page, eventUrl(event));
  await pay(page, "4000 0000 0000 0002");
  await page.getByRole("alert").getByText("Your card was declined").waitFor();
  assert.ok(page.url().endsWith("/payment"));
  await page.getByRole("heading", { name: "The time to pay is over" }).waitFor({ timeout: 15_000 });
  assert.ok(!page.url().endsWith("/payment"));
});

test("a hold that runs out warns before it does, and is explained after it did", async () => {
  const event = await house.event({ holdSeconds: 3 });
  const page = await visit();
  await reserve(page, eventUrl(event));
  await page.getByText("Less than a minute is left.").waitFor();
  await page.getByRole("heading", { name: "The time to pay is over" }).waitFor({ timeout: 15_000 });
  await page.getByText("You were not charged").waitFor();
});

function numbered() {
  return {
    price: undefined,
    totalSeats: undefined,
    seatTypes: [
      { seatType: "VIP", price: 150000, total: 20, seating: "ASSIGNED", rows: 2, seatsPerRow: 10 },
      { seatType: "R", price: 100000, total: 60, seating: "ASSIGNED", rows: 4, seatsPerRow: 15 },
    ],
  };
}
