// The organizer's desk: a sale as it happens, and a preview of a hall.

import { lookAgain, serverNow } from "./clock.js";
import { guardForms } from "./forms.js";
import { follow } from "./live.js";
import { Plan } from "./plan.js";

const PULSE_MILLIS = 2000;
const INSIDE_MILLIS = 1000;
const CHART_MILLIS = 10 * 60 * 1000;

/** Asks for this address again and again while somebody looks, and shows the answers. */
function repeat(millis, path, show) {
  const ask = async () => {
    try {
      const answer = document.hidden ? undefined : await fetch(path, { redirect: "manual" });
      if (answer?.type === "opaqueredirect") {
        lookAgain();
        return;
      }
      if (answer?.ok) show(await answer.json());
    } catch {
      // The next one may come through.
    }
    setTimeout(ask, millis);
  };
  ask();
}

/** Seats taken over time by the server's clock, drawn as an area. */
class Chart {
  constructor(host, points) {
    this.host = host;
    this.points = points;
  }

  add(at, value) {
    this.points.push([at, value]);
    // The last one before the window still says where it begins.
    while (this.points.length > 2 && this.points[1][0] < at - CHART_MILLIS) this.points.shift();
  }

  draw(at) {
    if (this.points.length === 0) return;
    const begin = Math.max(this.points[0][0], at - CHART_MILLIS);
    const values = this.points.map(([, value]) => value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = (then) => (Math.max(0, then - begin) / Math.max(1000, at - begin)) * 600;
    const y = (value) => 118 - ((value - low) / Math.max(1, high - low)) * 112;
    let line = "";
    for (const [then, value] of this.points) line += line ? `H${x(then)}V${y(value)}` : `M${x(then)} ${y(value)}`;
    line += `H${x(at)}`;
    this.host.innerHTML = `<svg viewBox="0 0 600 120" preserveAspectRatio="none" aria-hidden="true"><path class="area" d="${line}V120H${x(this.points[0][0])}z"/><path class="line" d="${line}"/></svg>`;
  }
}

function watchSale() {
  const article = document.querySelector("article[data-sale]");
  if (!article) return;
  const find = (name) => article.querySelector(`[data-${name}]`);
  const chart = new Chart(find("chart"), JSON.parse(article.dataset.history));
  const put = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  follow(
    article.dataset.sale,
    (state) => {
      let taken = 0;
      for (const grade of state.seatTypes) {
        const row = [...article.querySelectorAll("tr[data-grade]")].find((known) => known.dataset.grade === grade.seatType);
        for (const [name, value] of [["sold", grade.sold], ["held", grade.held], ["left", grade.available], ["total", grade.total]]) {
          if (row) put(row.querySelector(`[data-${name}]`), String(value));
        }
        taken += grade.sold + grade.held;
      }
      chart.add(serverNow(), taken);
    },
    (isLost) => {
      find("live").hidden = isLost;
    },
  );
  const beat = () => {
    chart.draw(serverNow());
    setTimeout(beat, PULSE_MILLIS);
  };
  const show = (pulse) => {
    put(find("badge"), pulse.badge);
    find("badge").className = `badge ${pulse.standing}`;
    put(find("revenue"), pulse.revenue);
    put(find("rate"), pulse.perSecond);
    put(find("queue"), pulse.queueLength.toLocaleString("en"));
    put(find("refused"), pulse.refused.toLocaleString("en"));
    put(find("shed"), pulse.shed.toLocaleString("en"));
    const list = find("invariants");
    for (const [name, violations] of pulse.invariants) {
      const known = [...list.children].find((item) => item.querySelector("code").textContent === name);
      const item = known ?? list.appendChild(document.createElement("li"));
      if (!known) item.append(Object.assign(document.createElement("code"), { textContent: name }), " ");
      item.className = violations === 0 ? "holds" : "violated";
      item.childNodes[1].textContent = ` ${violations === 0 ? list.dataset.holds : list.dataset.violated}`;
    }
  };
  beat();
  repeat(PULSE_MILLIS, `/admin/pulse?event=${article.dataset.sale}`, show);
}

/** How many are in, at all doors together: asked again and again, for each check-in is somebody's own page. */
function watchDoors() {
  const place = document.querySelector("[data-inside]");
  if (!place) return;
  const bar = document.querySelector("[data-inside-bar]");
  repeat(INSIDE_MILLIS, `/admin/door/count?event=${place.dataset.inside}`, ({ admitted, admissible, told }) => {
    if (place.textContent !== told) place.textContent = told;
    if (bar) Object.assign(bar, { max: Math.max(1, admissible), value: admitted });
  });
}

function previewHall() {
  const list = document.querySelector("[data-grades]");
  const hall = document.querySelector("[data-hall]");
  if (!list || !hall) return;
  const host = hall.appendChild(Object.assign(document.createElement("div"), { className: "plan" }));
  const draw = () => {
    const grades = [];
    for (const row of list.children) {
      const value = (name) => row.querySelector(`[name=${name}]`).value;
      const isNumbered = value("seating") === "ASSIGNED";
      const [rows, places] = [Number(value("rows")), Number(value("places"))];
      const total = row.querySelector("[name=total]");
      total.readOnly = isNumbered || total.hasAttribute("readonly");
      if (isNumbered && rows > 0 && places > 0) {
        total.value = String(rows * places);
        if (rows <= 200 && places <= 200) grades.push({ name: value("grade").toUpperCase(), rows, places });
      }
    }
    hall.hidden = grades.length === 0;
    if (grades.length === 0) return;
    const plan = new Plan(grades, list.dataset.preview);
    for (const line of plan.rows) plan.setRow(line.grade, line.name, "A".repeat(line.places));
    host.replaceChildren(plan.svg);
  };
  list.addEventListener("input", (event) => {
    // Who turns a grade into free seating counts its seats herself again.
    if (event.target.name === "seating") event.target.closest(".graderow").querySelector("[name=total]").removeAttribute("readonly");
    draw();
  });
  const add = document.querySelector("[data-add-grade]");
  if (add) {
    add.hidden = false;
    // Spare lines are for who has no button to add one.
    const isBlank = (row) => [...row.querySelectorAll("input")].every((input) => input.value === "");
    while (list.children.length > 1 && isBlank(list.lastElementChild)) list.lastElementChild.remove();
    add.addEventListener("click", () => {
      const row = list.lastElementChild.cloneNode(true);
      row.setAttribute("aria-label", `${row.getAttribute("aria-label").replace(/\d+$/, "")}${list.children.length + 1}`);
      for (const input of row.querySelectorAll("input")) input.value = "";
      // A copy of a numbered grade has free seating again, and seats that are typed.
      row.querySelector("[name=total]").removeAttribute("readonly");
      row.removeAttribute("aria-describedby");
      row.querySelector(".faults")?.remove();
      list.append(row);
      draw();
      row.querySelector("input").focus();
    });
  }
  draw();
}

guardForms();
watchSale();
previewHall();
watchDoors();
