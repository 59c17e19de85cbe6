"""Fake credentials, of the form of real ones and of another, which only their live value gives away."""

BY_FORM = "hf_" + "PlantedByForm" + "0123456789" * 2
BY_VALUE = "planted/value&with<odd>\"marks'\\é 42"
IN_FILE = "stored-login-of-another-form-42"
ALL = (BY_FORM, BY_VALUE, IN_FILE)

FRAGMENTS = (BY_FORM[:12], BY_FORM[-12:], BY_VALUE[:12], BY_VALUE[-12:], IN_FILE[:14], IN_FILE[-14:])
"""What would be left of one that was cut in two."""
