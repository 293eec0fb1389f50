// Rows in a section: a new one when the last is used, one taken away and put back, the next cell at Enter, actors
// suggested after each comma, and how a key figure has changed. Without this script saving the draft gives more rows,
// and a row that is emptied is gone.
const FALT = 'input, select, textarea';
const NUMMER = /-rad-(\d+)-/;
// As wis.lagesbild.rader reads numbers.
const TALGRUPP = /(?<=\d)[ \u00a0\u202f\u2009](?=\d{3}(?!\d))/g;
const TAL = /[-+\u2212]?\d+(?:[.,]\d+)?/g;
// As wis.lagesbild.kallmarke: a figure is the same whichever version of its source it is from.
const MARKE = /[ \t]*\[\[([a-z0-9][a-z0-9-]{0,80}) [1-9][0-9]{0,8} [a-z0-9_-]{1,60}(?: behållen [1-9][0-9]{0,8})?\]\]/g;
const startade = new WeakSet();

export function starta(rot = document) {
  for (const ruta of rot.querySelectorAll('form [data-rader]')) {
    if (startade.has(ruta)) continue;
    startade.add(ruta);
    new Rader(ruta).starta();
  }
}

class Rader {
  constructor(ruta) {
    this.ruta = ruta;
    this.form = ruta.closest('form');
    this.nyckel = ruta.dataset.rader;
    this.forra = 'forra' in ruta.dataset ? JSON.parse(ruta.dataset.forra) : null;
    this.mest = Number(ruta.dataset.mest); // as the server takes
    this.undan = []; // what was taken away, the latest last: its row, and what stood in it
    this.sagt = null;
  }

  starta() {
    this.synka();
    this.ruta.addEventListener('input', (h) => this.skrivet(h.target));
    this.ruta.addEventListener('change', () => this.synka());
    this.ruta.addEventListener('keydown', (h) => this.tangent(h));
    this.ruta.addEventListener('focusin', (h) => foresla(h.target));
    this.form.addEventListener('wis:fyller', (h) => this.gorPlats(h.detail));
  }

  rader() {
    return [...this.ruta.querySelectorAll(':scope > .rad')];
  }

  skrivet(falt) {
    foresla(falt);
    this.synka();
  }

  /** An empty row last; what was taken away and has been filled anew is seen; the button where there is something to take. */
  synka() {
    for (const rad of this.rader()) {
      const fylld = harText(rad);
      if (fylld) rad.hidden = false;
      this.knappen(rad).hidden = !fylld;
      this.jamforTal(rad);
    }
    const sista = this.rader().at(-1);
    if ((harText(sista) || sista.hidden) && this.rader().filter(harText).length < this.mest) this.ny(sista);
  }

  nummer(rad) {
    return Number(NUMMER.exec(rad.querySelector(FALT).name)[1]);
  }

  ny(sista) {
    const nummer = this.nummer(sista) + 1;
    const rad = sista.cloneNode(true);
    const nytt = (text) => text.replace(NUMMER, `-rad-${nummer}-`);
    for (const del of rad.querySelectorAll('[id]')) del.id = nytt(del.id);
    for (const falt of rad.querySelectorAll(FALT)) {
      falt.name = nytt(falt.name);
      falt.defaultValue = '';
      falt.value = '';
      if (falt.hasAttribute('aria-describedby')) falt.setAttribute('aria-describedby', nytt(falt.getAttribute('aria-describedby')));
      for (const val of falt.options ?? []) val.defaultSelected = false;
      if (falt.options) falt.selectedIndex = 0;
    }
    const legend = rad.querySelector('legend');
    legend.textContent = legend.textContent.replace(/\d+$/, nummer + 1);
    for (const knapp of rad.querySelectorAll('button')) knapp.remove();
    rad.hidden = false;
    sista.after(rad);
    this.knappen(rad).hidden = true;
    this.jamforTal(rad);
    return rad;
  }

  /** Rows for what is put back: the form may have been drawn with fewer. */
  gorPlats(namn) {
    const behovs = namn.filter((ett) => ett.startsWith(`${this.nyckel}-rad-`)).map((ett) => Number(NUMMER.exec(ett)?.[1] ?? 0));
    const sista = Math.min(this.mest - 1, Math.max(-1, ...behovs));
    for (let rad = this.rader().at(-1); this.nummer(rad) < sista;) rad = this.ny(rad);
  }

  // --- taking away ---

  knappen(rad) {
    const finns = rad.querySelector('[data-ta-bort]');
    if (finns) return finns;
    const knapp = document.createElement('button');
    knapp.type = 'button';
    knapp.className = 'knapp knapp-sekundar ta-bort';
    knapp.dataset.taBort = '';
    knapp.textContent = 'Ta bort raden';
    knapp.addEventListener('click', () => this.taBort(rad));
    rad.querySelector('.cell:last-of-type').after(knapp);
    return knapp;
  }

  taBort(rad) {
    const falten = [...rad.querySelectorAll(FALT)];
    this.undan.push([rad, falten.map((falt) => falt.value)]);
    for (const falt of falten) falt.value = '';
    rad.hidden = true;
    this.andrad();
    this.saga('Raden är borttagen.');
    this.angra.hidden = false;
    this.angra.focus();
  }

  taTillbaka() {
    const [rad, varden] = this.undan.pop();
    rad.querySelectorAll(FALT).forEach((falt, i) => { falt.value ||= varden[i]; });
    rad.hidden = false;
    this.andrad();
    this.saga('Raden är tillbaka.');
    this.angra.hidden = !this.undan.length;
    rad.querySelector(FALT).focus();
  }

  saga(text) {
    if (!this.sagt) {
      const plats = document.createElement('div');
      plats.className = 'rad-angra';
      this.sagt = document.createElement('p');
      this.sagt.setAttribute('role', 'status');
      this.angra = document.createElement('button');
      this.angra.type = 'button';
      this.angra.className = 'knapp knapp-sekundar';
      this.angra.textContent = 'Ångra';
      this.angra.setAttribute('aria-label', 'Ångra: ta tillbaka raden');
      this.angra.addEventListener('click', () => this.taTillbaka());
      plats.append(this.sagt, this.angra);
      this.ruta.append(plats);
    }
    this.sagt.textContent = text;
  }

  andrad() {
    this.ruta.dispatchEvent(new Event('input', { bubbles: true }));
  }

  // --- the keyboard ---

  /** A line has no lines in it: Enter goes on to the next cell, and never sends the form. */
  tangent(h) {
    if (h.key !== 'Enter' || h.isComposing || h.ctrlKey || h.metaKey || h.altKey || h.shiftKey || !h.target.matches('input, textarea')) return;
    h.preventDefault();
    this.synka();
    const falten = this.rader().filter((rad) => !rad.hidden).flatMap((rad) => [...rad.querySelectorAll(FALT)]);
    falten[falten.indexOf(h.target) + 1]?.focus();
  }

  // --- key figures ---

  jamforTal(rad) {
    const plats = this.forra && rad.querySelector('.forra');
    if (!plats) return;
    const [namn, varde, enhet] = [...rad.querySelectorAll(FALT)].map((falt) => falt.value.trim());
    const forra = this.forra[namn.replace(MARKE, ' [[$1]]').toLowerCase()];
    const text = forra === undefined ? '' : [`förra: ${enFore(forra, enhet)}`, ...trend(forra, varde, enhet)].join(' · ');
    if (plats.textContent !== text) plats.textContent = text;
  }
}

/** What it was, without the unit where that is the same as now. */
function enFore([varde, matt], enhet) {
  return matt === enhet ? varde : `${varde} ${matt}`.trim();
}

function trend([fore, matt], varde, enhet) {
  if (!varde) return [];
  if (matt !== enhet) return ['ändrat'];
  const [da, nu] = [tal(fore), tal(varde)];
  if (fore === varde || (da !== null && da === nu)) return ['→ oförändrat'];
  if (da === null || nu === null) return ['ändrat'];
  return [nu > da ? '↑ ökat' : '↓ minskat'];
}

function tal(text) {
  const funna = text.replace(TALGRUPP, '').match(TAL) ?? [];
  return funna.length === 1 ? Number(funna[0].replace(',', '.').replace('\u2212', '-')) : null;
}

function harText(rad) {
  return [...rad.querySelectorAll(FALT)].some((falt) => falt.value.trim());
}

// --- suggestions ---

const aktorer = { lista: null, namn: [], borjan: null };

/** The browser suggests whole values: so each is what stands before the last comma, and one actor more. */
function foresla(falt) {
  if (falt.getAttribute?.('list') !== 'forslag-aktorer' || !falt.list) return;
  if (aktorer.lista !== falt.list) Object.assign(aktorer, { lista: falt.list, namn: [...falt.list.options].map((val) => val.value), borjan: '' });
  const skrivna = falt.value.split(',').slice(0, -1).map((namn) => namn.trim()).filter(Boolean);
  const borjan = skrivna.map((namn) => `${namn}, `).join('');
  if (borjan === aktorer.borjan) return;
  aktorer.borjan = borjan;
  const redan = new Set(skrivna.map((namn) => namn.toLowerCase()));
  aktorer.lista.replaceChildren(...aktorer.namn.filter((namn) => !redan.has(namn.toLowerCase())).map((namn) => {
    const val = document.createElement('option');
    val.value = borjan + namn;
    return val;
  }));
}
