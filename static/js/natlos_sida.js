// On a kept page: what needs the network is closed, and says why; what is not kept is marked. The service worker puts
// this into the page, with the line that says how old it is.
import { kontakt } from './kontakt.js';
import { ladan, nyckel } from './natlos_lada.js';
import { enheten } from './sparlage.js';

const IGEN_MS = 5000;
const SKRIVS = 'form[data-utkast], form[data-kopia]';
const ruta = document.getElementById('natlos'); // holds how old it is, and stays in sight
const rot = document.documentElement;
const form = document.querySelector(SKRIVS);
const mer = document.createElement('aside');
mer.setAttribute('aria-label', 'Utan nät');
mer.className = 'natlos-mer';
ruta.after(mer);

function rad(text, id = '') {
  const p = document.createElement('p');
  p.textContent = text;
  if (id) p.id = id;
  mer.append(p);
  return p;
}

function sag(del, text, lank = '') {
  const a = document.createElement('a');
  a.href = location.href;
  a.textContent = lank;
  del.replaceChildren(text, ...(lank ? [' ', a] : []));
}

/** Logging out works: what is kept goes. What is being written is kept as before, and refused by its own script. */
function stang() {
  for (const del of document.querySelectorAll('form :is(button, input:not([type=hidden]), select, textarea)')) {
    if (del.form === form || del.form?.matches('[action="/logga-ut"]')) continue;
    del.disabled = true;
    del.setAttribute('aria-describedby', 'natlos-skal');
  }
  for (const del of document.querySelectorAll('form[data-last]')) del.hidden = true; // nobody is to be told that it was read
}

async function markera() {
  const { register = {} } = (await ladan()) ?? {};
  for (const lank of document.querySelectorAll('a[href]')) {
    if (!lank.protocol.startsWith('http')) continue; // to call somebody needs no network of ours
    const borta = lank.origin !== location.origin || (nyckel(lank.href) !== nyckel(location.href) && !(nyckel(lank.href) in register));
    if (!borta || lank.pathname === '/natlos') continue;
    lank.classList.add('ej-sparad');
    const ord = document.createElement('span');
    ord.className = 'dold';
    ord.textContent = ' (inte sparad)';
    lank.append(ord);
  }
}

const finns = () => fetch(location.href, { headers: { 'X-Live': '1' }, cache: 'no-cache' }).then(({ status }) => status < 500, () => false);

function lasa() {
  const skal = rad('Knappar och formulär är avstängda tills nätet är tillbaka.', 'natlos-skal');
  const vag = document.createElement('a');
  vag.href = '/natlos';
  vag.textContent = 'Vad som är sparat här';
  rad('').append(vag);
  let ur = 0;
  const ater = async () => {
    clearTimeout(ur);
    if (kontakt.borta) return;
    // The page itself is asked for first: one that can't be had, though the server answers, would come again and again.
    if (rot.dataset.sparad === 'borta' && (await finns())) return void location.reload();
    sag(skal, 'Servern svarar.', 'Hämta sidan igen');
    if (rot.dataset.sparad === 'borta') ur = setTimeout(ater, IGEN_MS);
  };
  kontakt.addEventListener('byte', ater);
  kontakt.prova().then((svarar) => svarar && ater());
}

function skriva() {
  const egen = form.matches('[data-utkast]');
  const skal = rad('', 'natlos-skal');
  const utan = `Du är utan nät: texten ligger i ${enheten()} och ${egen ? 'sparas' : 'kan publiceras'} när nätet är tillbaka.`;
  skal.textContent = utan;
  kontakt.addEventListener('byte', () => {
    if (kontakt.borta) return sag(skal, utan);
    delete rot.dataset.sparad; // it is written on as before
    return sag(skal, egen ? 'Nätet är tillbaka: texten sparas, och du kan publicera.' : 'Nätet är tillbaka: du kan publicera.');
  });
  kontakt.tappad();
}

for (const del of document.querySelectorAll('#meddelanden > *')) del.remove(); // said once, and not now
kontakt.starta();
if (form) skriva();
else lasa();
stang();
markera().catch((fel) => console.warn('natlos: links are not marked', fel));
