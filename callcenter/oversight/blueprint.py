"""The oversight room's pages hang on this."""

from flask import Blueprint

pages = Blueprint("oversight", __name__, url_prefix="/oversight")
