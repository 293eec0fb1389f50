// Puts the parts of a freshly fetched page into the one that is open, and leaves the reader where they were.

const RADER = 'article, li';

// The HTML of an element without what differs between two fetches of the same thing, or is the reader's own doing.
function kannetecken(element) {
  const kopia = element.cloneNode(true);
  const alla = [kopia, ...kopia.querySelectorAll('*')];
  for (const del of alla) {
    if (del.matches('[data-alder], [data-omfang], [data-rakna], [data-nedrakning] [role=status]')) del.textContent = '';
    if (del.matches('input[name=csrf_token]')) del.removeAttribute('value');
    if (del.matches('details')) del.removeAttribute('open');
    if (del.matches('form[data-last]')) del.removeAttribute('hidden');
    if (del.hasAttribute('data-live') || del.tagName === 'TABLE') del.removeAttribute('tabindex');
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

function bytDel(gammal, farsk) {
  const ny = document.importNode(farsk, true);
  const fore = new Set([...gammal.querySelectorAll(RADER)].map(kannetecken));
  const aktiv = gammal.contains(document.activeElement) ? document.activeElement : null;
  behallOppna(gammal, ny);
  gammal.replaceWith(ny);
  if (aktiv) {
    const mal = motsvarighet(aktiv, ny) ?? ny;
    if (mal === ny) ny.tabIndex = -1;
    mal.focus({ preventScroll: true });
  }
  const rader = [...ny.querySelectorAll(RADER)];
  const nya = rader.filter((rad) => !rad.querySelector(RADER) && !fore.has(kannetecken(rad)));
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
