"""The languages whose names the auditor looks up beside those that it knows by heart.

Each that is looked up is held in memory with all that is known of it: so they are those of many sources, and not all.
"""

from __future__ import annotations

from typing import Final

#: Those whose months are looked up.
FURTHER: Final = (
    *("ru", "uk", "be", "bg", "sr", "mk", "cs", "sk", "sl", "hr", "hu", "ro", "el", "tr", "id", "ar", "he", "fa", "lt"),
    *("lv", "et", "ca", "is", "kk", "az", "ka", "hy"),
)
#: Those whose countries are looked up as well.
DISTANT: Final = (
    *("ja", "zh", "zh_Hant", "ko", "th", "vi", "hi", "bn", "mr", "ne", "gu", "pa", "ta", "te", "kn", "ml", "si", "ur"),
    *("my", "km", "lo", "ms", "fil", "sw", "af", "gl", "sq", "bs", "uz", "sr_Latn"),
)
