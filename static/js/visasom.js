// 'Vem ser det här?' on a writing page: the answer comes into the page. Without this script it is a page of its own.
import { sidan } from './betrodd.js';

export function starta(rot = document) {
  for (const del of rot.querySelectorAll('[data-visa-som]')) folj(del);
}

function folj(del) {
  const knapp = del.querySelector('[data-visa-som-knapp]');
  const form = del.closest('form');
  let nummer = 0;
  knapp.addEventListener('click', async (h) => {
    h.preventDefault();
    const mitt = ++nummer;
    const svar = await fraga(del.dataset.visaSom, form);
    if (mitt === nummer) visa(del, svar); // else pressed again meanwhile
  });
}

async function fraga(adress, form) {
  try {
    const svar = await fetch(adress, {
      method: 'POST', body: new FormData(form), credentials: 'same-origin', headers: { Accept: 'application/json' },
    });
    return svar.ok ? await svar.json() : null;
  } catch {
    return null;
  }
}

function visa(del, svar) {
  const ruta = del.querySelector('[data-visa-som-ruta]');
  const texter = svar?.rader.slice() ?? ['Det gick inte att fråga just nu. Försök igen.'];
  if (svar?.lasare) texter.push(svar.lasare);
  ruta.replaceChildren(...texter.map((text) => Object.assign(document.createElement('p'), { textContent: text })));
  // Not within the status: all of it would be read out.
  del.querySelector('[data-visa-som-sida]').replaceChildren(...sidan(svar?.html ?? '').body.childNodes);
  // The bar with the buttons would lie over it.
  ruta.focus({ preventScroll: true });
  ruta.scrollIntoView({ block: 'start' });
}
