SUPPORTED: dict[str, bool]
BFLOAT16: bool
