// The event's page: what is left of each grade, as it changes.

import { lookAgain } from "./clock.js";
import { follow } from "./live.js";

const STANDINGS = { ACTIVE: "open", SOLD_OUT: "soldout", CLOSED: "over", CANCELLED: "cancelled" };

function leftText(element, left) {
  if (left === 0) return element.dataset.none;
  const pattern = left === 1 ? element.dataset.one : element.dataset.many;
  return pattern.replace("#", left.toLocaleString("en"));
}

function show(article, state) {
  const form = document.getElementById("reserve");
  for (const grade of state.seatTypes) {
    const element = [...article.querySelectorAll("[data-grade]")].find((e) => e.dataset.grade === grade.seatType);
    if (!element) continue;
    const text = leftText(element, grade.available);
    if (element.textContent !== text) element.textContent = text;
    const radio = element.closest("label")?.querySelector("input");
    if (radio) radio.disabled = grade.available === 0;
  }
  const badge = article.querySelector(".cover .badge.open");
  const sample = article.querySelector("[data-grade]");
  if (badge && sample) badge.textContent = leftText(sample, state.availableSeats);
  if (!form) return;
  const gone = state.status === "SOLD_OUT";
  const news = article.querySelector("[data-news]");
  const text = gone ? news.dataset.gone : "";
  if (news.textContent !== text) news.textContent = text;
  form.querySelector("button[type=submit]").disabled = gone;
}

/** Follows the event that this page shows, if it shows one. */
export function watchStock() {
  const article = document.querySelector("article[data-event]");
  if (!article) return;
  const { event, standing } = article.dataset;
  const version = Number(article.dataset.version);
  const live = article.querySelector("[data-live]");
  follow(
    event,
    (state) => {
      const now = STANDINGS[state.status];
      const isOpen = standing === "open" || standing === "before";
      // What the page says is no longer true: a sale that ended, an event that was called off, seats
      // that came back. A sale that is sold out while somebody fills the form in is told there.
      // Before a sale it is only the organizer who changes something: her new opening, perhaps.
      const isChanged = standing === "before" && state.version > version;
      if (isChanged || (isOpen ? now !== "open" && now !== "soldout" : now !== standing)) {
        setTimeout(lookAgain, Math.random() * 1000);
        return;
      }
      show(article, state);
    },
    (isLost) => {
      if (live) live.hidden = isLost;
    },
  );
}
