// The live page: told by ids that something changed, it fetches itself again through the ordinary, authorised address;
// the text of a new version, which is the same for all, it fetches first (utdrag.js).
// A page with nothing live in it is left alone, unless something is being written there: then it is only asked whether
// it may still be read, and which version is the latest. So an error stands as it was given, and so does a page that has no address of its own.
import { sidan } from './betrodd.js';
import { arAldre, byt } from './byt.js';
import {
  byggerPaVersion, doljInnehallet, foljNummer, levande, nummerI, numretRacker, sammaLasare, skrivs, slutarNar, syns, visa,
} from './oppen.js';
import { klockslag, nu, stall } from './tid.js';
import { Uppkoppling } from './uppkoppling.js';
import { harPlats, visaUtdrag } from './utdrag.js';

const POLLTIDER = [[15000, 'var 15:e sekund'], [30000, 'var 30:e sekund'], [60000, 'varje minut']];
const VANTAR_KORTAST = 5000;
const VANTAR_LANGST = 30000;
const HAMTA_HOGST = 15000;
const SPRIDNING = 150; // so that all who are told at once don't ask at once
const SPRIDNING_HOGST = 45000;
const FORSPRANG = 3000; // the new text stands there: the rest of the page is fetched later, or when somebody turns to it
const SPRIDNING_ATER = 3000; // when many come back at once, as after a restart, and nobody has told how many
const NUMMER_INOM = 2500; // a server that says the number of the event has said it by then
const TALAMOD = 1500; // a break shorter than this is not worth a word
const SPARRAD = 3; // so many tries in vain: there is no way through
const OMTAG = 3; // so many times a page is asked for that is older than what was told
const ORD = { lagesbild: 'ny lägesbild', underrattelse: 'ny underrättelse', handelse: 'händelsen är ändrad',
  forslag: 'ett förslag att godkänna eller ett svar', begaran: 'en begäran eller ett svar',
  paverkan: 'en åtgärd som berör eller ett svar', anteckning: 'ny anteckning' };

let uppkoppling = null;
let stoppad = false;
let hamtar = null;
let planerad = 0;
let invantar = null; // for the number that the server says when we connect
let slutvakt = 0;
let sliter = false; // the page shows the new text, and waits its turn to fetch the rest
let igen = false;
let andaIgen = false; // and whether anybody looks or not
let minns = false; // something has happened that nobody was there to see
let hamtad = nu();
let gickBra = true;
let spridning = SPRIDNING;
let sagt = 0; // the highest number of the event that we were told
let omtag = 0;
let pollsteg = 0;
let pollare = 0;
let tystnad = 0;
let sedan = null;
let besked = null;
const osagt = new Map(); // what we were told of and have not said: { slag, nummer } by kind, id and version
let redanSagt = null; // the highest number of what extracts have shown, until the page has come that shows it
let anslutenForut = false;
let bevakare = 0;
let bevakningstid = VANTAR_KORTAST;

const vanta = (ms) => new Promise((klar) => setTimeout(klar, ms));

// --- what is said ---

// One whose network lets no sockets through is not without contact: the page asks by itself.
function visaFranvaro() {
  const fragar = gickBra && uppkoppling?.misslyckade >= SPARRAD;
  if (fragar) visa(`Frågar ${POLLTIDER[pollsteg][1]}, visar läget ${klockslag(hamtad)}`, 'fragar');
  else visa(`Ansluter igen … visar läget ${klockslag(hamtad)}`, 'borta');
}

function stoppa(text, lank) {
  stoppad = true;
  for (const ur of [pollare, tystnad, bevakare, planerad, slutvakt, invantar?.ur]) clearTimeout(ur);
  uppkoppling?.stang();
  visa(text, 'stoppad', lank);
}

function utloggad() {
  const nasta = encodeURIComponent(location.pathname + location.search);
  // Whoever comes after at this computer must not read on; what was being written stays for the one who logs in again.
  doljInnehallet();
  stoppa('Du är utloggad.', { href: `/logga-in?nasta=${nasta}`, text: 'Logga in igen' });
}

function forkunna(andrade, vilka) {
  const sagda = [...vilka].map((ett) => ORD[ett]).filter(Boolean);
  const utskick = andrade.length > 0 && andrade.every((rad) => rad.closest('[data-live^="utskick"]'));
  if (sagda.length === 0 && (vilka.size > 0 || utskick)) return; // how a dispatch goes is seen, and not read aloud row by row
  const rader = andrade.filter((rad) => !rad.dataset.utdrag); // all of a lägesbild has headings that say nothing of it
  const rubrik = rader.map((rad) => rad.querySelector('h2, h3, .tidsrubrik')?.textContent.trim()).find(Boolean);
  const vad = [...sagda, rubrik].filter(Boolean).join(', ');
  besked.textContent = `Sidan uppdaterades ${klockslag(nu())}${vad ? `: ${vad}` : ''}`;
}

// --- the page, fetched again ---

function adress() {
  const url = new URL(location.href);
  url.hash = '';
  if (sedan) url.searchParams.set('sedan', sedan);
  return url;
}

async function hamtaEnGang() {
  // What we have is asked about, not fetched again, when it still holds.
  const svar = await fetch(adress(), {
    headers: { 'X-Live': '1' }, cache: 'no-cache', signal: AbortSignal.timeout(HAMTA_HOGST),
  });
  if (stoppad) return;
  if (svar.status === 405) return stoppa(''); // what stands here is the answer to a form
  if (svar.status === 401 || (svar.redirected && new URL(svar.url).pathname === '/logga-in')) return utloggad();
  if (svar.status === 404 || svar.status === 403) {
    doljInnehallet();
    return stoppa('Sidan finns inte längre för dig.', { href: '/', text: 'Till startsidan' });
  }
  if (!svar.ok) throw new Error(`svar ${svar.status}`);
  stall(svar);
  const sida = sidan(await svar.text());
  if (stoppad) return;
  const nummer = nummerI(sida);
  // What left the server before that which stands here: asked for again, so that nothing ever goes back.
  const aldre = arAldre(sida) || (nummer > 0 && nummer < nummerI(document));
  const saknar = aldre || (nummer > 0 && nummer < sagt);
  if (!aldre || omtag >= OMTAG) uppdatera(sida, nummer);
  if (!saknar) omtag = 0;
  else if (omtag < OMTAG) setTimeout(planera, 500 * 2 ** omtag++);
}

// The kinds of what we were told of that a page with this number shows: what it is too old for is said with the next.
function attSaga(nummer) {
  const visat = [...osagt].filter(([, ett]) => !nummer || ett.nummer <= nummer);
  for (const [namn] of visat) osagt.delete(namn);
  return new Set(visat.map(([, ett]) => ett.slag));
}

function uppdatera(sida, nummer) {
  hamtad = nu();
  if (nummer) foljNummer(sida);
  vaktaSlutet();
  document.dispatchEvent(new CustomEvent('wis:hamtad', { detail: sida }));
  const andrade = byt(sida);
  const tyst = redanSagt !== null;
  if (!nummer || redanSagt <= nummer) redanSagt = null;
  const vilka = andrade || nummer ? attSaga(nummer) : new Set();
  if (!andrade) return;
  pollsteg = 0;
  bevakningstid = VANTAR_KORTAST;
  bevaka();
  if (vilka.size > 0 || !tyst) forkunna(andrade, vilka);
  document.dispatchEvent(new CustomEvent('wis:uppdaterad', { detail: { andrade } }));
}

async function hamtaTillsKlart() {
  try {
    do {
      igen = andaIgen = false;
      await hamtaEnGang();
      // For a short while only: what was told has been spread already, and what may have to be taken away waits behind us.
      if (igen && !stoppad) await vanta(Math.random() * SPRIDNING);
      if (igen && !andaIgen && !syns()) {
        minns = true;
        igen = false;
      }
    } while (igen && !stoppad);
    gickBra = true;
  } catch (fel) {
    console.warn('Sidan gick inte att hämta; den hämtas igen om en stund.', fel);
    gickBra = false;
  } finally {
    hamtar = null;
  }
  return gickBra;
}

// At once, or when the one on its way has come. True if the page now shows how it is. A page that nobody sees waits,
// unless it may have to be taken away (`anda`).
async function hamta({ anda = false } = {}) {
  if (stoppad) return false;
  clearTimeout(planerad);
  planerad = 0;
  sliter = false;
  if (!syns() && !anda) {
    minns = true;
    return false;
  }
  minns = false;
  if (hamtar) {
    igen = true;
    andaIgen ||= anda;
    return hamtar;
  }
  hamtar = hamtaTillsKlart();
  const gick = await hamtar;
  if (gick && uppkoppling?.ansluten) lugnt();
  else franvarande();
  return gick;
}

// Once, within so long, whatever more is told meanwhile.
function planera(hogst = spridning, tidigast = 0) {
  if (stoppad || planerad) return;
  planerad = setTimeout(hamta, tidigast + Math.random() * hogst);
}

// As `planera`, whatever is planned already.
function planeraOm(hogst) {
  clearTimeout(planerad);
  planerad = 0;
  planera(hogst);
}

// --- with and without a socket ---

function lugnt() {
  clearTimeout(pollare);
  clearTimeout(tystnad);
  pollare = tystnad = pollsteg = 0;
  if (!stoppad) visa('', 'ansluten');
}

function franvarande() {
  if (stoppad) return;
  tystnad ||= setTimeout(visaFranvaro, TALAMOD);
  // Those who lost it together must not ask together.
  pollare ||= setTimeout(polla, POLLTIDER[pollsteg][0] * (0.8 + 0.4 * Math.random()));
}

async function polla() {
  pollare = 0;
  if (!syns()) {
    minns = true; // asked for when somebody looks
    return;
  }
  pollsteg = Math.min(POLLTIDER.length - 1, pollsteg + 1);
  await hamta();
  if (stoppad || uppkoppling?.ansluten) return;
  visaFranvaro();
  uppkoppling?.senare();
  franvarande();
}

// A worker in a process of its own may have no way to tell that it has sent: what waits is asked for.
function bevaka() {
  clearTimeout(bevakare);
  if (stoppad || !document.querySelector('[data-live][data-vantar]')) return;
  bevakare = setTimeout(async () => {
    bevakningstid = Math.min(VANTAR_LANGST, bevakningstid * 1.5);
    if (syns()) await hamta();
    bevaka();
  }, bevakningstid);
}

function ansluten(vackt) {
  lugnt();
  const forsta = !anslutenForut;
  anslutenForut = true;
  if (forsta && !levande() && !byggerPaVersion()) return;
  // The server may have started anew, and all others come now too.
  const hogst = vackt ? SPRIDNING : forsta ? 0 : Math.max(spridning, SPRIDNING_ATER);
  // What happened between the page and the socket, or while it was away, is seen by the number that the server says;
  // unless it is an older server, or the page may no longer be read.
  clearTimeout(invantar?.ur);
  invantar = numretRacker() ? { forsta, ur: setTimeout(hamtaIfatt, NUMMER_INOM, hogst) } : null;
  if (!invantar) hamtaIfatt(hogst);
}

function hamtaIfatt(hogst) {
  invantar = null;
  if (!hogst) hamta();
  else if (hogst === SPRIDNING) planeraOm(hogst);
  else planera(hogst);
}

// The number of the event, once we have connected. A page that has it, for the same reader with the same rights, stands.
function numret(sagd) {
  if (!invantar || String(sagd.handelse_id) !== document.querySelector('main').dataset.handelse) return;
  const { forsta, ur } = invantar;
  clearTimeout(ur);
  invantar = null;
  const nummer = Number(sagd.nummer) || 0;
  if (sammaLasare(sagd) && nummer <= nummerI(document) && !(slutarNar() < nu())) {
    if (!planerad && !minns) hamtad = nu();
    return;
  }
  sagt = Math.max(sagt, nummer);
  const manga = Math.min(SPRIDNING_HOGST, Math.max(SPRIDNING, Number(sagd.spridning) || 0));
  planera(forsta ? Math.min(manga, SPRIDNING_ATER) : Math.max(manga, SPRIDNING_ATER));
}

// A right that ends by itself changes no number and sends no word: the page asks again when it does.
function vaktaSlutet() {
  clearTimeout(slutvakt);
  const kvar = slutarNar() - nu();
  if (kvar > 0) slutvakt = setTimeout(planera, Math.min(kvar + 1000, 2 ** 31 - 1), SPRIDNING_ATER);
}

async function bruten(avServern) {
  franvarande();
  if (!avServern) return; // it is tried again by itself
  // Our rights have changed: the page tells what is left of them.
  if (!(await hamta({ anda: true })) || stoppad) return;
  if (uppkoppling.misslyckade <= 1) uppkoppling.genast();
  else uppkoppling.senare();
}

// Whether something has been told of this event that never came to us; of one that we don't follow, nothing is known.
function hoppade(nummer) {
  const kant = Math.max(sagt, nummerI(document));
  sagt = Math.max(sagt, nummer);
  return kant > 0 && nummer > kant + 1;
}

const namnPa = ({ slag, id, version }) => `${slag}-${id} ${version}`;

function hort(andring) {
  document.dispatchEvent(new CustomEvent('wis:andring', { detail: andring }));
  if (andring.slag === 'narvaro') return; // narvaro.js asks who; nothing that is read here has changed
  const egen = document.querySelector('main')?.dataset.handelse;
  const handelse = andring.handelse_id ?? null;
  if (egen && handelse !== null && String(handelse) !== egen) return;
  spridning = Math.min(SPRIDNING_HOGST, Math.max(SPRIDNING, Number(andring.spridning) || 0));
  const nummer = egen && handelse !== null ? Number(andring.nummer) || 0 : 0;
  if (nummer && andring.slag in ORD && nummer <= nummerI(document)) return; // the page was drawn after it
  const missat = hoppade(nummer);
  if (!levande()) return missat && planera();
  if (andring.id) osagt.set(namnPa(andring), { slag: andring.slag, nummer }); // without: something, nobody knows what
  const harText = andring.utdrag && syns() && harPlats(andring);
  if (harText) hamtaUtdrag(andring, nummer);
  // Among many the texts go ahead, and the pages that cost the server more come after.
  const vantas = harText && spridning > SPRIDNING;
  if (vantas && !planerad) sliter = true;
  planera(spridning, vantas ? FORSPRANG : 0);
}

async function hamtaUtdrag(andring, nummer) {
  const andrade = await visaUtdrag(andring, () => !stoppad);
  if (!andrade) {
    // The text is not here: the page is what there is to wait for.
    if (sliter) planeraOm(spridning);
    sliter = false;
    return;
  }
  // It is said once: the page that follows has nothing more to say of it.
  redanSagt = Math.max(redanSagt ?? 0, nummer);
  if (osagt.delete(namnPa(andring))) forkunna(andrade, new Set([andring.slag]));
  document.dispatchEvent(new CustomEvent('wis:uppdaterad', { detail: { andrade } }));
}

function vakna() {
  if (stoppad || !syns()) return;
  uppkoppling?.genast(true);
  if (minns || planerad || nu() - hamtad > 2000) hamta();
}

// Somebody turns to a page whose new text stands there, and whose rest waits its turn. A link leads away from it.
function vand({ target }) {
  if (sliter && syns() && !target.closest?.('a, form')) hamta();
}

// For a whole building perhaps, where nobody did anything: by lot.
function natetTillbaka() {
  if (stoppad) return;
  uppkoppling?.paNytt();
  planera(Math.max(spridning, SPRIDNING_ATER));
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
  document.addEventListener('wis:inaktuell', () => planera());
  for (const rorelse of ['pointerdown', 'keydown', 'focus']) window.addEventListener(rorelse, vand);
  window.addEventListener('online', natetTillbaka);
  window.addEventListener('pageshow', (handelse) => handelse.persisted && vakna());
  bevaka();
  vaktaSlutet();
  const handelse = document.querySelector('main')?.dataset.handelse;
  uppkoppling = new Uppkoppling(
    { ansluten, bruten, nekad: franvarande, andring: hort, nummer: numret }, handelse ? { handelse } : {},
  );
  await uppkoppling.starta();
}
