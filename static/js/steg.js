// On a phone one heading at a time: back, on, or by the list of all of them. Wide screens have them all at once, and so
// have those without scripts. What is not in sight is still in the form, and goes along with every button.
import { iHistoriken } from './formfalt.js';

const SMAL = matchMedia('(max-width: 39.99rem)');
const PREFIX = 'wis-steg:';

export function starta(rot = document) {
  for (const form of rot.querySelectorAll('form.skrivyta')) new Stegen(form).starta();
}

class Stegen {
  constructor(form) {
    this.form = form;
    this.steg = [...form.querySelectorAll('[data-steg]')];
    this.rad = form.querySelector('[data-stegrad]');
    this.lista = form.querySelector('[data-steglista]');
    this.val = form.querySelector('[data-steg-val]');
    this.forra = form.querySelector('[data-steg-forra]');
    this.nasta = form.querySelector('[data-steg-nasta]');
    this.nu = 0;
  }

  starta() {
    this.nu = this.forsta();
    this.forra.addEventListener('click', () => this.ga(this.nu - 1));
    this.nasta.addEventListener('click', () => this.ga(this.nu + 1));
    this.val.addEventListener('click', () => this.visaLista(!this.oppen()));
    this.lista.querySelector('[data-steg-stang]').addEventListener('click', () => this.visaLista(false));
    this.form.addEventListener('wis:stegklart', () => SMAL.matches && this.nu < this.steg.length - 1 && this.ga(this.nu + 1));
    document.addEventListener('click', (h) => this.klick(h));
    document.addEventListener('keydown', (h) => h.key === 'Escape' && this.oppen() && this.visaLista(false));
    addEventListener('popstate', () => this.bakat());
    this.form.addEventListener('focusin', (h) => SMAL.matches && this.visaFaltet(h.target));
    SMAL.addEventListener('change', () => this.vand());
    this.rita();
    if (SMAL.matches) this.minns('replaceState');
  }

  // --- where one is ---

  /** Where something must be mended or chosen; else where the address says, or where one was; else the first. */
  forsta() {
    const fel = this.steg.findIndex((ett) => ett.querySelector('.har-fel, [aria-invalid=true], [data-krock]'));
    if (fel >= 0) return fel;
    const adressens = this.plats(location.hash);
    if (adressens >= 0) return adressens;
    return Math.max(0, this.steg.findIndex((ett) => ett.id === this.sparat()));
  }

  /** The number of the step that an address within the page leads to, -1 if it leads to none. */
  plats(hash) {
    const mal = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    return mal ? this.steg.indexOf(mal.closest('[data-steg]')) : -1;
  }

  nyckel() {
    // Another one once a version has been published: then one begins from the beginning.
    return `${PREFIX}${this.form.dataset.utkastNyckel}:${this.form.dataset.senaste}`;
  }

  sparat() {
    try {
      return sessionStorage.getItem(this.nyckel());
    } catch {
      return null; // a browser that keeps nothing
    }
  }

  /** The place is kept with the page's history; what utkast.js keeps there stays true, of the text as it is now. */
  minns(hur) {
    const { id } = this.steg[this.nu];
    history[hur]({ ...iHistoriken(this.form), steg: id }, '', `#${id}`);
    try {
      sessionStorage.setItem(this.nyckel(), id);
    } catch (fel) {
      console.warn('Webbläsaren lagrar inget: efter en omladdning börjar stegen om.', fel);
    }
  }

  // --- moving ---

  ga(nr, mal = null) {
    this.visaLista(false, { tyst: true });
    this.nu = Math.max(0, Math.min(nr, this.steg.length - 1));
    // Pressing back leads to the step before this one, and not off the page.
    this.minns('pushState');
    this.rita();
    this.fokusera(mal);
  }

  bakat() {
    const nr = this.plats(history.state?.steg ? `#${history.state.steg}` : location.hash);
    if (!SMAL.matches) return;
    this.visaLista(false, { tyst: true });
    this.nu = Math.max(0, nr);
    this.minns('replaceState');
    this.rita();
    this.fokusera();
  }

  fokusera(mal) {
    const rubrik = this.steg[this.nu].querySelector('h2');
    (mal ?? rubrik).focus({ preventScroll: true });
    (mal ?? this.steg[this.nu]).scrollIntoView({ block: 'start' });
  }

  /** Links within the page: of the list, and of what must be mended. */
  klick(h) {
    if (!SMAL.matches || h.defaultPrevented || h.ctrlKey || h.metaKey) return;
    if (this.oppen() && !h.target.closest('[data-steglista], [data-steg-val]')) this.visaLista(false, { tyst: true });
    const hash = h.target.closest('a[href^="#"]')?.hash ?? '';
    const nr = this.plats(hash);
    if (nr < 0) return;
    h.preventDefault();
    const mal = document.getElementById(decodeURIComponent(hash.slice(1)));
    this.ga(nr, mal === this.steg[nr] ? null : mal);
  }

  /** The telephone was turned, or the window drawn out. */
  vand() {
    const i = this.steg.findIndex((ett) => ett.contains(document.activeElement));
    if (i >= 0) this.nu = i;
    this.visaLista(false, { tyst: true });
    this.rita();
    this.steg[this.nu].scrollIntoView({ block: 'start' });
  }

  /** What one writes in never lies under the row of buttons. */
  visaFaltet(falt) {
    const rad = falt.closest('.handlingar, [data-steglista]') ? null : this.rad.parentElement;
    if (!rad || getComputedStyle(rad).position !== 'sticky') return;
    const [ruta, kant] = [falt.getBoundingClientRect(), rad.getBoundingClientRect().top];
    if (ruta.bottom > kant && (ruta.height < kant - 60 || ruta.top > kant - 60)) falt.scrollIntoView({ block: 'nearest' });
  }

  // --- what is seen ---

  rita() {
    const smal = SMAL.matches;
    this.form.classList.toggle('i-steg', smal);
    this.rad.hidden = !smal;
    this.steg.forEach((ett, i) => {
      ett.hidden = smal && i !== this.nu;
      ett.querySelector('[data-stegord]').textContent = `Steg ${i + 1} av ${this.steg.length}: `;
    });
    for (const del of document.querySelectorAll('[data-steg-med]')) del.hidden = smal && del.dataset.stegMed !== this.steg[this.nu].id;
    this.val.querySelector('[data-steg-nummer]').textContent = this.nu + 1;
    this.forra.disabled = this.nu === 0;
    this.nasta.disabled = this.nu === this.steg.length - 1;
    for (const lank of this.lista.querySelectorAll('a')) {
      if (smal && lank.hash === `#${this.steg[this.nu].id}`) lank.setAttribute('aria-current', 'step');
      else lank.removeAttribute('aria-current');
    }
    // A field that grows with its text where the style sheet can't do it had no size while it was out of sight.
    for (const falt of smal ? this.steg[this.nu].querySelectorAll('textarea') : []) falt.dispatchEvent(new Event('input'));
  }

  oppen() {
    return this.lista.classList.contains('oppen');
  }

  visaLista(oppen, { tyst = false } = {}) {
    if (oppen === this.oppen()) return;
    this.lista.classList.toggle('oppen', oppen);
    this.val.setAttribute('aria-expanded', String(oppen));
    if (oppen) this.lista.querySelector('[aria-current]')?.focus();
    else if (!tyst) this.val.focus();
  }
}
