// What is on sale, sold and over in the house whose pages are judged.

import { until } from "./buying.js";

const MINA = "mina@example.com";

/** Fills a house with one of everything; gives the numbers of its events and reservations. */
export async function stock(house) {
  const known = { ...(await events(house)) };
  await buyAhead(house, known);
  return known;
}

/** A hall of two grades, a few of whose seats are gone. */
const HALL = {
  price: undefined,
  totalSeats: undefined,
  seatTypes: [
    { seatType: "VIP", price: 150000, total: 60, seating: "ASSIGNED", rows: 3, seatsPerRow: 20 },
    { seatType: "R", price: 100000, total: 192, seating: "ASSIGNED", rows: 8, seatsPerRow: 24 },
  ],
};

async function events(house) {
  const inHours = (hours) => new Date(Date.now() + hours * 3600_000).toISOString();
  const made = {
    open: { eventName: "아이유 콘서트: The Golden Hour", maxPerBuyer: 4 },
    plenty: { eventName: "Autumn Tour" },
    hall: { eventName: "String Quartet", holdSeconds: 3600, venue: { name: "Seoul Arts Center" }, eventDate: "2031-05-16T20:00:00", ...HALL },
    soon: { eventName: "Midnight Train", venue: { name: "Blue Square" }, saleOpensAt: inHours(3), eventDate: "2031-06-07T22:00:00" },
    far: { eventName: "Hamlet", venue: { name: "National Theatre" }, saleOpensAt: "2030-01-01T10:00:00", eventDate: "2031-02-11T19:30:00" },
    few: { eventName: "The Last Rehearsal", price: { r: 30000, s: 20000 }, totalSeats: 12, holdSeconds: 3600 },
    soldOut: { eventName: "LG vs Doosan", venue: { name: "Jamsil" }, price: { s: 0 }, totalSeats: 1, holdSeconds: 0, eventDate: "2031-03-01T14:00:00" },
    heldOut: { eventName: "Chamber Night", price: { r: 40000 }, totalSeats: 2, holdSeconds: 3600, eventDate: "2031-03-08T19:00:00" },
    closed: { eventName: "Members' Evening", eventDate: "2031-08-08T19:00:00" },
    over: { eventName: "Last Year", eventDate: "2020-01-01T19:00:00" },
    cancelled: { eventName: "Called Off", eventDate: "2031-09-01T19:00:00" },
    short: { eventName: "Too Late", holdSeconds: 1, eventDate: "2031-11-01T19:00:00" },
    large: { eventName: "Stadium Night", eventDate: "2031-12-01T19:00:00", ...HALL, seatTypes: [{ seatType: "R", price: 90000, total: 3060, seating: "ASSIGNED", rows: 51, seatsPerRow: 60 }] },
  };
  const known = {};
  for (const [name, fields] of Object.entries(made)) known[name] = (await house.event(fields)).eventId;
  await house.api("PUT", `/events/${known.closed}`, { status: "CLOSED" });
  await house.api("PUT", `/events/${known.cancelled}`, { status: "CANCELLED" });
  return known;
}

async function buyAhead(house, known) {
  const hers = { userId: MINA, quantity: 2 };
  await house.reserve(known.soldOut);
  await house.reserve(known.heldOut, { quantity: 2 });
  await house.reserve(known.few, { quantity: 6, seatType: "R" });
  await house.reserve(known.hall, { seats: ["VIP-A-9", "VIP-A-10"], quantity: 2 });
  known.tickets = await bought(house, known.hall, { ...hers, seats: ["R-D-11", "R-D-12"] });
  known.standing = await bought(house, known.plenty, { ...hers, seatType: "S" });
  known.used = await bought(house, known.hall, { ...hers, seats: ["R-E-1", "R-E-2"] });
  await house.api("POST", `/tickets/${await ticketOf(house, known.used)}/check-in`);
  known.refunded = await bought(house, known.hall, { ...hers, seatType: "R" });
  await house.api("DELETE", `/reservations/${known.refunded}`);
  known.returned = (await house.reserve(known.plenty, { ...hers, seatType: "R" })).reservationId;
  await house.api("DELETE", `/reservations/${known.returned}`);
  known.expired = (await house.reserve(known.short, { ...hers, seatType: "R" })).reservationId;
  await until(() => house.api("GET", `/reservations/${known.expired}`), ({ status }) => status === "EXPIRED");
}

/** A paid reservation's number. */
export async function bought(house, eventId, fields) {
  const { reservationId } = await house.reserve(eventId, { userId: MINA, ...fields });
  await house.api("POST", `/reservations/${reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  return reservationId;
}

/** The code of a reservation's first ticket. */
export async function ticketOf(house, reservationId) {
  const { tickets } = await house.api("GET", `/reservations/${reservationId}`);
  return tickets[0].code;
}
