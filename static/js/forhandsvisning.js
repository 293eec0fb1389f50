// The preview beside a form that publishes follows what is typed: <form data-forhandsvisning="address">.
// Without this script it is as new as the page, and the buttons that replace characters are ordinary ones of the form.
import { sidan } from './betrodd.js';
import { rord } from './kopior.js';

const DROJ = 400;
const SKICKAS = ['csrf_token', 'slag', 'rubrik', 'text', 'sammanfattning', 'motivering', 'bradskande', 'rattelse',
  'laskrets', 'natverk', 'lasare', 'tlp'];

export function starta(rot = document) {
  for (const form of rot.querySelectorAll('form[data-forhandsvisning]')) folj(form);
}

function folj(form) {
  const ruta = () => form.querySelector('[data-forhandsvisning-ruta]');
  let klocka = 0;
  let pagar = null;
  let byter = ''; // which of those buttons was pressed, and is not done yet

  async function hamta(handling) {
    clearTimeout(klocka);
    pagar?.abort();
    const avbrott = (pagar = new AbortController());
    let svar;
    try {
      svar = await fetch(form.dataset.forhandsvisning, {
        method: 'POST', body: falten(form, handling), signal: avbrott.signal, credentials: 'same-origin',
        headers: { Accept: 'application/json', 'X-CSRFToken': csrf() },
      });
    } catch {
      return null; // offline or overtaken: the next keystroke asks again, and publishing does not depend on it
    }
    // A refusal is told when the form is sent; the preview that stands is then the last that was right.
    const data = svar.ok ? await svar.json().catch(() => null) : null;
    if (data === null || avbrott.signal.aborted) return null;
    visa(form, ruta(), data.html);
    return data.falt;
  }

  // What is typed between the click and the answer is not overwritten: then the new text is asked for in its turn.
  async function bytUt(handling) {
    byter = handling;
    const skickat = new Map([...form.elements].filter((falt) => SKICKAS.includes(falt.name)).map((falt) => [falt, falt.value]));
    const fraga = hamta(handling);
    const min = pagar;
    const svar = Object.entries((await fraga) ?? {}).map(([namn, text]) => [form.elements.namedItem(namn), text]);
    if (min !== pagar) return; // asked again meanwhile
    const falten = svar.filter(([mal, text]) => skickat.has(mal) && mal.value !== text);
    if (falten.some(([mal]) => mal.value !== skickat.get(mal))) {
      bytUt(handling);
      return;
    }
    byter = '';
    for (const [mal, text] of falten) {
      mal.value = text;
      mal.dispatchEvent(new Event('input', { bubbles: true }));
    }
    falten[0]?.[0].focus();
  }

  form.addEventListener('input', (h) => {
    if (!SKICKAS.includes(h.target.name)) return;
    clearTimeout(klocka);
    klocka = setTimeout(() => (byter ? bytUt(byter) : hamta()), DROJ);
  });
  form.addEventListener('click', (h) => {
    const knapp = h.target.closest('[data-byt-ut], [data-byt-tecken]');
    if (!knapp) return;
    h.preventDefault();
    bytUt(knapp.value);
  });
  // What was typed before this script came is shown too.
  const skrivet = (falt) => SKICKAS.includes(falt.name) && rord(falt);
  if ([...form.elements].some(skrivet)) hamta();
}

function falten(form, handling) {
  const data = new FormData();
  for (const [namn, varde] of new FormData(form)) if (SKICKAS.includes(namn)) data.append(namn, varde);
  if (handling) data.append('handling', handling);
  return data;
}

// What the server sends is a whole box, as it stands in the page. What was opened stays open.
function visa(form, gammal, html) {
  const ny = sidan(html).querySelector('[data-forhandsvisning-ruta]');
  if (!gammal || !ny) return;
  // The buttons and the folded headings say what the box says, and the form carries what has been shown.
  const { avisera, tyst, lasare, marke } = ny.dataset;
  const platser = { 'button [data-avisera]': avisera, 'button [data-tyst]': tyst, '[data-lasare-i-ord]': lasare, '[data-marke-i-ord]': marke };
  for (const [val, text] of Object.entries(platser)) {
    for (const plats of form.querySelectorAll(val)) {
      // Where a colleague is asked the button says so, and whom it would reach.
      const ord = plats.dataset.ord ? `${plats.dataset.ord} ${/\d*$/.exec(text)[0]}`.trim() : text;
      if (plats.textContent !== ord) plats.textContent = ord;
    }
  }
  gammal.querySelector('[name=visat]').value = ny.querySelector('[name=visat]').value;
  if (gammal.textContent === ny.textContent) return;
  for (const del of ny.querySelectorAll('details[data-del]')) {
    del.open = gammal.querySelector(`details[data-del="${del.dataset.del}"]`)?.open ?? del.open;
  }
  gammal.replaceWith(document.importNode(ny, true));
}

function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? '';
}
