// Keeps what is typed in an underrättelse in this browser until it is published: on the server there is no draft of it.
// Without this script nothing is kept.
import { fyll, glom, kopior, minns, ritad, tidpunkt } from './kopior.js';

const EFTER_MS = 200;
const PREFIX = 'wis-kopia:';
const EJ_TEXT = new Set(['csrf_token', 'som_aktor', 'bas', 'nyckel', 'slag', 'rattelse', 'handling', 'visat', 'tillbaka',
  'visa_aktor', 'visa_roll', 'visa_person']);
const DOLDA = ['bas', 'nyckel', 'krets_pa'];

export function starta(rot = document) {
  // A page that shows what I have published says by which form: its copy has done its work.
  for (const klart of rot.querySelectorAll('[data-kopia-klart]')) {
    for (const [nyckel] of kopior(PREFIX)) if (nyckel.endsWith(`:${klart.dataset.kopiaKlart}`)) glom(nyckel);
  }
  for (const form of rot.querySelectorAll('form[data-kopia]')) new Kopia(form).starta();
}

class Kopia {
  constructor(form) {
    this.form = form;
    this.ruta = document.querySelector('[data-kopia-ruta]');
    this.ritad = this.text(ritad(form));
    // Of an answer to what was sent there is nothing to begin anew from.
    this.ursprung = 'kopiaNy' in form.dataset ? this.ritad : null;
    this.dolda = new Map(DOLDA.map((namn) => [namn, this.varde(namn)]));
    this.timer = 0;
    this.stoppad = false; // Logged out: nothing more is kept.
  }

  starta() {
    if (this.ursprung === null) this.taOver();
    // What was sent before this script came, or typed, is kept too.
    if (this.ursprung === null || this.text() !== this.ursprung) this.omEnStund();
    else this.aterstall();
    for (const slag of ['input', 'change']) this.form.addEventListener(slag, () => this.omEnStund());
    this.form.addEventListener('submit', () => this.kopiera());
    window.addEventListener('pagehide', () => this.timer && this.kopiera());
    document.addEventListener('visibilitychange', () => document.hidden && this.timer && this.kopiera());
    document.addEventListener('wis:loggar-ut', () => this.stoppa());
    window.addEventListener('storage', (h) => h.key === 'wis-utloggad' && this.stoppa());
    this.ruta?.querySelector('[data-kopia-slang]').addEventListener('click', () => this.slang());
  }

  varde(namn) {
    return this.form.elements.namedItem(namn)?.value ?? '';
  }

  text(data = new FormData(this.form)) {
    return new URLSearchParams([...data].filter(([namn]) => !EJ_TEXT.has(namn))).toString();
  }

  // One for each form, so that two tabs don't write over each other.
  nyckel() {
    return `${PREFIX}${this.form.dataset.kopia}:${this.varde('nyckel')}`;
  }

  omEnStund() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.kopiera(), EFTER_MS);
  }

  kopiera() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.stoppad) return;
    const text = this.text();
    if (text === this.ursprung) glom(this.nyckel());
    else minns(this.nyckel(), { tid: Date.now(), bas: this.varde('bas'), nyckel: this.varde('nyckel'), text });
  }

  stoppa() {
    this.stoppad = true;
    clearTimeout(this.timer);
  }

  mina() {
    return kopior(`${PREFIX}${this.form.dataset.kopia}:`);
  }

  /** The answer may have another key than what was sent: the copy follows, or it would come back once this is published. */
  taOver() {
    const lika = this.mina().filter(([nyckel, kopia]) => kopia.text === this.ritad && nyckel !== this.nyckel());
    for (const [nyckel] of lika) glom(nyckel);
    if (lika.length) this.kopiera();
  }

  /** With the key of the form it was typed in: what was published after all is not published twice. */
  aterstall() {
    const funnen = this.mina().find(([, kopia]) => kopia.text !== this.ursprung);
    if (!funnen || !this.ruta) return;
    const [, kopia] = funnen;
    fyll(this.form, kopia.text);
    for (const namn of ['bas', 'nyckel']) this.form.elements.namedItem(namn).value = kopia[namn];
    this.ruta.querySelector('[data-kopia-tid]').textContent = tidpunkt(kopia);
    this.ruta.hidden = false;
  }

  slang() {
    glom(this.nyckel());
    this.form.reset();
    for (const [namn, varde] of this.dolda) {
      const falt = this.form.elements.namedItem(namn);
      if (falt) falt.value = varde;
    }
    for (const falt of this.form.querySelectorAll('input[name=rubrik], textarea, select')) {
      falt.dispatchEvent(new Event('input', { bubbles: true }));
    }
    this.ruta.hidden = true;
    this.form.elements.namedItem('rubrik').focus();
  }
}
