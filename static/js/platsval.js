// A place set out on a map instead of written: a button at the field opens it, taps or the cross in its middle give the
// points, and the field gets the same text as anybody can write. The map is fetched when it is asked for.
const FALT = '.rad-platser .cell:nth-of-type(2) input';
const SLAG = [['punkt', 'Punkt'], ['linje', 'Linje'], ['yta', 'Yta']];
const LANET = [[58.7, 17.2], [60.3, 19.5]];
let knapp = null;
let ruta = null;

export function starta() {
  knapp = skapa('button', 'knapp knapp-sekundar platsknapp', 'Visa karta');
  knapp.type = 'button';
  knapp.addEventListener('click', () => valj(knapp.falt));
  document.addEventListener('focusin', (h) => {
    if (h.target.matches?.(FALT)) satt(h.target);
  });
  const har = document.activeElement?.matches(FALT) ? document.activeElement : document.querySelector(FALT);
  if (har) satt(har);
}

// One button, at the row that one is in.
function satt(falt) {
  knapp.falt = falt;
  const namn = falt.closest('.rad').querySelector('input').value.trim();
  knapp.setAttribute('aria-label', `Visa karta: var ligger ${namn || 'platsen'}?`);
  falt.closest('.cell').after(knapp);
}

function skapa(namn, klass, text = '') {
  const ett = document.createElement(namn);
  ett.className = klass;
  ett.textContent = text;
  return ett;
}

async function valj(falt) {
  try {
    await forbered();
  } catch (fel) {
    console.error('Kartan gick inte att hämta.', fel);
    knapp.textContent = 'Kartan kom inte. Skriv latitud och longitud i stället.';
    return;
  }
  ruta.visa(falt);
}

async function forbered() {
  if (ruta) return;
  const stilar = ['../vendor/leaflet.css', '../css/karta.css'].map((fil) => stil(new URL(fil, import.meta.url).href));
  const delar = [hamta('/karta/lan.geojson'), import('./kartnamn.js'), import('../vendor/leaflet.js'), ...stilar];
  const [lanet, { namnge }] = await Promise.all(delar);
  ruta = new Ruta(lanet, namnge);
}

async function hamta(adress) {
  const svar = await fetch(adress, { headers: { Accept: 'application/geo+json' } });
  if (!svar.ok) throw new Error(`kartan svarade ${svar.status}`);
  return svar.json();
}

function stil(adress) {
  return new Promise((klar, fel) => {
    const lank = document.createElement('link');
    lank.rel = 'stylesheet';
    lank.nonce = document.querySelector('link[nonce]').nonce;
    lank.addEventListener('load', klar);
    lank.addEventListener('error', fel);
    lank.href = adress;
    document.head.append(lank);
  });
}

const text = (tal) => tal.toFixed(4).replace('.', ',');

// What is written in the field, if it is a place: as wis/geo/former.py reads it.
function last(skrivet) {
  const [, ord, resten] = /^\s*(punkt|linje|yta)?(.*)$/i.exec(skrivet);
  const tal = (resten.match(/-?\d+(?:[.,]\d+)?/g) ?? []).map((ett) => Number(ett.replace(',', '.')));
  if (/[^-\d.,;:\s°]/.test(resten) || tal.length < 2 || tal.length % 2) return null;
  const punkter = Array.from({ length: tal.length / 2 }, (_, i) => [tal[2 * i], tal[2 * i + 1]]);
  if (punkter.some(([lat, lon]) => lat < 50 || lat > 72 || lon < 0 || lon > 40)) return null;
  return { slag: ord?.toLowerCase() ?? (punkter.length > 1 ? 'linje' : 'punkt'), punkter };
}

class Ruta {
  constructor(lanet, namnge) {
    this.punkter = [];
    this.lanet = lanet;
    this.dialog = skapa('dialog', 'kartdialog');
    this.dialog.setAttribute('aria-labelledby', 'kartdialog-rubrik');
    const rubrik = skapa('h2', '', 'Var ligger det?');
    rubrik.id = 'kartdialog-rubrik';
    this.plats = skapa('div', 'kartan');
    this.plats.setAttribute('role', 'application');
    this.plats.setAttribute('aria-label', 'Karta. Flytta med piltangenterna, plus och minus zoomar.');
    this.sagt = skapa('p', 'meta');
    this.sagt.setAttribute('role', 'status');
    const hjalp = skapa('p', 'hjalp', 'Tryck på kartan, eller flytta den så att korset ligger rätt och tryck på Sätt punkt.');
    this.dialog.append(rubrik, hjalp, this.slagval(), this.plats, this.sagt, this.knappar());
    document.body.append(this.dialog);
    this.karta = this.byggKarta(lanet);
    this.ordnaNamn = namnge(this.karta, lanet.features);
  }

  slagval() {
    const val = skapa('fieldset', 'kartval');
    val.append(skapa('legend', 'dold', 'Vad är det?'));
    this.slag = SLAG.map(([varde, namn]) => {
      const rad = skapa('label', '');
      const knapp_ = document.createElement('input');
      Object.assign(knapp_, { type: 'radio', name: 'kartdialog-slag', value: varde, checked: varde === 'punkt' });
      knapp_.addEventListener('change', () => this.rita());
      rad.append(knapp_, namn);
      val.append(rad);
      return knapp_;
    });
    return val;
  }

  knappar() {
    const rad = skapa('div', 'knapprad');
    const gor = [
      ['Sätt punkt', () => this.lagg(this.karta.getCenter()), 'knapp'],
      ['Ta bort sista', () => { this.punkter.pop(); this.rita(); }, 'knapp knapp-sekundar'],
      ['Klar', () => this.klar(), 'knapp'],
      ['Avbryt', () => this.dialog.close(), 'knapp knapp-sekundar'],
    ];
    rad.append(...gor.map(([namn, vad, klass]) => {
      const ett = skapa('button', klass, namn);
      ett.type = 'button';
      ett.addEventListener('click', vad);
      return ett;
    }));
    return rad;
  }

  byggKarta(lanet) {
    const karta = window.L.map(this.plats, { zoomControl: false, attributionControl: false, zoomSnap: 0.25 });
    window.L.geoJSON(lanet, { style: () => ({ className: 'kommun', weight: 1 }), interactive: false }).addTo(karta);
    this.lager = window.L.featureGroup().addTo(karta);
    karta.on('click', (h) => this.lagg(h.latlng));
    this.plats.append(skapa('span', 'kartkors', '+'));
    return karta;
  }

  get valt() {
    return this.slag.find((ett) => ett.checked).value;
  }

  visa(falt) {
    this.falt = falt;
    const { slag, punkter } = last(falt.value) ?? { slag: this.valt, punkter: [] };
    this.punkter = punkter;
    for (const ett of this.slag) ett.checked = ett.value === slag;
    this.dialog.showModal();
    this.karta.invalidateSize({ animate: false });
    this.visaVar(falt.value.trim().toLowerCase());
    this.ordnaNamn();
    this.rita();
  }

  // Where what is written lies, or the kommun that is named; else all of the county.
  visaVar(skrivet) {
    const kommun = this.lanet.features.find(({ properties: { namn } }) => namn.toLowerCase() === skrivet);
    const visas = this.punkter.length ? this.punkter : kommun && window.L.geoJSON(kommun).getBounds();
    if (visas) this.karta.fitBounds(visas, { animate: false, maxZoom: 12, padding: [28, 28] });
    else this.karta.fitBounds(LANET, { animate: false });
  }

  lagg(var_) {
    const punkt = [var_.lat, var_.lng];
    this.punkter = this.valt === 'punkt' ? [punkt] : [...this.punkter, punkt];
    this.rita();
  }

  rita() {
    this.lager.clearLayers();
    for (const punkt of this.punkter) this.lager.addLayer(window.L.circleMarker(punkt, { radius: 7, className: 'platspunkt', interactive: false }));
    if (this.valt !== 'punkt' && this.punkter.length > 1) {
      const form = this.valt === 'yta' ? window.L.polygon : window.L.polyline;
      this.lager.addLayer(form(this.punkter, { className: this.valt === 'yta' ? 'plats plats-yta' : 'plats', interactive: false }));
    }
    this.sagt.textContent = this.punkter.length ? this.skrivet() : 'Ingen punkt än.';
  }

  skrivet() {
    const punkter = this.punkter.map(([lat, lon]) => `${text(lat)} ${text(lon)}`).join('; ');
    return this.valt === 'punkt' ? punkter : `${this.valt} ${punkter}`;
  }

  klar() {
    const minst = { punkt: 1, linje: 2, yta: 3 }[this.valt];
    if (this.punkter.length < minst) {
      this.sagt.textContent = `Sätt ut minst ${minst} ${minst === 1 ? 'punkt' : 'punkter'}, eller avbryt.`;
      return;
    }
    this.falt.value = this.valt === 'punkt' ? this.skrivet().split('; ').at(-1) : this.skrivet();
    this.falt.dispatchEvent(new Event('input', { bubbles: true }));
    this.falt.dispatchEvent(new Event('change', { bubbles: true }));
    this.dialog.close();
    this.falt.focus();
  }
}
