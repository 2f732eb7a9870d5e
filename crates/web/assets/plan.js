// The plan of a hall as SVG: a row is three paths, one for each state, so that thousands of seats
// are some hundred elements. Knows where seats are; not what may be done with them.

const PITCH = 10;
const ROW = 12;
const HEAD = 16;
const STAGE = 38;
const NS = "http://www.w3.org/2000/svg";

// Told apart by shape, too: a frame, a triangle, a cross. All are areas: to draw a line, with its
// ends and corners, costs a phone four times as much.
const SHAPES = {
  A: (x, y) => `M${x + 1} ${y + 1}h8v8h-8zm1 1v6h6v-6z`,
  H: (x, y) => `M${x + 5} ${y + 1}l4 8h-8z`,
  S: (x, y) => `M${x + 3.2} ${y + 2.5}l1.8 1.8 1.8-1.8.7.7-1.8 1.8 1.8 1.8-.7.7-1.8-1.8-1.8 1.8-.7-.7 1.8-1.8-1.8-1.8z`,
};
const CLASSES = { A: "free", H: "held", S: "sold" };

function element(name, attributes, parent) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

/** "A" to "Z", then "AA". */
function rowName(index) {
  let name = "";
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  }
  return name;
}

/** A plan of these grades ({ name, rows, places }), from the stage outwards. */
export class Plan {
  constructor(grades, stage) {
    this.rows = [];
    this.byLabel = new Map();
    const widest = Math.max(...grades.map((grade) => grade.places));
    this.width = (widest + 4) * PITCH;
    this.svg = element("svg", { "aria-hidden": "true", focusable: "false" });
    let y = STAGE;
    this.drawStage(stage);
    for (const grade of grades) {
      const title = element("text", { x: this.width / 2, y: y + HEAD - 5, class: "grade-name" }, this.svg);
      title.textContent = grade.name;
      y += HEAD;
      for (let row = 0; row < grade.rows; row += 1) {
        this.addRow(grade, row, (this.width - grade.places * PITCH) / 2, y);
        y += ROW;
      }
    }
    this.height = y + PITCH;
    this.marks = element("g", {}, this.svg);
    this.ring = element("rect", { width: PITCH, height: PITCH, rx: 2, class: "ring", visibility: "hidden" }, this.svg);
    this.view = { x: 0, y: 0, w: this.width, h: this.height };
    this.apply();
  }

  drawStage(stage) {
    const [middle, half] = [this.width / 2, Math.min(this.width * 0.3, 120)];
    element("path", { d: `M${middle - half} 13h${2 * half}q-${half} 18 -${2 * half} 0z`, class: "stage" }, this.svg);
    const label = element("text", { x: middle, y: 9, class: "stage-name" }, this.svg);
    label.textContent = stage;
  }

  addRow(grade, index, x, y) {
    const name = rowName(index);
    const line = { grade: grade.name, name, x, y, places: grade.places, states: "", paths: {} };
    for (const state of "SHA") line.paths[state] = element("path", { class: CLASSES[state] }, this.svg);
    for (const at of [x - 4, x + grade.places * PITCH + 4]) {
      element("text", { x: at, y: y + 7.5, class: "row-name" }, this.svg).textContent = name;
    }
    this.byLabel.set(`${grade.name}-${name}`, this.rows.length);
    this.rows.push(line);
  }

  /** Draws the states of a row: a letter for each seat. */
  setRow(grade, name, states) {
    const line = this.rows[this.byLabel.get(`${grade}-${name}`)];
    if (!line || line.states === states) return;
    line.states = states;
    const shapes = { A: "", H: "", S: "" };
    for (let place = 0; place < states.length; place += 1) {
      shapes[states[place]] += SHAPES[states[place]](line.x + place * PITCH, line.y);
    }
    for (const state of "SHA") line.paths[state].setAttribute("d", shapes[state]);
  }

  /** The seat at this row and place, counted from 0. */
  seat(row, place) {
    const line = this.rows[row];
    if (!line || place < 0 || place >= line.places) return undefined;
    return { row, place, grade: line.grade, rowName: line.name, label: `${line.grade}-${line.name}-${place + 1}`, state: line.states[place] ?? "S" };
  }

  /** The seat of this label. */
  find(label) {
    const cut = label.lastIndexOf("-");
    const row = this.byLabel.get(label.slice(0, cut));
    return row === undefined ? undefined : this.seat(row, Number(label.slice(cut + 1)) - 1);
  }

  /** The seat under a point of the screen, and how wide a seat is there, in pixels. */
  at(clientX, clientY) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.view.w / box.width;
    const [x, y] = [this.view.x + (clientX - box.left) * scale, this.view.y + (clientY - box.top) * scale];
    const row = this.rows.findIndex((line) => y >= line.y - 1 && y < line.y + ROW - 1);
    const seat = row < 0 ? undefined : this.seat(row, Math.floor((x - this.rows[row].x) / PITCH));
    return { seat, x, y, pixels: PITCH / scale };
  }

  /** Marks the seats that are chosen. */
  mark(labels) {
    this.marks.replaceChildren();
    for (const label of labels) {
      const seat = this.find(label);
      if (!seat) continue;
      const line = this.rows[seat.row];
      const [x, y] = [line.x + seat.place * PITCH, line.y];
      const mark = element("g", { class: "mine" }, this.marks);
      element("circle", { cx: x + 5, cy: y + 5, r: 4.4 }, mark);
      element("path", { d: `M${x + 3} ${y + 5}l1.5 1.6 2.6-3` }, mark);
    }
  }

  /** Puts the keyboard's ring around a seat, and moves there if it is out of sight. */
  point(seat) {
    const line = this.rows[seat.row];
    const [x, y] = [line.x + seat.place * PITCH, line.y];
    for (const [name, value] of [["x", x], ["y", y], ["visibility", "visible"]]) this.ring.setAttribute(name, value);
    const { view } = this;
    if (x < view.x || x + PITCH > view.x + view.w) view.x = x - view.w / 2;
    if (y < view.y || y + PITCH > view.y + view.h) view.y = y - view.h / 2;
    this.apply();
  }

  /** Zooms by a factor, around a point of the plan. */
  zoom(factor, x = this.view.x + this.view.w / 2, y = this.view.y + this.view.h / 2) {
    const w = Math.min(this.width, Math.max(PITCH * 8, this.view.w / factor));
    const real = this.view.w / w;
    this.view.x = x - (x - this.view.x) / real;
    this.view.y = y - (y - this.view.y) / real;
    this.view.w = w;
    this.apply();
  }

  /** Moves by this many pixels. */
  pan(dx, dy) {
    const scale = this.view.w / this.svg.getBoundingClientRect().width;
    this.view.x -= dx * scale;
    this.view.y -= dy * scale;
    this.apply();
  }

  /** Shows the whole plan. */
  whole() {
    Object.assign(this.view, { x: 0, y: 0, w: this.width });
    this.apply();
  }

  /** Whether it has been told what is free. */
  get isKnown() {
    return this.rows.some((line) => line.states !== "");
  }

  get isWhole() {
    return this.view.w >= this.width;
  }

  apply() {
    const { view } = this;
    view.h = (view.w * this.height) / this.width;
    view.x = Math.min(Math.max(0, view.x), this.width - view.w);
    view.y = Math.min(Math.max(0, view.y), this.height - view.h);
    this.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  }
}
