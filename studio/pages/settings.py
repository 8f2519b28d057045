"""Settings: the workspace, who works for it, models, the doctor, and the file of settings."""

import streamlit as st

from studio.servers import show_servers
from studio.settings import (
    show_doctor,
    show_models,
    show_processes,
    show_settings,
    show_workspace,
)
from studio.state import guard

st.title("Settings", anchor=False)
st.html('<p class="pf-lead">The workspace, what works for it, and how it behaves.</p>')
left, right = st.columns(2, gap="large")
with left:
    st.header("Workspace", anchor=False)
    with guard("workspace facts"):
        show_workspace()
with right:
    st.header("Processes", anchor=False)
    with guard("processes"):
        show_processes()
    st.header("Models", anchor=False)
    with guard("models"):
        show_models()
st.header("Tools of other servers", anchor=False)
with guard("tools of other servers"):
    show_servers()
st.header("Is all well?", anchor=False)
with guard("doctor"):
    show_doctor()
st.header("Settings of this workspace", anchor=False)
with guard("settings"):
    show_settings()
