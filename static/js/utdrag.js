// The text of a new version, fetched by the address that was told with the change: it is the same for all who may read it,
// so it is here long before thousands of pages have been drawn anew. The address alone is the right: no cookie is sent.
import { sidan } from './betrodd.js';
import { bytUtdrag, krokar } from './byt.js';

const SPRIDNING = 150;
const HAMTA_HOGST = 5000;
const ADRESS = /^\/utdrag\/[\w-]+$/;

// Whether the page has a place for the text that was told of, and shows an older one there.
export const harPlats = ({ slag, id, version, utdrag }) =>
  ADRESS.test(utdrag) && krokar(`${slag}-${id}`, version).length > 0;

// Returns the parts of the page that now show the version: null if none does by this.
export async function visaUtdrag(andring, fortfarande) {
  const { slag, id, utdrag } = andring;
  const namn = `${slag}-${id}`;
  if (!harPlats(andring)) return null;
  await new Promise((klar) => setTimeout(klar, Math.random() * SPRIDNING));
  try {
    const svar = await fetch(utdrag, {
      credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(HAMTA_HOGST),
    });
    if (!svar.ok) return null;
    const sida = sidan(await svar.text());
    return fortfarande() ? bytUtdrag(sida, namn) : null;
  } catch (fel) {
    console.info('Utdraget gick inte att hämta; sidan hämtas i stället.', fel);
    return null;
  }
}
