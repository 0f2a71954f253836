"""作業リスト: what the FAQ lacks, as its editor sees it."""
