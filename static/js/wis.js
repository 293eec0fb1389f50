// On every page: ages that stay true, read marks, and the parts that the page asks for. All of it works without.
import { alder, nu, omfang } from './tid.js';

const LAST_EFTER = 3000;
let vantan = 0;

function satt(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function aldra() {
  for (const element of document.querySelectorAll('[data-alder], [data-omfang]')) {
    const da = Date.parse(element.closest('time')?.dateTime ?? '');
    if (Number.isNaN(da)) continue;
    satt(element, 'alder' in element.dataset ? alder(da) : omfang(Math.max(0, nu() - da)));
  }
  // A promise has just been broken: the server says it in words and colours.
  for (const element of document.querySelectorAll('[data-utlovad]')) {
    if (Date.parse(element.dataset.utlovad) > nu()) continue;
    element.removeAttribute('data-utlovad');
    document.dispatchEvent(new CustomEvent('wis:inaktuell'));
  }
}

async function markeraLast(form) {
  try {
    const svar = await fetch(form.action, {
      method: 'POST',
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: 'application/json' },
    });
    if (svar.ok) form.hidden = true;
  } catch (fel) {
    console.warn('Läsmärket sparades inte; knappen finns kvar.', fel);
  }
}

// What has been in sight for a while has been seen.
function vantaPaLasning() {
  clearTimeout(vantan);
  const form = document.querySelector('form[data-last]:not([hidden])');
  if (!form || document.visibilityState !== 'visible') return;
  vantan = setTimeout(markeraLast, LAST_EFTER, form);
}

async function ladda(namn) {
  try {
    (await import(`./${namn}.js`)).starta();
  } catch (fel) {
    console.error(`Skriptet ${namn} startade inte.`, fel);
  }
}

const DELAR = {
  live: 'html:not([data-sparad]) body[data-inloggad]',
  natlos: 'meta[name=natlos]',
  push: '[data-push]',
  natlos_lista: '[data-natlos-lista]',
  utkast: '[data-utkast], [data-utkast-klart]',
  forhandsvisning: '[data-forhandsvisning]',
  granskning: matchMedia('(min-width: 75rem)').matches ? '[data-granskning]' : '[data-granskning-gammal]',
  raknare: '[data-rakna-for]',
  skrivut: '[data-skriv-ut]',
  dela: '[data-dela]',
  visasom: '[data-visa-som]',
  nedrakning: '[data-nedrakning]',
  kopia: '[data-kopia], [data-kopia-klart]',
  bilagor: '[data-bilagor]',
  narvaro: '[data-narvaro]',
  steg: 'form.skrivyta',
  oforandrat: '[data-avsnitt]',
  verktygsrad: 'form.skrivyta',
  rader: 'form [data-rader]',
  sammanstall: '[data-sammanstall]',
  karta: '[data-karta]',
  platsval: 'form .rad-platser',
  tangenter: '[data-hjalp-ruta], [data-snabbtangenter]',
};

// A table that scrolls in its own box is reached by the keyboard.
function naTabeller() {
  for (const tabell of document.querySelectorAll('.lasbar table')) if (tabell.scrollWidth > tabell.clientWidth) tabell.tabIndex = 0;
}

aldra();
naTabeller();
addEventListener('resize', naTabeller);
setInterval(aldra, 20000);
vantaPaLasning();
document.addEventListener('visibilitychange', () => {
  aldra();
  vantaPaLasning();
});
document.addEventListener('wis:uppdaterad', () => {
  naTabeller();
  aldra();
  vantaPaLasning();
});
// After a form was sent: where it says how it went, unless the page puts the writer somewhere itself.
if (document.activeElement === document.body && !location.hash) {
  document.querySelector('#fel, [data-fokus]')?.focus();
  if (document.activeElement === document.body) document.querySelector('#meddelanden > *')?.focus();
}
document.addEventListener('keydown', (h) => {
  const meny = h.key === 'Escape' && document.querySelector('.meny[open]');
  if (!meny) return;
  meny.open = false;
  meny.querySelector('summary').focus();
});
// Whoever logs out leaves no text behind in this browser, nor loses any without being asked.
document.addEventListener('submit', async (h) => {
  if (!h.target.matches('form[action="/logga-ut"]')) return;
  h.preventDefault();
  try {
    const { loggaUt } = await import('./utloggning.js');
    await loggaUt(h.target);
  } catch (fel) {
    console.error('Utloggningen kunde inte spara först.', fel);
    if (confirm('Text som inte är sparad kan försvinna. Logga ut ändå?')) h.target.submit();
  }
});
for (const [namn, val] of Object.entries(DELAR)) {
  if (document.querySelector(val)) ladda(namn);
}
