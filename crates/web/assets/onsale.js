// What every page does with a script. Each works without it, too.

import { startCountdowns } from "./clock.js";
import { guardForms, sendAgain } from "./forms.js";
import { chooseSeats } from "./map.js";
import { watchStock } from "./stock.js";

startCountdowns();
guardForms();
sendAgain();
watchStock();
chooseSeats();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
