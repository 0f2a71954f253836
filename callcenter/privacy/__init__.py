"""The kernel: keys, sealed columns, the lens, the audit trail, erasure and disclosure. No Flask in it."""
