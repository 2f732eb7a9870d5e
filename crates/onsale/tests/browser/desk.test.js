// The organizer's desk: an evening from its first form to the last guest.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { openBrowser, testOnBoth, visitor } from "./support/browser.js";
import { signIn, until } from "./support/buying.js";
import { openHouse } from "./support/house.js";

let house;
let browser;
let session;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
  const context = await visitor(browser);
  await signIn(context, house);
  session = await context.cookies();
});
after(async () => {
  await browser?.close();
  await house?.close();
});

/** An organizer's browser, signed in. */
async function sitDown(size) {
  const context = await visitor(browser, { size });
  await context.addCookies(session);
  return context;
}

/** A page of the desk, in a browser of its own: one browser opens six connections, and each page of a sale keeps one. */
async function visit(size, path) {
  const page = await (await sitDown(size)).newPage();
  await page.goto(house.url + path);
  return page;
}

testOnBoth("a wrong token is told, and the right one leads to where she was going", async (size) => {
  const context = await visitor(browser, { size });
  const page = await context.newPage();
  await page.goto(`${house.url}/admin/door`);
  await page.getByLabel("Organizer's token").fill("guess");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("This is not the token.").waitFor();
  await signIn(context, house, page);
  await page.waitForURL("**/admin/door");
});

testOnBoth("an event is put on sale, its hall drawn while it is typed, and copied", async (size) => {
  const page = await visit(size, "/admin/new");
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
});

/** What an event sells and how, without what each has to itself. */
async function terms(eventId) {
  const event = await house.api("GET", `/events/${eventId}`);
  const grades = event.seatTypes.map(({ seatType, price, total, seating, rows, seatsPerRow }) => ({ seatType, price, total, seating, rows, seatsPerRow }));
  return { grades, eventName: event.eventName, description: event.description, venue: event.venue, currency: event.currency, maxPerBuyer: event.maxPerBuyer, holdSeconds: event.holdSeconds };
}

testOnBoth("an event has the sale window, the limit and the time to pay that were typed, and its copy sells the same", async (size) => {
  const page = await visit(size, "/admin/new");
  const eventId = () => Number(new URL(page.url()).pathname.split("/").at(-1));
  await page.getByLabel("Name").fill("Two Nights");
  await page.getByLabel("Description").fill("The same twice.");
  await page.getByLabel("Begins").fill("2031-05-01T19:30:00");
  await page.getByLabel("Time zone").fill("Asia/Seoul");
  await page.getByLabel("Sale opens").fill("2030-03-01T10:00:00");
  await page.getByLabel("Sale closes").fill("2031-05-01T18:00:00");
  await page.getByLabel("Tickets per buyer").fill("3");
  await page.getByLabel("Minutes to pay").fill("2.5");
  const grade = page.getByRole("group", { name: "Grade 1" });
  await grade.getByLabel("Grade").fill("r");
  await grade.getByLabel("Price").fill("80000");
  await grade.getByLabel("Seating").selectOption("ASSIGNED");
  await grade.getByLabel("Rows").fill("4");
  await grade.getByLabel("Seats per row").fill("15");
  await page.getByRole("button", { name: "Add a grade" }).click();
  const second = page.getByRole("group", { name: "Grade 2" });
  await second.getByLabel("Grade").fill("s");
  await second.getByLabel("Price").fill("50000");
  await second.getByLabel("Seats", { exact: true }).fill("40");
  await page.getByRole("button", { name: "Create event" }).click();
  await page.getByRole("heading", { name: "Two Nights" }).waitFor();
  const first = eventId();
  const { saleOpensAt, saleClosesAt } = await house.api("GET", `/events/${first}`);
  assert.deepEqual([saleOpensAt, saleClosesAt].map(Date.parse), ["2030-03-01T01:00:00Z", "2031-05-01T09:00:00Z"].map(Date.parse));
  const { grades, ...others } = await terms(first);
  assert.deepEqual([others.maxPerBuyer, others.holdSeconds], [3, 150]);
  assert.deepEqual(grades.map(({ seatType, price, total, rows, seatsPerRow }) => [seatType, price, total, rows, seatsPerRow]), [["R", 80000, 60, 4, 15], ["S", 50000, 40, undefined, undefined]]);

  await page.getByRole("link", { name: "Copy" }).click();
  assert.equal(await page.getByLabel("Name").inputValue(), "Two Nights");
  for (const own of ["Begins", "Sale opens", "Sale closes"]) assert.equal(await page.getByLabel(own).inputValue(), "", own);
  await page.getByLabel("Begins").fill("2031-05-02T19:30:00");
  await page.getByRole("button", { name: "Create event" }).click();
  await page.getByRole("heading", { name: "Two Nights" }).waitFor();
  assert.notEqual(eventId(), first);
  assert.deepEqual(await terms(eventId()), { grades, ...others });
});

testOnBoth("a sale is closed by hand, and opened again, and buyers see it", async (size) => {
  const { eventId } = await house.event({ eventName: "Long Break" });
  const buyer = await (await visitor(browser, { size })).newPage();
  const page = await visit(size, `/admin/events/${eventId}/edit`);
  await page.getByLabel("The sale is closed").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Long Break" }).waitFor();
  await buyer.goto(`${house.url}/events/${eventId}`);
  await buyer.getByRole("heading", { name: "The sale is closed" }).waitFor();
  await page.goto(`${house.url}/admin/events/${eventId}/edit`);
  assert.ok(await page.getByLabel("The sale is closed").isChecked());
  await page.getByLabel("The sale is closed").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await buyer.getByRole("button", { name: "Reserve" }).waitFor();
});

testOnBoth("an event is changed by one organizer at a time, and buyers see it", async (size) => {
  const { eventId } = await house.event({ eventName: "First Draft", price: { r: 50000 }, totalSeats: 40 });
  const [page, late] = [await visit(size, `/admin/events/${eventId}/edit`), await visit(size, `/admin/events/${eventId}/edit`)];
  await page.getByLabel("Name").fill("Final Version");
  await page.getByRole("group", { name: "Grade 1" }).getByLabel("Price").fill("65000");
  await page.getByLabel("Tickets per buyer").fill("3");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Final Version" }).waitFor();
  await late.getByLabel("Name").fill("Third Thoughts");
  await late.getByRole("button", { name: "Save" }).click();
  await late.getByRole("alert").getByText("The event has changed since you read it").waitFor();
  assert.equal(await late.getByLabel("Name").inputValue(), "Third Thoughts");

  const buyer = await (await visitor(browser, { size })).newPage();
  await buyer.goto(`${house.url}/events/${eventId}`);
  await buyer.getByRole("heading", { name: "Final Version" }).waitFor();
  await buyer.locator("label.grade").getByText("₩65,000").waitFor();
  assert.equal(await buyer.getByLabel("How many").locator("option").count(), 3);
});

testOnBoth("what is wrong with a new event is told where it stands, and a grade can be added", async (size) => {
  const page = await visit(size, "/admin/new");
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
  await second.getByText(/^Price: /).waitFor();
  await page.getByRole("group", { name: "Grade 2" }).getByLabel("Price").fill("40000");
  await page.getByRole("button", { name: "Create event" }).click();
  await page.locator("tr[data-grade=S] [data-left]").getByText("50").waitFor();
});

testOnBoth("a sale is followed while it happens", async (size) => {
  const { eventId } = await house.event({ price: { r: 50000, s: 20000 }, totalSeats: 40, holdSeconds: 300 });
  const page = await visit(size, `/admin/events/${eventId}`);
  await page.locator("[data-live]:not([hidden])").waitFor();
  const told = (name) => page.locator(`[data-${name}]`).first().textContent();
  const row = (grade) => Promise.all(["sold", "held", "left"].map((name) => page.locator(`tr[data-grade=${grade}] [data-${name}]`).textContent()));
  assert.equal(await told("revenue"), "₩0");
  assert.equal(await told("rate"), "0.0");
  // A rate is shown for as long as it is one: every one that was shown is kept.
  await page.evaluate(() => {
    globalThis.rates = [];
    new MutationObserver(() => globalThis.rates.push(document.querySelector("[data-rate]").textContent)).observe(document.body, { subtree: true, childList: true, characterData: true });
  });

  const { reservationId } = await house.reserve(eventId, { seatType: "R", quantity: 4 });
  await house.api("POST", `/reservations/${reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  await house.reserve(eventId, { seatType: "R", quantity: 3 });
  await house.reserve(eventId, { seatType: "S", quantity: 2 });
  await until(() => row("R"), (cells) => cells.join() === "4,3,13");
  await until(() => row("S"), (cells) => cells.join() === "0,2,18");
  await until(() => told("revenue"), (revenue) => revenue === "₩200,000");
  await until(() => told("badge"), (badge) => badge === "31 seats left");
  // Nine seats within five seconds, as often as the page counts.
  await until(() => page.evaluate(() => globalThis.rates), (rates) => rates.some((rate) => Number(rate) > 0 && Number(rate) <= 1.8));
  await until(() => page.locator("[data-chart] path.line").count(), (lines) => lines === 1);

  const refused = Number(await told("refused"));
  await assert.rejects(house.reserve(eventId, { seatType: "S", quantity: 10, userId: "many" }).then(() => house.reserve(eventId, { seatType: "S", quantity: 10 })));
  await until(() => told("refused"), (count) => Number(count) > refused);
  assert.equal(await told("queue"), "0");
  await until(() => page.locator(".invariants .holds").count(), (holds) => holds >= 9);
  assert.equal(await page.locator(".invariants .violated").count(), 0);
  // Time goes on, and nobody buys.
  await until(() => told("rate"), (rate) => rate === "0.0");
});

testOnBoth("an event is called off by who types its name, and buyers see it", async (size) => {
  const { eventId } = await house.event({ eventName: "Rainy Day" });
  const buyer = await (await visitor(browser, { size })).newPage();
  await buyer.goto(`${house.url}/events/${eventId}`);
  await buyer.locator("[data-live]:not([hidden])").waitFor();
  const page = await visit(size, `/admin/events/${eventId}`);
  await page.getByText("Call the event off").first().click();
  await page.getByLabel("Type the event's name to confirm").fill("Rainy");
  await page.getByRole("button", { name: "Call the event off" }).click();
  await page.getByRole("alert").getByText("Nothing was done.").waitFor();
  await page.getByLabel("Type the event's name to confirm").fill("Rainy Day");
  await page.getByRole("button", { name: "Call the event off" }).click();
  await page.locator(".badge.cancelled").waitFor();
  await buyer.getByRole("heading", { name: "This event was called off" }).waitFor();
});

testOnBoth("the door is worked by keyboard, and says what a ticket is worth", async (size) => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const { reservationId } = await house.reserve(eventId, { quantity: 1 });
  const { tickets } = await house.api("GET", `/reservations/${reservationId}`);
  const code = tickets[0].code ?? tickets[0].ticketCode;
  const page = await visit(size, `/admin/door?event=${eventId}`);
  const scan = async (text) => {
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };
  await scan(code);
  await page.getByRole("alert").getByText("Welcome").waitFor();
  await scan(code.toLowerCase());
  await page.getByRole("alert").getByText(/Used at \d\d:\d\d/).waitFor();
  // From the field, where the scanner types, the button is a few steps back.
  const isOnUndo = () => page.evaluate(() => document.activeElement.closest("form")?.elements.undo !== undefined && document.activeElement.type === "submit");
  for (let steps = 0; steps < 5 && !(await isOnUndo()); steps += 1) await page.keyboard.press("Shift+Tab");
  assert.ok(await isOnUndo());
  await page.keyboard.press("Enter");
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

testOnBoth("every door says how many are in, whichever door let them in", async (size) => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const { reservationId } = await house.reserve(eventId, { quantity: 3 });
  const { tickets } = await house.api("GET", `/reservations/${reservationId}`);
  const [here, there, sale] = [await visit(size, `/admin/door?event=${eventId}`), await visit(size, `/admin/door?event=${eventId}`), await visit(size, `/admin/events/${eventId}`)];
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

testOnBoth("reservations are searched, and exported while they are read", async (size) => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 400, holdSeconds: 0 });
  for (let n = 0; n < 60; n += 1) await house.reserve(eventId, { userId: `buyer${n}` });
  const page = await visit(size, `/admin/reservations?event=${eventId}`);
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
  assert.match(lines[1], /"buyer0","R","1","","50000","KRW","CONFIRMED"/);
});
