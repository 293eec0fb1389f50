// Whether the server can be reached from a page where somebody writes: asked so often, and waited for so briefly, that a
// dead connection is seen within five seconds. Every answer of any kind is a sign of life.
const ADRESS = '/halsa/live';
const TAKT_MS = 2600;
const SVAR_HOGST_MS = 1700;
const BORTA_MS = 2000; // when it is gone: it is to be seen soon that it is back
const TRASIG = 500; // a proxy answers so for a server that is not there

class Kontakt extends EventTarget {
  borta = false;
  #startad = false;
  #ur = 0;
  #provar = null;
  #avbryt = null;

  starta() {
    if (this.#startad) return;
    this.#startad = true;
    addEventListener('online', () => this.prova());
    addEventListener('offline', () => this.#stall(true));
    addEventListener('pageshow', (handelse) => handelse.persisted && this.prova());
    document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(this.#ur) : this.prova()));
    document.addEventListener('wis:narvaro-svar', () => this.horde());
    document.addEventListener('wis:narvaro-tyst', () => this.prova());
    if (navigator.onLine === false) this.#stall(true);
    this.#planera();
  }

  /** The server has just answered something else. */
  horde() {
    this.#stall(false);
    this.#planera();
  }

  /** Ask now; whether it answers in time. */
  prova() {
    clearTimeout(this.#ur);
    this.#provar ??= this.#fraga().finally(() => {
      this.#provar = null;
    });
    return this.#provar;
  }

  async #fraga() {
    const borjan = performance.now();
    this.#avbryt?.abort(); // it has had its time
    const avbryt = new AbortController();
    this.#avbryt = avbryt;
    const svar = fetch(ADRESS, { cache: 'no-store', credentials: 'omit', priority: 'high', signal: avbryt.signal })
      .then(({ status }) => status < TRASIG, () => false);
    // Late is better than never: what answers after its time says that there is contact.
    svar.then((lever) => { if (avbryt === this.#avbryt) this.#stall(!lever); });
    const iTid = await Promise.race([svar, new Promise((klar) => setTimeout(klar, SVAR_HOGST_MS, false))]);
    if (!iTid) this.#stall(true);
    this.#planera(performance.now() - borjan);
    return iTid;
  }

  #planera(gangna = 0) {
    clearTimeout(this.#ur);
    if (document.hidden) return;
    const takt = this.borta ? BORTA_MS : TAKT_MS;
    this.#ur = setTimeout(() => this.prova(), Math.max(0, takt - gangna));
  }

  #stall(borta) {
    if (borta === this.borta) return;
    this.borta = borta;
    this.dispatchEvent(new Event('byte'));
  }
}

export const kontakt = new Kontakt();
