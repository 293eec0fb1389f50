// What the service worker keeps in this browser, for the pages that show it or throw it away.
const SIDOR = 'wis-natlos-';
const REGISTER = '/natlos/register';

const lador = async () => ('caches' in window ? (await caches.keys()).filter((namn) => namn.startsWith(SIDOR)) : []);

/** The cache of the login, and what is in it by address: { tid, till, storlek, titel }. Null if nothing is kept. */
export async function ladan() {
  const [namn] = await lador();
  if (!namn) return null;
  const lada = await caches.open(namn);
  const register = (await (await lada.match(REGISTER))?.json()) ?? {};
  return { lada, register: Object.fromEntries(Object.entries(register).filter(([, rad]) => Date.now() < rad.till)) };
}

/** Before it is thrown away: who logs out by this token wants the login ended, whenever the server is reached (natlos-ut.js). */
export async function minnsUtloggning(token) {
  if (!(await navigator.serviceWorker?.getRegistration('/'))) return; // nobody would see to it
  const [lada = ''] = await lador();
  await (await caches.open('wis-utloggning')).put('/logga-ut', new Response(JSON.stringify({ token, lada })));
}

/** Throw all of it away. */
export async function taBortAllt() {
  for (const namn of await lador()) await caches.delete(namn);
}

/** The address of a link or page, as it is kept. */
export function nyckel(adress) {
  const { pathname, searchParams } = new URL(adress, location.href);
  searchParams.delete('sedan');
  return String(searchParams) ? `${pathname}?${searchParams}` : pathname;
}

const text = () => `/natlos/text?${nyckel(location.href)}`;

/** What the server has saved of the draft on this page: kept beside the page, which was drawn before. */
export async function minnsText(kopia) {
  const funnen = await ladan();
  if (funnen && nyckel(location.href) in funnen.register) await funnen.lada.put(text(), new Response(JSON.stringify(kopia)));
}

export async function sparadText() {
  const funnen = await ladan();
  return (await (await funnen?.lada.match(text()))?.json()) ?? null;
}
