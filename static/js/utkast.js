// Keeps what is typed in a lägesbild: on the server as a draft, and in this browser until the server has it.
// Without scripts the button 'Spara utkast' does the same.
import { sidan } from "./betrodd.js";
import { fyll, glom, kopior, minns, ritad, tidpunkt } from "./kopior.js";

const SPARA_EFTER_MS = 800;
const KOPIA_EFTER_MS = 200;
const FORSOK_IGEN_MS = [2000, 4000, 8000, 15000, 30000];
const VANTA_PA_SPARANDE_MS = 3000;
const SPARA_HOGST_MS = 15000;
const KEEPALIVE_MAX = 60000; // Browsers refuse more than 64 KiB in a request that outlives its page.
const PREFIX = "wis-utkast:";
const EJ_TEXT = new Set(["csrf_token", "bas", "revision", "nyckel", "slag", "handling", "visat", "tillbaka", "visa_aktor",
  "visa_roll", "visa_person", "fil"]);
const startade = new WeakSet();

/** Start on every form of this page that asks for it; to be called again does no harm. */
export function starta() {
  glomPublicerade();
  for (const form of document.querySelectorAll("form[data-utkast]")) {
    if (!startade.has(form)) {
      startade.add(form);
      new Utkast(form).starta();
    }
  }
}

class Utkast {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-sparstatus]");
    // Not what stands there now: somebody may have typed before this script came, or the browser put back what was typed.
    this.sparad = this.text(ritad(form));
    this.pagaende = null;
    this.forsok = 0;
    this.stoppad = false; // Saves no more: another tab's draft, no right to write, or somebody else is logged in.
    this.skickad = false; // The form is on its way.
    this.timer = 0;
    this.kopiatimer = 0;
  }

  starta() {
    this.erbjudKopia();
    this.form.addEventListener("input", () => this.andrad());
    this.form.addEventListener("change", () => this.andrad());
    // Not on the way to a button: it sends the text itself, and a status line that grows between press and release would
    // move the button away from under the finger.
    this.form.addEventListener("focusout", (handelse) => { if (!handelse.relatedTarget?.closest("button")) this.sparaNu(); });
    this.form.addEventListener("submit", (handelse) => this.skickas(handelse));
    window.addEventListener("pagehide", () => this.lamnas());
    // Back to a page that was sent, and that the browser had kept as it was.
    window.addEventListener("pageshow", (handelse) => { if (handelse.persisted) this.aterkommen(); });
    window.addEventListener("online", () => this.sparaNu());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.lamnas() : this.sparaNu()));
    document.addEventListener("wis:andring", (handelse) => this.hort(handelse.detail));
    document.addEventListener("wis:hamtad", (handelse) => this.ritadPaNytt(handelse.detail));
    this.annanTid();
    for (const falt of this.form.querySelectorAll("textarea")) vaxMedTexten(falt);
    if (this.osparat()) this.aterfattGrund();
    this.andrad();
  }

  falt(namn) {
    return this.form.elements.namedItem(namn);
  }

  /** What the person has written, as one string to compare and keep. */
  text(data = new FormData(this.form)) {
    const egenTid = data.get("nasta_val") === "annan"; // else annanTid() empties its field
    const skrivet = [...data].filter(([namn]) => !EJ_TEXT.has(namn) && (egenTid || namn !== "nasta_tid"));
    return new URLSearchParams(skrivet).toString();
  }

  osparat() {
    return this.text() !== this.sparad;
  }

  andrad() {
    if (!this.osparat()) return;
    this.skickad = false; // Somebody who still types here has not left: the sending was stopped.
    this.minnsGrund();
    if (!this.stoppad) this.visa("Sparas …");
    clearTimeout(this.kopiatimer);
    this.kopiatimer = setTimeout(() => this.kopiera(), KOPIA_EFTER_MS);
    this.omEnStund(SPARA_EFTER_MS);
  }

  /** By what the text is saved stays with it where the browser puts it back: it must not pass for a later draft's. */
  minnsGrund() {
    history.replaceState({ ...history.state, bas: this.falt("bas").value, revision: this.falt("revision").value }, "");
  }

  aterfattGrund() {
    for (const namn of ["bas", "revision"]) this.falt(namn).value = history.state?.[namn] ?? this.falt(namn).value;
  }

  omEnStund(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sparaNu(), ms);
  }

  // --- the server ---

  sparaNu() {
    clearTimeout(this.timer);
    if (this.stoppad || this.skickad || !this.osparat()) return;
    if (this.pagaende) {
      this.omEnStund(SPARA_EFTER_MS);
      return;
    }
    this.visa("Sparas …");
    this.sand();
  }

  /** One at a time: two on their way could overtake each other. */
  sand(keepalive = false) {
    const text = this.text();
    const denna = this.skicka(keepalive)
      .then((svar) => this.besvarad(svar, text))
      .catch(() => this.utanKontakt())
      .finally(() => { if (this.pagaende === denna) this.pagaende = null; });
    this.pagaende = denna;
  }

  skicka(keepalive = false) {
    const kropp = new URLSearchParams(new FormData(this.form));
    const token = this.falt("csrf_token").value;
    return fetch(this.form.dataset.utkast, {
      method: "POST",
      body: kropp,
      keepalive,
      signal: AbortSignal.timeout(SPARA_HOGST_MS),
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": token },
    });
  }

  async besvarad(svar, text) {
    if (svar.ok) return this.arSparat(await svar.json(), text);
    this.kopiera();
    if (svar.status === 401) return this.utloggad();
    if (svar.status === 400) return this.gammalToken(await svar.json());
    if (svar.status === 409) return this.krock(await svar.json());
    if (svar.status >= 500) return this.utanKontakt();
    return this.nekad(await svar.json());
  }

  arSparat(svar, text) {
    this.forsok = 0;
    if (svar.revision < Number(this.falt("revision").value)) return; // Late: a newer save has been answered already.
    this.sparad = text;
    this.falt("revision").value = svar.revision;
    this.minnsGrund();
    this.form.dataset.lagesbild = svar.lagesbild;
    if (this.osparat()) {
      this.omEnStund(SPARA_EFTER_MS);
    } else {
      this.glomKopia();
      this.visa(`Sparat ${svar.sparad}`, "sparat");
    }
  }

  utanKontakt() {
    this.kopiera();
    this.visa("Inte sparat: ingen kontakt med servern. Texten finns kvar i den här webbläsaren.", "fel");
    this.forsokIgen();
  }

  utloggad() {
    this.visa("Du är utloggad. Logga in i en ny flik och kom tillbaka hit: då sparas texten. Den finns kvar i den här webbläsaren.", "fel");
    this.forsokIgen();
  }

  krock(svar) {
    if (svar.kod === "bytt_aktor") {
      this.visa(`Inte sparat: du agerar nu för ${svar.aktor}. Byt tillbaka i en annan flik, så sparas texten. Den finns kvar i den här webbläsaren.`, "fel");
      this.forsokIgen();
      return;
    }
    this.stoppad = true;
    this.visa(`En annan flik sparade utkastet ${svar.sparad}. Det du skriver här sparas inte av sig självt: tryck på Spara utkast för att se båda texterna.`, "fel");
  }

  nekad(svar) {
    this.stoppad = true;
    const skal = [svar.fel, svar.forklaring, svar.gor].filter(Boolean).join(" ");
    this.visa(`Inte sparat: ${skal} Texten finns kvar i den här webbläsaren.`, "fel");
  }

  forsokIgen() {
    this.omEnStund(FORSOK_IGEN_MS[Math.min(this.forsok, FORSOK_IGEN_MS.length - 1)]);
    this.forsok += 1;
  }

  /** Logged out in another tab, or logged in anew there: then this page needs the new login's token. */
  async gammalToken(nej) {
    const svar = await fetch(this.form.action, { signal: AbortSignal.timeout(SPARA_HOGST_MS), credentials: "same-origin", headers: { Accept: "text/html" } });
    if (svar.redirected) return this.utloggad();
    const sida = sidan(await svar.text());
    const formular = sida.querySelector(`form[data-utkast="${this.form.dataset.utkast}"]`);
    if (formular && formular.dataset.utkastNyckel !== this.form.dataset.utkastNyckel) return this.nagonAnnan();
    const ny = formular?.querySelector("[name=csrf_token]");
    if (!ny || ny.value === this.falt("csrf_token").value) return this.nekad(nej);
    for (const falt of document.querySelectorAll("input[name=csrf_token]")) falt.value = ny.value;
    const meta = document.querySelector('meta[name="csrf-token"]');
    if (meta) meta.content = ny.value;
    return this.omEnStund(0);
  }

  /** The text is not theirs: it must neither be saved as their draft nor be lost. */
  nagonAnnan() {
    this.stoppad = true;
    this.visa("Inte sparat: någon annan är inloggad i den här webbläsaren nu, eller du agerar för en annan aktör. Texten finns kvar här. Logga in som förut och öppna sidan igen, så får du ta fram den.", "fel");
  }

  /** A save under way must not come after the publication and leave a draft behind: wait for it, then send. */
  skickas(handelse) {
    clearTimeout(this.timer);
    this.kopiera();
    if (!this.pagaende) {
      this.skickad = true;
      return;
    }
    handelse.preventDefault();
    const knapp = handelse.submitter;
    const nogVantat = new Promise((klar) => setTimeout(klar, VANTA_PA_SPARANDE_MS));
    Promise.race([this.pagaende, nogVantat]).then(() => {
      this.pagaende = null;
      clearTimeout(this.timer);
      this.form.requestSubmit(knapp);
    });
  }

  aterkommen() {
    this.skickad = false;
    this.sparaNu();
  }

  lamnas() {
    if (this.stoppad || this.skickad || !this.osparat()) return;
    this.kopiera();
    if (!this.pagaende && this.text().length < KEEPALIVE_MAX) this.sand(true);
  }

  // --- this browser ---

  nyckel() {
    return `${PREFIX}${this.form.dataset.utkastNyckel}:${this.falt("nyckel").value}`;
  }

  kopiera() {
    clearTimeout(this.kopiatimer);
    if (!this.osparat()) return;
    const kopia = { tid: Date.now(), bas: this.falt("bas").value, text: this.text() };
    minns(this.nyckel(), kopia);
  }

  glomKopia() {
    clearTimeout(this.kopiatimer);
    glom(this.nyckel());
  }

  erbjudKopia() {
    const ruta = document.querySelector("[data-aterstall]");
    const funna = kopior(`${PREFIX}${this.form.dataset.utkastNyckel}:`).filter(([nyckel, kopia]) => {
      if (avsnittstext(kopia.text) !== avsnittstext(this.sparad)) return true;
      glom(nyckel);
      return false;
    });
    if (!ruta || !funna.length) return;
    const [nyckel, kopia] = funna[0];
    ruta.querySelector("[data-aterstall-tid]").textContent = tidpunkt(kopia);
    ruta.querySelector("[data-aterstall-ja]").addEventListener("click", () => {
      this.taFram(kopia);
      glom(nyckel);
      ruta.hidden = true;
    });
    ruta.querySelector("[data-aterstall-nej]").addEventListener("click", () => {
      glom(nyckel);
      ruta.hidden = true;
    });
    ruta.hidden = false;
  }

  taFram(kopia) {
    fyll(this.form, kopia.text);
    // What it was written on: if that is not the latest any more, publishing will show both texts.
    this.falt("bas").value = kopia.bas;
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- the page ---

  visa(text, lage = "") {
    if (!this.status || this.status.textContent === text) return;
    this.status.textContent = text;
    this.status.dataset.lage = lage;
  }

  hort(andring) {
    if (andring?.slag === "lagesbild" && String(andring.id) === this.form.dataset.lagesbild) this.nyareVersion(andring.version);
  }

  /** The page as the server draws it now: what was published before we could hear of it. */
  ritadPaNytt(sida) {
    const farsk = sida.querySelector("form[data-utkast]")?.dataset;
    if (farsk?.utkast !== this.form.dataset.utkast) return;
    this.form.dataset.lagesbild = farsk.lagesbild; // there was none to listen for before its first draft
    this.nyareVersion(Number(farsk.senaste));
  }

  nyareVersion(nummer) {
    if (nummer <= Number(this.form.dataset.senaste)) return;
    this.form.dataset.senaste = nummer;
    const ruta = document.querySelector("[data-nyare]");
    if (!ruta) return;
    ruta.querySelector("[data-nyare-nummer]").textContent = nummer;
    ruta.hidden = false;
  }

  /** The field for a time of one's own shows only when it is asked for. */
  annanTid() {
    const del = this.form.querySelector("[data-annan-tid]");
    const tid = this.falt("nasta_tid");
    if (!del || !tid) return;
    let mindes = tid.value;
    const visa = () => {
      const egen = this.falt("nasta_val").value === "annan";
      if (egen && !tid.value) tid.value = mindes;
      if (!egen && tid.value) {
        mindes = tid.value;
        tid.value = "";
      }
      del.hidden = !egen;
    };
    visa();
    this.form.addEventListener("change", visa, { capture: true });
  }
}

/** The sections and the note alone, as the server keeps them: a suggested time says nothing of whether text was lost. */
function avsnittstext(text) {
  const par = [...new URLSearchParams(text)].filter(([namn, varde]) => !namn.startsWith("nasta_") && namn !== "krets_pa" && varde.trim());
  return JSON.stringify(par.map(([namn, varde]) => [namn, varde.replaceAll("\r\n", "\n").trim()]));
}

/** A textarea as tall as its text, where the style sheet alone can't do it. */
function vaxMedTexten(falt) {
  if (CSS.supports("field-sizing", "content")) return;
  const minst = falt.rows;
  const vax = () => {
    falt.rows = minst;
    while (falt.scrollHeight > falt.clientHeight && falt.rows < 200) falt.rows += 1;
  };
  falt.addEventListener("input", vax);
  const avsnitt = falt.closest("details");
  if (avsnitt) avsnitt.addEventListener("toggle", vax);
  vax();
}

/** A page that shows what I have published says by which form: its copy has done its work. */
function glomPublicerade() {
  for (const klart of document.querySelectorAll("[data-utkast-klart]")) {
    for (const [nyckel] of kopior(PREFIX)) {
      if (nyckel.endsWith(`:${klart.dataset.utkastKlart}`)) glom(nyckel);
    }
  }
}

starta();
