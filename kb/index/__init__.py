"""Finding by words: texts taken apart, words near to one another, and the index over entries. Knows no article and no database of ours."""
