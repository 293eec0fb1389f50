// Puts the parts of a freshly fetched page into the one that is open, and leaves the reader where they were.

const RADER = 'article, li';

// The HTML of an element without what differs between two fetches of the same thing, or is the reader's own doing.
function kannetecken(element) {
  const kopia = element.cloneNode(true);
  const alla = [kopia, ...kopia.querySelectorAll('*')];
  for (const del of alla) {
    if (del.matches('[data-alder], [data-omfang], [data-rakna], [data-nedrakning] > .dold')) del.textContent = '';
    if (del.matches('[data-nedrakning], [data-nedrakning] > .dold')) for (const namn of ['tabindex', 'aria-labelledby', 'role', 'id']) del.removeAttribute(namn);
    if (del.matches('input[name=csrf_token]')) del.removeAttribute('value');
    if (del.matches('details')) del.removeAttribute('open');
    if (del.matches('form[data-last]')) del.removeAttribute('hidden');
    if (del.matches('[data-live], [data-utdrag], [data-utdrag-kort], table')) del.removeAttribute('tabindex');
    del.removeAttribute('data-utlovad');
    del.classList.remove('uppdaterad');
    if (del.getAttribute('class') === '') del.removeAttribute('class');
  }
  return kopia.outerHTML;
}

const rubrikAv = (details) => {
  const rubrik = details.querySelector('summary')?.cloneNode(true);
  rubrik?.querySelectorAll('time').forEach((tid) => tid.remove());
  return details.id || rubrik?.textContent.trim() || '';
};

function behallOppna(gammal, ny) {
  const oppna = new Map([...gammal.querySelectorAll('details')].map((d) => [rubrikAv(d), d.open]));
  for (const details of ny.querySelectorAll('details')) {
    const fore = oppna.get(rubrikAv(details));
    if (fore !== undefined) details.open = fore;
  }
}

// Finds in `ny` what stands for `element`: the same id, link, name or words.
function motsvarighet(element, ny) {
  const lika = (a) =>
    a.tagName === element.tagName &&
    (element.id
      ? a.id === element.id
      : element.getAttribute('href')
        ? a.getAttribute('href') === element.getAttribute('href')
        : a.getAttribute('name') === element.getAttribute('name') && a.textContent === element.textContent);
  return [...ny.querySelectorAll(element.tagName)].find(lika);
}

// What is marked in `del`: its words, and how far into it they begin. Null for nothing.
function markeringI(del) {
  const val = document.getSelection();
  if (!val || val.isCollapsed || !del.contains(val.anchorNode) || !del.contains(val.focusNode)) return null;
  const fore = val.getRangeAt(0).cloneRange();
  const text = fore.toString();
  fore.setEnd(fore.startContainer, fore.startOffset);
  fore.setStart(del, 0);
  return text && { text, borjar: fore.toString().length };
}

// The place in the text nodes of `del` that is so many characters in.
function plats(del, tecken) {
  const noder = document.createTreeWalker(del, NodeFilter.SHOW_TEXT);
  let kvar = tecken;
  while (noder.nextNode()) {
    if (kvar <= noder.currentNode.length) return [noder.currentNode, kvar];
    kvar -= noder.currentNode.length;
  }
  return null;
}

// Marks the same words again, where they stand nearest to where they stood.
function markera(del, { text, borjar }) {
  const hela = del.textContent;
  let borjan = -1;
  for (let har = hela.indexOf(text); har >= 0; har = hela.indexOf(text, har + 1)) {
    if (borjan < 0 || Math.abs(har - borjar) < Math.abs(borjan - borjar)) borjan = har;
  }
  const [fran, till] = borjan < 0 ? [] : [plats(del, borjan), plats(del, borjan + text.length)];
  if (fran && till) document.getSelection().setBaseAndExtent(...fran, ...till);
}

// Does what replaces the contents of `gammal`, and leaves open, in focus and marked what was. `hos` is where it then is.
function varsamt(gammal, ny, hos, ersatt) {
  const aktiv = gammal.contains(document.activeElement) ? document.activeElement : null;
  const markering = markeringI(gammal);
  behallOppna(gammal, ny);
  ersatt();
  if (aktiv && aktiv !== document.activeElement) {
    const mal = motsvarighet(aktiv, hos) ?? hos;
    if (mal === hos) hos.tabIndex = -1;
    mal.focus({ preventScroll: true });
  }
  if (markering) markera(hos, markering);
}

// What something published is called in the page, and which version of it stands there: 'lagesbild-5', 'lagesbild-5 7'.
const namnAv = ({ dataset }) => dataset.utdrag ?? dataset.utdragKort;
const versionsnamn = (del) => (del.dataset.version ? `${namnAv(del)} ${del.dataset.version}` : '');

function bytDel(gammal, farsk) {
  const ny = document.importNode(farsk, true);
  const forut = [...gammal.querySelectorAll(RADER)];
  const fore = new Set([...forut.map(kannetecken), ...forut.map(versionsnamn).filter(Boolean)]);
  varsamt(gammal, ny, ny, () => gammal.replaceWith(ny));
  const rader = [...ny.querySelectorAll(RADER)];
  const nya = rader.filter(
    (rad) => !rad.querySelector(RADER) && !fore.has(kannetecken(rad)) && !fore.has(versionsnamn(rad)),
  );
  return rader.length ? nya : [ny];
}

// The first link in sight, by which the page is held still.
function ankare(main) {
  for (const element of main.querySelectorAll('a[href]')) {
    const top = element.getBoundingClientRect().top;
    if (top >= 0) return { href: element.getAttribute('href'), top };
  }
  return null;
}

function hallStilla(main, ankaret) {
  if (!ankaret || window.scrollY === 0) return;
  const efter = [...main.querySelectorAll('a[href]')].find((a) => a.getAttribute('href') === ankaret.href);
  if (efter) window.scrollBy(0, efter.getBoundingClientRect().top - ankaret.top);
}

// Replaces every part that differs; returns the rows that are new or changed.
export function byt(sida) {
  const main = document.querySelector('main');
  const stod = ankare(main);
  const farska = new Map([...sida.querySelectorAll('[data-live]')].map((del) => [del.dataset.live, del]));
  const andrade = [];
  let bytt = false;
  for (const gammal of document.querySelectorAll('[data-live]')) {
    const farsk = farska.get(gammal.dataset.live);
    if (!farsk || !gammal.isConnected || kannetecken(gammal) === kannetecken(farsk)) continue;
    bytt = true;
    andrade.push(...bytDel(gammal, farsk));
  }
  if (!bytt) return null;
  hallStilla(main, stod);
  for (const rad of andrade) rad.classList.add('uppdaterad');
  return andrade;
}

// --- extracts ---

// The parts of a card that are the same for all who may read it.
const KORTDELAR = ['.marke-version', '.meta > time', '.sammanfattning', '.nasta', '.lopande'];

// What in the page shows an older version than this of what is so named.
export const krokar = (namn, version) =>
  [...document.querySelectorAll('[data-utdrag], [data-utdrag-kort]')].filter(
    (krok) => namnAv(krok) === namn && Number(krok.dataset.version) < version,
  );

// Whether the fetched page shows an older version of anything than the open one does.
export function arAldre(sida) {
  const farska = [...sida.querySelectorAll('[data-utdrag], [data-utdrag-kort]')];
  return farska.some((farsk) =>
    [...document.querySelectorAll('[data-utdrag], [data-utdrag-kort]')].some(
      (har) => namnAv(har) === namnAv(farsk) && Number(har.dataset.version) > Number(farsk.dataset.version),
    ),
  );
}

function bytKort(gammal, farsk) {
  const ny = document.importNode(farsk, true);
  varsamt(gammal, ny, gammal, () => {
    for (const del of KORTDELAR) {
      const [fran, till] = [gammal.querySelector(del), ny.querySelector(del)];
      if (fran && till) fran.replaceWith(till);
    }
    const [lank, rubrik] = [gammal.querySelector('.korthuvud a'), ny.querySelector('.korthuvud a')];
    if (lank && rubrik) lank.textContent = rubrik.textContent;
  });
}

function bytHela(gammal, farsk) {
  const ny = document.importNode(farsk, true);
  varsamt(gammal, ny, gammal, () => gammal.replaceChildren(...ny.childNodes));
}

// Puts an extract where the page shows an older version; returns what was changed, or null.
export function bytUtdrag(sida, namn) {
  const main = document.querySelector('main');
  const stod = ankare(main);
  const andrade = [];
  for (const [val, ersatt] of [['[data-utdrag]', bytHela], ['[data-utdrag-kort]', bytKort]]) {
    const farsk = [...sida.querySelectorAll(val)].find((del) => namnAv(del) === namn);
    if (!farsk) continue;
    for (const gammal of krokar(namn, Number(farsk.dataset.version)).filter((krok) => krok.matches(val))) {
      ersatt(gammal, farsk);
      gammal.dataset.version = farsk.dataset.version;
      andrade.push(gammal);
    }
  }
  if (!andrade.length) return null;
  hallStilla(main, stod);
  for (const del of andrade) del.classList.add('uppdaterad');
  return andrade;
}
