// Gives back what was typed in a lägesbild and never reached the server: at once where it follows upon what the server
// has, else by asking, beside what is there now.
import { sattGrund } from './formfalt.js';
import { glom, kopior, tidpunkt } from './kopior.js';
import { sparadText } from './natlos_lada.js';
import { enheten } from './sparlage.js';

const SVAR_FRAN_FLIKAR_MS = 300;
const kanal = 'BroadcastChannel' in window ? new BroadcastChannel('wis-utkast') : null;

/** Answer other pages that ask whether the copy is one that somebody writes on just now. */
export function svaraFor(nyckel) {
  kanal?.addEventListener('message', ({ data }) => {
    if (data.finns === nyckel()) kanal.postMessage({ skrivs: data.finns });
  });
}

function skrivsIAnnanFlik(nyckel) {
  if (!kanal) return Promise.resolve(true); // can't tell: then it is asked about
  return new Promise((klar) => {
    kanal.addEventListener('message', ({ data }) => data.skrivs === nyckel && klar(true));
    kanal.postMessage({ finns: nyckel });
    setTimeout(klar, SVAR_FRAN_FLIKAR_MS, false);
  });
}

/** Look for copies that belong to the page of `utkast`, and give the newest back. */
export async function aterstall(utkast, borjan) {
  if ('sparad' in document.documentElement.dataset) return aterstallUtanNat(utkast, borjan);
  const sparad = avsnittstext(utkast.sparad);
  const funna = [];
  // What the server has got whole; it may show something else by now, which was chosen.
  const klara = new Set([...document.querySelectorAll('[data-utkast-klart]')].map((del) => del.dataset.utkastKlart));
  for (const [nyckel, kopia] of await kopior(borjan)) {
    if (klara.has(nyckel.split(':').at(-1))) continue;
    if (avsnittstext(kopia.text) !== sparad) funna.push([nyckel, kopia]);
    else if (nyckel !== utkast.nyckel()) glom(nyckel);
  }
  const andra = funna.filter(([nyckel]) => nyckel !== utkast.nyckel());
  if (!andra.length) return;
  const [nyckel, kopia] = andra[0];
  if (foljer(utkast, kopia) && !(await skrivsIAnnanFlik(nyckel)) && foljer(utkast, kopia)) {
    utkast.taFram(kopia);
    sag(`Text som inte hann sparas ${tidpunkt(kopia)} är tillbaka i fälten.`);
    await utkast.kopiera(); // before the old one goes
    glom(nyckel);
  } else {
    erbjud(utkast, nyckel, kopia);
  }
}

/** The page is a kept one, of when it was opened: what was written in it since is the newest of what is here. */
async function aterstallUtanNat(utkast, borjan) {
  const [forsta] = await kopior(borjan);
  const sparad = await sparadText();
  const [nyckel, kopia] = forsta && !(sparad?.tid > forsta[1].tid) ? forsta : ['', sparad];
  if (!kopia || utkast.osparat() || (nyckel && (await skrivsIAnnanFlik(nyckel)))) return;
  utkast.taFram(kopia);
  sattGrund(utkast.form, kopia.grund, 'text', 'utkast'); // the draft that it was saved as, not the one of the kept page
  utkast.obesvarad = utkast.attSpara(); // it may have arrived as the page was left: sent again as it was, it counts once
  sag(`Texten från ${tidpunkt(kopia)} är tillbaka i fälten.`);
  await utkast.kopiera(); // before the old one goes
  if (nyckel && nyckel !== utkast.nyckel()) glom(nyckel);
}

/** Nothing has been saved or typed since: there is nothing to choose between. */
function foljer(utkast, kopia) {
  const lika = (namn) => String(kopia.grund[namn]) === utkast.falt(namn).value;
  return lika('bas') && lika('revision') && !utkast.osparat();
}

function erbjud(utkast, nyckel, kopia) {
  const ruta = document.querySelector('[data-aterstall]');
  if (!ruta) return;
  ruta.querySelector('[data-enhet]').textContent = enheten();
  ruta.querySelector('[data-aterstall-tid]').textContent = tidpunkt(kopia);
  ruta.querySelector('[data-aterstall-ja]').addEventListener('click', async () => {
    ruta.hidden = true;
    utkast.taFram(kopia);
    await utkast.kopiera();
    glom(nyckel);
  });
  ruta.querySelector('[data-aterstall-nej]').addEventListener('click', () => {
    ruta.hidden = true;
    glom(nyckel);
  });
  ruta.hidden = false;
}

function sag(text) {
  const ruta = document.createElement('div');
  ruta.className = 'meddelande';
  ruta.setAttribute('role', 'status');
  const rad = document.createElement('p');
  document.getElementById('meddelanden')?.append(ruta);
  ruta.append(rad);
  rad.textContent = text;
}

/** The sections and the note alone, as the server keeps them: a suggested time says nothing of whether text was lost. */
function avsnittstext(text) {
  const rader = {}; // empty ones are not kept, and the others are numbered anew
  const nummer = (avsnitt, rad) => {
    rader[avsnitt] ??= [];
    if (!rader[avsnitt].includes(rad)) rader[avsnitt].push(rad);
    return rader[avsnitt].indexOf(rad);
  };
  const par = [...new URLSearchParams(text)].filter(([namn, varde]) => !namn.startsWith('nasta_') && varde.trim());
  return JSON.stringify(par.map(([namn, varde]) => [
    namn.replace(/^(.+)-rad-(\d+)-/, (_, avsnitt, rad) => `${avsnitt}-rad-${nummer(avsnitt, rad)}-`),
    varde.replaceAll('\r\n', '\n').trim(),
  ]));
}
