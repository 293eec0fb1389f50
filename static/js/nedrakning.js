// Counts down to when a dispatch goes. The server decides: at nought the page is only asked to look again.
import { nu } from './tid.js';

const IGEN = 2000; // between two looks, when the server is not yet there
const sagda = new Set();
let frageTid = 0;

const sekunder = (antal) => (antal === 1 ? '1 sekund' : `${antal} sekunder`);

// Said once, and not each second: of what one has just published, by putting the keyboard there; else as it comes.
function sag(ruta, kvar) {
  const rad = ruta.querySelector('.dold');
  if (!rad || sagda.has(ruta.dataset.nedrakning)) return;
  sagda.add(ruta.dataset.nedrakning);
  const angra = ruta.querySelector('button') ? ' Du kan ångra med knappen Ångra utskicket.' : '';
  const text = `Utskicket går om ${sekunder(kvar)}.${angra}`;
  if (!angra || !fokusera(ruta, rad, text)) rad.textContent = text;
}

// Not away from where somebody has gone meanwhile.
function fokusera(ruta, rad, text) {
  const klart = document.querySelector('#meddelanden > .meddelande:not(.fel, .varning)');
  const har = document.activeElement;
  if (!klart || (har !== document.body && !klart.contains(har))) return false;
  rad.removeAttribute('role'); // read as the name of what has the focus; as a change too it would be heard twice
  rad.id = 'nedrakning-sagt';
  rad.textContent = `${klart.textContent.trim()} ${text}`;
  ruta.tabIndex = -1;
  ruta.setAttribute('aria-labelledby', rad.id);
  ruta.focus();
  return true;
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
