SUPPORTED: dict[str, bool]
