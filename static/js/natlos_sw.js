// The service worker: keeps the pages read last, and shows them in grey when the network is gone. The server puts SLAPP
// before this: { prefix, timmar, filer }. Pages lie in one cache, named by the login's mark (the header Wis-Natlos, see
// wis/natlos/marke.py); another mark, or none, and all of it goes.
const SIDOR = 'wis-natlos-';
const FILER = `wis-filer-${SLAPP.prefix}`;
const SKAL = '/natlos?skal=1';
const REGISTER = '/natlos/register'; // within the cache: { address: { tid, till, storlek, titel } }
const TEXTER = '/natlos/text?'; // what was last saved of a draft, by natlos.js
const [HOGST_ANTAL, HOGST_TECKEN] = [60, 6e6];
const VANTA_MS = 6000; // for so long the network is waited for where a copy is at hand
const TIMME = 3600e3;
const TRASIG = [502, 503, 504]; // a proxy answers so for a server that is not there
const NEKAR = [403, 404, 410];
const BYTER = ['/byt-aktor', '/mitt-konto/roll'];
const BEHALLNA = ['content-type', 'content-security-policy', 'referrer-policy'];

let skifte = 0; // how often all was thrown away: what was asked for before is not kept
let senaste = ''; // the cache of the mark last seen
let ko = Promise.resolve();
const iTur = (arbete) => (ko = ko.then(arbete).catch((fel) => console.warn('natlos:', fel)));

const lador = async () => (await caches.keys()).filter((namn) => namn.startsWith(SIDOR));
const las = async (lada) => (await (await lada.match(REGISTER))?.json()) ?? {};
const skriv = (lada, register) => lada.put(REGISTER, new Response(JSON.stringify(register)));

function nyckel(adress) {
  const { pathname, searchParams } = new URL(adress, location.href);
  searchParams.delete('sedan');
  return String(searchParams) ? `${pathname}?${searchParams}` : pathname;
}

function rensa(utom = '') {
  if (!utom || (senaste && utom !== senaste)) skifte += 1;
  senaste = utom;
  return iTur(async () => {
    for (const namn of await lador()) if (namn !== utom) await caches.delete(namn);
  });
}

const galler = ({ tid, till }) => Date.now() < Math.min(till, tid + SLAPP.timmar * TIMME) && Date.now() > tid - TIMME / 12;

/** What is too old or too much goes; returns the rest. */
async function svep(lada) {
  const register = await las(lada);
  let tecken = 0;
  const rader = Object.entries(register).sort((a, b) => b[1].tid - a[1].tid);
  const bort = rader.filter(([, rad], plats) => plats >= HOGST_ANTAL || !galler(rad) || (tecken += rad.storlek) > HOGST_TECKEN);
  for (const [adress] of bort) {
    delete register[adress];
    for (const en of [adress, TEXTER + adress]) await lada.delete(en);
  }
  if (bort.length) await skriv(lada, register);
  return register;
}

async function behall(namn, adress, text, huvuden, timmar) {
  const lada = await caches.open(namn);
  const register = await las(lada);
  const tid = Date.now();
  const titel = /<title>([^<]*?)( – wis)?<\/title>/.exec(text)?.[1] ?? adress;
  register[adress] = { tid, till: tid + timmar * TIMME, storlek: text.length, titel };
  await lada.put(adress, new Response(text, { headers: huvuden }));
  await skriv(lada, register);
  await svep(lada);
}

/** Let go of what is kept of these addresses. */
function slapp(vilka) {
  return iTur(async () => {
    for (const namn of await lador()) {
      const lada = await caches.open(namn);
      const register = await las(lada);
      for (const adress of Object.keys(register).filter(vilka)) register[adress].till = 0;
      await skriv(lada, register);
      await svep(lada);
    }
  });
}

const behallna = (svar) => BEHALLNA.map((ett) => [ett, svar.headers.get(ett)]).filter(([, varde]) => varde);

/** Hear from an answer whose it is, and keep it if it may be kept. */
async function hor(fragad, svar, da) {
  if (da !== skifte) return;
  const [marke, timmar] = (svar.headers.get('Wis-Natlos') ?? '').split(' ');
  if (marke === 'ingen' || svar.status === 401) return rensa();
  if (!marke) return;
  const namn = SIDOR + marke;
  const adress = nyckel(fragad);
  const kopia = svar.ok && Number(timmar) > 0 && !svar.redirected && svar.clone(); // before anybody has read it
  await rensa(namn);
  if (kopia) {
    const text = await kopia.text();
    await iTur(() => namn === senaste && behall(namn, adress, text, behallna(svar), Number(timmar)));
  } else if (NEKAR.includes(svar.status)) {
    await slapp(undernekad(adress));
  } else if (svar.ok) {
    await slapp((en) => en === adress); // it is no longer one to keep: something on it is TLP:RED
  }
}

/** What is let go of where an address is refused: all of the same lägesbild, or of the same event. */
function undernekad(adress) {
  const sak = /^\/handelser\/[^/?]+(\/lagesbild\/[^/?]+)?/.exec(adress)?.[0];
  return (en) => en === adress || Boolean(sak) && (en === sak || en.startsWith(`${sak}/`) || en.startsWith(`${sak}?`));
}

const klocka = (tid, val) => new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Stockholm', ...val }).format(tid);

/** When, in a line whose age wis.js keeps. */
function nar(tid) {
  const dag = klocka(tid, { dateStyle: 'long' });
  const idag = dag === klocka(Date.now(), { dateStyle: 'long' });
  return `<time datetime="${new Date(tid).toISOString()}">${idag ? '' : `${dag} `}${klocka(tid, { timeStyle: 'short' })}, <span data-alder></span></time>`;
}

async function sparad(adress, varfor) {
  await ko;
  const [namn] = await lador();
  if (!namn) return undefined;
  const lada = await caches.open(namn);
  const rad = (await svep(lada))[adress];
  const svar = rad && (await lada.match(adress));
  return svar && gra(svar, rad.tid, varfor);
}

async function gra(svar, tid, varfor) {
  const nonce = /'nonce-([^']+)'/.exec(svar.headers.get('content-security-policy'))?.[1];
  const huvud = `<link rel="stylesheet" nonce="${nonce}" href="${SLAPP.prefix}/css/natlos.css">`
    + `<script type="module" nonce="${nonce}" src="${SLAPP.prefix}/js/natlos_sida.js"></script></head>`;
  const ruta = `<div class="natlos" id="natlos" role="status"><strong>Sparad kopia från ${nar(tid)}.</strong> Det kan finnas nyare.</div>`;
  const text = (await svar.text())
    .replace('<html ', `<html data-sparad="${varfor}" `)
    .replace('</head>', () => huvud)
    .replace(/ data-karta="[^"]*"/, '') // the map to move about in is fetched: the picture of it stands
    .replace(/ data-nu="[^"]*"/, ` data-nu="${new Date().toISOString()}"`)
    .replace('<div class="meddelanden"', () => `${ruta}<div class="meddelanden"`);
  return new Response(text, { headers: svar.headers });
}

/** In place of a page that can't be shown; `ut`: a logout waits to be heard (natlos-ut.js). */
async function skal(ut = false) {
  const svar = await caches.match(SKAL, { cacheName: FILER, ignoreVary: true });
  if (!svar || !ut) return svar ?? Response.error();
  const text = (await svar.text()).replace(' data-natlos-ut hidden', ' data-natlos-ut');
  return new Response(text, { headers: behallna(svar) });
}

async function navigera(handelse) {
  const ut = avslutad();
  handelse.waitUntil(ut);
  const nyss = await Promise.race([ut, new Promise((klar) => setTimeout(klar, VANTA_MS))]);
  if (vantar) return skal(true);
  // The browser may have asked for this page already, while the worker started, as one who was still logged in.
  if (nyss) return Response.redirect(handelse.request.url);
  const adress = nyckel(handelse.request.url);
  const da = skifte;
  const natet = fetch(handelse.request).catch(() => null);
  handelse.waitUntil(natet.then((svar) => svar && hor(adress, svar, da)));
  const forst = await Promise.race([natet, new Promise((klar) => setTimeout(klar, VANTA_MS, 'sent'))]);
  if (forst === 'sent') return (await sparad(adress, 'sent')) ?? (await natet) ?? skal();
  if (forst && !TRASIG.includes(forst.status)) return forst;
  return (await sparad(adress, forst ? 'sent' : 'borta')) ?? forst ?? skal();
}

/** For a page that fetches itself again. */
async function hamta(handelse, request) {
  await avslutad();
  if (vantar) return Response.error();
  const da = skifte;
  const svar = await fetch(request);
  handelse.waitUntil(hor(request.url, svar, da));
  return svar;
}

async function fil(handelse) {
  const lada = await caches.open(FILER);
  const { pathname } = new URL(handelse.request.url);
  const har = await lada.match(pathname);
  if (har) return har;
  try {
    const svar = await fetch(handelse.request);
    if (svar.ok && pathname.startsWith(`${SLAPP.prefix}/`)) handelse.waitUntil(lada.put(pathname, svar.clone()));
    return svar;
  } catch (fel) {
    // A kept page may be of an earlier release: this one's is the best there is.
    const nyare = await lada.match(pathname.replace(/^\/static\/v-[^/]+/, SLAPP.prefix));
    if (nyare) return nyare;
    throw fel;
  }
}

addEventListener('install', (handelse) => {
  skipWaiting();
  if (!SLAPP.timmar) return;
  const skalet = new Request(SKAL, { credentials: 'omit', cache: 'no-store' });
  const alla = [skalet, ...SLAPP.filer.map((namn) => `${SLAPP.prefix}/${namn}`)];
  handelse.waitUntil(caches.open(FILER).then((lada) => lada.addAll(alla)));
});

addEventListener('activate', (handelse) => handelse.waitUntil((async () => {
  const gamla = (await caches.keys()).filter((namn) => namn.startsWith('wis-filer-'));
  for (const namn of gamla) if (namn !== FILER || !SLAPP.timmar) await caches.delete(namn);
  if (SLAPP.timmar) return clients.claim();
  await rensa();
  await avslutad();
  // Where nothing is kept it may be there to tell (natlos-push.js), or to log out.
  return vantar || Notification.permission === 'granted' ? undefined : registration.unregister();
})()));

addEventListener('message', (handelse) => {
  const { filer = [], sida } = handelse.data;
  handelse.waitUntil((async () => {
    const lada = await caches.open(FILER);
    for (const vag of filer) if (!(await lada.match(vag))) await lada.add(vag);
    if (sida) await hamta(handelse, new Request(sida, { headers: { 'X-Live': '1' }, cache: 'no-cache' }));
  })().catch((fel) => console.warn('natlos:', fel)));
});

addEventListener('fetch', (handelse) => {
  const { request } = handelse;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || (!SLAPP.timmar && (vantar === false || request.mode !== 'navigate'))) return;
  if (request.method === 'POST' && pathname === LAPPEN) {
    handelse.respondWith(loggaUt(handelse)); // gone also where nobody answers
  } else if (request.method === 'POST' && BYTER.includes(pathname)) {
    handelse.respondWith(rensa().then(() => fetch(request)).catch(() => skal()));
  } else if (request.method === 'POST' && request.mode === 'navigate' && vantar) {
    handelse.respondWith(avslutad().then(() => (vantar ? skal(true) : fetch(request))));
  } else if (request.method === 'POST' && request.mode === 'navigate') {
    handelse.waitUntil(slapp((en) => en.split('?')[0] === pathname)); // the kept form is used up
  } else if (request.method !== 'GET') {
    return;
  } else if (pathname.startsWith('/static/')) {
    handelse.respondWith(fil(handelse));
  } else if (request.mode === 'navigate') {
    handelse.respondWith(navigera(handelse));
  } else if (request.headers.has('X-Live')) {
    handelse.respondWith(hamta(handelse, request));
  }
});
