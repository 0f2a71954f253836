"""The facts of the rules that answers stand on: what holds, since when, which answers depend on it, and their changes."""

from __future__ import annotations

import uuid
from collections import Counter
from itertools import groupby
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from callcenter.clock import today
from callcenter.db import db
from callcenter.errors import Conflict, Invalid, NotFound
from callcenter.people.labels import day, moment
from callcenter.permissions import Permission, allow
from callcenter.privacy.lens.folding import fold
from callcenter.programmes import Programme
from kb.articles.approval import sees_drafts
from kb.articles.article import Article, State
from kb.articles.content import RULE_KEY
from kb.articles.revision import ArticleRevision
from kb.finding.lists import in_doubt
from kb.pages.blueprint import pages
from kb.pages.forms_upkeep import RuleForm
from kb.upkeep.rule_facts import RuleFact, history, holding, newest


@pages.get("/faq/rules")
@allow(Permission.KB_READ)
def rules() -> str:
    """All facts of the programme chosen (the first unless said): what holds today, and how many answers stand on it."""
    programme = _programme()
    return render_template("kb/rules.html", **_listed(programme), form=_empty())


@pages.get("/faq/rules/<programme_code>/<key>")
@allow(Permission.KB_READ)
def rule(programme_code: str, key: str) -> str:
    """One fact: its versions, and the answers that stand on it."""
    return _rule_page(_programme(programme_code), key)


@pages.post("/faq/rules/<programme_code>")
@allow(Permission.RULES_WRITE)
def change_rule(programme_code: str) -> Response | tuple[str, int]:
    """Enter what a rule says from a day on; what stands on it turns 要確認 on that day."""
    programme, form = _programme(programme_code), RuleForm()
    if form.validate_on_submit():
        try:
            fact = RuleFact.change(
                programme.id,
                form.key.data.strip(),
                form.value.data,
                by=current_user._get_current_object(),
                source=form.source.data,
                name=form.name.data,
                starts_on=form.starts_on.data,
                after=form.after_number,
            )
        except Invalid as refusal:
            for field in _fields(refusal):
                form.refuse(field, refusal.message)
        except Conflict as refusal:
            known = newest(programme.id, form.key.data.strip())
            form.after.data = str(known.version if known else 0)
            form.refuse("value", refusal.message)
            return _with_form(programme, form), 409
        else:
            _say(fact)
            return redirect(url_for("kb.rule", programme_code=programme.code, key=fact.key), 303)
    return _with_form(programme, form), form.status


def _fields(refusal: Invalid) -> list[str]:
    named = refusal.facts.get("fields")
    return named if isinstance(named, list) else ["value"]


def _say(fact: RuleFact) -> None:
    count = len(_dependents(fact.programme_id, fact.key))
    if fact.starts_on > today():
        text = _(
            "規則の変更を記録しました。%(day)sに、関わる記事（%(count)d件）が要確認になります。",
            day=day(fact.starts_on),
            count=count,
        )
    else:
        text = _("規則の変更を記録しました。関わる記事（%(count)d件）が要確認になりました。", count=count)
    flash(text, "good")


def _with_form(programme: Programme, form: RuleForm) -> str:
    if newest(programme.id, (form.key.data or "").strip()):
        return _rule_page(programme, form.key.data.strip(), form)
    return render_template("kb/rules.html", **_listed(programme), form=form)


def _rule_page(programme: Programme, key: str, form: RuleForm | None = None) -> str:
    versions = history(programme.id, key) if RULE_KEY.fullmatch(key) else []
    if not versions:
        raise NotFound(_("この規則はありません。"))
    now, last = holding(versions, today()), versions[0]
    doubtful = frozenset(in_doubt([programme.id]))
    return render_template(
        "kb/rule.html",
        programme=programme,
        rule=_row(last, now),
        versions=[_version(one, one is now) for one in versions],
        articles=[
            {
                "url": url_for("kb.article", article_id=row.id),
                "number": f"F-{row.number}",
                "question": row.question,
                "in_doubt": row.revision_id in doubtful,
            }
            for row in _dependents(programme.id, key)
        ],
        form=form
        or RuleForm(
            formdata=None,
            data={"key": last.key, "name": last.name, "after": str(last.version), "starts_on": today()},
        ),
        may_write=current_user.may(Permission.RULES_WRITE),
    )


def _listed(programme: Programme) -> dict[str, Any]:
    wanted = fold(request.args.get("q", "")[:100])
    counts = Counter(key for row in _standing(programme.id) for key in row.rule_keys)
    found = []
    for key, versions in groupby(history(programme.id), key=lambda fact: fact.key):
        known = list(versions)
        row = _row(known[0], holding(known, today()))
        if wanted and not any(wanted in fold(text) for text in (key, row["name"], str(row["value"]))):
            counts.pop(key, 0)
            continue
        found.append(
            {
                **row,
                "url": url_for("kb.rule", programme_code=programme.code, key=key),
                "count": counts.pop(key, 0),
            }
        )
    return {
        "programme": programme,
        "programmes": [
            {
                "label": one.name,
                "url": url_for("kb.rules", programme=one.code),
                "current": one.id == programme.id,
            }
            for one in _programmes()
        ],
        "listed": found,
        "wanted": request.args.get("q", "")[:100],
        "unknown": [] if wanted else sorted(counts),
        "may_write": current_user.may(Permission.RULES_WRITE),
    }


def _row(last: RuleFact, now: RuleFact | None) -> dict[str, Any]:
    """A fact as it holds today; `next` is what has been entered for a later day."""
    fact = now or last
    later = last if now is None or last.version > now.version else None
    return {
        "key": fact.key,
        "name": fact.name,
        "value": fact.value if now else _("まだ始まっていません"),
        "since": day(fact.starts_on) if fact.is_change and now else "",
        "next": {"value": later.value, "from": day(later.starts_on)} if later else None,
    }


def _version(fact: RuleFact, is_now: bool) -> dict[str, Any]:
    return {
        "number": fact.version,
        "value": fact.value,
        "from": day(fact.starts_on),
        "source": fact.source,
        "made": _(
            "%(who)sが%(at)sに登録",
            who=fact.made_by.name if fact.made_by else _("初期設定"),
            at=moment(fact.made_at),
        ),
        "is_now": is_now,
    }


def _dependents(programme_id: uuid.UUID, key: str) -> list[Any]:
    return [row for row in _standing(programme_id) if key in row.rule_keys]


def _standing(programme_id: uuid.UUID) -> list[Any]:
    """The answers that stand on rules: as told, else as drafted; none that is put away."""
    number = func.coalesce(Article.number_told(today()), Article.latest_number)
    query = (
        select(
            Article.id,
            Article.number,
            ArticleRevision.id.label("revision_id"),
            ArticleRevision.question,
            ArticleRevision.rule_keys,
        )
        .join(
            ArticleRevision, (ArticleRevision.article_id == Article.id) & (ArticleRevision.number == number)
        )
        .where(Article.programme_id == programme_id, Article.state != State.ARCHIVED)
        .order_by(Article.number)
    )
    if not sees_drafts(current_user):
        query = query.where(Article.current_number.is_not(None))
    return list(db.session.execute(query))


def _programmes() -> list[Programme]:
    query = select(Programme).where(Programme.id.in_(current_user.programme_ids)).order_by(Programme.code)
    return list(db.session.scalars(query))


def _programme(code: str | None = None) -> Programme:
    wanted = code or request.args.get("programme")
    known = [one for one in _programmes() if not wanted or one.code == wanted]
    if not known:
        raise NotFound(_("この事業はありません。"))
    return known[0]


def _empty() -> RuleForm:
    return RuleForm(formdata=None, data={"after": "0", "starts_on": today()})
