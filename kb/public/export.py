"""The public site as a folder: for the ward's own web server, or to open from a disk. Made from the same rows that the
public face shows, so one place decides what is public."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.assets import FOLDER
from callcenter.config import Face
from callcenter.errors import Conflict, NotFound
from callcenter.privacy.lens.folding import fold
from kb.public import feeds, showing
from kb.public.links import Files
from kb.public.reading import Page, Reader, entries
from kb.public.store import PROGRAMME, Store

SHEETS = (
    "vendor/tokens.css",
    "css/tokens.css",
    "css/base.css",
    "css/button.css",
    "css/field.css",
    "css/notice.css",
)
ASSETS = (*SHEETS, "css/print.css", "css/public.css", "js/folder.js", "img/mark.svg", "img/chevron.svg")
INDEX = "index.js"
LIST = "files.txt"
"""Names what an export wrote, so that the next one into the same folder takes away what is public no more."""


def files(store: Store, code: str, face: Face) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder: path inside it, and what stands in it. Raises NotFound for no such programme."""
    with store.reading() as connection:
        row = connection.execute(select(PROGRAMME).where(PROGRAMME.c.code == code)).first()
        if row is None:
            raise NotFound(_("この事業の公開サイトは、まだ用意されていません。"), code="no_programme")
        reader = Reader.of(connection, row)
        pages = list(reader.pages(connection))
        pictures = {one: reader.picture(connection, uuid.UUID(one)) for one in reader.pictures}
        variants = {entry.key: entry.variants for entry in entries(connection, code)}
    yield from _listing(reader, face)
    for page in pages:
        yield from _article(reader, page, face)
    for image_id, picture in pictures.items():
        if picture:
            yield Files().picture(image_id, picture[1]), picture[0]
    yield f"assets/{INDEX}", _index(reader, pages, variants).encode()
    for name in ASSETS:
        yield f"assets/{name}", (FOLDER / name).read_bytes()
    if face.url:
        yield from _for_machines(reader, face.url)


def write(store: Store, code: str, face: Face, folder: Path) -> int:
    """Write the folder; how many files. Raises Conflict for a folder that holds anything but an earlier export."""
    known = _written_before(folder)
    written = []
    for path, content in files(store, code, face):
        target = folder / path
        if any(part.is_symlink() for part in (target, *target.parents) if part.is_relative_to(folder)):
            message = _("%(path)s は別の場所を指しています。空のフォルダーを指定してください。", path=path)
            raise Conflict(message, code="folder_not_ours")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written.append(path)
    (folder / LIST).write_text("\n".join(sorted(written)) + "\n", encoding="utf-8")
    for path in known - set(written):
        (folder / path).unlink(missing_ok=True)
    return len(written)


def _written_before(folder: Path) -> set[str]:
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    try:
        listed = set((folder / LIST).read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        listed = set()
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    if not listed or not there <= listed | {LIST}:
        message = _(
            "フォルダー %(folder)s には、書き出したもののほかのファイルがあります。", folder=str(folder)
        )
        raise Conflict(message, code="folder_in_use")
    return listed & there  # a list may name what is not ours


def _listing(reader: Reader, face: Face) -> Iterator[tuple[str, bytes]]:
    links = Files()
    home = showing.home(reader, links)
    yield "index.html", _page("home", reader, links, face, **home)
    yield "search.html", _page("folder_search", reader, links, face, categories=home["categories"])
    yield "privacy.html", _page("folder_privacy", reader, links, face)
    for category in reader.categories.values():
        values = showing.category(reader, category, Files(1))
        yield links.category(category), _page("category", reader, Files(1), face, **values)


def _article(reader: Reader, page: Page, face: Face) -> Iterator[tuple[str, bytes]]:
    values = showing.article(reader, page, Files(1))
    versions = [(Files().article(page.listed), False)]
    if page.easy:
        versions.append((Files().easy(page.listed), True))
    for path, is_easy in versions:
        yield path, _page("article", reader, Files(1), face, **values, is_easy=is_easy)


def _page(name: str, reader: Reader, links: Files, face: Face, **values: Any) -> bytes:
    template = current_app.jinja_env.get_template(f"public/{name}.html")
    site = showing.site(reader, links, face)
    return template.render(site=site, links=links, is_folder=True, **values).encode()


def _index(reader: Reader, pages: list[Page], variants: dict[Any, Any]) -> str:
    """What the folder's search looks through: a script, for a page of a disk may fetch nothing."""
    articles = [
        {
            "url": Files().article(page.listed),
            "question": page.listed.question,
            "category": page.listed.category,
            "lead": page.lead,
            "fields": [
                fold(page.listed.question),
                fold("\n".join(variants.get(page.listed.number, ()))),
                fold(page.text + "\n" + page.listed.category),
            ],
        }
        for page in pages
    ]
    synonyms = [[fold(word) for word in group] for group in reader.synonyms]
    found = json.dumps({"articles": articles, "synonyms": synonyms}, ensure_ascii=False)
    return f"window.FAQ = {found.replace('</', '<' + chr(92) + '/')};\n"


def _for_machines(reader: Reader, url: str) -> Iterator[tuple[str, bytes]]:
    links = Files()

    def absolute(path: str) -> str:
        return f"{url}/{path}"

    yield "changes.atom", feeds.atom(reader, links, absolute, absolute("changes.atom"))
    yield "changes.json", feeds.json_feed(reader, links, absolute, absolute("changes.json")).encode()
    yield "sitemap.xml", feeds.sitemap([(reader, links)], absolute)
