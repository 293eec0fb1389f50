// Whether the server can be reached from a page where somebody writes: asked so often, and waited for so briefly, that a
// dead connection is seen within five seconds. Every answer of any kind is a sign of life.
const ADRESS = '/halsa/live';
const TAKT_MS = 2600;
const SVAR_HOGST_MS = 1700;
const SENAST_MS = 8000; // a network as slow as that is of no use
const BORTA_MS = 3000; // when it is gone: it is to be seen soon that it is back
const TRASIG = 500; // a proxy answers so for a server that is not there

class Kontakt extends EventTarget {
  borta = false;
  #startad = false;
  #ur = 0;
  #provar = null;
  #senaste = null; // the last answer, which may still come
  #talamod = SVAR_HOGST_MS;

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

  /** What stands here came without the server. */
  tappad() {
    this.#stall(true);
    this.prova();
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

  /** Whether it answers at all, however late: a slow network must not keep anybody from publishing. */
  async nas() {
    if (await this.prova()) return true;
    return Promise.race([this.#senaste, new Promise((klar) => setTimeout(klar, SENAST_MS, false))]);
  }

  async #fraga() {
    const borjan = performance.now();
    const svar = fetch(ADRESS, { cache: 'no-store', credentials: 'omit', priority: 'high', signal: AbortSignal.timeout(SENAST_MS) })
      .then(({ status }) => status < TRASIG, () => false);
    this.#senaste = svar;
    svar.then((lever) => {
      // Late is better than never: there is contact, and the next answer is waited for as long.
      if (lever) this.#talamod = Math.min(SENAST_MS, Math.max(SVAR_HOGST_MS, 2 * (performance.now() - borjan)));
      if (lever || svar === this.#senaste) this.#stall(!lever);
    });
    const iTid = await Promise.race([svar, new Promise((klar) => setTimeout(klar, this.#talamod, false))]);
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
