// An evening that looks like one, for the pictures in the README: a season's events, and a concert that sells.

const EN = {
  hall: { eventName: "The Golden Hour", description: "One night, two encores, and a band that has waited for it as long as you have.\n\nDoors open an hour before.", venue: { name: "Olympic Hall", address: "424 Olympic-ro, Songpa-gu, Seoul", capacity: 600 } },
  season: [
    { eventName: "Nocturnes", venue: { name: "Seoul Arts Center" } },
    { eventName: "Midnight Train", venue: { name: "Blue Square" } },
    { eventName: "Hamlet", venue: { name: "National Theater" } },
    { eventName: "Bears vs Twins", venue: { name: "Jamsil Stadium" } },
  ],
};

const KO = {
  hall: { eventName: "골든 아워 콘서트", description: "기다린 만큼 오래 남을 하룻밤.\n\n공연 한 시간 전부터 입장하실 수 있습니다.", venue: { name: "올림픽홀", address: "서울 송파구 올림픽로 424", capacity: 600 } },
  season: [
    { eventName: "녹턴의 밤", venue: { name: "예술의전당" } },
    { eventName: "심야 열차", venue: { name: "블루스퀘어" } },
    { eventName: "햄릿", venue: { name: "국립극장" } },
    { eventName: "두산 대 LG", venue: { name: "잠실야구장" } },
  ],
};

/** What each of the season is: how it is sold, and when. */
const SEASON = [
  { eventDate: "2031-09-12T20:00:00", price: { s: 60000, r: 90000 }, totalSeats: 240 },
  { eventDate: "2031-11-07T22:00:00", price: { r: 55000 }, totalSeats: 800, opensInSecs: 11_565 },
  { eventDate: "2031-11-22T19:30:00", price: { s: 40000, r: 70000 }, totalSeats: 2, isSoldOut: true },
  { eventDate: "2031-12-06T14:00:00", price: { r: 15000 }, totalSeats: 5000 },
];

const SEAT_TYPES = [
  { seatType: "VIP", price: 150000, total: 88, seating: "ASSIGNED", rows: 4, seatsPerRow: 22 },
  { seatType: "R", price: 100000, total: 260, seating: "ASSIGNED", rows: 10, seatsPerRow: 26 },
  { seatType: "S", price: 70000, total: 240, seating: "ASSIGNED", rows: 8, seatsPerRow: 30 },
];

const SELLS_SECS = 40;

/** Puts a season on sale; gives the number of its concert. */
export async function announce(house, lang) {
  const { hall, season } = lang === "ko" ? KO : EN;
  const words = { description: hall.description, maxPerBuyer: 4, holdSeconds: 420 };
  const { eventId } = await house.event({ ...words, ...hall, eventDate: "2031-10-04T19:00:00", price: undefined, totalSeats: undefined, seatTypes: SEAT_TYPES });
  for (const [at, { opensInSecs, isSoldOut, ...sale }] of SEASON.entries()) {
    const saleOpensAt = opensInSecs && new Date(Date.now() + opensInSecs * 1000).toISOString();
    const made = await house.event({ ...words, ...season[at], ...sale, saleOpensAt, holdSeconds: isSoldOut ? 0 : 420 });
    if (!isSoldOut) continue;
    for (const { seatType, total } of made.seatTypes) await house.reserve(made.eventId, { seatType, quantity: total });
  }
  return eventId;
}

/** Sells some of the concert, as a crowd does: many at first, fewer later; some are still paying. */
export async function sell(house, eventId) {
  let dice = 7;
  const roll = (sides) => {
    dice = (dice * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((dice / 2 ** 31) * sides);
  };
  const begin = Date.now();
  for (let buyer = 0; Date.now() - begin < SELLS_SECS * 1000; buyer += 1) {
    const seatType = ["VIP", "VIP", "R", "R", "R", "S", "S"][roll(7)];
    const made = await house.reserve(eventId, { userId: `buyer${buyer}`, seatType, quantity: 1 + roll(3) }).catch(() => undefined);
    if (made && roll(6) > 0) await house.api("POST", `/reservations/${made.reservationId}/payment`, { method: "CARD", token: "tok_ok" });
    await new Promise((resolve) => setTimeout(resolve, 60 + roll(6) * buyer));
  }
}
