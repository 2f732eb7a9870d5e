// The list of events: a sale that opens while somebody looks at it.

import { lookAgain, serverNow, startCountdowns } from "./clock.js";

const BUSY_MILLIS = 3000;

let asking = false;

/** The badges that count down to a sale. */
const counting = () => [...document.querySelectorAll("[data-card] .badge[data-opens]")];

const isOver = (badge) => Number(badge.dataset.opens) <= serverNow();

async function askAgain() {
  try {
    const answer = await fetch(location.pathname + location.search, { cache: "no-cache" });
    if (answer.ok) return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    // A phone that wakes up may have no network yet.
  }
  return undefined;
}

/** Tells anew where the events stand whose sales have opened; what is typed above the list stays. */
export async function renewCards() {
  // Several sales may open at once.
  if (asking || !counting().some(isOver)) return;
  asking = true;
  const fresh = await askAgain();
  asking = false;
  if (!fresh) {
    setTimeout(renewCards, BUSY_MILLIS * (1 + Math.random()));
    return;
  }
  for (const badge of counting()) {
    const card = badge.closest("[data-card]");
    const told = fresh.querySelector(`[data-card="${card.dataset.card}"] .badge`);
    if (told && told.dataset.opens !== badge.dataset.opens) {
      badge.replaceWith(told);
      startCountdowns({ renew: renewCards }, card);
    } else if (isOver(badge)) {
      // Another list by now, or a clock that was set forward here.
      lookAgain();
      return;
    }
  }
}
