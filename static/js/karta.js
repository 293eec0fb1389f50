// The map to move about in, with a layer for each actor. Without this the same map stands still as a picture; either way
// all of it is in the lists beside. Leaflet may make no HTML of text here, so everything is handed to it as elements.
const GRADER = { ingen: 'ingen', måttlig: 'mattlig', betydande: 'betydande', allvarlig: 'allvarlig', kritisk: 'kritisk' };
const VYN = { zoomControl: false, attributionControl: false, zoomSnap: 0.25, scrollWheelZoom: false, fadeAnimation: false };
let karta = null;
let kommuner = null;
let lager = new Map(); // slug -> { namn, nummer, grupp }
const dolda = new Set();

export async function starta() {
  const ruta = document.querySelector('[data-karta]');
  const [data] = await Promise.all([hamta(ruta), import('../vendor/leaflet.js')]);
  bygg(ruta);
  rita(ruta, data);
  helaLanet();
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
  for (const [text, gor] of [['Närmare', () => karta.zoomIn()], ['Längre bort', () => karta.zoomOut()], ['Hela länet', helaLanet]]) {
    const knapp = element('button', 'knapp knapp-sekundar', text);
    knapp.type = 'button';
    knapp.addEventListener('click', gor);
    knappar.append(knapp);
  }
  const val = element('fieldset', 'kartval');
  val.append(element('legend', 'dold', 'Visa platser från'));
  ruta.append(knappar, val);
}

function helaLanet() {
  if (kommuner) karta.fitBounds(kommuner.getBounds(), { animate: false });
}

// --- each time that something is new ---

function rita(ruta, data) {
  kommuner?.remove();
  for (const ett of lager.values()) ett.grupp.remove();
  lager = new Map();
  const av = (slag) => data.features.filter((form) => form.properties.slag === slag);
  kommuner = window.L.featureGroup(av('kommun').flatMap(kommun)).addTo(karta);
  for (const form of av('plats')) {
    const { lager: slug, aktor, marke: nummer } = form.properties;
    if (!lager.has(slug)) lager.set(slug, { namn: aktor, nummer, grupp: window.L.featureGroup() });
    for (const del of plats(form)) lager.get(slug).grupp.addLayer(del);
  }
  for (const [slug, ett] of lager) if (!dolda.has(slug)) ett.grupp.addTo(karta);
  ritaVal(ruta.querySelector('.kartval'));
}

function kommun(form) {
  const { namn, paverkan } = form.properties;
  const slag = GRADER[paverkan];
  const yta = window.L.geoJSON(form, { style: () => ({ className: `kommun${slag ? ` kommun-${slag}` : ''}`, weight: 1 }) });
  yta.bindPopup(() => ruta(namn, paverkan, form.properties.lank, 'Lägesbilden'), { closeButton: false });
  if (!slag) return [yta];
  const bokstav = element('span', `kartgrad kartgrad-${slag}`, paverkan[0].toUpperCase());
  return [yta, marke(yta.getBounds().getCenter(), bokstav, `${namn}: ${paverkan} påverkan`, false)];
}

function plats(form) {
  const { namn, paverkan, text, lank, aktor, marke: nummer } = form.properties;
  const innehall = () => ruta(namn, paverkan, lank, aktor, text);
  const till = (ett) => ett.bindPopup(innehall, { closeButton: false });
  const tecken = () => element('span', 'kartmarke', nummer);
  if (form.geometry.type === 'Point') {
    const [lon, lat] = form.geometry.coordinates;
    return [till(marke([lat, lon], tecken(), `${namn}, ${aktor}`, true))];
  }
  const klass = form.geometry.type === 'LineString' ? 'plats' : 'plats plats-yta';
  const ritad = window.L.geoJSON(form, { style: () => ({ className: klass }) });
  return [till(ritad), till(marke(ritad.getBounds().getCenter(), tecken(), `${namn}, ${aktor}`, true))];
}

function marke(var_, html, titel, nabar) {
  const icon = window.L.divIcon({ html, className: '', iconSize: [28, 28] });
  return window.L.marker(var_, { icon, title: titel, alt: titel, keyboard: nabar, interactive: nabar });
}

function ruta(namn, paverkan, lank, lanktext, text = '') {
  const allt = element('div', '');
  allt.append(element('p', '', namn));
  allt.firstChild.style.fontWeight = '700';
  if (paverkan) allt.append(element('p', '', `${paverkan[0].toUpperCase()}${paverkan.slice(1)} påverkan`));
  if (text) allt.append(element('p', '', text));
  if (lank) {
    const vag = element('a', '', lanktext);
    vag.href = new URL(lank, location.href).pathname;
    allt.append(vag);
  }
  return allt;
}

function ritaVal(val) {
  const rader = [...lager].map(([slug, ett]) => {
    const rad = element('label', '');
    const kryss = element('input', '');
    kryss.type = 'checkbox';
    kryss.checked = !dolda.has(slug);
    kryss.addEventListener('change', () => visa(slug, kryss.checked));
    rad.append(kryss, element('span', 'lagermarke', ett.nummer), ett.namn);
    return rad;
  });
  val.replaceChildren(val.querySelector('legend'), ...rader);
  val.hidden = !rader.length;
}

function visa(slug, syns) {
  if (syns) dolda.delete(slug);
  else dolda.add(slug);
  const { grupp } = lager.get(slug);
  if (syns) grupp.addTo(karta);
  else grupp.remove();
}
