"""The applications room's pages hang on this."""

from flask import Blueprint

pages = Blueprint("applications", __name__)
