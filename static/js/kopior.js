// Copies of what is typed, in this browser: for the scripts that keep and give back what is in a form.
const KOPIA_DAGAR = 14;

/** Storage may be full, or refused in a private window: then there is no copy. */
export function minns(nyckel, kopia) {
  try {
    localStorage.setItem(nyckel, JSON.stringify(kopia));
  } catch (fel) {
    console.warn('kopior: no room in this browser', fel);
  }
}

export function glom(nyckel) {
  try {
    localStorage.removeItem(nyckel);
  } catch (fel) {
    console.warn('kopior: no storage', fel);
  }
}

/** Copies whose key begins so, the newest first; those too old or broken are removed. */
export function kopior(borjan) {
  const funna = [];
  let nycklar = [];
  try {
    nycklar = Object.keys(localStorage).filter((nyckel) => nyckel.startsWith(borjan));
  } catch (fel) {
    console.warn('kopior: no storage', fel);
  }
  for (const nyckel of nycklar) {
    const kopia = lasKopia(nyckel);
    if (kopia && Date.now() - kopia.tid < KOPIA_DAGAR * 24 * 3600 * 1000) funna.push([nyckel, kopia]);
    else glom(nyckel);
  }
  return funna.sort((a, b) => b[1].tid - a[1].tid);
}

function lasKopia(nyckel) {
  try {
    const kopia = JSON.parse(localStorage.getItem(nyckel));
    return kopia && typeof kopia.text === 'string' ? kopia : null;
  } catch (fel) {
    console.warn('kopior: a copy could not be read', fel);
    return null;
  }
}

export function tidpunkt(kopia) {
  return new Date(kopia.tid).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Europe/Stockholm' });
}

/** Puts back what was typed, as URLSearchParams wrote it. What is folded up opens where something differs. */
export function fyll(form, text) {
  const par = new URLSearchParams(text);
  for (const ruta of form.querySelectorAll('input[type=checkbox]')) {
    const kryssad = par.getAll(ruta.name).includes(ruta.value);
    if (ruta.checked === kryssad) continue;
    ruta.checked = kryssad;
    andrad(ruta);
  }
  for (const [namn, varde] of par) {
    const falt = form.elements.namedItem(namn);
    const element = falt instanceof Element ? falt : falt?.[0];
    if (!element || element.type === 'checkbox' || falt.value === varde) continue;
    falt.value = varde;
    andrad(element);
  }
}

function andrad(element) {
  element.dispatchEvent(new Event('input', { bubbles: true }));
  for (let del = element.closest('details'); del; del = del.parentElement.closest('details')) del.open = true;
}

/** What the form held when the page was drawn, whatever has been typed in it since, or put back by the browser. */
export function ritad(form) {
  const kopia = form.cloneNode(true);
  kopia.reset();
  return new FormData(kopia);
}

/** Whether a field holds something else than the page was drawn with. */
export function rord(falt) {
  if (falt.options) {
    const ritad = Math.max(0, [...falt.options].findIndex((val) => val.defaultSelected)); // the first, if none was chosen
    return falt.selectedIndex !== ritad;
  }
  if (falt.type === 'checkbox' || falt.type === 'radio') return falt.checked !== falt.defaultChecked;
  return falt.type !== 'hidden' && 'defaultValue' in falt && falt.value !== falt.defaultValue;
}
