// When its push service has given the browser another address, the server is told on the next page. It knows the browser
// again by the secret of the address before, so nobody is asked who they are. What the server has is remembered here.
const MINNE = 'wis-push';
const ADRESS = '/mina-notiser/push/byt';

export const somText = (byte) => btoa(String.fromCharCode(...new Uint8Array(byte))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
export const somByte = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (tecken) => tecken.charCodeAt(0));

/** What the server is to know of it. */
export const uppgifter = (prenumeration) => ({
  endpoint: prenumeration.endpoint, p256dh: somText(prenumeration.getKey('p256dh')), auth: somText(prenumeration.getKey('auth')),
});

/** The server has this one; `nyckel` is the key of ours that it was given. */
export async function minns(prenumeration, nyckel) {
  const { endpoint, auth } = uppgifter(prenumeration);
  await (await caches.open(MINNE)).put(ADRESS, new Response(JSON.stringify({ endpoint, auth, nyckel })));
}

/** Tell the server if it has another than this browser has now. */
export async function byt() {
  const forra = await (await caches.match(ADRESS, { cacheName: MINNE }))?.json();
  const { pushManager } = (forra && (await navigator.serviceWorker.getRegistration('/'))) ?? {};
  if (!pushManager) return;
  const val = { userVisibleOnly: true, applicationServerKey: somByte(forra.nyckel) };
  const nu = (await pushManager.getSubscription()) ?? (await pushManager.subscribe(val));
  if (nu.endpoint === forra.endpoint) return;
  const csrf_token = document.querySelector('form[action="/logga-ut"] [name=csrf_token]').value;
  const svar = await fetch(ADRESS, {
    method: 'POST', body: new URLSearchParams({ ...uppgifter(nu), forra_auth: forra.auth, csrf_token }), headers: { Accept: 'application/json' },
  });
  if (svar.ok) await minns(nu, forra.nyckel);
  else if (svar.status === 404) await caches.delete(MINNE); // taken away meanwhile, or somebody else is logged in
}
