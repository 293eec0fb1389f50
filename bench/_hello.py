"""The limit for an application under the same server: Flask that says one line, with no database and no template."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """One line."""
    return "Hello, World!"
