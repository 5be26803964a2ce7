"""The languages whose words are looked up in the Unicode locale data."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = (
    *("ru", "uk", "tr", "id", "vi", "th", "ko", "ja", "zh", "ar", "hi", "pl", "cs", "hu", "ro", "el", "fi", "sv", "da"),
    *("nb", "nl", "de", "fr", "es", "it", "pt", "bg", "hr", "sr", "sk", "he", "fa", "sr_Latn", "bs", "sl", "mk", "sq"),
    *("lt", "lv", "et", "is", "ca", "gl", "af", "be", "kk", "uz", "az", "ka", "hy", "ms", "fil", "sw", "zh_Hant"),
    *("ur", "bn", "mr", "ne", "gu", "pa", "ta", "te", "kn", "ml", "si", "my", "km", "lo"),
)
