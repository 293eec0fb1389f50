// Where the text is, in words: 'Sparas …', 'Sparat 16:56', 'Endast i den här telefonen', 'Ej sparat'. It stands in one
// place, and is read aloud only when it says something that the person must know.
const LAS_UPP_MS = 60000; // that all is well, at most so often
const STORSTA_TELEFON = 600; // CSS pixels, the shorter side

export const INGEN_KONTAKT = {
  vad: 'Ingen kontakt med servern',
  gor: 'Skriv vidare: texten sparas av sig själv när kontakten är tillbaka.',
};

/** 'telefonen', 'surfplattan' or 'datorn', by what one points with. */
export function enheten() {
  if (!matchMedia('(pointer: coarse)').matches) return 'datorn';
  return Math.min(screen.width, screen.height) < STORSTA_TELEFON ? 'telefonen' : 'surfplattan';
}

/** What is said to who presses a button without contact. */
export function ejSkickat(knapp) {
  const namn = knapp?.innerText.trim() || 'knappen';
  return `Inte skickat: ingen kontakt med servern. Texten är kvar. Tryck på ${namn} igen när kontakten är tillbaka.`;
}

export class Sparlage {
  #rad;
  #upplast = document.createElement('span');
  #ur = 0;
  #sagt = -Infinity; // when it was last read aloud that all is well
  #oro = false; // what was last read aloud was a worry

  constructor(form) {
    this.#rad = form.querySelector('[data-sparstatus]') ?? nyRad(form);
    this.ritad = this.#rad.textContent.trim(); // as the server drew it
    // What is seen changes with every pause; what is read aloud stands apart.
    this.#rad.removeAttribute('role');
    this.#upplast.className = 'dold';
    this.#upplast.setAttribute('role', 'status');
    this.#rad.after(this.#upplast);
  }

  sparas() {
    this.#visa('Sparas …', 'pagar');
  }

  /** `ord`: 'Sparat 16:56', or '' for a page on which nothing has been saved. */
  sparat(ord, lage = 'sparat') {
    if (!this.#visa(ord, ord ? lage : '')) return;
    if (ord && (this.#oro || performance.now() - this.#sagt > LAS_UPP_MS)) this.#las(ord, true);
  }

  /** All is saved, but nothing more would be. */
  utanKontakt() {
    const text = `${INGEN_KONTAKT.vad}. Det du skriver nu finns endast i den här ${enheten()} tills kontakten är tillbaka.`;
    this.oroa(text);
  }

  /** `skal`: { vad, gor, lank }. `enhetsfel`: why not even this device keeps it; '' if it does. */
  endast({ vad, gor = '', lank }, enhetsfel = '') {
    if (enhetsfel) {
      this.oroa(`Ej sparat. ${vad}, och ${enhetsfel}. Stäng inte sidan: kopiera texten till ett annat program.`, lank);
    } else {
      this.oroa(`Endast i den här ${enheten()}. ${vad}. ${gor}`.trim(), lank);
    }
  }

  /** What the person must know, in red. */
  oroa(text, lank) {
    if (!this.#visa(text, 'fel', lank)) return;
    this.#las(text, false);
  }

  #visa(text, lage, lank) {
    this.#rad.dataset.lage = lage;
    const hela = lank ? `${text} ${lank.text}` : text;
    if (this.#rad.textContent === hela) return false;
    this.#rad.replaceChildren(text, ...(lank ? [' ', somLank(lank)] : []));
    clearTimeout(this.#ur);
    this.#upplast.textContent = ''; // or one who reads the page through would meet it twice
    return true;
  }

  /** In a while: what passes in a moment, as between two words, is not worth an interruption. */
  #las(text, lugnt) {
    this.#ur = setTimeout(() => {
      this.#oro = !lugnt;
      if (lugnt) this.#sagt = performance.now();
      this.#upplast.textContent = text;
    }, 500);
  }
}

function nyRad(form) {
  const rad = document.createElement('p');
  rad.className = 'sparstatus';
  rad.dataset.sparstatus = '';
  (form.querySelector('.handlingar') ?? form).append(rad);
  return rad;
}

function somLank({ href, text }) {
  const lank = document.createElement('a');
  lank.href = href;
  lank.textContent = text;
  return lank;
}
