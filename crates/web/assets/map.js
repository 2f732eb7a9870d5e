// Choosing seats on the map: by mouse, finger and keyboard, while others choose, too. The table
// behind it holds the form's fields; both always show the same.

import { sentSeats } from "./forms.js";
import { follow } from "./live.js";
import { Plan } from "./plan.js";

// Below this many pixels a seat is too small for a finger, and a tap comes closer instead.
const TAP_PIXELS = 22;
const CLOSER = 2.6;

class Chooser {
  constructor(article) {
    this.article = article;
    this.map = article.querySelector("[data-map]");
    this.form = document.getElementById("reserve");
    this.texts = this.map.dataset;
    this.most = Number(this.texts.most);
    this.grades = [...article.querySelectorAll("[data-grade]")].map(({ dataset }) => ({
      name: dataset.grade,
      rows: Number(dataset.rows),
      places: Number(dataset.places),
      totals: JSON.parse(dataset.totals),
    }));
    this.plan = new Plan(this.grades, this.texts.stage);
    this.host = this.map.querySelector("[data-plan]");
    this.host.append(this.plan.svg);
    this.boxes = new Map();
    this.table = article.querySelector("[data-table]");
    this.news = new Map();
    for (const box of this.form.querySelectorAll("input[type=checkbox]")) this.boxes.set(box.value, box);
    // What the form was sent with, and is not known to be done: hers perhaps, and no news of others.
    this.sent = new Set(sentSeats(this.form));
    this.chosen = new Set([...[...this.boxes.values()].filter((box) => box.checked).map((box) => box.value), ...this.sent]);
    this.cursor = { row: 0, place: Math.floor((this.grades[0]?.places ?? 0) / 2) };
    this.map.hidden = false;
    this.listen();
    this.show();
  }

  listen() {
    this.form.addEventListener("change", (event) => {
      if (event.target.name !== "seats") return;
      const seat = this.plan.find(event.target.value);
      if (seat && event.target.checked !== this.chosen.has(seat.label)) this.toggle(seat);
    });
    this.form.addEventListener("submit", (event) => {
      if (!event.defaultPrevented) this.sent = new Set(this.chosen);
    });
    this.table.addEventListener("toggle", () => this.table.open && this.takeTable());
    this.map.addEventListener("click", (event) => {
      const { zoom } = event.target.dataset;
      if (zoom === "all") this.plan.whole();
      else if (zoom) this.plan.zoom(zoom === "in" ? 1.6 : 1 / 1.6);
      this.setTouch();
    });
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.host.addEventListener("focus", () => this.arrive());
    this.host.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { x, y } = this.plan.at(event.clientX, event.clientY);
      this.plan.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, x, y);
      this.setTouch();
    }, { passive: false });
    this.drag();
  }

  drag() {
    const pointers = new Map();
    let moved = 0;
    let spread = 0;
    const distance = () => {
      const [a, b] = [...pointers.values()];
      return Math.hypot(a.x - b.x, a.y - b.y);
    };
    this.host.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (pointers.size === 1) moved = 0;
      if (pointers.size === 2) spread = distance();
    });
    this.host.addEventListener("pointermove", (event) => {
      const known = pointers.get(event.pointerId);
      if (!known) return;
      const [dx, dy] = [event.clientX - known.x, event.clientY - known.y];
      moved += Math.abs(dx) + Math.abs(dy);
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (moved > 6 && !this.host.hasPointerCapture(event.pointerId)) this.host.setPointerCapture(event.pointerId);
      if (pointers.size === 2) {
        const now = distance();
        const points = [...pointers.values()];
        const { x, y } = this.plan.at((points[0].x + points[1].x) / 2, (points[0].y + points[1].y) / 2);
        this.plan.zoom(now / spread, x, y);
        spread = now;
      } else if (moved > 6) {
        this.plan.pan(dx, dy);
      }
    });
    const end = (event) => {
      pointers.delete(event.pointerId);
      this.setTouch();
      if (event.type === "pointerup" && moved <= 6 && pointers.size === 0) this.tap(event);
    };
    this.host.addEventListener("pointerup", end);
    this.host.addEventListener("pointercancel", end);
  }

  // While the whole plan is in view a finger scrolls the page; closer, it moves the plan.
  setTouch() {
    this.host.classList.toggle("near", !this.plan.isWhole);
  }

  tap(event) {
    const { seat, x, y, pixels } = this.plan.at(event.clientX, event.clientY);
    if (event.pointerType === "touch" && pixels < TAP_PIXELS) {
      this.plan.zoom(Math.max(CLOSER, TAP_PIXELS / pixels), x, y);
      this.setTouch();
      return;
    }
    if (seat) {
      this.cursor = { row: seat.row, place: seat.place };
      this.toggle(seat);
    }
  }

  // By keyboard one arrives at a seat. A mouse says itself where it is.
  arrive() {
    if (!this.host.matches(":focus-visible")) return;
    const seat = this.plan.seat(this.cursor.row, this.cursor.place);
    this.plan.point(seat);
    if (this.plan.isKnown) this.say(seat);
  }

  key(event) {
    // These are the browser's: its own zoom, and the way back.
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) this.move(step[0], step[1]);
    else if (event.key === "Enter" || event.key === " ") this.toggle(this.plan.seat(this.cursor.row, this.cursor.place));
    else if (event.key === "+" || event.key === "=") this.plan.zoom(1.6);
    else if (event.key === "-") this.plan.zoom(1 / 1.6);
    else if (event.key === "Home") this.move(0, -this.cursor.place);
    else if (event.key === "End") this.move(0, Infinity);
    else return;
    event.preventDefault();
    this.setTouch();
  }

  move(rows, places) {
    const row = Math.min(Math.max(0, this.cursor.row + rows), this.plan.rows.length - 1);
    const last = this.plan.rows[row].places - 1;
    this.cursor = { row, place: Math.min(Math.max(0, this.cursor.place + places), last) };
    const seat = this.plan.seat(this.cursor.row, this.cursor.place);
    this.plan.point(seat);
    this.say(seat);
  }

  say(seat) {
    const state = this.chosen.has(seat.label) ? this.texts.chosen : { A: this.texts.free, H: this.texts.held, S: this.texts.sold }[seat.state];
    this.map.querySelector("[data-cursor]").textContent = `${seat.label} · ${this.totals(seat.grade)[1]} · ${state}`;
  }

  toggle(seat) {
    let news = "";
    if (this.chosen.has(seat.label)) this.chosen.delete(seat.label);
    else if (seat.state !== "A" && !this.sent.has(seat.label)) news = "";
    else if (this.chosen.size >= this.most) news = this.texts.mostTold;
    else if ([...this.chosen].some((label) => this.plan.find(label)?.grade !== seat.grade)) news = this.texts.oneGrade;
    else this.chosen.add(seat.label);
    this.tell(news);
    this.say(seat);
    this.show();
  }

  tell(news) {
    const element = this.article.querySelector("[data-news]");
    if (element.textContent !== news) element.textContent = news;
  }

  totals(grade) {
    return this.grades.find((known) => known.name === grade).totals;
  }

  show() {
    this.plan.mark(this.chosen);
    for (const extra of this.form.querySelectorAll("input[type=hidden][name=seats]")) extra.remove();
    for (const [label, box] of this.boxes) box.checked = this.chosen.has(label);
    const list = this.article.querySelector("[data-chosen-list]");
    list.replaceChildren();
    for (const label of this.chosen) {
      // The form does not send the box of a seat that is taken.
      if (this.boxes.get(label)?.disabled ?? true) {
        const extra = Object.assign(document.createElement("input"), { type: "hidden", name: "seats", value: label });
        this.form.append(extra);
      }
      const item = document.createElement("li");
      const remove = Object.assign(document.createElement("button"), { type: "button", textContent: `${label} ×` });
      remove.setAttribute("aria-label", this.texts.remove.replace("#", label));
      remove.addEventListener("click", () => this.toggle(this.plan.find(label)));
      item.append(remove);
      list.append(item);
    }
    const [first] = this.chosen;
    const total = first ? this.totals(this.plan.find(first).grade)[this.chosen.size] : this.texts.none;
    const place = this.article.querySelector("[data-total]");
    place.textContent = total;
    place.classList.toggle("hint", !first);
    this.form.querySelector("button[type=submit]").disabled = this.chosen.size === 0;
  }

  /** Takes a state of the event: the rows that it tells, and the seats that are lost by it. */
  take(state) {
    for (const grade of state.seatTypes) {
      for (const { row, states } of grade.seats ?? []) {
        this.plan.setRow(grade.seatType, row, states);
        this.news.set(`${grade.seatType}-${row}`, states);
      }
    }
    if (this.table.open) this.takeTable();
    if (this.form.dataset.sent) return;
    const lost = [...this.chosen].filter((label) => this.plan.find(label)?.state !== "A" && !this.sent.has(label));
    if (lost.length === 0) return;
    for (const label of lost) this.chosen.delete(label);
    this.tell((lost.length === 1 ? this.texts.lostOne : this.texts.lostMany).replace("#", lost.join(", ")));
    this.show();
  }

  /** Shows the news in the table: of no use while it is closed, and not cheap. */
  takeTable() {
    for (const [row, states] of this.news) {
      for (let place = 0; place < states.length; place += 1) {
        const label = `${row}-${place + 1}`;
        const box = this.boxes.get(label);
        if (!box) break;
        const { disabled } = box;
        const name = { A: label, H: `${label} ${this.texts.held}`, S: `${label} ${this.texts.sold}` }[states[place]];
        if (disabled !== (states[place] !== "A")) box.disabled = !disabled;
        if (box.getAttribute("aria-label") !== name) box.setAttribute("aria-label", name);
      }
    }
    this.news.clear();
    this.show();
  }
}

/** Makes a map of the table of seats, if this page has one. */
export function chooseSeats() {
  const article = document.querySelector("article[data-seats]");
  if (!article) return;
  const chooser = new Chooser(article);
  const live = article.querySelector("[data-live]");
  follow(
    article.dataset.seats,
    (state) => {
      chooser.take(state);
      if (state.status === "CLOSED" || state.status === "CANCELLED") {
        setTimeout(() => location.assign(`/events/${article.dataset.seats}`), Math.random() * 1000);
      }
    },
    (isLost) => {
      live.hidden = isLost;
    },
  );
}
