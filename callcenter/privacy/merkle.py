"""The Merkle tree of RFC 6962 §2.1 over leaf hashes: compact ranges, roots, proofs. Pure.

A node is named (level, index): level 0 are the leaves, and (level, index) covers the leaves from index·2^level on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree (level, index)."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def join(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass
class CompactRange:
    """The first `size` leaves as the roots of their complete subtrees, largest first. Grows leaf by leaf, so that
    the next root costs the new leaves and a dozen joins."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Take one leaf hash; returns the inner nodes (level, index, hash) that it completed."""
        completed, node, index, level = [], leaf, self.size, 0
        while index & 1:
            node, index, level = join(self.hashes.pop(), node), index >> 1, level + 1
            completed.append((level, index, node))
        self.hashes.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The tree's root at this size."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = join(left, root)
        return root


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Audit path of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1). Raises IndexError outside it."""
    if not 0 <= index < size:
        raise IndexError("no such leaf in this tree")
    return _path(index, 0, size, node)


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Proof that the tree of `old` leaves is a beginning of the tree of `new` leaves (RFC 6962 §2.1.2)."""
    if not 0 < old <= new:
        raise IndexError("the older tree must be the smaller one, and not empty")
    return _beginning(old, 0, new, True, node)


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Check an audit path (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = join(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = join(found, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = join(sibling, first), join(sibling, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = join(second, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _path(index: int, low: int, high: int, node: Node) -> list[bytes]:
    if high - low == 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_path(index, low, middle, node), _root(middle, high, node)]
    return [*_path(index, middle, high, node), _root(low, middle, node)]


def _beginning(old: int, low: int, high: int, whole: bool, node: Node) -> list[bytes]:
    if old == high:
        return [] if whole else [_root(low, high, node)]
    middle = low + _split(high - low)
    if old <= middle:
        return [*_beginning(old, low, middle, whole, node), _root(middle, high, node)]
    return [*_beginning(old, middle, high, False, node), _root(low, middle, node)]


def _root(low: int, high: int, node: Node) -> bytes:
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(width)
    return join(_root(low, middle, node), _root(middle, high, node))


def _split(width: int) -> int:
    """The largest power of two below a width."""
    return 1 << ((width - 1).bit_length() - 1)
