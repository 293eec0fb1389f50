// The keys of the page for writing, and its help. Who switches the keys off has them off in this browser.
// Without this script the help is a page, and everything is done with the buttons.
const NYCKEL = 'wis-snabbtangenter';
let avstangda = false; // for this page alone, where the browser keeps nothing

/** Whether single keys and Ctrl with a key do anything beyond what the browser does. */
export function snabbtangenter() {
  try {
    return localStorage.getItem(NYCKEL) !== 'av' && !avstangda;
  } catch {
    return !avstangda;
  }
}

function stall(pa) {
  avstangda = !pa;
  try {
    if (pa) localStorage.removeItem(NYCKEL);
    else localStorage.setItem(NYCKEL, 'av');
  } catch (fel) {
    console.warn('Webbläsaren lagrar inget: valet gäller så länge sidan är öppen.', fel);
  }
}

export function starta() {
  for (const del of document.querySelectorAll('[data-snabbtangenter]')) omkopplare(del);
  const ruta = document.querySelector('[data-hjalp-ruta]');
  if (ruta) hjalpen(ruta);
  document.addEventListener('keydown', (h) => {
    if (h.isComposing || h.repeat || h.defaultPrevented || !snabbtangenter()) return;
    if (h.key === 'Enter' && ensamCtrl(h)) forhandsgranska(h);
    if (h.key === '?' && ruta && utanModifierare(h) && !skriver(h.target)) oppna(ruta, h);
  });
}

const ensamCtrl = (h) => h.ctrlKey !== h.metaKey && !h.altKey && !h.shiftKey;
const utanModifierare = (h) => !h.ctrlKey && !h.metaKey && !h.altKey;
const skriver = (mal) => Boolean(mal.closest?.('input, textarea, select, [contenteditable], dialog'));

function forhandsgranska(h) {
  const form = h.target.closest?.('form');
  const knapp = form?.querySelector('button[name=handling][value=granska]');
  if (!knapp) return;
  h.preventDefault();
  form.requestSubmit(knapp);
}

function oppna(ruta, h) {
  h.preventDefault();
  ruta.showModal();
}

function hjalpen(ruta) {
  // In the page's own box, so that nothing that is being written is left.
  for (const lank of document.querySelectorAll('a[data-hjalp]')) {
    lank.addEventListener('click', (h) => {
      if (utanModifierare(h) && !h.shiftKey) oppna(ruta, h);
    });
  }
  ruta.addEventListener('click', (h) => {
    if (h.target === ruta) ruta.close(); // beside it
  });
}

function omkopplare(del) {
  const knapp = del.querySelector('[data-snabbtangenter-knapp]');
  const sagt = del.querySelector('[data-snabbtangenter-sagt]');
  const visa = () => {
    const text = `Snabbtangenter: ${snabbtangenter() ? 'på' : 'av'}`;
    if (knapp.textContent !== text) knapp.textContent = text;
  };
  knapp.addEventListener('click', () => {
    stall(!snabbtangenter());
    visa();
    sagt.textContent = snabbtangenter()
      ? 'Snabbtangenterna är på.'
      : 'Snabbtangenterna är av i den här webbläsaren. Hjälpen öppnas med länken Hjälp.';
  });
  window.addEventListener('storage', visa);
  visa();
  del.hidden = false;
}
