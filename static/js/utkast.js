// Keeps what is typed in a lägesbild: on the server as a draft, and in this browser until the server has it.
// Without scripts the button 'Spara utkast' does the same.
import { aterstall, svaraFor } from "./aterstall.js";
import { sidan } from "./betrodd.js";
import { grund, iHistoriken, ordfalt, sattGrund, skrivet } from "./formfalt.js";
import { kontakt } from "./kontakt.js";
import { fyll, glom, glomKlara, minns, ritad } from "./kopior.js";
import { foljVersioner } from "./nyare.js";
import { annanTid, vaxMedTexten } from "./skrivfalt.js";
import { ejSkickat, INGEN_KONTAKT, Sparlage } from "./sparlage.js";

const SPARA_EFTER_MS = 600;
const SPARA_SENAST_MS = 2500; // who types without a pause is saved too
const KOPIA_INOM_MS = 150;
const FORSOK_IGEN_MS = [2000, 4000, 8000, 15000, 30000];
const VANTA_PA_SPARANDE_MS = 3000;
const SPARA_HOGST_MS = 30000; // a long text on a slow network
const KEEPALIVE_MAX = 60000; // Browsers refuse more than 64 KiB in a request that outlives its page.
const PREFIX = "wis-utkast:";
const TILLBAKA = "contact again"; // why what hung was given up
const UTLOGGAD_FLIK = "den lagras inte här efter utloggning";
const startade = new WeakSet();

/** Start on every form of this page that asks for it; to be called again does no harm. */
export function starta() {
  glomKlara(PREFIX, "utkastKlart");
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
    this.lage = new Sparlage(form);
    // Not what stands there now: somebody may have typed before this script came, or the browser put back what was typed.
    this.sparad = this.text(ritad(form));
    this.sparadOrd = this.lage.ritad;
    this.harSparat = false;
    this.pagaende = null;
    this.avbryt = null;
    this.obesvarad = null; // What was sent and never answered: it may have arrived.
    this.hinder = null; // Why the server has not got it, when it isn't for want of contact: { vad, gor, lank }.
    this.enhetsfel = ""; // Why not even this browser keeps it.
    this.ejSkickat = ""; // What is said to who presses a button without contact.
    this.forsok = 0;
    this.stoppad = false; // Saves no more: another tab's draft, no right to write, or somebody else is logged in.
    this.skickad = false; // The form is on its way.
    this.utloggad = false; // Somebody has logged out here: nothing is left behind.
    this.timer = 0;
    this.kopiatimer = 0;
    this.skrivet = 0; // When the last key was struck,
    this.forst = 0; // and the first that no save has taken with it.
  }

  starta() {
    this.form.addEventListener("input", () => this.andrad());
    this.form.addEventListener("change", () => this.andrad());
    // Not on the way to a button: it sends the text itself, and a status line that grows between press and release would
    // move the button away from under the finger.
    this.form.addEventListener("focusout", (handelse) => { if (!handelse.relatedTarget?.closest("button")) this.sparaNu(); });
    this.form.addEventListener("submit", (handelse) => this.skickas(handelse));
    window.addEventListener("pagehide", () => this.lamnas());
    // Back to a page that was sent, and that the browser had kept as it was.
    window.addEventListener("pageshow", (handelse) => { if (handelse.persisted) this.aterkommen(); });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.lamnas() : this.sparaNu()));
    document.addEventListener("wis:loggar-ut", (handelse) => handelse.detail.vanta(this.sparaAllt()));
    document.addEventListener("wis:utloggad", () => this.slappt());
    window.addEventListener("storage", (handelse) => { if (handelse.key === "wis-utloggad") this.slappt(); });
    kontakt.addEventListener("byte", () => this.kontaktBytt());
    kontakt.starta();
    annanTid(this.form);
    foljVersioner(this.form);
    for (const falt of this.form.querySelectorAll("textarea")) vaxMedTexten(falt);
    if (this.osparat()) this.aterfattGrund();
    svaraFor(() => this.nyckel());
    this.andrad();
    aterstall(this, `${PREFIX}${this.form.dataset.utkastNyckel}:`);
  }

  falt(namn) {
    return this.form.elements.namedItem(namn);
  }

  /** What the person has written, as one string to compare and keep. */
  text(data = new FormData(this.form)) {
    if (data.get("nasta_val") !== "annan") data.delete("nasta_tid"); // annanTid() empties its field
    return skrivet(this.form, data);
  }

  osparat() {
    return this.text() !== this.sparad;
  }

  andrad() {
    this.ejSkickat = "";
    if (!this.osparat()) return this.tillbaka();
    this.skickad = false; // Somebody who still types here has not left: the sending was stopped.
    this.minnsGrund();
    this.skrivet = performance.now();
    this.forst ||= this.skrivet;
    this.visa();
    this.kopiatimer ||= setTimeout(() => this.kopiera(), KOPIA_INOM_MS);
    if (!this.forsok) this.planera();
  }

  /** What was typed has been taken back. */
  tillbaka() {
    if (this.forst) this.glomKopia();
    this.forst = 0;
    this.visa();
  }

  /** By what the text is saved stays with it where the browser puts it back: it must not pass for a later draft's. */
  minnsGrund() {
    history.replaceState(iHistoriken(this.form), "");
  }

  aterfattGrund() {
    sattGrund(this.form, history.state?.grund, "text", "utkast");
  }

  planera() {
    const nar = Math.min(this.skrivet + SPARA_EFTER_MS, this.forst + SPARA_SENAST_MS);
    this.omEnStund(Math.max(0, nar - performance.now()));
  }

  omEnStund(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sparaNu(), ms);
  }

  // --- the server ---

  sparaNu() {
    clearTimeout(this.timer);
    if (this.stoppad || this.skickad || this.pagaende || !this.osparat()) return;
    this.sand();
    this.visa();
  }

  /** One at a time: two on their way could overtake each other. */
  sand(keepalive = false) {
    const att = keepalive ? this.attSpara() : this.obesvarad ?? this.attSpara();
    if (att !== this.obesvarad) this.forst = 0;
    this.obesvarad = att;
    const denna = this.skicka(att, keepalive)
      .then((svar) => this.besvarad(svar, att))
      .catch((fel) => { if (fel !== TILLBAKA) return this.utanSvar(); })
      .finally(() => {
        if (this.pagaende !== denna) return;
        this.pagaende = null;
        if (!this.forsok && this.osparat()) this.planera();
      });
    this.pagaende = denna;
    return denna;
  }

  attSpara() {
    return { text: this.text(), par: [...new FormData(this.form)] };
  }

  skicka(att, keepalive) {
    const kropp = new URLSearchParams(att.par);
    const token = this.falt("csrf_token").value;
    kropp.set("csrf_token", token); // of a new login, perhaps
    const avbryt = new AbortController();
    this.avbryt = avbryt;
    const ur = setTimeout(() => avbryt.abort(), SPARA_HOGST_MS);
    return fetch(this.form.dataset.utkast, {
      method: "POST",
      body: kropp,
      keepalive,
      signal: avbryt.signal,
      credentials: "same-origin",
      headers: { Accept: "application/json", "X-CSRFToken": token },
    }).finally(() => clearTimeout(ur));
  }

  async besvarad(svar, att) {
    if (svar.status >= 500) return this.utanSvar();
    const besked = await svar.json();
    kontakt.horde();
    this.obesvarad = null;
    if (svar.ok) return this.arSparat(besked, att.text);
    this.kopiera();
    if (svar.status === 401) return this.arUtloggad();
    if (svar.status === 400) return this.gammalToken(besked);
    if (svar.status === 409) return this.krock(besked);
    return this.nekad(besked);
  }

  arSparat(svar, text) {
    this.forsok = 0;
    if (svar.revision < Number(this.falt("revision").value)) return; // Late: a newer save has been answered already.
    this.hinder = null;
    this.utloggad = false; // logged in again
    this.sparad = text;
    this.harSparat = true;
    this.sparadOrd = `Sparat ${svar.sparad}`;
    this.falt("revision").value = svar.revision;
    this.minnsGrund();
    this.form.dataset.lagesbild = svar.lagesbild;
    if (!this.osparat()) this.form.dispatchEvent(new CustomEvent("wis:utkast-sparat", { bubbles: true }));
    if (!this.osparat()) this.glomKopia();
    this.visa();
  }

  /** Nobody answered, or what answered was no server of ours: whether there is contact is asked apart. */
  async utanSvar() {
    this.kopiera();
    await kontakt.prova();
    this.forsokIgen();
  }

  kontaktBytt() {
    if (!kontakt.borta) {
      this.avbryt?.abort(TILLBAKA); // it hangs since before; what it carried is sent again, and counts once
      this.forsok = 0;
      this.ejSkickat = "";
      if (this.osparat()) this.omEnStund(0);
    } else {
      this.kopiera();
    }
    this.visa();
  }

  hindras(vad, gor, lank) {
    this.hinder = { vad, gor, lank };
    this.visa();
  }

  arUtloggad() {
    const href = `/logga-in?nasta=${encodeURIComponent(location.pathname)}`;
    this.forsokIgen();
    this.hindras("Du är utloggad", "Logga in igen och kom tillbaka hit: då sparas texten.", { href, text: "Logga in" });
  }

  krock(svar) {
    if (svar.kod === "bytt_aktor") {
      this.forsokIgen();
      this.hindras(`Du agerar nu för ${svar.aktor}`, "Byt tillbaka i en annan flik, så sparas texten.");
      return;
    }
    this.stoppad = true;
    this.hindras(`En annan flik eller enhet sparade utkastet ${svar.sparad}`, "Tryck på Spara utkast för att se båda texterna: inget skrivs över.");
  }

  nekad(svar) {
    this.stoppad = true;
    this.hindras((svar.fel ?? "Servern sa nej").replace(/\.$/, ""), [svar.forklaring, svar.gor].filter(Boolean).join(" "));
  }

  forsokIgen() {
    this.omEnStund(FORSOK_IGEN_MS[Math.min(this.forsok, FORSOK_IGEN_MS.length - 1)]);
    this.forsok += 1;
    this.visa();
  }

  /** Logged out in another tab, or logged in anew there: then this page needs the new login's token. */
  async gammalToken(nej) {
    const svar = await fetch(this.form.action, { signal: AbortSignal.timeout(SPARA_HOGST_MS), credentials: "same-origin", headers: { Accept: "text/html" } });
    if (svar.redirected) return this.arUtloggad();
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
    this.hindras("Någon annan är inloggad i den här webbläsaren nu, eller du agerar för en annan aktör", "Logga in som förut och öppna sidan igen, så är texten kvar.");
  }

  /** A save under way must not come after the publication and leave a draft behind: wait for it, then send. */
  skickas(handelse) {
    clearTimeout(this.timer);
    this.kopiera();
    if (!this.pagaende && !kontakt.borta) {
      this.skickad = true;
      return;
    }
    handelse.preventDefault();
    this.skickasStrax(handelse.submitter);
  }

  /** Into a dead connection nothing is sent: the page, with all that is in it, would be gone. */
  async skickasStrax(knapp) {
    if (kontakt.borta && !(await kontakt.nas())) {
      this.ejSkickat = ejSkickat(knapp);
      this.visa();
      return;
    }
    await Promise.race([this.pagaende, new Promise((klar) => setTimeout(klar, VANTA_PA_SPARANDE_MS))]);
    this.pagaende = null;
    clearTimeout(this.timer);
    this.form.requestSubmit(knapp);
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

  /** Before logging out: what can be saved is, and what can't is kept here, to be asked about. */
  async sparaAllt() {
    await this.pagaende;
    if (this.osparat() && !this.stoppad && !kontakt.borta) await this.sand();
    await this.kopiera();
  }

  slappt() {
    this.utloggad = true;
    this.enhetsfel = UTLOGGAD_FLIK;
    this.glomKopia();
    this.visa();
  }

  // --- this browser ---

  nyckel() {
    return `${PREFIX}${this.form.dataset.utkastNyckel}:${this.falt("nyckel").value}`;
  }

  async kopiera() {
    clearTimeout(this.kopiatimer);
    this.kopiatimer = 0;
    if (!this.osparat()) return;
    const kopia = { tid: Date.now(), text: this.text(), ord: ordfalt(this.form), grund: grund(this.form), adress: this.form.dataset.utkast };
    this.enhetsfel = this.utloggad ? UTLOGGAD_FLIK : await minns(this.nyckel(), kopia);
    this.visa();
  }

  glomKopia() {
    clearTimeout(this.kopiatimer);
    this.kopiatimer = 0;
    glom(this.nyckel());
  }

  taFram(kopia) {
    fyll(this.form, kopia.text, kopia.ord);
    // What it was written on: if that is not the latest any more, publishing will show both texts.
    sattGrund(this.form, kopia.grund, "text");
    this.form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- the page ---

  visa() {
    if (this.ejSkickat) {
      this.lage.oroa(this.ejSkickat);
      return;
    }
    if (!this.osparat()) {
      if (kontakt.borta) this.lage.utanKontakt();
      else this.lage.sparat(this.sparadOrd, this.harSparat ? "sparat" : "");
      return;
    }
    const tyst = this.forsok ? { vad: "Servern tog inte emot texten", gor: "Skriv vidare: nya försök görs av sig själva." } : null;
    const skal = this.hinder ?? (kontakt.borta ? INGEN_KONTAKT : tyst);
    if (skal) this.lage.endast(skal, this.enhetsfel);
    else this.lage.sparas();
  }
}

starta();
