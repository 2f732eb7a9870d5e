// The organizer's desk: an evening from its first form to the last guest.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { signIn, until } from "./support/buying.js";
import { openHouse } from "./support/house.js";

let house;
let browser;
let desk;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
  desk = await visitor(browser, { size: "desktop" });
  await signIn(desk, house);
});
// One browser opens six connections to a server, and each page of a sale keeps one.
afterEach(async () => {
  for (const page of desk.pages()) await page.close();
});
after(async () => {
  await browser?.close();
  await house?.close();
});

async function visit(path) {
  const page = await desk.newPage();
  await page.goto(house.url + path);
  return page;
}

test("a wrong token is told, and the right one leads to where she was going", async () => {
  const context = await visitor(browser);
  const page = await context.newPage();
  await page.goto(`${house.url}/admin/door`);
  await page.getByLabel("Organizer's token").fill("guess");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("This is not the token.").waitFor();
  await signIn(context, house, page);
  await page.waitForURL("**/admin/door");
});

test("an event is put on sale, its hall drawn while it is typed, and copied", async () => {
  const page = await visit("/admin/new");
  await page.getByLabel("Name").fill("Opening Night");
  await page.getByLabel("Begins").fill("2031-05-01T19:30:00");
  const grade = page.getByRole("group", { name: "Grade 1" });
  await grade.getByLabel("Grade").fill("vip");
  await grade.getByLabel("Price").fill("120000");
  await grade.getByLabel("Seating").selectOption("ASSIGNED");
  await grade.getByLabel("Rows").fill("3");
  await grade.getByLabel("Seats per row").fill("12");
  assert.equal(await grade.getByLabel("Seats", { exact: true }).inputValue(), "36");
  const seats = await page.locator("[data-hall] path.free").evaluateAll((paths) => paths.map((path) => path.getAttribute("d")).join("").split("M").length - 1);
  assert.equal(seats, 36);
  await page.getByRole("button", { name: "Create event" }).click();
  await page.getByRole("heading", { name: "Opening Night" }).waitFor();
  await page.getByRole("link", { name: "Copy" }).click();
  assert.equal(await page.getByLabel("Name").inputValue(), "Opening Night");
  assert.equal(await page.getByLabel("Begins").inputValue(), "");
});

test("an event is changed by one organizer at a time, and buyers see it", async () => {
  const { eventId } = await house.event({ eventName: "First Draft", price: { r: 50000 }, totalSeats: 40 });
  const [page, late] = [await visit(`/admin/events/${eventId}/edit`), await visit(`/admin/events/${eventId}/edit`)];
  await page.getByLabel("Name").fill("Final Version");
  await page.getByRole("group", { name: "Grade 1" }).getByLabel("Price").fill("65000");
  await page.getByLabel("Tickets per buyer").fill("3");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Final Version" }).waitFor();
  await late.getByLabel("Name").fill("Third Thoughts");
  await late.getByRole("button", { name: "Save" }).click();
  await late.getByRole("alert").getByText("The event has changed since you read it").waitFor();
  assert.equal(await late.getByLabel("Name").inputValue(), "Third Thoughts");

  const buyer = await (await visitor(browser)).newPage();
  await buyer.goto(`${house.url}/events/${eventId}`);
  await buyer.getByRole("heading", { name: "Final Version" }).waitFor();
  await buyer.locator("label.grade").getByText("₩65,000").waitFor();
  assert.equal(await buyer.getByLabel("How many").locator("option").count(), 3);
});

test("what is wrong with a new event is told where it stands, and a grade can be added", async () => {
  const page = await visit("/admin/new");
  await page.getByLabel("Name").fill("Half Done");
  await page.getByLabel("Begins").fill("2031-05-01T19:30:00");
  await page.getByRole("button", { name: "Add a grade" }).click();
  const [first, second] = [page.getByRole("group", { name: "Grade 1" }), page.getByRole("group", { name: "Grade 2" })];
  for (const [grade, name, price] of [[first, "r", "60000"], [second, "s", "many"]]) {
    await grade.getByLabel("Grade").fill(name);
    await grade.getByLabel("Price").fill(price);
    await grade.getByLabel("Seats", { exact: true }).fill("50");
  }
  await page.getByRole("button", { name: "Create event" }).click();
  await page.getByText("seatTypes[1].price").waitFor();
  await page.getByRole("group", { name: "Grade 2" }).getByLabel("Price").fill("40000");
  await page.getByRole("button", { name: "Create event" }).click();
  await page.locator("tr[data-grade=S] [data-left]").getByText("50").waitFor();
});

test("a sale is followed while it happens", async () => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const page = await visit(`/admin/events/${eventId}`);
  await page.locator("[data-live]:not([hidden])").waitFor();
  await house.reserve(eventId, { quantity: 4 });
  await page.getByText("₩200,000").waitFor();
  await until(() => page.locator("tr[data-grade=R] [data-left]").textContent(), (left) => left === "36");
  await until(() => page.locator("[data-chart] path.line").count(), (lines) => lines === 1);
  await until(() => page.locator(".invariants .holds").count(), (holds) => holds >= 9);
  assert.equal(await page.locator(".invariants .violated").count(), 0);
});

test("an event is called off by who types its name, and buyers see it", async () => {
  const { eventId } = await house.event({ eventName: "Rainy Day" });
  const buyer = await (await visitor(browser)).newPage();
  await buyer.goto(`${house.url}/events/${eventId}`);
  await buyer.locator("[data-live]:not([hidden])").waitFor();
  const page = await visit(`/admin/events/${eventId}`);
  await page.getByText("Call the event off").first().click();
  await page.getByLabel("Type the event's name to confirm").fill("Rainy");
  await page.getByRole("button", { name: "Call the event off" }).click();
  await page.getByRole("alert").getByText("Nothing was done.").waitFor();
  await page.getByLabel("Type the event's name to confirm").fill("Rainy Day");
  await page.getByRole("button", { name: "Call the event off" }).click();
  await page.locator(".badge.cancelled").waitFor();
  await buyer.getByRole("heading", { name: "This event was called off" }).waitFor();
});

test("the door is worked by keyboard, and says what a ticket is worth", async () => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const { reservationId } = await house.reserve(eventId, { quantity: 1 });
  const { tickets } = await house.api("GET", `/reservations/${reservationId}`);
  const code = tickets[0].code ?? tickets[0].ticketCode;
  const page = await visit(`/admin/door?event=${eventId}`);
  const scan = async (text) => {
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  await scan(code);
  await page.getByRole("alert").getByText("Welcome").waitFor();
  await scan(code.toLowerCase());
  await page.getByRole("alert").getByText(/Used at \d\d:\d\d/).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("alert").getByText("the ticket is valid again").waitFor();
  await scan(code);
  await page.getByRole("alert").getByText("Welcome").waitFor();
  await page.locator("[data-inside]").getByText("1 of 1").waitFor();
  await scan("nonsense");
  await page.getByRole("alert").getByText("Not a ticket of ours").waitFor();

  const other = await house.event({ eventName: "Next Door", price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const bought = await house.reserve(other.eventId, { quantity: 1 });
  const { tickets: [{ code: foreign }] } = await house.api("GET", `/reservations/${bought.reservationId}`);
  await scan(foreign);
  await page.getByRole("alert").getByText("For another event").waitFor();
  await page.getByRole("alert").getByText("Next Door").waitFor();
  await page.getByLabel("Event number").fill(String(other.eventId));
  await page.getByLabel("Ticket code").focus();
  await house.api("DELETE", `/reservations/${bought.reservationId}`);
  await scan(foreign);
  await page.getByRole("alert").getByText("Cancelled ticket").waitFor();
});

test("every door says how many are in, whichever door let them in", async () => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const { reservationId } = await house.reserve(eventId, { quantity: 3 });
  const { tickets } = await house.api("GET", `/reservations/${reservationId}`);
  const [here, there, sale] = [await visit(`/admin/door?event=${eventId}`), await visit(`/admin/door?event=${eventId}`), await visit(`/admin/events/${eventId}`)];
  const count = (page) => page.locator("[data-inside]");
  for (const page of [here, there, sale]) await count(page).getByText("0 of 3", { exact: true }).waitFor();

  await here.getByLabel("Ticket code").fill(tickets[0].code);
  await here.keyboard.press("Enter");
  await here.getByRole("alert").getByText("Welcome").waitFor();
  for (const page of [there, sale, here]) await count(page).getByText("1 of 3", { exact: true }).waitFor();
  await there.getByLabel("Ticket code").fill(tickets[1].code);
  await there.keyboard.press("Enter");
  for (const page of [here, sale, there]) await count(page).getByText("2 of 3", { exact: true }).waitFor();
  await there.getByRole("button", { name: "Undo" }).click();
  for (const page of [here, sale, there]) await count(page).getByText("1 of 3", { exact: true }).waitFor();
  assert.equal(await here.getByRole("progressbar", { name: "Let in" }).evaluate((bar) => bar.value), 1);
});

test("reservations are searched, and exported while they are read", async () => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 400, holdSeconds: 0 });
  for (let n = 0; n < 60; n += 1) await house.reserve(eventId, { userId: `buyer${n}` });
  const page = await visit(`/admin/reservations?event=${eventId}`);
  await page.getByText("60 reservations").waitFor();
  await page.getByRole("link", { name: "Next" }).click();
  assert.equal(await page.locator("tbody tr").count(), 10);
  await page.getByLabel("Buyer").fill("buyer7");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("1 reservation", { exact: true }).waitFor();
  await page.getByLabel("Buyer").fill("");
  await page.getByLabel("Status").selectOption("CANCELLED");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByText("No reservation found").waitFor();

  await page.goto(`${house.url}/admin/events/${eventId}`);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Reservations as CSV" }).click()]);
  assert.equal(download.suggestedFilename(), `reservations-${eventId}.csv`);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\r\n");
  assert.equal(lines.length, 61);
  assert.match(lines[1], /"buyer0","R","1","","50000","CONFIRMED"/);
});
