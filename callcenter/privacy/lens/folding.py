"""One spelling for search: what a reader takes for the same word folds to the same characters.

The truth that search is measured against is ``fold(word) in fold(field)``, field by field. Body, names and kana fold
alike, so that a word may be typed without knowing where it stands. What is folded, in this order:

1. invisible characters go (control, zero width, variation selectors of name kanji), ゛ and ゜ join their kana;
2. NFKC: full and half width, circled numbers, ㈱, Kangxi radicals of PDF texts;
3. case;
4. katakana to hiragana (ー stays; ヵ ヶ are か け), kanji variants of names and old forms to the usual one,
   every dash between two digits to ``-``, 〜 to ``~``;
5. white space goes beside Japanese characters (mails break lines inside words, names stand with and without a space)
   and is one space elsewhere.

The text itself is never changed: NFC alone rewrites kanji that people have in their names.
"""

import re
import unicodedata

FOLDING = 1
"""Goes up with every change of what folds: a lens made under another number is rebuilt."""

VARIANTS = (
    "高髙 崎﨑嵜 辺邉邊 沢澤 浜濵濱 徳德 柳栁桺 吉𠮷 斉齋齊斎亝⻫ 広廣 国國圀 島嶋嶌 桜櫻 真眞 恵惠 栄榮 "
    "蔵藏 瀬瀨 渕淵渊 桑桒 曽曾 富冨 峰峯 弥彌 竜龍⻯ 滝瀧 渋澁澀 寿壽 桧檜 条條 円圓 会會 学學 実實 "
    "宝寶寳 県縣 鉄鐵銕 静靜 関關 内內 黒黑 清淸 青靑⻘ 郎郞 豊豐 緒緖 昂昻 槙槇 尭堯 遥遙 瑶瑤 亜亞 "
    "浅淺 増增 巣巢 喜㐂 館舘 芦蘆 壱壹 与與 塩鹽 応應 気氣 発發 当當 駅驛 双雙 戸戶 万萬 湾灣 栃杤 "
    "児兒 団團 囲圍 図圖 園薗 声聲 売賣 変變 奥奧 嬢孃 将將 専專 岳嶽 巌巖 帯帶 庁廳 従從 徴徵 恋戀 "
    "悪惡 戦戰 払拂 抜拔 択擇 担擔 拠據 挙擧 挟挾 捜搜 掲揭 揺搖 摂攝 撃擊 数數 断斷 旧舊 昼晝 晩晚 "
    "暁曉 暦曆 枢樞 楽樂 様樣 横橫 検檢 欧歐 歩步 歯齒⻭ 歳歲 歴歷 残殘 毎每 沿㳂 涙淚 渓溪 温溫 湿濕 "
    "満滿 潜潛 焼燒 犠犧 独獨 猟獵 獣獸 画畫 畳疊 痩瘦 盗盜 砕碎 礼禮 祢禰 称稱 穂穗 穏穩 窃竊 窓窗 "
    "粋粹 糸絲⺯ 経經 絵繪 継繼 続續 総總 緑綠 縁緣 縄繩 縦縱 繊纖 聡聰 脳腦 臓臟 荘莊 薫薰 薬藥 虚虛 "
    "虫蟲 蛍螢 衛衞 装裝 覇霸 覚覺 観觀 触觸 訳譯 証證 誉譽 読讀 謡謠 譲讓 予豫 賛贊 軽輕 転轉 辞辭 "
    "逓遞 遅遲 郷鄕 酔醉 醸釀 釈釋 銭錢 鋳鑄 錬鍊 録錄 鎮鎭 閑閒 陥陷 険險 隠隱 随隨 雑雜 霊靈 頼賴 "
    "顔顏 顕顯 験驗 髄髓 鶏鷄 麦麥⻨ 麺麵 黙默 齢齡 穣穰 体體 価價 仏佛 仮假 伝傳 余餘 来來 倹儉 凛凜 "
    "剣劍 勲勳 励勵 労勞 勧勸 区區 医醫 単單 厳嚴 参參 台臺 圧壓 堕墮 塁壘 壌壤 壮壯 寝寢 対對 尽盡 "
    "届屆 属屬 峡峽 弁辨瓣辯 弐貳 弾彈 径徑 懐懷 戯戲 拝拜 拡擴 晋晉 梅楳 灯燈 炉爐 為爲 爾尓 狭狹 "
    "珍珎 瓶甁 産產 症癥 磯礒 禄祿 禅禪 秘祕 秋穐 稲稻 竈竃 籠篭 糧粮 繋繫 缶罐 翻飜 艶艷 苺莓 茎莖 "
    "蒋蔣 蝋蠟 蝉蟬 裏裡 角⻆ 閲閱 闘鬪 頬頰 餅餠 騒騷 騨驒 髪髮 鯵鰺 鴎鷗 鴬鶯 鹸鹼 麹麴 民⺠ 西⻄ "
    "長⻑ 食⻝ 鬼⻤ 黄黃⻩ 亀龜⻲ 骨⻣ 虎⻁ 月⺝ 見⻅ 車⻋ 門⻔ 風⻛ 飛⻜ 馬⻢ 魚⻥ 鳥⻦"
)
"""Groups of kanji that are read as one, the usual form first: name variants (異体字), old forms of the lists 人名用漢字
and 常用漢字, and the radicals (U+2E80 block) of PDF texts for which NFKC has no answer."""


def _table() -> dict[int, str]:
    table = {code: chr(code - 0x60) for code in [*range(0x30A1, 0x30F5), 0x30FD, 0x30FE]}
    table |= {ord("ヵ"): "か", ord("ヶ"): "け", ord("ゕ"): "か", ord("ゖ"): "け", ord("〜"): "~"}
    for group in VARIANTS.split():
        table |= {ord(other): group[0] for other in group[1:]}
    return table


_FOLDED = _table()
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff゛゜]"
)
_SOUND_MARKS = {"゛": "\u3099", "゜": "\u309a"}
_UNUSUAL = re.compile(r".?[^ぁ-ゖァ-ヺー一-鿿 -~\n、。]+", re.DOTALL)
"""A run that NFKC might change, with the character before it, to which a combining mark may belong."""
_SETTLED = re.compile(r"[ぁ-ゖァ-ヺー一-鿿 -~\n、。]")
_HYPHENS = "‐‑‒–—―−─ーｰ"
_LAST = re.compile(rf"[{''.join(map(chr, _FOLDED))}]+|\s+|(?<=[0-9])[{_HYPHENS}]+(?=[0-9])")
_CJK = "\u2e80"
_LEVEL = re.compile(r"[ぁ-ゔァ-ヴー一-鿿、。・「」！（）：？！-～0-9A-Za-z]*")
"""Text of characters that fold to one character or, beside their neighbours, to none, never to several: when it is as
long folded as raw, every character stands where it stood."""


def fold(text: str) -> str:
    """`text` as search sees it (see above). Pure; 15 µs for 250 characters."""
    text = _INVISIBLE.sub(_visible, text)
    text = _UNUSUAL.sub(_nfkc, text).casefold()
    return _LAST.sub(_last, text)


def highlight(text: str, terms: list[str]) -> list[tuple[int, int]]:
    """Where any of `terms` stands in the raw `text`: (start, end) pairs, ascending, touching ones joined."""
    folded, wanted = fold(text), [term for term in map(fold, terms) if term]
    if not any(term in folded for term in wanted):
        return []
    if len(folded) == len(text) and _LEVEL.fullmatch(text):
        spans = [(place, place + 1) for place in range(len(text))]
    else:
        folded, spans = _traced(text)
    found = set()
    for term in wanted:
        at = folded.find(term)
        while at >= 0:
            found.add((spans[at][0], spans[at + len(term) - 1][1]))
            at = folded.find(term, at + 1)
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def first_of(text: str, terms: list[str]) -> tuple[int, int] | None:
    """Where the first of `terms` stands in the raw `text`: as it is written, which is seen at once, else as folded."""
    written = [(at, at + len(term)) for term in terms if term and (at := text.find(term)) >= 0]
    return min(written) if written else next(iter(highlight(text, terms)), None)


def _visible(match: re.Match[str]) -> str:
    return _SOUND_MARKS.get(match[0], "")


def _nfkc(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _last(match: re.Match[str]) -> str:
    run = match[0]
    if run[0] in _HYPHENS and ord(run[0]) not in _FOLDED:
        return "-"
    if not run.isspace():
        return run.translate(_FOLDED)
    text, start, end = match.string, match.start(), match.end()
    inside = start > 0 and end < len(text) and text[start - 1] < _CJK and text[end] < _CJK
    return " " if inside else ""


def _traced(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and for each of its characters the (start, end) of what it came from."""
    characters: list[str] = []
    spans: list[tuple[int, int]] = []
    for position, character in enumerate(text):
        seen = _INVISIBLE.sub(_visible, character)
        if seen:
            characters.append(seen)
            spans.append((position, position + 1))
        elif spans:  # a variation selector belongs to the kanji before it
            spans[-1] = (spans[-1][0], position + 1)
    clusters, spans = _clusters(characters, spans)
    letters, spans = _spread([cluster.casefold() for cluster in clusters], spans)
    return _traced_last(letters, spans)


def _clusters(characters: list[str], spans: list[tuple[int, int]]) -> tuple[list[str], list[tuple[int, int]]]:
    """NFKC of the smallest pieces that normalise on their own."""
    raw: list[str] = []
    joined: list[tuple[int, int]] = []
    for character, span in zip(characters, spans, strict=True):
        if raw and not _SETTLED.match(character) and _composes(raw[-1], character):
            raw[-1] += character
            joined[-1] = (joined[-1][0], span[1])
        else:
            raw.append(character)
            joined.append(span)
    return [unicodedata.normalize("NFKC", piece) for piece in raw], joined


def _composes(piece: str, character: str) -> bool:
    if unicodedata.combining(unicodedata.normalize("NFKD", character)[0]):
        return True
    apart = unicodedata.normalize("NFKC", piece) + unicodedata.normalize("NFKC", character)
    return unicodedata.normalize("NFKC", piece + character) != apart


def _spread(pieces: list[str], spans: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    spread = [span for piece, span in zip(pieces, spans, strict=True) for _ in piece]
    return "".join(pieces), spread


def _traced_last(text: str, spans: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    out: list[str] = []
    kept: list[tuple[int, int]] = []
    done = 0
    for match in _LAST.finditer(text):
        start, end = match.span()
        folded = _last(match)
        out += text[done:start], folded
        kept += spans[done:start]
        if len(folded) == end - start:
            kept += spans[start:end]
        elif folded:
            kept.append((spans[start][0], spans[end - 1][1]))
        done = end
    return "".join([*out, text[done:]]), kept + spans[done:]
