// In the service worker: a logout that did not reach the server is remembered, and sent before any page is shown again.
// What is remembered is the token of the form, which opens nothing without the login's cookie, and the name of the login's
// cache (natlos_lada.js). A login that has come since has another token and another mark, and is left alone.
const UTLOGGNING = 'wis-utloggning';
const LAPPEN = '/logga-ut';
const UT_HOGST_MS = 30e3;

let vantar = null; // whether one waits; not known until it has been looked for
let avslutar = null; // under way, for as many as wait for it

const glomLappen = () => caches.delete(UTLOGGNING).then(() => (vantar = false));

async function minns(request) {
  const lada = senaste || (await lador())[0] || ''; // before it is thrown away
  const token = (await request.formData()).get('csrf_token') ?? '';
  const forra = await (await caches.match(LAPPEN, { cacheName: UTLOGGNING }))?.json();
  if (forra?.token === token && forra.lada) return; // the page has done it
  await (await caches.open(UTLOGGNING)).put(LAPPEN, new Response(JSON.stringify({ token, lada })));
}

const posta = (token) => fetch(LAPPEN, {
  method: 'POST', redirect: 'manual', body: new URLSearchParams({ csrf_token: token }), signal: AbortSignal.timeout(UT_HOGST_MS),
});

/** Log out by this form. What is kept here goes at once; that the login is ended is remembered until it is. */
async function loggaUt(handelse) {
  const { request } = handelse;
  await minns(request.clone()).catch((fel) => console.warn('natlos:', fel));
  await rensa();
  vantar = true;
  const natet = fetch(request).then(async (svar) => {
    if (svar.type === 'opaqueredirect') await glomLappen();
    return svar;
  }).catch(() => null);
  handelse.waitUntil(natet);
  const svar = await Promise.race([natet, new Promise((klar) => setTimeout(klar, VANTA_MS))]);
  if (svar && !TRASIG.includes(svar.status)) return svar;
  registration.sync?.register(UTLOGGNING).catch((fel) => console.warn('natlos: only the next page tries again', fel));
  return skal(true);
}

async function avsluta() {
  const lapp = await (await caches.match(LAPPEN, { cacheName: UTLOGGNING }))?.json();
  vantar = Boolean(lapp);
  if (vantar) await slutfor(lapp);
  return Boolean(lapp);
}

async function slutfor(lapp) {
  let svar = await posta(lapp.token);
  if (svar.status >= 400 && svar.status < 500 && svar.status !== 429) {
    // Not of the login that the browser has now: none, or another, or the same with the token renewed.
    const nu = await fetch('/', { cache: 'no-store', signal: AbortSignal.timeout(UT_HOGST_MS) });
    const [marke] = (nu.headers.get('Wis-Natlos') ?? '').split(' ');
    if (!marke || nu.status >= 429) return; // not our server, or not now
    if (SIDOR + marke !== lapp.lada) return void (await glomLappen());
    const [, token = ''] = /action="\/logga-ut"[^]*?name="csrf_token" value="([^"]+)"/.exec(await nu.text()) ?? [];
    svar = await posta(token);
  }
  if (svar.type === 'opaqueredirect') await glomLappen();
}

/** Try to end what waits to be ended, if anything did; `vantar` says afterwards whether it still does. */
function avslutad() {
  avslutar ??= avsluta().catch((fel) => console.warn('natlos: not logged out yet', fel)).finally(() => (avslutar = null));
  return avslutar;
}

// The network is back, whether or not a page is open. Not every browser says so.
addEventListener('sync', (handelse) => handelse.tag === UTLOGGNING && handelse.waitUntil(avslutad().then(() => {
  if (vantar) throw new Error('not logged out yet'); // to be asked again
})));
