// Copies in the browser's database, beside localStorage. What is put here is with the operating system within
// milliseconds; localStorage is written down some seconds later, and a browser that is killed meanwhile has lost it.
const NAMN = 'wis';
const LADA = 'kopior';
const OPPNAD_INOM_MS = 2000;
let oppnad = null;

function oppna() {
  oppnad ??= new Promise((klar, inte) => {
    setTimeout(inte, OPPNAD_INOM_MS, new Error('the database does not open'));
    const fraga = indexedDB.open(NAMN, 1);
    fraga.onupgradeneeded = () => fraga.result.createObjectStore(LADA);
    fraga.onerror = () => inte(fraga.error);
    fraga.onsuccess = () => {
      fraga.result.onversionchange = () => fraga.result.close();
      fraga.result.onclose = () => { oppnad = null; };
      klar(fraga.result);
    };
  }).catch((fel) => {
    oppnad = null;
    throw fel;
  });
  return oppnad;
}

async function gor(sort, arbete) {
  const databas = await oppna();
  return new Promise((klar, inte) => {
    const handling = databas.transaction(LADA, sort);
    const svar = arbete(handling.objectStore(LADA));
    handling.oncomplete = () => klar(svar.map((en) => en.result));
    handling.onabort = () => inte(handling.error);
    // The page may be on its way out: it need not be asked whether there is more.
    if (sort === 'readwrite') handling.commit?.();
  });
}

/** Rejects when the browser keeps nothing, or has no room. */
export function lagg(nyckel, varde) {
  return gor('readwrite', (lada) => [lada.put(varde, nyckel)]);
}

export function tag(nyckel) {
  return gor('readwrite', (lada) => [lada.delete(nyckel)]);
}

/** Pairs of key and value whose key begins so. */
export async function las(borjan) {
  const omfang = IDBKeyRange.bound(borjan, `${borjan}\uffff`);
  const [nycklar, varden] = await gor('readonly', (lada) => [lada.getAllKeys(omfang), lada.getAll(omfang)]);
  return nycklar.map((nyckel, plats) => [nyckel, varden[plats]]);
}
