// Whoever logs out leaves no text behind in this browser, in any tab; and what only this browser has is not lost without
// a question. What has not reached the server is saved first.
import { glom, kopior } from './kopior.js';
import { minnsUtloggning, taBortAllt } from './natlos_lada.js';
import { enheten } from './sparlage.js';

const SPARAR_HOGST_MS = 4000;
const SLAG = [['wis-utkast:', 'lägesbild', 'lägesbilder'], ['wis-kopia:', 'underrättelse', 'underrättelser']];
let pagar = false;

/** Log out by this form; nothing happens if the person takes it back. */
export async function loggaUt(form) {
  if (pagar) return;
  pagar = true;
  try {
    await sparaSidan();
    await Promise.all((await mina(SLAG[0][0])).map((en) => sparaKopian(form, ...en)));
    const kvar = await Promise.all(SLAG.map(async ([borjan, ...ord]) => [(await mina(borjan)).length, ...ord]));
    if (kvar.some(([antal]) => antal) && !(await fraga(kvar))) return;
    await stada(form.elements.namedItem('csrf_token').value);
    form.submit(); // not as a person does: this question is answered
  } finally {
    pagar = false;
  }
}

function mina(borjan) {
  // A page for one who has no role any more doesn't say who it is.
  const jag = document.body.dataset.inloggad;
  return kopior(jag ? `${borjan}${jag}:` : borjan);
}

/** What is written on this page saves itself. */
async function sparaSidan() {
  const loften = [];
  document.dispatchEvent(new CustomEvent('wis:loggar-ut', { detail: { vanta: (lofte) => loften.push(lofte) } }));
  await Promise.race([Promise.allSettled(loften), new Promise((klar) => setTimeout(klar, SPARAR_HOGST_MS))]);
}

/** What another page left behind, or is writing. One that follows upon nothing the server has is refused, and asked about. */
async function sparaKopian(form, nyckel, kopia) {
  if (!kopia.adress) return;
  const kropp = new URLSearchParams(kopia.text);
  const token = form.elements.namedItem('csrf_token').value;
  for (const [namn, varde] of Object.entries(kopia.grund)) kropp.set(namn, varde);
  kropp.set('csrf_token', token);
  try {
    const svar = await fetch(kopia.adress, {
      method: 'POST', body: kropp, credentials: 'same-origin', signal: AbortSignal.timeout(SPARAR_HOGST_MS),
      headers: { Accept: 'application/json', 'X-CSRFToken': token },
    });
    if (svar.ok) await glom(nyckel);
  } catch (fel) {
    console.warn('utloggning: a text could not be saved', fel);
  }
}

async function stada(token) {
  for (const [borjan] of SLAG) for (const [nyckel] of await mina(borjan)) await glom(nyckel);
  document.dispatchEvent(new CustomEvent('wis:utloggad'));
  // The worker does both too.
  await minnsUtloggning(token).catch((fel) => console.warn('utloggning: not remembered', fel));
  await taBortAllt().catch((fel) => console.warn('utloggning: pages are kept', fel));
  try {
    localStorage.setItem('wis-utloggad', Date.now()); // other tabs hear of it
  } catch (fel) {
    console.warn('utloggning: no storage', fel);
  }
}

function fraga(kvar) {
  const vad = kvar.filter(([antal]) => antal).map(([antal, en, flera]) => (antal === 1 ? `en ${en}` : `${antal} ${flera}`));
  const ruta = document.createElement('dialog');
  ruta.className = 'ruta ruta-varning';
  ruta.setAttribute('aria-labelledby', 'utloggning-rubrik');
  const rubrik = ett('h2', `Text som finns endast i den här ${enheten()} försvinner`);
  rubrik.id = 'utloggning-rubrik';
  const rad = ett('div');
  rad.className = 'knapprad';
  rad.append(knapp('Avbryt', 'knapp', ''), knapp('Logga ut ändå', 'knapp knapp-fara', 'ut'));
  ruta.append(rubrik, ett('p', `Det gäller ${vad.join(' och ')} som inte är sparad på servern. Avbryt, och öppna sidan där du skrev, om du vill ha kvar texten.`), rad);
  document.body.append(ruta);
  return new Promise((klar) => {
    ruta.addEventListener('close', () => {
      ruta.remove();
      klar(ruta.returnValue === 'ut');
    });
    ruta.showModal();
    rad.firstElementChild.focus();
  });

  function knapp(text, klass, varde) {
    const en = ett('button', text);
    en.type = 'button';
    en.className = klass;
    en.addEventListener('click', () => ruta.close(varde));
    return en;
  }
}

function ett(slag, text = '') {
  const element = document.createElement(slag);
  element.textContent = text;
  return element;
}
