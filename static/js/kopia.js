// Keeps what is typed in an underrättelse in this browser until it is published: on the server there is no draft of it.
// Without this script nothing is kept.
import { grund, ordfalt, sattGrund, skrivet } from './formfalt.js';
import { kontakt } from './kontakt.js';
import { fyll, glom, glomKlara, kopior, minns, ritad, tidpunkt } from './kopior.js';
import { ejSkickat, enheten, Sparlage } from './sparlage.js';
import { klockslag, nu } from './tid.js';

const INOM_MS = 150;
const PREFIX = 'wis-kopia:';

export function starta(rot = document) {
  glomKlara(PREFIX, 'kopiaKlart');
  for (const form of rot.querySelectorAll('form[data-kopia]')) new Kopia(form).starta();
}

class Kopia {
  constructor(form) {
    this.form = form;
    this.lage = new Sparlage(form);
    this.ruta = document.querySelector('[data-kopia-ruta]');
    this.ritad = this.text(ritad(form));
    // Of an answer to what was sent there is nothing to begin anew from.
    this.ursprung = 'kopiaNy' in form.dataset ? this.ritad : null;
    this.ritadGrund = grund(form);
    this.timer = 0;
    this.nar = ''; // when it was last kept; '' for nothing to keep
    this.enhetsfel = ''; // why not even this browser keeps it
    this.stoppad = false; // Logged out: nothing more is kept.
  }

  starta() {
    this.borja();
    for (const slag of ['input', 'change']) this.form.addEventListener(slag, () => this.omEnStund());
    this.form.addEventListener('submit', (h) => this.skickas(h));
    kontakt.addEventListener('byte', () => this.visa());
    kontakt.starta();
    window.addEventListener('pagehide', () => this.timer && this.kopiera());
    document.addEventListener('visibilitychange', () => document.hidden && this.timer && this.kopiera());
    document.addEventListener('wis:loggar-ut', (h) => this.timer && h.detail.vanta(this.kopiera()));
    document.addEventListener('wis:utloggad', () => this.stoppa());
    window.addEventListener('storage', (h) => h.key === 'wis-utloggad' && this.stoppa());
    this.ruta?.querySelector('[data-kopia-slang]').addEventListener('click', () => this.slang());
  }

  async borja() {
    if (this.ursprung === null) await this.taOver();
    // What was sent before this script came, or typed, is kept too.
    if (this.ursprung === null || this.text() !== this.ursprung) this.omEnStund();
    else await this.aterstall();
  }

  text(data) {
    return skrivet(this.form, data);
  }

  // One for each form, so that two tabs don't write over each other.
  nyckel() {
    return `${PREFIX}${this.form.dataset.kopia}:${this.form.elements.namedItem('nyckel').value}`;
  }

  omEnStund() {
    this.timer ||= setTimeout(() => this.kopiera(), INOM_MS);
  }

  async kopiera() {
    clearTimeout(this.timer);
    this.timer = 0;
    const text = this.text();
    this.nar = text === this.ursprung ? '' : klockslag(nu());
    if (this.stoppad) this.enhetsfel = 'den lagras inte här efter utloggning';
    else if (!this.nar) glom(this.nyckel());
    else this.enhetsfel = await minns(this.nyckel(), { tid: Date.now(), text, ord: ordfalt(this.form), grund: grund(this.form) });
    this.visa();
  }

  stoppa() {
    this.stoppad = true;
    clearTimeout(this.timer);
    this.timer = 0;
    glom(this.nyckel());
    if (this.nar) this.kopiera();
  }

  /** Into a dead connection nothing is sent: the page, with all that is in it, would be gone. */
  async skickas(handelse) {
    this.kopiera();
    if (!kontakt.borta) return;
    handelse.preventDefault();
    const knapp = handelse.submitter;
    if (await kontakt.nas()) this.form.requestSubmit(knapp);
    else this.lage.oroa(ejSkickat(knapp));
  }

  /** On the server there is no draft of it: that it is only here is no fault. */
  visa() {
    const har = `Endast i den här ${enheten()}`;
    if (this.nar && (this.enhetsfel || kontakt.borta)) {
      const vad = kontakt.borta ? 'Ingen kontakt med servern' : 'Texten är inte publicerad';
      this.lage.endast({ vad, gor: 'Skriv vidare, och publicera när kontakten är tillbaka.' }, this.enhetsfel);
    } else if (kontakt.borta) {
      this.lage.utanKontakt();
    } else {
      this.lage.sparat(this.nar && `${har} ${this.nar}. Inte publicerat.`);
    }
  }

  mina() {
    return kopior(`${PREFIX}${this.form.dataset.kopia}:`);
  }

  /** The answer may have another key than what was sent: the copy follows, or it would come back once this is published. */
  async taOver() {
    const lika = (await this.mina()).filter(([nyckel, kopia]) => kopia.text === this.ritad && nyckel !== this.nyckel());
    for (const [nyckel] of lika) glom(nyckel);
    if (lika.length) this.kopiera();
  }

  /** With the key of the form it was typed in: what was published after all is not published twice. */
  async aterstall() {
    const funnen = (await this.mina()).find(([, kopia]) => kopia.text !== this.ursprung);
    if (!funnen || !this.ruta || this.text() !== this.ursprung) return; // somebody types already
    const [, kopia] = funnen;
    fyll(this.form, kopia.text, kopia.ord);
    sattGrund(this.form, kopia.grund, 'text');
    this.ruta.querySelector('[data-enhet]').textContent = enheten();
    this.ruta.querySelector('[data-kopia-tid]').textContent = tidpunkt(kopia);
    this.ruta.hidden = false;
  }

  slang() {
    glom(this.nyckel());
    this.form.reset();
    sattGrund(this.form, this.ritadGrund, 'text');
    for (const falt of this.form.querySelectorAll('input[name=rubrik], textarea, select')) {
      falt.dispatchEvent(new Event('input', { bubbles: true }));
    }
    this.ruta.hidden = true;
    this.form.elements.namedItem('rubrik').focus();
  }
}
