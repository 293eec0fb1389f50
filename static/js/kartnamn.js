// The names of the kommuner on a map, where there is room for them: none covers another, a kommun's sign, or a place.
const TECKEN = 20; // px from the middle of a sign to its edge, at the most: larger ones hold their name

const krockar = (a, b) => Math.abs(a.x - b.x) < (a.b + b.b) / 2 && Math.abs(a.y - b.y) < (a.h + b.h) / 2;

function skylta(karta, form) {
  const skylt = document.createElement('span');
  skylt.className = 'kartnamn';
  skylt.textContent = form.properties.namn;
  skylt.setAttribute('aria-hidden', 'true');
  const [lon, lat] = form.properties.mitt;
  const icon = window.L.divIcon({ html: skylt, className: '', iconSize: [0, 0] });
  window.L.marker([lat, lon], { icon, interactive: false, keyboard: false, zIndexOffset: -10000 }).addTo(karta);
  return { skylt, mitt: window.L.latLng(lat, lon), granser: window.L.geoJSON(form).getBounds(), form };
}

// Where a name may stand from the middle of its kommun, the best first: in it, below, above, to the right, to the left.
function* lagen({ ruta, hela, bokstav }, { b, h }) {
  if (!bokstav && hela.h > 2 * h) yield [0, 0];
  const [upp, ut] = [(ruta.h + h) / 2 + 1, (ruta.b + b) / 2 + 1];
  yield* [[0, upp], [0, -upp], [ut, 0], [-ut, 0]];
}

const inom = ({ x, y }, { min, max }) => x >= min.x && x <= max.x && y >= min.y && y <= max.y;
const ryms = ({ x, y, b, h }, vy) => inom({ x: x - b / 2, y: y - h / 2 }, vy) && inom({ x: x + b / 2, y: y + h / 2 }, vy);

// What is seen of the map, in layer points.
function synligt(karta) {
  const min = karta.containerPointToLayerPoint([0, 0]);
  return { min, max: min.add(karta.getSize()) };
}

function matt(karta, { mitt, granser }) {
  const [a, b] = [karta.latLngToLayerPoint(granser.getNorthWest()), karta.latLngToLayerPoint(granser.getSouthEast())];
  const { x, y } = karta.latLngToLayerPoint(mitt);
  const hela = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, b: b.x - a.x, h: b.y - a.y };
  const ruta = { x, y, b: Math.min(hela.b, 2 * TECKEN), h: Math.min(hela.h, 2 * TECKEN) };
  return { hela, ruta, granser: { min: a, max: b } };
}

// Where there is room for the name of `en`: how far from the middle, and the box that it takes. Null for nowhere.
function finnPlats(en, andra, tagna, vy) {
  // In its own kommun it keeps off the middle of others, outside it off all of them: it would be taken for theirs.
  const iVagen = (ruta) => andra.map((annan) => (inom(ruta, en.granser) ? annan.ruta : annan.hela));
  const syns = (ruta) => !inom(en.ruta, vy) || ryms(ruta, vy);
  for (const lage of lagen(en, en.storlek)) {
    const ruta = { x: en.ruta.x + lage[0], y: en.ruta.y + lage[1], ...en.storlek };
    if (syns(ruta) && ![...tagna, ...iVagen(ruta)].some((tagen) => krockar(ruta, tagen))) return { lage, ruta };
  }
  return null;
}

// `platser` gives the boxes ({ x, y, b, h }, layer points) that are taken, `harBokstav` whether a letter stands in the
// kommun. Returns what sets the names out again: it is done by itself when the map is another size, moved or zoomed.
export function namnge(karta, former, { platser = () => [], harBokstav = () => false } = {}) {
  const alla = former.map((form) => skylta(karta, form));
  const ordna = () => {
    const matta = alla.map((en) => {
      const storlek = { b: en.skylt.offsetWidth, h: en.skylt.offsetHeight };
      return { ...en, ...matt(karta, en), storlek, bokstav: harBokstav(en.form.properties.kommun) };
    });
    const [vy, tagna] = [synligt(karta), platser()];
    for (const en of [...matta].sort((a, b) => b.bokstav - a.bokstav)) {
      const funnet = finnPlats(en, matta.filter((annan) => annan !== en), tagna, vy);
      en.skylt.classList.toggle('syns', Boolean(funnet));
      if (!funnet) continue;
      const [x, y] = funnet.lage;
      en.skylt.style.translate = `calc(-50% + ${x}px) calc(-50% + ${y}px)`;
      tagna.push(funnet.ruta);
    }
  };
  karta.on('moveend resize', ordna);
  return ordna;
}
