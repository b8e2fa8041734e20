"""Where rows live. Each store keeps every projection's rows and position together."""
