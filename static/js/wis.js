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
  live: 'body[data-inloggad]',
  utkast: '[data-utkast]',
  forhandsvisning: '[data-forhandsvisning]',
  raknare: '[data-rakna-for]',
  visasom: '[data-visa-som]',
};

aldra();
setInterval(aldra, 20000);
vantaPaLasning();
document.addEventListener('visibilitychange', () => {
  aldra();
  vantaPaLasning();
});
document.addEventListener('wis:uppdaterad', () => {
  aldra();
  vantaPaLasning();
});
document.getElementById('fel')?.focus();
for (const [namn, val] of Object.entries(DELAR)) {
  if (document.querySelector(val)) ladda(namn);
}
