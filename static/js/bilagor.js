// Sends each file as it is chosen or dropped, one at a time, and says how it goes. Without scripts 'Bifoga' does the same.
import { sidan } from './betrodd.js';

const SIG_VAR_MS = 1500;

/** Start on the attachments of the page's form; to be called again does no harm. */
export function starta() {
  for (const del of document.querySelectorAll('[data-bilagor]:not([data-startad])')) {
    del.dataset.startad = '';
    new Bilagor(del).starta();
  }
}

class Bilagor {
  constructor(del) {
    this.del = del;
    this.form = del.closest('form');
    this.falt = del.querySelector('input[type=file]');
    this.lista = del.querySelector('[data-bilagelista]');
    this.status = del.querySelector('[data-bilagestatus]');
    this.ko = [];
    this.pagar = null;
    this.klara = [];
    this.fel = [];
    this.sagt = 0;
  }

  starta() {
    // From here on a file is sent by itself: neither its name nor its bytes go along with the text.
    this.falt.removeAttribute('name');
    this.del.querySelector('[data-bilageknapp]').parentElement.hidden = true;
    this.falt.addEventListener('change', () => {
      this.ta([...this.falt.files]);
      this.falt.value = '';
    });
    this.slappHar(this.del.querySelector('[data-bilageslapp]'));
    this.form.addEventListener('submit', (handelse) => this.vantaIn(handelse), { capture: true });
  }

  slappHar(yta) {
    const medFiler = (handelse) => [...handelse.dataTransfer?.types ?? []].includes('Files');
    for (const namn of ['dragenter', 'dragover']) {
      yta.addEventListener(namn, (handelse) => {
        if (!medFiler(handelse)) return;
        handelse.preventDefault();
        yta.classList.add('slapp-har');
      });
    }
    yta.addEventListener('dragleave', () => yta.classList.remove('slapp-har'));
    yta.addEventListener('drop', (handelse) => {
      yta.classList.remove('slapp-har');
      if (!medFiler(handelse)) return;
      handelse.preventDefault();
      this.ta([...handelse.dataTransfer.files]);
    });
  }

  ta(filer) {
    if (!filer.length) return;
    if (!this.pagar) {
      this.klara = [];
      this.fel = [];
    }
    this.ko.push(...filer);
    this.nasta();
  }

  /** What is not sent yet would be left out of what is published: say so, and let the person press again. */
  vantaIn(handelse) {
    if (!this.pagar) return;
    handelse.preventDefault();
    handelse.stopImmediatePropagation();
    this.sag(`${this.pagar.name} laddas fortfarande upp. Vänta tills den är klar och tryck sedan igen.`, 'fel');
    this.status.scrollIntoView({ block: 'center' });
  }

  nasta() {
    if (this.pagar) return;
    this.pagar = this.ko.shift() ?? null;
    if (!this.pagar) return;
    const fil = this.pagar;
    const hogst = Number(this.del.dataset.bilagorByte);
    if (fil.size > hogst) {
      this.avsluta(`${fil.name}: Filen är större än ${Math.floor(hogst / 1e6)} MB. Spara bilden i mindre storlek, eller dela PDF-filen i flera.`);
    } else {
      this.sand(fil);
    }
  }

  sand(fil) {
    const kropp = new FormData();
    for (const namn of ['csrf_token', 'som_aktor']) kropp.append(namn, this.form.elements.namedItem(namn).value);
    kropp.append('fil', fil);
    const fraga = new XMLHttpRequest();
    fraga.open('POST', this.del.dataset.bilagor);
    fraga.setRequestHeader('Accept', 'application/json');
    fraga.setRequestHeader('X-CSRFToken', this.form.elements.namedItem('csrf_token').value);
    fraga.upload.addEventListener('progress', (handelse) => this.framsteg(fil, handelse));
    fraga.addEventListener('load', () => this.besvarad(fil, fraga));
    fraga.addEventListener('error', () => this.avsluta(`${fil.name}: ingen kontakt med servern. Den är inte bifogad. Välj den igen när du har kontakt.`));
    this.sag(`Laddar upp ${fil.name} …`);
    fraga.send(kropp);
  }

  /** Now and then: a reader of screens must not be drowned. */
  framsteg(fil, { lengthComputable, loaded, total }) {
    if (!lengthComputable || Date.now() - this.sagt < SIG_VAR_MS) return;
    const procent = Math.floor((100 * loaded) / total);
    this.sag(procent < 100 ? `Laddar upp ${fil.name}: ${procent} %` : `${fil.name} är uppladdad och kontrolleras …`);
  }

  besvarad(fil, fraga) {
    let svar = {};
    try {
      svar = JSON.parse(fraga.responseText);
    } catch (fel) {
      console.warn('bilagor: the answer is no JSON', fel);
    }
    if (svar.lista !== undefined) this.rita(svar.lista);
    if (fraga.status === 200 && !svar.fel) {
      this.klara.push(svar.meddelande);
      this.avsluta();
    } else {
      const skal = [svar.fel, svar.forklaring, svar.gor].filter(Boolean).join(' ');
      this.avsluta(skal || `${fil.name}: servern tog inte emot filen. Den är inte bifogad. Försök igen om en stund.`);
    }
  }

  avsluta(fel = '') {
    if (fel) this.fel.push(fel);
    this.pagar = null;
    if (this.ko.length) {
      this.nasta();
    } else {
      this.sag([...this.fel, ...this.klara].join(' '), this.fel.length ? 'fel' : 'sparat');
    }
  }

  /** The list as the server draws it, with what has been typed in it since. */
  rita(html) {
    const skrivet = new Map([...this.lista.querySelectorAll('input')].map((falt) => [falt.name, falt.value]));
    const vald = document.activeElement?.id;
    const ny = document.createElement('div');
    ny.append(...sidan(html).body.childNodes);
    for (const falt of ny.querySelectorAll('input')) falt.value = skrivet.get(falt.name) ?? falt.value;
    this.lista.replaceChildren(...ny.childNodes);
    if (vald && document.activeElement === document.body) document.getElementById(vald)?.focus();
  }

  sag(text, lage = '') {
    this.sagt = Date.now();
    this.status.textContent = text;
    this.status.dataset.lage = lage;
  }
}
