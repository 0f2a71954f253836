"""The keystore: what it refuses, what it survives, and how a passphrase seals it."""

import json
import shutil
import threading

import pytest

from callcenter.errors import Conflict, Invalid, Unavailable
from callcenter.privacy import keystore, unsealing
from callcenter.privacy.keystore import KeyState, Keystore

PASSPHRASE = "四つの ことば を つなぐ"


@pytest.fixture(autouse=True)
def cheap_passphrases():
    """One round over little memory: these tests ask whether, not how hard."""
    kept = dict(keystore.ARGON2)
    keystore.ARGON2.update(time_cost=1, memory_cost=8, parallelism=1)
    yield
    keystore.ARGON2.update(kept)


@pytest.fixture
def keys(tmp_path):
    store = Keystore(tmp_path / "keys")
    store.create()
    return store


def again(keys):
    """The same keystore, as another process sees it."""
    return Keystore(keys.directory)


def test_a_new_keystore_has_the_keys_of_the_house_for_its_owner_only(keys):
    assert [e.name for e in keys.entries()] == ["house.1", "database.1", "cookies.1", "audit-signing.1"]
    assert keys.directory.stat().st_mode & 0o777 == 0o700
    assert {f.stat().st_mode & 0o777 for f in keys.directory.iterdir()} == {0o600}
    assert {len(again(keys).get(e.name)) for e in keys.entries()} == {32}


def test_the_register_holds_no_key(keys):
    text = (keys.directory / "register.json").read_text()
    assert not any(keys.get(e.name).hex() in text for e in keys.entries())


def test_making_a_keystore_where_one_stands_is_refused(keys):
    before = keys.get("house.1")
    with pytest.raises(Conflict):
        again(keys).create()
    (keys.directory / "register.json").unlink()
    with pytest.raises(Conflict):
        again(keys).create()
    assert before.hex() in (keys.directory / "house.1.key").read_text()


def test_a_making_that_broke_off_can_be_begun_again(keys):
    (keys.directory / "register.json").unlink()
    (keys.directory / "unfinished").touch(0o600)
    again(keys).create()
    assert len(again(keys).get("house.1")) == 32
    with pytest.raises(Conflict):
        again(keys).create()


def test_a_key_is_never_written_over_an_older_one_that_the_register_lost(keys):
    register = (keys.directory / "register.json").read_text()
    assert keys.make("house") == "house.2"
    (keys.directory / "register.json").write_text(register)
    assert again(keys).make("house") == "house.3"


def test_two_processes_making_keys_at_once_lose_none(keys):
    def make():
        store = again(keys)
        for _ in range(10):
            store.make("house")

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.version for e in keys.versions("house")] == list(range(1, 42))


def test_a_missing_keystore_says_so_and_heals_without_a_restart(keys):
    aside = keys.directory.with_name("aside")
    assert keys.get("house.1")
    keys.directory.rename(aside)
    for ask in (
        lambda: keys.get("house.1"),
        keys.entries,
        lambda: keys.current("house"),
        lambda: keys.make("house"),
    ):
        with pytest.raises(Unavailable) as missing:
            ask()
        assert missing.value.code == "keys_missing"
    aside.rename(keys.directory)
    assert keys.get("house.1")


def test_a_missing_key_file_says_so_and_heals_without_a_restart(keys):
    store, file = again(keys), keys.directory / "house.1.key"
    file.rename(file.with_suffix(".aside"))
    with pytest.raises(Unavailable) as missing:
        store.get("house.1")
    assert missing.value.code == "keys_missing"
    file.with_suffix(".aside").rename(file)
    assert store.get("house.1") == keys.get("house.1")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601])
@pytest.mark.parametrize("name", ["house.1.key", "register.json"])
def test_a_file_that_others_may_touch_is_refused(keys, name, mode):
    (keys.directory / name).chmod(mode)
    with pytest.raises(Unavailable) as exposed:
        again(keys).get("house.1")
    assert exposed.value.code == "keys_exposed"
    (keys.directory / name).chmod(0o600)
    assert again(keys).get("house.1")


@pytest.mark.parametrize(
    "text", ["", "plain", "plain zz", "plain 00", "other " + "00" * 32, "plain " + "00" * 32, "\udcff"]
)
def test_a_damaged_key_file_says_so(keys, text):
    (keys.directory / "house.1.key").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unavailable) as damaged:
        again(keys).get("house.1")
    assert damaged.value.code == "keys_damaged"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys": [{}], "copies": [], "passphrase": false}', "nothing"]
)
def test_a_damaged_register_says_so(keys, text):
    (keys.directory / "register.json").write_text(text)
    with pytest.raises(Unavailable) as damaged:
        again(keys).current("house")
    assert damaged.value.code == "keys_damaged"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "house", "house.0", "house.1/../house.1", "", "House.1"]
)
def test_a_name_that_is_no_name_reaches_no_file(keys, name):
    with pytest.raises(Unavailable):
        keys.get(name)


def test_a_destroyed_key_is_gone_for_every_process(keys):
    other = again(keys)
    assert other.get("house.1")
    keys.make("house")
    keys.destroy("house.1")
    assert not (keys.directory / "house.1.key").exists()
    with pytest.raises(Unavailable) as gone:
        other.get("house.1")
    assert gone.value.code == "key_erased"
    assert keys.entry("house.1").state is KeyState.DESTROYED


def test_destroying_takes_what_broken_off_writes_left(keys):
    for suffix in (".new", ".old"):
        shutil.copy(keys.directory / "house.1.key", keys.directory / f"house.1.key{suffix}")
    keys.destroy("house.1")
    keys.destroy("house.1")
    assert not list(keys.directory.glob("house.1.key*"))


def test_a_destroyed_key_put_back_from_a_copy_stays_closed(keys):
    text = (keys.directory / "house.1.key").read_text()
    keys.destroy("house.1")
    (keys.directory / "house.1.key").write_text(text)
    (keys.directory / "house.1.key").chmod(0o600)
    with pytest.raises(Unavailable) as gone:
        again(keys).get("house.1")
    assert gone.value.code == "key_erased"


def test_a_retired_key_opens_and_is_not_used_for_new_things(keys):
    keys.make("house")
    keys.retire("house.2")
    assert keys.current("house") == "house.1"
    assert len(keys.get("house.2")) == 32


# --- passphrase ------------------------------------------------------------------------------------------


def test_a_sealed_keystore_opens_with_the_passphrase_only(keys):
    key = keys.get("house.1")
    keys.seal_with(PASSPHRASE)
    assert not any(
        text.startswith("plain") for f in keys.directory.glob("*.key*") for text in [f.read_text()]
    )
    assert not any(key.hex() in f.read_text() for f in keys.directory.iterdir())
    sealed = again(keys)
    assert sealed.is_sealed
    for ask in (lambda: sealed.get("house.1"), lambda: sealed.make("house")):
        with pytest.raises(Unavailable) as refused:
            ask()
        assert refused.value.code == "keys_sealed"
    with pytest.raises(Invalid):
        sealed.unseal("四つの ことば を つなぐ?")
    sealed.unseal(PASSPHRASE)
    assert sealed.get("house.1") == key
    assert not sealed.is_sealed


def test_a_keystore_made_with_a_passphrase_never_writes_a_plain_key(tmp_path):
    store = Keystore(tmp_path / "keys")
    store.create(PASSPHRASE)
    assert {f.read_text().split()[0] for f in store.directory.glob("*.key")} == {"sealed"}
    store.make("house")
    opened = again(store)
    opened.unseal(PASSPHRASE)
    assert opened.get("house.2") == store.get("house.2")


def test_a_changed_passphrase_replaces_the_old_one(keys):
    keys.seal_with(PASSPHRASE)
    key = keys.get("house.1")
    keys.seal_with("another one, longer")
    with pytest.raises(Invalid):
        again(keys).unseal(PASSPHRASE)
    opened = again(keys)
    opened.unseal("another one, longer")
    assert opened.get("house.1") == key


def test_a_running_process_is_sealed_when_another_sets_the_passphrase(keys):
    running = again(keys)
    assert running.get("house.1")
    keys.seal_with(PASSPHRASE)
    with pytest.raises(Unavailable) as sealed:
        running.get("house.1")
    assert sealed.value.code == "keys_sealed"


@pytest.mark.parametrize("left", ["old plain file aside", "register not yet changed"])
def test_a_sealing_that_broke_off_is_finished_by_the_next(keys, left):
    plain = (keys.directory / "house.1.key").read_text()
    keys.seal_with(PASSPHRASE)
    if left == "old plain file aside":
        (keys.directory / "house.1.key.old").write_text(plain)
        (keys.directory / "house.1.key.old").chmod(0o600)
    else:
        register = json.loads((keys.directory / "register.json").read_text())
        (keys.directory / "register.json").write_text(json.dumps(register | {"passphrase": False}))
    finishing = again(keys)
    finishing.seal_with(PASSPHRASE)
    assert not list(keys.directory.glob("*.old"))
    opened = again(keys)
    assert opened.is_sealed
    opened.unseal(PASSPHRASE)
    assert f"plain {opened.get('house.1').hex()}" == plain


def test_a_sealed_key_moved_to_another_name_does_not_open(keys):
    keys.seal_with(PASSPHRASE)
    shutil.copy(keys.directory / "house.1.key", keys.directory / "cookies.1.key")
    opened = again(keys)
    opened.unseal(PASSPHRASE)
    with pytest.raises(Unavailable) as damaged:
        opened.get("cookies.1")
    assert damaged.value.code == "keys_damaged"


def test_the_passphrase_reaches_every_running_process(keys, tmp_path):
    keys.seal_with(PASSPHRASE)
    running = again(keys)
    listener = unsealing.listen(running, tmp_path / "run")
    try:
        assert listener.path.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
        assert list(unsealing.give("wrong", tmp_path / "run").values()) == ["wrong"]
        assert running.is_sealed
        assert list(unsealing.give(PASSPHRASE, tmp_path / "run").values()) == ["open"]
        assert running.get("house.1")
    finally:
        listener.close()


def test_the_socket_of_a_process_that_is_gone_is_taken_away(keys, tmp_path):
    listener = unsealing.Listener(keys, tmp_path / "run")
    listener._socket.close()
    assert unsealing.give(PASSPHRASE, tmp_path / "run") == {}
    assert not listener.path.exists()


def test_a_credential_file_unseals_at_the_start(keys, tmp_path):
    keys.seal_with(PASSPHRASE)
    (tmp_path / "credential").write_text(PASSPHRASE + "\n")
    environ = {"CALLCENTER_PASSPHRASE_FILE": str(tmp_path / "credential")}
    starting = again(keys)
    assert unsealing.from_environment(starting, environ)
    assert starting.get("house.1")
    assert not unsealing.from_environment(again(keys), {})
