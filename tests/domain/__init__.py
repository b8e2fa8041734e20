"""The rules as facts: given what happened, when somebody asks, then facts or a refusal."""
