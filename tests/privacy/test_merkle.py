"""The tree against RFC 6962's reference vectors and against a naive second implementation."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.privacy import merkle

LEAVES = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def naive_root(leaves):
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m, leaves):
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m, leaves, whole):
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    n = len(leaves)
    if m == n:
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


def nodes_of(leaves):
    return lambda level, index: naive_root(leaves[index << level : (index + 1) << level])


def grown(leaves):
    tree = merkle.CompactRange()
    for leaf in leaves:
        tree.append(merkle.leaf_hash(leaf))
    return tree


def hexed(proof):
    return [h.hex() for h in proof]


def test_roots_are_those_of_the_published_vectors():
    assert (
        merkle.CompactRange().root().hex()
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert [grown(LEAVES[:n]).root().hex() for n in range(1, 9)] == ROOTS


@pytest.mark.parametrize(("place", "proof"), INCLUSION.items(), ids=str)
def test_inclusion_proofs_are_those_of_the_published_vectors(place, proof):
    index, size = place
    assert hexed(merkle.inclusion_proof(index, size, nodes_of(LEAVES))) == proof


@pytest.mark.parametrize(("sizes", "proof"), CONSISTENCY.items(), ids=str)
def test_consistency_proofs_are_those_of_the_published_vectors(sizes, proof):
    assert hexed(merkle.consistency_proof(*sizes, nodes_of(LEAVES))) == proof


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_a_grown_range_has_the_root_of_the_whole(leaves):
    assert grown(leaves).root() == naive_root(leaves)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_every_leaf_can_be_proven_and_no_other(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, size, leaf = naive_root(leaves), len(leaves), merkle.leaf_hash(leaves[index])
    proof = merkle.inclusion_proof(index, size, nodes_of(leaves))
    assert proof == naive_path(index, leaves)
    assert merkle.verify_inclusion(index, size, leaf, proof, root)
    assert not merkle.verify_inclusion(index, size, merkle.leaf_hash(b"another leaf"), proof, root)
    assert not merkle.verify_inclusion(index, size, leaf, [*proof, root], root)
    if proof:
        assert not merkle.verify_inclusion(index, size, leaf, proof[:-1], root)


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_every_beginning_can_be_proven_and_no_other(leaves, data):
    old, new = data.draw(st.integers(1, len(leaves))), len(leaves)
    proof = merkle.consistency_proof(old, new, nodes_of(leaves))
    old_root, new_root = naive_root(leaves[:old]), naive_root(leaves)
    assert proof == naive_subproof(old, leaves, True)
    assert merkle.verify_consistency(old, new, old_root, new_root, proof)
    assert not merkle.verify_consistency(old, new, sha256(b"other").digest(), new_root, proof)
    assert not merkle.verify_consistency(old, new, old_root, sha256(b"other").digest(), proof)
    assert not merkle.verify_consistency(old, new, old_root, new_root, [*proof, old_root])


@given(st.integers(0, 600))
def test_completed_nodes_are_named_by_what_they_cover(size):
    leaves = [bytes([n % 251]) for n in range(size)]
    tree = merkle.CompactRange()
    for n, leaf in enumerate(leaves):
        for level, index, node in tree.append(merkle.leaf_hash(leaf)):
            assert (index + 1) << level == n + 1
            if level == 5:
                assert node == naive_root(leaves[index << level : (index + 1) << level])


@pytest.mark.parametrize(
    "ask", [lambda n: merkle.inclusion_proof(3, 3, n), lambda n: merkle.consistency_proof(0, 3, n)]
)
def test_proofs_outside_the_tree_are_refused(ask):
    with pytest.raises(IndexError):
        ask(nodes_of(LEAVES))
