"""Every way into the application, and by which verb of the matrix it is tried; or why it needs no right.

A new route or socket event must be put here, with a thought about it.
"""

OPPEN, INLOGGAD = "open to everybody", "one's own account, or what is one's own: any login"
GENOM_GRINDEN = {OPPEN, INLOGGAD}
OBSERVERAD = "a list: what is in it is observed, thing by thing"
AVGOR = "as one who follows it, and then as one who publishes there: tests/web/test_utskick_sida.py"
FORSLAGET = "judged by the proposal's own row: tests/web/test_tvaperson.py"
ANTECKNINGEN = "judged by the entry's own row: tests/web/test_anteckningar.py"
FORBERETT = "what the actor has prepared, for itself alone: tests/web/test_typhandelser.py"
LOVET = "judged by the row of what is asked: tests/web/test_samlad_kallor.py"
ATGARDEN = "judged by the measure's own row: tests/web/test_paverkan.py"
BEGARAN = "judged by whom the begäran is put to, and who reads its answers: tests/web/test_begaran.py"
SVARSLANKEN = "judged by the begäran's own row: tests/security/test_begaran_lankar.py"
GALLRINGEN = "who reads the event and administers the own actor: tests/web/test_arkiv.py"
BEVAKNINGEN = "judged by whose it is: tests/web/test_bevakning.py"
FLODET = "judged by the address's own row: tests/web/test_floden.py"
FRAGAN = "judged by the question's own row: tests/web/test_fragor*.py"

HANDELSER: dict[str, str] = {
    "GET /handelser/<slug>": "LASA",
    "GET /handelser/<slug>/tidslinje": "LASA",
    "GET /handelser/<slug>/versioner": "LASA",
    "GET /handelser/<slug>/paverkan": "LASA",
    "GET /handelser/<slug>/karta": "LASA",
    "GET /handelser/<slug>/karta.geojson": "LASA",
    "GET /handelser/<slug>/tystnad": "LASA",
    "GET /handelser/<slug>/utskick": "LASA",
    "POST /handelser/<slug>/last": "LASA",
    "POST /handelser/<slug>/lagesbild/<vem>/last": "LASA",
    "GET /handelser/<slug>/begaran": "LASA",
    "GET /handelser/<slug>/statistik": "LASA",
    "GET /handelser/<slug>/statistik.csv": "LASA",
    "GET /underrattelser": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/dela": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/cap.xml": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/platser.geojson": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/nyckeltal": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/nyckeltal.csv": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/pdf": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/"
    "<any(ledning, kommunikator, upplasning, sms):utgava>": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/bilagor/<int:bilaga_id>/<namn>": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/bilagor/<int:bilaga_id>/forhandsbild": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/versioner/<int:nummer>/sedan/<int:fran>": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/jamfor": "LASA",
    "GET /handelser/<slug>/lagesbild/<vem>/jamfor/<int:a>/<int:b>": "LASA",
    "GET /underrattelser/<int:id>": "LASA",
    "GET /underrattelser/<int:id>/cap.xml": "LASA",
    "GET /underrattelser/<int:id>/pdf": "LASA",
    "GET /handelser/<slug>/enfil": "LASA",
    "POST /handelser/<slug>/enfil": "LASA",
    "POST /handelser/<slug>/pdf": "LASA",
    "GET /n/<int:utskick_id>": "LASA",
    "POST /utskick/<int:id>/kvittera": "LASA",
    "GET /handelser/ny": "OPPNA_HANDELSE",
    "POST /handelser/ny": "OPPNA_HANDELSE",
    "GET /handelser/<slug>/redigera": "ANDRA_HANDELSE",
    "POST /handelser/<slug>/redigera": "ANDRA_HANDELSE",
    "GET /handelser/<slug>/lage": "ANDRA_LAGE",
    "POST /handelser/<slug>/lage": "ANDRA_LAGE",
    "GET /handelser/<slug>/arkiv": "BJUDA_GAST",
    "POST /handelser/<slug>/arkiv": "BJUDA_GAST",
    "GET /handelser/<slug>/gaster": "BJUDA_GAST",
    "POST /handelser/<slug>/gaster": "BJUDA_GAST",
    "POST /handelser/<slug>/gaster/<int:medlemskap_id>/avsluta": "BJUDA_GAST",
    "GET /handelser/<slug>/be-om-lasratt": "BE_OM_LASRATT",
    "POST /handelser/<slug>/be-om-lasratt": "BE_OM_LASRATT",
    "GET /underrattelser/<int:id>/be-om-lasratt": "BE_OM_LASRATT",
    "POST /underrattelser/<int:id>/be-om-lasratt": "BE_OM_LASRATT",
    "GET /visa-som": "VISA_SOM",
    "POST /visa-som": "VISA_SOM",
    "POST /handelser/<slug>/visa-som-utkast": "VISA_SOM",
    "GET /handelser/<slug>/lagesbild/samlad/sammanstall": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/samlad/sammanstall": "SKRIVA",
    "GET /handelser/<slug>/lagesbild/<vem>/skriv": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/skriv": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/utkast": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/narvaro": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/granska": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/bilagor": "SKRIVA",
    "GET /handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/<namn>": "SKRIVA",
    "GET /handelser/<slug>/lagesbild/<vem>/utkast/bilagor/<int:bilaga_id>/forhandsbild": "SKRIVA",
    "GET /handelser/<slug>/lagesbild/<vem>/kasta": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/kasta": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/utkast/<int:utkast_id>/ta-over": "SKRIVA",
    "POST /handelser/<slug>/forhandsvisa": "SKRIVA",
    "POST /handelser/<slug>/anteckningar": "SKRIVA",
    "POST /handelser/<slug>/lagesbild/<vem>/oforandrat": "PUBLICERA",
    "POST /handelser/<slug>/underrattelser/granska": "PUBLICERA",
    "GET /handelser/<slug>/underrattelser/ny": "PUBLICERA",
    "GET /handelser/<slug>/tystnad/paminn": "PUBLICERA",
    "POST /handelser/<slug>/tystnad/paminn": "PUBLICERA",
    "POST /handelser/<slug>/underrattelser/ny": "PUBLICERA",
    "GET /underrattelser/<int:id>/ratta": "PUBLICERA",
    "POST /underrattelser/<int:id>/ratta": "PUBLICERA",
    "GET /handelser/<slug>/lagesbild/<vem>/lasratt": "ANDRA_LASRATT",
    "POST /handelser/<slug>/lagesbild/<vem>/lasratt": "ANDRA_LASRATT",
    "GET /underrattelser/<int:id>/lasratt": "ANDRA_LASRATT",
    "POST /underrattelser/<int:id>/lasratt": "ANDRA_LASRATT",
    "GET /utskick/<int:id>": "SE_UTSKICK",
    "GET /utskick/<int:id>/leveranser.csv": "SE_UTSKICK",
    "POST /utskick/<int:id>/skicka-igen": "SE_UTSKICK",
    "POST /utskick/<int:id>/kom-fram": "SE_UTSKICK",
}
_AKTORENS = {
    "GET": "arkiv anvandare anvandare.csv anvandare/bjud-in anvandare/importera behorigheter genomgang misslyckade "
    "tva-personer funktioner funktioner/ny funktioner/<int:id> anvandare/<int:medlemskap_id> "
    "mallar mallar/<vilken> mallar/<vilken>/andra mallar/<vilken>/versioner/<int:nummer> "
    "begaranmallar begaranmallar/ny begaranmallar/<int:id> "
    "anvandare/<int:medlemskap_id>/kontrollera",
    "POST": "arkiv anvandare/bjud-in anvandare/importera genomgang/starta genomgang/signera "
    "genomgang/<int:medlemskap_id>/behall genomgang/<int:medlemskap_id>/stang-av genomgang/<int:medlemskap_id>/angra "
    "anvandare/<int:medlemskap_id> anvandare/<int:medlemskap_id>/stang-av anvandare/<int:medlemskap_id>/slapp-in "
    "anvandare/<int:medlemskap_id>/skicka-lank anvandare/<int:medlemskap_id>/handelseroller "
    "anvandare/<int:medlemskap_id>/handelseroller/<int:roll_id>/ta-bort "
    "anvandare/<int:medlemskap_id>/nollstall-faktor "
    "mallar/<vilken>/andra mallar/<vilken>/bruk mallar/<vilken>/ga-tillbaka "
    "begaranmallar/ny begaranmallar/<int:id> begaranmallar/<int:id>/ta-bort "
    "tva-personer funktioner/ny funktioner/<int:id> funktioner/<int:id>/lagg-ned",
}
_KANAL = "/<any(sms, epost):kanal>"
_KANALENS = (_KANAL, f"{_KANAL}/kod", f"{_KANAL}/ny-kod", f"{_KANAL}/angra-byte", f"{_KANAL}/ta-bort")
AKTORER: dict[str, str] = {
    **{f"{metod} /aktorer/<slug>/{slut}": "ADMINISTRERA" for metod, alla in _AKTORENS.items() for slut in alla.split()},
    **{f"POST /funktioner/<int:id>/notiser{slut}": "ADMINISTRERA" for slut in ("", *_KANALENS)},
    "GET /funktioner/<int:id>/notiser": "ADMINISTRERA",
    "POST /funktioner/<int:id>/utse": "ADMINISTRERA",
    "GET /funktioner/<int:id>": "GA_I_TJANST",
    "POST /funktioner/<int:id>/ga-pa": "GA_I_TJANST",
    "POST /funktioner/<int:id>/ga-av": "GA_I_TJANST",
}
UTAN_VERB: dict[str, str] = {
    "GET /": OBSERVERAD,
    "GET /handelser": OBSERVERAD,
    "GET /sok": OBSERVERAD,
    "GET /nytt": OBSERVERAD,
    "POST /nytt/last": INLOGGAD,
    "GET /regionen": OBSERVERAD,
    "GET /aktorer/<slug>/statistik": OBSERVERAD,
    "GET /fragor": INLOGGAD,
    "POST /fragor/stall": INLOGGAD,
    "POST /fragor/be-om-lasratt": INLOGGAD,
    "POST /fragor/<int:id>/svara": FRAGAN,
    "GET /anteckningar/<int:id>": ANTECKNINGEN,
    "POST /anteckningar/<int:id>/stryk": ANTECKNINGEN,
    **{
        f"POST /handelser/<slug>/begaran/<int:id>/lankar/<int:mottagare_id>/{slut}": SVARSLANKEN
        for slut in ("ny", "dra-tillbaka")
    },
    "GET /handelser/<slug>/begaran/ny": BEGARAN,
    "POST /handelser/<slug>/begaran/ny": BEGARAN,
    **{f"GET /handelser/<slug>/begaran/<int:id>{slut}": BEGARAN for slut in ("", "/svar.csv")},
    **{f"POST /handelser/<slug>/begaran/<int:id>/{slut}": BEGARAN for slut in ("svar", "paminn", "avsluta", "frist")},
    "GET /handelser/<slug>/gallra": GALLRINGEN,
    "POST /handelser/<slug>/gallra": GALLRINGEN,
    "GET /forslag/<int:id>": FORSLAGET,
    "GET /medgivanden/<int:id>": LOVET,
    "POST /medgivanden/<int:id>": LOVET,
    "GET /paverkan/<int:id>": ATGARDEN,
    "POST /paverkan/<int:id>": ATGARDEN,
    **{
        f"{metod} /aktorer/<slug>/typhandelser/{slut}": FORBERETT
        for metod in ("GET", "POST")
        for slut in ("ny", "<int:id>")
    },
    "GET /aktorer/<slug>/typhandelser": FORBERETT,
    "POST /aktorer/<slug>/typhandelser/<int:id>/bruk": FORBERETT,
    "POST /typhandelser/<int:id>/oppna": FORBERETT,
    "GET /handelser/<slug>/checklista": FORBERETT,
    "POST /handelser/<slug>/checklista": FORBERETT,
    **{f"POST /forslag/<int:id>/{slut}": FORSLAGET for slut in ("godkann", "tillbaka", "aterkalla")},
    "GET /handelser/<slug>/lagesbild/<vem>/forslag/<int:forslag_id>/bilagor/<int:bilaga_id>/<namn>": FORSLAGET,
    **{f"POST /utskick/<int:id>/{slut}": AVGOR for slut in ("angra", "skicka-nu", "skicka-anda")},
    "POST /byt-aktor": INLOGGAD,
    "POST /visa-som/sluta": INLOGGAD,
    "GET /mina-notiser": INLOGGAD,
    "POST /mina-notiser": INLOGGAD,
    **{f"POST /mina-notiser{slut}": INLOGGAD for slut in _KANALENS},
    **{f"POST /mina-notiser/push{slut}": INLOGGAD for slut in ("", "/byt", "/prov", "/<int:id>/ta-bort")},
    **{
        f"{metod} /mitt-konto/{slut}": INLOGGAD
        for metod, slut in (
            ("GET", "bekrafta"),
            ("POST", "bekrafta"),
            ("GET", "inloggningar"),
            ("POST", "inloggningar/<int:inloggning_id>/avsluta"),
            ("POST", "inloggningar/avsluta-andra"),
            ("GET", "losenord"),
            ("POST", "losenord"),
            ("GET", "roll"),
            ("POST", "roll"),
            ("GET", "sakerhet"),
            ("GET", "sakerhet/app"),
            ("POST", "sakerhet/app"),
            ("GET", "sakerhet/koder"),
            ("POST", "sakerhet/koder"),
            ("POST", "sakerhet/passkey"),
            ("POST", "sakerhet/ta-bort"),
        )
    },
    "GET /bevakningar": INLOGGAD,
    **{f"{metod} /bevakningar/{slut}": INLOGGAD for metod in ("GET", "POST") for slut in ("ny", "omrade")},
    **{f"{metod} /bevakningar/<int:id>": BEVAKNINGEN for metod in ("GET", "POST")},
    "POST /bevakningar/<int:id>/ta-bort": BEVAKNINGEN,
    "GET /floden": INLOGGAD,
    "POST /floden": INLOGGAD,
    "POST /floden/<int:id>/aterkalla": FLODET,
    "GET /installningar": INLOGGAD,
    "POST /installningar": INLOGGAD,
    "GET /glomt-losenord": OPPEN,
    "POST /glomt-losenord": OPPEN,
    "GET /halsa/live": OPPEN,
    "GET /utdrag/<token>": OPPEN,
    **{f"GET /flode/<token>{slut}": OPPEN for slut in ("", "/handelser/<slug>", "/aktorer/<slug>")},
    "GET /svar/<token>": OPPEN,
    "POST /svar/<token>": OPPEN,
    "GET /halsa/redo": OPPEN,
    # By a tag or a signature that only whom we gave it to has, and by the machine or a key.
    "POST /kvitto/46elks/<tagg>": OPPEN,
    "POST /kvitto/studs": OPPEN,
    "GET /matt": OPPEN,
    "GET /konto/<token>": OPPEN,
    "POST /konto/<token>": OPPEN,
    "GET /hjalp": OPPEN,
    "GET /tillganglighet": OPPEN,
    "GET /karta/lan.geojson": OPPEN,
    "GET /manifest.webmanifest": OPPEN,
    "GET /natlos": OPPEN,
    "GET /sw.js": OPPEN,
    "GET /logga-in": OPPEN,
    "POST /logga-in": OPPEN,
    "GET /logga-in/faktor": OPPEN,
    "POST /logga-in/faktor": OPPEN,
    "POST /logga-in/faktor/klar": OPPEN,
    "GET /logga-in/faktor/ny": OPPEN,
    "POST /logga-in/faktor/ny": OPPEN,
    "POST /logga-ut": OPPEN,
    "GET /static/<path:filename>": OPPEN,
    "GET /utkorg": OPPEN,
}
MED_VERB = HANDELSER | AKTORER
RUTTER = MED_VERB | UTAN_VERB

UTTAG = {"connect": "who is logged in and reads something", "disconnect": "whoever was connected"}
"""What a client's socket may say; there is nothing else that is listened to."""
SANT = {"andring": "LASA of what it tells of", "nummer": "LASA of the event that the page is of"}
"""What is sent to sockets."""
