// The page to be, and what it changes, beside the text: where there is room, and when the typing pauses.
// Elsewhere, and without this script, the button 'Förhandsgranska' shows the same.
import { sidan } from './betrodd.js';
import { skrivet } from './formfalt.js';

const DROJ = 900;
const BRED = matchMedia('(min-width: 75rem)');

export function starta() {
  for (const plats of document.querySelectorAll('form [data-granskning]')) folj(plats, plats.closest('form'));
}

function folj(plats, form) {
  const gammal = form.querySelector('[data-granskning-gammal]');
  let klocka = 0;
  let pagar = null;
  let visat = ''; // of what the page stands there

  // One at a time: who types on is not interested in what they typed before.
  async function hamta() {
    const text = skrivet(form);
    if (!BRED.matches || document.hidden || text === visat) return;
    pagar?.abort();
    const avbrott = (pagar = new AbortController());
    try {
      const svar = await fetch(plats.dataset.granskning, {
        method: 'POST', body: new URLSearchParams(utanFiler(form)), signal: avbrott.signal, credentials: 'same-origin',
        headers: { Accept: 'application/json', 'X-CSRFToken': form.elements.namedItem('csrf_token').value },
      });
      const data = svar.ok ? await svar.json() : null;
      if (data === null || avbrott.signal.aborted) return;
      visa(plats, data.html);
      visat = text;
      if (gammal) gammal.hidden = true;
    } catch {
      // Offline or overtaken: the next pause asks again, and publishing does not depend on it.
    }
  }

  function snart() {
    clearTimeout(klocka);
    klocka = setTimeout(hamta, DROJ);
  }

  for (const namn of ['input', 'change']) {
    form.addEventListener(namn, () => {
      if (gammal && skrivet(form) !== visat) gammal.hidden = false;
      snart();
    });
  }
  BRED.addEventListener('change', snart);
  document.addEventListener('visibilitychange', snart);
  if (plats.firstElementChild) visat = skrivet(form);
  flytta(form, plats.closest('.granskad'));
  form.querySelector('[data-granskad-lankar]')?.addEventListener('click', hoppa);
  snart();
}

// Without a new address: the page's history says by what the draft was saved.
function hoppa(h) {
  const mal = document.getElementById(h.target.closest('a')?.hash.slice(1) ?? '');
  if (!mal) return;
  h.preventDefault();
  if (mal.matches('details')) mal.open = true;
  mal.scrollIntoView({ block: 'start' });
  const fokus = mal.querySelector('summary') ?? mal;
  if (fokus === mal) mal.tabIndex = -1;
  fokus.focus({ preventScroll: true });
}

function utanFiler(form) {
  return [...new FormData(form)].filter(([, varde]) => typeof varde === 'string');
}

// What was folded stays folded, and the reader stays where they were in it.
function visa(plats, html) {
  const ny = document.importNode(sidan(html).body, true);
  for (const del of ny.querySelectorAll('details[data-del]')) {
    const fore = plats.querySelector(`details[data-del="${del.dataset.del}"]`);
    if (fore) del.open = fore.open;
  }
  plats.replaceChildren(...ny.childNodes);
}

// What was looked at stands above the text. Where there is room it stands beside it; and who goes on to another step
// finds it in the last one.
function flytta(form, granskad) {
  const hem = form.querySelector('[data-granskad-plats]');
  if (!granskad || !hem || hem.contains(granskad)) return;
  const hemat = () => {
    if (hem.contains(granskad)) return;
    const fokus = granskad.contains(document.activeElement) ? document.activeElement : null;
    hem.append(granskad);
    fokus?.focus({ preventScroll: true });
  };
  if (BRED.matches) hemat();
  BRED.addEventListener('change', () => BRED.matches && hemat());
  // Before the step is shown, which scrolls to its heading.
  form.addEventListener('click', (h) => {
    if (h.target.closest('[data-steg-forra], [data-steg-nasta], [data-steglista] a')) hemat();
  }, { capture: true });
}
