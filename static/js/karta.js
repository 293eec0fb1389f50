// The map to move about in, with a layer for each actor. Without this the same map stands still as a picture; either way
// all of it is in the lists beside. Leaflet may make no HTML of text here, so everything is handed to it as elements.
// When something is new, what says the same is left as it stands: what one has in focus, or open, is still there.
import { namnge } from './kartnamn.js';

const GRADER = { ingen: 'ingen', måttlig: 'mattlig', betydande: 'betydande', allvarlig: 'allvarlig', kritisk: 'kritisk' };
const UTAN = { zoomControl: false, attributionControl: false, scrollWheelZoom: false, fadeAnimation: false };
const LUGN = matchMedia('(prefers-reduced-motion: reduce)').matches;
const VYN = { ...UTAN, zoomAnimation: !LUGN, zoomSnap: 0.25, maxZoom: 17 };
const LUFT = 28; // px round what is fitted in: a mark on the edge, whole
const MARKE = 28; // px across
const BREDVID = 22; // px between marks of the same spot
const kommuner = new Map(); // slug -> Kommun
const platser = new Map(); // key -> Plats
const lager = new Map(); // slug -> { grupp, rad }
const dolda = new Set();
let karta = null;
let ordnaNamn = null;

export async function starta() {
  const ruta = document.querySelector('[data-karta]');
  const [data] = await Promise.all([hamta(ruta), import('../vendor/leaflet.js')]);
  bygg(ruta);
  rita(ruta, data);
  visaAllt();
  const former = data.features.filter((form) => form.properties.slag === 'kommun');
  ordnaNamn = namnge(karta, former, { platser: rutor, harBokstav: (slug) => Boolean(kommuner.get(slug).marke) });
  ordnaNamn();
  document.addEventListener('wis:uppdaterad', () => uppdatera(ruta));
}

async function hamta(ruta) {
  const svar = await fetch(ruta.dataset.karta, { headers: { Accept: 'application/geo+json' } });
  if (!svar.ok) throw new Error(`kartan svarade ${svar.status}`);
  return svar.json();
}

async function uppdatera(ruta) {
  try {
    rita(ruta, await hamta(ruta));
    ordnaNamn();
  } catch (fel) {
    console.warn('Kartan hämtades inte om; listorna är nya.', fel);
  }
}

function element(namn, klass, text = '') {
  const ett = document.createElement(namn);
  ett.className = klass;
  ett.textContent = text;
  return ett;
}

// --- once ---

function bygg(ruta) {
  const plats = element('div', 'kartan');
  plats.setAttribute('role', 'application');
  plats.setAttribute('aria-label', 'Karta. Flytta med piltangenterna, plus och minus zoomar. Samma uppgifter står i listorna.');
  ruta.querySelector('.kartbild').replaceWith(plats);
  karta = window.L.map(plats, VYN);
  if (ruta.dataset.rutor) {
    window.L.tileLayer(ruta.dataset.rutor, { maxZoom: 17 }).addTo(karta);
    ruta.append(element('p', 'meta', `Kartbild: ${ruta.dataset.rutkalla}`));
  }
  const knappar = element('div', 'kartknappar');
  const gor = [['Närmare', () => karta.zoomIn()], ['Längre bort', () => karta.zoomOut()], ['Visa allt', visaAllt]];
  for (const [text, vad] of gor) {
    const knapp = element('button', 'knapp knapp-sekundar', text);
    knapp.type = 'button';
    knapp.addEventListener('click', vad);
    knappar.append(knapp);
  }
  const val = element('fieldset', 'kartval');
  val.append(element('legend', 'dold', 'Visa platser från'));
  ruta.append(knappar, val);
  medTangenter(plats);
}

// What is opened by a mark gets the focus, and Escape gives it back.
function medTangenter(plats) {
  let oppnat = null;
  let fran = null;
  karta.on('popupopen', ({ popup }) => {
    oppnat = popup;
    fran = document.activeElement?.closest('.leaflet-marker-icon');
    if (fran) popup.getContent().focus({ preventScroll: true });
  });
  karta.on('popupclose', () => {
    oppnat = null;
  });
  plats.addEventListener('keydown', (h) => {
    if (h.key === 'Escape' && oppnat) {
      karta.closePopup(oppnat);
      (fran?.isConnected ? fran : plats).focus({ preventScroll: true });
    } else if (h.key === ' ' && h.target.matches('.leaflet-marker-icon')) {
      h.preventDefault();
      h.target.click();
    }
  });
}

function visaAllt() {
  if (karta.getContainer().querySelector('.leaflet-zoom-anim')) {
    // What is on its way would come last.
    karta.once('zoomend', visaAllt);
    return;
  }
  const synliga = [...lager].filter(([slug]) => !dolda.has(slug)).map(([, ett]) => ett.grupp);
  const allt = window.L.featureGroup([...[...kommuner.values()].map((en) => en.hela), ...synliga]);
  karta.fitBounds(allt.getBounds(), { animate: false, padding: [LUFT, LUFT] });
}

// The boxes of the marks that are seen, for the names to keep off.
function rutor() {
  return [...platser.values()].filter(({ slug }) => !dolda.has(slug)).map((en) => {
    const { x, y } = karta.latLngToLayerPoint(en.marke.getLatLng());
    const [dx, dy] = en.vid;
    return { x: x + dx, y: y + dy, b: MARKE, h: MARKE };
  });
}

// --- what is drawn ---

// A form, its mark, and the box that opens from either.
class Ritad {
  constructor(grupp) {
    this.ruta = element('div', 'kartinnehall');
    this.ruta.tabIndex = -1;
    this.ruta.setAttribute('role', 'group');
    this.yta = window.L.geoJSON(null, { style: () => ({ className: this.klass, weight: 1 }) });
    this.hela = window.L.featureGroup([this.yta]).bindPopup(this.ruta, { closeButton: false, maxWidth: 230 });
    this.marke = null;
    this.skrivet = '';
    this.ritat = '';
    grupp.addLayer(this.hela);
  }

  satt(form, vid = [0, 0]) {
    const skrivet = JSON.stringify([form, vid]);
    if (skrivet === this.skrivet) return;
    this.skrivet = skrivet;
    this.vid = vid;
    const ritat = JSON.stringify([form.geometry, this.klassa(form)]);
    if (ritat !== this.ritat) {
      this.ritat = ritat;
      this.klass = this.klassa(form);
      this.yta.clearLayers();
      if (form.geometry.type !== 'Point') this.yta.addData(form);
    }
    this.mark(form);
    this.skriv(this.rader(form.properties));
  }

  // Leaflet goes on with the same element when there is one, and so it keeps the focus.
  satMarke([lon, lat], html, titel) {
    const [dx, dy] = this.vid;
    const iconAnchor = [MARKE / 2 - dx, MARKE / 2 - dy];
    const icon = window.L.divIcon({ html, className: '', iconSize: [MARKE, MARKE], iconAnchor, popupAnchor: this.vid });
    this.titel = titel;
    if (this.marke) {
      medFokus(() => this.marke.setLatLng([lat, lon]).setIcon(icon));
    } else {
      this.marke = window.L.marker([lat, lon], { icon, keyboard: this.nabar, interactive: this.nabar });
      this.marke.on('add', () => this.benamn());
      this.hela.addLayer(this.marke);
    }
    this.benamn();
  }

  benamn() {
    const tecken = this.marke.getElement();
    if (!tecken) return;
    tecken.title = this.titel;
    if (this.nabar) tecken.setAttribute('aria-label', this.titel);
  }

  skriv(rader) {
    const inne = this.ruta.contains(document.activeElement) && document.activeElement !== this.ruta;
    this.ruta.replaceChildren(...rader);
    this.ruta.setAttribute('aria-label', rader[0].textContent);
    if (this.hela.isPopupOpen()) medFokus(() => this.hela.getPopup().update());
    if (inne) (this.ruta.querySelector('a') ?? this.ruta).focus({ preventScroll: true });
  }
}

class Kommun extends Ritad {
  nabar = false;

  klassa({ properties: { paverkan } }) {
    return `kommun${GRADER[paverkan] ? ` kommun-${GRADER[paverkan]}` : ''}`;
  }

  mark({ properties: { namn, paverkan, mitt } }) {
    const slag = GRADER[paverkan];
    // Below what is set out, however late it was drawn.
    this.yta.bringToBack();
    if (slag) {
      const bokstav = element('span', `kartgrad kartgrad-${slag}`, paverkan[0].toUpperCase());
      this.satMarke(mitt, bokstav, `${namn}: ${paverkan} påverkan`);
    } else if (this.marke) {
      this.hela.removeLayer(this.marke);
      this.marke = null;
    }
  }

  rader({ namn, paverkan, lank }) {
    return rader(namn, paverkan, '', lank, 'Lägesbilden', 'Ingen uppgift om påverkan.');
  }
}

class Plats extends Ritad {
  nabar = true;

  klassa({ geometry: { type } }) {
    return type === 'LineString' ? 'plats' : 'plats plats-yta';
  }

  mark({ properties: { namn, aktor, marke, mitt } }) {
    this.satMarke(mitt, element('span', 'kartmarke', marke), `${namn}, ${aktor}`);
  }

  rader({ namn, paverkan, text, lank, aktor }) {
    return rader(namn, paverkan, text, lank, aktor);
  }
}

function rader(namn, paverkan, text, lank, lanktext, annars = '') {
  const ut = [element('p', 'kartrubrik', namn)];
  const grad = paverkan ? `${paverkan[0].toUpperCase()}${paverkan.slice(1)} påverkan` : annars;
  for (const rad of [grad, text]) if (rad) ut.push(element('p', '', rad));
  if (lank) {
    const vag = element('a', '', lanktext);
    vag.href = new URL(lank, location.href).pathname;
    ut.push(vag);
  }
  return ut;
}

// Does what may take the element in focus out of the page and put it back.
function medFokus(gor) {
  const aktiv = document.activeElement;
  gor();
  if (aktiv !== document.activeElement && aktiv.isConnected) aktiv.focus({ preventScroll: true });
}

// --- each time that something is new ---

function rita(ruta, data) {
  const av = (slag) => data.features.filter((form) => form.properties.slag === slag);
  for (const form of av('kommun')) {
    const { kommun } = form.properties;
    if (!kommuner.has(kommun)) kommuner.set(kommun, new Kommun(karta));
    kommuner.get(kommun).satt(form);
  }
  const nycklade = medNycklar(av('plats'));
  ritaLager(nycklade.map(({ form }) => form.properties));
  const kvar = new Set(nycklade.map(({ nyckel }) => nyckel));
  for (const [nyckel, en] of platser) {
    if (kvar.has(nyckel)) continue;
    tappa(en.hela, () => lager.get(en.slug)?.grupp.removeLayer(en.hela));
    platser.delete(nyckel);
  }
  for (const { nyckel, form, vid } of nycklade) {
    const slug = form.properties.lager;
    if (!platser.has(nyckel)) platser.set(nyckel, Object.assign(new Plats(lager.get(slug).grupp), { slug }));
    platser.get(nyckel).satt(form, vid);
  }
  ritaVal(ruta.querySelector('.kartval'));
}

// Each place with what it is known by from one version to the next, and how far beside the spot its mark stands: those
// of a whole kommun beside its letter, several of the same spot in a row.
function medNycklar(former) {
  const antal = new Map();
  const nasta = (vad) => {
    antal.set(vad, (antal.get(vad) ?? -1) + 1);
    return antal.get(vad);
  };
  return former.map((form) => {
    const { lager: slug, namn, kommun = '', mitt } = form.properties;
    const vem = JSON.stringify([slug, namn, kommun]);
    const ordning = nasta(`på ${mitt}`) * BREDVID;
    return { form, nyckel: `${vem} ${nasta(vem)}`, vid: kommun ? [MARKE * 0.6 + ordning, -MARKE * 0.6] : [ordning, 0] };
  });
}

// What is taken away with the focus in it leaves it to the map.
function tappa(hela, taBort) {
  const aktiv = document.activeElement;
  taBort();
  hela.closePopup();
  if (aktiv !== document.body && !aktiv.isConnected) karta.getContainer().focus({ preventScroll: true });
}

function ritaLager(egenskaper) {
  const nya = new Map(egenskaper.map(({ lager: slug, aktor, marke }) => [slug, { namn: aktor, nummer: marke }]));
  for (const [slug, ett] of lager) {
    if (nya.has(slug)) continue;
    tappa(ett.grupp, () => ett.grupp.remove());
    ett.rad.remove();
    lager.delete(slug);
  }
  for (const [slug, ett] of nya) {
    if (!lager.has(slug)) {
      lager.set(slug, { grupp: window.L.featureGroup(), rad: kryssrad(slug) });
      if (!dolda.has(slug)) lager.get(slug).grupp.addTo(karta);
    }
    Object.assign(lager.get(slug), ett);
  }
}

function kryssrad(slug) {
  const rad = element('label', '');
  const kryss = element('input', '');
  kryss.type = 'checkbox';
  kryss.checked = !dolda.has(slug);
  kryss.addEventListener('change', () => visa(slug, kryss.checked));
  rad.append(kryss, element('span', 'lagermarke'), element('span', ''));
  return rad;
}

function ritaVal(val) {
  const ordnade = [...lager.values()].sort((a, b) => a.nummer - b.nummer);
  let fore = val.querySelector('legend');
  for (const { rad, namn, nummer } of ordnade) {
    const [, marke, text] = rad.children;
    if (marke.textContent !== nummer) marke.textContent = nummer;
    if (text.textContent !== namn) text.textContent = namn;
    // One that stands where it should is not moved: it would lose the focus.
    if (fore.nextElementSibling !== rad) medFokus(() => fore.after(rad));
    fore = rad;
  }
  val.hidden = !ordnade.length;
}

function visa(slug, syns) {
  if (syns) dolda.delete(slug);
  else dolda.add(slug);
  const { grupp } = lager.get(slug);
  if (syns) grupp.addTo(karta);
  else grupp.remove();
  ordnaNamn();
}
