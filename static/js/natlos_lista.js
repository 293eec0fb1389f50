// The list of what is kept in this browser, and the button that throws it away. It is also shown in place of a page that
// is not kept when the network is gone.
import { kontakt } from './kontakt.js';
import { ladan, taBortAllt } from './natlos_lada.js';
import { alder, klockslag } from './tid.js';

const EGEN = '/natlos';
const IGEN_MS = 5000;

function rad(adress, { tid, titel }) {
  const li = document.createElement('li');
  const lank = document.createElement('a');
  lank.href = adress;
  // The title as HTML writes it, made text again without being read as HTML.
  lank.textContent = titel.replace(/&(amp|lt|gt|quot|#39|#34);/g, (_, namn) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#34': '"', '#39': "'" })[namn]);
  const nar = document.createElement('p');
  nar.className = 'meta';
  nar.textContent = `Sparad ${klockslag(tid)}, ${alder(tid, Date.now())}`;
  li.append(lank, nar);
  return li;
}

async function rita(rot) {
  const { register = {} } = (await ladan()) ?? {};
  const rader = Object.entries(register).sort((a, b) => b[1].tid - a[1].tid);
  rot.querySelector('[data-natlos-rader]').replaceChildren(...rader.map(([adress, en]) => rad(adress, en)));
  rot.querySelector('[data-natlos-tomt]').hidden = rader.length > 0;
  rot.querySelector('[data-natlos-bort]').hidden = rader.length === 0;
}

export async function starta() {
  const rot = document.querySelector('[data-natlos-lista]');
  const borttaget = rot.querySelector('[data-natlos-borttaget]');
  rot.querySelector('[data-natlos-bort]').addEventListener('click', async () => {
    await taBortAllt();
    await rita(rot);
    borttaget.textContent = 'Allt som var sparat här är borttaget.';
    borttaget.focus();
  });
  const ut = !document.querySelector('[data-natlos-ut]').hidden; // a logout waits: the service worker has said so
  if (ut || location.pathname !== EGEN) {
    document.querySelector('[data-natlos-saknas]').hidden = ut;
    const igen = () => kontakt.borta || (ut ? location.replace('/logga-in') : location.reload());
    kontakt.starta();
    kontakt.addEventListener('byte', igen);
    if (ut) setInterval(igen, IGEN_MS); // it may answer and yet not have let go
  }
  await rita(rot);
}
