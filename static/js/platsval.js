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
  const [lanet] = await Promise.all([hamta('/karta/lan.geojson'), import('../vendor/leaflet.js'), ...stilar]);
  ruta = new Ruta(lanet);
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

class Ruta {
  constructor(lanet) {
    this.punkter = [];
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
    this.namnge(lanet, karta);
    this.lager = window.L.featureGroup().addTo(karta);
    karta.on('click', (h) => this.lagg(h.latlng));
    this.plats.append(skapa('span', 'kartkors', '+'));
    return karta;
  }

  // Names where there is room for them.
  namnge(lanet, karta) {
    for (const form of lanet.features) {
      const icon = window.L.divIcon({ html: skapa('span', 'kartnamn', form.properties.namn), className: '', iconSize: [0, 0] });
      window.L.marker(window.L.geoJSON(form).getBounds().getCenter(), { icon, interactive: false, keyboard: false }).addTo(karta);
    }
    karta.on('zoomend', () => this.plats.classList.toggle('nara', karta.getZoom() >= 9));
  }

  get valt() {
    return this.slag.find((ett) => ett.checked).value;
  }

  visa(falt) {
    this.falt = falt;
    this.punkter = [];
    this.dialog.showModal();
    this.karta.invalidateSize();
    this.karta.fitBounds(LANET, { animate: false });
    this.rita();
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
