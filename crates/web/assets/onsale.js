// What every page does with a script. Each works without it, too.

import { lookAgain, startCountdowns } from "./clock.js";
import { guardForms, keepKey, sendAgain } from "./forms.js";
import { leadBack } from "./kept.js";
import { renewCards } from "./list.js";
import { chooseSeats } from "./map.js";
import { watchStock } from "./stock.js";

startCountdowns({ reload: lookAgain, renew: renewCards });
guardForms();
keepKey();
leadBack();
sendAgain();
watchStock();
chooseSeats();

for (const [mark, act] of [["print", () => window.print()], ["back", () => history.back()]]) {
  for (const button of document.querySelectorAll(`[data-${mark}]`)) {
    button.hidden = false;
    button.addEventListener("click", act);
  }
}
