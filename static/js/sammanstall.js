// Compiling the samlade without leaving one's place: a button changes the draft and the page stands as it stood; what an
// actor says is also dragged to a section. Without this each button leads back to its section, and does the same.
import { sidan } from './betrodd.js';

const INOM = 20000;
let formular = null;
let ord = null;
let pagar = false;
let dras = null;
let vantande = null; // a page that came while something was under way or dragged

const sag = (text) => {
  ord.textContent = '';
  ord.textContent = text;
};

// Where the focus is, in words that hold in the next page too: the button, its section, how far down.
function plats() {
  const har = document.activeElement;
  if (!har || !formular.contains(har)) return null;
  const avsnitt = har.closest('[data-slapp], .samladsavsnitt');
  const lika = avsnitt ? [...avsnitt.querySelectorAll('button, select, summary, a')] : [];
  return { namn: har.name, varde: har.value, avsnitt: avsnitt?.id, nummer: lika.indexOf(har) };
}

function fokusera(minns) {
  if (!minns) return;
  const avsnitt = minns.avsnitt && document.getElementById(minns.avsnitt);
  const alla = avsnitt ? [...avsnitt.querySelectorAll('button, select, summary, a')] : [];
  const samma = minns.namn && alla.find((ett) => ett.name === minns.namn && ett.value === minns.varde);
  (samma || alla[Math.min(minns.nummer, alla.length - 1)])?.focus({ preventScroll: true });
}

// Puts the fetched form in place of what stands here; what is open stays open, and what is chosen chosen.
function byt(ny) {
  const farsk = ny.querySelector('[data-sammanstall]');
  if (!farsk) return false;
  const minns = plats();
  const oppna = new Map([...formular.querySelectorAll('details[id]')].map((del) => [del.id, del.open]));
  const valda = new Map([...formular.querySelectorAll('select')].map((val) => [val.name, val.value]));
  const langa = new Set([...formular.querySelectorAll('.langt[open]')].map((del) => del.textContent));
  formular.replaceChildren(...document.importNode(farsk, true).childNodes);
  for (const del of formular.querySelectorAll('details[id]')) del.open = oppna.get(del.id) ?? del.open;
  for (const val of formular.querySelectorAll('select')) if (valda.has(val.name)) val.value = valda.get(val.name);
  for (const del of formular.querySelectorAll('.langt')) del.open = langa.has(del.textContent);
  gorDragbara();
  fokusera(minns);
  return true;
}

// The compact list above the form follows, for it tells of the same draft.
function bytLaget(ny) {
  const [gammal, farsk] = [document, ny].map((sida) => sida.querySelector('[data-live=samlat]'));
  if (gammal && farsk && !gammal.contains(document.activeElement)) {
    gammal.replaceChildren(...document.importNode(farsk, true).childNodes);
  }
}

async function skicka(handling, gjort, till = '') {
  if (pagar) return;
  pagar = true;
  const data = new FormData(formular);
  data.set('handling', handling);
  const grupp = handling.split(':').at(-1);
  if (till) data.set(`till-${grupp}`, till);
  try {
    const svar = await fetch(formular.action, {
      method: 'POST', body: new URLSearchParams(data), signal: AbortSignal.timeout(INOM),
    });
    const ny = svar.ok ? sidan(await svar.text()) : null;
    if (!ny || !byt(ny)) {
      // Logged out, or not allowed any longer: the page itself says why.
      location.reload();
      return;
    }
    bytLaget(ny);
    if (till) document.getElementById(`avsnitt-${till}`)?.setAttribute('open', '');
    const sagt = ny.querySelector('#meddelanden')?.textContent.trim() ?? '';
    visa(sagt);
    if (!sagt) sag(gjort);
  } catch (fel) {
    console.warn('Det gick inte att spara i utkastet.', fel);
    visa('Det gick inte att nå servern. Inget är ändrat: försök igen.');
  } finally {
    pagar = false;
    vantande = null;
  }
}

// A word that the server said stands where everybody sees it.
function visa(text) {
  let ruta = formular.querySelector('[data-sagt]');
  if (!text) {
    ruta?.remove();
    return;
  }
  if (!ruta) {
    ruta = document.createElement('p');
    ruta.dataset.sagt = '';
    ruta.className = 'meddelande varning sagt';
    formular.querySelector('.handlingar').before(ruta);
  }
  ruta.textContent = text;
  sag(text);
}

const GJORT = {
  ta: 'Intagen i utkastet', bort: 'Borttagen ur utkastet', upp: 'Flyttad upp', ned: 'Flyttad ned',
  ersatt: 'Den nya texten är intagen', behall: 'Behållen', kvar: 'Märket är uppdaterat',
};

function tryckt(h) {
  const knapp = h.submitter;
  if (knapp?.name !== 'handling') return;
  h.preventDefault();
  skicka(knapp.value, GJORT[knapp.value.split(':')[0]] ?? 'Klart');
}

// --- dragging ---

function gorDragbara() {
  if (!matchMedia('(pointer: fine)').matches) return;
  for (const rad of formular.querySelectorAll('[data-dra]')) rad.draggable = true;
}

const malet = (h) => dras && h.target.closest?.('[data-slapp]');

function markera(mal) {
  for (const del of formular.querySelectorAll('.slapp-har')) if (del !== mal) del.classList.remove('slapp-har');
  mal?.classList.add('slapp-har');
}

function borja(h) {
  const rad = h.target.closest?.('[data-dra]');
  if (!rad) return;
  dras = rad;
  rad.dataset.dras = '';
  h.dataTransfer.effectAllowed = 'copy';
  h.dataTransfer.setData('text/plain', rad.querySelector('.lopande')?.textContent ?? '');
}

function over(h) {
  const mal = malet(h);
  if (!mal) return;
  h.preventDefault();
  h.dataTransfer.dropEffect = 'copy';
  markera(mal);
}

function slapp(h) {
  const mal = malet(h);
  if (!mal) return;
  h.preventDefault();
  const till = mal.dataset.slapp;
  skicka(`${dras.dataset.dra}:${till}`, `Intagen i ${mal.querySelector('h2').textContent}`, till);
}

function slut() {
  if (dras) delete dras.dataset.dras;
  dras = null;
  markera(null);
  if (vantande && !pagar) byt(vantande);
  vantande = null;
}

function oppnaNamnd() {
  const namnd = location.hash && document.getElementById(location.hash.slice(1));
  if (!namnd || !formular.contains(namnd)) return;
  namnd.open = true;
  namnd.scrollIntoView();
}

export function starta() {
  formular = document.querySelector('[data-sammanstall]');
  ord = document.querySelector('[data-sammanstall-ord]');
  formular.addEventListener('submit', tryckt);
  formular.addEventListener('dragstart', borja);
  formular.addEventListener('dragover', over);
  formular.addEventListener('drop', slapp);
  formular.addEventListener('dragend', slut);
  gorDragbara();
  // On a phone one section at a time is enough to look through; a link to one opens it.
  if (matchMedia('(max-width: 39.99rem)').matches) {
    for (const del of formular.querySelectorAll('.samladsavsnitt')) del.open = false;
  }
  addEventListener('hashchange', oppnaNamnd);
  oppnaNamnd();
  // The live page has been fetched again: a source has something newer. A choice that is being made is let alone.
  document.addEventListener('wis:hamtad', ({ detail }) => {
    if (pagar) return;
    if (dras || document.activeElement?.matches('select')) vantande = detail;
    else byt(detail);
  });
  formular.addEventListener('focusout', (h) => {
    if (vantande && h.target.matches('select') && !pagar && !dras) byt(vantande);
    if (h.target.matches('select')) vantande = null;
  });
}
