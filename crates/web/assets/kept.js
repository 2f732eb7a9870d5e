// Seats that are kept for whoever comes back to their event in this tab, by the back button for one.

import { serverNow } from "./clock.js";

const KEPT = "kept";

function known() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  } catch {
    // A browser that keeps nothing has no link.
    return {};
  }
}

/** Keeps in mind which hold this page shows; forgets it where its page shows something else by now. */
function remember() {
  const hold = document.querySelector("[data-hold]")?.dataset;
  try {
    if (hold) {
      const until = Number(document.querySelector("[data-countdown]").dataset.countdown);
      sessionStorage.setItem(KEPT, JSON.stringify({ path: hold.hold, event: hold.ofEvent, until }));
    } else if (known().path === location.pathname) {
      sessionStorage.removeItem(KEPT);
    }
  } catch {
    // As above.
  }
}

/** Leads back to it from its event. */
function show() {
  const place = document.querySelector("[data-kept]");
  if (!place) return;
  const { path, event, until } = known();
  const shown = document.querySelector("article").dataset;
  place.hidden = event === undefined || event !== (shown.event ?? shown.seats) || until <= serverNow();
  if (!place.hidden) place.querySelector("a").href = path;
}

/** Remembers the hold that this page shows, or leads back to the one that is known. */
export function leadBack() {
  remember();
  show();
  window.addEventListener("pageshow", (event) => event.persisted && show());
}
