"""What the FAQ lacks, as its editor sees it; answers that become drafts."""
