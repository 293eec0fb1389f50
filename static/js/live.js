// The live page: told by ids that something changed, it fetches itself again through the ordinary, authorised address.
// A page with nothing live in it is left alone, unless something is being written there: then it is only asked whether
// it may still be read, and which version is the latest. So an error stands as it was given, and so does a page that has no address of its own.
import { sidan } from './betrodd.js';
import { byt } from './byt.js';
import { klockslag, nu } from './tid.js';

const POLL_KORTAST = 15000;
const POLL_LANGST = 60000;
const VANTAR_KORTAST = 5000;
const VANTAR_LANGST = 30000;
const HAMTA_HOGST = 15000;
const SPRIDNING = 150; // so that all who are told at once don't ask at once
const TALAMOD = 1500; // a break shorter than this is not worth a word
const ORD = { lagesbild: 'ny lägesbild', underrattelse: 'ny underrättelse', handelse: 'händelsen är ändrad' };

let socket = null;
let stoppad = false;
let hamtar = null;
let igen = false;
let hamtad = nu();
let polltid = POLL_KORTAST;
let pollare = 0;
let tystnad = 0;
let sedan = null;
let besked = null;
let slag = new Set();
let anslutenForut = false;
let bevakare = 0;
let bevakningstid = VANTAR_KORTAST;

const levande = () => document.querySelector('[data-live]') !== null;
const skrivs = () => document.querySelector('main :is([data-utkast], [data-behall])') !== null;
const byggerPaVersion = () => document.querySelector('main [data-senaste]') !== null;

const vanta = (ms) => new Promise((klar) => setTimeout(klar, ms));

function visa(text, lage, lank) {
  const rad = document.getElementById('anslutning');
  if (!rad) return;
  const innehall = [document.createTextNode(text)];
  if (lank) {
    const a = document.createElement('a');
    a.href = lank.href;
    a.textContent = lank.text;
    innehall.push(document.createTextNode(' '), a);
  }
  rad.dataset.lage = lage;
  rad.hidden = !text;
  if (rad.textContent !== text) rad.replaceChildren(...innehall);
}

function stoppa(text, lank) {
  stoppad = true;
  clearTimeout(pollare);
  clearTimeout(tystnad);
  clearTimeout(bevakare);
  socket?.disconnect();
  visa(text, 'stoppad', lank);
}

// What may no longer be read is taken away; what the person has typed stays.
function doljInnehallet() {
  const main = document.querySelector('main');
  for (const del of skrivs() ? main.querySelectorAll('[data-live]') : [main]) del.hidden = true;
}

function adress() {
  const url = new URL(location.href);
  url.hash = '';
  if (sedan) url.searchParams.set('sedan', sedan);
  return url;
}

function utloggad() {
  const nasta = encodeURIComponent(location.pathname + location.search);
  stoppa('Du är utloggad.', { href: `/logga-in?nasta=${nasta}`, text: 'Logga in igen' });
}

function forkunna(andrade) {
  const sagda = [...slag].map((ett) => ORD[ett]).filter(Boolean);
  const utskick = andrade.length > 0 && andrade.every((rad) => rad.closest('[data-live^="utskick"]'));
  const bara = sagda.length === 0 && (slag.size > 0 || utskick);
  slag = new Set();
  if (bara) return; // how a dispatch goes is seen, and not read aloud row by row
  const rubrik = andrade.map((rad) => rad.querySelector('h2, h3, .tidsrubrik')?.textContent.trim()).find(Boolean);
  const vad = [...sagda, rubrik].filter(Boolean).join(', ');
  besked.textContent = `Sidan uppdaterades ${klockslag(nu())}${vad ? `: ${vad}` : ''}`;
}

async function hamtaEnGang() {
  const svar = await fetch(adress(), {
    headers: { 'X-Live': '1' }, cache: 'no-store', signal: AbortSignal.timeout(HAMTA_HOGST),
  });
  if (stoppad) return;
  if (svar.status === 405) return stoppa(''); // what stands here is the answer to a form
  if (svar.status === 401 || (svar.redirected && new URL(svar.url).pathname === '/logga-in')) return utloggad();
  if (svar.status === 404 || svar.status === 403) {
    doljInnehallet();
    return stoppa('Sidan finns inte längre för dig.', { href: '/', text: 'Till startsidan' });
  }
  if (!svar.ok) throw new Error(`svar ${svar.status}`);
  const sida = sidan(await svar.text());
  hamtad = nu();
  document.dispatchEvent(new CustomEvent('wis:hamtad', { detail: sida }));
  const andrade = byt(sida);
  if (!andrade) return;
  bevakningstid = VANTAR_KORTAST;
  bevaka();
  forkunna(andrade);
  document.dispatchEvent(new CustomEvent('wis:uppdaterad', { detail: { andrade } }));
}

async function hamtaTillsKlart() {
  try {
    do {
      igen = false;
      await vanta(Math.random() * SPRIDNING);
      await hamtaEnGang();
    } while (igen && !stoppad);
    return true;
  } catch (fel) {
    console.warn('Sidan gick inte att hämta; den hämtas igen om en stund.', fel);
    return false;
  } finally {
    hamtar = null;
  }
}

// At most one on its way and one in line. True if the page now shows how it is.
async function hamta() {
  if (stoppad) return false;
  if (hamtar) {
    igen = true;
    return hamtar;
  }
  hamtar = hamtaTillsKlart();
  const gick = await hamtar;
  if (!gick) franvarande();
  else if (socket?.connected) lugnt();
  return gick;
}

function lugnt() {
  clearTimeout(pollare);
  clearTimeout(tystnad);
  pollare = tystnad = 0;
  polltid = POLL_KORTAST;
  if (!stoppad) visa('', 'ansluten');
}

function franvarande() {
  if (stoppad) return;
  if (!tystnad) {
    tystnad = setTimeout(() => visa(`Ansluter igen … visar läget ${klockslag(hamtad)}`, 'borta'), TALAMOD);
  }
  if (!pollare) pollare = setTimeout(polla, polltid);
}

async function polla() {
  pollare = 0;
  polltid = Math.min(POLL_LANGST, polltid * 1.5);
  await hamta();
  if (stoppad || socket?.connected) return;
  visa(`Ansluter igen … visar läget ${klockslag(hamtad)}`, 'borta');
  if (socket && !socket.active) socket.connect();
  franvarande();
}

// A worker in a process of its own may have no way to tell that it has sent: what waits is asked for.
function bevaka() {
  clearTimeout(bevakare);
  if (stoppad || !document.querySelector('[data-live][data-vantar]')) return;
  bevakare = setTimeout(async () => {
    bevakningstid = Math.min(VANTAR_LANGST, bevakningstid * 1.5);
    if (document.visibilityState === 'visible') await hamta();
    bevaka();
  }, bevakningstid);
}

function ansluten() {
  lugnt();
  // What happened between the page and the socket, or while it was away.
  if (levande() || byggerPaVersion() || anslutenForut) hamta();
  anslutenForut = true;
}

async function bruten(orsak) {
  franvarande();
  if (orsak !== 'io server disconnect') return; // the client tries again by itself
  // Our rights have changed: the page tells what is left of them.
  if ((await hamta()) && !stoppad) socket.connect();
}

function hort(andring) {
  document.dispatchEvent(new CustomEvent('wis:andring', { detail: andring }));
  const egen = document.querySelector('main')?.dataset.handelse;
  if (egen && andring.handelse_id !== null && String(andring.handelse_id) !== egen) return;
  if (!levande()) return;
  slag.add(andring.slag);
  hamta();
}

function vakna() {
  if (stoppad || document.visibilityState !== 'visible') return;
  if (socket && !socket.connected) socket.connect();
  if (nu() - hamtad > 2000) hamta();
}

export async function starta() {
  if (!levande() && !skrivs()) return;
  sedan = document.querySelector('[data-sedan]')?.dataset.sedan ?? null;
  besked = document.createElement('p');
  besked.className = 'dold';
  besked.setAttribute('role', 'status');
  document.body.append(besked);
  // We hold the page still ourselves; the browser would do it once more.
  document.documentElement.style.overflowAnchor = 'none';
  document.addEventListener('visibilitychange', vakna);
  document.addEventListener('wis:inaktuell', hamta);
  window.addEventListener('online', vakna);
  window.addEventListener('pageshow', (handelse) => handelse.persisted && vakna());
  bevaka();
  const { io } = await import('../vendor/socket.io.esm.min.js');
  socket = io({
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 1000,
    reconnectionDelayMax: 30000,
  });
  socket.on('connect', ansluten);
  socket.on('disconnect', bruten);
  socket.on('connect_error', franvarande);
  socket.on('andring', hort);
}
