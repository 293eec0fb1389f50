// How it stands with each section while one types, in a word, and the button that puts the last version's text back.
// What it takes away can be taken forth again as long as the page is open. Without this script the server does both.
const VIKT = ['att rätta', 'olika texter', 'ny text', 'ändrat', 'nytt', 'borttaget', 'oförändrat', 'tomt'];
const LIKA = new Set(['oförändrat', 'tomt']);

const rensad = (text) => text.replaceAll('\r\n', '\n').trim();

export function starta(rot = document) {
  for (const form of rot.querySelectorAll('form.skrivyta')) new Laget(form).starta();
}

class Laget {
  constructor(form) {
    this.form = form;
    this.avsnitt = [...form.querySelectorAll('[data-avsnitt]')].map((del) => new Avsnitt(del, form));
  }

  starta() {
    this.form.addEventListener('input', () => this.visa());
    this.form.addEventListener('change', () => this.visa());
    this.form.addEventListener('click', (h) => {
      const knapp = h.target.closest('[data-oforandrat]');
      const ett = knapp && this.avsnitt.find((avsnitt) => avsnitt.knapp === knapp);
      if (ett) this.tryckt(ett, h);
    });
    this.visa();
  }

  tryckt(ett, h) {
    // Rows are put back by the server, which saves all else on the way.
    if (ett.rader && !LIKA.has(ett.ord())) return;
    h.preventDefault();
    ett.stallTillbaka();
    const steg = ett.del.closest('[data-steg]');
    if (this.under(steg).every((avsnitt) => LIKA.has(avsnitt.ord()))) ett.del.dispatchEvent(new CustomEvent('wis:stegklart', { bubbles: true }));
  }

  under(steg) {
    return this.avsnitt.filter((avsnitt) => steg.contains(avsnitt.del));
  }

  visa() {
    for (const ett of this.avsnitt) ett.visa();
    for (const steg of this.form.querySelectorAll('[data-steg]')) {
      const under = this.under(steg);
      if (under.length) this.satt(steg, VIKT[Math.min(...under.map((avsnitt) => VIKT.indexOf(avsnitt.ord())))]);
    }
    const notering = this.form.elements.namedItem('andringsnotering');
    const fel = notering?.getAttribute('aria-invalid');
    if (notering) this.satt(notering.closest('[data-steg]'), fel ? 'att rätta' : notering.value.trim() ? 'ifyllt' : 'tomt');
    // All is no longer as it was: to say so would leave out what has been typed.
    const allt = document.querySelector('[data-allt-oforandrat]');
    if (allt) allt.hidden = !this.avsnitt.every((avsnitt) => LIKA.has(avsnitt.ord()));
  }

  satt(steg, ord) {
    const platser = [steg.querySelector('[data-stegstatus]'), this.form.querySelector(`[data-stegstatus-i="${steg.id}"]`)];
    for (const plats of platser) {
      if (plats.textContent !== ord) plats.textContent = ord;
      if (LIKA.has(ord)) delete plats.dataset.ord;
      else plats.dataset.ord = ord === 'att rätta' ? 'fel' : 'ja';
    }
  }
}

class Avsnitt {
  constructor(del, form) {
    this.del = del;
    this.falt = form.elements.namedItem(del.dataset.avsnitt);
    this.knapp = del.querySelector('[data-oforandrat]');
    this.forra = rensad(this.knapp?.dataset.forra ?? '');
    this.rader = del.querySelector('[data-rader]');
    this.rort = false;
    this.undan = []; // what the button took away, the latest last
    this.angra = null;
    del.addEventListener('input', () => { this.rort = true; });
  }

  /** How it stands with the section, as the server says it. */
  ord() {
    if (this.del.querySelector('.har-fel')) return 'att rätta';
    if (this.rader || !this.falt || (!this.rort && this.falt.value === this.falt.defaultValue)) return this.radernas();
    const nu = rensad(this.falt.value);
    if (!nu) return this.forra ? 'borttaget' : 'tomt';
    if (!this.forra) return 'nytt';
    return nu === this.forra ? 'oförändrat' : 'ändrat';
  }

  radernas() {
    const { status } = this.del.dataset;
    const andrade = () => [...this.del.querySelectorAll('input, textarea, select')].some(avviker);
    return LIKA.has(status) && this.rader && andrade() ? 'ändrat' : status;
  }

  stallTillbaka() {
    if (this.rader || !this.falt || rensad(this.falt.value) === this.forra) return;
    this.undan.push(this.falt.value);
    this.lamnaIn(this.falt.value);
    this.skriv(this.knapp.dataset.forra, 'Den senaste versionens text står här igen.');
  }

  /** Back to what was there; what has been typed since then is not lost either, but comes back the next time. */
  taTillbaka() {
    const text = this.undan.pop();
    const nu = this.falt.value;
    if (rensad(nu) !== this.forra && nu !== text) this.undan.unshift(nu);
    this.inlamnat?.remove();
    this.skriv(text, 'Din text är tillbaka.');
    this.falt.focus();
  }

  /** Goes with the next save, so that the server keeps what was taken away, should the page be closed. */
  lamnaIn(text) {
    this.inlamnat ??= Object.assign(document.createElement('input'), { type: 'hidden', name: `undan-${this.del.dataset.avsnitt}` });
    this.inlamnat.dataset.ejText = '';
    this.inlamnat.value = text;
    this.del.append(this.inlamnat);
  }

  skriv(text, sagt) {
    this.falt.value = text;
    this.falt.dispatchEvent(new Event('input', { bubbles: true }));
    this.sagt().textContent = sagt;
  }

  sagt() {
    if (this.rad) return this.rad;
    this.rad = document.createElement('p');
    this.rad.setAttribute('role', 'status');
    this.knapp.before(this.rad);
    return this.rad;
  }

  visa() {
    if (!this.knapp) return;
    const lika = LIKA.has(this.ord());
    this.del.toggleAttribute('data-lika', lika);
    if (this.undan.length && !this.angra) this.byggAngra();
    if (!this.angra) return;
    this.angra.hidden = !this.undan.length;
    this.knapp.hidden = lika && this.undan.length > 0;
    if (this.knapp.hidden && document.activeElement === document.body) this.angra.focus({ preventScroll: true });
  }

  byggAngra() {
    this.angra = this.knapp.cloneNode(true);
    for (const namn of ['name', 'value', 'data-oforandrat', 'data-forra']) this.angra.removeAttribute(namn);
    this.angra.type = 'button';
    this.angra.firstChild.data = 'Ångra';
    this.angra.addEventListener('click', () => this.taTillbaka());
    this.knapp.after(this.angra);
  }
}

function avviker(falt) {
  if (falt.options) return [...falt.options].some((val) => val.selected !== val.defaultSelected) && falt.value !== '';
  return falt.value !== falt.defaultValue;
}
