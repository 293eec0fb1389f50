// Who writes in which heading: says where this page is, and shows where others are. It is information, and no lock: nothing
// waits for it, and nothing is lost without it. Each answer also tells whether the server is there: 'wis:narvaro-svar'
// (detail: { status }) and 'wis:narvaro-tyst', for whoever wants to know.

const SLAG_MS = 10000; // says that it is here; what has been silent for 15 s is taken for gone
const FLYTT_MS = 300; // somebody who tabs through the headings is in none of them
const HORT_MS = 700; // many who move at once are asked for together
const SVAR_HOGST_MS = 8000;
const FEL = 500;
const LAMNAD = 'lämnad';
const SLUTAR = new Set([403, 404, 405]); // may no longer write it

class Narvaro {
  constructor(rad) {
    this.rad = rad;
    this.namn = JSON.parse(rad.dataset.narvaroNamn);
    this.form = document.querySelector('form[data-utkast]');
    this.flik = nyckel();
    this.avsnitt = '';
    this.lagesbild = this.form?.dataset.lagesbild ?? '';
    this.vantar = 0; // the clock of the next question
    this.nar = Infinity; // and when it rings
    this.pagar = null;
    this.fragatNyss = 0;
    this.stoppad = false;
  }

  starta() {
    if (!this.form) return;
    this.form.addEventListener('focusin', (h) => this.flyttad(h.target));
    document.addEventListener('wis:andring', (h) => this.hort(h.detail));
    document.addEventListener('visibilitychange', () => this.synlig());
    window.addEventListener('online', () => this.fraga(0));
    window.addEventListener('pagehide', () => this.lamna());
    window.addEventListener('pageshow', (h) => h.persisted && this.fraga(0));
    this.avsnitt = this.avsnittFor(document.activeElement);
    this.fraga(0);
  }

  /** The key of the heading that the field stands under; '' for one that is under none. */
  avsnittFor(falt) {
    const omrade = falt?.closest?.('[data-avsnitt]') ?? falt?.closest?.('[data-steg]')?.querySelector('[data-avsnitt]');
    const egen = omrade?.dataset.avsnitt ?? (falt?.name ?? '').split('-rad-')[0];
    return egen in this.namn ? egen : '';
  }

  flyttad(falt) {
    const ny = this.avsnittFor(falt);
    if (ny === this.avsnitt || !ny) return; // on a button one is still where one wrote last
    this.avsnitt = ny;
    this.fraga(FLYTT_MS, true);
  }

  hort(andring) {
    if (andring?.slag !== 'narvaro' || String(andring.id) !== String(this.lagesbild)) return;
    this.fraga(Math.max(0, this.fragatNyss + HORT_MS - Date.now()));
  }

  synlig() {
    if (!document.hidden) this.fraga(0);
  }

  // --- the server ---

  /** Ask within so long, or as soon as what is under way has been answered; `om`: and not before. */
  fraga(ms, om = false) {
    const nar = Date.now() + ms;
    if (this.stoppad || (nar >= this.nar && !om)) return;
    clearTimeout(this.vantar);
    this.nar = nar;
    this.vantar = setTimeout(() => this.ring(), ms);
  }

  ring() {
    this.nar = Infinity;
    if (this.stoppad || document.hidden) return;
    // One at a time: two could overtake each other, and the older one stand.
    if (this.pagar) this.fraga(FLYTT_MS);
    else this.sand();
  }

  async sand() {
    const denna = new AbortController();
    const tidsgrans = setTimeout(() => denna.abort(new Error('inget svar')), SVAR_HOGST_MS);
    this.pagar = denna;
    this.fragatNyss = Date.now();
    try {
      await this.besvarad(await fetch(this.rad.dataset.narvaro, this.anrop({}, denna.signal)));
    } catch (fel) {
      if (denna.signal.reason !== LAMNAD) {
        console.warn('Vilka som skriver gick inte att fråga om; det frågas om igen om en stund.', fel);
        beratta('tyst');
      }
    }
    clearTimeout(tidsgrans);
    this.pagar = null;
    if (this.nar === Infinity) this.fraga(SLAG_MS);
  }

  anrop(mer, signal) {
    const falt = (namn) => this.form.elements.namedItem(namn)?.value ?? '';
    const kropp = { flik: this.flik, avsnitt: this.avsnitt, som_aktor: falt('som_aktor'), ...mer };
    return {
      method: 'POST',
      body: new URLSearchParams(kropp),
      credentials: 'same-origin',
      // By itself: a page that lies open does not keep its login alive.
      headers: { Accept: 'application/json', 'X-CSRFToken': falt('csrf_token'), 'X-Narvaro': '1' },
      signal,
    };
  }

  async besvarad(svar) {
    const besked = svar.ok ? await svar.json() : null;
    beratta(svar.status >= FEL ? 'tyst' : 'svar', { status: svar.status });
    if (besked) {
      this.lagesbild = besked.lagesbild ?? '';
      this.visa(besked);
    } else if (svar.status < FEL) {
      // Logged out, or acting for another actor: perhaps for a while. What is not known is not shown.
      this.visa({ andra: [], egna: [] });
      this.stoppad = SLUTAR.has(svar.status);
    }
  }

  lamna() {
    clearTimeout(this.vantar);
    this.nar = Infinity;
    this.pagar?.abort(LAMNAD); // it must not come after the good-bye
    if (this.stoppad) return;
    // If it is lost, the silence says it a little later.
    fetch(this.rad.dataset.narvaro, { ...this.anrop({ lamnar: '1' }), keepalive: true }).catch(() => null);
  }

  // --- the page ---

  visa({ andra, egna }) {
    const rader = [];
    if (andra.length) rader.push(ett('p', `Skriver nu: ${andra.map((en) => en.vem + this.i(en, ' i ')).join(', ')}`, '✎'));
    if (egna.length) rader.push(ett('p', `Du har sidan öppen i en annan flik eller enhet${this.i(egna[0], ', i ')}`));
    stilla(() => {
      // Read aloud when it says something else, and not at every beat.
      const text = rader.map((rad) => rad.textContent).join('');
      if (this.rad.textContent.trim() !== text) this.rad.replaceChildren(...rader);
      this.marka(andra);
    });
  }

  i(en, ord) {
    return en.avsnitt in this.namn ? ord + this.namn[en.avsnitt] : '';
  }

  /** Beside each heading: who writes there. */
  marka(andra) {
    const per = new Map();
    for (const en of andra) {
      const plats = this.platsFor(en.avsnitt);
      if (plats) per.set(plats, [...(per.get(plats) ?? []), en.vem]);
    }
    for (const gammal of this.form.querySelectorAll('[data-skriver-har]')) if (!per.has(gammal.parentElement)) gammal.remove();
    for (const [plats, namn] of per) {
      const text = `${namn.join(', ')} skriver här`;
      const finns = plats.querySelector(':scope > [data-skriver-har]');
      if (finns?.textContent === `✎ ${text}`) continue;
      finns?.remove();
      const marke = ett('p', text, '✎');
      marke.className = 'skriver-har';
      marke.dataset.skriverHar = '';
      plats.prepend(marke);
    }
  }

  platsFor(avsnitt) {
    if (!(avsnitt in this.namn)) return null;
    const falt = this.form.elements.namedItem(avsnitt) ?? this.form.elements.namedItem(`${avsnitt}-rad-0-0`);
    const ensamt = falt instanceof RadioNodeList ? falt[0] : falt;
    return this.form.querySelector(`[data-avsnitt="${CSS.escape(avsnitt)}"]`) ?? ensamt?.closest('.falt') ?? null;
  }
}

/** An element with words, and perhaps a sign before them that is not read aloud. */
function ett(slag, text, tecken = '') {
  const element = document.createElement(slag);
  element.textContent = text;
  if (!tecken) return element;
  const tecknet = document.createElement('span');
  tecknet.setAttribute('aria-hidden', 'true');
  tecknet.textContent = tecken;
  element.prepend(tecknet, ' ');
  return element;
}

/** Change the page, and hold what somebody is writing where it is. */
function stilla(gor) {
  const falt = document.activeElement?.closest('form') ? document.activeElement : null;
  const fore = falt?.getBoundingClientRect().top;
  gor();
  const flyttad = falt ? falt.getBoundingClientRect().top - fore : 0;
  if (flyttad) window.scrollBy({ top: flyttad, behavior: 'instant' });
}

function nyckel() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((tal) => tal.toString(16).padStart(2, '0')).join('');
}

function beratta(vad, detail = {}) {
  document.dispatchEvent(new CustomEvent(`wis:narvaro-${vad}`, { detail }));
}

export function starta() {
  const rad = document.querySelector('[data-narvaro]');
  if (rad) new Narvaro(rad).starta();
}
