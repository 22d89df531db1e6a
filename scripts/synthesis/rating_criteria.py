"""By what people rate questions."""

# The criteria as columns of sheets and tables, with their words for readers and in published tables.
WORDS = {"clarity": "clarity", "reasonableness": "reasonableness", "real_world_relevance": "real-world relevance"}
CRITERIA = tuple(WORDS)
