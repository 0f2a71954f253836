"""Invented names for the demo office, with the characters that real names bring: 髙 﨑 𠮷 邊 齋 濵 栁 德."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

SURNAMES = (
    ("髙橋", "タカハシ"),
    ("高橋", "タカハシ"),
    ("山﨑", "ヤマザキ"),
    ("山崎", "ヤマサキ"),
    ("𠮷田", "ヨシダ"),
    ("吉田", "ヨシダ"),
    ("渡邉", "ワタナベ"),
    ("渡邊", "ワタナベ"),
    ("渡辺", "ワタナベ"),
    ("齋藤", "サイトウ"),
    ("齊藤", "サイトウ"),
    ("斉藤", "サイトウ"),
    ("濵田", "ハマダ"),
    ("栁沢", "ヤナギサワ"),
    ("德永", "トクナガ"),
    ("澤田", "サワダ"),
    ("沢田", "サワダ"),
    ("佐々木", "ササキ"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("清水", "シミズ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("石川", "イシカワ"),
    ("前田", "マエダ"),
    ("藤田", "フジタ"),
    ("後藤", "ゴトウ"),
    ("近藤", "コンドウ"),
    ("村上", "ムラカミ"),
    ("坂本", "サカモト"),
    ("遠山", "トオヤマ"),
    ("五十嵐", "イガラシ"),
    ("長谷川", "ハセガワ"),
    ("小笠原", "オガサワラ"),
    ("東海林", "ショウジ"),
    ("鈴木", "スズキ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("山本", "ヤマモト"),
    ("加藤", "カトウ"),
    ("山口", "ヤマグチ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("柴田", "シバタ"),
    ("原", "ハラ"),
    ("グエン", "グエン"),
    ("スミス", "スミス"),
)
PARENTS = (
    ("美咲", "ミサキ"),
    ("陽子", "ヨウコ"),
    ("由佳", "ユカ"),
    ("麻衣", "マイ"),
    ("さくら", "サクラ"),
    ("恵", "メグミ"),
    ("千尋", "チヒロ"),
    ("真由美", "マユミ"),
    ("香織", "カオリ"),
    ("智子", "トモコ"),
    ("彩", "アヤ"),
    ("ひとみ", "ヒトミ"),
    ("奈々", "ナナ"),
    ("理恵", "リエ"),
    ("健一", "ケンイチ"),
    ("大輔", "ダイスケ"),
    ("翔太", "ショウタ"),
    ("拓也", "タクヤ"),
    ("直樹", "ナオキ"),
    ("雄介", "ユウスケ"),
    ("誠", "マコト"),
    ("亮", "リョウ"),
    ("マリア", "マリア"),
    ("アン", "アン"),
)
CHILDREN = (
    ("陽葵", "ヒマリ"),
    ("凛", "リン"),
    ("結菜", "ユイナ"),
    ("芽依", "メイ"),
    ("紬", "ツムギ"),
    ("澪", "ミオ"),
    ("莉子", "リコ"),
    ("咲良", "サクラ"),
    ("葵", "アオイ"),
    ("ひなた", "ヒナタ"),
    ("蓮", "レン"),
    ("湊", "ミナト"),
    ("樹", "イツキ"),
    ("悠真", "ユウマ"),
    ("朝陽", "アサヒ"),
    ("蒼", "アオ"),
    ("律", "リツ"),
    ("伊織", "イオリ"),
    ("大翔", "ヒロト"),
    ("𠮷乃", "ヨシノ"),
)
TOWNS = (
    "西新宿",
    "北新宿",
    "百人町",
    "大久保",
    "高田馬場",
    "下落合",
    "中落合",
    "早稲田鶴巻町",
    "神楽坂",
    "四谷",
    "若葉",
    "富久町",
)
BUILDINGS = ("", "", "コーポみどり", "メゾン桜", "グリーンハイツ", "サンコート", "第二青葉荘", "リバーテラス")
BANKS = ("みほん銀行", "れいだい信用金庫", "見本信託銀行")


class PersonName(NamedTuple):
    """A name as it is written, and its reading."""

    name: str
    kana: str


class Family(NamedTuple):
    """A parent with address and ways to reach them, and the children's names."""

    parent: PersonName
    surname: PersonName
    address: str
    phone: str
    mail: str
    account: str


def family(random: Random, serial: int) -> Family:
    """An invented family; numbers of the kind 090-0000-xxxx and 03-0000-xxxx cannot ring, mail goes to example.jp."""
    surname, given = random.choice(SURNAMES), random.choice(PARENTS)
    head = "03" if random.random() < 0.15 else random.choice(("090", "080", "070"))
    building = random.choice(BUILDINGS)
    room = f" {building} {random.randint(1, 9)}0{random.randint(1, 8)}" if building else ""
    address = f"東京都新宿区{random.choice(TOWNS)}{random.randint(1, 5)}-{random.randint(1, 30)}-{random.randint(1, 20)}{room}"
    return Family(
        parent=PersonName(f"{surname[0]} {given[0]}", f"{surname[1]} {given[1]}"),
        surname=PersonName(*surname),
        address=address,
        phone=f"{head}-0000-{serial:04d}",
        mail=f"parent{serial:04d}@example.jp",
        account=f"{random.choice(BANKS)} 本店 普通 {random.randint(0, 9999999):07d} {surname[1]} {given[1]}",
    )


def child(random: Random, surname: PersonName) -> PersonName:
    given = random.choice(CHILDREN)
    return PersonName(f"{surname.name} {given[0]}", f"{surname.kana} {given[1]}")
