"""Words that stay whole, whichever shell reads them."""

from hypothesis import given
from hypothesis import strategies as st

from packetflow.mcp.shells import POWERSHELL


@given(st.text())
def test_no_word_leaves_its_quotes_in_powershell(word: str):
    made = POWERSHELL.word(word)

    if made.startswith("'"):
        assert made[1:-1].replace("''", "") == word.replace("'", "")
    else:
        assert made == word
        assert word
        assert not set(word) & set(" '\"$`;&|(){}<>@#,*?")
