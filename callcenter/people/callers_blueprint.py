"""The callers' pages hang on this."""

from flask import Blueprint

pages = Blueprint("callers", __name__)
