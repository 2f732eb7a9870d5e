// Countdowns, by the server's clock: the page says what time it was there when it was drawn.

const drawn = Number(document.getElementById("clock")?.dataset.now ?? Date.now());
const loaded = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
// A page that comes back from the browser's memory still knows how its clock differs.
const ahead = drawn - loaded;

// The browser's stopwatch stands still while a phone sleeps. Its clock does not, but can be set: one that leaps
// forward is taken for sleep, and one that leaps back for nothing. Where it was no sleep a countdown ends too
// early, loads the page anew, and is right again.
const LEAP_MILLIS = 1000;
const stopwatch = () => performance.timeOrigin + performance.now();
let apart = Date.now() - stopwatch();
let slept = 0;

/** The time on the server, in milliseconds. */
export function serverNow() {
  const leap = Date.now() - stopwatch() - apart;
  if (Math.abs(leap) > LEAP_MILLIS) {
    apart += leap;
    slept += Math.max(0, leap);
  }
  return stopwatch() + slept + ahead;
}

/** Opens this address anew; to reload what a form answered would be to send the form again. */
export function lookAgain() {
  // A phone that wakes up has no network yet.
  if (!navigator.onLine) {
    window.addEventListener("online", lookAgain, { once: true });
    return;
  }
  location.replace(location.pathname + location.search);
}

/** "12:05", "03:12:45", "2d 03:12:45". */
export function told(millis) {
  const secs = Math.max(0, Math.ceil(millis / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(secs / 86400), Math.floor(secs / 3600) % 24, Math.floor(secs / 60) % 60];
  const day = document.documentElement.lang === "ko" ? "일" : "d";
  const clock = `${two(minutes)}:${two(secs % 60)}`;
  if (days > 0) return `${days}${day} ${two(hours)}:${clock}`;
  return hours > 0 ? `${two(hours)}:${clock}` : clock;
}

const WEEK = 7 * 86400_000;

function tick(element, end) {
  const left = end - serverNow();
  // A date says more than a number of days.
  if (left > WEEK) return true;
  element.closest("[data-counts]")?.removeAttribute("hidden");
  const label = element.dataset.label;
  const text = label ? `${label} ${told(left)}` : told(left);
  if (element.textContent !== text) element.textContent = text;
  const warn = Number(element.dataset.warn ?? 0) * 1000;
  if (warn && left <= warn) {
    const warning = document.getElementById(element.dataset.warning);
    if (warning && !warning.textContent) {
      warning.textContent = warning.dataset.text;
      element.closest("[data-timer]")?.classList.add("urgent");
    }
  }
  return left > 0;
}

/** Counts down to every moment that is named here, and does then what is to be done, which `acts` knows by name. */
export function startCountdowns(acts, here = document) {
  const waiting = [];
  for (const element of here.querySelectorAll("[data-countdown], [data-opens]")) {
    waiting.push([element, Number(element.dataset.countdown ?? element.dataset.opens)]);
  }
  if (waiting.length === 0) return;
  const step = () => {
    for (let at = waiting.length - 1; at >= 0; at -= 1) {
      const [element, end] = waiting[at];
      if (tick(element, end)) continue;
      waiting.splice(at, 1);
      const act = acts[element.closest("[data-then]")?.dataset.then];
      // Everybody's clock strikes at once; they come over a second.
      if (act) setTimeout(act, Math.random() * 1000);
    }
    if (waiting.length > 0) setTimeout(step, 250);
  };
  step();
}
