"""The people room's pages hang on this."""

from flask import Blueprint

pages = Blueprint("people", __name__)
