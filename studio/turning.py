"""Lets a page follow when the browser turns light or dark while it is open.

Streamlit changes its own colours by itself, but what a script drew in the colours of its run (the
style sheet, figures, drawings) would stay as it was until somebody does something.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from studio.state import mode

WATCH: Final = """
export default function watch({ data, parentElement, setTriggerValue }) {
  let drawn = data.mode;
  const isDark = () => {
    const colour = getComputedStyle(parentElement).getPropertyValue("--st-background-color").trim();
    const hex = /^#([0-9a-f]{6})/i.exec(colour)?.[1];
    return hex ? Number.parseInt(hex.slice(2, 4), 16) < 128 : drawn === "dark";
  };
  const look = () => {
    const now = isDark() ? "dark" : "light";
    if (now === drawn) return;
    drawn = now;
    setTriggerValue("turned", now);
  };
  const timer = setInterval(look, 500);
  return () => clearInterval(timer);
}
"""


def follow_mode() -> None:
    """Run the script again when the page turns light or dark."""
    watch = st.components.v2.component(
        "packetflow_mode", js=WATCH, html="<span></span>", isolate_styles=False
    )
    with st.container(key="mode"):
        watch(key="mode of the page", data={"mode": mode()}, on_turned_change=lambda: None)
