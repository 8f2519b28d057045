"""The version, said once for every layer."""

from typing import Final

VERSION: Final = "0.1.0"
