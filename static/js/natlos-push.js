// In the service worker: shows what is pushed, and opens what it is about. The server sends { titel, text, lank, tag,
// bradskande }, see wis/notiser/pushregler.py. A newer version of the same thing takes the place of the older one.
addEventListener('push', (handelse) => {
  let nytt = { titel: 'Nytt i wis', text: 'Öppna wis för att läsa.', lank: '/' };
  try {
    nytt = handelse.data.json();
  } catch (fel) {
    console.warn('push: not to be read', fel);
  }
  const { titel, text, lank, tag, bradskande } = nytt;
  handelse.waitUntil(registration.showNotification(titel, {
    body: text,
    lang: 'sv',
    tag: tag ?? '',
    renotify: Boolean(tag),
    requireInteraction: Boolean(bradskande),
    data: { lank },
  }));
});

async function oppna(lank) {
  const adress = new URL(lank ?? '/', location.origin);
  if (adress.origin !== location.origin) adress.href = `${location.origin}/`;
  // A page that somebody may be writing on is left alone: one that shows the same is brought forward, else a new one.
  const sidor = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const samma = sidor.find(({ url }) => url.split('#')[0] === adress.href);
  return samma ? samma.focus() : clients.openWindow(adress.href);
}

addEventListener('notificationclick', (handelse) => {
  handelse.notification.close();
  handelse.waitUntil(oppna(handelse.notification.data?.lank));
});

// Another address from the push service is taken at once, by the key of the one before. A page tells the server
// (push_byt.js): that takes the token of a form.
addEventListener('pushsubscriptionchange', (handelse) => {
  const applicationServerKey = handelse.oldSubscription?.options.applicationServerKey;
  if (handelse.newSubscription || !applicationServerKey) return;
  const ny = registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  handelse.waitUntil(ny.catch((fel) => console.warn('push: not switched on again', fel)));
});
