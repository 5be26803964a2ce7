"""Whether a connection broke off because its certificate is not trusted."""

from __future__ import annotations

import ssl
from typing import Final

CERTIFICATE_HINT: Final = (
    "the certificate must be valid for the host's name and signed by a known authority, or by one in SSL_CERT_FILE"
)


def is_distrusted(error: BaseException | None) -> bool:
    """Look for it among the causes of an error, which clients wrap in their own."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
