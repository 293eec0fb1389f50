// Copies of what is typed, in this browser: for the scripts that keep and give back what is in a form.
// Twice: in localStorage, which a page that is being left still has time for, and in the browser's database, which a
// browser that is killed has not lost.
import { lagg, las, tag } from './disken.js';
import { arText } from './formfalt.js';

const KOPIA_DAGAR = 14;
const RADFALT = /^(.+)-rad-(\d+)-\d+$/;
const FULLT = 'webbläsaren har inte plats för texten';
const VAGRAR = 'webbläsaren lagrar ingenting';

/** Keeps it at once; '' if that went well, else why neither place took it, in words that follow 'och'. */
export async function minns(nyckel, kopia) {
  const paDisken = lagg(nyckel, kopia).then(() => true, (fel) => fel);
  try {
    localStorage.setItem(nyckel, JSON.stringify(kopia));
    return '';
  } catch (fel) {
    if ((await paDisken) === true) return '';
    console.warn('kopior: no copy in this browser', fel, await paDisken);
    return fel?.name === 'QuotaExceededError' ? FULLT : VAGRAR;
  }
}

export async function glom(nyckel) {
  try {
    localStorage.removeItem(nyckel);
  } catch (fel) {
    console.warn('kopior: no storage', fel);
  }
  await tag(nyckel).catch((fel) => console.warn('kopior: no database', fel));
}

/** A page that shows what has been published says by which form, in this name of its data: the copy has done its work. */
export async function glomKlara(borjan, namn) {
  const klara = [...document.querySelectorAll('[data-utkast-klart], [data-kopia-klart]')].map((del) => del.dataset[namn]).filter(Boolean);
  if (!klara.length) return;
  for (const [nyckel] of await kopior(borjan)) if (klara.includes(nyckel.split(':').at(-1))) glom(nyckel);
}

/** Copies whose key begins so, the newest first; those too old or broken are removed. */
export async function kopior(borjan) {
  const funna = new Map();
  const alla = [...iMinnet(borjan), ...(await las(borjan).catch((fel) => console.warn('kopior: no database', fel) ?? []))];
  for (const [nyckel, kopia] of alla) {
    if (!duger(kopia)) glom(nyckel);
    else if (!(funna.get(nyckel)?.tid >= kopia.tid)) funna.set(nyckel, { grund: kopia, ...kopia }); // older ones have it flat
  }
  return [...funna].sort((a, b) => b[1].tid - a[1].tid);
}

function iMinnet(borjan) {
  try {
    const nycklar = Object.keys(localStorage).filter((nyckel) => nyckel.startsWith(borjan));
    return nycklar.map((nyckel) => [nyckel, tolka(localStorage.getItem(nyckel))]);
  } catch (fel) {
    console.warn('kopior: no storage', fel);
    return [];
  }
}

function tolka(text) {
  try {
    return JSON.parse(text);
  } catch (fel) {
    console.warn('kopior: a copy could not be read', fel);
    return null;
  }
}

function duger(kopia) {
  return typeof kopia?.text === 'string' && Date.now() - kopia.tid < KOPIA_DAGAR * 24 * 3600 * 1000;
}

export function tidpunkt(kopia) {
  return new Date(kopia.tid).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Europe/Stockholm' });
}

/**
 * Puts back what was typed, as URLSearchParams wrote it. What is folded up opens where something differs. `ord`: the
 * fields whose words are given back as text where the form lacks them; all, unless it is said. The others were choices,
 * which are made anew.
 */
export function fyll(form, text, ord) {
  const utanFalt = [];
  const par = new URLSearchParams(text);
  // Rows that the form lacks are made first: see rader.js.
  form.dispatchEvent(new CustomEvent('wis:fyller', { detail: [...par.keys()] }));
  for (const ruta of form.querySelectorAll('input[type=checkbox]')) {
    if (!arText(ruta)) continue;
    const kryssad = par.getAll(ruta.name).includes(ruta.value);
    if (ruta.checked === kryssad) continue;
    ruta.checked = kryssad;
    andrad(ruta);
  }
  for (const [namn, varde] of par) {
    const falt = form.elements.namedItem(namn);
    const element = falt instanceof Element ? falt : falt?.[0];
    if (!element && varde.trim() && (ord?.includes(namn) ?? true)) utanFalt.push([namn, varde]);
    if (!element || !arText(element) || element.type === 'checkbox' || falt.value === varde) continue;
    falt.value = varde;
    andrad(element);
  }
  raddaUtanFalt(form, utanFalt);
}

/** The form may have fewer rows, or another template, than what was typed: then it is given back as text. */
function raddaUtanFalt(form, par) {
  const texter = new Map();
  for (const [namn, varde] of par) {
    const [, avsnitt = namn, rad = ''] = RADFALT.exec(namn) ?? [];
    texter.set(`${avsnitt} ${rad}`, [...(texter.get(`${avsnitt} ${rad}`) ?? []), varde]);
  }
  for (const [nyckel, celler] of texter) {
    const [avsnitt, rad] = nyckel.split(' ');
    const falt = form.elements.namedItem(avsnitt) ?? form.querySelector('textarea');
    if (!falt) continue;
    falt.value = [falt.value, rad ? `| ${celler.join(' | ')} |` : celler.join('\n')].filter(Boolean).join('\n');
    andrad(falt);
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
