// The preview beside a form that publishes follows what is typed: <form data-forhandsvisning="address">.
// Without this script it is as new as the page, and 'Byt ut dem' is an ordinary button of the form.

const DROJ = 400;
const SKICKAS = ['csrf_token', 'slag', 'rubrik', 'text', 'sammanfattning', 'motivering', 'bradskande', 'rattelse'];

export function starta(rot = document) {
  for (const form of rot.querySelectorAll('form[data-forhandsvisning]')) folj(form);
}

function folj(form) {
  const ruta = () => form.querySelector('[data-forhandsvisning-ruta]');
  let klocka = 0;
  let pagar = null;

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
    visa(ruta(), data.html);
    return data.falt;
  }

  async function bytUt() {
    const falt = await hamta('byt_ut');
    let forsta = null;
    for (const [namn, text] of Object.entries(falt ?? {})) {
      const mal = form.elements.namedItem(namn);
      if (!mal || !('value' in mal) || mal.value === text) continue;
      mal.value = text;
      mal.dispatchEvent(new Event('input', { bubbles: true }));
      forsta ??= mal;
    }
    forsta?.focus();
  }

  form.addEventListener('input', (h) => {
    if (!SKICKAS.includes(h.target.name)) return;
    clearTimeout(klocka);
    klocka = setTimeout(hamta, DROJ);
  });
  form.addEventListener('click', (h) => {
    if (!h.target.closest('[data-byt-ut]')) return;
    h.preventDefault();
    bytUt();
  });
}

function falten(form, handling) {
  const data = new FormData();
  for (const [namn, varde] of new FormData(form)) if (SKICKAS.includes(namn)) data.append(namn, varde);
  if (handling) data.append('handling', handling);
  return data;
}

// What the server sends is a whole box, as it stands in the page. An opened list stays open.
function visa(gammal, html) {
  const mall = document.createElement('template');
  mall.innerHTML = html;
  const ny = mall.content.querySelector('[data-forhandsvisning-ruta]');
  if (!gammal || !ny || gammal.textContent === ny.textContent) return;
  const oppen = gammal.querySelector('details')?.open;
  const detaljer = ny.querySelector('details');
  if (detaljer && oppen) detaljer.open = true;
  gammal.replaceWith(ny);
}

function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? '';
}
