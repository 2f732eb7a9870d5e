// What buyers do again and again.

import assert from "node:assert/strict";
import { ADMIN_TOKEN } from "./house.js";

/** Fills the form of the event's page in. */
export async function fillIn(page, { grade = "R", quantity = "2", user = "mina@example.com" } = {}) {
  await page.locator(`input[name=seatType][value="${grade}"]`).check();
  await page.getByLabel("How many").selectOption(quantity);
  await page.getByLabel("E-mail or user name").fill(user);
}

/** Reserves on the event's page; ends on the page of the hold. */
export async function reserve(page, url, options) {
  await page.goto(url);
  await fillIn(page, options);
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.waitForURL("**/reservations/*");
}

/** Pays with one of the trial's cards. */
export async function pay(page, card = "4242 4242 4242 4242") {
  await page.getByLabel("Card number").fill(card);
  await page.getByRole("button", { name: /^Pay/ }).click();
}

/** Until when a hold's page says that its seats are kept, in milliseconds. */
export async function keptUntil(page) {
  return Number(await page.getByRole("timer").getAttribute("data-countdown"));
}

/** How many reservations of an event there are. */
export async function countReservations(house, eventId) {
  const { totalElements } = await house.api("GET", `/reservations?eventId=${eventId}&size=1`);
  return totalElements;
}

/** Waits until something holds, and says what it last was where it never does. */
export async function until(read, isSo, patience = 60_000) {
  const end = Date.now() + patience;
  let last;
  while (Date.now() < end) {
    last = await read();
    if (isSo(last)) return last;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`never so: ${JSON.stringify(last)}`);
}

/** Signs an organizer in, on the page that asks for it or on one of its own. */
export async function signIn(context, house, asking) {
  const page = asking ?? (await context.newPage());
  if (!asking) await page.goto(`${house.url}/admin`);
  await page.getByLabel("Organizer's token").fill(ADMIN_TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/login"));
  if (!asking) await page.close();
}
