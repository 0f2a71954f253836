"""The FAQ room's pages hang on this."""

from flask import Blueprint

pages = Blueprint("kb", __name__)
