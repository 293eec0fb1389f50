"""A browser in words that its owner knows again, such as 'Firefox på Windows'. Pure."""

MAX_NAMN = 80
# In this order: nearly every browser also calls itself the ones below it.
_LASARE = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEM = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chrome OS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def enhetsnamn(user_agent: str) -> str:
    """The browser and the system of a User-Agent, at most MAX_NAMN characters; never anything of the header itself."""
    lasare = next((namn for tecken, namn in _LASARE if tecken in user_agent), "Okänd webbläsare")
    system = next((namn for tecken, namn in _SYSTEM if tecken in user_agent), "")
    return f"{lasare} på {system}" if system else lasare
