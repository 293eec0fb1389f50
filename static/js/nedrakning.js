// Counts down to when a dispatch goes. The server decides: at nought the page is only asked to look again.
import { nu } from './tid.js';

const IGEN = 2000; // between two looks, when the server is not yet there
const sagda = new Set();
let frageTid = 0;

const sekunder = (antal) => (antal === 1 ? '1 sekund' : `${antal} sekunder`);

// Said once, and not each second.
function sag(ruta, kvar) {
  if (sagda.has(ruta.dataset.nedrakning)) return;
  sagda.add(ruta.dataset.nedrakning);
  const rad = ruta.querySelector('[role=status]');
  const angra = ruta.querySelector('button') ? ' Du kan ångra med knappen Ångra utskicket.' : '';
  if (rad) rad.textContent = `Utskicket går om ${sekunder(kvar)}.${angra}`;
}

function rakna() {
  for (const ruta of document.querySelectorAll('[data-nedrakning]')) {
    const kvar = Math.ceil((Date.parse(ruta.dataset.nedrakning) - nu()) / 1000);
    if (Number.isNaN(kvar)) continue;
    const text = kvar > 0 ? `om ${kvar} s` : 'nu';
    const rakneord = ruta.querySelector('[data-rakna]');
    if (rakneord && rakneord.textContent !== text) rakneord.textContent = text;
    if (kvar > 0) {
      sag(ruta, kvar);
    } else if (Date.now() - frageTid > IGEN) {
      frageTid = Date.now();
      document.dispatchEvent(new CustomEvent('wis:inaktuell'));
    }
  }
}

export function starta() {
  rakna();
  setInterval(rakna, 1000);
  document.addEventListener('wis:uppdaterad', rakna);
}
